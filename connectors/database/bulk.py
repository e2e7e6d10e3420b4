"""Writing whole Polars frames into the database, fast on both databases."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import polars as pl
from sqlalchemy import CheckConstraint, Column, Connection, Table, func, select, text
from sqlalchemy import types as sqltypes
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from connectors.database.types import UtcMoment

_SLICE: Final = 50_000
"""Rows turned into Python objects (SQLite) or text (PostgreSQL) at once: bounds the memory."""

_PARAMETERS: Final = 500
"""Values given to one SQLite statement: some twenty rows at once take half the time of single
ones (measured with the dossier table); many more are slower again."""


def bulk_insert(connection: Connection, table: Table, frame: pl.DataFrame) -> int:
    """Insert every row of ``frame`` into ``table``, within the connection's transaction.

    Columns of the frame are columns of the table; those the frame lacks get the model's default,
    or the database's (an id from the sequence), or NULL. Moments are ``pl.Datetime`` in UTC,
    dates ``pl.Date``; a struct goes into a JSON column, as does a string that is JSON
    text already. Returns the number of rows. Raises ValueError for a column the table does not
    have and for a moment not in UTC, sqlalchemy.exc.IntegrityError for a broken constraint.
    """
    frame = _with_defaults(table, frame)
    if frame.is_empty():
        return 0
    write = _insert_sqlite if connection.dialect.name == "sqlite" else _copy_postgresql
    driver: Any = connection.dialect.loaded_dbapi
    try:
        write(connection, table, frame)
    except driver.Error as error:
        # The cursors below are the driver's own; callers expect SQLAlchemy's errors.
        if getattr(connection.connection.driver_connection, "closed", False):
            connection.invalidate()  # there is nothing to roll back on
        raise DBAPIError.instance(
            f"bulk insert into {table.name}", None, error, driver.Error
        ) from error
    return frame.height


def next_id(connection: Connection, table: Table) -> int:
    """The first id above all present ones; sure only in a ``session.write_transaction``."""
    highest = connection.execute(select(func.max(_id_column(table)))).scalar_one()
    return 1 if highest is None else int(highest) + 1


def reset_sequence(connection: Connection, table: Table) -> None:
    """Let the database hand out ids above those written with their ids (SQLite does so itself)."""
    if connection.dialect.name != "postgresql":
        return
    connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:table, :column), :next, false)"),
        {
            "table": _quoted(connection, table),
            "column": _id_column(table).name,
            "next": next_id(connection, table),
        },
    )


def _id_column(table: Table) -> Column[Any]:
    (column,) = table.primary_key.columns
    return column


def _quoted(connection: Connection, table: Table) -> str:
    return connection.dialect.identifier_preparer.format_table(table)


def _column_list(connection: Connection, frame: pl.DataFrame) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return ", ".join(quote(name) for name in frame.columns)


def _with_defaults(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    unknown = [name for name in frame.columns if name not in table.columns]
    if unknown:
        raise ValueError(f"table {table.name} has no column {', '.join(unknown)}")
    defaults = [
        pl.lit(column.default.arg).alias(column.name)
        for column in table.columns
        if column.name not in frame.columns
        and isinstance(column.default, ScalarElementColumnDefault)
    ]
    return frame.with_columns(
        _as_text(table.columns[name], frame) for name in frame.columns
    ).select(pl.all(), *defaults)


def _as_text(column: Column[Any], frame: pl.DataFrame) -> pl.Expr:
    """Bring one column to a type that both databases' writers below can take."""
    values, dtype = pl.col(column.name), frame.schema[column.name]
    if isinstance(column.type, UtcMoment) and dtype != pl.Null:
        if not isinstance(dtype, pl.Datetime) or dtype.time_zone != "UTC":
            raise ValueError(f"{column.table.name}.{column.name} needs moments in UTC, not {dtype}")
        return values.dt.cast_time_unit("ms")
    if isinstance(column.type, sqltypes.JSON):
        if isinstance(dtype, pl.Struct):
            return pl.when(values.is_not_null()).then(values.struct.json_encode())
        return values
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return values.cast(pl.String)
    return values


