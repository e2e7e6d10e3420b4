"""The rows behind a figure: those that it counts, or those that spoil it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from typing import Any, Final

import narwhals as nw

from metrics.core import conditions as is_
from metrics.core import expressions as ex
from metrics.core.ask import Ask
from metrics.core.by_source import by_source
from metrics.core.figure import Figure
from metrics.core.measure import Facts
from metrics.core.narrowing import Where, alive, as_it_stood, restrict
from metrics.core.parts import part_of

ROWS: Final = (
    "dossier_id",
    "code",
    "unit_id",
    "receiving_unit_id",
    "field_id",
    "procedure_id",
    "channel",
    "officer_id",
    "source_id",
    "submitted_at",
    "received_at",
    "due_original_at",
    "due_at",
    "judged_due_at",
    "ended_at",
    "end_kind",
    "apology_at",
    "late_cause",
    "ended_before_received",
)


_HAPPENED: Final = {
    "received_at": "received_at",
    "ended_at": "ended_at",
    "end_kind": "ended_at",
    "apology_at": "apology_at",
}
"""Columns that tell of an event → its moment."""


def first_received(facts: Facts) -> date | None:
    """The day of the first dossier; None: there is none."""
    first = facts.dossier.select(ex.col("received_at").min()).collect(backend="polars")
    found: datetime | None = first.to_native()["received_at"][0]
    return None if found is None else found.date()


def rows(
    facts: Facts,
    figure: Figure,
    ask: Ask,
    where: Where | None = None,
    part: str = "numerator",
) -> nw.LazyFrame[Any]:
    """The dossiers behind one cell: exactly those that the number counted.

    Args:
        part: one of :data:`metrics.core.parts.PARTS`; raises as ``part_of``.

    Returns:
        Lazily, the columns of :data:`ROWS`, with what had not happened at T left out, and
        ``days_late``, ``working_days_late`` (Int32; negative: still that many days left, or that
        early; null: nothing to judge by).
    """
    with ex.own_words(facts.dossier) as own:
        frame = with_lateness(_behind(facts, own, figure, ask, where, part), ask)
        return ex.wrapped(frame.select(*as_at(ROWS, ask), "days_late", "working_days_late"))


def as_at(columns: Iterable[str], ask: Ask) -> list[nw.Expr]:
    """Columns of the dossier fact; of what happened at T or later they tell nothing."""
    return [
        by_source(partial(_happened, column), ask).alias(column)
        if column in _HAPPENED
        else ex.col(column)
        for column in columns
    ]


def _happened(column: str, ask: Ask) -> nw.Expr:
    return ex.when(ex.col(_HAPPENED[column]) < is_.at(ask.moment)).then(ex.col(column))


def behind(
    facts: Facts,
    figure: Figure,
    ask: Ask,
    where: Where | None = None,
    part: str = "numerator",
) -> nw.LazyFrame[Any]:
    """As :func:`rows`, with every column of the dossier fact and none added."""
    with ex.own_words(facts.dossier) as own:
        return ex.wrapped(_behind(facts, own, figure, ask, where, part))


def _behind(
    facts: Facts, own: Any, figure: Figure, ask: Ask, where: Where | None, part: str
) -> Any:
    """``own``: the dossier fact in the words that are spoken."""
    condition = part_of(figure, part)
    frame = as_it_stood(alive(restrict(own, where), [ask]), ask)
    if figure.fact != "pause":
        return frame.filter(by_source(condition, ask))
    with ex.own_words(facts.pause) as pauses:
        paused = alive(restrict(pauses, where), [ask]).filter(by_source(condition, ask))
        return frame.join(paused.select("dossier_id").unique(), on="dossier_id", how="semi")


def with_lateness(frame: nw.LazyFrame[Any], ask: Ask) -> nw.LazyFrame[Any]:
    """Adds ``days_late`` and ``working_days_late`` as at T (docs/definitions.md)."""
    return frame.with_columns(
        by_source(_days_late, ask).cast(ex.whole("Int32")).alias("days_late"),
        by_source(is_.working_days_late, ask).cast(ex.whole("Int32")).alias("working_days_late"),
    )


def _days_late(ask: Ask) -> nw.Expr:
    ended = ex.col("ended_at") < ask.moment
    as_of_day = ex.lit(ask.as_of_day.toordinal())
    reached = ex.when(ended).then(_day_number(ex.col("ended_day"))).otherwise(as_of_day)
    return reached - _day_number(is_.judged_due_day(ask))


def _day_number(day: nw.Expr) -> nw.Expr:
    """A date as Python's ``toordinal`` counts it: not every engine can subtract dates."""
    years = day.dt.year() - 1
    return years * 365 + years // 4 - years // 100 + years // 400 + day.dt.ordinal_day()
