"""A table as a file: XLSX or CSV, whole, without personal data.

What a file says of itself stands above its table, because a file travels without the screen it came
from. Numbers are numbers there, dates dates, and a rate is one of 0–1 that is shown in per cent,
never rounded across a limit that it is judged by.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html import unescape
from itertools import islice
from typing import Any, Final

import polars as pl
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from connectors.cells import safe_cell
from connectors.version import version
from metrics.core.printed import MOST_TOLD, decimals_of, rounded
from metrics.core.vietnamese import UNKNOWN, moment, number
from ui.kit.cells import Kind, written
from ui.kit.columns import Column, Row, each_row
from ui.kit.long_sheet import Styles, with_rows
from ui.kit.marks import Html
from ui.shell.guarded import Made, Unmade

MOST_ROWS_XLSX: Final = 1_000_000
"""A sheet holds 1 048 576 rows; the lines above the table need a few of them."""

Listed = pl.DataFrame | Sequence[Row]
Told = Callable[[int, int], None]
"""Called with how many rows of how many are written."""
Lines = Sequence[tuple[str, str]]
"""What stands above a table: what it is, of whom, as of when."""

_SHARES: Final = frozenset({"rate", "told"})
_UNITS: Final[dict[Kind, str]] = {"rate": "%", "told": "%", "points": "điểm %"}
_FORMATS: Final[dict[Kind, str]] = {
    "count": "#,##0",
    "mean": "#,##0.0",
    "score": "#,##0.00",
    "points": "+0.0;-0.0;0.0",
    "change": "+#,##0;-#,##0;0",
    "month": "mm/yyyy",
}
_EXACT: Final = 4
"""Decimals of a per cent that is not rounded across a limit by fewer."""


class TooLong(Unmade):
    """More rows than a sheet holds; the message says in Vietnamese what to do."""


@dataclass(frozen=True)
class Sheet:
    """A table to be written.

    ``title``: what is listed. ``columns``: heading → a row's cell; none of them says anything
    personal. ``rows``: reads them, when the file is asked for. ``about``: what stands above the
    table. ``noun``: what a row is. ``detail``: what the audit says of it, beside the number of
    rows. ``kinds``: heading → what its numbers are (default: as they come). ``edges``: heading →
    limits that its rates are judged by. ``meanings``: heading → what its column counts.
    """

    title: str
    columns: Mapping[str, Callable[[Row], Any]]
    rows: Callable[[], Listed]
    about: Lines
    noun: str = "hồ sơ"
    detail: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    edges: Mapping[str, Collection[float]] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)

    def cells(self, rows: Listed) -> Iterator[list[Any]]:
        """The table's lines; none of a cell's text is a formula."""
        return ([safe_cell(cell) for cell in cells] for cells in self.values(rows))

    def values(self, rows: Listed) -> Iterator[list[Any]]:
        """The table's lines as they are: whoever writes them guards them (safe_cell)."""
        columns = list(self.columns.values())
        return ([cell(row) for cell in columns] for row in each_row(rows))

    def head(self, rows: Listed) -> Iterable[tuple[str, str]]:
        """The lines above the table."""
        count = (f"Số {self.noun} trong tệp", str(len(rows)))
        return (*self.about, count, ("Phần mềm", f"Đúng Hạn {version()}"))

    def made(self, content: bytes, rows: Listed) -> Made:
        """A file with what the audit says of it."""
        return Made(content, {**self.detail, "rows": len(rows)})

    def kinds_in_order(self) -> list[Kind]:
        """What the numbers of each column are."""
        return [self.kinds.get(name, "text") for name in self.columns]


# -- the columns of a table ---------------------------------------------------------------


def of_columns(
    title: str,
    columns: Sequence[Column],
    rows: Callable[[], Listed],
    about: Lines,
    noun: str = "dòng",
) -> Sheet:
    """A table of the screen as a file: its columns, marks as their words, numbers as numbers.

    Pictures, whose width is in pixels, are left out.
    """
    filed = _filed(columns)
    return Sheet(
        title,
        {name: _cell(column) for name, column in filed.items()},
        rows,
        (*about[:-1], *_said(filed.values()), *about[-1:]),
        noun,
        kinds={name: column.kind for name, column in filed.items()},
        edges={name: column.edges for name, column in filed.items() if column.edges},
        meanings={name: column.help for name, column in filed.items() if column.help},
    )


