"""Files and queries → frames of texts, a bounded number of rows at a time.

Every frame has the source's own columns, all ``String``, and ``LINE`` (the row's number as a
spreadsheet shows it, the header being row 1) and ``PROBLEM`` (null, or why the row cannot be
read at all). Nothing is interpreted here.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import polars as pl

from connectors.cells import unguarded
from connectors.intake import header as headers
from connectors.intake.files import TextFile
from connectors.intake.legacy import legacy_code, refusal
from connectors.intake.records import records
from connectors.intake.report import IntakeRefused
from connectors.intake.words import tidy_text
from connectors.parsing.archive import broken
from connectors.parsing.bounds import Bounds
from connectors.parsing.protocol import Reading

LINE: Final = "line no"
PROBLEM: Final = "line problem"
RAW: Final = "raw:"
"""Before the name of a source's column where it stands beside typed ones."""
WHOLE: Final = "whole message"
"""Column of a message's own text, beside what is read of it."""

_OVERFLOW: Final = "more cells than columns"
_TOO_MANY: Final = (
    "dòng có nhiều ô hơn số cột của tiêu đề; có thể thiếu dấu ngoặc kép quanh một ô "
    "có chứa dấu phân cách. Hãy sửa dòng này."
)
_QUOTES: Final = (
    "dấu ngoặc kép trong dòng không đóng hoặc đặt sai chỗ. "
    'Hãy bao ô bằng "…" và viết dấu ngoặc kép bên trong thành "".'
)


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """Where a CSV file's table is: its header, its delimiter, what is told of it."""

    header: headers.Header
    delimiter: str
    left_aside: list[str]
    # Lines of the file down to the header's last.
    lines: int
    # What stands above the header.
    title: list[str]


_SEPARATOR: Final = re.compile(r"\ufeff?[\"']?sep=(.)[\"']?\s*", re.IGNORECASE)


def csv_layout(file: TextFile, settings: Reading, bounds: Bounds) -> CsvLayout:
    """The names of a CSV file's columns, the rows they stand in, and its delimiter."""
    most = max(settings.header_row, bounds.header_within)
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        lines, ends = _whole_records(stream, most)
    if len(lines) < settings.header_row and not settings.wanted:
        raise IntakeRefused(
            f"Tệp không có dòng {settings.header_row}, nơi ánh xạ nói là có tiêu đề cột."
        )
    # Excel's own line, which says how the cells are parted and is no part of the table.
    told = _SEPARATOR.fullmatch(lines[0])
    given = settings.header_row + (told is not None and settings.header_row == 1)
    given = min(given, len(lines))
    delimiter: str = settings.delimiter
    if delimiter == "auto":
        delimiter = told[1] if told else _delimiter(lines, given, settings.wanted)
    check_columns(_outside_quotes(lines[given - 1]).count(delimiter) + 1, bounds)
    rows = _top(lines, given, delimiter)
    header = headers.find(rows, settings.wanted, given, bounds.header_depth, settings.fitting)
    check_columns(len(header.names), bounds)
    names = named(header.names, bounds.name)
    aside = [f"Dòng đầu “{lines[0].strip()}” chỉ nói dấu phân cách."] if told else []
    found = headers.Header(header.first, header.last, names)
    title = headers.texts(rows[: header.first - 1])
    return CsvLayout(found, delimiter, aside, ends[header.last - 1], title)


def _whole_records(stream: Iterable[str], most: int) -> tuple[list[str], list[int]]:
    """The first records, each as one text, and the line that each ends in.

    A cell with line breaks, as in a title, is one record's. A quote that nobody closes within
    these lines parts nothing: then every line is a record.
    """
    records: list[str] = []
    ends: list[int] = []
    pending = ""
    for number, line in enumerate(islice(stream, most * _LINES_A_RECORD), start=1):
        pending += line
        if pending.count('"') % 2 == 0:
            records.append(pending)
            ends.append(number)
            pending = ""
        if len(records) == most:
            break
    if pending:
        plain = "".join(records) + pending
        records = plain.splitlines(keepends=True)[:most]
        ends = list(range(1, len(records) + 1))
    return records, ends


