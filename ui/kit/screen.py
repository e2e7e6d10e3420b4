"""What every screen begins with: the frame, what the address asks for, and the way to say so.

A screen is a :class:`Screen` with its own properties: what it reads (by its ``data.py``) for what
is asked. Its page is a table of contents: heading, what is open, cards, list, tables, entry, foot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import streamlit as st

from metrics.core.vietnamese import as_of, in_short, number
from ui.kit import writing
from ui.kit.links import href
from ui.kit.parts import empty
from ui.kit.query import Asked, Share
from ui.shell.context import Frame
from ui.shell.text import plain, safe

_MOST_SOURCES: Final = 2
ENTRY: Final = "nhap-lieu"
"""Id of the heading of a screen's entry."""


@dataclass(frozen=True)
class Screen:
    """The frame around the page, and what its address asks for. ``page``: its key (registry)."""

    frame: Frame
    asked: Asked
    page: str

    def href(self, **changes: Any) -> str:
        """The address of this screen with other values (:meth:`Asked.but`)."""
        return self.to(self.page, self.asked.but(**changes).params() if changes else self.own)

    @property
    def own(self) -> dict[str, Any]:
        """This screen's own parameters as they are."""
        return dict(self.asked.params())

    def to(self, page: str, params: Mapping[str, Any]) -> str:
        """The address of any screen in the same view."""
        return href(self.frame, page, {**self.frame.params(), **params})

    def go(self, **changes: Any) -> None:
        """Puts other values into the address (called from widgets)."""
        self.asked.go(**changes)


def not_loaded(screen: Screen, title: str, of: str, todo: str) -> None:
    """A register holds nothing that the reader may see: unknown, not 0; what to do for who may.

    Args:
        of: what is unknown ("số phản ánh"). todo: for who enters rows.
    """
    unknown = f"nên {of} là chưa biết, không phải bằng 0."
    if screen.frame.reader.unit_id is None:
        why = f"Sổ chưa được nạp, {unknown}"
    else:  # what others have in it is not theirs to know
        why = f"Sổ chưa có dòng nào của {plain(screen.frame.everything)}, {unknown}"
    empty(title, why, todo if writing.may_edit() else "Hãy hỏi người được giao nhập sổ.")


def heading(screen: Screen, title: str) -> None:
    """The title with whose figures they are, and what in the address means nothing."""
    st.title(f"{title} · {plain(screen.frame.whose)}")
    screen.asked.warn()


def choose_part(screen: Screen, words: Mapping[str, str]) -> str:
    """The control for the parts of a screen (parameter ``part``); which one is chosen.

    Going to another part leaves the filters of this one.
    """
    key = f"{screen.asked.query.screen}_part"
    st.session_state[key] = screen.asked["part"]

    def changed() -> None:
        screen.asked.reset().but(part=st.session_state[key]).go()

    st.segmented_control(
        "Mục",
        list(words),
        required=True,
        format_func=words.__getitem__,
        key=key,
        on_change=changed,
        label_visibility="collapsed",
        wrap=True,
    )
    return str(screen.asked["part"])


def contents(screen: Screen, parts: Mapping[str, str], *, whole: bool = False) -> None:
    """Links to the parts of a long screen: anchor of a heading → its words; entry is the last.

    ``whole``: entering concerns all units' rows.
    """
    if screen.frame.may(writing.EDIT, whole=whole):
        parts = {**parts, ENTRY: "Nhập liệu"}
    part_links(parts)


def part_links(parts: Mapping[str, str]) -> None:
    """Links to the parts of a screen where nothing is entered: anchor of a heading → its words."""
    links = "".join(f'<a class="dh-link" href="#{at}">{safe(w)}</a>' for at, w in parts.items())
    st.html(f'<nav class="dh-contents" aria-label="Nội dung trang">{links}</nav>')


def part_words(asked: Asked, figures: Mapping[str, Share]) -> dict[str, Mapping[Any, str]]:
    """The filter of a rate's part (query.a_part), where the list is of a rate."""
    parts, words = figures[asked["figure"]].parts, asked.query.parameters["part"].words
    return {"part": {part: words[part] for part in parts}} if len(parts) > 1 else {}


def sources_text(sources: Iterable[str]) -> str:
    """The first sources by name, and how many more there are."""
    found = sorted(set(sources))
    shown = "; ".join(in_short(each, 120) for each in found[:_MOST_SOURCES])
    more = len(found) - _MOST_SOURCES
    return (shown or "chưa có") + (f" và {number(more)} nguồn khác" if more > 0 else "")


def footer(moment: datetime, sources: Iterable[str]) -> None:
    """As of when, and from where."""
    st.html(
        f'<p class="dh-source">Số liệu đến {as_of(moment)}. Nguồn: '
        f"{safe(sources_text(sources))}.</p>"
    )
