"""Whether the last whole week of a figure is more than chance: of all units, or of each.

The charts and their rules are metrics/signals'; the series are those of the screen Đơn vị.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import polars as pl

from metrics.alerts.scene import Scene, Units
from metrics.core.ask import Ask, span
from metrics.core.figure import Figure
from metrics.core.measure import GROUPS, complete, plan_series, run
from metrics.core.periods import Period
from metrics.dossiers.since import own_breaks, own_breaks_by_unit
from metrics.dossiers.units import breaks_between
from metrics.dossiers.weeks import whole_weeks
from metrics.signals.charts import count_chart, rate_chart
from metrics.signals.rules import rules_on
from metrics.signals.told import Verdict, verdict

_UNIT = GROUPS["unit"]


def signals(
    scene: Scene, figure: Figure, units: Units, *, is_each: bool
) -> dict[int | None, Verdict]:
    """Unit (None: all of them together) → what its last whole week says."""
    whole = scene.period("week", figure, is_whole=True)
    if whole is None:
        return {}
    rules = rules_on(scene.day)
    weeks = whole_weeks(whole.last, rules.weeks, scene.data_from)
    if not weeks:
        return {}
    asked = scene.ask(figure, weeks[-1])
    series = _series(scene, figure, weeks, asked, units, is_each=is_each)
    few = asked.threshold("few_dossiers").value
    better = figure.better
    chart = partial(rate_chart if figure.is_share else count_chart, rules=rules, better=better)
    days = _days(scene, units, list(series), is_each=is_each)
    return {
        unit: verdict(chart(weeks=rows, rebase=days(unit)), few) for unit, rows in series.items()
    }


def _series(
    scene: Scene,
    figure: Figure,
    weeks: Sequence[Period],
    ask: Ask,
    units: Units,
    *,
    is_each: bool,
) -> dict[int | None, pl.DataFrame]:
    """Unit → ``week``, ``numerator``, ``denominator``, ``value``; weeks oldest first."""
    asks = [ask.over(week.first, week.last) for week in weeks]
    by = [_UNIT] if is_each else []
    plans = plan_series(scene.opened(units, span(asks)), [figure], asks, by)
    found = complete(run(plans), by, [figure], len(asks))
    firsts = pl.DataFrame(
        {"ask": range(len(weeks)), "week": [week.first for week in weeks]},
        schema={"ask": pl.Int32, "week": pl.Date},
    )
    value = pl.col("rate") if figure.is_ratio else pl.col("numerator")
    told = found.join(firsts, on="ask").sort("ask").with_columns(value.alias("value"))
    if not is_each:
        return {None: told}
    parts = told.filter(pl.col(_UNIT).is_not_null()).partition_by(_UNIT, as_dict=True)
    return {int(key[0]): part for key, part in sorted(parts.items())}


def _days(scene: Scene, units: Units, known: Sequence[int | None], *, is_each: bool) -> _Days:
    """Days on which a series begins to speak of something else: everybody's and the unit's own."""
    facts = scene.everything
    every = {each.day for each in breaks_between(date.min, date.max)}
    if is_each:
        own = own_breaks_by_unit(
            facts.successions, facts.units, [unit for unit in known if unit is not None]
        )
        return _Days(every, {unit: {each.day for each in own.get(unit, ())} for unit in known})
    ids = facts.units["unit_id"].to_list() if units is None else sorted(units)
    together = {each.day for each in own_breaks(facts.successions, facts.units, ids)}
    return _Days(every, {None: together})


class _Days:
    def __init__(self, every: set[date], own: Mapping[int | None, set[date]]) -> None:
        self._every, self._own = every, own

    def __call__(self, unit: int | None) -> list[date]:
        return sorted(self._every | self._own.get(unit, set()))
