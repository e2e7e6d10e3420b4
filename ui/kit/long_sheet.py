"""Many rows into a workbook: a row of XML at a time, where a call a cell would take minutes.

The workbook itself (styles, head, filters, first row) is xlsxwriter's; the rows below are put into
its sheet as they come, so that only a block of them is in memory.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final
from xml.sax.saxutils import escape

from xlsxwriter.utility import xl_col_to_name

from connectors.cells import safe_cell

_SHEET: Final = "xl/worksheets/sheet1.xml"
_BLOCK: Final = 5_000
_QUICKLY: Final = 2
_LONGEST: Final = 32_767
_FIRST: Final = datetime(1899, 12, 30)
_DAY: Final = timedelta(days=1)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ENTITY: Final = re.compile("_(?=x[0-9a-fA-F]{4}_)")
_END: Final = b"</sheetData>"

Told = Callable[[int], None]
"""Called with how many rows are written."""


@dataclass(frozen=True)
class Styles:
    """The numbers of styles, a column each: of dates and moments by type, of a number by itself.

    ``numbers``: None: as a spreadsheet shows numbers.
    """

    days: Sequence[Mapping[type, int]]
    numbers: Sequence[Callable[[Any], int] | None]


def with_rows(
    book: bytes,
    rows: Iterable[list[Any]],
    begin: int,
    columns: int,
    styles: Styles,
    tell: Told | None = None,
) -> bytes:
    """The workbook with more rows in its first sheet.

    Args:
        rows: their cells: texts (guarded here, :func:`safe_cell`), numbers, dates, None.
        begin: the number of the first of them, from 1.
        columns: how many cells a row has.
        styles: of its cells, by column.
    """
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICKLY) as new,
    ):
        for item in old.infolist():
            content = old.read(item)
            if item.filename != _SHEET:
                new.writestr(item, content)
                continue
            head, end, rest = content.partition(_END)
            with new.open(_SHEET, "w", force_zip64=True) as file:
                file.write(_reaching(head))
                for block in _blocks(rows, begin, columns, styles, tell):
                    file.write(block)
                file.write(end + rest)
    return out.getvalue()


def _reaching(head: bytes) -> bytes:
    """Without the range that the sheet is told to have: it has more rows by now."""
    return re.sub(rb"<dimension [^>]*/>", b"", head, count=1)


def _blocks(
    rows: Iterable[list[Any]],
    begin: int,
    columns: int,
    styles: Styles,
    tell: Told | None,
) -> Iterator[bytes]:
    names = [xl_col_to_name(at) for at in range(columns)]
    days, numbers = styles.days, styles.numbers
    # Most values come again and again: units, procedures, causes.
    known: list[dict[str, str]] = [{} for _ in names]
    each, line = iter(rows), begin
    while block := list(islice(each, _BLOCK)):
        parts: list[str] = []
        for cells in block:
            parts.append(f'<row r="{line}">')
            for name, cell, told, dated, graded in zip(
                names, cells, known, days, numbers, strict=True
            ):
                if cell is None:
                    continue
                # Moments rarely come again, and numbers are as quickly written as looked up.
                found = told.get(cell) if type(cell) is str else _rest(cell, dated, graded)
                if found is None:
                    if len(told) >= _BLOCK:
                        told.clear()
                    found = told[cell] = _rest(cell, dated, graded)
                parts.append(f'<c r="{name}{line}"{found}')
            parts.append("</row>")
            line += 1
        yield "".join(parts).encode()
        if tell is not None:
            tell(line - begin)


def _rest(cell: Any, styles: Mapping[type, int], graded: Callable[[Any], int] | None = None) -> str:
    """A cell after its place."""
    if isinstance(cell, datetime):
        return f' s="{styles[datetime]}"><v>{(cell - _FIRST) / _DAY!r}</v></c>'
    if isinstance(cell, date):
        return f' s="{styles[date]}"><v>{(cell - _FIRST.date()).days}</v></c>'
    if isinstance(cell, (int, float)):
        style = "" if graded is None else f' s="{graded(cell)}"'
        return f"{style}><v>{cell + 0!r}</v></c>"
    text = _ENTITY.sub("_x005F_", str(safe_cell(str(cell)))[:_LONGEST])
    text = _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{space}>{escape(text)}</t></is></c>'
