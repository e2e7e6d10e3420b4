"""Why two readings of "đúng hạn" say two numbers: the walk from one to the other.

A dossier stands on one side of each reading: on time, counted and not on time, unknown, not
counted. Those that stand elsewhere in the other reading make the difference: each in exactly one
step, by both sides and by a reason (metrics/dossiers/readings.py). So a reading's numerator,
denominator and unknown, and what the steps add, are the other's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any, Final, cast

import narwhals as nw

from metrics.core import expressions as ex
from metrics.core.ask import Ask, Over
from metrics.core.by_source import by_source
from metrics.core.measure import Facts, collect, measure
from metrics.core.narrowing import Where, alive, as_it_stood, restrict
from metrics.core.on_time import COMPARED, on_time_definition
from metrics.core.rows import ROWS, as_at, with_lateness
from metrics.core.verdict import Sides
from metrics.core.vietnamese import number, percent
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.readings import (
    ADDS,
    OUT,
    PLACE,
    READINGS,
    REASONS,
    SIDE_WORDS,
    SIDES,
    Pair,
    Reading,
    Reason,
    Side,
)


@dataclass(frozen=True)
class Count:
    """What a reading counts: numerator, denominator, and beside them the unknown."""

    numerator: int = 0
    denominator: int = 0
    unknown: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.numerator + other.numerator,
            self.denominator + other.denominator,
            self.unknown + other.unknown,
        )

    def times(self, by: int) -> Count:
        return Count(self.numerator * by, self.denominator * by, self.unknown * by)

    def rate(self, whole: Over) -> float | None:
        """On time of what can be classified, or of that and the unknown, as asked."""
        of = self.denominator + (self.unknown if whole == "all" else 0)
        return self.numerator / of if of else None

    def sides(self, whole: Over) -> Sides:
        of = self.denominator + (self.unknown if whole == "all" else 0)
        return Sides(self.numerator, of, self.unknown, whole)


@dataclass(frozen=True)
class Step:
    """Dossiers that stand on two sides for one reason."""

    reason: Reason
    start: Side
    to: Side
    count: int

    @property
    def token(self) -> str:
        return f"{self.reason.key}-{self.start}-{self.to}"

    @property
    def adds(self) -> Count:
        """What going from the one reading to the other adds to each number."""
        here, there = ADDS[self.start], ADDS[self.to]
        return Count(*(b - a for a, b in zip(here, there, strict=True))).times(self.count)


@dataclass(frozen=True)
class Walk:
    """From one reading to another.

    ``stays``: dossiers that stand on the same side of both, by side. ``steps``: in the order of
    :data:`REASONS`, then of the sides.
    """

    pair: Pair
    whole: Over
    start: Count
    to: Count
    stays: Mapping[Side, int]
    steps: tuple[Step, ...]

    @property
    def moved(self) -> int:
        """How many dossiers make the difference."""
        return sum(step.count for step in self.steps)

    @property
    def path(self) -> tuple[Count, ...]:
        """What is counted before the first step, and after each; the last is :attr:`to`."""
        found = [self.start]
        for step in self.steps:
            found.append(found[-1] + step.adds)
        return tuple(found)

    @property
    def points(self) -> tuple[float | None, ...]:
        """By how much each step in turn moves the rate (0.01: one point); their sum is the
        difference. Null where there is no rate before or after it."""
        rates = [count.rate(self.whole) for count in self.path]
        return tuple(
            None if before is None or after is None else after - before
            for before, after in pairwise(rates)
        )

    @property
    def difference(self) -> float | None:
        """The rate walked to less that walked from; null where one of both is."""
        here, there = self.start.rate(self.whole), self.to.rate(self.whole)
        return None if here is None or there is None else there - here


def walk(facts: Facts, ask: Ask, pair: Pair, where: Where | None = None) -> Walk:
    """The walk of a question from one reading to another.

    Args:
        facts: within the asker's scope; must hold the dossiers alive in ``span(pair.asks(ask))``.
        ask: period, moment, due date and what rates are over; its definition does not matter.
    """
    return walks(facts, ask, pair, where=where).get((), _walk_of(pair, ask.whole, []))


def walks(
    facts: Facts, ask: Ask, pair: Pair, by: Sequence[str] = (), where: Where | None = None
) -> dict[tuple[Any, ...], Walk]:
    """The same by groups (columns of the dossier fact); a group without a dossier is missing."""
    keys = ["side_from", "side_to", "reason"]
    with ex.own_words(facts.dossier) as own:
        frame = _standing(own, ask, pair, where).group_by(*by, *keys)
        counted = ex.wrapped(frame.agg(ex.col("dossier_id").count().alias("count")))
    found: dict[tuple[Any, ...], list[tuple[int, int, int, int]]] = {}
    for row in collect([counted])[0].select(*by, *keys, "count").iter_rows():
        found.setdefault(row[: len(by)], []).append(row[len(by) :])
    return {group: _walk_of(pair, ask.whole, rows) for group, rows in found.items()}


def side_by_side(facts: Facts, ask: Ask) -> dict[str, Count]:
    """What every reading counts: its token → the count.

    Args:
        facts: must hold the dossiers alive in ``span`` of all readings' questions
            (:func:`every_ask`).
    """
    figure = FIGURES["on_time"]
    classified = [replace(each, whole="classified") for each in every_ask(ask)]
    found = measure(facts, [figure], classified).iter_rows(named=True)
    tokens_ = list(READINGS)
    return {
        tokens_[row["ask"]]: Count(row["numerator"], row["denominator"], row["unknown"])
        for row in found
    }


def every_ask(ask: Ask) -> list[Ask]:
    """The question in every reading, in the order of :data:`READINGS`."""
    return [reading.of(ask) for reading in READINGS.values()]


def behind(
    facts: Facts, ask: Ask, pair: Pair, token: str | None = None, where: Where | None = None
) -> nw.LazyFrame[Any]:
    """The dossiers of a step (:attr:`Step.token`), or of all steps: as many as they count.

    Columns as :func:`metrics.core.rows.rows`, by the reading that is walked from, and
    ``side_from``, ``side_to``, ``reason``: positions in :data:`SIDES` and :data:`REASONS`.
    """
    with ex.own_words(facts.dossier) as own:
        frame = _standing(own, ask, pair, where)
        frame = frame.filter(ex.col("side_from") != ex.col("side_to"))
        if token is not None:
            reason, start, to = token.split("-")
            frame = frame.filter(
                (ex.col("reason") == PLACE[reason])
                & (ex.col("side_from") == SIDES.index(cast(Side, start)))
                & (ex.col("side_to") == SIDES.index(cast(Side, to)))
            )
        own_ask = pair.start.of(ask)
        frame = with_lateness(frame, own_ask)
        sides = (ex.col(name) for name in ("side_from", "side_to", "reason"))
        told = as_at(ROWS, own_ask)
        return ex.wrapped(frame.select(*told, "days_late", "working_days_late", *sides))


def tokens() -> Iterator[str]:
    """Every token that a step may have."""
    for reason in REASONS:
        for start in SIDES:
            yield from (f"{reason}-{start}-{to}" for to in SIDES if to != start)


def _standing(own: Any, ask: Ask, pair: Pair, where: Where | None) -> Any:
    """The dossiers that either reading knows, with both sides and the reason."""
    frame = as_it_stood(alive(restrict(own, where), pair.asks(ask)), ask)
    names = pair.sides(ask)
    side: Callable[[str, Ask], nw.Expr] = lambda name, at: pair.sides(at)[name]  # noqa: E731
    frame = frame.with_columns(
        *(by_source(partial(side, name), ask).cast(ex.whole("Int32")).alias(name) for name in names)
    )
    frame = frame.filter((ex.col("side_from") != OUT) | (ex.col("side_to") != OUT))
    reason = by_source(pair.reason, ask).cast(ex.whole("Int32")).alias("reason")
    same = ex.col("side_from") == ex.col("side_to")
    frame = frame.with_columns(reason)
    return frame.with_columns(
        ex.when(same)
        .then(ex.lit(-1))
        .otherwise(ex.col("reason"))
        .cast(ex.whole("Int32"))
        .alias("reason")
    )


def _walk_of(pair: Pair, whole: Over, rows: Sequence[tuple[int, int, int, int]]) -> Walk:
    """A walk of counted cells: both sides, the reason's place (-1: none), how many."""
    start, to = Count(), Count()
    stays: dict[Side, int] = {}
    steps: list[Step] = []
    named = list(REASONS.values())
    for a, b, reason, count in sorted(rows, key=lambda row: (row[2], row[0], row[1])):
        here, there = SIDES[a], SIDES[b]
        start, to = start + Count(*ADDS[here]).times(count), to + Count(*ADDS[there]).times(count)
        if a == b:
            stays[here] = stays.get(here, 0) + count
        else:
            steps.append(Step(named[reason], here, there, count))
    return Walk(pair, whole, start, to, stays, tuple(steps))


