"""Writing whole Polars frames into the database, fast on both databases."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

import polars as pl
from sqlalchemy import Column, Connection, Table, func, select, text
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
    table_and_columns = f"{_quoted(connection, table)} ({_column_list(connection, frame)})"
    head = f"INSERT INTO {table_and_columns} VALUES "  # noqa: S608 (names of the schema)
    group = "(" + ", ".join("?" * frame.width) + ")"
    at_once = max(1, _PARAMETERS // frame.width)
    plain = [_sqlite_value(name, dtype) for name, dtype in frame.schema.items()]
    cursor = _cursor(connection)
    for part in frame.iter_slices(_SLICE):
        rows = part.select(plain).rows()
        whole = len(rows) - len(rows) % at_once
        cursor.executemany(
            head + ", ".join([group] * at_once),
            (list(chain.from_iterable(rows[at : at + at_once])) for at in range(0, whole, at_once)),
        )
        cursor.executemany(head + group, rows[whole:])
    cursor.close()


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
