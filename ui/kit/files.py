"""A list as a file: XLSX or CSV, whole, without personal data.

What a file says of itself (what is listed, by which definition, comparison and due date, of whom,
as of when) stands above its table, because a file travels without the screen it came from.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from html import unescape
from itertools import islice
from typing import Any, Final

import polars as pl
import streamlit as st
import xlsxwriter

from connectors.cells import safe_cell
from connectors.version import version
from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.on_time import OVER, as_read, compared, on_time_definition
from metrics.core.report_forms import told
from metrics.core.vietnamese import as_of, moment
from metrics.dossiers.units import folded
from ui.kit.filters import Words, set_words
from ui.kit.long_sheet import with_rows
from ui.kit.marks import Html
from ui.kit.screen import Screen
from ui.kit.table import Column, Row, each_row
from ui.shell import guarded, jobs
from ui.shell.context import Frame
from ui.shell.guarded import CSV, XLSX, Made, Unmade
from ui.shell.text import plain

MOST_ROWS_XLSX: Final = 1_000_000
"""A sheet holds 1 048 576 rows; the lines above the table need a few of them."""


Listed = pl.DataFrame | Sequence[Row]
Told = Callable[[int, int], None]
"""Called with how many rows of how many are written."""


class TooLong(Unmade):
    """More rows than a sheet holds; the message says in Vietnamese what to do."""


@dataclass(frozen=True)
class Sheet:
    """A list to be written.

    ``title``: what is listed. ``columns``: heading → a row's cell; none of them says anything
    personal. ``rows``: reads them, when the file is asked for. ``about``: what stands above the
    table (:func:`about`). ``noun``: what a row is. ``detail``: what the audit says of it, beside
    the number of rows.
    """

    title: str
    columns: Mapping[str, Callable[[Row], Any]]
    rows: Callable[[], Listed]
    about: Sequence[tuple[str, str]]
    noun: str = "hồ sơ"
    detail: Mapping[str, Any] = field(default_factory=dict)

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


def about(
    screen: Screen, title: str, figures: Sequence[Figure], ask: Ask, words: Words
) -> tuple[tuple[str, str], ...]:
    """What stands above the table: what was counted and how, of whom, as of when, narrowed by what.

    ``words``: what the screen's filters are called.
    """
    frame = screen.frame
    spoken = [as_read(figure, ask) for figure in figures]
    basis = dict.fromkeys(told(each.basis, ask.last_day) for each in spoken)
    return (
        ("Danh sách", title),
        ("Định nghĩa", " ".join(each.meaning for each in spoken)),
        ("Căn cứ", "; ".join(basis)),
        ("Cách tính đúng hạn", on_time_definition(ask.definition).label),
        ("So với hẹn trả", compared(ask)),
        ("Tính", OVER[ask.whole]),
        ("Phạm vi", frame.whose),
        ("Kỳ", frame.view.period.label),
        ("Số liệu đến", as_of(ask.moment)),
        ("Bộ lọc", "; ".join(set_words(screen, words)) or "Không lọc"),
        ("Loại dữ liệu", kind_of_data(frame)),
    )


def of_list(
    screen: Screen, title: str, noun: str, rows: Listed, columns: Sequence[Column], words: Words
) -> Sheet:
    """A list of a register as a file: what stands on the screen, with the rows of all its pages.

    ``words``: what the screen's filters are called.
    """
    frame = screen.frame
    head = (
        ("Danh sách", title),
        ("Phạm vi", frame.whose),
        ("Số liệu đến", as_of(frame.ask.moment)),
        ("Bộ lọc", "; ".join(set_words(screen, words)) or "Không lọc"),
        ("Loại dữ liệu", kind_of_data(frame)),
    )
    return Sheet(title, plain_columns(columns), lambda: rows, head, noun)


def kind_of_data(frame: Frame) -> str:
    """Whether the figures are of an office, or of the demonstration."""
    return "DỮ LIỆU MINH HỌA" if frame.facts.data_kind == "sample" else "Dữ liệu thật"


def plain_columns(columns: Sequence[Column]) -> dict[str, Callable[[Row], Any]]:
    """The columns of a table as those of its file: marks as their words.

    Pictures, whose width is in pixels, are left out.
    """

    def cell(column: Column) -> Callable[[Row], Any]:
        def value(row: Row) -> Any:
            found = column.value(row)
            return _in_words(found) if isinstance(found, Html) else found

        return value

    return {column.label: cell(column) for column in columns if not column.width.endswith("px")}


def _in_words(found: Html) -> str:
    """The text of a cell, its lines apart."""
    lines = re.split("<(?:br|div)[^>]*>", found)
    words = (unescape(re.sub("<[^>]*>", "", line)) for line in lines)
    return "; ".join(word for word in words if word)


_LONG: Final = 20_000
"""Rows from which on a workbook is made aside, with a bar: longer than a click should take."""
_JOB: Final = "list"


def buttons(screen: Screen, sheet: Sheet, total: int = 0) -> None:
    """The buttons that make the file, when they are clicked and for those who may then.

    ``total``: how many rows the list has.
    """
    frame = screen.frame
    stem = file_stem(sheet.noun, sheet.title, frame.ask.as_of_day)
    kinds: list[tuple[str, str, Callable[[Sheet], Made]]] = [
        ("xlsx", XLSX, to_xlsx),
        ("csv", CSV, to_csv),
    ]
    if total > _LONG:
        _aside(screen, sheet, f"{stem}.xlsx")
        kinds = kinds[1:]
    for kind, mime, write in kinds:
        guarded.download_button(
            f"Tải {kind.upper()}",
            "export",
            f"Danh sách {sheet.noun}: {sheet.title}, {frame.view.period.label}",
            partial(write, sheet),
            file_name=f"{stem}.{kind}",
            mime=mime,
            key=f"{screen.page}_{kind}",
            unit_id=frame.view.unit,
            help="Toàn bộ danh sách đang lọc, không có dữ liệu cá nhân của người dân",
        )


def _aside(screen: Screen, sheet: Sheet, file_name: str) -> None:
    """The button that has a long list made by a job; and what the last one made, to be taken."""
    subject = f"Danh sách {sheet.noun}: {sheet.title}, {screen.frame.view.period.label}"
    # Also of which list: filters and view stand above the table.
    mine = (subject, *sheet.about)
    job = jobs.finished(_JOB)
    if job is not None:
        st.session_state[_JOB] = job
    job = st.session_state.get(_JOB)
    if job is not None and job.problem is not None:
        st.error(plain(job.problem))
        del st.session_state[_JOB]
    elif job is not None and job.result[0] == mine:
        _, name, content = job.result
        st.download_button(
            f"Lưu {name}", content, file_name=name, mime=XLSX, on_click="ignore", type="primary",
            icon=":material/download:", key=f"{screen.page}_made",
        )  # fmt: skip
    if not st.button(
        "Lập XLSX", icon=":material/table_view:", key=f"{screen.page}_xlsx_aside",
        disabled=jobs.busy(), help="Danh sách dài: lập tệp có thanh tiến độ, xong thì lưu",
    ):  # fmt: skip
        return
    st.session_state.pop(_JOB, None)
    told: list[jobs.Tell] = []

    def make() -> Made:
        return to_xlsx(sheet, lambda done, of: told[0]("Đang ghi dòng", done, of))

    run = guarded.download(
        "export", subject, make,
        file_name=file_name, mime=XLSX, unit_id=screen.frame.view.unit,
    )  # fmt: skip

    def work(tell: jobs.Tell) -> tuple[tuple[Any, ...], str, bytes]:
        told.append(tell)
        tell("Đang đọc danh sách…", 0, None)
        return mine, file_name, run()

    if not jobs.start(_JOB, work):
        st.warning("Một việc khác đang chạy; hãy thử lại khi xong.")


def followed() -> None:
    """At the end of a screen with a long list: the bar of the file that is being made."""
    jobs.follow(st.container(), _JOB)


def file_stem(noun: str, label: str, day: date) -> str:
    """A list's file name without its ending: what it lists, in plain Vietnamese letters, and when.

    >>> file_stem("hồ sơ", "Đang giải quyết quá hạn", date(2026, 11, 16))
    'ho-so-dang-giai-quyet-qua-han-20261116'
    """
    return f"{'-'.join(re.findall('[a-z0-9]+', folded(f'{noun} {label}')))}-{day:%Y%m%d}"


def to_csv(sheet: Sheet) -> Made:
    """The list as CSV, UTF-8 with a byte order mark, so that a spreadsheet reads the letters."""
    rows = sheet.rows()
    out = io.StringIO(newline="")
    write = csv.writer(out)
    write.writerows([safe_cell(label), safe_cell(text)] for label, text in sheet.head(rows))
    write.writerow([])
    write.writerow([safe_cell(name) for name in sheet.columns])
    write.writerows([_text(cell) for cell in cells] for cells in sheet.cells(rows))
    return sheet.made(("\ufeff" + out.getvalue()).encode(), rows)


def _text(cell: Any) -> Any:
    return moment(cell) if isinstance(cell, datetime) else cell


def to_xlsx(sheet: Sheet, tell: Told | None = None) -> Made:
    """The list as a workbook: one sheet with filters, dates as dates.

    Args:
        tell: called with how many rows of how many are written.

    Raises:
        TooLong: more rows than a sheet holds.
    """
    rows = sheet.rows()
    if len(rows) > MOST_ROWS_XLSX:
        raise TooLong(
            f"Danh sách có {len(rows)} {sheet.noun}, quá số dòng của một trang tính. "
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
    content = with_rows(
        out.getvalue(),
        sheet.values(rows),
        top + 2,
        len(sheet.columns),
        styles,
        None if tell is None else lambda done: tell(done, len(rows)),
    )
    return sheet.made(content, rows)


def _write_sheet(
    book: xlsxwriter.Workbook, sheet: Sheet, rows: Listed
) -> tuple[int, dict[type, int]]:
    """The sheet but for its rows; the line of the headings, and the numbers of the styles."""
    page = book.add_worksheet(f"{sheet.noun[0].upper()}{sheet.noun[1:]}")
    bold = book.add_format({"bold": True})
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    formats: dict[type, Any] = {
        datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm", "align": "left"}),
        date: book.add_format({"num_format": "dd/mm/yyyy", "align": "left"}),
    }
    head, columns = list(sheet.head(rows)), list(sheet.columns)
    top, last = len(head) + 1, len(columns) - 1
    for column, width in enumerate(_widths(sheet, rows)):
        page.set_column(column, column, width)
    page.freeze_panes(top + 1, 1)
    page.autofilter(top, 0, top + len(rows), last)
    for line, (label, text) in enumerate(head):
        page.write_string(line, 0, str(safe_cell(label)), bold)
        page.write_string(line, 1, str(safe_cell(text)))
    for column, name in enumerate(columns):
        page.write_string(top, column, str(safe_cell(name)), heading)
    # The rows that are put in later name their style by its number.
    return top, {kind: each._get_xf_index() for kind, each in formats.items()}


_LOOKED_AT: Final = 200
_NARROW, _WIDE = 10, 44


def _widths(sheet: Sheet, rows: Listed) -> list[int]:
    """As wide as the first rows need; the head stands in the first column, too."""
    first = list(islice(sheet.cells(rows), _LOOKED_AT))
    widths = []
    for at, name in enumerate(sheet.columns):
        longest = max((len(str(_text(cells[at]))) for cells in first if cells[at] is not None),
                      default=0)  # fmt: skip
        widths.append(min(max(longest + 2, len(name) // 2 + 2, _NARROW), _WIDE))
    return [max(widths[0], 24), *widths[1:]] if widths else []