# -- in words -----------------------------------------------------------------------------

_MOST_SAID: Final = 3
"""So many steps a sentence names."""


def because(found: Walk, edges: Collection[float] | None = None) -> str:
    """One sentence that says why both readings differ: by how much, which dossiers, why.

    ``edges``: limits that no rate is printed across (:func:`metrics.core.vietnamese.percent`).
    """
    names = [spoken_as(each) for each in (found.pair.start, found.pair.to)]
    sides = [told(count, found.whole, edges) for count in (found.start, found.to)]
    both = f"{names[0][0].upper()}{names[0][1:]}: {sides[0]}; {names[1]}: {sides[1]}"
    if not found.steps:
        return f"{both}. Không khác nhau, cả từng hồ sơ."
    change = found.difference
    apart = "Khác nhau" if change is None else f"Chênh {number(abs(change) * 100, 2)} điểm"
    named = most(found)[:_MOST_SAID]
    parts = [f"{number(step.count)} hồ sơ {said(step)}" for step in named]
    if left := found.moved - sum(step.count for step in named):
        parts.append(f"{number(left)} hồ sơ vì lý do khác")
    whole = f" do {number(found.moved)} hồ sơ" if len(parts) > 1 else ""
    return f"{both}. {apart}{whole}: {'; '.join(parts)}."


def most(found: Walk) -> list[Step]:
    """The steps, those that move the rate most first; then those of most dossiers."""
    moves = dict(zip(found.steps, found.points, strict=True))
    return sorted(found.steps, key=lambda step: (-abs(moves[step] or 0), -step.count))


def said(step: Step) -> str:
    """A step in words: "cùng ngày, muộn giờ (quá hạn → đúng hạn)"."""
    label = step.reason.label
    return f"{label[0].lower()}{label[1:]} ({SIDE_WORDS[step.start]} → {SIDE_WORDS[step.to]})"


def spoken_as(reading: Reading) -> str:
    """A reading in a few words: "biểu II.06a, so theo giờ, phút"."""
    return f"{on_time_definition(reading.definition).short}, {COMPARED[reading.compare]}"


def told(count: Count, whole: Over, edges: Collection[float] | None = None) -> str:
    """A rate with both sides: "71,63% (952/1.329)"."""
    sides = count.sides(whole)
    return (
        f"{percent(sides.rate, 2, edges)} ({number(sides.numerator)}/{number(sides.denominator)})"
    )
