"""Lists of choices in a workbook, kept in cells of a hidden sheet.

A list written into a cell's rule is cut at its commas, which "Xã, phường" has, and may not be
longer than 255 characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from connectors.cells import safe_cell

_SHEET: Final = "Danh sách"


class Lists:
    """The lists of one workbook; :meth:`close` writes them."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._columns: list[tuple[str, ...]] = []

    def add(self, words: Sequence[str]) -> str:
        """The list as the source of a rule; equal lists are kept once (at most 26 different)."""
        column = tuple(words)
        if column not in self._columns:
            self._columns.append(column)
        letter = chr(ord("A") + self._columns.index(column))
        return f"='{_SHEET}'!${letter}$1:${letter}${len(column)}"

    def close(self) -> None:
        """Write the hidden sheet; after the others, since a workbook opens with its first."""
        sheet = self._book.add_worksheet(_SHEET)
        for place, words in enumerate(self._columns):
            for line, word in enumerate(words):
                sheet.write_string(line, place, safe_cell(word))
        sheet.hide()
