"""Rounding for the eye, in one place; and whether a printed figure is what its own parts give.

What is printed agrees with what is judged: a rounded value stands on the side of every threshold on
which the value itself stands, and 0% and 100% are said only of what is exactly so. Where rounding
would cross such an edge, the last digit goes one step towards the true side (97,96% under a target
of 98% is printed 97,9%, 99,96% is 99,9%, 0,02% is 0,1%).

Published rates do not always add up (150 of 302 printed as 61,31%), so none is copied unchecked.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from math import ceil, floor
from typing import Final

DECIMALS: Final = {"count": 0, "share": 0, "rate": 1, "mean": 1, "score": 2}
"""Kind of figure → its decimals, on every screen, in every sentence and file.

``share``: how something is made up, in whole per cent. What a document tells has the decimals that
it has there, up to :data:`MOST_TOLD` (of one in per cent), and so has what is held against it.
"""
MOST_TOLD: Final = 2

_EPSILON: Final = 1e-9
"""1 − 180/200 is 0,1, though its bits are a little below."""


def rounded(
    value: float | Fraction,
    decimals: int,
    at_least: Collection[float] = (),
    at_most: Collection[float] = (),
    ends: tuple[float, float] | None = None,
) -> float:
    """A value rounded so that it reads as meeting a limit exactly if it meets it.

    Args:
        at_least: limits that are met from themselves on upwards; at_most: downwards.
        ends: values that are said only of what is exactly so (0 and 1 of a rate).
    """
    scale = 10**decimals
    steps = round(Fraction(value) * scale)
    for limit in at_least:
        edge = Fraction(str(limit)) * scale
        met = value >= limit - _EPSILON
        if met != (steps >= edge):
            steps = ceil(edge) if met else ceil(edge) - 1
    for limit in at_most:
        edge = Fraction(str(limit)) * scale
        met = value <= limit + _EPSILON
        if met != (steps <= edge):
            steps = floor(edge) if met else floor(edge) + 1
    for end in ends or ():
        if steps == Fraction(str(end)) * scale and abs(value - end) >= _EPSILON:
            steps += 1 if value > end else -1
    return float(Fraction(steps, scale))


def decimals_of(value: float) -> int:
    """Decimals that a number was written with, as far as the number still shows them."""
    text = f"{value:.10f}".rstrip("0")
    return len(text.partition(".")[2])


def agrees(printed: float, exact: float, decimals: int, whole: float | None = None) -> bool:
    """Whether ``printed`` is ``exact`` rounded or cut at that many decimals.

    ``whole``: what stands for everything (1 of a rate, 100 of one in per cent); it and 0 are said
    only of what is exactly so: 99,6% is not "100%".
    """
    if whole is not None and (printed in (0.0, whole) or exact in (0.0, whole)):
        return abs(printed - exact) < _EPSILON
    step = 10.0**-decimals
    off = exact - printed
    return abs(off) <= step / 2 + _EPSILON or 0 <= off < step
