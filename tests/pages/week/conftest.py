"""The sample on the Monday of the review, for a reader of any role and unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.access import Reader
from connectors.database.models import Unit
from connectors.database.session import open_database
from connectors.settings import Settings
from tests.pages.kit import copy_of, installed
from tests.pages.week.clocks import Monday, at


@pytest.fixture
def reviewed(with_registers: Settings, tmp_path: Path) -> Settings:
    return copy_of(with_registers, tmp_path)


@pytest.fixture
def unit(reviewed: Settings) -> Callable[[str], int]:
    def find(name: str) -> int:
        engine = open_database(reviewed.database_url)
        with engine.connect() as connection:
            query = select(Unit.id).where(Unit.name == name, Unit.valid_to.is_(None))
            found = int(connection.execute(query).scalar_one())
        engine.dispose()
        return found

    return find


@pytest.fixture
def as_role(
    reviewed: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, int | None], None]]:
    def become(role: str, unit: int | None = None) -> None:
        reader = Reader(1, role, f"Người dùng {role}", role, unit, False, None)
        monkeypatch.setattr("ui.shell.identity.look_up", lambda: (reader, False))

    at(monkeypatch, Monday)
    with installed(reviewed, monkeypatch):
        yield become