def _said(columns: Iterable[Column]) -> Iterable[tuple[str, str]]:
    return dict.fromkeys(line for column in columns for line in column.says)


def _filed(columns: Sequence[Column]) -> dict[str, Column]:
    """Heading → column, in a file; a heading stands once."""
    found: dict[str, Column] = {}
    for column in columns:
        if column.width.endswith("px"):
            continue
        for each in (column,) if column.in_file is None else column.in_file:
            name, again = _heading(each), 2
            while name in found:
                name, again = f"{_heading(each)} ({again})", again + 1
            found[name] = each
    return found


def _heading(column: Column) -> str:
    unit = column.unit or _UNITS.get(column.kind, "")
    return f"{column.label} ({unit})" if unit and unit not in column.label else column.label


def _cell(column: Column) -> Callable[[Row], Any]:
    is_points = column.kind == "points"

    def value(row: Row) -> Any:
        found = column.value(row)
        if isinstance(found, Html):
            return _in_words(found)
        return found * 100 if is_points and found is not None else found

    return value


def _in_words(found: Html) -> str | None:
    """The text of a cell, its lines apart; nothing where that is not known."""
    lines = re.split("<(?:br|div)[^>]*>", found)
    words = (unescape(re.sub("<[^>]*>", "", line)) for line in lines)
    told = "; ".join(word for word in words if word)
    return None if told == UNKNOWN else told


# -- names --------------------------------------------------------------------------------

_LONGEST_NAME: Final = 100


def file_stem(noun: str, label: str, day: date) -> str:
    """A list's file name without its ending: what it lists, in words, and as of when.

    >>> file_stem("hồ sơ", "Đang giải quyết: quá hạn", date(2026, 11, 16))
    'Hồ sơ Đang giải quyết quá hạn 20261116'
    """
    words = re.findall(r"\w+", unicodedata.normalize("NFC", f"{noun} {label}"))
    name = " ".join(words)[:_LONGEST_NAME].strip()
    return f"{name[:1].upper()}{name[1:]} {day:%Y%m%d}"


# -- CSV ----------------------------------------------------------------------------------


def to_csv(sheet: Sheet) -> Made:
    """The list as CSV, UTF-8 with a byte order mark, so that a spreadsheet reads the letters.

    A rate stands in per cent there, as its heading says; numbers have a decimal point.
    """
    rows, kinds = sheet.rows(), sheet.kinds_in_order()
    out = io.StringIO(newline="")
    write = csv.writer(out)
    meanings = (("Cột", f"{name}: {words}") for name, words in sheet.meanings.items())
    head = (*sheet.head(rows), *meanings)
    write.writerows([safe_cell(label), safe_cell(text)] for label, text in head)
    write.writerow([])
    write.writerow([safe_cell(name) for name in sheet.columns])
    write.writerows(map(_text, cells, kinds) for cells in sheet.cells(rows))
    return sheet.made(("\ufeff" + out.getvalue()).encode(), rows)


def _text(cell: Any, kind: Kind) -> Any:
    if isinstance(cell, datetime):
        return moment(cell)
    if kind == "month" and isinstance(cell, date):
        return f"{cell:%Y-%m}"
    if kind in _SHARES and isinstance(cell, (int, float)):
        return round(cell * 100, 8)
    return round(cell, 8) if isinstance(cell, float) else cell


# -- XLSX ---------------------------------------------------------------------------------


def to_xlsx(sheet: Sheet, tell: Told | None = None) -> Made:
    """The list as a workbook: a sheet with filters, numbers as numbers; what columns count behind.

    Args:
        tell: called with how many rows of how many are written.

    Raises:
        TooLong: more rows than a sheet holds.
    """
    rows = sheet.rows()
    if len(rows) > MOST_ROWS_XLSX:
        raise TooLong(
            f"Danh sách có {number(len(rows))} {sheet.noun}, quá số dòng của một trang tính. "
            "Hãy xuất CSV hoặc lọc thêm."
        )
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        top, styles = _write_sheet(book, sheet, rows)
        if sheet.meanings:
            _write_meanings(book, sheet)
    content = with_rows(
        out.getvalue(),
        sheet.values(rows),
        top + 2,
        len(sheet.columns),
        styles,
        None if tell is None else lambda done: tell(done, len(rows)),
    )
    return sheet.made(content, rows)


