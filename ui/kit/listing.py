"""The one list: how many, what narrows it, its rows page by page, each opening in view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, Final

import polars as pl
import streamlit as st

from metrics.core.vietnamese import number
from ui.kit.files import buttons, of_list
from ui.kit.filters import Counts, Words, chips, filters
from ui.kit.links import link
from ui.kit.parts import empty
from ui.kit.screen import Screen
from ui.kit.sheet import Sheet
from ui.kit.table import Column, Opens, Row, table

PER_PAGE: Final = 100
LIST: Final = "danh-sach"
"""Id of the heading of a screen's list: where closing and filtering lead back to."""


def listing(
    screen: Screen,
    rows: pl.DataFrame | Sequence[Row],
    columns: Sequence[Column],
    *,
    title: str,
    noun: str,
    alt: str,
    words: Words,
    opens: str = "",
    by: str = "",
    nothing: str = "",
    counts: Counts = MappingProxyType({}),
    total: int | None = None,
    file: Sheet | None = None,
    instead: tuple[str, str, str] | None = None,
    beside: Callable[[], None] | None = None,
) -> None:
    """Heading, filters, count, rows and pages.

    Args:
        noun: what a row is, for "36 nhiệm vụ".
        words: filters (ui/kit/filters.py); none where they stand above other parts, too.
        opens: the parameter that names the open row; "": rows open nothing.
        by: the column with a row's id.
        nothing: what to do where no row is left; default: take filters off.
        counts: how many rows each value of a filter has, where that is told.
        total: how many there are, where ``rows`` are but the first of them.
        file: the whole list as a file, for those who may take it away; default: the columns of
            the screen, with the rows of all pages.
        instead: what is said in place of the rows: title, why, what to do.
        beside: draws between the count and the rows what can be done with all of them.
    """
    st.header(title, anchor=LIST)
    if words:
        filters(screen, words, counts)
        chips(screen, words)
    if instead is not None or not len(rows):
        usual = (
            f"Không có {noun} nào như vậy",
            f"Không {noun} nào thỏa các bộ lọc trên tại thời điểm số liệu.",
            nothing or "Hãy bỏ bớt bộ lọc.",
        )
        empty(*(instead or usual))
        return
    pages, at = pages_of(screen, len(rows), PER_PAGE)
    file = file or of_list(screen, title, noun, rows, columns, words)
    _count(screen, len(rows), total or len(rows), noun, bool(opens), file)
    if beside is not None:
        beside()
    table(
        rows[(at - 1) * PER_PAGE : at * PER_PAGE],
        columns,
        alt=alt,
        opens=row_opens(screen, opens, by) if opens else None,
        sorts=pages == 1,
        away=None,
    )
    page_links(screen, at, pages)


def _count(
    screen: Screen, shown: int, total: int, noun: str, is_opening: bool, file: Sheet
) -> None:
    hint = " Bấm một dòng để mở." if is_opening else ""
    if total > shown:
        hint += f" Danh sách mở {number(shown)} {noun} đầu; hãy lọc thêm hoặc tải tệp để xem hết."
    words = f'<p class="dh-count"><b>{number(total)}</b> {noun}.<span>{hint}</span></p>'
    if not screen.frame.may("export"):
        st.html(words)
        return
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", key=f"{screen.page}_file"
    ):
        st.html(words)
        buttons(screen, file, total)


def row_opens(screen: Screen, opens: str, by: str) -> Opens:
    """Rows that open one of their kind above everything else of the screen; without an id none."""
    return Opens(
        href=lambda row: None if row[by] is None else screen.href(**{opens: row[by]}),
        own=lambda row: row_place(opens, row[by]),
        place=lambda row: open_place(opens, row[by]),
        is_open=lambda row: row[by] is not None and bool(screen.asked[opens] == row[by]),
    )


def narrows(screen: Screen, change: Callable[[Row], dict[str, Any]]) -> Opens:
    """Rows of a table of totals that cut the screen's list to what they count.

    A row of what cannot be asked for changes nothing, and opens nothing.
    """

    def is_open(row: Row) -> bool:
        asked, wanted = screen.asked, change(row)
        so = (asked[name] == value and asked.is_set(name) for name, value in wanted.items())
        return bool(wanted) and all(so)

    return Opens(
        href=lambda row: screen.href(**wanted) if (wanted := change(row)) else None,
        place=lambda row: LIST,
        is_open=is_open,
    )


def row_place(opens: str, row: Any) -> str:
    """Id of a row's link in its list."""
    return f"dong-{opens}-{row}"


def open_place(opens: str, row: Any) -> str:
    """Id of the heading of an open row."""
    return f"mo-{opens}-{row}"


def pages_of(screen: Screen, rows: int, each: int) -> tuple[int, int]:
    """How many pages so many rows make, and which of them is asked for."""
    pages = -(-rows // each)
    return pages, min(screen.asked["p"], pages) if pages > 1 else 1


def page_links(screen: Screen, at: int, pages: int, place: str = LIST) -> None:
    """Links to the pages around the present one, where there are several."""
    if pages < 2:
        return
    steps = [("‹ Trước", at - 1), ("Sau ›", at + 1)]
    before, after = (
        link(word, screen.href(p=to), place=place) if 1 <= to <= pages else f"<span>{word}</span>"
        for word, to in steps
    )
    st.html(
        f'<nav class="dh-pages" aria-label="Trang của danh sách">{before}'
        f"<span>Trang {number(at)}/{number(pages)}</span>{after}</nav>"
    )
