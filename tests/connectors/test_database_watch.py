"""A running program notices that its file was overwritten, and lets nobody in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DatabaseError

from connectors import access
from connectors.access import Moment, Visitor
from connectors.database.session import migrate, open_database, write_transaction
from connectors.database.trouble import trouble
from connectors.database.watch import watch

NOW = Moment(datetime(2026, 11, 16, 1, tzinfo=UTC), "boot", 600.0)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Engine, Path]]:
    """The engine of a program that has been at work, and its file."""
    path = tmp_path / "dung-han.db"
    engine = watch(open_database(f"sqlite:///{path}"))
    migrate(engine)
    assert not access.begin(engine, "lan", Visitor(), NOW)
    yield engine, path
    engine.dispose()


def _overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))


def _another(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


@pytest.mark.parametrize(
    "spoil",
    [_overwritten, lambda path: os.truncate(path, 0), lambda path: path.unlink(), _another],
    ids=["overwritten", "emptied", "removed", "another put in its place"],
)
def test_nobody_signs_in_once_the_file_is_another(
    running: tuple[Engine, Path], spoil: Callable[[Path], None]
) -> None:
    engine, path = running
    spoil(path)
    with pytest.raises(DatabaseError) as raised:
        access.begin(engine, "mai", Visitor(), NOW)
    assert "bị hỏng" in (trouble(raised.value) or "")
    with pytest.raises(DatabaseError):
        access.wait(engine, "mai", Visitor(), NOW)


def test_a_sound_file_is_left_alone(running: tuple[Engine, Path]) -> None:
    engine, path = running
    with write_transaction(engine) as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER)"))
    other = open_database(f"sqlite:///{path}")
    with write_transaction(other) as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
    other.dispose()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT a FROM t")).scalar_one() == 1


def test_a_new_file_is_no_broken_one(tmp_path: Path) -> None:
    engine = watch(open_database(f"sqlite:///{tmp_path / 'moi.db'}"))
    migrate(engine)
    engine.dispose()


def test_a_database_in_memory_has_no_file() -> None:
    with watch(create_engine("sqlite://")).connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
