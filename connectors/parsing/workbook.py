"""What a workbook says beside its cells' values: sheets and which are hidden, merged cells, and
how its numbers are shown. Read from its XML by the reading process.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from connectors.parsing.archive import BROKEN, blocks, broken
from connectors.parsing.used_range import XmlReader, number

_MOST: Final = 100_000
"""Merged ranges and styles that are looked at; a table has a few thousand."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet by its name; ``part``: where its cells are."""

    name: str
    hidden: bool
    part: str


class _Sheets(XmlReader):
    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, bool, str]] = []
        self.targets: dict[str, str] = {}

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((value for key, value in given.items() if key.endswith(" id")), "")
            hidden = given.get("state", "visible") != "visible"
            self.sheets.append((given.get("name", ""), hidden, relation))
        elif name == "Relationship":
            self.targets[given.get("Id", "")] = given.get("Target", "")


def sheets(path: Path) -> list[Sheet]:
    """The workbook's sheets in order. Raises IntakeRefused for a broken workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            there = {name.lower(): name for name in archive.namelist()}
            book, relations = _Sheets(), _Sheets()
            book.read(blocks(archive, there["xl/workbook.xml"]))
            relations.read(blocks(archive, there["xl/_rels/workbook.xml.rels"]))
            if len(book.sheets) > len(there):  # each has a part of its own
                raise broken(path.name)
            found = []
            for name, hidden, relation in book.sheets:
                target = relations.targets.get(relation, "")
                part = target.removeprefix("/").removeprefix("xl/").removeprefix("./")
                found.append(Sheet(name, hidden, there.get(f"xl/{part}".lower(), "")))
            return found
    except (*BROKEN, expat.ExpatError) as error:
        raise broken(path.name) from error


_MERGED: Final = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^<>]*?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']"
)


def merged(path: Path, sheet: Sheet) -> list[tuple[int, int, int, int]]:
    """Merged ranges of a sheet: first row and column, last row and column, from 1."""
    found: list[tuple[int, int, int, int]] = []
    for part in _pieces(path, sheet.part, b"<"):
        for left, top, right, bottom in _MERGED.findall(part):
            if len(found) < _MOST:
                ends = (int(top), number(left.decode()), int(bottom), number(right.decode()))
                found.append(ends)
    return found


_CELL: Final = re.compile(
    rb"<(?:\w+:)?c\s([^<>]*)>(?:<(?:\w+:)?f[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>))?"
    rb"<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>"
)
_GIVEN: Final = re.compile(rb"(\w+)=[\"']([^\"']*)[\"']")


def numbers(path: Path, sheet: Sheet, column: int) -> Iterator[tuple[int, str, int]]:
    """Cells of a column that are numbers: row, the number as it is kept, its style."""
    for part in _pieces(path, sheet.part, b"<row", b"<x:row"):
        for given, value in _CELL.findall(part):
            attributes = dict(_GIVEN.findall(given))
            place = re.fullmatch(rb"([A-Z]{1,3})(\d{1,7})", attributes.get(b"r", b""))
            if place is None or number(place[1].decode()) != column:
                continue
            if attributes.get(b"t", b"n") == b"n":
                style = attributes.get(b"s", b"0")
                yield int(place[2]), value.decode(), int(style) if style.isdigit() else 0


def _pieces(path: Path, part: str, *cuts: bytes) -> Iterator[bytes]:
    """A part's XML, cut only where one of these begins."""
    if not part:
        return
    rest = b""
    with zipfile.ZipFile(path) as archive:
        for block in blocks(archive, part):
            text = rest + block
            cut = max(text.rfind(sign) for sign in cuts)
            if cut <= 0:
                rest = text
                continue
            yield text[:cut]
            rest = text[cut:]
    yield rest


class _Styles(XmlReader):
    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, str] = {}
        self.styles: list[str] = []
        self._inside = False

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "numFmt":
            self.codes[given.get("numFmtId", "")] = given.get("formatCode", "")
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside and len(self.styles) < _MOST:
            self.styles.append(given.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False


def zeros(path: Path) -> dict[int, int]:
    """Styles that show a number with leading zeros → digits that they show."""
    with zipfile.ZipFile(path) as archive:
        there = {name.lower(): name for name in archive.namelist()}
        part = there.get("xl/styles.xml")
        if part is None:
            return {}
        read = _Styles()
        try:
            read.read(blocks(archive, part))
        except (expat.ExpatError, ValueError):
            return {}
    found: dict[int, int] = {}
    for style, code in enumerate(read.styles):
        shown = re.fullmatch(r'(?:0{2,}|(?:\\?-|"-"|0)+)', read.codes.get(code, ""))
        if shown and re.fullmatch("0{2,}", shown[0]):
            found[style] = len(shown[0])
    return found


def told_other(found: list[Sheet], read: Any) -> str | None:
    """The sheets that are not read, in a sentence; None when there are none."""
    others = [
        f"“{sheet.name}”" + (" (ẩn)" if sheet.hidden else "")
        for sheet in found
        if sheet.name not in read
    ]
    return f"Các trang tính khác, không đọc: {', '.join(others[:20])}." if others else None


_FILLED: Final = re.compile(rb"<(?:\w+:)?c\s[^<>]*?r=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^<>/]*>")
_FIRST_COLUMN: Final = re.compile(rb"<(?:\w+:)?c\s[^<>]*?r=[\"']A\d{1,7}[\"'][^<>/]*>")


def begins(path: Path, sheet: Sheet) -> tuple[int, int]:
    """First row and column with a filled cell, from 1: the reader leaves out what is before."""
    row: int | None = None
    columns: set[bytes] = set()
    for piece in _pieces(path, sheet.part, b"<"):
        if row is None and (first := _FILLED.search(piece)) is not None:
            row = int(first[2])
        if _FIRST_COLUMN.search(piece):
            return row or 1, 1
        columns |= {found for found, _ in _FILLED.findall(piece)}
    return row or 1, min((number(found.decode()) for found in columns), default=1)
