"""What a change of the calendar did to the dossiers: the same ones, judged with either calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import narwhals as nw

from metrics.core import conditions as is_
from metrics.core.ask import Ask
from metrics.core.narrowing import as_it_stood
from metrics.dossiers.lateness import is_late


class Facts(Protocol):
    """What this module needs of the opened facts."""

    @property
    def dossier(self) -> nw.LazyFrame[Any]: ...


@dataclass(frozen=True)
class Effect:
    """Numbers of dossiers that are judged otherwise than before."""

    days: int
    """Another number of working days late, or late now and not before, or the reverse."""
    acceptance: int
    """Accepted late now and not before, or the reverse."""
    portal: int
    """Another due date by the national portal's method."""

    @property
    def nothing(self) -> bool:
        return not (self.days or self.acceptance or self.portal)


def calendar_effect(before: Facts, after: Facts, asked_before: Ask, asked_after: Ask) -> Effect:
    """Compares the dossiers that are in both.

    Args:
        before, after: the facts as made with the old and with the new calendar.
        asked_before, asked_after: the same question, each with its own calendar.
    """
    old = _judged(before, asked_before)
    new = _judged(after, asked_after).rename(
        {name: f"{name}_after" for name in ("days", "acceptance", "portal")}
    )
    counts = (
        old.join(new, on="dossier_id", how="inner")
        .select(*(_differs(name).sum().alias(name) for name in ("days", "acceptance", "portal")))
        .collect(backend="polars")
    )
    days, acceptance, portal = (int(counts[name][0] or 0) for name in counts.columns)
    return Effect(days, acceptance, portal)


def _judged(facts: Facts, ask: Ask) -> nw.LazyFrame[Any]:
    due, received = nw.col("acceptance_due_at"), nw.col("received_at")
    waiting = nw.when(nw.col("ended_at").is_null()).then(is_.at(ask.moment))
    accepted = nw.when(received < is_.at(ask.moment)).then(received).otherwise(waiting)
    return as_it_stood(facts.dossier, ask).select(
        "dossier_id",
        nw.when(is_late(ask)).then(is_.working_days_late(ask)).alias("days"),
        (accepted > due).fill_null(False).alias("acceptance"),
        nw.col("portal_due_at").alias("portal"),
    )


def _differs(name: str) -> nw.Expr:
    one, other = nw.col(name), nw.col(f"{name}_after")
    return (one != other).fill_null(False) | (one.is_null() != other.is_null())
