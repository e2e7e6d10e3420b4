"""A list of dossiers as a file: XLSX or CSV, whole, without personal data.

What a file says of itself (scope, period, moment, definition) stands above the table, because a
file travels without the screen it came from.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
import xlsxwriter

from connectors.cells import safe_cell
from connectors.engine import Facts
from connectors.version import version
from metrics.core.ask import Ask
from metrics.core.names import CHANNELS, END_KINDS
from metrics.core.vietnamese import moment
from metrics.dossiers.lateness import Filters, cause_name, group_of
from metrics.dossiers.listing import export
from ui.shell.guarded import Made, Unmade

MOST_ROWS_XLSX: Final = 1_000_000
"""A sheet holds 1 048 576 rows; the lines above the table need a few of them."""


class TooLong(Unmade):
    """More rows than a sheet holds; the message says in Vietnamese what to do."""


@dataclass(frozen=True)
class Names:
    """Ids to names, as the screen has them."""

    units: Mapping[int, str]
    fields: Mapping[int, str]
    procedures: Mapping[int, tuple[str, str]]
    officers: Mapping[int, str]
    sources: Mapping[int, str]


_Column = Callable[[Mapping[str, Any], Names], Any]


@dataclass(frozen=True)
class Order:
    """What is to be written: a list, how to open its facts, and what to say above it."""

    open_facts: Callable[[], Facts]
    figure: str
    part: str
    ask: Ask
    filters: Filters
    names: Names
    about: tuple[tuple[str, str], ...]
    with_officers: bool = True

    def columns(self) -> dict[str, _Column]:
        """Heading → the cell, of what whoever asks may see."""
        hidden = () if self.with_officers else OFFICERS
        return {name: cell for name, cell in COLUMNS.items() if name not in hidden}

    def made(self, content: bytes, frame: pl.DataFrame) -> Made:
        """A file with what the audit says of it."""
        said = {"figure": self.figure, "rows": frame.height}
        return Made(content, said | ({} if self.part == "numerator" else {"part": self.part}))

    def rows(self) -> pl.DataFrame:
        """Every dossier of the list, worst first."""
        return export(self.open_facts(), group_of(self.figure), self.ask, self.filters, self.part)


def _of(names: Mapping[Any, Any], key: Any) -> str | None:
    return None if key is None else str(names.get(key, f"Mã {key}"))


def _procedure(row: Mapping[str, Any], names: Names, position: int) -> str | None:
    known = names.procedures.get(row["procedure_id"])
    return None if known is None else known[position]


COLUMNS: Final[dict[str, _Column]] = {
    "Mã hồ sơ": lambda row, names: row["code"],
    "Số ngày làm việc quá hạn": lambda row, names: row["days_late"],
    "Số ngày làm việc còn lại": lambda row, names: row["days_left"],
    "Cơ quan giải quyết": lambda row, names: _of(names.units, row["unit_id"]),
    "Nơi tiếp nhận": lambda row, names: _of(names.units, row["receiving_unit_id"]),
    "Mã thủ tục": lambda row, names: _procedure(row, names, 0),
    "Tên thủ tục": lambda row, names: _procedure(row, names, 1),
    "Lĩnh vực": lambda row, names: _of(names.fields, row["field_id"]),
    "Kênh": lambda row, names: CHANNELS.get(row["channel"]),
    "Nộp lúc": lambda row, names: row["submitted_at"],
    "Hạn tiếp nhận": lambda row, names: row["acceptance_due_at"],
    "Tiếp nhận lúc": lambda row, names: row["received_at"],
    "Hẹn trả gốc": lambda row, names: row["due_original_at"],
    "Hẹn trả hiện hành": lambda row, names: row["due_at"],
    "Hẹn trả sau khi trừ tạm dừng": lambda row, names: row["judged_due_at"],
    "Kết thúc lúc": lambda row, names: row["ended_at"],
    "Kết quả": lambda row, names: END_KINDS.get(row["end_kind"]),
    "Bước hiện tại": lambda row, names: row["step_name"],
    "Mã cán bộ đang giữ": lambda row, names: _of(names.officers, row["step_officer_id"]),
    "Mã cán bộ thụ lý": lambda row, names: _of(names.officers, row["officer_id"]),
    "Ngày xin lỗi": lambda row, names: row["apology_at"],
    "Nguyên nhân quá hạn": lambda row, names: (
        None if row["late_cause"] is None else cause_name(row["late_cause"])
    ),
    "Nguồn dữ liệu": lambda row, names: _of(names.sources, row["source_id"]),
}
"""Heading → the cell. No column names or describes a citizen; an officer is a code."""

OFFICERS: Final = ("Mã cán bộ đang giữ", "Mã cán bộ thụ lý")


def _cells(order: Order, frame: pl.DataFrame) -> Iterator[list[Any]]:
    columns = order.columns().values()
    for row in frame.iter_rows(named=True):
        yield [safe_cell(cell(row, order.names)) for cell in columns]


def to_csv(order: Order) -> Made:
    """The list as CSV, UTF-8 with a byte order mark, so that a spreadsheet reads the letters."""
    frame = order.rows()
    out = io.StringIO(newline="")
    write = csv.writer(out)
    write.writerows([safe_cell(label), safe_cell(text)] for label, text in _head(order, frame))
    write.writerow([])
    write.writerow([safe_cell(name) for name in order.columns()])
    write.writerows([_text(cell) for cell in cells] for cells in _cells(order, frame))
    return order.made(("\ufeff" + out.getvalue()).encode(), frame)


def _text(cell: Any) -> Any:
    return moment(cell) if isinstance(cell, datetime) else cell


def _head(order: Order, frame: pl.DataFrame) -> Iterable[tuple[str, str]]:
    made_by = ("Phần mềm", f"Đúng Hạn {version()}")
    return (*order.about, ("Số hồ sơ trong tệp", str(frame.height)), made_by)


def to_xlsx(order: Order) -> Made:
    """The list as a workbook: one sheet with filters, dates as dates.

    Raises:
        TooLong: more rows than a sheet holds.
    """
    frame = order.rows()
    if frame.height > MOST_ROWS_XLSX:
        raise TooLong(
            f"Danh sách có {frame.height} hồ sơ, quá số dòng của một trang tính. "
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
        _sheet(book, order, frame)
    return order.made(out.getvalue(), frame)


def _sheet(book: xlsxwriter.Workbook, order: Order, frame: pl.DataFrame) -> None:
    sheet = book.add_worksheet("Hồ sơ")
    bold = book.add_format({"bold": True})
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    date = book.add_format({"num_format": "dd/mm/yyyy hh:mm", "align": "left"})
    head, columns = list(_head(order, frame)), order.columns()
    top = len(head) + 1
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 2, 12)
    sheet.set_column(3, len(columns) - 1, 20)
    sheet.freeze_panes(top + 1, 1)
    sheet.autofilter(top, 0, top + frame.height, len(columns) - 1)
    for line, (label, text) in enumerate(head):
        sheet.write_string(line, 0, str(safe_cell(label)), bold)
        sheet.write_string(line, 1, str(safe_cell(text)))
    for column, name in enumerate(columns):
        sheet.write_string(top, column, str(safe_cell(name)), heading)
    for line, cells in enumerate(_cells(order, frame), top + 1):
        for column, cell in enumerate(cells):
            _write(sheet, line, column, cell, date)


def _write(sheet: Any, line: int, column: int, cell: Any, date: Any) -> None:
    if isinstance(cell, datetime):
        sheet.write_datetime(line, column, cell, date)
    elif isinstance(cell, int):
        sheet.write_number(line, column, cell)
    elif cell is not None:
        sheet.write_string(line, column, str(cell))
