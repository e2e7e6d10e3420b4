"""Whether what protects the audit, and what dossiers said before, is still as it was made.

Whoever owns the tables can drop a trigger, disable it, put another of the same name there, swallow
new lines by one more trigger or a rule, or put a view where the table was. The chain of hashes
tells none of that. What is looked at is the database's catalogue, so somebody who can write that
(SQLite's ``writable_schema``, PostgreSQL's superuser) can deceive this, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, inspect, text

from connectors.database import audit_fence, history
from connectors.database.audit import Audit, AuditHead

_HISTORY: Final = "dossier_history"
_TABLES: Final[dict[str, Table]] = {
    made.__table__.name: made.__table__  # type: ignore[attr-defined,misc]
    for made in (Audit, AuditHead, history.DossierHistory)
}


def _statements(dialect: str) -> tuple[str, ...]:
    return (*audit_fence.statements(dialect), *history.fence(dialect))


def faults(connection: Connection) -> list[str]:
    """What is missing, changed or added, a Vietnamese sentence each; nothing: all is in place."""
    look = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    found = list(look(connection))
    # Of a view in the table's place there is nothing more to say.
    return found or list(_columns(connection))


def _columns(connection: Connection) -> Iterator[str]:
    there = inspect(connection)
    for name, table in _TABLES.items():
        columns = {column["name"] for column in there.get_columns(name)}
        key = there.get_pk_constraint(name)["constrained_columns"]
        if columns != set(table.columns.keys()) or key != table.primary_key.columns.keys():
            yield f"Bảng {name} không còn đúng các cột hoặc khóa chính như khi được tạo."
    checks = {check["name"] for check in there.get_check_constraints(AuditHead.__tablename__)}
    if not any(str(name).endswith("single") for name in checks):
        yield "Bảng audit_head không còn ràng buộc chỉ có một dòng."


def _plain(code: str) -> str:
    return " ".join(code.split())


def _differences(wanted: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    for name in wanted:
        if name not in found:
            yield f"Thiếu trigger {name} bảo vệ {_what(name)}."
        elif found[name] != wanted[name]:
            yield f"Trigger {name} bảo vệ {_what(name)} đã bị thay bằng nội dung khác."
    for name in sorted(found.keys() - wanted.keys()):
        yield f"Có trigger lạ {name} động đến {_what(str(found[name]))}."


def _what(words: str) -> str:
    return "lịch sử hồ sơ" if _HISTORY in words else "nhật ký"


def rebuild(connection: Connection) -> list[str]:
    """Put the triggers back as they were made; what is still wrong, as of :func:`faults`.

    Within the caller's write transaction. What is no trigger (a view, a rule) is left for whoever
    looks after the database.
    """
    if connection.dialect.name == "sqlite":
        for name in _sqlite_triggers(connection):
            connection.execute(text(f'DROP TRIGGER "{_quoted(name)}"'))
    else:
        for table, name in connection.execute(_ALL_TRIGGERS).all():
            connection.execute(text(f'DROP TRIGGER "{_quoted(name)}" ON {table}'))
        for name in _functions():
            connection.execute(text(f"DROP FUNCTION IF EXISTS {name}() CASCADE"))
    for statement in _statements(connection.dialect.name):
        connection.execute(text(statement))
    return faults(connection)


def _quoted(name: str) -> str:
    return name.replace('"', '""').replace(":", "\\:")


# -- SQLite --------------------------------------------------------------------------------------


def _sqlite(connection: Connection) -> Iterator[str]:
    query = text("SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view')")
    kinds = {name.lower(): (kind, sql) for name, kind, sql in connection.execute(query)}
    for table in _TABLES:
        kind, sql = kinds.get(table, ("", ""))
        if kind != "table" or not _plain(sql).upper().startswith("CREATE TABLE"):
            yield f"Bảng {table} đã bị xóa hoặc bị thay bằng thứ khác (view, bảng ảo)."
    wanted = {statement.split()[2]: _plain(statement) for statement in _statements("sqlite")}
    yield from _differences(wanted, _sqlite_triggers(connection))


def _sqlite_triggers(connection: Connection) -> dict[str, str]:
    """Triggers of the audit's tables, and those of others that speak of it."""
    query = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {
        name: _plain(sql)
        for name, table, sql in connection.execute(query)
        if table.lower() in _TABLES or any(word in sql.lower() for word in ("audit", _HISTORY))
    }


