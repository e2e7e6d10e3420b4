"""The four rules, on bare sequences: which points end a signal, and which are part of one.

A point ends a signal if, with nothing known of what comes after it, it is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Final, Literal

Kind = Literal["outside", "trend", "one_side", "near"]
KINDS: Final[tuple[Kind, ...]] = ("outside", "trend", "one_side", "near")
"""The rules, what says most first."""

Direction = Literal[-1, 1]


@dataclass(frozen=True)
class Run:
    """A signal that ends at ``last``: down (−1) or up (1); ``first``: its first point's place.

    ``length``: points; of a trend: its rises or falls.
    """

    kind: Kind
    direction: Direction
    first: int
    last: int
    length: int


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def outside(beyond: Sequence[int]) -> list[Run]:
    """Each point beyond a limit. ``beyond``: −1 below the lower, 1 above the upper, else 0."""
    return [Run("outside", _way(way), i, i, 1) for i, way in enumerate(beyond) if way]


def _way(sign: int) -> Direction:
    return 1 if sign > 0 else -1


def one_side(
    side: Sequence[int], most: int, chances: Sequence[tuple[float, float]] | None = None
) -> list[Run]:
    """Points with ``most`` or more on one side of the mean up to themselves.

    A point on the mean belongs to neither side and ends a run.

    Args:
        side: −1 below the mean, 1 above, 0 on it.
        chances: how probable each side is at each point; where that is not ½, a run counts once
            it is as improbable as ``most`` points of ½. None: ½ everywhere.
    """
    found, start = [], 0
    for i, now in enumerate(side):
        if i and now != side[i - 1]:
            start = i
        length = i - start + 1
        if not now or length < most:
            continue
        if chances is not None:
            place = 0 if now < 0 else 1
            if prod(one[place] for one in chances[start : i + 1]) > 0.5**most:
                continue
        found.append(Run("one_side", _way(now), start, i, length))
    return found


def trends(values: Sequence[float], steps: int) -> list[Run]:
    """Points that end ``steps`` or more rises, or falls, one after the other; a tie ends them."""
    found, start = [], 0
    for i in range(1, len(values)):
        way = _sign(values[i] - values[i - 1])
        if i > 1 and way != _sign(values[i - 1] - values[i - 2]):
            start = i - 1
        if way and i - start >= steps:
            found.append(Run("trend", _way(way), start, i, i - start))
    return found


def near(close: Sequence[int], hits: int, of: int) -> list[Run]:
    """Points near a limit with ``hits`` in ``of`` near the same one up to themselves.

    Args:
        close: −1 near, or beyond, the lower limit, 1 the upper, else 0.
    """
    found = []
    for i, way in enumerate(close):
        since = max(0, i - of + 1)
        there = [place for place in range(since, i + 1) if close[place] == way]
        if way and len(there) >= hits:
            found.append(Run("near", _way(way), there[0], i, len(there)))
    return found


def members(runs: Sequence[Run], close: Sequence[int]) -> dict[int, set[Kind]]:
    """Place → the rules that a point is part of; of "near" only the points that are near."""
    found: dict[int, set[Kind]] = {}
    for run in runs:
        for place in range(run.first, run.last + 1):
            if run.kind != "near" or close[place] == run.direction:
                found.setdefault(place, set()).add(run.kind)
    return found
