"""What dossiers say of targets, by unit: one reading for all who promised the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import polars as pl

from metrics.core.ask import Ask, span
from metrics.core.figure import Figure
from metrics.core.measure import Facts, Plan, plan, plan_series, run
from metrics.core.periods import weeks_of
from metrics.dossiers.catalogue import FIGURES
from metrics.registers.held import Held
from metrics.targets.budget import Budget, Weekly, budget_rules, late_budget
from metrics.targets.measured import figure_of, has_budget, question
from metrics.targets.terms import Target, spans

OpenFacts = Callable[[int, tuple[datetime, datetime]], Facts]
"""Unit and span → the facts of that unit and what is below it, alive in the span."""

VOLUME: Final = ("received", "resolved")
"""What says whether there were any dossiers at all."""

FULL: Final = timedelta(days=31)
"""Data that begin at most so long after a period do not make it a part of one."""


@dataclass(frozen=True)
class Known:
    """What targets are judged by, beside the dossiers.

    ``registers``: metrics/registers/, cut to the reader's scope. ``below``: a unit → it
    and what stands below it. ``province_of``: a unit → the code of its province, if it is one.
    ``may_see``: the reader's units (None: all). ``data_from``: day of the first dossier.
    """

    registers: Held
    below: Callable[[int], frozenset[int]]
    province_of: Mapping[int, str]
    may_see: frozenset[int] | None
    data_from: date | None


Cell = Mapping[str, Any]
"""``numerator``, ``denominator``, ``unknown``, as :func:`metrics.core.measure.measure` has them."""

_SIDES: Final = ("numerator", "denominator", "unknown")


Rows = Mapping[tuple[int, str], Mapping[int | None, tuple[int | None, ...]]]
"""The question's place and the figure's key → unit → :data:`_SIDES` (null: the figure has no such
side)."""

Week = tuple[date, date]
"""Its first and its last day."""


@dataclass(frozen=True)
class Counts:
    """A figure's counts by unit: one reading of the dossiers for all who promised the same.

    ``units``: whose dossiers were counted. ``rows``: of the periods that are judged. ``weeks``:
    of the part that runs, where it has a late budget; ``weekly``: their counts.
    """

    units: frozenset[int]
    rows: Rows
    weeks: tuple[Week, ...] = ()
    weekly: Rows | None = None

    @classmethod
    def read(
        cls,
        units: frozenset[int],
        measured: pl.DataFrame,
        weeks: tuple[Week, ...] = (),
        weekly: pl.DataFrame | None = None,
    ) -> Counts:
        """Of :func:`metrics.core.measure.measure` by unit, over periods and over weeks."""
        return cls(units, _rows(measured), weeks, None if weekly is None else _rows(weekly))

    def of(self, units: frozenset[int], ask: int, figure: Figure) -> Cell:
        """The counts of some of the units together, 0 where there was nothing to count."""
        return self._summed(self.rows, units, ask, figure)

    def by_week(self, units: frozenset[int], figure: Figure) -> list[Weekly]:
        """Some of the units together, by week."""
        cells = (
            self._summed(self.weekly or {}, units, at, figure) for at in range(len(self.weeks))
        )
        return [
            Weekly(*week, cell["numerator"], cell["denominator"])
            for week, cell in zip(self.weeks, cells, strict=True)
        ]

    def _summed(self, rows: Rows, units: frozenset[int], ask: int, figure: Figure) -> Cell:
        every = rows.get((ask, figure.key), {})
        of = every if units == self.units else {unit: every[unit] for unit in units & every.keys()}
        has = (True, figure.is_ratio, figure.unknown is not None)
        sides = (
            sum(row[place] or 0 for row in of.values()) if has[place] else None
            for place in range(len(_SIDES))
        )
        return dict(zip(_SIDES, sides, strict=True))


def _rows(measured: pl.DataFrame) -> Rows:
    rows: dict[tuple[int, str], dict[int | None, tuple[int | None, ...]]] = {}
    for ask, key, unit, *sides in measured.select("ask", "figure", "unit_id", *_SIDES).iter_rows():
        rows.setdefault((ask, key), {})[unit] = tuple(sides)
    return rows


def counts_of(
    targets: Sequence[Target], known: Known, open_facts: OpenFacts, ask: Ask
) -> list[Counts | None]:
    """The counts that each target is judged by, of every unit below its own: one collect for all.

    None: not a figure of dossiers, not begun, or not to be seen.
    """
    wanted = [each if _is_counted(each, known, ask) else None for each in targets]
    weeks = [() if each is None else _weeks(each, ask) for each in wanted]
    plans = [
        ([], []) if each is None else _plans(each, days, open_facts, ask)
        for each, days in zip(wanted, weeks, strict=True)
    ]
    measured = iter(run(one for both in plans for of in both for one in of))
    found = [[[next(measured) for _ in of] for of in both] for both in plans]
    return [
        None
        if each is None
        else Counts.read(
            known.below(each.unit_id), pl.concat(whole), days, pl.concat(weekly) if weekly else None
        )
        for each, days, (whole, weekly) in zip(wanted, weeks, found, strict=True)
    ]


def may_see(target: Target, known: Known) -> bool:
    """Whether the reader's scope has the target's unit."""
    return known.may_see is None or target.unit_id in known.may_see


def begun(target: Target, ask: Ask) -> list[tuple[date, date]]:
    """The periods that a target is judged in and that have begun by T."""
    parts = spans(target) if target.every_period else ((target.period_from, target.period_to),)
    return [part for part in parts if part[0] <= ask.as_of_day]


def budget_of(target: Target, counts: Counts, known: Known, ask: Ask) -> Budget | None:
    """The late budget of a target's running part as of the question's moment.

    None: it has none (:func:`metrics.targets.measured.has_budget`), or none of its parts runs.
    """
    if not counts.weeks or target.low is None:
        return None
    figure, part = figure_of(target), begun(target, ask)[-1]
    assert figure is not None
    weeks = counts.by_week(known.below(target.unit_id), figure)
    if known.data_from is not None and known.data_from - part[0] > FULL:
        weeks = _from_the_data(weeks, known.data_from)
    return late_budget(weeks, target.low, part, ask.as_of_day, budget_rules(ask.as_of_day))


def _is_counted(target: Target, known: Known, ask: Ask) -> bool:
    figure = figure_of(target)
    if figure is None or figure.fact != "dossier" or target.operator == "qualitative":
        return False
    return target.period_from <= ask.as_of_day and may_see(target, known)


def _where(target: Target) -> dict[str, Any] | None:
    return {"field_id": target.field_id} if target.field_id is not None else None


def _plans(
    target: Target, weeks: Sequence[Week], open_facts: OpenFacts, ask: Ask
) -> tuple[list[Plan], list[Plan]]:
    """Of the periods that are judged, and of the weeks of the late budget."""
    figure = figure_of(target)
    assert figure is not None
    asks, weekly = (
        [question(target, *part, ask) for part in parts] for parts in (begun(target, ask), weeks)
    )
    facts, where = open_facts(target.unit_id, span([*asks, *weekly])), _where(target)
    return (
        plan(facts, _wanted(figure), asks, ["unit_id"], where),
        plan_series(facts, [figure], weekly, ["unit_id"], where) if weekly else [],
    )


def _wanted(figure: Figure) -> list[Figure]:
    """The figure, and what says whether there were any dossiers at all."""
    return [figure, *(FIGURES[key] for key in VOLUME if key != figure.key)]


# -- weeks of the late budget -------------------------------------------------------------


def _weeks(target: Target, ask: Ask) -> tuple[Week, ...]:
    """The weeks of the part of a target that runs at T; the outer ones are cut to the part."""
    first, last = begun(target, ask)[-1]
    if last < ask.as_of_day or not has_budget(target):
        return ()
    return tuple(weeks_of(first, ask.as_of_day))


def _from_the_data(weeks: Sequence[Weekly], since: date) -> list[Weekly]:
    """Weeks that ended before the data begin are unknown, and not 0."""
    return [
        week if week.last >= since else week._replace(numerator=None, denominator=None)
        for week in weeks
    ]
