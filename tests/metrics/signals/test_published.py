"""Limits, marks and intervals equal worked examples that others have published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from metrics.signals import runs
from metrics.signals.chance import wilson
from metrics.signals.charts import count_chart, rate_chart
from metrics.signals.rules import rules_on

RULES = rules_on(date(2026, 11, 30))
MONDAY = date(2026, 1, 5)


def weeks(count: int) -> list[date]:
    return [MONDAY + timedelta(weeks=place) for place in range(count)]


def counts(values: list[float]) -> pl.DataFrame:
    return pl.DataFrame({"week": weeks(len(values)), "value": values})


def test_nist_individuals_chart() -> None:
    """NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2 (flow rate, ten batches)."""
    flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    chart = count_chart(counts(flow), replace(RULES, least_weeks=10))
    (phase,) = chart.phases
    assert phase.centre == pytest.approx(50.81)
    assert phase.mean_range == pytest.approx(1.8778, abs=5e-5)
    # The handbook divides by d2 = 1.128; 2.66 is 3/1.128 rounded.
    assert chart.points[0].high == pytest.approx(55.8041, abs=2e-3)
    assert chart.points[0].low == pytest.approx(45.8159, abs=2e-3)
    assert not any(point.ends for point in chart.points)


def test_wheelers_trade_deficits() -> None:
    """Wheeler, Understanding Variation, figures 6.7–6.10: limits from the last half of 1988 show a
    favourable shift (deficits fell) in the first half of 1989, before any unfavourable one."""
    half = [10.5, 11.2, 9.2, 10.1, 10.4, 10.5]
    chart = count_chart(counts(half), replace(RULES, least_weeks=6), "down")
    (phase,) = chart.phases
    assert [point.moving_range for point in chart.points[1:]] == pytest.approx(
        [0.7, 2.0, 0.9, 0.3, 0.1]
    )
    assert [phase.centre, phase.mean_range] == pytest.approx([61.9 / 6, 0.8])
    low, high = chart.points[0].low, chart.points[0].high
    assert [low, high] == pytest.approx([8.19, 12.44], abs=0.01)
    assert low is not None
    assert high is not None
    next_half = [8.7, 8.7, 7.0, 6.8, 9.6, 9.0]
    assert [(value < low, value > high) for value in next_half] == [
        (False, False), (False, False), (True, False), (True, False), (False, False),
        (False, False),
    ]  # fmt: skip


WAFERS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11,
          20, 18, 24, 15, 9, 12, 7, 13, 9, 6]  # fmt: skip


def test_nist_proportions_chart() -> None:
    """NIST/SEMATECH e-Handbook, 6.3.3.2: 30 wafers of 50 chips; the same counts are Montgomery's
    cans of orange juice (Introduction to Statistical Quality Control), samples 15 and 23 outside.
    """
    of = pl.DataFrame({"week": weeks(30), "numerator": WAFERS, "denominator": [50] * 30})
    # Their limits are three standard deviations without more; ours are exact, and Laney's.
    plain = replace(RULES, normal_from=10, least_expected=100, spread=False)
    chart = rate_chart(of, plain, "down")
    assert chart.phases[0].centre == pytest.approx(0.2313, abs=5e-5)
    assert chart.points[0].low == pytest.approx(0.0524, abs=1e-4)
    assert chart.points[0].high == pytest.approx(0.4102, abs=1e-4)
    outside = [i + 1 for i, point in enumerate(chart.points) if "outside" in point.marks]
    assert outside == [15, 23]


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_newcombes_table_of_wilson_intervals(hits: int, of: int, low: float, high: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17:857, table I, method 3."""
    found = wilson(hits, of, 0.95)
    assert found is not None
    assert list(found) == pytest.approx([low, high], abs=5e-5)


def _ends(found: list[runs.Run], count: int) -> list[int]:
    ways = {run.last: run.direction for run in found}
    return [ways.get(place, 0) for place in range(count)]


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ([1] * 6, [0] * 6),
        ([1] * 6 + [-1], [0] * 7),
        ([1] * 8 + [-1], [0] * 6 + [1, 1, 0]),
        ([-1] + [1] * 8 + [-1], [0] * 7 + [1, 1, 0]),
        ([1] + [-1] * 8 + [1], [0] * 7 + [-1, -1, 0]),
    ],
)
def test_seven_on_one_side_as_the_nhs_package_has_it(side: list[int], expected: list[int]) -> None:
    """Cases of NHSRplotthedots (NHS-R Community, Making Data Count), seven points on one side."""
    assert _ends(runs.one_side(side, RULES.one_side), len(side)) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4, 5, 6], [0] * 6),
        ([1, 2, 3, 3, 4, 5, 6], [0] * 7),
        ([1, 2, 3, 4, 5, 6, 7], [0] * 6 + [1]),
        ([2, 1, 2, 3, 4, 5, 6, 7, 3], [0] * 7 + [1, 0]),
        ([7, 6, 5, 4, 3, 2, 1], [0] * 6 + [-1]),
        ([2, 7, 6, 5, 4, 3, 2, 1, 3], [0] * 7 + [-1, 0]),
    ],
)
def test_trends_as_the_nhs_package_has_them(values: Sequence[float], expected: list[int]) -> None:
    """Cases of NHSRplotthedots, seven points in trend: six rises or falls."""
    assert _ends(runs.trends(values, RULES.steps), len(values)) == expected


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        ([1, 0, 1], [1, 0, 1]),
        ([0, 1, 1], [0, 1, 1]),
        ([1, 1, 0], [1, 1, 0]),
        ([0, 0, 1, 0, 1, 0, 0], [0, 0, 1, 0, 1, 0, 0]),
        ([1, 0, 0, 1], [0, 0, 0, 0]),
        ([1, 0, 0, 1, 1], [0, 0, 0, 1, 1]),
        ([1, -1], [0, 0]),
    ],
)
def test_two_of_three_as_the_nhs_package_has_them(close: list[int], expected: list[int]) -> None:
    """Cases of NHSRplotthedots: part of two in three, on the same side."""
    found = runs.near(close, RULES.near_hits, RULES.near_of)
    marked = runs.members(found, close)
    assert [int(place in marked) for place in range(len(close))] == expected
