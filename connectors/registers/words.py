"""A register's values as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from connectors.registers import values
from connectors.registers.lookups import Book
from metrics.registers.columns import UNIT, UNITS, Register


class Words:
    """Values of one register in words: units by name, other registers' rows by code."""

    def __init__(self, register: Register, book: Book, zone: ZoneInfo) -> None:
        self._register, self._book, self._zone = register, book, zone

    def of(self, name: str, value: Any) -> str | None:
        """The value of a database column; None: unknown."""
        column = self._register.column_of(name)
        if value is None or column is None:
            return values.in_words(column, value, self._zone)
        if column.kind == UNITS:
            return "; ".join(self._book.name_of(UNIT, number) for number in value) or None
        if column.is_reference or column.kind == UNIT:
            return self._book.name_of(column.kind, value)
        return values.in_words(column, value, self._zone)

    def row(self, row: Mapping[str, Any]) -> str:
        """A row in short, as a list of withdrawn ones shows it."""
        said = (self.of(str(c.target), row.get(str(c.target))) for c in self._register.list_columns)
        return " · ".join(text for text in said if text)
