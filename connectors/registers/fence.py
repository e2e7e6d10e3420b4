"""Whose a register's row is, and whether a writer of some units may touch it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from connectors.database.models import Base
from connectors.database.registers import TABLES
from connectors.engine import Scope
from connectors.refused import RegisterRefused
from metrics.registers import REGISTERS
from metrics.registers.columns import Problem, Register
from metrics.registers.held import with_above

FENCED: Final = frozenset(name for name, each in REGISTERS.items() if not each.open_to_all)
"""Registers whose rows outside the scope are, to the asker, no rows."""

_OUTSIDE: Final = "ngoài phạm vi của tài khoản; chỉ được ghi cho đơn vị trong phạm vi."


class OutOfScope(RegisterRefused):
    """The row, as it is or as it would be, is not of the writer's units; nothing was written."""

    register = ""
    """Of which register the row is."""


class Fence:
    """What lies within a scope, as it is in a transaction. A row of no unit is in no scope."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._ids: dict[str, frozenset[int]] = {}
        self.units = scope.units
        self._above: frozenset[int] | None = None

    def holds(self, register: str, row: Mapping[str, Any]) -> bool:
        """Whether a row (by database column) of a register is within the scope."""
        if self.units is None:
            return True
        parent = REGISTERS[register].parent
        if parent is None:
            return row.get("unit_id") in self.units
        return row.get(str(parent.target)) in self.ids(parent.kind)

    def shows(self, register: str, row: Mapping[str, Any]) -> bool:
        """Whether a row may be read: its own, what is everybody's, what stands above its units."""
        declared = REGISTERS[register]
        if declared.open_to_all or self.holds(register, row):
            return True
        unit = row.get("unit_id")
        concerns = bool(self.units) and (unit is None or unit in self._those_above())
        return declared.from_above and concerns

    def _those_above(self) -> frozenset[int]:
        if self._above is None:
            unit = Base.metadata.tables["unit"]
            rows = self._connection.execute(select(unit.c.id, unit.c.parent_id))
            self._above = with_above({row.id: row.parent_id for row in rows}, self.units or ())
        return self._above

    def ids(self, register: str) -> Collection[int]:
        """The ids of a register's rows within the scope."""
        if register not in self._ids:
            rows = self._connection.execute(select(TABLES[register])).mappings()
            self._ids[register] = frozenset(
                row["id"] for row in rows if self.holds(register, dict(row))
            )
        return self._ids[register]

    def check(
        self, register: Register, old: Mapping[str, Any] | None, new: Mapping[str, Any]
    ) -> None:
        """Raises OutOfScope unless both the row as it is and as it would be are within.

        ``new``: the whole row. Co-operating units may be named and struck off within the scope.
        """
        if self.units is None:
            return
        if not (old is None or self.holds(register.name, old)):
            raise self._refusal(register)
        if not self.holds(register.name, new):
            raise self._refusal(register)
        before: Iterable[int] = () if old is None else old.get("co_units") or ()
        if set(before).symmetric_difference(new.get("co_units") or ()) - self.units:
            raise self._refusal(register, "co_units")

    def _refusal(self, register: Register, column: str | None = None) -> OutOfScope:
        usual = "unit_id" if register.parent is None else str(register.parent.target)
        found = OutOfScope.of([Problem(register.label_of(column or usual), None, _OUTSIDE)])
        found.register = register.name
        return found
