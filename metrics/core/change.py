"""How a figure differs from what it is compared with, and whether that is for the better.

Every change takes its label and its existence from its other side (:class:`Other`), never from a
date that is computed beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from metrics.core.figure import Figure

_PRINTED: Final = 3
"""What is printed as 0 is no change: a tenth of a point of a rate."""


@dataclass(frozen=True)
class Other:
    """The other side of a change.

    ``label``: what it is called; ``reason``: why nothing may be compared with it, in Vietnamese.
    """

    label: str
    reason: str | None

    def of(self, value: float | None) -> float | None:
        """The value of the other side, where it may be compared."""
        return None if self.reason else value

    def none(self, now: float | None, other: float | None) -> str:
        """What stands where no change can be told, with the reason: one of both is unknown."""
        unknown = (
            "kỳ đang xem chưa có số"
            if now is None
            else f"{self.label} chưa có số"
            if other is None
            else ""
        )
        return f"– so {self.label} ({self.reason or unknown})"


@dataclass(frozen=True)
class Change:
    """``by``: the difference, of a rate in its own unit (0–1). ``is_better``: None: neither."""

    by: float
    is_better: bool | None


def change(figure: Figure, now: Mapping[str, Any], before: Mapping[str, Any]) -> Change | None:
    """What changed between two measured cells of a figure; None: one of them is unknown."""
    column = "rate" if figure.is_ratio else "numerator"
    if now[column] is None or before[column] is None:
        return None
    by = round(now[column] - before[column], _PRINTED)
    if not by or figure.better == "neither":
        return Change(by, None)
    return Change(by, (by > 0) == (figure.better == "up"))
