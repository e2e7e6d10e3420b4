"""The registers' frames as the snapshot keeps them, each from its declaration.

A row stays in its file after it was withdrawn, with the moment since when it does not count
(``withdrawn_since``): figures as of an earlier moment still see it (metrics/registers/held.py).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, func, select

from connectors.database.registers import TABLES, ChangeLog
from connectors.database.withdrawn import gone
from connectors.snapshot.frames import frame_of
from metrics.core.contracts import MOMENT
from metrics.registers import FRAMES, REGISTERS
from metrics.registers.columns import KNOWN_ON, Frame, Register
from metrics.registers.held import SINCE

__all__ = ["STORED", "WITH_DOSSIERS", "changed_since", "last_change", "read_registers"]

CHANGES: Final = cast(Table, ChangeLog.__table__)

STORED: Final[dict[str, Frame]] = {
    name: {**register.frame, SINCE: MOMENT} for name, register in REGISTERS.items()
}
"""Register → columns of its file."""


WITH_DOSSIERS: Final = tuple(name for name in REGISTERS if name not in FRAMES)
"""Registers that travel with the dossiers, which name their rows: fields and procedures."""


def changed_since(connection: Connection, line: int) -> set[str]:
    """Registers that were written after a line of their history, and those that belong to them."""
    query = select(CHANGES.c.register).where(CHANGES.c.id > line).distinct()
    found = set(connection.execute(query).scalars())
    for register in REGISTERS.values():  # parents before children
        if any(column.kind in found for column in register.belongs_to):
            found.add(register.name)
    return found


def last_change(connection: Connection) -> int:
    """The number of the last line of the registers' history; 0: there is none."""
    return connection.execute(select(func.max(CHANGES.c.id))).scalar_one() or 0


def read_registers(
    connection: Connection, zone: ZoneInfo, names: Collection[str] = tuple(FRAMES)
) -> dict[str, pl.DataFrame]:
    """Registers by name, as :data:`STORED`; moments are local (``zone``)."""
    away = gone(connection)
    found = {}
    for name in names:
        register = REGISTERS[name]
        frame = frame_of(connection, _query(register), _said(register), zone)
        if register.is_dated:
            days = _entered(connection, name, zone)
            known = [days.get(row) for row in frame[register.own_id]]
            frame = frame.with_columns(pl.Series(KNOWN_ON, known, dtype=pl.Date))
        since = [
            None if moment is None else moment.astimezone(zone).replace(tzinfo=None)
            for moment in map(away[name].get, frame[register.own_id])
        ]
        found[name] = frame.with_columns(pl.Series(SINCE, since, dtype=MOMENT))
    return found


def _said(register: Register) -> Frame:
    """The columns that a row and its parents say; its history says the other one."""
    return {name: dtype for name, dtype in register.frame.items() if name != KNOWN_ON}


def _entered(connection: Connection, register: str, zone: ZoneInfo) -> dict[int, date]:
    """Row → the local day of its first entry."""
    query = (
        select(CHANGES.c.row_key, func.min(CHANGES.c.at))
        .where(CHANGES.c.register == register)
        .group_by(CHANGES.c.row_key)
    )
    return {int(row): at.astimezone(zone).date() for row, at in connection.execute(query)}


def _query(register: Register) -> Select[*tuple[Any, ...]]:
    table, joined = TABLES[register.name], _Joined(register)
    columns = [
        table.c.id.label(name) if name == register.own_id else joined.said(register, name)
        for name in _said(register)
    ]
    # What was said of a parent stands together; all else as it was entered.
    hangs = register.parent is not None and register.key[0] == register.parent.target
    order = [table.c[name] for name in register.key] if hangs else [table.c.id]
    return select(*columns).select_from(joined.tables).order_by(*order)


class _Joined:
    """A register's table with those of its parents, as far as they say something of its rows."""

    def __init__(self, register: Register) -> None:
        self.tables: FromClause = TABLES[register.name]
        self._held = {register.name}

    def said(self, register: Register, name: str) -> ColumnElement[Any]:
        """A column of a register's frame, of its own or as a parent has it."""
        table, link = TABLES[register.name], register.parent
        if name in table.c or link is None:
            return table.c[name]
        parent = TABLES[link.kind]
        if link.kind not in self._held:
            self._held.add(link.kind)
            self.tables = self.tables.join(parent, parent.c.id == table.c[str(link.target)])
        of = [self.said(REGISTERS[link.kind], column) for column in register.inherits[name]]
        return func.coalesce(*of).label(name) if len(of) > 1 else of[0].label(name)