_LINES_A_RECORD: Final = 4
"""So many lines a record are looked at, at most."""


def _delimiter(lines: list[str], given: int, wanted: Sequence[Sequence[str]]) -> str:
    """The sign that parts most cells of the header; above it a title may stand."""
    names = {headers.plain(name) for group in wanted for name in group}

    def known(line: str, sign: str) -> int:
        return len(names & {headers.plain(cell.strip('"')) for cell in line.split(sign)})

    def parts(sign: str) -> tuple[int, int]:
        named = max((known(line, sign) for line in lines), default=0) if names else 0
        return named, _outside_quotes(lines[given - 1]).count(sign)

    return max(",;\t|", key=parts)


def _top(lines: list[str], given: int, delimiter: str) -> list[list[str]]:
    """Cells of the first records; the header's own record has to be whole."""
    rows = [_cells(line, delimiter) for line in lines]
    try:
        rows[given - 1] = next(csv.reader(lines[given - 1 :], delimiter=delimiter), [])
    except csv.Error as error:  # a cell of more than 131,072 letters
        raise IntakeRefused(
            f"Dòng tiêu đề (dòng {given}) có ô quá dài hoặc dấu ngoặc kép không "
            "đóng. Hãy sửa dòng này rồi nhập lại. Chưa có gì được ghi."
        ) from error
    return rows


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(line.splitlines(keepends=True), delimiter=delimiter), [])
    except csv.Error:  # no header has a cell of more than 131,072 letters
        return []


def check_columns(count: int, bounds: Bounds) -> None:
    if count > bounds.columns:
        raise IntakeRefused(
            f"Dòng tiêu đề có {count} cột; phần mềm nhận nhiều nhất {bounds.columns} cột. "
            "Hãy xóa các cột thừa, hoặc xem lại dấu phân cách, rồi nhập lại. Chưa có gì được ghi."
        )


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[0::2])


def named(header: list[str], longest: int) -> list[str]:
    """Tidy, distinct, non-empty names (an unnamed column is called by its place)."""
    names: dict[str, None] = {}
    for place, raw in enumerate(header, start=1):
        name = tidy_text(unguarded(raw))[:longest] or f"(cột {place})"
        while name in names:
            name = f"{name} ({place})"
        names[name] = None
    return list(names)


def read_csv(
    file: TextFile, header: list[str], delimiter: str, header_row: int, chunk: int
) -> Iterator[pl.DataFrame]:
    """The records below the header, in the file's order.

    A file that is not well-formed somewhere is read on line by line from there, so that only the
    broken lines are lost.
    """
    if not _quotes_in_pairs(file.path):
        yield from _read_broken_csv(file, header, delimiter, header_row, 0, chunk)
        return
    done = 0
    schema = dict.fromkeys([*header, _OVERFLOW], pl.String)
    batches = pl.scan_csv(
        file.path,
        has_header=False,
        skip_rows=header_row,
        separator=delimiter,
        schema=schema,
        missing_columns="insert",
        truncate_ragged_lines=True,
        glob=False,
    ).collect_batches(chunk_size=chunk, maintain_order=True)
    iterator = iter(batches)
    while True:
        try:
            batch = next(iterator, None)
        except pl.exceptions.ComputeError:
            yield from _read_broken_csv(file, header, delimiter, header_row, done, chunk)
            return
        if batch is None:
            return
        yield _numbered(batch, done + header_row + 1).with_columns(
            pl.when(pl.col(_OVERFLOW).is_not_null()).then(pl.lit(_TOO_MANY)).alias(PROBLEM)
        )
        done += batch.height


