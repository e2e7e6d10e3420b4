"""Entries of the catalogue that are one unit, and what else units are called: as somebody decides.

Dossiers, steps and rows of registers that name the other entry name the kept one from then on, in
batches of their own, so that what was known before can still be asked. The other entry stays in
the catalogue, so that files which use its spellings find it, and are written for the kept one
(:mod:`connectors.intake.desk`); it is shown nowhere. Taking back moves home what was moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final, cast

import polars as pl
from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy import String as Text
from sqlalchemy import cast as sql_cast

from connectors import audit
from connectors.database.access import Account
from connectors.database.alerts import AlertRule
from connectors.database.meetings import DecisionRow, MeetingRow
from connectors.database.models import Dossier, ImportBatch, Step, Unit
from connectors.database.registers import TABLES, TASK_UNIT, WITHDRAWAL
from connectors.database.sending import ScheduleRow
from connectors.database.session import read_transaction, write_transaction
from connectors.database.unit_aliases import UNIT_MOVED, UnitAlias
from connectors.database.withdrawn import BEGINNING
from connectors.intake.aliases import Aliases
from connectors.intake.past import keep_history
from connectors.intake.unit_names import KnownUnits
from connectors.registers import RegisterRefused
from connectors.registers.store import WITHDRAWN, SnapshotNotRefreshed, reason_given
from connectors.registers.writer import Writer
from connectors.said import Said
from connectors.settings import Settings
from metrics.core.contracts import MOMENT, UNITS_BATCH
from metrics.registers import REGISTERS
from metrics.registers.columns import UNIT, UNITS, Problem, Register

_UNIT: Final = cast(Table, Unit.__table__)
_ALIAS: Final = cast(Table, UnitAlias.__table__)
_DOSSIER: Final = cast(Table, Dossier.__table__)
_STEP: Final = cast(Table, Step.__table__)
_BATCH: Final = cast(Table, ImportBatch.__table__)
_ACCOUNT: Final = cast(Table, Account.__table__)
_MEETING: Final = cast(Table, MeetingRow.__table__)
_DECISION: Final = cast(Table, DecisionRow.__table__)
_SCHEDULE: Final = cast(Table, ScheduleRow.__table__)
_ALERT_RULE: Final = cast(Table, AlertRule.__table__)

_OF_DOSSIERS: Final = ("resolving_unit_id", "receiving_unit_id", "applicant_unit_id")
_STEPS: Final = "step."
_AWAY: Final = "withdrawn."
_PLAIN: Final[dict[str, Column[Any]]] = {
    "unit.parent_id": _UNIT.c.parent_id,
    "account.unit_id": _ACCOUNT.c.unit_id,
    "meeting.unit_id": _MEETING.c.unit_id,
    "decision.unit_id": _DECISION.c.unit_id,
    "report_schedule.unit_id": _SCHEDULE.c.unit_id,
    "alert_rule.unit_id": _ALERT_RULE.c.unit_id,
}
"""Where else an entry is named."""
_MOST: Final = 255

LISTED: Final[dict[str, Any]] = {
    "alias_id": pl.Int64,
    "text": pl.String,
    "unit_id": pl.Int64,
    "unit": pl.String,
    "is_merged": pl.Boolean,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "at": MOMENT,
    "by": pl.String,
    "reason": pl.String,
}
"""What :func:`listed` returns; ``is_merged``: an entry of the catalogue, else a spelling."""


def merge(
    database: Engine, settings: Settings, kept: int, other: int, reason: str, **said: Any
) -> int:
    """Say that two entries of the catalogue are one unit, ``kept``; how many dossiers moved.

    Where both have a row of a register for the same thing, the other's is withdrawn. Accounts of
    the other entry and units below it are the kept one's. ``said``: :class:`Said`.
    Raises RegisterRefused (Vietnamese; nothing is written): no reason, no such entry, outside the
    scope, merged already, one above the other. SnapshotNotRefreshed: written, but the figures are
    not in step.
    """
    reason = reason_given(reason)
    with write_transaction(database) as connection:
        units = {row.id: row for row in connection.execute(select(_UNIT))}
        _check(units, Aliases.read(connection), kept, other, cast(Said, said))
        one = units[other]
        alias = _insert(connection, kept, one.name, reason, cast(Said, said), merged=other)
        for place, column in _PLAIN.items():
            _remember(connection, alias, place, select(column.table.c.id).where(column == other))
            connection.execute(update(column.table).where(column == other).values({column: kept}))
        for name in _OF_DOSSIERS:
            _remember(
                connection, alias, f"dossier.{name}", _named(_DOSSIER.c.id, _DOSSIER.c[name], other)
            )
        number = sql_cast(_STEP.c.sequence, Text)
        steps = select(literal(alias), literal(_STEPS) + number, _STEP.c.dossier_id)
        _insert_moved(connection, steps.where(_STEP.c.unit_id == other))
        moved = _rewrite(connection, alias, other, kept, said["at"])
        rows = sum(
            _register(connection, settings, each, alias, other, kept, cast(Said, said))
            for each in REGISTERS.values()
        )
        detail = {"kept": kept, "other": other, "dossiers": moved, "rows": rows, "reason": reason}
        _note(connection, settings, "units_merged", units[kept], one.name, detail, said["actor"])
    _refresh(database, settings, alias)
    return moved


def call(
    database: Engine,
    settings: Settings,
    unit: int,
    text: str,
    days: tuple[date | None, date | None],
    reason: str,
    **said: Any,
) -> None:
    """Say that a spelling, name or code, means a unit for dossiers received on these days.

    Raises RegisterRefused (Vietnamese; nothing is written): no reason, no text, no such unit,
    days the wrong way round, a spelling that says something else on one of them.
    """
    reason, text, (first, last) = reason_given(reason), text.strip(), days
    if not text or len(text) > _MOST:
        raise _refused("Cách viết", text[:60], f"cần từ 1 đến {_MOST} ký tự; hãy ghi lại.")
    if first and last and first > last:
        raise _refused("Từ ngày", f"{first:%d/%m/%Y}", "sau ngày cuối; hãy sửa lại.")
    with write_transaction(database) as connection:
        aliases = Aliases.read(connection)
        units = {row.id: row for row in connection.execute(select(_UNIT))}
        _in_scope(unit, cast(Said, said))
        if unit not in units or unit in aliases.merged:
            raise _refused("Đơn vị", None, "không có trong danh mục; hãy tải lại trang.")
        for _, since, until in aliases.of(text):
            if (since or date.min) <= (last or date.max) and (first or date.min) <= (
                until or date.max
            ):
                raise _refused(
                    "Cách viết", text, "đã có nghĩa trong những ngày này; hãy gỡ dòng cũ trước."
                )
        others = [u for u in KnownUnits(units.values()).meant(text) if u.id != unit]
        if others and first is None and last is None:
            raise _refused(
                "Cách viết",
                text,
                f"là mã hoặc tên của “{others[0].name}”; hãy ghi rõ từ ngày, đến ngày, hoặc nhập "
                "hai đơn vị làm một.",
            )
        _insert(connection, unit, text, reason, cast(Said, said), days=days)
        detail = {"text": audit.plain(text), "reason": reason}
        _note(connection, settings, "unit_called", units[unit], text, detail, said["actor"])


def take_back(database: Engine, settings: Settings, alias: int, **said: Any) -> int:
    """Take back what :func:`merge` or :func:`call` said; how many dossiers moved home.

    What came by files since then is looked at again by their next import.
    """
    with write_transaction(database) as connection:
        found = connection.execute(
            select(_ALIAS).where(_ALIAS.c.id == alias, _ALIAS.c.ended_at.is_(None))
        ).one_or_none()
        if found is None:
            raise _refused("Cách gọi khác", None, "đã được gỡ; hãy tải lại trang.")
        _in_scope(found.unit_id, cast(Said, said))
        units = {row.id: row for row in connection.execute(select(_UNIT))}
        moved = 0
        if found.merged_unit_id is not None:
            above = Aliases.read(connection).merged.get(found.unit_id)
            if above is not None:
                raise _refused(
                    "Cách gọi khác",
                    found.text,
                    f"đơn vị giữ lại đã nhập vào “{units[above].name}”; hãy tách ở đó trước.",
                )
            moved = _move_home(connection, settings, found, cast(Said, said))
        connection.execute(
            update(_ALIAS)
            .where(_ALIAS.c.id == alias)
            .values(ended_at=said["at"], ended_by=said["by"][:_MOST])
        )
        detail = {"dossiers": moved, "other": found.merged_unit_id}
        unit = units[found.unit_id]
        _note(connection, settings, "units_split", unit, found.text, detail, said["actor"])
    if found.merged_unit_id is not None:
        _refresh(database, settings, alias)
    return moved


def listed(database: Engine, settings: Settings) -> pl.DataFrame:
    """What is in force, newest first: :data:`LISTED`; moments are local."""
    query = (
        select(_ALIAS, _UNIT.c.name.label("unit"))
        .join(_UNIT, _UNIT.c.id == _ALIAS.c.unit_id)
        .where(_ALIAS.c.ended_at.is_(None))
        .order_by(_ALIAS.c.at.desc(), _ALIAS.c.id.desc())
    )
    with read_transaction(database) as connection:
        rows = [
            {
                **row,
                "alias_id": row["id"],
                "is_merged": row["merged_unit_id"] is not None,
                "at": row["at"].astimezone(settings.zone).replace(tzinfo=None),
            }
            for row in connection.execute(query).mappings()
        ]
    return pl.DataFrame([{name: row[name] for name in LISTED} for row in rows], schema=LISTED)


# -- what may be said ----------------------------------------------------------------------------


def _check(units: dict[int, Row[Any]], aliases: Aliases, kept: int, other: int, said: Said) -> None:
    for unit in (kept, other):
        _in_scope(unit, said)
        if unit not in units:
            raise _refused("Đơn vị", None, "không có trong danh mục; hãy tải lại trang.")
        if unit in aliases.merged:
            what = "đã nhập vào đơn vị khác; hãy tải lại trang."
            raise _refused("Đơn vị", units[unit].name, what)
    if kept == other:
        raise _refused("Đơn vị", units[kept].name, "là chính nó; hãy chọn hai đơn vị.")
    above, seen = units[kept].parent_id, set[int]()
    while above is not None and above not in seen:
        if above == other:
            what = f"đứng dưới “{units[other].name}” nên không là một; hãy chọn lại."
            raise _refused("Đơn vị giữ lại", units[kept].name, what)
        seen.add(above)
        above = units[above].parent_id


def _in_scope(unit: int, said: Said) -> None:
    within = said["scope"].units
    if within is not None and unit not in within:
        raise _refused("Đơn vị", None, "ngoài phạm vi của tài khoản.")


def _refused(column: str, value: str | None, what: str) -> RegisterRefused:
    return RegisterRefused.of([Problem(column, value, what)])


# -- dossiers ------------------------------------------------------------------------------------


def _named(found: ColumnElement[Any], column: Column[Any], unit: int) -> Select[Any]:
    return select(found).where(column == unit)


def _remember(connection: Connection, alias: int, place: str, rows: Select[Any]) -> None:
    ids = rows.subquery()
    _insert_moved(connection, select(literal(alias), literal(place), *ids.c))


def _insert_moved(connection: Connection, rows: Select[Any]) -> None:
    connection.execute(insert(UNIT_MOVED).from_select(["alias_id", "place", "row_id"], rows))


def _moved(alias: int, place: str) -> Select[Any]:
    """The rows that named the other entry at a place."""
    return select(UNIT_MOVED.c.row_id).where(
        UNIT_MOVED.c.alias_id == alias, UNIT_MOVED.c.place == place
    )


def _rewrite(connection: Connection, alias: int, before: int, after: int, at: datetime) -> int:
    """Let remembered dossiers and steps name another entry, as a batch of each source; how many."""
    column = UNIT_MOVED.c
    mine = (column.alias_id == alias) & column.place.startswith(_STEPS)
    steps = list(connection.execute(select(column.place).where(mine).distinct()).scalars())
    chosen: list[tuple[Table, ColumnElement[bool], dict[str, Any]]] = []
    for name in _OF_DOSSIERS:
        there = _DOSSIER.c.id.in_(_moved(alias, f"dossier.{name}"))
        chosen.append((_DOSSIER, and_(there, _DOSSIER.c[name] == before), {name: after}))
    for place in steps:
        there = _STEP.c.dossier_id.in_(_moved(alias, place))
        number = _STEP.c.sequence == int(place.removeprefix(_STEPS))
        chosen.append((_STEP, and_(there, number, _STEP.c.unit_id == before), {"unit_id": after}))
    ids = union(
        *(select(t.c.id if t is _DOSSIER else t.c.dossier_id).where(w) for t, w, _ in chosen)
    )
    moved = _in_batches(connection, ids, at)
    for table, where, values in chosen:
        connection.execute(update(table).where(where).values(values))
    return moved


def _in_batches(connection: Connection, ids: CompoundSelect[Any], at: datetime) -> int:
    """Keep what dossiers said before a batch of each source writes over them; how many."""
    touched = _DOSSIER.c.id.in_(select(ids.subquery().c[0]))
    count = select(_DOSSIER.c.source_id, func.count()).where(touched)
    total = 0
    for source, rows in connection.execute(count.group_by(_DOSSIER.c.source_id)).all():
        values = {"source_id": source, "kind": UNITS_BATCH, "rows_changed": rows}
        made = insert(_BATCH).values(started_at=at, finished_at=at, **values)
        batch = connection.execute(made.returning(_BATCH.c.id)).scalar_one()
        own = touched & (_DOSSIER.c.source_id == source)
        keep_history(connection, select(_DOSSIER.c.id).where(own).subquery().c[0], batch)
        connection.execute(update(_DOSSIER).where(own).values(batch_id=batch))
        total += rows
    return total


# -- registers -----------------------------------------------------------------------------------


def _register(
    connection: Connection,
    settings: Settings,
    register: Register,
    alias: int | None,
    before: int,
    after: int,
    said: Said,
    only: dict[str, set[int]] | None = None,
) -> int:
    """Let a register's rows name another entry; how many.

    ``alias``: what remembers them. ``only``: by column, these rows.
    """
    table = TABLES[register.name]
    named = {str(c.target): c for c in register.columns if c.kind == UNIT and c.in_table}
    found = {
        target: set(connection.execute(_named(table.c.id, table.c[target], before)).scalars())
        for target in named
    }
    if any(column.kind == UNITS for column in register.columns):
        query = _named(TASK_UNIT.c.task_id, TASK_UNIT.c.unit_id, before)
        found["co_units"] = set(connection.execute(query).scalars())
    if only is not None:
        found = {target: ids & only.get(target, set()) for target, ids in found.items()}
    if not any(found.values()):
        return 0
    writer = Writer(connection, register, settings.zone, said["by"], said["at"])
    for target, ids in found.items():
        for row in sorted(ids):
            _one_row(connection, writer, alias, row, (target, before, after), said)
    writer.finish()
    return len(set().union(*found.values()))


def _one_row(
    connection: Connection,
    writer: Writer,
    alias: int | None,
    row: int,
    change: tuple[str, int, int],
    said: Said,
) -> None:
    target, before, after = change
    old, name = writer.rows[row], writer.register.name
    value: Any = after
    if target == "co_units":
        value = tuple(sorted({after if unit == before else unit for unit in old[target]}))
    place = f"{name}.{target}"
    clash = writer.find({**old, target: value})
    if clash is not None and clash != row:
        if alias is None or writer.is_withdrawn(row):
            return
        reason = "Trùng với dòng của đơn vị giữ lại khi nhập hai đơn vị làm một"
        told = {"at": said["at"], "since": BEGINNING, "by": said["by"], "reason": reason}
        connection.execute(insert(WITHDRAWAL).values(register=name, row_id=row, **told))
        writer.note(row, WITHDRAWN, None, reason)
        place = f"{_AWAY}{name}"
    else:
        writer.move(row, {target: value})
    if alias is not None:
        _remember(connection, alias, place, select(literal(row)))


# -- taking back ---------------------------------------------------------------------------------


def _move_home(connection: Connection, settings: Settings, found: Row[Any], said: Said) -> int:
    alias, kept, other = found.id, found.unit_id, found.merged_unit_id
    since = select(_BATCH.c.id).where(_BATCH.c.finished_at > found.at)
    for place, column in _PLAIN.items():
        mine = column.table.c.id.in_(_moved(alias, place)) & (column == kept)
        connection.execute(update(column.table).where(mine).values({column: other}))
    # What came since says nothing of which entry it meant: the next import reads it again.
    names_it = or_(*(_DOSSIER.c[name] == kept for name in _OF_DOSSIERS))
    later = names_it & _DOSSIER.c.batch_id.in_(since)
    connection.execute(update(_DOSSIER).where(later).values(content_hash=""))
    moved = _rewrite(connection, alias, kept, other, said["at"])
    remembered = _by_register(connection, alias)
    for name, only in remembered:
        if name.startswith(_AWAY):
            mine = WITHDRAWAL.c.register == name.removeprefix(_AWAY)
            rows = only[""]
            connection.execute(delete(WITHDRAWAL).where(mine, WITHDRAWAL.c.row_id.in_(rows)))
        else:
            _register(connection, settings, REGISTERS[name], None, kept, other, said, only)
    return moved


def _by_register(connection: Connection, alias: int) -> Iterator[tuple[str, dict[str, set[int]]]]:
    """Register (or withdrawn register) → column → the rows that were moved."""
    found: dict[str, dict[str, set[int]]] = {}
    query = select(UNIT_MOVED.c.place, UNIT_MOVED.c.row_id).where(UNIT_MOVED.c.alias_id == alias)
    known = [*_PLAIN, *(f"dossier.{name}" for name in _OF_DOSSIERS)]
    query = query.where(UNIT_MOVED.c.place.not_in(known))
    query = query.where(~UNIT_MOVED.c.place.startswith(_STEPS))
    for place, row in connection.execute(query):
        name, _, target = place.partition(".")
        if place.startswith(_AWAY):
            found.setdefault(place, {}).setdefault("", set()).add(row)
        else:
            found.setdefault(name, {}).setdefault(target, set()).add(row)
    yield from found.items()


# -- writing -------------------------------------------------------------------------------------


def _insert(
    connection: Connection,
    unit: int,
    text: str,
    reason: str,
    said: Said,
    *,
    merged: int | None = None,
    days: tuple[date | None, date | None] = (None, None),
) -> int:
    values = {"unit_id": unit, "text": text[:_MOST], "merged_unit_id": merged, "reason": reason}
    values |= {"valid_from": days[0], "valid_to": days[1]}
    values |= {"at": said["at"], "by": said["by"][:_MOST]}
    made = insert(_ALIAS).values(**values).returning(_ALIAS.c.id)
    number: int = connection.execute(made).scalar_one()
    return number


def _note(
    connection: Connection,
    settings: Settings,
    action: str,
    unit: Row[Any],
    other: str,
    detail: dict[str, Any],
    actor: audit.Actor,
) -> None:
    detail = {
        name: audit.plain(value) if isinstance(value, str) else value
        for name, value in detail.items()
        if value is not None
    }
    try:
        audit.append(
            connection,
            action,
            actor=actor,
            subject=f"Đơn vị {unit.name}; {other}"[:_MOST],
            unit_id=unit.id,
            detail=detail,
            keys=settings.audit_keys,
        )
    except audit.AuditUnavailable as error:
        raise RegisterRefused(str(error)) from error


def _refresh(database: Engine, settings: Settings, alias: int) -> None:
    from connectors import snapshot

    try:
        snapshot.refresh(database, settings)
    except Exception as error:
        raise SnapshotNotRefreshed(alias, error) from error
