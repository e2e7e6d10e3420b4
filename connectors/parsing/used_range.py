"""The used range of a sheet: its cells with content, found before the reader makes room for them.

The reader makes room for every cell from the first to the last one that has a value, be it a
space: two cells in opposite corners of a sheet take 512 GB. So the sheets' XML is streamed first.
Where it is dense, as a table is, nothing else happens. Otherwise the workbook is copied with only
the cells of the table in that sheet, and what was left out is told.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from connectors.disk import check_room
from connectors.intake.report import IntakeRefused
from connectors.intake.words import fold
from connectors.parsing.archive import BROKEN, blocks, broken
from connectors.parsing.bounds import Bounds

_DENSE: Final = 4
_SMALL: Final = 100_000
"""A sheet is dense when its box has no more than so many times its cells, and so many more."""

MAX_ROW: Final = 1_048_576
MAX_COLUMN: Final = 16_384
_NAMESPACE: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

# A cell that is not closed at once, which one without content is.
_CELL: Final = re.compile(rb"<(?:\w+:)?c\s(?:[^<>]*?\s)?r=[\"']([A-Z]{1,3})(\d{1,9})[\"'][^<>/]*>")
_LONGEST_TAG: Final = 4096
_DEEPEST: Final = 256
"""Elements within elements; a workbook's parts nest a dozen deep."""


@dataclass(slots=True)
class Range:
    """How far a sheet's cells with content go."""

    # Column → its last row with content.
    last_rows: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    cells: int = 0
    # The last column with content in the header's row.
    header: int = 0

    def rows(self, columns: int) -> int:
        """The last row with content in the first ``columns`` columns."""
        return max((row for column, row in self.last_rows.items() if column <= columns), default=0)

    @property
    def columns(self) -> int:
        """The last column with content."""
        return max(self.last_rows, default=0)


# -- what is asked -----------------------------------------------------------------------------


