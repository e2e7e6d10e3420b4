"""Databases that a restore put aside: files beside SQLite's own, schemas of PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, make_url, text

_SCHEMA: Final = "truoc_phuc_hoi_{:%Y%m%d_%H%M%S}"
_ENDING: Final = ".truoc-phuc-hoi-{:%Y%m%d-%H%M%S}"
_LOGS: Final = ("-wal", "-shm", "-journal")
_MOMENT: Final = re.compile(r"truoc[_-]phuc[_-]hoi[_-](\d{8})[_-](\d{6})\Z")


@dataclass(frozen=True, order=True)
class Aside:
    """One database that was put aside: since when (UTC), as which file or schema, its bytes."""

    at: datetime
    name: str
    size: int


def new_schema(connection: Connection, moment: datetime) -> str:
    """A schema's name for what is put aside now, one that nothing has yet."""
    there = {one.name for one in _schemas(connection)}
    while (name := _SCHEMA.format(moment)) in there:
        moment += timedelta(seconds=1)
    return name


def new_file(target: Path, moment: datetime) -> Path:
    """A file's name beside ``target`` for what is put aside now, one that nothing has yet."""
    while (aside := target.with_name(target.name + _ENDING.format(moment))).exists():
        moment += timedelta(seconds=1)
    return aside


def file_of(url: str) -> Path:
    """Where SQLite's own file is."""
    return Path(str(make_url(url).database))


def put_aside(database: Engine) -> list[Aside]:
    """What restores of this database have put aside, oldest first."""
    if database.dialect.name == "sqlite":
        return sorted(_files(file_of(str(database.url))))
    with database.connect() as connection:
        return sorted(_schemas(connection))


def _when(name: str) -> datetime | None:
    found = _MOMENT.search(name)
    if found is None:
        return None
    try:
        return datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:  # somebody's own name
        return None


def _files(target: Path) -> Iterator[Aside]:
    for path in target.parent.glob(f"{target.name}.truoc-phuc-hoi-*"):
        if (at := _when(path.name)) is not None:
            yield Aside(at, path.name, sum(part.stat().st_size for part in _parts(path)))


def _parts(path: Path) -> list[Path]:
    """The file, and the logs that a broken one was put aside with."""
    beside = (path.with_name(path.name + log) for log in _LOGS)
    return [path, *(part for part in beside if part.exists())]


_SIZES: Final = text(
    "SELECT n.nspname, coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE c.relkind = 'r'),"
    " 0)::bigint FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid"
    " WHERE n.nspname LIKE 'truoc\\_phuc\\_hoi\\_%' GROUP BY n.nspname"
)


def _schemas(connection: Connection) -> Iterator[Aside]:
    for name, size in connection.execute(_SIZES).all():
        if (at := _when(name)) is not None:
            yield Aside(at, name, size)


@contextmanager
def opened(database: Engine, aside: Aside) -> Iterator[Engine]:
    """An engine that reads what was put aside as if it were the database, and writes nothing.

    What is in it may be broken or of an older schema: reading then raises DatabaseError.
    """
    if database.dialect.name != "sqlite":
        yield database.execution_options(schema_translate_map={None: aside.name})
        return
    path = file_of(str(database.url)).with_name(aside.name).absolute()
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    )
    try:
        yield engine
    finally:
        engine.dispose()


def drop(connection: Connection, aside: Aside) -> None:
    """Delete what was put aside for good, within the caller's write transaction.

    PostgreSQL's schema goes with the transaction, SQLite's file at once: it comes last there.
    """
    if connection.dialect.name == "sqlite":
        for part in reversed(_parts(file_of(str(connection.engine.url)).with_name(aside.name))):
            part.unlink()
    else:
        connection.execute(text(f'DROP SCHEMA "{aside.name}" CASCADE'))
