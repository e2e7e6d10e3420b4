"""The table: nothing of the records is HTML, a row opens by its name, numbers look alike."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from metrics.dossiers.catalogue import figure
from ui.kit.cells import figure_text, sortable, written
from ui.kit.marks import BAD, Html
from ui.kit.table import Column, Opens, table_html

ROWS = pl.DataFrame(
    {"id": [1, 2], "name": ["<b>Lan</b>", None], "n": [-5, None], "on": [date(2026, 6, 1), None]}
)
COLUMNS = (
    Column("Tên", "name", is_name=True),
    Column("Số", "n", "count"),
    Column("Ngày", "on", "day", help='có "nháy"'),
    Column("Tình trạng", lambda row: BAD.html("trễ <x>"), order="n"),
)


def test_what_comes_from_the_records_is_escaped_and_what_is_html_stays() -> None:
    shown = table_html(ROWS, COLUMNS, alt="Bảng <thử>")
    assert "<b>Lan" not in shown
    assert "&lt;b&gt;Lan&lt;/b&gt;" in shown
    assert '<span class="dh-state dh-bad">◆ trễ &lt;x&gt;</span>' in shown
    assert "Bảng &lt;thử&gt;" in shown
    assert "có &quot;nháy&quot;" in shown


def test_a_table_without_links_is_reached_by_the_keyboard_to_be_scrolled() -> None:
    assert 'tabindex="0" role="region" aria-label="Bảng"' in table_html(ROWS, COLUMNS, alt="Bảng")
    opens = Opens(href=lambda row: "./x")
    assert "tabindex" not in table_html(ROWS, COLUMNS, alt="Bảng", opens=opens)


def test_a_row_that_opens_has_one_link_and_its_place() -> None:
    opens = Opens(
        href=lambda row: f"./nhiem-vu?task={row['id']}&x=1" if row["id"] == 1 else None,
        own=lambda row: f"dong-{row['id']}",
        place=lambda row: f"mo-{row['id']}",
        is_open=lambda row: row["id"] == 1,
    )
    shown = table_html(ROWS, COLUMNS, alt="x", opens=opens)
    assert shown.count("<a ") == 1
    assert 'href="./nhiem-vu?task=1&amp;x=1" id="dong-1" data-to="mo-1"' in shown
    assert shown.count('<tr class="dh-opens" aria-current="true">') == 1


def test_headers_sort_only_where_there_is_something_to_sort() -> None:
    assert table_html(ROWS, COLUMNS, alt="x").count('class="dh-sort"') == len(COLUMNS)
    assert "dh-sort" not in table_html(ROWS.head(1), COLUMNS, alt="x")
    assert "dh-sort" not in table_html(ROWS, COLUMNS, alt="x", sorts=False)


def test_one_way_to_print_each_kind() -> None:
    assert written(1234567, "count") == "1.234.567"
    assert written(-5, "count") == "−5"
    assert written(0.9996, "rate") == "99,9%"
    assert written(-0.008, "points") == "−0,8"
    assert written(12.345, "mean") == "12,3"
    assert written(None, "rate") == "–"
    assert written(datetime(2026, 6, 1, 7, 5), "moment") == "07:05 01/06/2026"
    assert sortable(date(2026, 6, 1)) == "2026-06-01"
    assert sortable(None) == sortable(Html("x")) == ""


def test_a_figures_number_follows_its_unit() -> None:
    cell = {"numerator": 31, "denominator": 34, "rate": 31 / 34}
    assert figure_text(figure("on_time"), cell) == "91,2%"
    assert figure_text(figure("received"), cell | {"denominator": None}) == "31"


def test_a_bar_is_drawn_from_zero_to_the_largest_beside_its_number() -> None:
    columns = (Column("Số", "n", "count", bar=lambda row: "dh-warn" if row["n"] == 1 else ""),)
    shown = table_html([{"n": 4}, {"n": 1}, {"n": None}], columns, alt="x")
    assert 'class="" style="width:100.0%"></i></span>4</td>' in shown
    assert 'class="dh-warn" style="width:25.0%"></i></span>1</td>' in shown
    assert 'style="width:0.0%"></i></span>–</td>' in shown
    assert 'data-v="4"' in shown
