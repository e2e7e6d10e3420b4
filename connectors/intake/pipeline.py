"""The transaction of an import, and the threads that work for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, text

from connectors.database.maintenance import refuse
from connectors.database.session import commit

_Item = TypeVar("_Item")


@contextmanager
def transaction(database: Engine) -> Iterator[Connection]:
    """The only writer's transaction, without SQLite's look-up of every foreign key.

    Each id that an import writes was read or made in this same transaction, and nobody else can
    write meanwhile, so the checks can find nothing; they cost a third of the time.
    """
    on_sqlite = database.dialect.name == "sqlite"
    with database.connect() as connection:
        if on_sqlite:
            _pragma(connection, "PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
        try:
            connection = connection.execution_options(sqlite_begin="IMMEDIATE")
            with connection.begin() as begun:
                if not on_sqlite:
                    connection.execute(
                        text("SELECT pg_advisory_xact_lock(:key)"), {"key": 1_656_2025}
                    )
                refuse(connection)
                yield connection
                commit(begun)
        finally:
            if on_sqlite:
                _pragma(connection, "PRAGMA foreign_keys = ON")


def _pragma(connection: Connection, statement: str) -> None:
    cursor = connection.connection.cursor()
    cursor.execute(statement)
    cursor.close()


def ahead(items: Iterable[_Item]) -> Iterator[_Item]:
    """The items, each made in another thread while the one before is used."""
    iterator = iter(items)
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(next, iterator, None)
        while (item := future.result()) is not None:
            future = pool.submit(next, iterator, None)
            yield item


class Settled:
    """A connection that is used only once nothing is being written on it in the other thread."""

    def __init__(self, connection: Connection, settle: Callable[[], None]) -> None:
        self._connection = connection
        self._settle = settle

    def __getattr__(self, name: str) -> Any:
        self._settle()
        return getattr(self._connection, name)
