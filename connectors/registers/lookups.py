"""Codes and names in a register's file or form → ids, as they are in its transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select

from connectors.database.models import Base
from connectors.intake.aliases import Aliases
from connectors.intake.unit_names import KnownUnits
from connectors.intake.words import fold, nearest
from connectors.refused import BadValue
from connectors.registers.fence import FENCED, Fence
from metrics.registers import REGISTERS

_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)
_TABLES: Final = Base.metadata.tables


class Book:
    """Units and register rows by what people call them. Each table is read once, when needed.

    ``fence``: what lies outside of it is not there, and no hint names it.
    """

    def __init__(self, connection: Connection, fence: Fence | None = None) -> None:
        self._connection = connection
        self._fence = fence
        self._units: _Units | None = None
        self._rows: dict[str, dict[tuple[Any, str], int]] = {}
        self._codes: dict[str, dict[int, str]] = {}
        self._days: dict[tuple[str, int], list[date]] = {}

    @property
    def units(self) -> _Units:
        """The units."""
        if self._units is None:
            self._units = _Units(self._connection)
        return self._units

    def find(self, kind: str, text: str, within: int | None = None) -> int:
        """The id of the row of a register (or field) with a code; BadValue when there is none."""
        found = self._table(kind).get((within, fold(text)))
        if found is not None:
            return found
        near = nearest(
            text,
            [
                self._codes[kind][number]
                for (owner, _), number in self._table(kind).items()
                if owner == within
            ],
        )
        hint = f"; gần nhất: {', '.join(near)}" if near else ""
        where = " trong chương trình này" if within is not None else ""
        raise BadValue(f"không có {REGISTERS[kind].noun} nào mang mã này{where}{hint}. Hãy sửa mã.")

    def has(self, kind: str, text: str) -> bool:
        """Whether a row of a register is called so."""
        return (None, fold(text)) in self._table(kind)

    def name_of(self, kind: str, number: int) -> str:
        """The code (a unit: the name) by which a person knows a row."""
        if kind in ("unit", "units"):
            return self.units.name(number)
        self._table(kind)
        return self._codes[kind].get(number, str(number))

    def holds(self, kind: str, number: int) -> bool:
        """Whether there is a row with this id."""
        if kind in ("unit", "units"):
            return number in self.units.by_id
        self._table(kind)
        return number in self._codes[kind]

    def remember(self, kind: str, row: dict[str, Any]) -> None:
        """Know a row that is being written, so that later rows of the same file may name it."""
        owner = row.get(REGISTERS[kind].code_within or "")
        if kind == "field":
            self._table(kind).setdefault((None, fold(row["name"])), row["id"])
        self._table(kind)[(owner, fold(row["code"]))] = row["id"]
        self._codes[kind][row["id"]] = row["code"]

    def days_of(self, kind: str, number: int) -> list[date]:
        """Days in the life of a programme or target: its period's first and last, its issue."""
        key = (kind, number)
        if key not in self._days:
            table = _TABLES[kind]
            columns = [table.c.period_from, table.c.period_to]
            columns += [table.c.issued_on] if kind == "programme" else []
            row = self._connection.execute(select(*columns).where(table.c.id == number)).first()
            self._days[key] = [day for day in row or () if day is not None]
        return self._days[key]

    def _table(self, kind: str) -> dict[tuple[Any, str], int]:
        if kind not in self._rows:
            table = _TABLES[kind]
            owner = REGISTERS[kind].code_within
            columns = [table.c.id, table.c.code, *([table.c[owner]] if owner else [])]
            if kind == "field":
                columns.append(table.c.name)
            rows: dict[tuple[Any, str], int] = {}
            codes: dict[int, str] = {}
            within = self._within(kind)
            for row in self._connection.execute(select(*columns)):
                if within is not None and row.id not in within:
                    continue
                if kind == "field":
                    rows.setdefault((None, fold(row.name)), row.id)
                rows[(row[2] if owner else None, fold(row.code))] = row.id
                codes[row.id] = row.code
            self._rows[kind], self._codes[kind] = rows, codes
        return self._rows[kind]

    def _within(self, kind: str) -> Collection[int] | None:
        """Of which rows a name means any; None: of all."""
        fence = self._fence
        if fence is None or fence.units is None or kind not in FENCED:
            return None
        return fence.ids(kind)


class _Units(KnownUnits):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.execute(select(_TABLES["unit"])), Aliases.read(connection))

    def name(self, number: int) -> str:
        unit = self.by_id.get(number)
        return str(unit.name) if unit is not None else str(number)

    def find(self, text: str, days: Sequence[date]) -> int:
        """The unit that a text means on the first of the days on which it means any.

        ``scheme:code``, a code, a name, or ``name, parent's name``. BadValue when the text means
        none, or more than one.
        """
        said = self.aliases.of(text)
        for day in days or (None,):
            for unit, first, last in said:
                if last is None if day is None else _spans(first, last, day):
                    return self.aliases.root(unit)
        known = self._known(text)
        if not known:
            near = self.names.near(text, [unit.name for unit in self.standing_first()])
            hint = f"; gần nhất: {', '.join(near)}" if near else ""
            raise BadValue(
                f"đơn vị không có trong danh mục{hint}. "
                "Hãy sửa lại mã hoặc tên đơn vị, hoặc thêm đơn vị trước."
            )
        on_a_day = ([unit for unit in known if _valid(unit, day)] for day in days)
        found = next(filter(None, on_a_day), []) if days else _open_first(known)
        if not found:
            spans = "; ".join(sorted({_span(unit) for unit in known}))
            raise BadValue(
                f"đơn vị không có hiệu lực vào ngày {days[0]:%d/%m/%Y} (hiệu lực {spans}). "
                "Hãy ghi đơn vị của ngày đó."
            )
        if len(found) > 1:
            names = "; ".join(self._long_name(unit) for unit in found[:4])
            raise BadValue(f"có {len(found)} đơn vị cùng tên hoặc mã này ({names}); hãy ghi rõ.")
        return self.aliases.root(int(found[0].id))

    def _known(self, text: str) -> list[Any]:
        scheme, colon, code = text.partition(":")
        exact = self.of_code(code, scheme) if colon else []
        return exact or self.meant(text)

    def _long_name(self, unit: Any) -> str:
        parent = self.by_id.get(unit.parent_id)
        return f"{unit.scheme}:{unit.code} {unit.name}" + (f", {parent.name}" if parent else "")


def _valid(unit: Any, day: date) -> bool:
    return _spans(unit.valid_from, unit.valid_to, day)


def _spans(first: date | None, last: date | None, day: date) -> bool:
    return (first or _FIRST_DAY) <= day <= (last or _LAST_DAY)


def _open_first(units: Iterable[Any]) -> list[Any]:
    """Without a day: the units that still exist, else all of them."""
    found = list(units)
    return [unit for unit in found if unit.valid_to is None] or found


def _span(unit: Any) -> str:
    first = f"từ {unit.valid_from:%d/%m/%Y}" if unit.valid_from else ""
    last = f"đến {unit.valid_to:%d/%m/%Y}" if unit.valid_to else ""
    return f"{first} {last}".strip() or "không giới hạn"
