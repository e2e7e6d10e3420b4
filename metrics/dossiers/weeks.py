"""The weekly on-time rate of some units, for control charts (metrics/signals)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from metrics.core.ask import Ask, span
from metrics.core.measure import complete, plan_series, run
from metrics.core.periods import Period, period_of
from metrics.dossiers.catalogue import figure
from metrics.dossiers.units import OpenFacts


def whole_weeks(last_day: date, count: int, since: date | None = None) -> tuple[Period, ...]:
    """The last weeks that have ended by a day, oldest first.

    The running week is no point: it is not over. Weeks that ended before ``since`` (the first day
    of the data) are left out: nothing is known of them.
    """
    end = period_of("week", last_day)
    if end.last > last_day:
        end = end.previous
    weeks = (end.shifted(-steps) for steps in range(count - 1, -1, -1))
    return tuple(week for week in weeks if since is None or week.last >= since)


def weekly_rate(open_facts: OpenFacts, ask: Ask, weeks: Sequence[Period]) -> pl.DataFrame:
    """The on-time rate by weeks, each as of its own end or T, by the question's reading.

    Returns:
        ``week`` (its first day), ``numerator``, ``denominator``; no row where no week was asked.
    """
    if not weeks:
        schema = {"week": pl.Date, "numerator": pl.Int64, "denominator": pl.Int64}
        return pl.DataFrame(schema=schema)
    asks = [ask.over(week.first, week.last) for week in weeks]
    wanted = [figure("on_time")]
    found = complete(run(plan_series(open_facts(span(asks)), wanted, asks)), (), wanted, len(asks))
    firsts = pl.DataFrame({"week": [week.first for week in weeks]})
    sides = found.sort("ask").select("numerator", "denominator")
    return pl.concat([firsts, sides], how="horizontal")
