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
from metrics.dossiers import events
from metrics.dossiers.since import own_breaks, own_breaks_by_unit
from metrics.dossiers.units import Break, breaks_between
from metrics.dossiers.weeks import whole_weeks
from metrics.signals.charts import count_chart, rate_chart
from metrics.signals.rules import rules_on
from metrics.signals.told import Verdict, verdict

_UNIT = GROUPS["unit"]


def signals(
    scene: Scene, figure: Figure, of: int | None, *, is_each: bool
) -> dict[int | None, Verdict]:
    """Unit (None: all of them together) → what its last whole week says.

    ``of``: of a unit and those below it; None: of all that may be seen.
    """
    units = scene.within(of)
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
    why = _why(scene, units, scene.root if of is None else of, list(series), is_each=is_each)
    return {
        unit: verdict(chart(weeks=rows, rebase=sorted(why[unit])), few, why=why[unit])
        for unit, rows in series.items()
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


def _why(
    scene: Scene, units: Units, of: int | None, known: Sequence[int | None], *, is_each: bool
) -> Mapping[int | None, dict[date, str]]:
    """Unit → the days from which its usual level is counted anew, and why: breaks that are
    everybody's or its own, and events that are marked (metrics/dossiers/events.py)."""
    facts = scene.everything
    every = breaks_between(date.min, date.max)
    if not is_each:
        ids = facts.units["unit_id"].to_list() if units is None else sorted(units)
        own = own_breaks(facts.successions, facts.units, ids)
        line = events.standing(scene.events, scene.parents, of, date.min, date.max)
        return {None: events.marked(line) | _labels((*every, *own))}
    named = [unit for unit in known if unit is not None]
    breaks = own_breaks_by_unit(facts.successions, facts.units, named)
    marked = events.marked_of_units(scene.events, scene.parents, named)
    return {unit: marked.get(unit, {}) | _labels((*every, *breaks.get(unit, ()))) for unit in named}


def _labels(breaks: Sequence[Break]) -> dict[date, str]:
    return {each.day: each.label for each in breaks}
