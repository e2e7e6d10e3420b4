"""Opening the dossier database: one way for SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from connectors.database import maintenance
from connectors.database.patience import Patience, make_patient

if TYPE_CHECKING:
    from alembic.config import Config

Database = Engine
"""An opened database, for rooms that hand it on and ask it nothing."""
DatabaseFault = SQLAlchemyError
"""It did not answer, or not as it should, for the same rooms."""

MIGRATIONS: Final = Path(__file__).parent / "migrations"

_BUSY_SECONDS: Final = 30
_PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",  # a power cut loses nothing that was committed, either
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",  # 64 MiB
    # A large import's write-ahead log does not stay on the disk for as long as the app runs.
    "PRAGMA journal_size_limit = 67108864",
)
_BEGIN: Final = "sqlite_begin"
# An arbitrary number that only writers of this schema ask PostgreSQL's advisory lock for.
_WRITER_LOCK: Final = 1_656_2025


class Unconfirmed(OperationalError):
    """The connection was lost at the commit: whether it was written nobody here knows."""


class SchemaError(Exception):
    """The database's schema is not one that this version knows; the message is in Vietnamese."""


class NotMade(SchemaError):
    """There is no database of the program where one was asked for, and nobody asked to make one."""


def open_database(url: str, patience: Patience | None = None, *, creates: bool = True) -> Engine:
    """An engine on the dossier database at ``url``.

    SQLite: folder and file are made when missing, the file readable by its owner only (without
    ``creates`` nothing is made: whoever connects is told that there is no file); WAL, foreign keys
    on, a busy timeout, and transactions that really begin at BEGIN (Python's driver would begin
    them only at the first change, and never for DDL). PostgreSQL: ``postgresql://`` means psycopg
    3, and ``patience`` how long it is waited for (default: as commands do, a statement as long as
    it takes and the server lives). SQLite waits the limit of a statement for another writer, where
    there is one. Errors do not repeat the values of a statement: they would end in a log, and
    owners are among them.
    """
    parsed, patience = make_url(url), patience or Patience()
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(
            parsed,
            pool_pre_ping=True,
            pool_timeout=patience.statement or patience.at_length,
            hide_parameters=True,
        )
        return make_patient(engine, patience)
    if parsed.database not in (None, "", ":memory:"):
        path = Path(str(parsed.database))
        if creates:
            _make_private(path)
    engine = create_engine(parsed, hide_parameters=True)
    if not creates:
        event.listen(engine, "do_connect", _refuse_to_make)
    event.listen(engine, "connect", partial(_prepare_sqlite, patience.statement or _BUSY_SECONDS))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _refuse_to_make(_dialect: Any, _record: Any, cargs: Any, _cparams: Any) -> None:
    """Without the file the driver would make an empty one."""
    if cargs and cargs[0] != ":memory:" and not Path(cargs[0]).exists():
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        error.sqlite_errorname = "SQLITE_CANTOPEN"
        raise error


def _make_private(path: Path) -> None:
    """The file of a new database, for nobody else on the machine to read: owners are in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)


def _prepare_sqlite(busy: float, dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    cursor = dbapi_connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(busy * 1000)}")
    _switch_to_wal(cursor, busy)
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor, busy: float) -> None:
    """The write-ahead log, which a new file has to be switched to once.

    Of two connections that do it at the same moment one is told "locked" at once: each would wait
    for the other, so SQLite lets neither wait. Asked again it finds the file switched.
    """
    until = time.monotonic() + busy
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get(_BEGIN, "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def write_transaction(database: Engine, *, always: bool = False) -> Iterator[Connection]:
    """A transaction of the only writer: commits at the end, rolls back on an error.

    ``always``: during a maintenance too; else UnderMaintenance is raised then. Raises Unconfirmed
    where the connection is lost at the very commit. A second writer waits. Ids handed out from the
    present maximum (``bulk.next_id``) therefore cannot collide, and SQLite cannot fail half-way
    because another writer came in between.
    """
    with database.connect() as connection:
        connection = connection.execution_options(**{_BEGIN: "IMMEDIATE"})
        with connection.begin() as transaction:
            _lock_writers(connection)
            if not always:
                maintenance.refuse(connection)
            yield connection
            commit(transaction)


def commit(transaction: RootTransaction) -> None:
    """Commit, and tell a commit whose answer was lost (Unconfirmed) from one that was refused."""
    try:
        transaction.commit()
    except OperationalError as error:
        if error.connection_invalidated and error.orig is not None:
            raise Unconfirmed(
                error.statement, None, error.orig, connection_invalidated=True
            ) from error
        raise


@contextmanager
def read_transaction(database: Engine) -> Iterator[Connection]:
    """A read-only transaction whose queries all see the database as at one moment."""
    with database.connect() as connection:
        if database.dialect.name == "postgresql":
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


@contextmanager
def no_writer(database: Engine) -> Iterator[Connection | None]:
    """Keep every writer of PostgreSQL out until the end; the session that does it.

    None: one is at work just now, and nobody is kept out. SQLite is asked by its own locks.
    """
    key = {"key": _WRITER_LOCK}
    with database.connect() as connection:
        had = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar_one()
        connection.commit()
        try:
            yield connection if had else None
        finally:
            if had:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
                connection.commit()


def migration_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, made in code: there is no alembic.ini to keep in step."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine, *, creates: bool = True) -> None:
    """Bring the database to the newest schema; an up-to-date one is not even locked.

    All steps stand in one transaction on both databases. Two processes that start together do
    it one after the other. Raises SchemaError for a database of a newer version; without
    ``creates`` NotMade for one that the program has never been in.
    """
    with engine.connect() as connection:
        if not _is_behind(connection):
            return
        if not (creates or _heads(connection)):
            raise NotMade("Trong cơ sở dữ liệu chưa có bảng nào của Đúng Hạn.")
    with engine.connect() as connection, _without_foreign_keys(connection):
        connection = connection.execution_options(**{_BEGIN: "IMMEDIATE"})
        with connection.begin():
            _lock_writers(connection)
            if _is_behind(connection):  # another process may have done it meanwhile
                _upgrade(connection)


def schema_state(connection: Connection) -> bool:
    """Whether the schema is the newest; False: it is an older one. Raises SchemaError for a newer
    one, NotMade where the program has never been in the database."""
    if not _heads(connection):
        raise NotMade("Trong cơ sở dữ liệu chưa có bảng nào của Đúng Hạn.")
    return not _is_behind(connection)


def _heads(connection: Connection) -> tuple[str, ...]:
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_heads()


@cache
def schema_versions() -> tuple[str, ...]:
    """Every schema that this program knows, the newest first; read from the migrations once."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(migration_config())
    return tuple(step.revision for step in script.walk_revisions())


def _is_behind(connection: Connection) -> bool:
    present = _heads(connection)
    if not set(present) <= set(schema_versions()):
        raise SchemaError(
            "Cơ sở dữ liệu được tạo bởi một phiên bản mới hơn của phần mềm. "
            "Hãy cập nhật phần mềm rồi chạy lại."
        )
    return set(present) != {schema_versions()[0]}


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(migration_config(connection), "head")
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"migration left {len(broken)} rows without the row they refer to")


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite: batch mode rebuilds tables, and with foreign keys on that deletes their children.

    The pragma does nothing inside a transaction, hence on the bare connection.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    _bare(connection, "PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        _bare(connection, "PRAGMA foreign_keys = ON")


def _lock_writers(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})


def _bare(connection: Connection, statement: str) -> None:
    cursor = connection.connection.cursor()
    cursor.execute(statement)
    cursor.close()
