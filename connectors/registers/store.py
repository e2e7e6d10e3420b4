"""Writing a register's rows: what is new, what changed, who changed it when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, Engine, Table, delete, insert, select, update

from connectors import audit
from connectors.database.bulk import next_id, reset_sequence
from connectors.database.models import Base
from connectors.database.registers import ChangeLog
from connectors.database.session import read_transaction, write_transaction
from connectors.engine import Scope
from connectors.registers import values
from connectors.registers.columns import (
    REFERENCES,
    UNIT,
    UNITS,
    BadValue,
    Column,
    Problem,
    Register,
    RegisterRefused,
    Row,
)
from connectors.registers.declared import REGISTERS, days_of
from connectors.registers.fence import Fence, OutOfScope
from connectors.registers.lookups import Book
from connectors.settings import Settings
from metrics.registers import OPEN_TO_ALL

NEW: Final = "*"
"""``change_log.column_name`` of a row's first entry: its values stand in ``new_value``."""

BY_SAMPLE: Final = "Dữ liệu minh họa"
"""Who wrote the sample's rows of the registers, by which they are known when they have to go."""

EVERYTHING: Final = Scope(None)
"""The scope of whoever runs a command on the machine."""

_LOG: Final[Table] = Base.metadata.tables[ChangeLog.__tablename__]
_CO_UNITS: Final = "co_units"
_BLOCK: Final = 500
"""Rows that are written at once."""


class SnapshotNotRefreshed(RuntimeError):
    """The row is written, but the figures do not show it yet; the message is Vietnamese."""

    def __init__(self, row_id: int, cause: Exception) -> None:
        super().__init__(
            f"Đã ghi, nhưng chưa làm mới được ảnh chụp số liệu: {cause}. "
            "Hãy chạy: .venv/bin/python -m connectors snapshot --rebuild."
        )
        self.row_id = row_id


def the_register(name: str) -> Register:
    """The declared register; RegisterRefused for an unknown name."""
    if name not in REGISTERS:
        known = ", ".join(REGISTERS)
        raise RegisterRefused(f"Không có sổ “{name}”. Các sổ: {known}.")
    return REGISTERS[name]


@dataclass(frozen=True)
class Entry:
    """One row to be written: new (``key`` None), or the one that ``key`` names.

    ``values``: by column name or database column (``unit`` or ``unit_id``); typed values, ids, or
    texts as a file would have them. Of an existing row only what is given changes. ``key``: the
    natural key's columns, or ``{"id": …}``.
    """

    register: str
    values: Mapping[str, Any]
    key: Mapping[str, Any] | None = None


def save(
    database: Engine,
    settings: Settings,
    register: str,
    values: Mapping[str, Any],
    *,
    key: Mapping[str, Any] | None = None,
    by: str,
    at: datetime,
    refresh_snapshot: bool = True,
    actor: audit.Actor | None = None,
    scope: Scope = EVERYTHING,
) -> int:
    """Write one row (:class:`Entry`); its id. As :func:`save_all` of that one."""
    return save_all(
        database,
        settings,
        [Entry(register, values, key)],
        by=by,
        at=at,
        refresh_snapshot=refresh_snapshot,
        actor=actor,
        scope=scope,
    )[0]


def save_all(
    database: Engine,
    settings: Settings,
    entries: Sequence[Entry],
    *,
    by: str,
    at: datetime,
    refresh_snapshot: bool = True,
    actor: audit.Actor | None = None,
    scope: Scope = EVERYTHING,
) -> list[int]:
    """Write rows that belong together, all or none; their ids, in order.

    A later row may name an earlier one by its code: the result of a re-inspection names the visit
    that is written with it. ``by``: who says so; ``at``: when (local when naive). ``actor``: who
    the audit names, in the same transaction (default: ``by``). ``scope``: the units that each
    row, before and after, must be of (default: any); the audit notes a refusal.
    Raises RegisterRefused with every problem (Vietnamese; nothing is written), and
    SnapshotNotRefreshed when the rows are written but the figures are not in step yet.
    """
    if not by.strip():
        raise RegisterRefused.of([Problem("Người cập nhật", None, "hãy ghi tên người cập nhật.")])
    who = actor or audit.Actor(by.strip())
    try:
        with write_transaction(database) as connection:
            ids = [
                _written(connection, settings, entry, by.strip(), at, who, scope)
                for entry in entries
            ]
    except OutOfScope as refused:
        _note_refused(database, settings, refused.register, who)
        raise
    if refresh_snapshot:
        from connectors import snapshot

        try:
            snapshot.refresh(database, settings)
        except Exception as error:
            raise SnapshotNotRefreshed(ids[-1], error) from error
    return ids