# -- PostgreSQL ----------------------------------------------------------------------------------

_BITS: Final = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
_BEFORE, _ROW = 2, 1
_TRIGGER: Final = re.compile(
    r"CREATE TRIGGER (?P<name>\w+) BEFORE (?P<events>[\w ]+) ON (?P<table>\w+)"
    r" FOR EACH (?P<each>ROW|STATEMENT) EXECUTE FUNCTION (?P<function>\w+)\(\)"
)
_FUNCTION: Final = re.compile(r"CREATE FUNCTION (?P<name>\w+)\(\) .*?\$\$(?P<body>.*)\$\$")


@dataclass(frozen=True)
class _Trigger:
    """A trigger as PostgreSQL's catalogue has it, with what its function does."""

    table: str
    # pg_trigger.tgtype
    type: int
    body: str
    # No condition, no columns, no arguments; a function of its caller's rights and settings.
    ordinary: bool = True


def _wanted() -> dict[str, _Trigger]:
    bodies: dict[str, str] = {}
    made: dict[str, _Trigger] = {}
    for statement in map(_plain, _statements("postgresql")):
        if (function := _FUNCTION.match(statement)) is not None:
            bodies[function["name"]] = function["body"].strip()
        elif (trigger := _TRIGGER.match(statement)) is not None:
            kind = _BEFORE | (_ROW if trigger["each"] == "ROW" else 0)
            kind |= sum(_BITS[event] for event in trigger["events"].split(" OR "))
            made[trigger["name"]] = _Trigger(trigger["table"], kind, bodies[trigger["function"]])
    return made


def _functions() -> list[str]:
    return [
        found["name"]
        for found in map(_FUNCTION.match, map(_plain, _statements("postgresql")))
        if found
    ]


_ALL_TRIGGERS: Final = text(
    "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
    " WHERE tgrelid IN (to_regclass('audit'),"
    " to_regclass('audit_head'), to_regclass('dossier_history')) AND NOT tgisinternal"
)
_RELATION: Final = text(
    "SELECT c.oid, c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relispartition AS plain,"
    " c.relrowsecurity OR c.relforcerowsecurity AS secured,"
    " EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid) AS ruled,"
    " EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhparent, i.inhrelid)) AS inherits"
    " FROM pg_class c WHERE c.oid = to_regclass(:name)"
)
_TRIGGERS: Final = text(
    "SELECT t.tgname, t.tgtype, t.tgenabled::text, p.prosrc, t.tgqual IS NULL"
    " AND t.tgnargs = 0 AND t.tgattr::text = '' AND l.lanname = 'plpgsql' AND NOT p.prosecdef"
    " AND p.proconfig IS NULL AS ordinary"
    " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang"
    " WHERE t.tgrelid = :oid"
)
_REPLICA: Final = text(
    "SELECT current_setting('session_replication_role') = 'replica' OR EXISTS"
    " (SELECT FROM pg_db_role_setting s, unnest(s.setconfig) AS set(one)"
    "  WHERE set.one ILIKE 'session_replication_role=%' AND set.one NOT ILIKE '%=origin'"
    "  AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())))"
)


def _postgresql(connection: Connection) -> Iterator[str]:
    wanted, found = _wanted(), dict[str, _Trigger]()
    for table in _TABLES:
        relation = connection.execute(_RELATION, {"name": table}).one_or_none()
        if relation is None or not relation.plain:
            yield f"Bảng {table} đã bị xóa hoặc bị thay bằng thứ khác (view, bảng không bền)."
            continue
        if relation.ruled:
            yield f"Bảng {table} có rule lạ: dòng mới có thể bị nuốt mất."
        if relation.secured:
            yield f"Bảng {table} có row security lạ: có thể có dòng bị giấu."
        if relation.inherits:
            yield f"Bảng {table} có quan hệ thừa kế lạ với bảng khác."
        for name, kind, enabled, body, ordinary in connection.execute(
            _TRIGGERS, {"oid": relation.oid}
        ):
            found[name] = _Trigger(table, kind, _plain(body), ordinary)
            if enabled not in ("O", "A") and name in wanted:
                yield f"Trigger {name} bảo vệ {_what(name)} đã bị tắt."
    yield from _differences(wanted, found)
    if connection.execute(_REPLICA).scalar_one():
        yield (
            "session_replication_role được đặt khác origin: các trigger bảo vệ nhật ký không chạy."
        )
