"""A database as the program of the first schema left it.

``first-schema.json`` is every table of a database that it (commit 57d0765) made of ``ho-so.xlsx``
and ``thong-diep.jsonl``.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from alembic import command
from sqlalchemy import Boolean, Date, Engine, MetaData, text
from sqlalchemy import types as sql_types

from connectors.database.session import migration_config, open_database
from connectors.database.types import UtcMoment

HELD: Final[dict[str, list[dict[str, Any]]]] = json.loads(
    Path(__file__).with_name("first-schema.json").read_text(encoding="utf-8")
)
"""Table to its rows; moments in milliseconds."""


def first_schema(url: str) -> None:
    """Make such a database at ``url``, where there is an empty one or none."""
    database = open_database(url)
    with database.begin() as connection:
        command.upgrade(migration_config(connection), "0001")
    _fill(database)
    database.dispose()


def _fill(database: Engine) -> None:
    held = MetaData()
    held.reflect(database)
    with database.begin() as connection:
        for table in held.sorted_tables:
            rows = HELD.get(table.name, [])
            if rows:
                for column in table.columns:
                    if column.name.endswith(("_at", "data_until")):
                        column.type = UtcMoment()
                kinds = {column.name: column.type for column in table.columns}
                given = [{name: _value(v, kinds[name]) for name, v in r.items()} for r in rows]
                connection.execute(table.insert(), given)
                if "id" in kinds and database.dialect.name == "postgresql":
                    connection.execute(
                        text(
                            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
                            f"(SELECT max(id) FROM {table.name}))"
                        )
                    )


def _value(value: Any, kind: sql_types.TypeEngine[Any]) -> Any:
    if value is None:
        return None
    if isinstance(kind, UtcMoment):
        return datetime.fromtimestamp(value / 1000, UTC)
    if isinstance(kind, Boolean):
        return bool(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
