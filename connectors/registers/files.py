"""The file of a register: its rows, and which of its headers means which column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from connectors.intake.files import check_present
from connectors.intake.headers import Headers
from connectors.intake.setting_kinds import has_groups
from connectors.intake.words import fold
from connectors.parsing import bounds as limits
from connectors.parsing.child import parsed, turn
from connectors.parsing.protocol import Reading
from connectors.refused import RegisterRefused
from connectors.registers.mapping import RecordSettings, RegisterFile, RegisterMapping
from connectors.registers.values import headers
from connectors.registers.wide import fitting, from_title, widened
from metrics.registers.columns import REFERENCES, UNIT, Problem, Register


@dataclass(frozen=True, slots=True)
class RegisterRows:
    """A file's header and rows, all texts."""

    header: list[str]
    frames: list[pl.DataFrame]
    is_workbook: bool
    warnings: list[str]
    read_as: list[str]
    left_aside: list[str]
    odd: list[str]
    # What stands above the header, and the sheet's name.
    title: list[str]

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        return (row for frame in self.frames for row in frame.iter_rows(named=True))

    @property
    def total(self) -> int:
        return sum(frame.height for frame in self.frames)


def _wanted(register: Register, mapping: RegisterMapping | None) -> tuple[tuple[str, ...], ...]:
    """Columns that tell where the file's header is."""
    if mapping is None:
        needed = [column for column in register.columns if column.required]
        return tuple((column.name, column.label, *column.also) for column in needed)
    found = {
        item.column
        for record in mapping.records()
        for item in record.columns.values()
        if not item.optional
    }
    return tuple(sorted(found))


def _fitting(mapping: RegisterMapping | None) -> tuple[str, ...]:
    """Patterns of columns' names that tell where the file's header is."""
    return () if mapping is None or mapping.headings is None else fitting(mapping.headings)


def _codes(register: Register, mapping: RegisterMapping | None) -> tuple[str, ...]:
    """Columns with codes: a number there keeps the zeros of its cell."""
    coded = {
        column.name: (column.name, column.label, *column.also)
        for column in register.columns
        if column.name == "code" or column.kind in (UNIT, *REFERENCES)
    }
    if mapping is not None:
        used = [item for record in mapping.records() for item in record.columns.items()]
        coded = {ours: item.column for ours, item in used if ours in coded}
    return tuple(dict.fromkeys(name for names in coded.values() for name in names))


def read_rows(path: Path, register: Register, mapping: RegisterMapping | None) -> RegisterRows:
    """Reads a file, bounded, as the mapping says it is written; refusals are Vietnamese."""
    how = mapping.file if mapping is not None else RegisterFile()
    check_present(path)
    bounds = limits.shipped()
    reading = Reading(
        format=how.format,
        columns=_named(mapping) if how.format == "jsonl" else (),
        records=how.records,
        encoding=how.encoding,
        delimiter=how.delimiter,
        header_row=how.header_row,
        sheet=how.sheet,
        by_content=True,
        wanted=_wanted(register, mapping),
        fitting=_fitting(mapping),
        also_codes=_codes(register, mapping),
        most_rows=bounds.register_rows,
        most_bytes=bounds.register_bytes,
    )
    with turn(), parsed(path, reading) as found:
        frames = list(found.frames)
    return RegisterRows(
        found.header,
        frames,
        found.format == "xlsx",
        found.warnings,
        found.read_as,
        found.left_aside,
        found.odd,
        found.title,
    )


def _named(mapping: RegisterMapping | None) -> tuple[str, ...]:
    """Every name that a mapping reads."""
    records = [] if mapping is None else mapping.records()
    names = [name for record in records for item in record.columns.values() for name in item.column]
    return tuple(dict.fromkeys([*names, *(name for r in records for name in r.needs or ())]))


def records_of(
    register: Register, file: RegisterRows, mapping: RegisterMapping | None, name: str
) -> tuple[list[RecordSettings], list[str]]:
    """What each row of a file gives, and what the title gave (Vietnamese sentences).

    ``name``: the file's. Raises RegisterRefused where a column is missing or a title says nothing.
    """
    if mapping is None:
        return [by_headers(register, file.header)], []
    records = mapping.records()
    check_columns(records, file.header)
    if mapping.headings is not None:
        records = widened(records, mapping.headings, file.header)
    said = from_title(mapping.title, [*file.title, name])
    for ours in mapping.title:
        if ours not in said and not all(ours in {**r.constants, **r.columns} for r in records):
            raise RegisterRefused(
                f"Không thấy “{register.label_of(ours)}” ở phần tiêu đề, tên trang tính và tên "
                f"tệp. Hãy đổi tên tệp cho có giá trị này, hoặc ghi {ours} vào [constants] của "
                "ánh xạ. Chưa có gì được ghi."
            )
    told = [
        f"{register.label_of(ours)}: {text}"
        for ours, text in said.items()
        if not all(ours in record.constants for record in records)
    ]
    whole = [r.model_copy(update={"constants": {**said, **r.constants}}) for r in records]
    return whole, [f"Lấy từ tiêu đề {'; '.join(told)}."] if told else []


def by_headers(register: Register, header: list[str]) -> RecordSettings:
    """Which header means which of our columns; RegisterRefused when a required one is missing."""
    columns: dict[str, str] = {}
    for name in header:
        plain = fold(name).removesuffix("*").strip()
        # The header itself before another one's second name.
        ours = next(
            (item for item in register.columns if plain in (fold(item.label), item.name)), None
        ) or next((item for item in register.columns if plain in headers(item)), None)
        if ours is not None and ours.name not in columns:
            columns[ours.name] = name
    present = Headers(header)
    missing = [
        present.missed(column.label)
        for column in register.columns
        if column.required
        and column.default is None
        and column.name not in columns
        and column.name != "by"  # whoever imports, unless the file says
    ]
    if missing:
        raise RegisterRefused(
            f"Tệp thiếu cột bắt buộc của sổ “{register.label}”: {', '.join(missing)}. "
            f"Các cột trong tệp: {present.listed()}. Chưa có gì được ghi."
        )
    return RecordSettings.model_validate({"columns": columns})


def check_columns(records: list[RecordSettings], header: list[str]) -> None:
    """Refuses a file without a column that its mapping reads."""
    present = Headers(header)
    wanted = {
        item.column for record in records for item in record.columns.values() if not item.optional
    }
    wanted |= {record.needs for record in records if record.needs}
    missing = sorted(" hoặc ".join(names) for names in wanted if not present.has_any(names))
    if missing:
        raise RegisterRefused(
            f"Tệp không có cột {', '.join(missing)} mà ánh xạ cần. "
            f"Các cột trong tệp: {present.listed()}. Chưa có gì được ghi."
        )


def through(pattern: str, text: str, label: str) -> str:
    """The part of a text that a mapping's pattern means, by the engine that checked it."""
    group = 1 if has_groups(pattern) else 0
    found: str | None = pl.Series([text.strip()]).str.extract(pattern, group)[0]
    if found is None:
        why = f"không khớp mẫu {pattern} của ánh xạ; hãy sửa giá trị hoặc mẫu."
        raise RegisterRefused.of([Problem(label, text, why)])
    return found
