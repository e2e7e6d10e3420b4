"""Reading registers' rows as they are kept: one row, its history, what was withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, Engine, select

from connectors.database.registers import TABLES, TASK_UNIT, WITHDRAWAL
from connectors.database.session import read_transaction
from connectors.database.withdrawn import gone
from connectors.engine import Scope
from connectors.registers.fence import Fence
from connectors.registers.lookups import Book
from connectors.registers.store import RESTORED, WITHDRAWN
from connectors.registers.words import Words
from connectors.registers.writer import LOG, NEW, the_register
from metrics.core.contracts import MOMENT
from metrics.registers.columns import UNITS, Frame, Register, Row

_WHAT: Final = {NEW: "Ghi mới", WITHDRAWN: "Rút khỏi sổ", RESTORED: "Khôi phục"}

_HISTORY: Final[Frame] = {
    "at": MOMENT,
    "by": pl.String,
    "column": pl.String,
    "label": pl.String,
    "old": pl.String,
    "new": pl.String,
}
_GONE: Final[Frame] = {
    "row_id": pl.Int32,
    "what": pl.String,
    "at": MOMENT,
    "since": MOMENT,
    "by": pl.String,
    "reason": pl.String,
}


def row(
    database: Engine, register: str, row_id: int, zone: ZoneInfo, *, scope: Scope
) -> Row | None:
    """One row as it is kept now, by database column; None: none within the scope.

    Moments are local (``zone``), units and references are ids, ``co_units`` a tuple of ids in
    order. Beside the columns ``withdrawn``: the reason of its own withdrawal, or None.
    """
    declared = the_register(register)
    with read_transaction(database) as connection:
        found = _seen(connection, declared, row_id, scope)
        if found is None:
            return None
        for column in declared.columns:
            if column.kind == UNITS:
                named = select(TASK_UNIT.c.unit_id).where(TASK_UNIT.c.task_id == row_id)
                units = connection.execute(named.order_by(TASK_UNIT.c.unit_id)).scalars()
                found[str(column.target)] = tuple(units)
        reason = select(WITHDRAWAL.c.reason).where(
            WITHDRAWAL.c.register == register, WITHDRAWAL.c.row_id == row_id
        )
        found["withdrawn"] = connection.execute(reason).scalar_one_or_none()
    return {name: _local(value, zone) for name, value in found.items()}


def history(
    database: Engine,
    register: str,
    row_key: int | str,
    zone: str = "Asia/Ho_Chi_Minh",
    *,
    scope: Scope,
) -> pl.DataFrame:
    """Who changed what of a row, newest first; nothing of a row outside the scope.

    ``row_key``: the row's id. Columns: ``at`` (local), ``by``, ``column`` (database column, ``*``:
    the row was made, ``-``: withdrawn, ``+``: restored), ``label`` (Vietnamese), ``old``, ``new``
    (as words; null: unknown; of a withdrawal the reason).
    """
    declared = the_register(register)
    query = (
        select(LOG.c.at, LOG.c.by, LOG.c.column_name, LOG.c.old_value, LOG.c.new_value)
        .where(LOG.c.register == register, LOG.c.row_key == str(row_key))
        .order_by(LOG.c.at.desc(), LOG.c.id.desc())
    )
    with read_transaction(database) as connection:
        is_seen = _seen(connection, declared, int(row_key), scope) is not None
        rows = [
            (
                _local(each.at, ZoneInfo(zone)),
                each.by,
                each.column_name,
                _WHAT.get(each.column_name) or declared.label_of(each.column_name),
                each.old_value,
                each.new_value,
            )
            for each in (connection.execute(query) if is_seen else ())
        ]
    return pl.DataFrame(rows, schema=_HISTORY, orient="row")


def withdrawn(database: Engine, register: str, zone: ZoneInfo, *, scope: Scope) -> pl.DataFrame:
    """The rows of a register that were withdrawn by themselves, within the scope, newest first.

    Columns: ``row_id``, ``what`` (the row in words), ``at`` and ``since`` (local), ``by``,
    ``reason``.
    """
    declared = the_register(register)
    query = select(WITHDRAWAL).where(WITHDRAWAL.c.register == register)
    with read_transaction(database) as connection:
        gone = connection.execute(query.order_by(WITHDRAWAL.c.at.desc())).mappings().all()
        seen = {each["row_id"]: _seen(connection, declared, each["row_id"], scope) for each in gone}
        words = Words(declared, Book(connection), zone) if gone else None
        rows = [
            (
                each["row_id"],
                words.row(found) if words else "",
                *(_local(each[name], zone) for name in ("at", "since", "by", "reason")),
            )
            for each in gone
            if (found := seen[each["row_id"]]) is not None
        ]
    return pl.DataFrame(rows, schema=_GONE, orient="row")


def standing(
    database: Engine, register: str, zone: ZoneInfo, *, scope: Scope
) -> list[tuple[int, str]]:
    """The rows that nobody has withdrawn and a writer of the scope may mend, newest first.

    Each with its id and, in words, what tells it apart.
    """
    declared, table = the_register(register), TABLES[register]
    with read_transaction(database) as connection:
        away, fence = gone(connection)[register], Fence(connection, scope)
        words = Words(declared, Book(connection), zone)
        rows = connection.execute(select(table).order_by(table.c.id.desc())).mappings()
        return [
            (each["id"], words.row(each))
            for each in map(dict, rows)
            if each["id"] not in away and fence.holds(register, each)
        ]


def entered_by(database: Engine, register: str, row_id: int) -> str | None:
    """Who made a row; None: not known."""
    query = select(LOG.c.by).where(
        LOG.c.register == register, LOG.c.row_key == str(row_id), LOG.c.column_name == NEW
    )
    with read_transaction(database) as connection:
        return connection.execute(query.order_by(LOG.c.id.desc()).limit(1)).scalar_one_or_none()


def _seen(connection: Connection, declared: Register, row_id: int, scope: Scope) -> Row | None:
    table = TABLES[declared.name]
    found = connection.execute(select(table).where(table.c.id == row_id)).mappings().first()
    if found is None:
        return None
    return dict(found) if Fence(connection, scope).shows(declared.name, dict(found)) else None


def _local(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None)
    return value
