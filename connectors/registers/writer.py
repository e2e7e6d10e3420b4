"""Writing one register's rows in a transaction: typed, compared with what is there, kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, delete, insert, select, update

from connectors.database.bulk import next_id, reset_sequence
from connectors.database.models import Base
from connectors.database.registers import TABLES, TASK_UNIT, ChangeLog
from connectors.database.withdrawn import gone
from connectors.engine import Scope
from connectors.refused import BadValue, RegisterRefused
from connectors.registers import values
from connectors.registers.fence import Fence
from connectors.registers.fills import FILLS, PREPARE
from connectors.registers.lookups import Book
from connectors.registers.words import Words
from metrics.registers import REGISTERS
from metrics.registers.columns import REFERENCES, UNIT, UNITS, Column, Problem, Register, Row

NEW: Final = "*"
"""``change_log.column_name`` of a row's first entry: its values stand in ``new_value``."""

EVERYTHING: Final = Scope(None)
"""The scope of whoever runs a command on the machine."""

WITHDRAWN_ROW: Final = "đã rút khỏi sổ; hãy khôi phục trước khi sửa."
_GONE: Final = "đã rút khỏi sổ nên không ghi thêm được; hãy khôi phục dòng đó trước."

LOG: Final[Table] = Base.metadata.tables[ChangeLog.__tablename__]
_CO_UNITS: Final = "co_units"
_BLOCK: Final = 500
"""Rows that are written at once."""


def the_register(name: str) -> Register:
    """The declared register; RegisterRefused for an unknown name."""
    if name not in REGISTERS:
        known = ", ".join(REGISTERS)
        raise RegisterRefused(f"Không có sổ “{name}”. Các sổ: {known}.")
    return REGISTERS[name]


def days_of(register: Register, row: Mapping[str, Any], zone: ZoneInfo) -> list[date]:
    """The days on which the row's units are looked up, as far as its own columns say any.

    A unit counts that was valid on the first of them, or else on the next.
    """
    days: list[date] = []
    for name in register.days:
        value = row.get(name)
        if isinstance(value, datetime):
            days.append(value.astimezone(zone).date())
        elif isinstance(value, date):
            days.append(value)
        elif isinstance(value, int):
            days += [date(value, 12, 31), date(value, 1, 1)]
    return days


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
        self._words = Words(register, self.book, zone)
        self.zone = zone
        self._connection = connection
        self._at = values.as_utc(at, zone)
        self._table = TABLES[register.name]
        self._log: list[dict[str, Any]] = []
        self._targets = {column.target for column in register.columns if column.target}
        self._pending: list[Row] = []
        self._next = next_id(connection, self._table)
        self.gone = gone(connection)
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
        query = select(TASK_UNIT).order_by(TASK_UNIT.c.unit_id)
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
        if prepare := PREPARE.get(self.register.name):
            given = prepare(given)
        texts = self._plain_values(given, row, problems, decimal)
        self._defaults(row, only=None if old is None else set(row))
        self._references(texts, row, old or {}, problems)
        for fill in FILLS.get(self.register.name, ()):
            # What follows from other columns follows anew, unless it is given.
            anew = dict.fromkeys(c.name for c in self.register.columns if c.filled)
            whole = {**(old or {}), **anew, **row}
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
        if isinstance(value, str) and 0 < column.most < len(value):
            reason = f"dài {len(value)} ký tự, tối đa {column.most}; hãy rút ngắn."
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

    def _defaults(self, row: Row, only: Collection[str] | None) -> None:
        """Fill what is not known and has a usual value; ``only``: among these columns."""
        self.defaulted.clear()
        for column in self.register.columns:
            if only is not None and column.target not in only:
                continue
            if column.default is not None and column.target and row.get(column.target) is None:
                row[str(column.target)] = column.default
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
                row[str(column.target)] = found

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
        days = days_of(self.register, row, self.zone)
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
        if prepare := PREPARE.get(self.register.name):
            row = prepare(row)  # kept before it was known what is one
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
        row = self.rows.get(row_id)
        return row is not None and self._fence.shows(self.register.name, row)

    def words_of(self, row: Mapping[str, Any]) -> dict[str, str | None]:
        """The row's values as people read them, by database column."""
        return {name: self._words.of(name, value) for name, value in row.items()}

    def check(self, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
        """Raises OutOfScope unless the row, as it is and as it would be, is the writer's."""
        self._fence.check(self.register, old, new)

    # Writing

    def put(self, row: Row, row_id: int | None = None) -> tuple[int, str]:
        """Write a typed row; its id and ``inserted``, ``changed`` or ``unchanged``.

        Raises OutOfScope for a row that is not of the writer's units, RegisterRefused for one
        that was withdrawn and for one that names such a row anew.
        """
        row_id = self.find(row) if row_id is None else row_id
        old = None if row_id is None else self.rows[row_id]
        self.check(old, {**(old or {}), **row})
        if row_id is None or old is None:
            self._refuse_withdrawn(row)
            return self._insert(row), "inserted"
        changed = {name: value for name, value in row.items() if old.get(name) != value}
        if not changed:
            return row_id, "unchanged"
        if self.is_withdrawn(row_id):
            raise RegisterRefused.of([Problem(None, None, WITHDRAWN_ROW)])
        self._refuse_withdrawn(changed)
        self.move(row_id, changed)
        return row_id, "changed"

    def move(self, row_id: int, changed: Row) -> None:
        """Write some of a row's values over, whosever it is and even where it was withdrawn."""
        old = self.rows[row_id]
        self._update(row_id, changed)
        for name, value in changed.items():
            self.note(
                row_id, name, self._words.of(name, old.get(name)), self._words.of(name, value)
            )
        self._remember(row_id, {**old, **changed})

    def is_withdrawn(self, row_id: int) -> bool:
        """Whether a row does not count any more."""
        return row_id in self.gone[self.register.name]

    def _refuse_withdrawn(self, row: Row) -> None:
        """No row may newly name one that was withdrawn."""
        named = [column for column in self.register.columns if column.is_reference]
        wrong = [c for c in named if row.get(c.target or "") in self.gone[c.kind]]
        if wrong:
            raise RegisterRefused.of(
                [
                    Problem(
                        column.label,
                        self._words.of(str(column.target), row[str(column.target)]),
                        _GONE,
                    )
                    for column in wrong
                ]
            )

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
        self.note(row_id, NEW, None, json.dumps(words, ensure_ascii=False))
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
            gone = delete(TASK_UNIT).where(TASK_UNIT.c.task_id == row_id)
            self._connection.execute(gone)
            self._write_co_units(row_id, changed[_CO_UNITS])

    def _write_co_units(self, task_id: int, units: Iterable[int]) -> None:
        rows = [{"task_id": task_id, "unit_id": unit} for unit in units]
        if rows:
            self._connection.execute(insert(TASK_UNIT), rows)

    def _remember(self, row_id: int, row: Row) -> None:
        if row_id in self.rows:
            self._ids.pop(self._key(self.rows[row_id]), None)
        self.rows[row_id] = row | {"id": row_id}
        self._ids[self._key(row)] = row_id
        if self.register.refers_to_itself:
            self.book.remember(self.register.name, self.rows[row_id])

    def note(self, row_id: int, column: str, old: str | None, new: str | None) -> None:
        """A line of a row's history, written with the next ones."""
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
            self._connection.execute(insert(LOG), self._log)
            self._log = []


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)