def _numbered(batch: pl.DataFrame, first: int) -> pl.DataFrame:
    return batch.with_columns(pl.int_range(first, first + batch.height, dtype=pl.Int64).alias(LINE))


def _quotes_in_pairs(path: Path) -> bool:
    """Whether every line's quotes are in pairs: then no record can swallow the next ones."""
    with path.open("rb") as stream:
        while block := stream.readlines(1 << 20):
            if b'"' in (text := b"".join(block)) and any(
                line.count(b'"') & 1 for line in text.splitlines() if b'"' in line
            ):
                return False
    return True


def _read_broken_csv(
    file: TextFile, header: list[str], delimiter: str, header_row: int, done: int, chunk: int
) -> Iterator[pl.DataFrame]:
    columns = [*header, LINE, PROBLEM]
    schema = dict.fromkeys(columns, pl.String) | {LINE: pl.Int64}
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        for _ in islice(stream, header_row):
            pass
        found = records(stream, delimiter, len(header))
        for _ in islice(found, done):
            pass
        while block := list(islice(found, chunk)):
            rows = [
                _broken_row(cells, header, header_row + place + 1, sound=sound)
                for place, cells, sound in block
            ]
            yield pl.DataFrame(rows, schema=schema, orient="row")


def _broken_row(cells: list[str], header: list[str], line_no: int, *, sound: bool) -> list[Any]:
    problem = (_TOO_MANY if len(cells) > len(header) else None) if sound else _QUOTES
    whole: list[Any] = (cells + [None] * len(header))[: len(header)]
    return [*whole, line_no, problem]


def open_workbook(path: Path, name: str) -> Any:
    """An XLSX workbook that the user calls ``name``; raises IntakeRefused when it is broken."""
    import fastexcel

    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        raise broken(name) from error


def refuse_legacy(frame: pl.DataFrame) -> None:
    sample = frame.head(2000).select(
        pl.concat_str(pl.all().exclude(LINE, PROBLEM), separator=" ", ignore_nulls=True)
    )
    code = legacy_code(" ".join(text for text in sample.to_series() if text))
    if code is not None:
        raise IntakeRefused(refusal(code))


def cell(value: Any) -> str | None:
    """A value of JSON or of a database driver as the text that the cleaning reads."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def text_frame(rows: list[Any], header: list[str], first: int) -> pl.DataFrame:
    """Rows of a database driver as a frame of texts."""
    cells = [[cell(value) for value in row] for row in rows]
    frame = pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String), orient="row")
    return _numbered(frame, first).with_columns(pl.lit(None, dtype=pl.String).alias(PROBLEM))


def without_blank(raw: pl.DataFrame) -> pl.DataFrame:
    """Without the rows in which nothing stands: every spreadsheet ends with some."""
    blank = pl.Series([True]).new_from_index(0, raw.height)
    for name in raw.columns:
        if name != LINE:
            empty = pl.col(name).is_null() | (pl.col(name).str.strip_chars() == "")
            blank &= raw.select(empty).to_series()
            if not blank.any():  # as a rule after the first column
                return raw
    return raw.filter(~blank)


def source_row(row: dict[str, Any]) -> dict[str, Any]:
    """A raw row as it is kept when rejected: the source's own columns only, whole."""
    whole = row.get(WHOLE, row.get(RAW + WHOLE))
    if whole is not None:
        try:
            message = json.loads(whole)
        except (ValueError, RecursionError):
            message = whole
        return message if isinstance(message, dict) else {"nội dung": whole}
    if any(name.startswith(RAW) for name in row):
        return {
            name.removeprefix(RAW): value for name, value in row.items() if name.startswith(RAW)
        }
    kept = {name: value for name, value in row.items() if name not in (LINE, PROBLEM, _OVERFLOW)}
    if row.get(_OVERFLOW) is not None:
        kept["(ô thừa)"] = row[_OVERFLOW]
    return kept
