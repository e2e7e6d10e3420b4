"""Many questions, each in every way, laid beside the oracle's answers dossier by dossier."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import polars as pl

from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.core.rows import rows
from metrics.dossiers.catalogue import FIGURES
from tests import oracle
from tests.oracle import Batch, Look, RawDossier
from tests.strategies import CALENDAR

WAYS = tuple(product(("timestamp", "day"), ("current", "original")))
OF_THE_DEFINITION = ("on_time", "not_on_time")
OF_THE_DUE_DATE = (
    *(key for key in FIGURES if key.startswith(("resolved_", "pending_", "late", "due_soon"))),
    "mean_working_days_late",
)
ALIKE = tuple(key for key in FIGURES if key not in (*OF_THE_DUE_DATE, *OF_THE_DEFINITION))
"""What no comparison and no due date changes: asked in one way, another for each question."""

PARTS = ("numerator", "denominator", "unknown")
Cell = tuple[int, str, int, int, int, int]
"""(position, figure, dossier, numerator, denominator, unknown)."""


@dataclass(frozen=True)
class Asked:
    """A question in one of its ways, and the figures that it is put about."""

    ask: oracle.Ask
    figures: tuple[str, ...]


def every_variant(ask: oracle.Ask, turn: int) -> list[Asked]:
    """Six definitions, two comparisons, two due dates; ``turn`` says which way is asked more."""
    found = []
    for n, ((compare, due), definition) in enumerate(product(WAYS, oracle.RATES)):
        way = replace(ask, definition=definition, compare=compare, due=due)
        way = replace(way, over=("classified", "all")[(turn + n) % 2])
        figures: tuple[str, ...] = OF_THE_DEFINITION
        if n % len(oracle.RATES) == turn % len(oracle.RATES):
            figures += OF_THE_DUE_DATE
        if n == turn % (len(WAYS) * len(oracle.RATES)):
            figures += ALIKE
        found.append(Asked(way, figures))
    return found


def wanted(
    asked: Sequence[Asked], known: Sequence[RawDossier], batches: tuple[Batch, ...]
) -> Iterator[Cell]:
    """What the oracle says to the ways of one question, of what is known."""
    for position, one in enumerate(asked):
        if position % len(oracle.RATES) == 0:
            every = (Look(d, one.ask, CALENDAR, batches) for d in known)
            looks = [x for x in every if concerned(x)]
        for x in looks:
            x.ask = one.ask  # the six definitions share a look
            for figure in one.figures:
                cell = told(figure, x)
                if any(cell):
                    yield position, figure, x.d.dossier_id, *cell


def concerned(x: Look) -> bool:
    """Some figure may count it: each speaks of these alone."""
    return (
        oracle.pending(x)
        or oracle.resolved(x)
        or oracle.to_be_resolved(x)
        or oracle.fell_due(x)
        or oracle.acceptance_overdue(x)
    )


def told(figure: str, x: Look) -> tuple[int, int, int]:
    """What one dossier adds to a figure: to its numerator, its denominator, its unknown."""
    count = oracle.FIGURES.get(figure)
    if count:
        return int(count(x)), 0, 0
    above, below = oracle.RATIOS[figure]
    n, d = int(above(x)), int(below(x))
    if figure == "mean_working_days_late":
        n = n and (oracle.lateness(x)[1] or 0)
    return n, d, int(figure == "on_time" and oracle.on_time_unknown(x))


def found(facts: Any, asks: Sequence[Ask], figures: Sequence[Sequence[str]]) -> Iterator[Cell]:
    """What the figures say to the same ways."""
    for chosen in dict.fromkeys(map(tuple, figures)):
        some = [n for n, keys in enumerate(figures) if tuple(keys) == chosen]
        few = [asks[n] for n in some]
        frame = measure(facts, [FIGURES[key] for key in chosen], few, ["dossier_id"])
        parts = [pl.col(part).fill_null(0) for part in PARTS]
        frame = frame.select("ask", "figure", "dossier_id", *parts)
        for ask, *cell in frame.filter(pl.any_horizontal(pl.col(*PARTS) != 0)).iter_rows():
            yield some[ask], *cell


def unlike(
    facts: Any,
    question: Callable[[oracle.Ask], Ask],
    asked: Sequence[Asked],
    known: Sequence[RawDossier],
    batches: tuple[Batch, ...] = (),
) -> list[str]:
    """What differs of one question in all its ways, in words; few, so that it can be read."""
    ours = set(wanted(asked, known, batches))
    theirs = set(found(facts, [question(a.ask) for a in asked], [a.figures for a in asked]))
    by_id = {d.dossier_id: d for d in known}
    return [
        f"{figure}: {'oracle' if cell in ours else 'figures'} {parts} of {by_id[number]}\n"
        f"  asked {asked[position].ask}"
        for cell in sorted(ours ^ theirs)
        for position, figure, number, *parts in [cell]
    ][:6]


def rows_unlike(
    facts: Any,
    question: Callable[[oracle.Ask], Ask],
    one: Asked,
    known: Sequence[RawDossier],
    batches: tuple[Batch, ...] = (),
) -> list[str]:
    """The rows behind each number of one way: those that the oracle counts."""
    looks = [Look(d, one.ask, CALENDAR, batches) for d in known]
    cells = [
        (figure, side, part)
        for figure in one.figures
        for side, part in enumerate(PARTS)
        if side == 0 or (side == 1 and figure in oracle.RATIOS) or figure == "on_time"
    ]
    ask = question(one.ask)
    lazy = [rows(facts, FIGURES[f], ask, part=part).to_native() for f, _, part in cells]
    bad = []
    for (figure, side, part), frame in zip(cells, pl.collect_all(lazy), strict=True):
        counted = oracle.RATIOS[figure][0] if figure in oracle.RATIOS else oracle.FIGURES[figure]
        ours = [x.d.dossier_id for x in looks if (told(figure, x)[side] if side else counted(x))]
        if frame["dossier_id"].sort().to_list() != sorted(ours):
            bad.append(f"rows of {figure}, {part}: {one.ask}")
    return bad
