"""The weekly review: what the home screen shows, from one collect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Final, Protocol

import narwhals as nw
import polars as pl

from metrics.core.ask import EVER, Ask, span
from metrics.core.by_source import moment_by_source
from metrics.core.measure import Facts, complete, plan, plan_series, run, run_with_rows, total
from metrics.core.periods import LOCAL, Period
from metrics.core.rows import rows
from metrics.core.verdict import missed
from metrics.dossiers.catalogue import figure
from metrics.dossiers.comparison import Comparison, with_previous, with_year_before
from metrics.dossiers.since import (
    Firsts,
    Since,
    begun,
    first_days,
    firsts_of,
    late_sources,
    own_breaks,
    own_breaks_by_unit,
    since,
    since_by_unit,
)
from metrics.dossiers.units import Break


class SourcedFacts(Facts, Protocol):
    """The facts, the sources that they are from, and the units in view."""

    @property
    def sources(self) -> pl.DataFrame: ...

    @property
    def units(self) -> pl.DataFrame: ...

    @property
    def successions(self) -> pl.DataFrame: ...


OpenFacts = Callable[[tuple[datetime, datetime]], SourcedFacts]
"""Opens the facts for a span in which dossiers must be alive (connectors.engine)."""

HEADLINE: Final = ("received", "resolved", "on_time", "pending_overdue", "resolved_late")
"""Figures with a series of periods, by unit."""

NOW: Final = (
    "pending",
    "pending_in_time",
    "pending_unclassified",
    "late",
    "late_without_apology",
    "due_soon",
    "accepted_late",
    "acceptance_overdue",
)
"""Figures of the period asked about alone, by unit."""

_SERIES_LENGTH: Final = {
    LOCAL: 13,
    "week": 13,
    "month15": 13,
    "month": 13,
    "quarter15": 8,
    "quarter": 8,
    "half15": 4,
    "year15": 3,
    "year": 3,
    "custom": 2,
}


@dataclass(frozen=True)
class Review:
    """Figures of a period, of the periods before it and of the year before.

    ``series``: ``unit_id``, ``ask`` (position in ``periods``), ``figure``, ``numerator``,
    ``denominator``, ``rate`` for :data:`HEADLINE`. ``now``: the same for :data:`NOW` and the
    period itself. ``before``: as ``series``, of the period before, cut to as many days as the
    period has had (:meth:`metrics.core.ask.Ask.against`): what a change is counted from.
    ``year_before``: totals of :data:`HEADLINE` without ``unit_id``, cut likewise. ``late``:
    the rows of figure ``late`` (:data:`metrics.core.rows.ROWS` and lateness). ``steps``: of
    these, the pending ones' step at T (``dossier_id``, ``step_name``). ``since``: from when on the
    data are whole; ``of_units``: the same of units that began late; ``begins``: their first day;
    ``breaks``, ``breaks_of``: days on which the units in view, or one of them, became another.
    ``anew``: of units with marked events (metrics/dossiers/events.py), the days from which what is
    usual is counted anew, and why; :func:`review` knows of none.
    """

    periods: tuple[Period, ...]
    ask: Ask
    series: pl.DataFrame
    now: pl.DataFrame
    before: pl.DataFrame
    year_before: pl.DataFrame
    late: pl.DataFrame
    steps: pl.DataFrame
    since: Since
    of_units: Mapping[int | None, Since]
    begins: date | None
    breaks: Sequence[Break]
    breaks_of: Mapping[int | None, Sequence[Break]]
    anew: Mapping[int, Mapping[date, str]] = field(default_factory=dict)

    @property
    def previous(self) -> Comparison:
        """What changes against the period before are counted from."""
        return with_previous(self.ask, self.periods[-1], self.since, self.breaks)

    def previous_of(self, unit: int | None) -> Comparison:
        """What changes of a unit against the period before are counted from."""
        if unit not in self.of_units and unit not in self.breaks_of:
            return self._usual_previous
        since = self.of_units.get(unit, self._usual_since)
        return with_previous(self.ask, self.periods[-1], since, self.breaks_of.get(unit, ()))

    @property
    def _usual_since(self) -> Since:
        return Since(self.since.day and date.min)

    @cached_property
    def _usual_previous(self) -> Comparison:
        """Of every unit that neither began late nor became another."""
        return with_previous(self.ask, self.periods[-1], self._usual_since)

    @property
    def same_of_last_year(self) -> Comparison:
        """What changes against the same period of the year before are counted from."""
        return with_year_before(self.ask, self.periods[-1], self.since, self.breaks)

    @property
    def last(self) -> int:
        """The position of the period asked about in ``periods``."""
        return len(self.periods) - 1

    @cached_property
    def _units(self) -> pl.DataFrame:
        return _unit_table(self)

    def totals(self) -> pl.DataFrame:
        """``series`` summed over the units."""
        return total(self.series)

    def is_before_data(self, period: Period) -> bool:
        """Whether a period had ended when the data begin: nothing is known of it, not 0."""
        return self.begins is not None and period.last < self.begins

    def whole(self, key: str) -> pl.DataFrame:
        """One figure of all units together, a row for each of ``periods``, the oldest first."""
        return self.totals().filter(pl.col("figure") == key).sort("ask")


def series_periods(period: Period) -> tuple[Period, ...]:
    """The period and those before it that a strip or a sparkline shows, oldest first."""
    length = _SERIES_LENGTH[period.kind]
    return tuple(period.shifted(-steps) for steps in range(length - 1, -1, -1))


def review(open_facts: OpenFacts, ask: Ask, period: Period) -> Review:
    """Everything the home screen needs, computed together.

    Args:
        open_facts: opens the facts that the asker may see.
        ask: the question over ``period``.
        period: the period under review; the series goes back from it.
    """
    periods = series_periods(period)
    asks = [ask.over(p.first, p.last) for p in periods[:-1]] + [ask]
    before, year_before = period.previous, period.year_before
    ask_before = ask.against(before.first, before.last)
    ask_year_before = ask.against(year_before.first, year_before.last)
    facts = open_facts(span(asks))
    facts_before = open_facts(ask_year_before.alive)
    headline = [figure(key) for key in HEADLINE]
    plans = [
        *plan_series(facts, headline, asks, by=["unit_id"]),
        *plan(facts, [figure(key) for key in NOW], [ask], by=["unit_id"]),
        *plan(facts_before, headline, [ask_year_before]),
    ]
    # What changes are counted from stands in the series already, where the period is whole.
    is_whole = ask_before in asks[-2:-1]
    apart = [] if is_whole else plan(facts, headline, [ask_before], by=["unit_id"])
    ever = open_facts((EVER, ask.moment))
    began = first_days(ever.dossier, ever.sources)
    measured, (late, first_row) = run_with_rows(
        [*plans, *apart], [rows(facts, figure("late"), ask), began]
    )
    *of_series, now, of_year_before = measured[: len(plans)]
    series = complete(of_series, ["unit_id"], headline, len(asks))
    of_before = (
        series.filter(pl.col("ask") == len(asks) - 2).with_columns(ask=pl.lit(0, pl.Int32))
        if is_whole
        else complete(measured[len(plans) :], ["unit_id"], headline, 1)
    )
    firsts = firsts_of(first_row)
    return Review(
        periods,
        ask,
        series,
        now.sort("unit_id", "figure"),
        of_before,
        of_year_before.sort("figure"),
        late.sort("working_days_late", "code", descending=[True, False]),
        current_steps(facts, ask, _pending(late, ask)),
        since(firsts, ever.sources, ask),
        _since_of_units(ever, ask, series, len(asks) - 1, firsts, before.first),
        min(firsts.values(), default=None),
        own_breaks(ever.successions, ever.units, ever.units["unit_id"].to_list()),
        own_breaks_by_unit(
            ever.successions, ever.units, _changed_units(ever, before.first, period.last)
        ),
    )


def _changed_units(ever: SourcedFacts, after: date, until: date) -> set[int]:
    """The units that became something else within a span."""
    moved = ever.successions.filter(pl.col("effective_on").is_between(after, until))
    ended = ever.units.filter(pl.col("valid_to").is_between(after, until))
    return {*moved["old_unit_id"], *moved["new_unit_id"], *ended["unit_id"]}


def _since_of_units(
    ever: SourcedFacts, ask: Ask, series: pl.DataFrame, last: int, firsts: Firsts, day: date
) -> Mapping[int | None, Since]:
    """From when on the data of units are whole that may have begun after a day; of no others.

    Those are the units of which nothing is known of the periods before the one that begins on that
    day, and those of which a source tells that began later.
    """
    earlier = series.filter(pl.col("ask") < last - 1, pl.col("numerator") > 0)
    new = set(series["unit_id"].to_list()) - set(earlier["unit_id"].to_list())
    late = late_sources(firsts, ask, day)
    if late:
        of_late = ever.dossier.filter(nw.col("source_id").is_in(sorted(late)))
        told = of_late.select("unit_id").unique().collect(backend="polars").to_native()
        new |= set(told["unit_id"].to_list())
    if not new:
        return {}
    unit = nw.col("unit_id")
    may_be = unit.is_in(sorted(new - {None}))
    frame = ever.dossier.filter(may_be | unit.is_null() if None in new else may_be)
    found: pl.DataFrame = begun(frame).collect(backend="polars").to_native()
    return since_by_unit(found, ever.sources, ask)


def _pending(late: pl.DataFrame, ask: Ask) -> list[int]:
    ended = pl.col("ended_at")
    is_open = ended.is_null() | (ended >= moment_by_source(ask))
    found: list[int] = late.filter(is_open)["dossier_id"].to_list()
    return found


def current_steps(facts: Facts, ask: Ask, dossiers: list[int]) -> pl.DataFrame:
    """The step that each of these pending dossiers is at, as of T.

    Returns:
        ``dossier_id``, ``step_name``, ``step_officer_id``, ``from_at``, ``allotted_until``;
        a dossier between two steps, or without recorded steps, has no row.
    """
    columns = ["dossier_id", "step_name", "step_officer_id", "from_at", "allotted_until"]
    until = nw.col("to_at")
    here = (nw.col("from_at") < ask.moment) & (until.is_null() | (until >= ask.moment))
    steps = facts.step.filter(nw.col("dossier_id").is_in(dossiers), here)
    found: pl.DataFrame = (
        steps.select(*columns, "step_sequence").collect(backend="polars").to_native()
    )
    return (
        found.sort("dossier_id", "step_sequence")
        .unique("dossier_id", keep="last")
        .drop("step_sequence")
        .sort("dossier_id")
    )


def unit_table(found: Review) -> pl.DataFrame:
    """Units of a review, worst need first.

    Returns:
        ``unit_id``, ``rate`` (0–1, null: nothing to judge), ``on_time``, ``judged`` (its
        denominator), ``unknown`` (not to be classified), ``missed`` (judged and not on time, by
        the chosen reading), ``received``, ``resolved``, ``late`` (resolved late), ``overdue``
        (pending overdue),
        ``change`` (of the rate against ``before``, null: either
        unknown, or no other side), ``strip``
        (rates of the series, oldest first). Need: the missed and overdue dossiers together; ties
        by rate.
    """
    return found._units


def _unit_table(found: Review) -> pl.DataFrame:
    series = found.series.lazy()
    here = found.series.filter(pl.col("ask") == found.last)
    rate = (
        here.lazy()
        .filter(pl.col("figure") == "on_time")
        .select(
            "unit_id",
            "rate",
            pl.col("numerator").alias("on_time"),
            pl.col("denominator").alias("judged"),
            "unknown",
        )
    )
    before = (
        found.before.lazy()
        .filter(pl.col("figure") == "on_time")
        .select("unit_id", pl.col("rate").alias("rate_before"))
    )
    counts = (
        here.lazy()
        .pivot("figure", on_columns=HEADLINE, index="unit_id", values="numerator")
        .select(
            "unit_id",
            "received",
            "resolved",
            pl.col("resolved_late").alias("late"),
            pl.col("pending_overdue").alias("overdue"),
        )
    )
    strips = (
        series.filter(pl.col("figure") == "on_time")
        .sort("unit_id", "ask", nulls_last=True)
        .group_by("unit_id", maintain_order=True)
        .agg(pl.col("rate").alias("strip"))
    )
    units = here["unit_id"].unique().to_list()
    comparable = [unit for unit in units if found.previous_of(unit).reason is None]
    return (
        rate.join(counts, on="unit_id", nulls_equal=True)
        .join(before, on="unit_id", how="left", nulls_equal=True)
        .join(strips, on="unit_id", nulls_equal=True)
        .with_columns(
            pl.when(pl.col("unit_id").is_in(comparable, nulls_equal=True))
            .then(pl.col("rate") - pl.col("rate_before"))
            .alias("change"),
            missed(found.ask).alias("missed"),
        )
        .drop("rate_before")
        # By some definitions a unit can have ended dossiers and none to judge by.
        .filter(pl.max_horizontal("judged", "unknown", "received", "resolved", "overdue") > 0)
        .sort(
            pl.col("missed") + pl.col("overdue"),
            pl.col("rate"),
            pl.col("unit_id"),
            descending=[True, False, False],
            nulls_last=True,
        )
        .collect()
    )


def by_field(facts: Facts, ask: Ask) -> pl.DataFrame:
    """The on-time rate and late counts by field, for a scope of one unit.

    Returns:
        ``field_id``, ``rate``, ``on_time``, ``judged``, ``unknown`` (not to be classified),
        ``missed`` (judged and not on time, by the chosen reading), ``late``, ``overdue``; worst
        need first.
    """
    wanted = [figure(key) for key in ("on_time", "resolved_late", "pending_overdue")]
    measured = pl.concat(run(plan(facts, wanted, [ask], by=["field_id"])))
    counts = measured.pivot(
        "figure",
        on_columns=["resolved_late", "pending_overdue"],
        index="field_id",
        values="numerator",
    )
    sides = measured.filter(pl.col("figure") == "on_time").select(
        "field_id",
        "rate",
        pl.col("numerator").alias("on_time"),
        pl.col("denominator").alias("judged"),
        "unknown",
    )
    rates = sides.with_columns(missed(ask).alias("missed"))
    return (
        rates.join(counts, on="field_id", nulls_equal=True)
        .rename({"resolved_late": "late", "pending_overdue": "overdue"})
        .sort(pl.col("missed") + pl.col("overdue"), "field_id", descending=[True, False])
    )
