"""What a target is, what is known about it, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal

from metrics.core.periods import period_of
from metrics.targets.allowance import Allowance, exact
from metrics.targets.budget import Budget

State = Literal["met", "likely", "at_risk", "missed", "unknown"]
STATES: Final[dict[State, str]] = {
    "missed": "Không đạt",
    "at_risk": "Nguy cơ không đạt",
    "likely": "Có khả năng đạt",
    "met": "Đạt",
    "unknown": "Chưa đánh giá được",
}
"""State → its word, what needs a decision first."""


@dataclass(frozen=True)
class Target:
    """What is promised: the columns of :data:`metrics.registers.TARGET` that judging looks at."""

    operator: str
    period_from: date
    period_to: date
    metric_kind: str = "figure"
    metric: str | None = None
    unit_id: int = 0
    definition: str | None = None
    field_id: int | None = None
    low: float | None = None
    high: float | None = None
    label: str | None = None
    share: float | None = None
    base_label: str | None = None
    baseline_year: int | None = None
    baseline_value: float | None = None
    every_period: bool = False
    unit_of_measure: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Target:
        """The target of a row of the register."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Value:
    """What was measured over some days.

    ``value`` is a rate (0–1), a score or a count; where ``numerator`` and ``denominator`` are
    known it is their ratio, compared by the two sides; ``unknown``: what cannot be classified and
    stands beside them (metrics/core/verdict.py). ``adds_up``: a count that can only grow
    while its period runs. ``counts_dossiers``: a rate of dossiers, so that what the rest of the
    period can bear may be said. ``note``: why it does not stand for the whole span.
    """

    first: date
    last: date
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    is_rate: bool = False
    adds_up: bool = False
    counts_dossiers: bool = False
    note: str | None = None
    unknown: float = 0

    @property
    def exact(self) -> Fraction | None:
        """The value as it was counted or written; None: unknown, or nothing to divide by."""
        if self.numerator is not None and self.denominator is not None:
            if self.denominator == 0:
                return None
            return exact(self.numerator) / exact(self.denominator)
        return None if self.value is None else exact(self.value)


@dataclass(frozen=True)
class Rank:
    """A place in an index's edition; ``bound``: only known as "no worse than"."""

    year: int
    rank: int | None = None
    bound: int | None = None
    group: str | None = None
    out_of: int | None = None


@dataclass(frozen=True)
class Rating:
    """A unit's label of a year; ``order``: higher is better. None: not known."""

    unit_id: int
    label: str | None
    order: int | None


@dataclass(frozen=True)
class Evidence:
    """What is known about a target. ``missing``: why nothing is (one Vietnamese sentence).

    ``values``: one for the target's whole span; with ``every_period`` one for each of
    :func:`spans`. ``ranks``: of the latest known edition, one a source. ``scale``: label → order.
    ``budget``: of an on-time target that runs, its late budget.
    """

    values: tuple[Value, ...] = ()
    ranks: tuple[Rank, ...] = ()
    ratings: tuple[Rating, ...] = ()
    scale: tuple[tuple[str, int], ...] = ()
    year: int | None = None
    baseline: float | None = None
    missing: str | None = None
    source: str | None = None
    budget: Budget | None = None


@dataclass(frozen=True)
class Judgement:
    """A state with its arithmetic. ``shown``: the value as printed ("–": unknown); ``brief``: the
    arithmetic alone, without when and under which assumption (empty: the sentence is short).
    ``budget``: the late budget that the state of a running on-time target follows from."""

    state: State
    sentence: str
    shown: str = "–"
    source: str | None = None
    allowance: Allowance | None = None
    brief: str = ""
    budget: Budget | None = None


def spans(target: Target) -> tuple[tuple[date, date], ...]:
    """The periods a target must hold in: calendar years of a plan of more than a year, quarters
    of one year's plan, months of a quarter's; the outer ones cut to the plan."""
    days = (target.period_to - target.period_from).days + 1
    kind = "year" if days > 366 else "quarter" if days > 92 else "month"
    found, first = [], target.period_from
    while first <= target.period_to:
        last = min(period_of(kind, first).last, target.period_to)
        found.append((first, last))
        first = date.fromordinal(last.toordinal() + 1)
    return tuple(found)
