"""A rate of being on time as it is shown: number, sides, the unknown beside it, and its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from metrics.core.ask import Ask
from metrics.core.on_time import OVER, compared, on_time_definition, spoken
from metrics.core.verdict import Sides, beside, said
from metrics.core.vietnamese import number, percent
from ui.kit.links import href, link
from ui.kit.marks import MARKS, Html
from ui.kit.parts import opens
from ui.kit.table import Column, Row
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


Cut = Callable[[Row], Mapping[str, Any] | None]
"""A row → the parameters that cut a list to its dossiers; None: they do not open."""


def _sides(row: Row, ask: Ask) -> Sides:
    return Sides(row["on_time"], row["judged"], row["unknown"] or 0, ask.whole)


def rate_column(frame: Frame, cut: Cut) -> Column:
    """A row's rate (``rate``, ``on_time``, ``judged``, ``unknown``), the unknown below it."""

    def cell(row: Row) -> Html:
        sides, own = _sides(row, frame.ask), cut(row)
        unknown = f"<div>{safe(beside(sides))}</div>" if sides.unknown else ""
        if own is not None:
            unknown = unknown_html(frame, sides, **own)
        return Html(f'{safe(rate_text(sides, frame.ask))}<small class="dh-muted">{unknown}</small>')

    words = f"Tỷ lệ {spoken(frame.ask)}"
    return Column(
        "Đúng hạn",
        cell,
        order="rate",
        is_number=True,
        help=words,
        in_file=filed_rate(frame.ask, "Đúng hạn", words),
    )


def filed_rate(ask: Ask, label: str, words: str = "") -> Sequence[Column]:
    """A rate in a file: the number, its two sides, and what nobody can classify, a column each."""
    said = (
        ("Cách tính đúng hạn", on_time_definition(ask.definition).label),
        ("So với hẹn trả", f"{compared(ask)}; tính {OVER[ask.whole]}"),
    )
    return (
        Column(label, "rate", "rate", help=words, says=said, edges=ask.edges),
        Column("Số hồ sơ đúng hạn", "on_time", "count", help="Tử số"),
        Column("Số hồ sơ được tính", "judged", "count", help="Mẫu số"),
        Column("Chưa phân loại", "unknown", "count", help="Ngoài tử số và mẫu số"),
    )


def printed_column(ask: Ask, label: str, name: str = "rate") -> Column:
    """A rate of being on time alone, of the rows' column ``name``; a number in a file."""
    said = filed_rate(ask, label)[0].says
    return Column(
        label,
        lambda row: printed_rate({"rate": row[name]}, ask),
        order=name,
        is_number=True,
        in_file=(Column(label, name, "rate", says=said, edges=ask.edges),),
    )


def state_column(frame: Frame, overdue: str = "overdue") -> Column:
    """A row's verdict, held back by the overdue dossiers (a column) that stand beside it."""

    def cell(row: Row) -> Html:
        return state_html(_sides(row, frame.ask), frame.ask, row[overdue])

    return Column("Đạt", cell, order="rate", is_minor=True)


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
