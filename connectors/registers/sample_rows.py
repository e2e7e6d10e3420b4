"""The sample's rows of the registers: which they are, and taking them out when real data comes.

A row is the sample's if the sample wrote to it (the change log says so), or if it hangs on such a
row: what somebody said about a task that was made up is no record of anything. What people entered
otherwise stays, and so do the published values of indices, which are the same for everybody.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, Table, delete, select

from connectors.database.models import Base
from connectors.database.registers import ChangeLog, RegisterBatch
from connectors.registers.examples import UNITS
from connectors.registers.store import BY_SAMPLE
from connectors.units_hanoi import hanoi_units
from metrics.registers import REGISTERS

_LOG: Final[Table] = Base.metadata.tables[ChangeLog.__tablename__]
_BATCH: Final[Table] = Base.metadata.tables[RegisterBatch.__tablename__]
_BLOCK: Final = 500
"""Ids that one statement names: SQLite takes only so many."""


def sample_rows(connection: Connection) -> dict[str, list[int]]:
    """Register → ids of the sample's rows, in the order of :data:`REGISTERS`."""
    found: dict[str, set[int]] = {}
    for name in REGISTERS:
        made = select(_LOG.c.row_key).where(_LOG.c.register == name, _LOG.c.by == BY_SAMPLE)
        found[name] = {int(key) for key in connection.execute(made).scalars()}
        _add_what_hangs_on_it(connection, name, found)
    return {name: sorted(ids) for name, ids in found.items()}


def _add_what_hangs_on_it(connection: Connection, name: str, found: dict[str, set[int]]) -> None:
    table = Base.metadata.tables[name]
    refers = [
        (column, foreign.column.table.name)
        for column in table.c
        for foreign in column.foreign_keys
        if foreign.column.table.name in found
    ]
    if not refers:
        return
    rows = connection.execute(select(table.c.id, *(column for column, _ in refers))).all()
    grown = True
    while grown:  # a re-inspection of a re-inspection
        hanging = {
            row[0]
            for row in rows
            if any(row[at] in found[of] for at, (_, of) in enumerate(refers, start=1))
        }
        grown = not hanging <= found[name]
        found[name] |= hanging


def clear_sample_rows(connection: Connection) -> None:
    """Take the sample's rows out, with their history, and the units that only they needed."""
    doomed = sample_rows(connection)
    for name in reversed(list(doomed)):
        table = Base.metadata.tables[name]
        for ids in _blocks(doomed[name]):
            if name == "task":
                with_others = Base.metadata.tables["task_unit"]
                connection.execute(delete(with_others).where(with_others.c.task_id.in_(ids)))
            connection.execute(delete(table).where(table.c.id.in_(ids)))
            keys = [str(number) for number in ids]
            connection.execute(
                delete(_LOG).where(_LOG.c.register == name, _LOG.c.row_key.in_(keys))
            )
    connection.execute(delete(_BATCH).where(_BATCH.c.by == BY_SAMPLE))
    _clear_units(connection)


def _clear_units(connection: Connection) -> None:
    """Delete the examples' units of other places that nothing refers to."""
    own = set(hanoi_units().units.select("scheme", "code").iter_rows())
    with UNITS.open(encoding="utf-8", newline="") as stream:
        rows = [(row["scheme"], row["code"]) for row in csv.DictReader(stream)]
    table = Base.metadata.tables["unit"]
    ids = {
        number
        for number, *named in connection.execute(select(table.c.id, table.c.scheme, table.c.code))
        if tuple(named) in set(rows) - own
    }
    for column in _references_to(table):
        if column.table is not table:
            used = select(column).where(column.is_not(None)).distinct()
            ids -= set(connection.execute(used).scalars())
    while ids:  # those below first
        above = select(table.c.parent_id).where(table.c.parent_id.is_not(None)).distinct()
        leaves = ids - set(connection.execute(above).scalars())
        if not leaves:
            return
        for block in _blocks(sorted(leaves)):
            connection.execute(delete(table).where(table.c.id.in_(block)))
        ids -= leaves


def _references_to(table: Table) -> list:  # type: ignore[type-arg]
    return [
        column
        for other in Base.metadata.tables.values()
        for column in other.c
        if any(foreign.column.table is table for foreign in column.foreign_keys)
    ]


def _blocks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[at : at + _BLOCK] for at in range(0, len(ids), _BLOCK))
