"""The one table: real rows of HTML, each a link where it opens something.

Find-in-page, screen readers, copying and printing reach every row; a whole row opens by mouse and
touch, its name by the keyboard; moving never opens. On a phone each row is a card. Headers sort.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from ui.kit.away import AS_IT_STANDS, Away, below
from ui.kit.cells import as_html
from ui.kit.columns import Column, Row, Rows, each_row
from ui.kit.links import link
from ui.kit.marks import Html
from ui.shell.text import plain, safe


@dataclass(frozen=True)
class Opens:
    """What a row opens: its address, the id of its link, and the place that gets the focus."""

    href: Callable[[Row], str | None]
    own: Callable[[Row], str] = lambda row: ""
    place: Callable[[Row], str] = lambda row: ""
    is_open: Callable[[Row], bool] = lambda row: False


def table(
    rows: Rows,
    columns: Sequence[Column],
    *,
    alt: str,
    opens: Opens | None = None,
    sorts: bool = True,
    is_tall: bool = False,
    away: Away | None = AS_IT_STANDS,
) -> None:
    """Draws a table. ``alt``: what it shows, for those who do not see it.

    ``is_tall``: beside something else, it scrolls in a box of its own. ``away``: how it leaves as
    a file; None: it does not (it is a page of a list that does, or personal).
    """
    drawn = table_html(rows, columns, alt=alt, opens=opens, sorts=sorts)
    st.html(f'<div class="dh-tall">{drawn}</div>' if is_tall else drawn)
    if away is not None:
        below(rows, columns, alt, away)


def twin(label: str, rows: Rows, columns: Sequence[Column], alt: str, **more: Any) -> None:
    """The same data as a table, one click below a chart. ``more``: as of :func:`table`."""
    with st.expander(f"Xem bảng số liệu: {plain(label)}", icon=":material/table:"):
        table(rows, columns, alt=alt, **more)


def table_html(
    rows: Rows,
    columns: Sequence[Column],
    *,
    alt: str,
    opens: Opens | None = None,
    sorts: bool = True,
) -> str:
    """The table of :func:`table` as HTML."""
    every = list(each_row(rows))
    heads = "".join(_head(column, sorts and len(every) > 1) for column in columns)
    opens = opens and _each_once(opens)
    columns = [_barred(column, every) if column.bar else column for column in columns]
    body = "".join(_row(row, columns, opens) for row in every)
    # Without a link to go to, the keyboard scrolls a wide table by the box around it.
    still = "" if opens else f' tabindex="0" role="region" aria-label="{safe(alt)}"'
    return (
        f'<div class="dh-scroll"{still}><table class="dh-rows">'
        f'<caption class="dh-heard">{safe(alt)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _barred(column: Column, rows: Sequence[Row]) -> Column:
    """The column with its bars drawn: a chart whose numbers are the table."""
    known = {id(row): column.value(row) or 0 for row in rows}
    top = max(known.values(), default=0) or 1

    def drawn(row: Row) -> Html:
        words, long = as_html(column.value(row), column.kind), 100 * known[id(row)] / top
        style = column.bar(row) if column.bar else ""
        return Html(
            f'<span class="dh-bar"><i class="{style}" style="width:{long:.1f}%"></i></span>{words}'
        )

    return replace(column, of=drawn, order=column.order or column.of)


def _each_once(opens: Opens) -> Opens:
    """The first of several rows that open the same carries its id: an id stands once in a page."""
    given: set[str] = set()

    def own(row: Row) -> str:
        found = opens.own(row)
        if found in given:
            return ""
        given.add(found)
        return found

    return replace(opens, own=own)


def _head(column: Column, sorts: bool) -> str:
    style = ' class="dh-n"' if column.stands_right else ""
    title = f' title="{safe(column.help)}"' if column.help else ""
    width = f' style="width:{column.width}"' if column.width else ""
    words = safe(column.label)
    if sorts:
        words = f'<button type="button" class="dh-sort">{words}</button>'
    return f'<th scope="col"{style}{title}{width}>{words}</th>'


def _row(row: Row, columns: Sequence[Column], opens: Opens | None) -> str:
    to = opens.href(row) if opens else None
    style = ' class="dh-opens"' if to else ""
    now = ' aria-current="true"' if opens and opens.is_open(row) else ""
    cells = "".join(_cell(column, row, to, opens) for column in columns)
    return f"<tr{style}{now}>{cells}</tr>"


def _cell(column: Column, row: Row, to: str | None, opens: Opens | None) -> str:
    value = column.value(row)
    inside = as_html(value, column.kind)
    if column.is_name and to and opens:
        inside = link(Html(inside), to, style="dh-row", own=opens.own(row), place=opens.place(row))
    elif column.href and (own := column.href(row)):
        inside = link(Html(inside), own)
    styles = [
        name
        for name, is_so in (
            ("dh-n", column.stands_right),
            ("dh-day", column.kind in ("day", "moment", "month")),
            ("dh-name", column.is_name),
            ("dh-sized", bool(column.width)),
            ("dh-minor", column.is_minor),
            ("dh-blank", value is None or value == ""),
        )
        if is_so
    ]
    style = f' class="{" ".join(styles)}"' if styles else ""
    tag = 'th scope="row"' if column.is_name else "td"
    return (
        f'<{tag}{style} data-label="{safe(column.label)}" '
        f'data-v="{safe(column.sorted_by(row))}">{inside}</{tag.split()[0]}>'
    )


__all__ = ["Away", "Column", "Opens", "Row", "Rows", "each_row", "table", "table_html", "twin"]