def _insert_sqlite(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    name = _quoted(connection, table)
    cursor = _cursor(connection)
    with no_collection(), _checks(cursor, needed=not _passes_checks(table, frame)):
        for part in frame.iter_slices(_SLICE):
            _insert_slice(connection, cursor, name, part)
    cursor.close()


def _insert_slice(connection: Connection, cursor: Any, table: str, part: pl.DataFrame) -> None:
    constants = {name: text for name in part.columns if (text := _literal(part[name]))}
    given = [name for name in part.columns if name not in constants] or part.columns[:1]
    group = ", ".join("?" if name in given else constants[name] for name in part.columns)
    columns = _column_list(connection, part)
    head = f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608 (names of the schema)
    values = part.select(_sqlite_value(name, part.schema[name]) for name in given)
    at_once = max(1, _PARAMETERS // len(given))
    whole = part.height - part.height % at_once
    cursor.executemany(
        head + ", ".join([f"({group})"] * at_once), _flat(values.head(whole), at_once * len(given))
    )
    cursor.executemany(f"{head}({group})", values.tail(part.height - whole).rows())


def _flat(values: pl.DataFrame, length: int) -> Iterator[list[Any]]:
    """The values row after row, so many at once: laid out by columns, which is soonest done."""
    flat: list[Any] = [None] * (values.height * values.width)
    for place, name in enumerate(values.columns):
        flat[place :: values.width] = values[name].to_list()
    return (flat[at : at + length] for at in range(0, len(flat), length))


def _literal(column: pl.Series) -> str | None:
    """The column in SQL if one number, or nothing at all, stands in every row of it."""
    if column.null_count() == len(column):
        return "NULL"
    if column.dtype.is_integer() and not column.null_count() and column.min() == column.max():
        return str(column[0])
    return None


def _passes_checks(table: Table, frame: pl.DataFrame) -> bool:
    """Whether no CHECK of the table can fail, as far as the model says what it asks for."""
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            column, values = constraint.info.get("one_of", (None, ()))
            if column is None:
                return False
            if column in frame.columns and not frame[column].drop_nulls().is_in(values).all():
                return False
    return True


@contextmanager
def _checks(cursor: Any, *, needed: bool) -> Iterator[None]:
    """Without need, leave SQLite's CHECKs aside: row by row they take a third of the time."""
    if needed:
        yield
        return
    cursor.execute("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


@contextmanager
def no_collection() -> Iterator[None]:
    """The collector would search new tuples again and again, for a third more, and find nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _sqlite_value(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return pl.col(name).dt.epoch("ms")
    if isinstance(dtype, pl.Date):
        return pl.col(name).dt.to_string("%Y-%m-%d")
    return pl.col(name)


def _cursor(connection: Connection) -> Any:
    """The driver's own cursor, inside the connection's transaction (which SQLAlchemy begins)."""
    connection.execute(text("SELECT 1"))
    return connection.connection.cursor()


def _copy_postgresql(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    statement = (
        f"COPY {_quoted(connection, table)} ({_column_list(connection, frame)}) "
        "FROM STDIN (FORMAT csv)"
    )
    # A zone in the text, because the session's own zone must not matter.
    zoned = [
        pl.col(name).dt.to_string("%Y-%m-%d %H:%M:%S%.3f+00")
        for name, dtype in frame.schema.items()
        if isinstance(dtype, pl.Datetime)
    ]
    with _cursor(connection) as cursor, cursor.copy(statement) as copy:
        for part in frame.iter_slices(_SLICE):
            # Every text quoted, null left bare: so an empty text is not taken for NULL.
            copy.write(
                part.with_columns(zoned).write_csv(
                    include_header=False, quote_style="non_numeric", null_value=""
                )
            )