def _write_sheet(book: xlsxwriter.Workbook, sheet: Sheet, rows: Listed) -> tuple[int, Styles]:
    """The sheet but for its rows; the line of the headings, and the styles of the cells."""
    page = book.add_worksheet(f"{sheet.noun[0].upper()}{sheet.noun[1:]}")
    bold = book.add_format({"bold": True})
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    head, columns = list(sheet.head(rows)), list(sheet.columns)
    top, last = len(head) + 1, len(columns) - 1
    for column, width in enumerate(_widths(sheet, rows)):
        page.set_column(column, column, width)
    page.freeze_panes(top + 1, 1)
    page.autofilter(top, 0, top + len(rows), last)
    for line, (label, text) in enumerate(head):
        _write(page, line, (label, text), (bold, None))
    _write(page, top, columns, [heading] * len(columns))
    return top, _styles(book, sheet)


def _write_meanings(book: xlsxwriter.Workbook, sheet: Sheet) -> None:
    """What each column counts, on a sheet of its own: it would fill the screen above a table."""
    page = book.add_worksheet("Giải thích cột")
    bold = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 90)
    for line, pair in enumerate(sheet.meanings.items()):
        _write(page, line, pair, (bold, wrapped))


def _write(page: Worksheet, line: int, texts: Sequence[str], formats: Sequence[Any]) -> None:
    for at, (text, form) in enumerate(zip(texts, formats, strict=True)):
        page.write_string(line, at, str(safe_cell(text)), form)


def _styles(book: xlsxwriter.Workbook, sheet: Sheet) -> Styles:
    """The numbers of the styles: rows that are put in later name them so."""
    numbered: dict[str, int] = {}

    def of(form: str) -> int:
        if form not in numbered:
            align = {"align": "left"} if "yyyy" in form else {}
            found = book.add_format({"num_format": form, **align})
            numbered[form] = found._get_xf_index()
        return numbered[form]

    def shares(name: str, kind: Kind) -> Callable[[Any], int]:
        # As many styles as there are decimals, made now: the book is closed when rows come.
        by = [of("0%" if not each else f"0.{'0' * each}%") for each in range(_EXACT + 1)]
        edges = sheet.edges.get(name, ())
        if kind == "told":
            return lambda value: by[min(max(decimals_of(value) - 2, 0), MOST_TOLD)]
        return lambda value: by[_decimals(value, edges)]

    def column(name: str, kind: Kind) -> Callable[[Any], int] | None:
        if kind in _SHARES:
            return shares(name, kind)
        if kind not in _FORMATS or kind == "month":
            return None
        style = of(_FORMATS[kind])
        return lambda value: style

    days: dict[type, int] = {datetime: of("dd/mm/yyyy hh:mm"), date: of("dd/mm/yyyy")}
    months: list[Mapping[type, int]] = [
        {**days, date: of(_FORMATS["month"])} if kind == "month" else days
        for kind in sheet.kinds_in_order()
    ]
    return Styles(months, [column(name, sheet.kinds.get(name, "text")) for name in sheet.columns])


def _decimals(rate: float, edges: Collection[float]) -> int:
    """Decimals of a rate in per cent: one, more where that would round it across a limit."""
    for decimals in range(1, _EXACT):
        plain = round(rate, decimals + 2)
        if abs(rounded(rate, decimals + 2, edges, (), (0.0, 1.0)) - plain) < 10.0**-9:
            return decimals
    return _EXACT


_LOOKED_AT: Final = 200
_NARROW, _WIDE = 10, 44


def _widths(sheet: Sheet, rows: Listed) -> list[int]:
    """As wide as the first rows need; the head stands in the first column, too."""
    first, kinds = list(islice(sheet.cells(rows), _LOOKED_AT)), sheet.kinds_in_order()
    widths = []
    for at, name in enumerate(sheet.columns):
        longest = max(
            (len(_printed(cells[at], kinds[at])) for cells in first if cells[at] is not None),
            default=0,
        )
        widths.append(min(max(longest + 2, len(name) // 2 + 2, _NARROW), _WIDE))
    return [max(widths[0], 24), *widths[1:]] if widths else []


def _printed(cell: Any, kind: Kind) -> str:
    """About as a spreadsheet shows it."""
    if kind in _FORMATS and isinstance(cell, float):
        return number(cell, 2)
    if isinstance(cell, datetime):
        return moment(cell)
    return written(cell, kind) if kind in _SHARES and not isinstance(cell, str) else str(cell)
