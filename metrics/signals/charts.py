"""Control charts of weekly series: XmR of counts and of even rates, p-charts where volumes differ.

A week of which nothing is known is no point: it is left out, its neighbours stand side by side. A
chart begins anew (its mean and its limits) at each day that it is given. Rules:
metrics/signals/rules.toml; sources and measured error rates: docs/signals.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from math import sqrt
from statistics import fmean
from typing import Final, Literal

import polars as pl

from metrics.core.figure import Better
from metrics.signals import runs
from metrics.signals.chance import binomial_limits, sides, tail_of
from metrics.signals.rules import Rules
from metrics.signals.runs import Kind, Run

Family = Literal["xmr", "p"]
_MEAN_RANGE: Final = 1.128
"""d2: the mean difference of two neighbours of a normal series, in its standard deviations."""
_MIDDLE: Final = timedelta(days=3)
"""A week that a day cuts falls on the side where more of its days are."""
_SAME: Final = 1e-9
"""A value that differs from a line by less, as a part of it, is on it."""


@dataclass(frozen=True)
class Point:
    """A week of which something is known.

    ``value``: the rate (0–1) or the count; ``numerator``, ``denominator``: of a rate. ``low``,
    ``high``, ``near_low``, ``near_high``: limits of this week; None: the history is too short.
    ``marks``: the rules that it is part of; ``ends``: the signals that are complete with it.
    """

    week: date
    value: float
    numerator: float | None = None
    denominator: float | None = None
    phase: int = 0
    centre: float = 0.0
    low: float | None = None
    high: float | None = None
    near_low: float | None = None
    near_high: float | None = None
    moving_range: float | None = None
    marks: frozenset[Kind] = frozenset()
    ends: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Phase:
    """What holds from one re-base to the next.

    ``first``, ``last``: places in the chart's points; ``mean_range``: of the moving ranges;
    ``range_limit``: what one of them exceeds by no chance; ``spread``: how many times the weeks
    of a p-chart differ as much as chance alone makes them (Laney 2002; at least 1).
    """

    first: int
    last: int
    centre: float
    family: Family
    mean_range: float | None
    range_limit: float | None
    spread: float = 1.0

    @property
    def weeks(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class Chart:
    """A series with its limits and marks; ``rebased``: the days that it began anew at."""

    points: tuple[Point, ...]
    phases: tuple[Phase, ...]
    better: Better
    is_rate: bool
    rules: Rules
    rebased: tuple[date, ...] = ()

    @property
    def last(self) -> Point | None:
        """The last week of which something is known; None: there is none."""
        return self.points[-1] if self.points else None

    def frame(self) -> pl.DataFrame:
        """The points as a table, oldest first: ``week``, ``value``, ``numerator``,
        ``denominator``, ``phase``, ``centre``, ``low``, ``high``, ``marks`` (list of rules)."""
        names = ("week", "value", "numerator", "denominator", "phase", "centre", "low", "high")
        rows = [
            {name: getattr(point, name) for name in names}
            | {"marks": [kind for kind in runs.KINDS if kind in point.marks]}
            for point in self.points
        ]
        typed: dict[str, pl.DataType] = {
            "week": pl.Date(),
            "phase": pl.Int64(),
            "marks": pl.List(pl.String),
        }
        schema = {name: typed.get(name, pl.Float64()) for name in (*names, "marks")}
        return pl.DataFrame(rows, schema=schema)


def count_chart(
    weeks: pl.DataFrame, rules: Rules, better: Better = "neither", rebase: Sequence[date] = ()
) -> Chart:
    """An XmR chart of a weekly count or mean.

    Args:
        weeks: ``week`` (its first day), ``value`` (null: unknown), a row a week, in any order.
        better: which direction of the figure is for the better.
        rebase: days from which the series speaks of something else.
    """
    known = weeks.drop_nulls("value").sort("week").select("week", "value")
    points = [Point(week, float(value)) for week, value in known.iter_rows()]
    return _chart(points, rules, better, rebase, is_rate=False)


def rate_chart(
    weeks: pl.DataFrame, rules: Rules, better: Better = "up", rebase: Sequence[date] = ()
) -> Chart:
    """A chart of a weekly rate: a p-chart; XmR where volumes are even and not small.

    Args:
        weeks: ``week`` (its first day), ``numerator``, ``denominator`` (null, or a denominator of
            0: unknown), a row a week, in any order.
        better, rebase: as of :func:`count_chart`.
    """
    known = (
        weeks.drop_nulls(["numerator", "denominator"])
        .filter(pl.col("denominator") > 0)
        .sort("week")
        .select("week", "numerator", "denominator")
    )
    points = [Point(week, hits / of, hits, of) for week, hits, of in known.iter_rows()]
    return _chart(points, rules, better, rebase, is_rate=True)


def _chart(
    points: Sequence[Point], rules: Rules, better: Better, rebase: Sequence[date], *, is_rate: bool
) -> Chart:
    drawn: list[Point] = []
    phases: list[Phase] = []
    days = sorted(set(rebase))
    for part in _parts(points, days):
        phase, limited = (_rate_phase if is_rate else _xmr_phase)(part, rules)
        marked = _marked(limited, phase, rules)
        first = len(drawn)
        drawn += [_moved(point, first, len(phases)) for point in marked]
        phases.append(replace(phase, first=first, last=len(drawn) - 1))
    crossed = tuple(day for day in days if crosses(day, [point.week for point in points]))
    return Chart(tuple(drawn), tuple(phases), better, is_rate, rules, crossed)


def crosses(day: date, weeks: Sequence[date]) -> bool:
    """Whether a day parts known weeks (their first days, oldest first) into two sides."""
    return bool(weeks) and weeks[0] + _MIDDLE < day <= weeks[-1] + _MIDDLE


def _moved(point: Point, first: int, phase: int) -> Point:
    """A point of a phase, with its runs counted from the chart's beginning."""
    ends = tuple(replace(run, first=run.first + first, last=run.last + first) for run in point.ends)
    return replace(point, phase=phase, ends=ends)


