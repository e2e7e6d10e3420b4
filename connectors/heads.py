"""Who leads units on a day: read from the database each time, kept nowhere else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, or_, select

from connectors.database.registers import TABLES, WITHDRAWAL
from connectors.database.session import read_transaction
from connectors.engine import Scope

_HEAD = TABLES["unit_head"]
_BLOCK = 500


@dataclass(frozen=True, repr=False)
class Head:
    """The person at the head of a unit; ``row``: of the register. Not printed into any log."""

    row: int
    unit: int
    name: str
    title: str | None
    phone: str | None


def heads_on(database: Engine, day: date, units: Collection[int], scope: Scope) -> dict[int, Head]:
    """Unit → who leads it on that day, of units within the scope; a unit of none is not there.

    Of several whose terms hold, the one that began last. Withdrawn rows are none.
    """
    allowed = sorted(units if scope.units is None else scope.units & set(units))
    away = select(WITHDRAWAL.c.row_id).where(WITHDRAWAL.c.register == "unit_head")
    found: dict[int, Head] = {}
    with read_transaction(database) as connection:
        for at in range(0, len(allowed), _BLOCK):
            query = (
                select(*(_HEAD.c[name] for name in ("id", "unit_id", "name", "title", "phone")))
                .where(
                    _HEAD.c.unit_id.in_(allowed[at : at + _BLOCK]),
                    _HEAD.c.since <= day,
                    or_(_HEAD.c.until.is_(None), _HEAD.c.until >= day),
                    _HEAD.c.id.not_in(away),
                )
                .order_by(_HEAD.c.since, _HEAD.c.id)
            )
            found |= {row.unit_id: Head(*row) for row in connection.execute(query)}
    return found