def _written(
    connection: Connection,
    settings: Settings,
    entry: Entry,
    by: str,
    at: datetime,
    actor: audit.Actor,
    scope: Scope,
) -> int:
    declared = the_register(entry.register)
    writer = Writer(connection, declared, settings.zone, by, at, scope)
    row_id, outcome = _save_one(writer, entry.values, entry.key)
    writer.finish()
    if outcome != "unchanged":
        try:
            audit.append(
                connection,
                "edit",
                actor=actor,
                subject=f"{declared.label}, dòng {row_id}",
                unit_id=writer.rows[row_id].get("unit_id"),
                detail={"register": entry.register, "row": row_id, "outcome": outcome},
                keys=settings.audit_keys,
            )
        except audit.AuditUnavailable as error:
            raise RegisterRefused(str(error)) from error
    return row_id


def _note_refused(database: Engine, settings: Settings, register: str, actor: audit.Actor) -> None:
    with suppress(audit.AuditUnavailable):  # refused it is either way
        audit.record(
            database,
            "refused",
            actor=actor,
            subject=the_register(register).label,
            detail={"register": register, "why": "ngoài phạm vi"},
            keys=settings.audit_keys,
        )


def _save_one(
    writer: Writer, given: Mapping[str, Any], key: Mapping[str, Any] | None
) -> tuple[int, str]:
    register = writer.register
    if key is None:
        row = writer.typed(_with_by(register, given, writer.by))
        found = writer.find(row)
        if found is not None:
            raise RegisterRefused.of(
                [_taken(register, writer.words_of(row))],
            )
        return writer.put(row)
    row_id = writer.row_named(key)
    old = writer.rows[row_id]
    row = writer.typed(given, old=old)
    found = writer.find(old | row)
    if found is not None and found != row_id:
        raise RegisterRefused.of([_taken(register, writer.words_of(old | row))])
    return writer.put(row, row_id)


def _with_by(register: Register, given: Mapping[str, Any], by: str) -> Mapping[str, Any]:
    if "by" in register.by_name and not given.get("by"):
        return {**given, "by": by}
    return given


