"""What somebody decided of units' spellings: read once for an import or a form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, Table, insert, select

from connectors.database.unit_aliases import UnitAlias
from connectors.intake.codes import agency_key
from connectors.intake.words import fold

_ALIAS: Final = cast(Table, UnitAlias.__table__)

Span = tuple[int, date | None, date | None]
"""A unit, and the first and last day on which it is meant."""


@dataclass(frozen=True)
class Aliases:
    """Entries of the catalogue that are another one, and spellings with their days."""

    merged: dict[int, int] = field(default_factory=dict)
    _spelt: dict[str, list[Span]] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection) -> Aliases:
        """Those in force."""
        one: dict[int, int] = {}
        spelt: dict[str, list[Span]] = defaultdict(list)
        query = select(_ALIAS).where(_ALIAS.c.ended_at.is_(None)).order_by(_ALIAS.c.id)
        for row in connection.execute(query):
            if row.merged_unit_id is not None:
                one[row.merged_unit_id] = row.unit_id
            else:
                spelt[spelling(row.text)].append((row.unit_id, row.valid_from, row.valid_to))
        whole = cls(one)
        return cls({unit: whole.root(unit) for unit in one}, dict(spelt))

    def root(self, unit: int) -> int:
        """The entry that counts for this one."""
        seen: set[int] = set()
        while unit in self.merged and unit not in seen:
            seen.add(unit)
            unit = self.merged[unit]
        return unit

    def distinct(self, units: Iterable[Any]) -> list[Any]:
        """Units (with ``id``) without entries of the same one beside the entry that counts."""
        found = list(units)
        if not self.merged:
            return found
        first: dict[int, Any] = {}
        for unit in sorted(found, key=lambda unit: unit.id in self.merged):
            first.setdefault(self.root(unit.id), unit)
        kept = {unit.id for unit in first.values()}
        return [unit for unit in found if unit.id in kept]

    def of(self, text: str) -> list[Span]:
        """The units that a spelling was said to mean, and when."""
        return self._spelt.get(spelling(text), [])


def remember_code(connection: Connection, unit: int, code: str, at: datetime) -> None:
    """Keep that an agency's code is a unit's, as a file says by the name beside it."""
    said = {"by": "Khi nạp tệp", "reason": "Tên đi cùng mã trong tệp"}
    connection.execute(insert(_ALIAS).values(unit_id=unit, text=code, at=at, **said))


def spelling(text: str) -> str:
    """The form in which spellings are compared: agency codes are one however they are written."""
    return agency_key(text) or fold(text)
