"""A rate of being on time as it is shown: number, sides, the unknown beside it, and its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from metrics.core.ask import Ask
from metrics.core.verdict import Sides, beside, said
from metrics.core.vietnamese import number, percent
from ui.kit.links import href, link
from ui.kit.marks import MARKS, Html
from ui.kit.parts import opens
from ui.shell.text import safe

if TYPE_CHECKING:
    from ui.shell.context import Frame


def sides_of(cell: Mapping[str, Any], ask: Ask) -> Sides:
    """The sides of a measured cell (``numerator``, ``denominator``, ``unknown``)."""
    return Sides(cell["numerator"], cell["denominator"], cell["unknown"] or 0, ask.whole)


def rate_text(sides: Sides, ask: Ask) -> str:
    """The rate in per cent, never printed across a level that it is judged by."""
    return percent(sides.rate, edges=ask.edges)


def whole_text(sides: Sides, ask: Ask) -> str:
    """The rate with its sides and the unknown: "95,7% (44/46); 12 chưa phân loại (21%)"."""
    told = f"{rate_text(sides, ask)} ({number(sides.numerator)}/{number(sides.denominator)})"
    return "; ".join(part for part in (told, beside(sides)) if part)


def rate_cell(row: Mapping[str, Any], ask: Ask) -> Html:
    """A table's cell: the rate of a row (``on_time``, ``judged``, ``unknown``) and the unknown."""
    sides = Sides(row["on_time"], row["judged"], row["unknown"] or 0, ask.whole)
    told = beside(sides)
    small = f'<br><small class="dh-muted">{safe(told)}</small>' if told else ""
    return Html(f"{safe(rate_text(sides, ask))}{small}")


def printed_rate(row: Mapping[str, Any], ask: Ask) -> str:
    """The rate of a measured row, never printed across a level that it is judged by."""
    return percent(row["rate"], edges=ask.edges)


def unknown_html(frame: Frame, sides: Sides, **params: Any) -> str:
    """What nobody can classify, beside the rate, with the way to its dossiers; empty: none."""
    told: str = safe(beside(sides))
    if sides.unknown and opens(frame, "late", sides.unknown):
        to = frame.params(figure="on_time", part="unknown", **params)
        told = link(Html(told), href(frame, "late", to))
    return f"<div>{told}</div>" if told else ""


def state_html(sides: Sides, ask: Ask, overdue: int = 0) -> Html:
    """The mark and the word of a rate's state (:func:`metrics.core.verdict.said`)."""
    state, word = said(sides, ask, overdue)
    return MARKS["rate"][state].html(word)
