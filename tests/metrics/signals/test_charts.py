"""Control charts and funnel against a naive reading, and at their edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import comb
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.signals.chance import binomial_limits, sides, wilson
from metrics.signals.charts import Chart, count_chart, rate_chart
from metrics.signals.funnel import Unit, funnel, limits_at
from metrics.signals.rules import rules_on
from metrics.signals.told import Verdict, unit_sentence, verdict

RULES = rules_on(date(2026, 11, 30))
MONDAY = date(2026, 1, 5)
FEW = 10
FEWER = settings(max_examples=30)
"""Where each example draws a chart of its own."""


def week(place: int) -> date:
    return MONDAY + timedelta(weeks=place)


def rates(cells: Sequence[tuple[int | None, int | None]]) -> pl.DataFrame:
    rows = [(week(i), hits, of) for i, (hits, of) in enumerate(cells)]
    schema = {"week": pl.Date, "numerator": pl.Int64, "denominator": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def counts(values: Sequence[float | None]) -> pl.DataFrame:
    rows = [(week(i), value) for i, value in enumerate(values)]
    return pl.DataFrame(rows, schema={"week": pl.Date, "value": pl.Float64}, orient="row")


def told(chart: Chart) -> Verdict:
    return verdict(chart, FEW)


CELLS = st.integers(0, 60).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
SERIES = st.lists(CELLS, min_size=1, max_size=40)


# -- chance -------------------------------------------------------------------------------


def _tail(of: int, share: Fraction, most: int) -> Fraction:
    return sum(
        (comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(most + 1)), Fraction(0)
    )


@FEWER
@given(st.integers(1, 45), st.integers(1, 99), st.sampled_from(["0.001", "0.025", "0.00135"]))
def test_a_count_is_beyond_a_limit_exactly_if_its_tail_is_smaller(
    of: int, per_cent: int, tail: str
) -> None:
    share = Fraction(per_cent, 100)
    low, high = binomial_limits(of, float(share), float(tail))
    for count in range(of + 1):
        below, above = _tail(of, share, count), 1 - _tail(of, share, count - 1)
        assert (count < low) == (below < Fraction(tail))
        assert (count > high) == (above < Fraction(tail))


@given(st.integers(1, 100_000), st.floats(0.001, 0.999))
def test_limits_hold_at_any_volume(of: int, share: float) -> None:
    low, high = binomial_limits(of, share, 0.001)
    assert 0 <= low <= of * share + 1
    assert of * share - 1 <= high <= of


@given(st.integers(1, 60), st.integers(1, 99))
def test_sides_of_the_mean_are_the_binomials(of: int, per_cent: int) -> None:
    share = Fraction(per_cent, 100)
    exact = sum(
        comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(of + 1) if k < of * share
    )
    below, above = sides(of, float(share))
    # Where the mean is a whole count, a float may fall on either side of it.
    if (of * share).denominator != 1:
        assert below == pytest.approx(float(exact), abs=1e-9)
        assert below + above == pytest.approx(1)


@given(CELLS, st.sampled_from([0.8, 0.95, 0.998]))
def test_wilson_contains_the_share_and_mirrors(cell: tuple[int, int], level: float) -> None:
    hits, of = cell
    found = wilson(hits, of, level)
    if not of:
        assert found is None
        return
    assert found is not None
    low, high = found
    assert 0 <= low <= hits / of <= high <= 1
    mirrored = wilson(of - hits, of, level)
    assert mirrored is not None
    assert list(mirrored) == pytest.approx([1 - high, 1 - low])


# -- charts -------------------------------------------------------------------------------


def _naive_limits(values: list[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    moves = [abs(values[i] - values[i - 1]) for i in range(1, len(values))]
    half = 2.66 * sum(moves) / len(moves)
    return mean - half, mean + half


@FEWER
@given(st.lists(st.integers(0, 500).map(float), min_size=12, max_size=40))
def test_xmr_equals_a_naive_calculation(values: list[float]) -> None:
    chart = count_chart(counts(values), RULES)
    low, high = _naive_limits(values)
    mean = sum(values) / len(values)
    near_low, near_high = mean + (low - mean) * 2 / 3, mean + (high - mean) * 2 / 3
    for i, point in enumerate(chart.points):
        assert [point.low, point.high] == pytest.approx([low, high])
        kinds = {run.kind for run in point.ends}
        eps = 1e-6 * max(1, mean)
        if min(abs(values[i] - edge) for edge in (low, high)) > eps:
            assert ("outside" in kinds) == (not low < values[i] < high)
        last7, last3 = values[max(0, i - 6) : i + 1], values[max(0, i - 2) : i + 1]
        if len(last7) == 7 and min(abs(value - mean) for value in last7) > eps:
            assert ("one_side" in kinds) == (
                all(v > mean for v in last7) or all(v < mean for v in last7)
            )
        moves = [b - a for a, b in pairwise(last7)]
        assert ("trend" in kinds) == (
            len(moves) == 6 and (all(m > 0 for m in moves) or all(m < 0 for m in moves))
        )
        edges = [abs(v - edge) for v in last3 for edge in (near_low, near_high)]
        if min(edges) > eps:
            above = [v > near_high for v in last3]
            below = [v < near_low for v in last3]
            expected = (above[-1] and sum(above) >= 2) or (below[-1] and sum(below) >= 2)
            assert ("near" in kinds) == expected


@FEWER
@given(SERIES, st.lists(st.integers(0, 60), max_size=8))
def test_unknown_weeks_are_no_points_and_break_nothing(
    cells: list[tuple[int, int]], gaps: list[int]
) -> None:
    known = [cell for cell in cells if cell[1]]
    holed: list[Any] = list(known)
    for place in gaps:
        holed.insert(min(place, len(holed)), (None, None) if place % 2 else (0, 0))
    plain, with_gaps = rate_chart(rates(list(known)), RULES), rate_chart(rates(holed), RULES)
    assert len(with_gaps.points) == len(known)
    for one, other in zip(plain.points, with_gaps.points, strict=True):
        same = ("value", "low", "high", "marks", "centre", "ends")
        assert [getattr(one, name) for name in same] == [getattr(other, name) for name in same]


@FEWER
@given(SERIES)
def test_rates_stay_rates_and_mirror(cells: list[tuple[int, int]]) -> None:
    chart = rate_chart(rates(list(cells)), RULES, "up")
    mirror = rate_chart(rates([(of - hits, of) for hits, of in cells]), RULES, "down")
    for one, other in zip(chart.points, mirror.points, strict=True):
        if one.low is None or one.high is None:
            assert other.low is None
            continue
        assert 0 <= one.low <= one.centre + 1e-9
        assert one.centre - 1e-9 <= one.high <= 1
        assert other.high == pytest.approx(1 - one.low, abs=1e-6)
    assert chart.frame().height == len(chart.points)


def test_a_chart_begins_anew_at_the_days_it_is_given() -> None:
    before, after = [100.0, 104, 98, 101] * 4, [60.0, 63, 58, 61] * 4
    # The week of Monday 20/4 is cut by Wednesday: more of its days lie after it.
    day = week(16) + timedelta(days=2)
    chart = count_chart(counts([*before, *after]), RULES, rebase=[day])
    assert [phase.weeks for phase in chart.phases] == [16, 16]
    assert chart.rebased == (day,)
    for part, whole in ((before, chart.points[:16]), (after, chart.points[16:])):
        alone = count_chart(counts(part), RULES)
        assert [point.low for point in whole] == [point.low for point in alone.points]
        assert [point.marks for point in whole] == [point.marks for point in alone.points]
    assert not any(point.marks for point in chart.points)
    once = count_chart(counts([*before, *after]), RULES)
    assert {run.kind for run in once.points[-1].ends} == {"outside", "one_side", "near"}


@given(SERIES, SERIES)
@FEWER
def test_what_is_said_of_a_chart_begun_anew_is_said_of_the_part_alone(
    before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    day = week(len(before))
    chart = rate_chart(rates([*before, *after]), RULES, "up", [day])
    rows = rates([*[(None, None)] * len(before), *after])
    alone = rate_chart(rows, RULES, "up")
    here = [point for point in chart.points if point.week >= day]
    assert [replace(point, phase=0, ends=()) for point in here] == [
        replace(point, ends=()) for point in alone.points
    ]
    said, of_part = verdict(chart, FEW, {day: "Phần mềm mới"}), verdict(alone, FEW)
    begins_anew = len(chart.phases) > 1
    assert said.anew == (day if begins_anew else None)
    if here:
        assert replace(said, anew=None, anew_for="") == of_part
        more = f", tính từ {day:%d/%m/%Y}: phần mềm mới" if begins_anew else ""
        assert said.sentence == f"{of_part.sentence}{more}"


def test_a_part_that_is_too_short_says_so_and_from_where_it_is_counted() -> None:
    day = week(20) + timedelta(days=1)
    chart = rate_chart(rates([(97, 100)] * 20 + [(80, 100)] * 4), RULES, "up", [day])
    said = verdict(chart, FEW, {day: "TTHC mới"})
    assert not said.is_signal
    assert said.sentence == (
        "Mới có số liệu 4 tuần, chưa đủ để kết luận (cần 12 tuần), "
        f"tính từ {day:%d/%m/%Y}: TTHC mới"
    )
    # A day before the second week's middle parts nothing.
    once = rate_chart(rates([(97, 100)] * 20), RULES, "up", [week(0) + timedelta(days=3), week(20)])
    assert (once.rebased, verdict(once).anew) == ((), None)


def test_runs_of_a_later_part_are_counted_from_the_charts_beginning() -> None:
    later = [60.0, 63, 58, 61] * 3 + [62, 60, 58, 56, 54, 52, 50]
    chart = count_chart(counts([100.0] * 5 + later), RULES, "up", rebase=[week(5)])
    found = told(chart)
    assert (found.kind, found.since) == ("outside", found.week)
    (trend,) = (run for run in chart.points[-1].ends if run.kind == "trend")
    assert chart.points[trend.first].value == 62


def test_limits_follow_each_weeks_volume() -> None:
    cells = [(97, 100), (19, 20)] * 8
    chart = rate_chart(rates(list(cells)), RULES)
    assert chart.phases[0].family == "p"
    large, small = chart.points[0], chart.points[1]
    assert large.low is not None
    assert small.low is not None
    assert small.low < large.low


def test_even_and_large_volumes_have_one_pair_of_limits() -> None:
    chart = rate_chart(rates([(900 + i % 3, 1000) for i in range(14)]), RULES)
    assert chart.phases[0].family == "xmr"
    assert len({point.low for point in chart.points}) == 1


@pytest.mark.parametrize("of", [0, None])
def test_nothing_known_is_no_chart(of: int | None) -> None:
    chart = rate_chart(rates([(of, of)] * 20), RULES)
    assert chart.points == ()
    assert told(chart).kind == "none"
    assert told(chart).sentence == "Chưa có tuần nào có số liệu"


# -- what is said -------------------------------------------------------------------------


@FEWER
@given(
    st.lists(st.integers(0, 80), min_size=0, max_size=52),
    st.integers(0, 300),
)
def test_one_late_of_22_is_no_signal_whatever_was_before(volumes: list[int], more: int) -> None:
    """Each week before was whole: the first late dossier is chance."""
    cells: list[Any] = [(of, of) for of in volumes]
    assert not told(rate_chart(rates([*cells, (21, 22)]), RULES)).is_signal
    others = [Unit(1, 21, 22), Unit(2, more, more), Unit(3, 500, 500)]
    found = funnel(others, RULES, FEW)
    assert not found.placed[0].is_signal


@FEWER
@given(SERIES)
def test_every_verdict_has_its_sentence(cells: list[tuple[int, int]]) -> None:
    found = told(rate_chart(rates(list(cells)), RULES))
    assert found.sentence
    assert not found.sentence.endswith(".")
    assert found.is_signal == ("không phải ngẫu nhiên" in found.sentence)


def test_a_slide_is_said_in_one_sentence() -> None:
    falls = [(990 - 5 * i, 1000) for i in range(8)]
    steady: list[Any] = [(985 + (7 * i) % 11, 1000) for i in range(20)]
    chart = rate_chart(rates([*steady, *falls]), RULES)
    (trend,) = (run for run in chart.points[-1].ends if run.kind == "trend")
    assert (trend.direction, trend.length) == (-1, 7)
    slow: list[Any] = [(93 - i, 100) for i in range(8)]
    found = told(rate_chart(rates([*[(85 + (5 * i) % 9, 100) for i in range(24)], *slow]), RULES))
    assert found.sentence == "Giảm liên tiếp 7 tuần, không phải ngẫu nhiên"
    assert (found.direction, found.is_better, found.is_bad) == ("down", False, True)
    assert found.since == week(24)


def test_what_is_better_depends_on_the_figure() -> None:
    rising = counts([10.0, 12, 11, 10, 12, 11, 10, 12, 11, 10, 12, 11, 40])
    for better, expected in (("up", True), ("down", False), ("neither", None)):
        found = told(count_chart(rising, RULES, better))  # type: ignore[arg-type]
        assert (found.kind, found.is_better) == ("outside", expected)
        assert found.sentence.startswith("40, cao hơn giới hạn trên ")


def test_few_dossiers_and_few_weeks_are_said() -> None:
    assert told(rate_chart(rates([(20, 20)] * 12 + [(2, 3)]), RULES)).sentence == (
        "3 hồ sơ chưa đủ để kết luận"
    )
    assert told(rate_chart(rates([(20, 20)] * 5), RULES)).sentence == (
        "Mới có số liệu 5 tuần, chưa đủ để kết luận (cần 12 tuần)"
    )
    assert told(rate_chart(rates([(19, 20), (20, 20)] * 6), RULES)).sentence.startswith(
        "Dao động bình thường quanh trung bình 97,5% (từ "
    )


# -- funnel -------------------------------------------------------------------------------


def test_the_funnel_names_the_unit_that_differs() -> None:
    units = [Unit(key, 97, 100) for key in range(9)] + [Unit(9, 80, 100), Unit(10, 2, 3)]
    found = funnel(units, RULES, FEW)
    assert [one.unit.key for one in found.placed if one.is_signal] == [9]
    few = found.placed[-1]
    assert few.zone == "few"
    assert found.pooled is not None
    assert unit_sentence(few, found.pooled) == "3 hồ sơ chưa đủ để kết luận"
    assert "không phải ngẫu nhiên" in unit_sentence(found.placed[9], found.pooled)


@FEWER
@given(st.lists(CELLS, max_size=12))
def test_any_units_have_a_place(cells: list[tuple[int, int]]) -> None:
    found = funnel([Unit(i, *cell) for i, cell in enumerate(cells)], RULES, FEW)
    known = [cell for cell in cells if cell[1]]
    assert len(found.placed) == len(known)
    assert (found.pooled is None) == (not known)
    for one in found.placed:
        at = limits_at(one.unit.denominator, found.pooled or 0, RULES)
        assert at.low_outer <= at.low_inner <= at.high_inner + 1e-9
        if one.zone == "below_outer":
            assert one.rate < at.low_outer
    volumes = [limits.volume for limits in found.curve]
    assert volumes == sorted(set(volumes))


def test_no_rules_before_the_first() -> None:
    with pytest.raises(KeyError, match="quy tắc"):
        rules_on(date(1969, 12, 31))
