"""Whether a printed figure is what its own parts give, with the decimals that it was printed with.

Published rates do not always add up (150 of 302 printed as 61,31%), so none is copied unchecked.
"""

from __future__ import annotations

from typing import Final

_EPSILON: Final = 1e-9


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
