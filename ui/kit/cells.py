"""How a value of each kind is printed in tables, cards and lists: one place for all screens.

Decimals by kind (metrics/core/printed.py); a rate that is only told as it was told; changes carry
their sign; the minus is the typographic one; what is unknown is "–", never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal

from metrics.core.figure import Figure
from metrics.core.vietnamese import (
    UNKNOWN,
    as_told,
    day,
    graded,
    moment,
    number,
    percent,
    points,
    signed,
)
from ui.kit.marks import Html
from ui.shell.text import safe

Kind = Literal[
    "text", "count", "mean", "score", "rate", "told", "points", "change", "day", "moment", "month"
]

_WRITTEN: Final[dict[str, Callable[[Any], str]]] = {
    "text": str,
    "count": number,
    "mean": lambda value: graded(value, "mean"),
    "score": lambda value: graded(value, "score"),
    "told": as_told,
    "rate": percent,
    "points": points,
    "change": signed,
    "day": day,
    "moment": moment,
    "month": lambda value: f"{value:%m/%Y}",
}

NUMBERS: Final = frozenset({"count", "mean", "score", "rate", "told", "points", "change"})
"""Kinds that stand at the right, with figures of one width."""


def written(value: Any, kind: Kind = "text") -> str:
    """A value as text."""
    return UNKNOWN if value is None else _WRITTEN[kind](value)


def as_html(value: Any, kind: Kind = "text") -> str:
    """A value as HTML: escaped, unless it is :class:`Html` already."""
    return value if isinstance(value, Html) else safe(written(value, kind))


def sortable(value: Any) -> str:
    """What a table is sorted by in the browser; empty where nothing is known."""
    if value is None or isinstance(value, Html):
        return ""
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def figure_text(figure: Figure, cell: Mapping[str, Any]) -> str:
    """A figure's number by its unit: a rate in per cent, a mean with a decimal, else a count.

    Args:
        cell: ``numerator`` (null: unknown), ``denominator``, ``rate``, as measured.
    """
    if figure.is_ratio:
        return written(cell["rate"], "rate" if figure.unit == "rate" else "mean")
    return written(cell["numerator"], "count")


def fraction_text(cell: Mapping[str, Any]) -> str:
    """Both sides of a ratio: 25/29."""
    return f"{number(cell['numerator'])}/{number(cell['denominator'])}"


def with_note(value: str, note: str | None) -> Html:
    """A cell's text or :class:`Html` with a smaller line below it, where there is one."""
    below = f"<small>{safe(note)}</small>" if note else ""
    return Html(f"{as_html(value)}{below}")
