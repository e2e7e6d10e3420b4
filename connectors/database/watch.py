"""Noticing that the file below a running program is no longer its database.

SQLite keeps pages in memory and changes in a log, so a program goes on for a while after its file
was overwritten or put in another's place: it lets people in and writes what nobody will find again.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DatabaseError

_HELD: Final[dict[tuple[int, int], int]] = {}
_HEAD: Final = b"SQLite format 3\x00"


def watch(engine: Engine) -> Engine:
    """From now on each transaction first looks at the file; the engine itself.

    Raises DatabaseError at the beginning of a transaction where the file is gone, another one, or
    no SQLite database any more; the program has to be started again. Costs a few microseconds.
    For the one engine of a long-lived process; does nothing for PostgreSQL.
    """
    path = engine.url.database
    is_file = engine.dialect.name == "sqlite" and path not in (None, "", ":memory:")
    if is_file and hasattr(os, "pread"):  # not on Windows
        # First: before BEGIN.
        event.listen(engine, "begin", _Watch(Path(str(path))), insert=True)
    return engine


class _Watch:
    """The file as it was when first looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._was_database = False

    def __call__(self, _connection: Connection) -> None:
        try:
            sound = self._is_same() and self._is_database()
        except OSError:
            sound = False
        if not sound:
            raise DatabaseError("BEGIN", None, _gone())

    def _is_same(self) -> bool:
        if self._file is None:
            self._file = _held(self._path)
        return os.path.samestat(self._path.stat(), os.fstat(self._file))

    def _is_database(self) -> bool:
        """A new file is empty until the first write."""
        assert self._file is not None
        head = os.pread(self._file, len(_HEAD), 0)
        self._was_database |= head == _HEAD
        return head == _HEAD or (head == b"" and not self._was_database)


def _held(path: Path) -> int:
    """The file, open for as long as the process lives.

    Closing any descriptor of a file gives up this process's locks on it, SQLite's too.
    """
    found = path.stat()
    key = (found.st_dev, found.st_ino)
    if key not in _HELD:
        _HELD[key] = os.open(path, os.O_RDONLY)
    return _HELD[key]


def _gone() -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("the file is not the database that was opened")
    error.sqlite_errorcode = sqlite3.SQLITE_NOTADB
    error.sqlite_errorname = "SQLITE_NOTADB"
    return error
