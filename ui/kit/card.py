"""The one card: a figure's number, what stands beside it, its rows, and how it is counted.

A card takes a declared figure and its cell. The number is printed by the figure's unit, its mark
coloured by which way is better, and "Cách tính" tells meaning, numerator, denominator and basis
from the declaration. A screen only says which figures it shows: one list of :class:`Shown`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import streamlit as st

from metrics.core.figure import Fact, Figure
from metrics.core.report_forms import told as told_on
from metrics.core.vietnamese import number, percent
from ui.kit import marks
from ui.kit.cells import as_html, figure_text, fraction_text
from ui.kit.links import link
from ui.kit.listing import LIST
from ui.kit.marks import Html, Mark
from ui.kit.parts import counted, explanation, how
from ui.shell.text import plain, safe

Cell = Mapping[str, Any]
"""``numerator`` (null: unknown), ``denominator`` (null: of a count), ``rate``."""
Part = Literal["numerator", "missing"]

NOUNS: Final[dict[Fact, str]] = {
    "dossier": "hồ sơ",
    "task": "nhiệm vụ",
    "reminder": "nhiệm vụ",
    "inspection": "cuộc",
    "finding": "tồn tại",
    "procedure": "thủ tục",
    "target": "chỉ tiêu",
    "indicator_value": "giá trị",
    "feedback": "phản ánh",
}
"""What the rows behind a figure are called in a link to them."""


@dataclass(frozen=True)
class Shown:
    """A figure that a screen shows as a card.

    ``beside``: figures told below it, with their numbers, where these are not 0. ``opens``: the
    figure whose rows its link opens; default: itself. ``urges``: the word of its mark where the
    number is not 0 and less is better; ``alarm``: red and not amber. ``unknown``: the figure of
    the rows that do not say, so that the number is a least one. ``as_fraction``: of a rate, its
    two sides first. ``note``: what always stands there; ``none``: where the number is 0.
    """

    key: str
    beside: tuple[str, ...] = ()
    opens: str = ""
    urges: str = ""
    alarm: bool = False
    unknown: str = ""
    as_fraction: bool = False
    note: str = ""
    none: str = ""


@dataclass(frozen=True)
class Deck:
    """What a screen's cards have in common.

    ``rows``: figure and part → the address of those rows; None: they do not open. ``about``: as
    of when and from where. ``notes``, ``lines``: more words on a card (:class:`Html`: in a line of
    its own), and more lines in its "Cách tính". ``untold``: figures of which nobody has told
    anything.
    """

    figures: Mapping[str, Figure]
    cell: Callable[[str], Cell]
    rows: Callable[[str, Part], str | None]
    about: str
    notes: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, Sequence[str]] = field(default_factory=dict)
    untold: Collection[str] = ()


def cards(name: str, shown: Sequence[Shown], deck: Deck) -> None:
    """Draws the cards of a screen, as many beside each other as there is room for."""
    with st.container(key=f"cards_{name}"):
        for each in shown:
            with st.container(key=f"card_{each.key}"):
                _card(each, deck)


def _card(shown: Shown, deck: Deck) -> None:
    figure = deck.figures[shown.key]
    if shown.key in deck.untold:
        st.html(
            f'<div class="dh-label">{safe(figure.label)}</div><div class="dh-value dh-none">chưa '
            'có dữ liệu</div><div class="dh-change dh-muted">chưa ai nhập; không phải là 0</div>'
        )
        return
    cell = deck.cell(shown.key)
    links = f'<div class="dh-card-links">{_links(shown, cell, deck)}</div>'
    value, words = _value(shown, figure, cell, deck), _words(shown, figure, cell, deck)
    st.html(_head(figure.label, value, words) + links)
    explain(figure, cell, deck.about, deck.lines.get(shown.key, ()))


def _head(label: str, value: str, words: str) -> str:
    return (
        f'<div class="dh-label">{safe(label)}</div><div class="dh-value">{value}</div>'
        f'<div class="dh-change">{words}</div>'
    )


@dataclass(frozen=True)
class Told:
    """A card of what is published or scored, and not counted by a figure.

    ``value``, ``words``: text, or Html; no value: unknown. ``meaning``: Markdown of "Cách tính".
    """

    key: str
    label: str
    value: str | None
    words: Sequence[str] = ()
    meaning: str = ""


def told(name: str, shown: Sequence[Told], about: str) -> None:
    """Draws such cards. ``about``: from where they are."""
    with st.container(key=f"cards_{name}"):
        for each in shown:
            with st.container(key=f"card_{name}_{each.key}"):
                value = as_html(each.value) if each.value else _UNTOLD
                words = "; ".join(as_html(word) for word in each.words if word)
                st.html(_head(each.label, value, words))
                with how(f"{name}_{each.key}"):
                    st.markdown(each.meaning)
                    st.caption(plain(about))


_UNTOLD: Final = '<span class="dh-none dh-muted">chưa rõ</span>'


def _value(shown: Shown, figure: Figure, cell: Cell, deck: Deck) -> str:
    if cell["numerator"] is None:
        return '<span class="dh-none">chưa rõ</span>'
    is_least = bool(shown.unknown and cell["denominator"] is None and _count(deck, shown.unknown))
    least = '<span class="dh-state dh-muted">ít nhất</span> ' if is_least else ""
    return f"{least}{_number(shown, figure, cell)} {_mark(shown, figure, deck)}".rstrip()


def _number(shown: Shown, figure: Figure, cell: Cell) -> str:
    is_fraction = shown.as_fraction and cell["denominator"] is not None
    return fraction_text(cell) if is_fraction else figure_text(figure, cell)


def _count(deck: Deck, key: str) -> int:
    return deck.cell(key)["numerator"] or 0


def _mark(shown: Shown, figure: Figure, deck: Deck) -> str:
    """The mark of a number that somebody should act on: by what its link opens."""
    opened = deck.figures[shown.opens or shown.key]
    count = _count(deck, opened.key)
    if not shown.urges or not count or opened.better != "down":
        return ""
    mark: Mark = marks.BAD if shown.alarm else marks.WARN
    return mark.html(shown.urges)


def _words(shown: Shown, figure: Figure, cell: Cell, deck: Deck) -> str:
    parts = [_sides(shown, figure, cell), deck.notes.get(shown.key, "")]
    beside = dict.fromkeys((*shown.beside, *((shown.unknown,) if shown.unknown else ())))
    parts += [_beside(deck.figures[key], deck.cell(key)) for key in beside if _count(deck, key)]
    if not cell["numerator"] and cell["numerator"] is not None:
        parts.append(shown.none)
    words = "; ".join(safe(part) for part in parts if part and not isinstance(part, Html))
    marked = "".join(f"<div>{part}</div>" for part in parts if isinstance(part, Html))
    note = f'<div class="dh-muted">{safe(shown.note)}</div>' if shown.note else ""
    return words + marked + note


def _beside(figure: Figure, cell: Cell) -> str:
    """Another figure in words: its number, or both sides of a rate, and what it is called."""
    count = number(cell["numerator"]) if cell["denominator"] is None else fraction_text(cell)
    return f"{count} {figure.label[0].lower()}{figure.label[1:]}"


def _sides(shown: Shown, figure: Figure, cell: Cell) -> str:
    """Of a ratio what is not its number: the rate beside 25/29, the two sides beside 86,2%."""
    if cell["denominator"] is None:
        return ""
    whole = figure.denominator_meaning
    if not cell["denominator"]:
        return f"chưa có {whole}"
    if cell["numerator"] is None:
        return f"{number(cell['denominator'])} {whole}"
    rate = percent(cell["rate"]) if shown.as_fraction else fraction_text(cell)
    return f"{rate} {whole}".rstrip()


def _links(shown: Shown, cell: Cell, deck: Deck) -> str:
    """To the rows that count, and to those that spoil a rate."""
    figure = deck.figures[shown.opens or shown.key]
    noun = NOUNS.get(figure.fact, "dòng")
    found = []
    if to := deck.rows(figure.key, "numerator"):
        found.append(link(f"Xem {noun}", to, place=LIST, more=figure.label))
    own = deck.cell(figure.key)
    is_spoiled = figure.spoils == "missing" and own["numerator"] != own["denominator"]
    if is_spoiled and (to := deck.rows(figure.key, "missing")):
        found.append(link("Phần còn lại", to, place=LIST, more=f"của {figure.label}"))
    return "".join(found)


def explain(
    figure: Figure,
    cell: Cell,
    about: str,
    lines: Sequence[str] = (),
    series: Sequence[tuple[str, str]] = (),
) -> None:
    """ "Cách tính": what a figure means, its sides and what they count, its basis, as of when.

    Args:
        about: as of when and from where (HTML is escaped).
        lines: more that belongs to it.
        series: (period, value) as printed, of the small chart beside the figure.
    """
    words = (figure.numerator_meaning, figure.denominator_meaning)
    sides = counted(figure, cell["numerator"], cell["denominator"], words)
    with how(figure.key):
        st.html(explanation(figure, [*sides, *lines], told_on(figure.basis, None), about, series))


__all__ = ["Cell", "Deck", "Part", "Shown", "cards", "explain"]