def _taken(register: Register, words: Mapping[str, str | None]) -> Problem:
    labels = [register.label_of(name) for name in register.key]
    shown = ", ".join(words.get(name) or "(trống)" for name in register.key)
    return Problem(" + ".join(labels), shown, "đã có trong sổ; hãy sửa dòng đã có.")


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
    the row was made), ``label`` (Vietnamese), ``old``, ``new`` (as words; null: unknown).
    """
    declared = the_register(register)
    query = (
        select(_LOG.c.at, _LOG.c.by, _LOG.c.column_name, _LOG.c.old_value, _LOG.c.new_value)
        .where(_LOG.c.register == register, _LOG.c.row_key == str(row_key))
        .order_by(_LOG.c.at.desc(), _LOG.c.id.desc())
    )
    with read_transaction(database) as connection:
        found = (
            connection.execute(query) if _is_within(connection, declared, row_key, scope) else ()
        )
        rows = [
            (
                row.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None),
                row.by,
                row.column_name,
                "Ghi mới" if row.column_name == NEW else declared.label_of(row.column_name),
                row.old_value,
                row.new_value,
            )
            for row in found
        ]
    names = ("at", "by", "column", "label", "old", "new")
    schema = dict.fromkeys(names, pl.String) | {"at": pl.Datetime("ms")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _is_within(
    connection: Connection, declared: Register, row_key: int | str, scope: Scope
) -> bool:
    if scope.units is None or declared.name in OPEN_TO_ALL:
        return True
    table = Base.metadata.tables[declared.name]
    row = connection.execute(select(table).where(table.c.id == int(row_key))).mappings().first()
    return row is not None and Fence(connection, scope).holds(declared.name, dict(row))


class Writer:
    """One register's rows in one transaction: typed, compared with what is there, written."""

    def __init__(
        self,
        connection: Connection,
        register: Register,
        zone: ZoneInfo,
        by: str,
        at: datetime,
        scope: Scope = EVERYTHING,
    ) -> None:
        self.register = register
        self.by = by
        self._fence = Fence(connection, scope)
        self.book = Book(connection, self._fence)
        self.zone = zone
        self._connection = connection
        self._at = values.as_utc(at, zone)
        self._table = Base.metadata.tables[register.name]
        self._task_unit = Base.metadata.tables["task_unit"]
        self._log: list[dict[str, Any]] = []
        self._targets = {column.target for column in register.columns if column.target}
        self._pending: list[Row] = []
        self._next = next_id(connection, self._table)
        # Columns of the row typed last that its source did not fill.
        self.defaulted: set[str] = set()
        self.rows: dict[int, Row] = {
            row["id"]: dict(row) for row in connection.execute(select(self._table)).mappings()
        }
        if _CO_UNITS in register.by_name:
            self._read_co_units()
        self._ids = {self._key(row): row_id for row_id, row in self.rows.items()}

    def _read_co_units(self) -> None:
        for row in self.rows.values():
            row[_CO_UNITS] = ()
        query = select(self._task_unit).order_by(self._task_unit.c.unit_id)
        for task, unit in self._connection.execute(query):
            self.rows[task][_CO_UNITS] += (unit,)

    # Typing

    def typed(
        self,
        given: Mapping[str, Any],
        *,
        old: Mapping[str, Any] | None = None,
        decimal: Mapping[str, str] | str = "auto",
    ) -> Row:
        """The given values by database column. ``old``: the row that they are to change.

        Raises RegisterRefused with every problem of the row.
        """
        problems: list[Problem] = []
        row: Row = {}
        if self.register.prepare is not None:
            given = self.register.prepare(given)
        texts = self._plain_values(given, row, problems, decimal)
        if old is None:
            self._defaults(row)
        self._references(texts, row, old or {}, problems)
        for fill in self.register.fills:
            whole = {**(old or {}), **row}
            try:
                fill(whole)
            except BadValue as error:
                problems.append(
                    Problem("Tỉnh, thành phố", _shown(whole.get("province")), str(error))
                )
            row.update({name: value for name, value in whole.items() if name in self._targets})
        whole = {**(old or {}), **row}
        self._required(whole, problems, texts)
        if not problems:
            problems += [found for check in self.register.checks if (found := check(whole))]
        if problems:
            raise RegisterRefused.of(problems)
        row.pop("id", None)
        return row

    def _plain_values(
        self,
        given: Mapping[str, Any],
        row: Row,
        problems: list[Problem],
        decimal: Mapping[str, str] | str,
    ) -> dict[str, Any]:
        """Fill ``row`` with all but references; the references' raw values by column name."""
        references: dict[str, Any] = {}
        for name, value in given.items():
            column = self._column(name)
            if column.kind in (*REFERENCES, UNIT, UNITS):
                references[column.name] = value
                continue
            sign = decimal if isinstance(decimal, str) else decimal.get(column.kind, "auto")
            try:
                typed = (
                    values.parse(column, value, self.zone, sign)
                    if isinstance(value, str)
                    else values.checked(column, value, self.zone)
                )
            except BadValue as error:
                problems.append(Problem(column.label, _shown(value), str(error)))
                continue
            problem = self._too_long(column, typed)
            if problem is not None:
                problems.append(problem)
            row[column.target or column.name] = typed
        self._bare_months(given, row)
        return references

    def _column(self, name: str) -> Column:
        column = self.register.by_name.get(name) or self.register.column_of(name)
        if column is None:
            raise RegisterRefused(f"Sổ “{self.register.label}” không có cột “{name}”.")
        return column

    def _too_long(self, column: Column, value: Any) -> Problem | None:
        length = getattr(self._table.c[str(column.target)].type, "length", None)
        if isinstance(value, str) and length is not None and len(value) > length:
            reason = f"dài {len(value)} ký tự, tối đa {length}; hãy rút ngắn."
            return Problem(column.label, value[:60] + "…", reason)
        return None

    def _bare_months(self, given: Mapping[str, Any], row: Row) -> None:
        """Where only a month was written, say that no day is known."""
        if "date_precision" not in self.register.by_name or row.get("date_precision") is not None:
            return
        written = [
            given[column.name]
            for column in self.register.columns
            if column.month and isinstance(given.get(column.name), str) and given[column.name]
        ]
        if any(values.is_month(text) for text in written):
            row["date_precision"] = "month"

    def _defaults(self, row: Row) -> None:
        self.defaulted.clear()
        for column in self.register.columns:
            if column.default is not None and column.target and row.get(column.target) is None:
                row[column.target] = column.default
                self.defaulted.add(column.target)

    def _references(
        self,
        raw: Mapping[str, Any],
        row: Row,
        old: Mapping[str, Any],
        problems: list[Problem],
    ) -> None:
        owners: dict[str, int | None] = {}
        # Programmes first (tasks and targets stand within them), units last (they need a day).
        order = {UNIT: 2, UNITS: 2, "programme": 0}
        columns = [self.register.by_name[name] for name in raw]
        for column in sorted(columns, key=lambda column: order.get(column.kind, 1)):
            value = raw[column.name]
            try:
                found = self._reference(column, value, owners, {**old, **row})
            except BadValue as error:
                problems.append(Problem(column.label, _shown(value), str(error)))
                # Named, but wrong: that it is missing need not be said as well.
                found = -1
            if column.kind == "programme":
                owners[column.name] = found
            if column.target is not None:
                row[column.target] = found

    def _reference(
        self,
        column: Column,
        value: Any,
        owners: Mapping[str, int | None],
        row: Mapping[str, Any],
    ) -> Any:
        if value is None or (isinstance(value, str) and not value.strip()):
            return () if column.kind == UNITS else None
        if column.kind == UNITS:
            parts = (
                [text for text in value.split(";") if text.strip()]
                if isinstance(value, str)
                else list(value)
            )
            return tuple(sorted({self._one(column, part, owners, row) for part in parts}))
        return self._one(column, value, owners, row)

    def _one(
        self,
        column: Column,
        value: Any,
        owners: Mapping[str, int | None],
        row: Mapping[str, Any],
    ) -> int:
        if isinstance(value, int):
            if not self.book.holds(column.kind, value):
                raise BadValue("không còn trong cơ sở dữ liệu; hãy chọn lại.")
            return value
        text = str(value).strip()
        if column.kind in (UNIT, UNITS):
            return self.book.units.find(text, self._days(row))
        if column.within is None:
            return self.book.find(column.kind, text)
        owner = owners.get(column.within)
        if owner is None or owner < 0:
            raise BadValue("chưa biết thuộc chương trình nào; hãy điền mã chương trình.")
        return self.book.find(column.kind, text, owner)

    def _days(self, row: Mapping[str, Any]) -> list[date]:
        days = days_of(self.register, row)
        for kind in ("programme", "target"):
            number = row.get(f"{kind}_id")
            if not days and isinstance(number, int) and number > 0:
                days = self.book.days_of(kind, number)
        return days

    def _required(
        self, row: Mapping[str, Any], problems: list[Problem], raw: Mapping[str, Any]
    ) -> None:
        named = {problem.column for problem in problems}
        for column in self.register.columns:
            value = row.get(column.target) if column.target else raw.get(column.name, True)
            if column.required and value in (None, "") and column.label not in named:
                problems.append(Problem(column.label, None, "thiếu giá trị; hãy điền cột này."))

    # Finding

    def _key(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(_folded(row.get(name)) for name in self.register.key)

    def find(self, row: Mapping[str, Any]) -> int | None:
        """The id of the row with this row's natural key."""
        return self._ids.get(self._key(row))

    def row_named(self, key: Mapping[str, Any]) -> int:
        """The id of the row that a natural key, or ``id``, names; RegisterRefused if none."""
        if "id" in key:
            row_id = int(key["id"])
            if self._shows(row_id):
                return row_id
        else:
            problems: list[Problem] = []
            row: Row = {}
            raw = self._plain_values(key, row, problems, "auto")
            self._references(raw, row, {}, problems)
            found = None if problems else self.find(row)
            if found is not None and self._shows(found):
                return found
        raise RegisterRefused(f"Sổ “{self.register.label}” không có dòng này; hãy mở lại trang.")

    def _shows(self, row_id: int) -> bool:
        """Whether there is such a row for this writer; one that everybody reads is there."""
        row, name = self.rows.get(row_id), self.register.name
        return row is not None and (name in OPEN_TO_ALL or self._fence.holds(name, row))

    # Writing

    def put(self, row: Row, row_id: int | None = None) -> tuple[int, str]:
        """Write a typed row; its id and ``inserted``, ``changed`` or ``unchanged``.

        Raises OutOfScope for a row that is not of the writer's units.
        """
        row_id = self.find(row) if row_id is None else row_id
        old = None if row_id is None else self.rows[row_id]
        self._fence.check(self.register, old, {**(old or {}), **row})
        if row_id is None or old is None:
            return self._insert(row), "inserted"
        changed = {name: value for name, value in row.items() if old.get(name) != value}
        if not changed:
            return row_id, "unchanged"
        self._update(row_id, changed)
        for name, value in changed.items():
            self._note(row_id, name, self._words(name, old.get(name)), self._words(name, value))
        self._remember(row_id, {**old, **row})
        return row_id, "changed"

    def _insert(self, row: Row) -> int:
        """Hand out the row's id; it is written with the next ones (nobody else can write now)."""
        row_id, self._next = self._next, self._next + 1
        whole = {column.name: None for column in self._table.c} | row | {"id": row_id}
        if _CO_UNITS in self.register.by_name:
            whole[_CO_UNITS] = row.get(_CO_UNITS, ())
        self._pending.append(whole)
        words = {
            self.register.label_of(name): text
            for name, text in self.words_of(row).items()
            if text not in (None, "")
        }
        self._note(row_id, NEW, None, json.dumps(words, ensure_ascii=False))
        self._remember(row_id, whole)
        return row_id

    def _flush(self) -> None:
        if not self._pending:
            return
        rows, self._pending = self._pending, []
        plain = [{name: value for name, value in row.items() if name != _CO_UNITS} for row in rows]
        self._connection.execute(insert(self._table), plain)
        for row in rows:
            self._write_co_units(row["id"], row.get(_CO_UNITS, ()))
        reset_sequence(self._connection, self._table)

    def _update(self, row_id: int, changed: Row) -> None:
        self._flush()
        plain = {name: value for name, value in changed.items() if name != _CO_UNITS}
        if plain:
            self._connection.execute(
                update(self._table).where(self._table.c.id == row_id).values(plain)
            )
        if _CO_UNITS in changed:
            gone = delete(self._task_unit).where(self._task_unit.c.task_id == row_id)
            self._connection.execute(gone)
            self._write_co_units(row_id, changed[_CO_UNITS])

    def _write_co_units(self, task_id: int, units: Iterable[int]) -> None:
        rows = [{"task_id": task_id, "unit_id": unit} for unit in units]
        if rows:
            self._connection.execute(insert(self._task_unit), rows)

    def _remember(self, row_id: int, row: Row) -> None:
        if row_id in self.rows:
            self._ids.pop(self._key(self.rows[row_id]), None)
        self.rows[row_id] = row | {"id": row_id}
        self._ids[self._key(row)] = row_id
        if self.register.refers_to_itself:
            self.book.remember(self.register.name, self.rows[row_id])

    def _note(self, row_id: int, column: str, old: str | None, new: str | None) -> None:
        self._log.append(
            {
                "at": self._at,
                "by": self.by,
                "register": self.register.name,
                "row_key": str(row_id),
                "column_name": column,
                "old_value": old,
                "new_value": new,
            }
        )
        if len(self._log) >= _BLOCK:
            self.finish()

    def finish(self) -> None:
        """Write what has been put, and the change log."""
        self._flush()
        if self._log:
            self._connection.execute(insert(_LOG), self._log)
            self._log = []

    # Showing

    def words_of(self, row: Mapping[str, Any]) -> dict[str, str | None]:
        """The row's values as people read them, by database column."""
        return {name: self._words(name, value) for name, value in row.items()}

    def _words(self, name: str, value: Any) -> str | None:
        column = self.register.column_of(name)
        if value is None or column is None:
            return values.in_words(column, value, self.zone)
        if column.kind == UNITS:
            return "; ".join(self.book.name_of(UNIT, number) for number in value) or None
        if column.kind in (*REFERENCES, UNIT):
            return self.book.name_of(column.kind, value)
        return values.in_words(column, value, self.zone)


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)


def now_utc() -> datetime:
    """The wall clock, for the command line only."""
    return datetime.now(UTC)
