"""A printed screen says on each of its pages what it shows: of whom, of when, read how.

Browsers print margins from the style sheet alone (CSS page margin boxes), so the words stand in a
style of the run, each sign but ASCII letters and digits as its number: names of units are from
files.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from metrics.core.on_time import ON_TIME_DEFINITIONS
from metrics.core.vietnamese import as_of, moment
from ui.shell.context import Frame

_BOX: Final = "font: 8.5pt sans-serif; color: #4a5560; vertical-align: middle;"
_LONGEST: Final = 150


def running_head(frame: Frame) -> str:
    """The line on each page: whose figures, period, moment, records, definition."""
    view = frame.view
    known = view.known
    parts = [
        frame.whose,
        view.period.label,
        f"Số liệu {as_of(frame.ask.moment)}",
        f"theo ghi nhận đến {f'lô {known}' if isinstance(known, int) else moment(known)}"
        if known is not None
        else "",
        f"Đúng hạn: {ON_TIME_DEFINITIONS[view.definition].short}",
    ]
    return " · ".join(part for part in parts if part)


def draw(frame: Frame) -> None:
    """Puts the page's margins into the page."""
    marked = "DỮ LIỆU MINH HỌA" if frame.facts.data_kind == "sample" else ""
    st.html(
        "<style>@media print { @page {"
        f" @top-left {{ content: {_quoted(running_head(frame))}; {_BOX} width: 82%; }}"
        f" @top-right {{ content: {_quoted(marked)}; {_BOX} text-align: right; }}"
        f" @bottom-left {{ content: {_quoted('Đúng Hạn')}; {_BOX} }}"
        f' @bottom-right {{ content: {_quoted("Trang ")} counter(page) "/" counter(pages);'
        f" {_BOX} text-align: right; }}"
        " } }</style>"
    )


def _quoted(text: str) -> str:
    """A CSS string that holds any text."""
    plain = (each if each.isascii() and each.isalnum() else f"\\{ord(each):06x}" for each in text)
    return f'"{"".join(list(plain)[:_LONGEST])}"'
