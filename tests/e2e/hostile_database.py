"""An installation whose every free text is hostile, and names the column that it stands in."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, String, Table, Text, insert, select

from connectors import audit
from connectors.database.access import Account
from connectors.database.models import Base
from connectors.database.session import migrate, open_database, write_transaction
from connectors.sample.load import load
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.e2e.app_server import Installation
from tests.e2e.hostile_texts import FAMILIES, shown
from tests.signing_in import NOBODYS

END: Final = date(2026, 6, 28)
_NOW: Final = datetime(2026, 6, 28, 9, tzinfo=UTC)

# Keys, codes of the program's own lists and hashes: a file cannot bring other words there.
_CLOSED: Final = {
    "account": {"role", "passphrase_hash"},
    "audit": {"*"},  # not to be changed: written line by line below
    "audit_head": {"*"},
    "change_log": {"register", "row_key", "column_name"},
    "dossier": {"channel", "end_kind", "late_cause", "content_hash"},
    "event": {"kind"},
    "feedback": {"kind", "channel", "outcome", "rating"},
    "finding": {"kind"},
    "form_row": {"form", "coverage"},
    "import_batch": {"kind", "file_sha256"},
    "index_score": {"index_name", "component", "province_code", "value_kind", "conflict"},
    "indicator_value": {"indicator", "date_precision"},
    "inspection": {"kind", "date_precision"},
    "message_memory": {"*"},  # numbers only
    "owner": {"*"},  # never drawn unmasked without a reason; tests/pages/test_access.py
    "pause": {"kind"},
    "procedure": {"level", "limit_unit", "online_level"},
    "programme": {"kind"},
    "register_batch": {"register"},
    "register_rejection": {"sealed"},
    "rejected_row": {"sealed", "waits_for"},
    "service_component": {"component"},
    "setting": {"*"},
    "sign_in_attempt": {"*"},
    "signed_in": {"token_hash", "ticket_hash", "end_reason"},
    "survey": {"coverage", "channel"},
    "target": {"metric_kind", "metric", "definition", "operator", "label"},
    "task": {"area"},
    "task_file": {"kind", "sha256"},
    "threshold_override": {"key"},
    "unit": {"scheme", "kind", "level", "code"},
    "unit_rating": {"scheme", "label"},
    "unit_succession": {"relation"},
}

_FEW: Final = 2_000
"""Tables of so many rows are filled where they say nothing, too."""

MARK: Final = re.compile(r"qx(\d+)x(\d+)q")


def columns() -> list[Column[Any]]:
    """The text columns that records, files and forms write freely, in a fixed order."""
    return [
        column
        for name, table in sorted(Base.metadata.tables.items())
        for column in table.columns
        if isinstance(column.type, String | Text)
        and not {"*", column.name} & _CLOSED.get(name, set())
    ]


def hostile(place: int, key: int) -> str:
    """The text of the column at that place; ``key`` tells rows, or groups of them, apart."""
    return f"qx{place}x{key}q {FAMILIES[(place + key) % len(FAMILIES)]}"


def expected(place: int, key: int) -> str:
    """What a reader has to read after the mark; place 9999: a line of the audit."""
    place = 0 if place == 9999 else place
    return shown(FAMILIES[(place + key) % len(FAMILIES)])


def build(folder: Any) -> Installation:
    """The installation: a sample of everything, every free text of it hostile; snapshot made."""
    at = Installation(folder)
    settings = Settings(data_dir=folder, database_url=at.database_url)
    database = open_database(at.database_url)
    migrate(database)
    load(database, settings, end=END, dossiers=2_000, with_registers=True)
    with write_transaction(database) as connection:
        _empty_tables(connection)
        for place, column in enumerate(columns()):
            _fill(connection, place, column)
        for number, family in enumerate(FAMILIES):
            with suppress(audit.AuditRefused):  # what looks like somebody's address or number
                told = f"qx9999x{number}q {family}"
                who = audit.Actor(name=told)
                audit.append(connection, "export", actor=who, subject=told, at=_NOW, keys=())
    refresh(database, settings)
    database.dispose()
    return at


def _fill(connection: Connection, place: int, column: Column[Any]) -> None:
    """Every value of the column is hostile; values that were equal stay so, keys stay unique."""
    table = column.table
    assert isinstance(table, Table)
    (key,) = list(table.primary_key.columns)[:1]
    rows = connection.execute(select(key, column)).all()
    alone = column.unique or len({value for _, value in rows}) == len(rows)
    changes = []
    for number, (identity, value) in enumerate(rows):
        if value is None and len(rows) > _FEW:
            continue
        told = number if alone or value is None else zlib.crc32(str(value).encode()) % 10_000
        changes.append((identity, hostile(place, told)))
    connection.connection.cursor().executemany(
        f'UPDATE "{table.name}" SET "{column.name}" = ? WHERE "{key.name}" = ?',
        [(text, _raw(identity)) for identity, text in changes],
    )


def _raw(identity: Any) -> Any:
    return identity.isoformat() if isinstance(identity, date) else identity


def _empty_tables(connection: Connection) -> None:
    """Rows of what a sample does not have: rejected rows, overrides, accounts."""
    tables = Base.metadata.tables
    batches = list(connection.execute(select(tables["import_batch"].c.id)).scalars())
    registers = list(connection.execute(select(tables["register_batch"].c.id)).scalars())
    for name, ids in (("rejected_row", batches), ("register_rejection", registers)):
        batch = tables[name.replace("rejected_row", "import_batch").replace("rejection", "batch")]
        connection.execute(batch.update().values(rows_rejected=len(FAMILIES)))
        connection.execute(
            insert(tables[name]),
            [
                {"batch_id": one, "line_no": line, "column_name": "x", "value": f"{one}-{line}",
                 "reason": f"{one}:{line}", "row": {text: text}}
                for one in ids for line, text in enumerate(FAMILIES)
            ],
        )  # fmt: skip
    connection.execute(
        insert(tables["calendar_override"]),
        [
            {"day": date(2026, month, 3 + month % 2), "is_working": False, "name": str(month),
             "document": str(month)}
            for month in range(1, 13)
        ],
    )  # fmt: skip
    connection.execute(
        insert(tables["threshold_override"]),
        [
            {"key": key, "value": 5, "valid_from": date(2026, 1, day), "document": f"{key}{day}",
             "by": f"{key}{day}", "at": _NOW}
            for key in ("due_soon_days", "small_group") for day in (1, 2, 3)
        ],
    )  # fmt: skip
    connection.execute(
        insert(Account),
        [
            {"name": f"a{one}", "full_name": f"A {one}", "role": "leader", "unit_id": None,
             "passphrase_hash": NOBODYS, "external_id": f"e{one}", "created_at": _NOW,
             "must_change": False}
            for one in range(len(FAMILIES))
        ],
    )  # fmt: skip


def marks(text: str) -> Iterator[tuple[int, int, str]]:
    """Each mark in a text with what follows it."""
    for found in MARK.finditer(text):
        yield int(found[1]), int(found[2]), text[found.end() :]


__all__ = ["build", "columns", "expected", "hostile", "marks"]