def within_bounds(
    path: Path, sheets: Iterable[tuple[str | None, int]], folder: Path, bounds: Bounds
) -> tuple[Path, list[str]]:
    """The workbook itself, or a copy in ``folder`` without cells far out; and what was left out.

    ``sheets``: those that will be read (None: the first) with the row of their header. Raises
    IntakeRefused for a broken workbook and for a table that is too large.
    """
    told: list[str] = []
    kept: dict[str, tuple[int, int]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name, part, header_row in _parts(archive, sheets):
                box = _box(archive, part, name, header_row, bounds, told)
                if box is not None:
                    kept[part] = box
            if not kept:
                return path, told
            check_room(folder, bounds.kept_free)
            copy = folder / "workbook.xlsx"
            _copy(archive, copy, kept)
    except (*BROKEN, expat.ExpatError) as error:
        raise broken(path.name) from error
    return copy, told


def _box(
    archive: zipfile.ZipFile,
    part: str,
    name: str,
    header_row: int,
    bounds: Bounds,
    told: list[str],
) -> tuple[int, int] | None:
    """Rows and columns that are to be kept; None: the sheet may be read as it is."""
    quick = _quick(archive, part, bounds)
    if quick is not None:
        rows, columns, cells = quick
        dense = rows * columns <= _DENSE * cells + _SMALL
        if dense and columns <= bounds.columns + bounds.beyond_header:
            _check(rows, columns, name, bounds)
            return None
    found = _used(archive, part, header_row)
    columns = min(found.columns, found.header + bounds.beyond_header)
    rows = found.rows(columns)
    _check(rows, columns, name, bounds)
    left = _left_out(found, rows, columns, quick)
    if left:
        told.append(
            f"Trang tính “{name}”: đã bỏ qua các ô nằm xa ngoài bảng (xa nhất là {left}), trống "
            "hoặc không có tiêu đề cột. Nếu đó là dữ liệu thật, hãy chuyển vào bảng rồi nhập lại."
        )
    return rows, columns


def _left_out(
    found: Range, rows: int, columns: int, quick: tuple[int, int, int] | None
) -> str | None:
    """The corner of what is cut off, as a spreadsheet calls it."""
    last_row = max(found.rows(MAX_COLUMN), quick[0] if quick else 0)
    last_column = max(found.columns, quick[1] if quick else 0)
    if last_row <= rows and last_column <= columns:
        return None
    return f"{letters(min(last_column, MAX_COLUMN))}{min(last_row, MAX_ROW)}"


def _check(rows: int, columns: int, name: str, bounds: Bounds) -> None:
    if rows * columns > bounds.cells:
        raise IntakeRefused(
            f"Trang tính “{name}” quá lớn: vùng có dữ liệu kéo đến {letters(columns)}{rows}. "
            "Hãy xóa các dòng, cột ngoài bảng rồi lưu lại; nếu bảng lớn thật, hãy xuất CSV hoặc "
            "chia nhỏ rồi nhập lại. Chưa có gì được ghi."
        )


# -- the quick look ----------------------------------------------------------------------------


def _quick(archive: zipfile.ZipFile, part: str, bounds: Bounds) -> tuple[int, int, int] | None:
    """Last row, last column and number of the cells that may have content, by their addresses.

    None: the XML is written in a way that this does not understand. What is made to deceive it
    meets the process's bounds.
    """
    words: set[bytes] = set()
    last_row = cells = 0
    rest = b""
    for block in blocks(archive, part):
        text = rest + block
        found = _CELL.findall(text)
        if found:
            cells += len(found)
            words |= {column for column, _ in found}
            last_row = max(last_row, max(int(row) for _, row in found))
        cut = text.rfind(b"<")
        rest = text[cut:] if 0 <= cut and len(text) - cut < _LONGEST_TAG else b""
    if not cells:
        return None
    return last_row, max(number(word.decode()) for word in words), cells


def number(word: str) -> int:
    """The number of a column from its letters: A is 1, XFD 16384."""
    value = 0
    for letter in word:
        value = value * 26 + ord(letter) - 64
    return value


def letters(column: int) -> str:
    """The letters of a column from its number."""
    word = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        word = chr(65 + rest) + word
    return word or "A"


# -- the exact look ----------------------------------------------------------------------------


class XmlReader:
    """An expat parser that takes no document type, hence no entities; local names only.

    Elements within elements without end would take expat the square of their number.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.StartElementHandler = self._starts
        self._parser.EndElementHandler = self._ends
        self._parser.CharacterDataHandler = self.text

    def read(self, parts: Iterator[bytes]) -> None:
        """Read a whole part; ExpatError or ValueError when it is no XML that we take."""
        for block in parts:
            self._parser.Parse(block, False)
        self._parser.Parse(b"", True)

    def feed(self, block: bytes, *, last: bool = False) -> None:
        """Read the next bytes; raises as :meth:`read`."""
        self._parser.Parse(block, last)

    def _starts(self, name: str, given: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("elements too deep")
        self.start(name.rpartition(" ")[2], given)

    def _ends(self, name: str) -> None:
        self._depth -= 1
        self.end(name.rpartition(" ")[2])

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, words: str) -> None:
        """Text in an element."""


def _refuse(*_: Any) -> None:
    raise ValueError("a document type")


class _Cells(XmlReader):
    """The cells of a sheet with their addresses, given or implied."""

    def __init__(self) -> None:
        super().__init__()
        self.row = self.column = 0
        self._inside: list[str] = []
        self._kind = ""
        self._words: list[str] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "row":
            self.row = _natural(given.get("r")) or self.row + 1
            self.column = 0
        elif name == "c":
            self._address(given.get("r", ""))
            self._kind = given.get("t", "n")
            self._words = []
            self.begins(given)
        elif name in ("v", "t"):
            self._inside.append(name)

    def _address(self, address: str) -> None:
        found = re.fullmatch(r"([A-Z]{1,7})(\d{1,10})", address)
        if found is None:
            self.column += 1
            return
        self.column, self.row = number(found[1]), int(found[2])

    def end(self, name: str) -> None:
        if name == "c":
            self.is_there(self._kind, "".join(self._words))
        elif name in ("v", "t") and self._inside:
            self._inside.pop()

    def text(self, words: str) -> None:
        if self._inside:
            self._words.append(words)

    def begins(self, given: dict[str, str]) -> None:
        """A cell begins."""

    def is_there(self, kind: str, words: str) -> None:
        """A cell of this type with this value or inline text."""


def _natural(text: str | None) -> int:
    return int(text) if text is not None and re.fullmatch(r"\d{1,10}", text) else 0


class _Used(_Cells):
    """Finds the range."""

    def __init__(self, header_row: int, blank: frozenset[int]) -> None:
        super().__init__()
        self.found = Range()
        self._header_row = header_row
        self._blank = blank

    def is_there(self, kind: str, words: str) -> None:
        if not words.strip() or (kind == "s" and _natural(words.strip()) in self._blank):
            return
        if self.row > MAX_ROW or self.column > MAX_COLUMN:
            return
        found = self.found
        found.cells += 1
        found.last_rows[self.column] = max(found.last_rows[self.column], self.row)
        if self.row == self._header_row:
            found.header = max(found.header, self.column)


def _used(archive: zipfile.ZipFile, part: str, header_row: int) -> Range:
    reader = _Used(header_row, _blank_strings(archive))
    reader.read(blocks(archive, part))
    return reader.found


class _Strings(XmlReader):
    """Which of a workbook's shared texts are blank, by their place."""

    def __init__(self) -> None:
        super().__init__()
        self.blank: set[int] = set()
        self._place = 0
        self._in_text = False
        self._filled = False

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "si":
            self._filled = False
        self._in_text = name == "t"

    def end(self, name: str) -> None:
        self._in_text = False
        if name == "si":
            if not self._filled:
                self.blank.add(self._place)
            self._place += 1

    def text(self, words: str) -> None:
        self._filled = self._filled or (self._in_text and bool(words.strip()))


def _blank_strings(archive: zipfile.ZipFile) -> frozenset[int]:
    names = {name.lower(): name for name in archive.namelist()}
    part = names.get("xl/sharedstrings.xml")
    if part is None:
        return frozenset()
    reader = _Strings()
    reader.read(blocks(archive, part))
    return frozenset(reader.blank)


# -- the copy ----------------------------------------------------------------------------------


class _Copier(_Cells):
    """Writes the cells of a range, and nothing else of a sheet."""

    def __init__(self, out: Callable[[bytes], Any], rows: int, columns: int) -> None:
        super().__init__()
        self._out = out
        self._rows, self._columns = rows, columns
        self._written = 0
        self._style = ""

    def read(self, parts: Iterator[bytes]) -> None:
        self._out(f'<worksheet xmlns="{_NAMESPACE}"><sheetData>'.encode())
        super().read(parts)
        self._out(
            b"</row></sheetData></worksheet>" if self._written else b"</sheetData></worksheet>"
        )

    def begins(self, given: dict[str, str]) -> None:
        self._style = given.get("s", "")

    def is_there(self, kind: str, words: str) -> None:
        if self.row > self._rows or self.column > self._columns:
            return
        if self.row != self._written:
            ended = "</row>" if self._written else ""
            self._out(f'{ended}<row r="{self.row}">'.encode())
            self._written = self.row
        value = f"<is><t>{escape(words)}</t></is>" if kind == "inlineStr" else ""
        value = value or f"<v>{escape(words)}</v>"
        style = f" s={quoteattr(self._style)}" if self._style else ""
        address = f"{letters(self.column)}{self.row}"
        cell = f'<c r="{address}"{style} t={quoteattr(kind)}>{value}</c>'
        self._out(cell.encode())


def _copy(archive: zipfile.ZipFile, target: Path, kept: dict[str, tuple[int, int]]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for part in archive.infolist():
            if not part.filename.lower().endswith((".xml", ".rels")):
                continue
            with made.open(part.filename, "w") as out:
                if part.filename in kept:
                    _Copier(out.write, *kept[part.filename]).read(blocks(archive, part.filename))
                else:
                    _plainly(archive, part.filename, out)


def _plainly(archive: zipfile.ZipFile, part: str, out: IO[bytes]) -> None:
    for block in blocks(archive, part):
        out.write(block)


# -- which part is which sheet -----------------------------------------------------------------


class _Book(XmlReader):
    """Names of the sheets → their relation; relations → their parts."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str]] = []
        self.targets: dict[str, str] = {}

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((value for key, value in given.items() if key.endswith(" id")), "")
            self.sheets.append((given.get("name", ""), relation))
        elif name == "Relationship":
            self.targets[given.get("Id", "")] = given.get("Target", "")


def _parts(
    archive: zipfile.ZipFile, sheets: Iterable[tuple[str | None, int]]
) -> Iterator[tuple[str, str, int]]:
    """Of each sheet that is there: name, part, header's row."""
    there = {name.lower(): name for name in archive.namelist()}
    book, relations = _Book(), _Book()
    book.read(blocks(archive, there["xl/workbook.xml"]))
    relations.read(blocks(archive, there["xl/_rels/workbook.xml.rels"]))
    for wanted, header_row in sheets:
        for name, relation in book.sheets:
            if wanted is None or fold(name) == fold(wanted):
                target = relations.targets.get(relation, "")
                part = target.removeprefix("/").removeprefix("xl/").removeprefix("./")
                found = there.get(f"xl/{part}".lower())
                if found is not None:
                    yield name, found, header_row
                break
