"""The shipped examples: what five published articles and some public pages say, as records.

Articles: Hà Nội 2022, Thanh Hóa 2021–2025, Cẩm Giàng 2022, Hà Đông 2023. Pages: figures of
2018–2026, each with its address, also where they contradict themselves. Everything goes through the
ordinary import; only the units that the database does not have yet are added first.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, select

from connectors.database.models import Base
from connectors.database.session import write_transaction
from connectors.refused import RegisterRefused
from connectors.registers.fills import DATA
from connectors.registers.report import RegisterReport
from connectors.registers.run import import_within
from connectors.settings import Settings
from metrics.core.collation import ranks
from metrics.registers import REGISTERS

FOLDER: Final = Path(__file__).parent / "examples"
UNITS: Final = FOLDER / "units.csv"
FACTS: Final = DATA / "indices_facts.csv"
BY: Final = "Bộ ví dụ kèm theo"

_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)


def load_examples(
    database: Engine,
    settings: Settings,
    *,
    now: datetime | None = None,
    refresh_snapshot: bool = True,
) -> list[RegisterReport]:
    """Load the whole example set in one transaction; one report a file. Again changes nothing.

    Units that are there already (same scheme and code, days that overlap) are used as they are.
    Raises RegisterRefused when a shipped row does not fit (then nothing is loaded).
    """
    with write_transaction(database) as connection:
        reports = load_examples_within(connection, settings, by=BY, now=now)
    if refresh_snapshot:
        from connectors import snapshot

        snapshot.refresh(database, settings)
    return reports


def load_examples_within(
    connection: Connection, settings: Settings, *, by: str, now: datetime | None = None
) -> list[RegisterReport]:
    """As :func:`load_examples`, in the caller's transaction. ``by``: who is said to load them."""
    add_units(connection, UNITS)
    files: list[tuple[str, Path, str, str | None]] = [
        (name, FOLDER / f"{name}.csv", by, None)
        for name in REGISTERS
        if (FOLDER / f"{name}.csv").is_file()
    ]
    # Published values are the same whoever asks for them: they are nobody's sample.
    files.append(("index_score", FACTS, BY, "indices-facts"))
    reports = []
    for name, path, who, mapping in files:
        report = import_within(connection, settings, name, path, by=who, mapping=mapping, now=now)
        if report.rows_rejected:
            first = report.first_rejected[0].sentence()
            raise RegisterRefused(f"Tệp ví dụ {path.name}: {first}")
        reports.append(report)
    return reports


def add_units(connection: Connection, path: Path) -> int:
    """Add the units of a CSV file that are not there yet; how many were added.

    Columns: scheme, code, name, short_name, kind, level, parent (``scheme:code``, a unit that is
    there or stands above), valid_from, valid_to (ISO dates; empty: without bound).
    """
    table = Base.metadata.tables["unit"]
    known = _Known(connection)
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    orders = ranks(row["short_name"] or row["name"] for row in rows)
    added = 0
    # Behind the installation's own.
    last = connection.execute(select(func.max(table.c.sort_order))).scalar_one() or 0
    for row, order in zip(rows, orders, strict=True):
        values = _unit(row, known) | {"sort_order": last + order + 1}
        if known.find(row["scheme"], row["code"], values) is not None:
            continue
        number = connection.execute(insert(table).values(values).returning(table.c.id))
        known.add(values | {"id": number.scalar_one()})
        added += 1
    return added


class _Known:
    def __init__(self, connection: Connection) -> None:
        table = Base.metadata.tables["unit"]
        names = ("id", "scheme", "code", "valid_from", "valid_to")
        query = select(*(table.c[name] for name in names))
        self._units: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for row in connection.execute(query).mappings():
            self.add(dict(row))

    def add(self, unit: Mapping[str, Any]) -> None:
        self._units.setdefault((unit["scheme"], unit["code"]), []).append(unit)

    def find(self, scheme: str, code: str, days: Mapping[str, Any]) -> int | None:
        """The unit of this code some of whose days are among these days."""
        first, last = days["valid_from"] or _FIRST_DAY, days["valid_to"] or _LAST_DAY
        for unit in self._units.get((scheme, code), ()):
            begins, ends = unit["valid_from"] or _FIRST_DAY, unit["valid_to"] or _LAST_DAY
            if begins <= last and first <= ends:
                return int(unit["id"])
        return None


def _unit(row: Mapping[str, str], known: _Known) -> dict[str, Any]:
    days = {
        name: date.fromisoformat(row[name]) if row[name] else None
        for name in ("valid_from", "valid_to")
    }
    parent = None
    if row["parent"]:
        scheme, _, code = row["parent"].partition(":")
        parent = known.find(scheme, code, days)
        if parent is None:
            raise RegisterRefused(f"Đơn vị cấp trên {row['parent']} của {row['name']} chưa có.")
    texts = {name: row[name] or None for name in ("short_name", "level")}
    plain = {name: row[name] for name in ("scheme", "code", "name", "kind")}
    return plain | texts | days | {"parent_id": parent}
