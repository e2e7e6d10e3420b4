"""Rows that were withdrawn: out of every figure from a moment on, kept, and to be restored.

A row goes out with the rows that it belongs to: findings with their visit, updates with their
task. What hangs on a withdrawn row has no withdrawal of its own, so that restoring the one brings
back the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, cast

from sqlalchemy import Column, Connection, Table, delete, select

from connectors.database.models import Dossier
from connectors.database.registers import TABLES, WITHDRAWAL
from metrics.registers import REGISTERS
from metrics.registers.columns import Register

Gone = Mapping[str, Mapping[int, datetime]]
"""Register → id of a row that does not count → since when (UTC). Every register is there."""

BEGINNING: Final = datetime(1900, 1, 1, tzinfo=UTC)
"""``since`` of a row that was never right: it counts at no moment."""

DOSSIER: Final = "dossier"
"""``withdrawal.register`` of a dossier, which is no register's row."""

_BLOCK: Final = 500
"""Ids that one statement names: SQLite takes only so many."""


def gone(connection: Connection) -> Gone:
    """Every row that does not count, by a withdrawal of its own or of a row that it belongs to."""
    columns = (WITHDRAWAL.c.register, WITHDRAWAL.c.row_id, WITHDRAWAL.c.since)
    found: dict[str, dict[int, datetime]] = {name: {} for name in REGISTERS}
    query = select(*columns).where(WITHDRAWAL.c.register != DOSSIER)
    for name, row_id, since in connection.execute(query):
        found[name][row_id] = since
    if any(found.values()):
        for register in REGISTERS.values():  # parents before children
            own = found[register.name]
            for row_id, since in _with_parents(connection, register, found):
                own[row_id] = min(own.get(row_id, since), since)
    return found


def forget_what_is_gone(connection: Connection) -> None:
    """Drop the withdrawals of rows that are not there any more: their ids come again."""
    dossiers = cast(Table, Dossier.__table__)
    for name, table in {**TABLES, DOSSIER: dossiers}.items():
        stale = (WITHDRAWAL.c.register == name) & WITHDRAWAL.c.row_id.not_in(select(table.c.id))
        connection.execute(delete(WITHDRAWAL).where(stale))


def _with_parents(
    connection: Connection, register: Register, found: Gone
) -> Iterator[tuple[int, datetime]]:
    table = TABLES[register.name]
    for column in register.belongs_to:
        parents = found[column.kind]
        for row_id, parent in _hanging(
            connection, table.c.id, table.c[str(column.target)], parents
        ):
            yield row_id, parents[parent]


def _hanging(
    connection: Connection, own: Column[int], parent: Column[int], ids: Collection[int]
) -> Iterator[tuple[int, int]]:
    wanted = sorted(ids)
    for at in range(0, len(wanted), _BLOCK):
        query = select(own, parent).where(parent.in_(wanted[at : at + _BLOCK]))
        yield from ((row[0], row[1]) for row in connection.execute(query))
