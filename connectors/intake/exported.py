"""Telling an export of rejected rows, mended and sent back, from a file of the source.

The export has its own sheet, its header in the first row and Unicode, whatever the source's files
look like; so it is read in its own way, by the source's mapping of columns.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from connectors.intake.words import fold
from connectors.parsing.archive import BROKEN
from connectors.parsing.protocol import Reading

SHEET: Final = "Dòng bị từ chối"
"""The sheet of a workbook of rejected rows."""

ADDED: Final = ("(dòng)", "(cột lỗi)", "(giá trị lỗi)", "(lý do)")
"""Columns that the export adds to the source's own; sent back, they are passed over."""

_LOOK: Final = 1_000_000
"""So many bytes of a file or of a workbook's list of sheets are looked at."""


def reading(path: Path, settings: Reading) -> Reading:
    """How to read the file: as its mapping says, or as an export of rejected rows.

    A workbook that has the mapping's own sheet is the source's.
    """
    sheets = _list_of_sheets(path)
    if sheets is not None:
        own = settings.sheet is not None and fold(settings.sheet) in sheets
        if fold(SHEET) in sheets and not own:
            return Reading(format="xlsx", sheet=SHEET, sheets=settings.sheets, codes=settings.codes)
        return settings
    with path.open("rb") as file:
        head = file.readline(_LOOK).decode("utf-8-sig", errors="ignore")
    return Reading(format="csv") if all(name in head for name in ADDED) else settings


def _list_of_sheets(path: Path) -> str | None:
    """The part of a workbook that names its sheets, folded; None for what is no workbook."""
    try:
        with zipfile.ZipFile(path) as book, book.open("xl/workbook.xml") as part:
            return fold(part.read(_LOOK).decode("utf-8", errors="ignore"))
    except (*BROKEN, RuntimeError, OSError):
        return None
