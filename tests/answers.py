"""Asking the oracle in every way, and laying its answers beside measured numbers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import polars as pl

from metrics.dossiers.catalogue import FIGURES
from tests import oracle
from tests.oracle import Answer, RawDossier, acceptance_due_at
from tests.strategies import CALENDAR, moments_of, near, period

PLACES = ("before", "start", "within", "end", "after")
"""Where T lies: before the period, at its S, in it, at its E, after it."""

Cells = dict[tuple[int, str, Hashable], tuple[int, int | None]]
"""(position of the question, figure, group) → (numerator, denominator); without those of 0."""


def place(roll: Any, where: str, ask: oracle.Ask, moments: Sequence[datetime]) -> datetime | None:
    """A moment for T in that place, if possible one on which something happens."""
    start, end = oracle.midnight(ask.first_day), oracle.midnight(ask.last_day + oracle.DAY)
    if where in ("start", "end"):
        return start if where == "start" else None
    found = near(roll, moments)
    if where == "before":
        return min(found, start - oracle.MILLISECOND)
    if where == "after":
        return max(found, end + timedelta(hours=9))
    return found if start < found < end else start + (end - start) / 2


def in_reach(ask: oracle.Ask, moment: datetime) -> bool:
    """In the period, or at most a week after it."""
    return ask.first_day <= moment.date() <= ask.last_day + timedelta(days=7)


def waited_for(register: Sequence[RawDossier]) -> set[datetime]:
    """When acceptance was due of what had by then neither been received nor ended."""
    found = set()
    for d in register:
        due = acceptance_due_at(d, CALENDAR)
        happened = [x for x in (d.received_at, oracle.end(d)) if x is not None]
        if due is not None and all(x >= due for x in happened):
            found.add(due)
    return found


def accepted_on_the_edge(register: Sequence[RawDossier], count: int) -> list[RawDossier]:
    """Some online dossiers again, received when their acceptance is due or a millisecond off."""
    online = [d for d in register if d.received_at and acceptance_due_at(d, CALENDAR)][:count]
    found = []
    for n, d in enumerate(online):
        due = acceptance_due_at(d, CALENDAR)
        assert due is not None
        received = due + (n % 3 - 1) * oracle.MILLISECOND
        number = len(register) + n + 1
        found.append(replace(d, dossier_id=number, received_at=received, ended_at=None))
    return [replace(d, end_kind=None) for d in found]


def every_way(register: Sequence[RawDossier], seed: int) -> list[oracle.Ask]:
    """Each combination of definition, comparison, due date and place of T, over random periods."""
    roll = random.Random(seed).randrange
    moments = sorted({moment for d in register for moment in moments_of(d)})
    # Nothing else of a dossier falls on these, so they deserve a turn of their own.
    accepted = sorted(waited_for(register))
    found: list[oracle.Ask] = []
    for definition, compare, due, where in product(
        oracle.RATES, (None, "timestamp", "day"), ("current", "original"), PLACES
    ):
        # Not drawn from the roll, so that the questions stay those that reach every figure.
        over = "all" if len(found) % 3 == 1 else "classified"
        ask = oracle.Ask(
            *period(roll, moments), None, definition, compare, due, within=roll(6), over=over
        )
        among = moments if roll(3) else [x for x in accepted if in_reach(ask, x)] or moments
        found.append(replace(ask, as_of=place(roll, where, ask, among)))
    return found


def cells_of(frame: pl.DataFrame, by: Sequence[str], positions: Sequence[int]) -> Cells:
    """A measured frame; denominators and rates checked on the way."""
    found: Cells = {}
    for row in frame.iter_rows(named=True):
        n, d = row["numerator"], row["denominator"]
        assert (d is not None) == FIGURES[row["figure"]].is_ratio
        assert row["rate"] == (n / d if d else None)
        group = tuple(row[column] for column in by)
        cell = positions[row["ask"]], row["figure"], group[0] if len(by) == 1 else group or None
        assert cell not in found
        if n or d:
            found[cell] = n, d
    return found


def cells_by(
    answer: Answer, by_id: dict[int, RawDossier], key: Callable[[RawDossier], Hashable]
) -> list[tuple[Hashable, tuple[int, int | None]]]:
    """The oracle's answer, summed by group; groups of 0 left out."""
    numerator, denominator = Counter[Hashable](), Counter[Hashable]()
    for part, summed in (answer.numerator, numerator), (answer.denominator or {}, denominator):
        for dossier_id, value in part.items():
            summed[key(by_id[dossier_id])] += value
    return [
        (group, (numerator[group], None if answer.denominator is None else denominator[group]))
        for group in numerator.keys() | denominator.keys()
        if numerator[group] or denominator[group]
    ]


def differences(found: Cells, wanted: Cells, asked: Sequence[oracle.Ask]) -> list[str]:
    """What differs, in words; few, so that a failure can be read."""
    return [
        f"{cell[1]} of {cell[2]!r} is {found.get(cell)}, not {wanted.get(cell)}: {asked[cell[0]]}"
        for cell in found.keys() | wanted.keys()
        if found.get(cell) != wanted.get(cell)
    ][:5]
