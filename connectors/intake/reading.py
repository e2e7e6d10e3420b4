"""One file → its header and frames of texts, within bounds; done by the reading process only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copyfile
from typing import Any, Final

import polars as pl

from connectors.intake import exported, readers, sheet
from connectors.intake.files import as_utf8, as_xes, check_present, check_workbook
from connectors.intake.header import Header
from connectors.intake.json_rows import JsonRows
from connectors.intake.report import IntakeRefused
from connectors.intake.words import fold
from connectors.intake.xes import XesRows
from connectors.parsing import workbook
from connectors.parsing.protocol import Format, Job, Reading
from connectors.parsing.used_range import within_bounds

_WORKBOOKS: Final = (".xlsx", ".xlsm")
_ZIP: Final = b"PK\x03\x04"


@dataclass(slots=True)
class FileRows:
    """What one file holds."""

    header: list[str]
    frames: Iterator[pl.DataFrame]
    total: int | None
    format: Format
    # One for each of Reading.sheets; None: not in the workbook.
    sheets: list[pl.DataFrame | None]
    warnings: list[str]
    read_as: list[str]
    left_aside: list[str]
    odd: list[str]
    # What stands above the header, and the sheet's name.
    title: list[str] = field(default_factory=list)

    def about(self) -> dict[str, Any]:
        """What is told before the rows."""
        return {
            "header": self.header,
            "total": self.total,
            "format": self.format,
            "warnings": self.warnings,
            "read_as": self.read_as,
            "left_aside": self.left_aside,
            "odd": self.odd,
            "title": self.title,
            "sheets": [sheet is not None for sheet in self.sheets],
        }


@contextmanager
def open_rows(job: Job) -> Iterator[FileRows]:
    """Look at a file and begin to read it.

    Raises IntakeRefused for what cannot be read as a whole, OSError when copies have no room.
    """
    path, reading = Path(job.path), _as_it_is(Path(job.path), job.reading)
    check_present(path)
    rows = _workbook(path, reading, job) if reading.format == "xlsx" else _text(path, reading, job)
    rows.frames = _bounded(rows.frames, job)
    yield rows


def _as_it_is(path: Path, reading: Reading) -> Reading:
    """How this very file is to be read, whatever files of its source are like."""
    if reading.format == "xes" and _is_zip(path):
        reading = replace(reading, format="xlsx")
    if reading.returned:
        found = exported.reading(path, reading)
        if found is reading and reading.only_returned:
            raise IntakeRefused(
                f"Ánh xạ này để kéo từ cơ sở dữ liệu (lệnh pull), còn {path.name} không phải tệp "
                "các dòng bị từ chối của nó. Hãy xuất các dòng bị từ chối, sửa trong tệp ấy rồi "
                "nạp lại. Chưa có gì được ghi."
            )
        return found
    if reading.by_content and (path.suffix.lower() in _WORKBOOKS or _is_zip(path)):
        return replace(reading, format="xlsx")
    return reading


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def _workbook(path: Path, reading: Reading, job: Job) -> FileRows:
    check_workbook(path, job.bounds)
    folder, bounds = Path(job.folder), job.bounds
    found = workbook.sheets(path)
    there = {fold(item.name): item for item in found}
    catalogues = [there.get(fold(name)) for name in reading.sheets]
    lists_alone = any(catalogues) and fold(reading.sheet or "") not in there
    main = None if lists_alone else sheet.choose(found, reading.sheet)
    rows = [] if main is None else [(main.name, reading.header_row)]
    wanted = [*rows, *((name, 1) for name in reading.sheets)]
    small, warnings = within_bounds(path, wanted, folder, bounds)
    if small.suffix.lower() not in _WORKBOOKS:  # by its ending the reader would take it for another
        small = Path(copyfile(small, folder / "workbook.xlsx"))
    book = readers.open_workbook(small, path.name)
    plain = Reading(format="xlsx", also_codes=reading.also_codes)
    sheets = [
        None if item is None else sheet.read(book, path, item, plain, bounds).frame
        for item in catalogues
    ]
    other = workbook.told_other(found, [item.name for item in (main, *catalogues) if item])
    if main is None:
        return _lists_alone(reading, sheets, warnings, other)
    table = sheet.read(book, path, main, reading, bounds)
    hidden = " (ẩn)" if main.hidden else ""
    return FileRows(
        table.header.names,
        iter([table.frame]),
        table.frame.height,
        "xlsx",
        sheets,
        warnings,
        [f"XLSX, trang tính “{main.name}”{hidden}, {_header_row(table.header, reading)}."],
        [*table.left_aside, *([other] if other else [])],
        table.odd,
        [*table.title, main.name],
    )


def _lists_alone(
    reading: Reading, sheets: list[pl.DataFrame | None], warnings: list[str], other: str | None
) -> FileRows:
    """A workbook of units or procedures: no dossiers, which have every column then."""
    names = list(reading.columns)
    said = [f"XLSX chỉ có danh mục: không có trang tính “{reading.sheet}”, nên không có hồ sơ nào."]
    return FileRows(
        names, iter([]), 0, "xlsx", sheets, warnings, said, [other] if other else [], []
    )


def _header_row(header: Header, reading: Reading) -> str:
    said = (
        ""
        if (header.first, header.last) == (reading.header_row,) * 2
        else (f" (ánh xạ ghi {reading.header_row})")
    )
    return f"dòng tiêu đề {header.rows()}{said}"


def _text(path: Path, reading: Reading, job: Job) -> FileRows:
    bounds = job.bounds
    if reading.format == "xes" and (log := as_xes(path, Path(job.folder), bounds)) is not None:
        _check_size(log.stat().st_size, reading)
        events = XesRows(log, job.name, bounds, bounds.rows)
        said = [f"XES: {events.cases} hồ sơ, {events.total} sự kiện; số dòng là số sự kiện."]
        frames = events.frames()
        return FileRows(events.header, frames, events.total, "xes", [], [], said, [], [])
    file = as_utf8(path, reading.encoding, Path(job.folder), bounds)
    _check_size(file.path.stat().st_size, reading)
    no_sheets: list[pl.DataFrame | None] = []
    if reading.format == "jsonl":
        names = list(reading.columns)
        rows = JsonRows(file, names, reading.records, bounds.rows)
        warnings = rows.misspelt(reading.wanted, reading.codes, job.name)
        said = [f"JSON, bảng mã {file.encoding}."]
        frames = rows.frames()
        return FileRows(names, frames, file.lines, "jsonl", no_sheets, warnings, said, [], [])
    layout = readers.csv_layout(file, reading, bounds)
    header = layout.header
    frames = readers.read_csv(file, header.names, layout.delimiter, layout.lines, bounds.rows)
    total = max(file.lines - layout.lines - 1, 0)
    sign = _SIGNS.get(layout.delimiter, f"“{layout.delimiter}”")
    said = [f"CSV, bảng mã {file.encoding}, phân cách bằng {sign}, {_header_row(header, reading)}."]
    aside, title = layout.left_aside, layout.title
    return FileRows(header.names, frames, total, "csv", no_sheets, [], said, aside, [], title)


_SIGNS: Final = {",": "dấu phẩy", ";": "dấu chấm phẩy", "\t": "dấu tab", "|": "dấu gạch đứng"}


def _check_size(size: int, reading: Reading) -> None:
    if reading.most_bytes is not None and size > reading.most_bytes:
        raise IntakeRefused(
            f"Tệp lớn hơn {reading.most_bytes >> 20} MB, nhiều hơn một sổ có thể có. "
            "Hãy kiểm tra lại tệp, hoặc chia nhỏ rồi nhập lại. Chưa có gì được ghi."
        )


# -- handing over ------------------------------------------------------------------------------


def _bounded(frames: Iterator[pl.DataFrame], job: Job) -> Iterator[pl.DataFrame]:
    """The rows, so many at a time, and no more than there may be."""
    most, done = job.reading.most_rows, 0
    for frame in frames:
        done += frame.height
        if most is not None and done > most:
            raise IntakeRefused(
                f"Tệp {job.name} có hơn {most} dòng, nhiều hơn một sổ có thể có. "
                "Hãy kiểm tra lại tệp, hoặc chia nhỏ rồi nhập lại. Chưa có gì được ghi."
            )
        for start in range(0, frame.height, job.bounds.rows):
            yield from _light(frame.slice(start, job.bounds.rows), job.bounds.bytes)


def _light(frame: pl.DataFrame, most: int) -> Iterator[pl.DataFrame]:
    """The rows in frames of no more than so many bytes."""
    if frame.estimated_size() <= most:
        yield frame
    elif frame.height == 1:
        raise IntakeRefused(
            f"Dòng {frame[readers.LINE][0]} lớn hơn {most >> 20} MB nên không đọc được. "
            "Hãy sửa dòng này rồi nhập lại. Chưa có gì được ghi."
        )
    else:
        half = frame.height // 2
        yield from _light(frame.slice(0, half), most)
        yield from _light(frame.slice(half), most)
