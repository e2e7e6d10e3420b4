"""One open row: its heading with the way back, what is known of it, what happened to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import streamlit as st

from metrics.core.vietnamese import UNKNOWN, day, moment
from ui.kit.cells import as_html
from ui.kit.links import link
from ui.kit.listing import LIST, open_place, row_place
from ui.kit.marks import Html
from ui.kit.screen import Screen
from ui.shell.text import safe


@contextmanager
def panel(screen: Screen, opens: str, title: str) -> Iterator[None]:
    """The frame around what is open: it gets the focus, and closing leads back to its row.

    ``opens``: the parameter that names the open row.
    """
    row = screen.asked[opens]
    back = link("✕ Đóng", screen.href(**{opens: None}), place=row_place(opens, row))
    with st.container(border=True, key=f"{opens}_panel"):
        st.html(
            f'<div class="dh-panel-head"><h2 id="{open_place(opens, row)}" tabindex="-1">'
            f"{safe(title)}</h2>{back}</div>"
        )
        yield


def facts(pairs: Iterable[tuple[str, Any]]) -> None:
    """What is known, line by line; what is not known is said to be."""
    rows = "".join(
        f'<tr><th scope="row">{safe(label)}</th><td>{_fact(value)}</td></tr>'
        for label, value in pairs
    )
    st.html(f'<table class="dh-facts">{rows}</table>')


def _fact(value: Any) -> str:
    if value is None or value == "":
        return UNKNOWN
    return day(value) if type(value) is date else as_html(value)


def quote(text: str | None) -> None:
    """The source's own words."""
    if text:
        st.html(f'<blockquote class="dh-quote">“{safe(text)}”</blockquote>')


@dataclass(frozen=True)
class Event:
    """What happened, and when. ``style``: its mark (dh-late, dh-pause, dh-due; "" a plain one)."""

    at: date
    words: Html
    style: str = ""


def timeline(events: Iterable[Event], until: date, *, is_course: bool = False) -> None:
    """What happened, the newest first; what lies after the figures' moment is marked.

    ``is_course``: it is read from its beginning, the oldest first.
    """
    lines = []
    for event in sorted(events, key=lambda each: _moment(each.at), reverse=not is_course):
        at = event.at
        told = moment(at) if isinstance(at, datetime) else day(at)
        is_later = _moment(at) >= _moment(until)
        later = ' <span class="dh-warn">▲ sau thời điểm số liệu</span>' if is_later else ""
        style = f' class="{event.style}"' if event.style else ""
        lines.append(f"<li{style}><time>{told}</time>{event.words}{later}</li>")
    if lines:
        st.html(f'<ol class="dh-timeline">{"".join(lines)}</ol>')


def _moment(at: date) -> datetime:
    return at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)


__all__ = ["LIST", "Event", "facts", "panel", "quote", "timeline"]
