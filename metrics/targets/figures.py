"""How many targets stand in which state: what the screen of targets counts, declared once.

A target is judged, not measured: its state comes from :mod:`metrics.targets.judging`, so these
figures count judged rows (columns of :data:`metrics.registers.TARGET` with ``state``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import narwhals as nw

from metrics.core.ask import Ask
from metrics.core.figure import Better, Figure
from metrics.targets.terms import STATES, State

_MEANINGS: Final[dict[State, tuple[str, Better]]] = {
    "missed": ("Chỉ tiêu đã biết là không đạt khi kỳ của nó kết thúc.", "down"),
    "at_risk": ("Chỉ tiêu của kỳ chưa kết thúc, theo số hiện có thì không đạt.", "down"),
    "likely": ("Chỉ tiêu của kỳ chưa kết thúc, theo số hiện có thì đạt.", "up"),
    "met": ("Chỉ tiêu đã biết là đạt khi kỳ của nó kết thúc.", "up"),
    "unknown": (
        "Chỉ tiêu định tính, chưa đến kỳ hoặc chưa có số liệu; không phải là không đạt.",
        "neither",
    ),
}
_BASIS: Final = "Văn bản giao chỉ tiêu; mỗi chỉ tiêu đánh giá trong kỳ của chính nó"


def _figure(state: State, meaning: str, better: Better) -> Figure:
    def stands(ask: Ask) -> nw.Expr:
        return nw.col("state") == state

    return Figure(
        f"targets_{state}",
        STATES[state],
        stands,
        meaning,
        _BASIS,
        fact="target",
        unit="targets",
        better=better,
        is_stock=True,
    )


STATE_OF: Final[dict[str, State]] = {f"targets_{state}": state for state in STATES}
"""Figure → the state that it counts."""

TARGET_FIGURE: Final[dict[str, Figure]] = {
    figure.key: figure for figure in (_figure(state, *_MEANINGS[state]) for state in STATES)
}
"""Key → figure, what needs a decision first."""


def cell(key: str, counts: Mapping[State, int]) -> dict[str, Any]:
    """A figure's cell of counts by state (:func:`metrics.targets.review.counted`)."""
    return {"numerator": counts[STATE_OF[key]], "denominator": None, "rate": None}


def by_state(counts: Mapping[State, int]) -> dict[str, int]:
    """Figure → count: the columns of a table of totals."""
    return {key: counts[state] for key, state in STATE_OF.items()}


def most_urgent(counts: Mapping[State, int]) -> list[int]:
    """What rows of totals are sorted by: most missed, then at risk, then likely, first."""
    return [-counts[state] for state in STATES if state not in ("met", "unknown")]
