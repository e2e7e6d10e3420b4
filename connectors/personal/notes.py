"""Free texts that people type, in which somebody may be named, and the histories of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Column, Connection, Table, and_, insert, select, update

from connectors.database.models import Apology
from connectors.database.recorded import DossierRecord
from connectors.database.registers import TABLES, WITHDRAWAL, ChangeLog
from connectors.personal.wanted import GONE, is_told, without
from metrics.registers import REGISTERS
from metrics.registers.columns import LONG, TEXT
from metrics.registers.columns import Column as Declared

_LOG: Final = cast(Table, ChangeLog.__table__)
_OF_OFFICIALS: Final = ("team",)
_NEW: Final = "*"
_OTHERS: Final = ("-", "+")
"""``change_log.column_name`` of a row's first entry, whose values are JSON; of its withdrawal."""


@dataclass(frozen=True, repr=False)
class Note:
    """One text: where it stands, and its words."""

    table: str
    column: str
    key: tuple[int | str, ...]
    text: str


def _typed() -> Iterator[tuple[Table, Column[Any]]]:
    """Every column that people write sentences in."""
    for name, register in REGISTERS.items():
        for column in register.columns:
            if column.in_table and _is_note(column):
                yield TABLES[name], TABLES[name].c[str(column.target)]
    yield cast(Table, Apology.__table__), cast(Table, Apology.__table__).c.reason
    records = cast(Table, DossierRecord.__table__)
    yield records, records.c.reason
    yield records, records.c.why
    yield WITHDRAWAL, WITHDRAWAL.c.reason


def _is_note(column: Declared) -> bool:
    return (column.kind, column.most) == (TEXT, LONG) and column.name not in _OF_OFFICIALS


@cache
def _names() -> frozenset[str]:
    """What the history calls such a column: by its name, or in a first entry by its label."""
    found = {column.name for _, column in _typed()}
    for register in REGISTERS.values():
        for column in register.columns:
            if _is_note(column):
                found |= {column.name, column.label}
    return frozenset(found)


def find_notes(connection: Connection, pattern: re.Pattern[str]) -> list[Note]:
    """The notes in which the pattern is found, those of the history too."""
    found = list[Note]()
    for table, column in _typed():
        keys = list(table.primary_key.columns)
        rows = connection.execute(select(column, *keys).where(column.is_not(None)))
        for text, *key in rows:
            if is_told(text, pattern):
                found.append(Note(table.name, column.name, tuple(key), text))
    for row in connection.execute(select(_LOG)):
        for side in ("old_value", "new_value"):
            text = getattr(row, side)
            if text is not None and text != _without(row.column_name, text, pattern):
                found.append(Note(_LOG.name, side, (row.id,), text))
    return found


def _without(column: str, text: str, pattern: re.Pattern[str]) -> str:
    """A value of the history without what is found; of a first entry only in its notes."""
    names = _names()
    if column in names or column in _OTHERS:
        return without(text, pattern) if is_told(text, pattern) else text
    if column != _NEW or not is_told(text, pattern):
        return text
    try:
        values = json.loads(text)
    except ValueError:
        return text
    if not isinstance(values, dict):
        return text
    kept = {
        name: without(value, pattern) if name in names and isinstance(value, str) else value
        for name, value in values.items()
    }
    return text if kept == values else json.dumps(kept, ensure_ascii=False)


def clear_notes(
    connection: Connection, notes: Sequence[Note], pattern: re.Pattern[str], by: str, at: datetime
) -> None:
    """Take the pattern's finds out of notes, within the caller's write transaction.

    A register's history says that it was done, by which the snapshot knows that it changed.
    """
    tables = {table.name: table for table, _ in _typed()} | {_LOG.name: _LOG}
    for note in notes:
        table = tables[note.table]
        own = and_(
            *(
                column == value
                for column, value in zip(table.primary_key.columns, note.key, strict=True)
            )
        )
        text = without(note.text, pattern)
        if table is _LOG:
            name = connection.execute(select(_LOG.c.column_name).where(own)).scalar_one()
            text = _without(name, note.text, pattern)
        connection.execute(update(table).where(own).values({note.column: text}))
        if note.table in TABLES:
            told = {"register": note.table, "row_key": str(note.key[0]), "column_name": note.column}
            connection.execute(insert(_LOG).values(at=at, by=by[:255], new_value=GONE, **told))
