"""What somebody does behind the audit's back who may do everything with the database."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Engine, text

from connectors.audit import fence
from connectors.database.session import write_transaction

CUT_AND_SET_BACK = (
    "DELETE FROM audit WHERE id > {last}",
    "UPDATE audit_head SET lines = {last}, hash = (SELECT hash FROM audit WHERE id = {last})",
)


def unguarded(database: Engine, statements: Iterable[str]) -> None:
    """Run statements after every trigger has been dropped."""
    with database.begin() as connection:
        drop_triggers(connection)
        for statement in statements:
            connection.execute(text(statement))


def unnoticed(database: Engine, statements: Iterable[str]) -> None:
    """The same, and put the triggers back as they were."""
    unguarded(database, statements)
    restore_triggers(database)


def cut(database: Engine, last: int) -> None:
    """Cut off the lines after this one and set the head back, triggers as they were."""
    unnoticed(database, [statement.format(last=last) for statement in CUT_AND_SET_BACK])


def drop_triggers(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        query = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
    for name, table in connection.execute(text(query)).all():
        on = "" if connection.dialect.name == "sqlite" else f" ON {table}"
        connection.execute(text(f"DROP TRIGGER {name}{on}"))


def restore_triggers(database: Engine) -> None:
    with write_transaction(database) as connection:
        assert fence.rebuild(connection) == []
