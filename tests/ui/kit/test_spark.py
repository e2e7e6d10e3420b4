"""Small series: what is drawn on which scale, and what is said of it."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.periods import period_of
from metrics.dossiers.events import Event
from ui.kit.spark import spark_bars, spark_line, ticks

_RATES = st.lists(st.none() | st.floats(0, 1), min_size=2, max_size=13)


def _heights(picture: str) -> list[float]:
    """Of the points of the line itself."""
    path = next(each for each in unquote(picture).split("<path ") if 'stroke-width="1.8"' in each)
    return [float(y) for y in re.findall(r"[ML]-?[\d.]+ (-?[\d.]+)", path)]


@given(_RATES, st.none() | st.floats(0, 1), st.none() | st.sampled_from([0.0, 0.5, 0.9]))
def test_a_line_stays_in_its_picture(
    rates: list[float | None], target: float | None, floor: float | None
) -> None:
    picture = spark_line(rates, target, "A", floor=floor)
    known = [rate for rate in rates if rate is not None]
    if len(known) < 2:
        assert "img" not in picture
        return
    heights = _heights(picture)
    assert len(heights) == len(known)
    assert all(4 <= height <= 26.05 for height in heights)


def test_points_are_seen_and_noise_is_not_blown_up() -> None:
    high, low = _heights(spark_line([0.98, 0.95], 0.98, "A"))[::1]
    assert low - high > 15
    high, low = _heights(spark_line([0.981, 0.980], 0.98, "A"))
    assert low - high < 1


def test_rows_on_one_scale_can_be_compared_and_what_lies_below_is_marked() -> None:
    one, other = (spark_line([rate, 1.0], 0.98, "A", floor=0.9) for rate in (0.95, 0.4))
    assert _heights(one) == [15.0, 4.0]
    assert _heights(other) == [26.0, 4.0]
    assert "29h4" not in unquote(one)
    assert "29h4" in unquote(other)


def test_the_last_value_the_target_and_events_are_said() -> None:
    weeks = [period_of("week", date(2026, 3, 2)).shifted(step) for step in range(3)]
    event = Event(date(2026, 3, 9), None, "Phần mềm <mới>", "software")
    picture = spark_line([0.9, 0.95, None], 0.98, "Phường A", marks=ticks([event], weeks))
    words = "Phường A: lần cuối 95,0%, mục tiêu 98%. Sự kiện: 09/03/2026: Phần mềm &lt;mới&gt;"
    assert f'alt="{words}"' in picture
    assert 'title="09/03/2026: Phần mềm &lt;mới&gt;"' in picture
    assert "M25.0 0v8" in unquote(picture)
    assert 'alt="Nhận. Sự kiện' in spark_bars([3, 0, 5], "Nhận", ticks([event], weeks))


@pytest.mark.parametrize("values", [[], [None, None], [0, 0]])
def test_bars_of_nothing_are_no_error(values: list[float | None]) -> None:
    assert "img" in spark_bars(values, "Nhận")
