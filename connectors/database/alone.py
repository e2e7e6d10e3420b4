"""Work that one process does at a time, however many run on however many machines."""

from __future__ import annotations

import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from connectors.locks import try_to_hold

_AGAIN: Final = 0.2
"""Seconds between two tries."""


class Alone:
    """The right to do ``name`` alone; a process that dies, however it dies, lets go of it.

    PostgreSQL keeps it with a connection of its own. SQLite, which lives on one machine: a file in
    ``folder``, which the operating system keeps.
    """

    def __init__(self, database: Engine, folder: Path, name: str) -> None:
        self._database = database
        digest = sha256(name.encode())
        self._file = folder / "khoa" / digest.hexdigest()[:16]
        self._key = int.from_bytes(digest.digest()[:8], "big", signed=True)
        self._held: Connection | IO[bytes] | None = None

    def take(self, patience: float = 0.0) -> bool:
        """Whether it is ours, from now on or still.

        ``patience``: seconds in which another may let go of it; PostgreSQL takes a moment to see
        that a process was killed. Raises SQLAlchemyError, OSError.
        """
        until = time.monotonic() + patience
        while not self._taken():
            if time.monotonic() > until:
                return False
            time.sleep(_AGAIN)
        return True

    def _taken(self) -> bool:
        if isinstance(self._held, Connection) and not self._answers(self._held):
            self._held = None
        if self._held is None:
            on_sqlite = self._database.dialect.name == "sqlite"
            self._held = self._locked_file() if on_sqlite else self._locked_connection()
        return self._held is not None

    def release(self) -> None:
        """Let go of it."""
        held, self._held = self._held, None
        if isinstance(held, Connection):
            with suppress(SQLAlchemyError):  # gone already, and its lock with it
                held.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": self._key})
        if held is not None:
            held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _locked_file(self) -> IO[bytes] | None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._file.open("ab")
        if try_to_hold(file):
            return file
        file.close()
        return None

    def _locked_connection(self) -> Connection | None:
        connection = self._database.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # closed with its lock, never given back to the pool
        try:
            query = text("SELECT pg_try_advisory_lock(:key)")
            if connection.execute(query, {"key": self._key}).scalar_one():
                return connection
        except SQLAlchemyError:
            connection.close()
            raise
        connection.close()
        return None

    @staticmethod
    def _answers(connection: Connection) -> bool:
        try:
            connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            connection.close()
            return False
        return True