def _parts(points: Sequence[Point], days: Sequence[date]) -> list[list[Point]]:
    parts: dict[int, list[Point]] = {}
    for point in points:
        parts.setdefault(sum(day <= point.week + _MIDDLE for day in days), []).append(point)
    return [parts[key] for key in sorted(parts)]


# -- limits -------------------------------------------------------------------------------


def _ranges(values: Sequence[float]) -> list[float]:
    return [abs(after - before) for before, after in pairwise(values)]


def _xmr_phase(part: Sequence[Point], rules: Rules) -> tuple[Phase, list[Point]]:
    """Mean ± factor × mean moving range; of a rate not beyond what a rate can be."""
    values = [point.value for point in part]
    ranges = _ranges(values)
    centre, mean = fmean(values), (fmean(ranges) if ranges else None)
    phase = Phase(0, 0, centre, "xmr", mean, None if mean is None else rules.range_factor * mean)
    half = rules.limit_factor * mean if mean is not None else 0.0
    is_rate = part[0].denominator is not None

    def clipped(value: float) -> float:
        return min(1.0, max(0.0, value)) if is_rate else value

    enough = len(part) >= rules.least_weeks and mean is not None
    limited = [
        replace(
            point,
            centre=centre,
            moving_range=None if not i else ranges[i - 1],
            low=clipped(centre - half) if enough else None,
            high=clipped(centre + half) if enough else None,
            near_low=clipped(centre - half * rules.near_share) if enough else None,
            near_high=clipped(centre + half * rules.near_share) if enough else None,
        )
        for i, point in enumerate(part)
    ]
    return phase, limited


