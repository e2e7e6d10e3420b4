"""Charts as pictures."""

from __future__ import annotations

import struct

import pytest

from reports.blocks import Chart, Series
from reports.render import look, print_charts
from tests.reports import specimen


@pytest.mark.parametrize("chart", [specimen.COLUMNS, specimen.BARS, specimen.LINES])
def test_a_chart_is_drawn_both_ways(chart: Chart) -> None:
    picture = print_charts.png(chart, width=400)
    wide, _high = struct.unpack(">II", picture[16:24])
    # 400 points at 300 dots an inch.
    assert wide == pytest.approx(400 / 72 * 300, abs=2)
    assert print_charts.svg(chart).startswith(b"<svg")


@pytest.mark.parametrize("kind", ["columns", "bars", "lines"])
@pytest.mark.parametrize("values", [[], [None, None], [0.0, 0.0], [-3.0, 5.0], [None, 1e9]])
def test_awkward_numbers_are_drawn(kind: str, values: list[float | None]) -> None:
    names = [f"Nhóm {at}" for at in range(len(values))]
    chart = Chart("Thử", kind, names, (Series("Số", values),))  # type: ignore[arg-type]
    assert print_charts.svg(chart)


def test_bars_begin_at_zero_and_lines_near_their_lowest() -> None:
    bars = look.axis(Chart("", "bars", ["a"], (Series("", [900]),)))
    lines = look.axis(Chart("", "lines", ["a", "b"], (Series("", [900, 1_000]),)))
    assert bars.low == 0
    assert (lines.low, lines.high) == (900, 1_000)


def test_rates_end_at_the_whole() -> None:
    found = look.axis(specimen.COLUMNS)
    assert [look.tick(at, "rate") for at in found.ticks] == ["0%", "25%", "50%", "75%", "100%"]
    near = Chart("", "lines", ["a"], (Series("", [0.953]),), "rate", ("Mục tiêu", 0.98))
    assert look.axis(near).high == 1
    assert look.axis(near).low == pytest.approx(0.95)
