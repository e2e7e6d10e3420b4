"""The weeks that a target's late budget is told by: of the figure that it is judged by."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from metrics.core.ask import Ask, span
from metrics.core.measure import complete, plan_series, run
from metrics.core.periods import weeks_of
from metrics.targets.budget import Budget, budget_rules, late_budget
from metrics.targets.evidence import FULL, Known, OpenFacts, figure_of, question
from metrics.targets.terms import Target, spans

_OPERATORS: Final = ("at_least", "between")


def has_budget(target: Target) -> bool:
    """Whether a target is that a rate of being on time must not fall below a level."""
    is_rate = target.metric_kind == "figure" and target.metric == "on_time"
    return is_rate and target.operator in _OPERATORS and target.low is not None


def running_part(target: Target, day: date) -> tuple[date, date] | None:
    """The days that are judged on a day: the target's, or of "duy trì" the part that runs.

    None: it has not begun. Of a target that is over it is the last part.
    """
    parts = spans(target) if target.every_period else ((target.period_from, target.period_to),)
    begun = [part for part in parts if part[0] <= day]
    return begun[-1] if begun else None


def weekly_sides(
    target: Target, open_facts: OpenFacts, ask: Ask, part: tuple[date, date]
) -> pl.DataFrame:
    """A target's figure by weeks of a part of its period, up to the question's moment.

    Returns:
        ``first``, ``last``, ``numerator``, ``denominator``; the outer weeks are cut to the part.
    """
    figure = figure_of(target)
    assert figure is not None
    days = weeks_of(part[0], min(part[1], ask.as_of_day))
    asks = [question(target, *week, ask) for week in days]
    where = {"field_id": target.field_id} if target.field_id is not None else None
    plans = plan_series(open_facts(target.unit_id, span(asks)), [figure], asks, where=where)
    found = complete(run(plans), (), [figure], len(asks)).sort("ask")
    firsts = pl.DataFrame({"first": [day for day, _ in days], "last": [day for _, day in days]})
    return pl.concat([firsts, found.select("numerator", "denominator")], how="horizontal")


def budget_of(target: Target, known: Known, open_facts: OpenFacts, ask: Ask) -> Budget | None:
    """The late budget of a target as of the question's moment.

    None: it has none (:func:`has_budget`), has not begun, or its unit is not to be seen.
    """
    part = running_part(target, ask.as_of_day)
    hidden = known.may_see is not None and target.unit_id not in known.may_see
    if part is None or hidden or not has_budget(target) or target.low is None:
        return None
    weeks = weekly_sides(target, open_facts, ask, part)
    since = known.data_from
    if since is not None and since - part[0] > FULL:
        weeks = _from_the_data(weeks, since)
    return late_budget(weeks, target.low, part, ask.as_of_day, budget_rules(ask.as_of_day))


def _from_the_data(weeks: pl.DataFrame, since: date) -> pl.DataFrame:
    """Weeks that ended before the data begin are unknown, and not 0."""
    known = pl.col("last") >= since
    sides = ("numerator", "denominator")
    return weeks.with_columns(pl.when(known).then(pl.col(side)).alias(side) for side in sides)