def _rate_phase(part: Sequence[Point], rules: Rules) -> tuple[Phase, list[Point]]:
    hits = sum(point.numerator or 0 for point in part)
    volumes = [point.denominator or 0 for point in part]
    share = hits / sum(volumes)
    if _is_even(volumes, share, rules):
        return _xmr_phase(part, rules)
    ranges = _ranges([point.value for point in part])
    mean = fmean(ranges) if ranges else None
    # Its moving ranges are of different volumes: they have no one limit.
    phase = Phase(0, 0, share, "p", mean, None, _spread(part, share) if rules.spread else 1.0)
    enough = len(part) >= rules.least_weeks
    limited = []
    for i, point in enumerate(part):
        own = replace(point, centre=share, moving_range=ranges[i - 1] if i else None)
        if enough:
            low, high = _of_week(own, share, phase.spread, rules.limit_sigmas, rules)
            near_low, near_high = _of_week(own, share, phase.spread, rules.near_sigmas, rules)
            own = replace(own, low=low, high=high, near_low=near_low, near_high=near_high)
        limited.append(own)
    return phase, limited


def _is_even(volumes: Sequence[float], share: float, rules: Rules) -> bool:
    """Whether one pair of limits serves all weeks: like volumes, and enough of what is rarer."""
    mean = fmean(volumes)
    alike = all(abs(volume - mean) <= rules.volumes_within * mean for volume in volumes)
    return alike and min(volumes) * min(share, 1 - share) >= rules.least_expected


def _spread(part: Sequence[Point], share: float) -> float:
    """How many times chance the weeks differ: the moving ranges of their scores, over d2."""
    if not 0 < share < 1 or len(part) < 2:
        return 1.0
    scores = [
        (point.value - share) / sqrt(share * (1 - share) / (point.denominator or 1))
        for point in part
    ]
    return max(1.0, fmean(_ranges(scores)) / _MEAN_RANGE)


def _of_week(
    point: Point, share: float, spread: float, sigmas: float, rules: Rules
) -> tuple[float, float]:
    """A week's own limits so many standard deviations away, wider by the spread, within 0–1."""
    of = int(point.denominator or 0)
    if of * min(share, 1 - share) >= rules.normal_from:
        half = sigmas * sqrt(share * (1 - share) / of)
        low, high = share - half, share + half
    else:
        counts = binomial_limits(of, share, tail_of(sigmas))
        low, high = (count / of for count in counts)
    return (
        max(0.0, share - spread * (share - low)),
        min(1.0, share + spread * (high - share)),
    )


# -- marks --------------------------------------------------------------------------------


def _marked(part: Sequence[Point], phase: Phase, rules: Rules) -> list[Point]:
    """The points with the rules that they are part of, and what ends with each."""
    if part[0].low is None:
        return list(part)
    beyond = [_beyond(point, point.low, point.high, rules) for point in part]
    close = [_beyond(point, point.near_low, point.near_high, rules) for point in part]
    side = [_side(point.value, point.centre) for point in part]
    chances = None
    if phase.family == "p":
        chances = [sides(int(point.denominator or 0), point.centre) for point in part]
    found = [
        *runs.outside(beyond),
        *runs.trends([point.value for point in part], rules.steps),
        *runs.one_side(side, rules.one_side, chances),
        *runs.near(close, rules.near_hits, rules.near_of),
    ]
    members = runs.members(found, close)
    return [
        replace(
            point,
            marks=frozenset(members.get(i, ())),
            ends=tuple(run for run in found if run.last == i),
        )
        for i, point in enumerate(part)
    ]


def _side(value: float, line: float) -> int:
    """Below (−1), above (1), or on a line (0)."""
    off = value - line
    if abs(off) <= _SAME * max(1.0, abs(line)):
        return 0
    return 1 if off > 0 else -1


def _beyond(point: Point, low: float | None, high: float | None, rules: Rules) -> int:
    """Beyond the lower (−1) or the upper limit (1); a single late dossier is beyond none."""
    if low is None or high is None:
        return 0
    way = -1 if _side(point.value, low) < 0 else 1 if _side(point.value, high) > 0 else 0
    if point.numerator is None or point.denominator is None:
        return way
    few_hits = point.numerator < rules.least_events and way > 0
    few_others = point.denominator - point.numerator < rules.least_events and way < 0
    return 0 if few_hits or few_others else way
