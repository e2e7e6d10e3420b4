"""One sheet of a workbook → its table: header, rows, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from connectors.intake import header as headers
from connectors.intake.readers import LINE, PROBLEM, check_columns, named, refuse_legacy
from connectors.intake.report import IntakeRefused
from connectors.intake.words import fold
from connectors.parsing import workbook
from connectors.parsing.bounds import Bounds
from connectors.parsing.protocol import Reading
from connectors.parsing.workbook import Sheet

_EXACT: Final = 15
"""Digits of a number that a spreadsheet keeps."""
_TOLD: Final = 10


@dataclass(slots=True)
class Table:
    """The rows of one sheet with ``LINE`` and ``PROBLEM``."""

    frame: pl.DataFrame
    header: headers.Header
    # What stands above the header.
    title: list[str] = field(default_factory=list)
    left_aside: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def choose(found: list[Sheet], wanted: str | None) -> Sheet:
    """The sheet of that name, else the first that is visible. Raises IntakeRefused."""
    if wanted is None:
        return next((sheet for sheet in found if not sheet.hidden), found[0])
    for sheet in found:
        if fold(sheet.name) == fold(wanted):
            return sheet
    names = ", ".join(sheet.name for sheet in found)
    raise IntakeRefused(f"Tệp không có trang tính “{wanted}”; các trang có trong tệp: {names}.")


def read(book: Any, path: Path, sheet: Sheet, reading: Reading, bounds: Bounds) -> Table:
    """The table of a sheet; ``path``: the file as it came. Raises IntakeRefused."""
    cells = _cells(book, sheet.name)
    row, column = workbook.begins(path, sheet)
    _check(cells, sheet, reading, row, bounds)
    cells, filled = _filled(cells, path, sheet, (row, column))
    top = [list(line) for line in cells.head(bounds.header_within).rows()]
    given = min(max(reading.header_row - row + 1, 1), cells.height)
    if given <= len(top):
        header = headers.find(top, reading.wanted, given, bounds.header_depth, reading.fitting)
    else:
        header = headers.find([list(line) for line in cells.head(given).rows()], (), given, 1)
    names = named(header.names, bounds.name)
    body = cells.slice(header.last)
    body.columns = names
    # A cell that Excel shows as a day is kept by it as that day's midnight.
    body = body.with_columns(pl.col(names).str.replace(r"^(\d{4}-\d\d-\d\d) 00:00:00$", "${1}"))
    refuse_legacy(body)
    first = header.last + row
    body = body.with_columns(
        pl.int_range(first, first + body.height, dtype=pl.Int64).alias(LINE),
        pl.lit(None, dtype=pl.String).alias(PROBLEM),
    )
    shown = headers.Header(header.first + row - 1, header.last + row - 1, names)
    table = Table(body, shown, headers.texts(top[: header.first - 1]))
    below = sum(line >= header.last for line in filled)
    if below:
        table.left_aside.append(f"Ô gộp: giá trị được điền xuống {below} ô bên dưới.")
    for name in (*reading.codes, *reading.also_codes):
        _codes(table, path, sheet, name, column)
    return table


def _cells(book: Any, name: str) -> pl.DataFrame:
    import fastexcel

    try:
        cells: pl.DataFrame = book.load_sheet(name, header_row=None, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise IntakeRefused(f"Không đọc được trang tính “{name}”: tệp có thể đã hỏng.") from error
    return cells.cast(pl.String)


def _check(cells: pl.DataFrame, sheet: Sheet, reading: Reading, row: int, bounds: Bounds) -> None:
    if cells.height == 0 or (cells.height + row <= reading.header_row and not reading.wanted):
        raise IntakeRefused(
            f"Trang tính “{sheet.name}” rỗng: không có dòng tiêu đề {reading.header_row}."
        )
    check_columns(cells.width, bounds)


# -- merged cells ------------------------------------------------------------------------------


def _filled(
    cells: pl.DataFrame, path: Path, sheet: Sheet, origin: tuple[int, int]
) -> tuple[pl.DataFrame, list[int]]:
    """The cells with each merged range's value in all of its rows, and the rows (from 0) filled.

    Not to the right: a value that spans several columns is none of theirs.
    """
    ranges = workbook.merged(path, sheet)
    if not ranges:
        return cells, []
    columns: dict[int, list[str | None]] = {}
    put: list[int] = []

    def values(place: int) -> list[str | None]:
        if place not in columns:
            columns[place] = cells.to_series(place).to_list()
        return columns[place]

    for top, left, bottom, right in ranges:
        first, last = top - origin[0], min(bottom - origin[0], cells.height - 1)
        start, end = left - origin[1], min(right - origin[1], cells.width - 1)
        if first < 0 or start < 0 or first > last or start > end:
            continue
        value = values(start)[first]
        if value is None:
            continue
        for line in range(first + 1, last + 1):
            if values(start)[line] is None:
                values(start)[line] = value
                put.append(line)
    return cells.with_columns(
        [pl.Series(cells.columns[place], found, pl.String) for place, found in columns.items()]
    ), put


# -- codes that are kept as numbers ------------------------------------------------------------


def _codes(table: Table, path: Path, sheet: Sheet, name: str, first_column: int) -> None:
    """A spreadsheet's numbers as the codes that they are shown as, as far as it still knows."""
    found = [own for own in table.header.names if headers.plain(own) == headers.plain(name)]
    if not found:
        return
    own = found[0]
    texts = table.frame[own]
    if not texts.str.contains(r"^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$").any():
        return
    place = table.header.names.index(own) + first_column
    zeros, first = workbook.zeros(path), table.header.last + 1
    values = texts.to_list()
    bare: list[int] = []
    for row, kept, style in workbook.numbers(path, sheet, place):
        if not 0 <= row - first < len(values):
            continue
        code = _as_shown(kept, zeros.get(style))
        if code is None:
            values[row - first] = f"{float(kept):.14E}"
        else:
            values[row - first] = code
            bare += [row] if style not in zeros else []
    table.frame = table.frame.with_columns(pl.Series(own, values, pl.String))
    if bare:
        more = f" và {len(bare) - _TOLD} dòng khác" if len(bare) > _TOLD else ""
        table.odd.append(
            f"Cột “{own}”: mã được lưu là số trong bảng tính, số 0 ở đầu (nếu có) đã mất: dòng "
            f"{', '.join(map(str, bare[:_TOLD]))}{more}. Hãy đặt cột là chữ (Text) khi xuất."
        )


def _as_shown(kept: str, width: int | None) -> str | None:
    """The digits of a number with the zeros of its format; None when it lost digits."""
    try:
        value = float(kept)
    except ValueError:
        return kept
    if value != int(value) if abs(value) < 1e300 else True:
        return kept if abs(value) < 10**_EXACT else None
    if abs(value) >= 10**_EXACT:
        return None
    digits = str(int(value))
    return digits.zfill(width) if width and not digits.startswith("-") else digits
