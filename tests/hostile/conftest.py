"""A small source, and what all hostile files must leave as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Protocol

import pytest
from sqlalchemy import Engine, func, select, union_all
from sqlalchemy.dialects import sqlite

from connectors import audit
from connectors.database.models import Base
from connectors.intake import ImportReport, IntakeRefused, import_file
from connectors.registers.writer import EVERYTHING
from connectors.settings import Settings
from tests.connectors.intake.conftest import MAPPING, add_catalogue
from tests.e2e import app_server as servers
from tests.e2e.app_server import AppServer, Installation
from ui.shell import data, identity

NOW = datetime(2025, 12, 1, tzinfo=UTC)
HEADER = "Mã hồ sơ,Tiếp nhận,Hẹn trả,Kết thúc,Kênh,Đơn vị,Thủ tục"
GOOD = "HS-1,05/06/2025 08:00,10/06/2025 16:00,09/06/2025 10:00,Trực tuyến,Phường Hà Đông,1.001"


@pytest.fixture(scope="session")
def server(made_once: Callable[..., Path]) -> Iterator[AppServer]:
    """One app for the whole folder, with few dossiers."""
    make = partial(servers.sampled, dossiers=600, registers=True)
    with servers.start(Installation(made_once("strangers", make))) as running:
        yield running


class Take(Protocol):
    """Imports a file; ``dry_run=True``: tries it only, as the upload's screen does."""

    def __call__(self, path: Path, *, dry_run: bool = False) -> ImportReport: ...


@pytest.fixture
def database(sqlite_database: Engine) -> Engine:
    """An empty database with two units and a procedure."""
    add_catalogue(sqlite_database)
    return sqlite_database


@pytest.fixture
def take(database: Engine, settings: Settings, tmp_path: Path) -> Take:
    """Import a file of the small source, whatever its ending says it is."""
    mappings = {}
    for ending in ("csv", "xlsx", "jsonl"):
        mappings[ending] = tmp_path / f"thu-nghiem-{ending}.toml"
        text = MAPPING.replace('format = "csv"', f'format = "{ending}"')
        mappings[ending].write_text(text, encoding="utf-8")

    def run(path: Path, *, dry_run: bool = False) -> ImportReport:
        mapping = mappings.get(path.suffix.removeprefix("."), mappings["csv"])
        options: dict[str, Any] = {"now": NOW, "refresh_snapshot": False, "dry_run": dry_run}
        return import_file(database, settings, path, mapping, **options)

    return run


@dataclass(frozen=True)
class Clerk:
    """Who may take everything in."""

    name: str = "lan"
    full_name: str = "Nguyễn Thị Lan"
    actor: audit.Actor = field(default_factory=lambda: audit.Actor("lan"))


@pytest.fixture
def screens(database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screens' functions, asked by a clerk who may take everything in."""
    monkeypatch.setattr(identity, "require", lambda *_: Clerk())
    monkeypatch.setattr(identity, "scope", lambda: EVERYTHING)
    monkeypatch.setattr(data, "database", lambda: database)
    monkeypatch.setattr(data, "settings", lambda: settings)


@cache
def _counting() -> tuple[tuple[str, ...], str]:
    """Every table's name, and what counts all their rows: written once, it is asked after each
    file."""
    tables = Base.metadata.sorted_tables
    query = union_all(*(select(func.count()).select_from(table) for table in tables))
    return tuple(table.name for table in tables), str(query.compile(dialect=sqlite.dialect()))


def counts(database: Engine) -> dict[str, int]:
    """Rows of every table."""
    names, query = _counting()
    with database.connect() as connection:
        found = connection.exec_driver_sql(query).scalars().all()
    return dict(zip(names, found, strict=True))


def left_behind() -> list[str]:
    """Working folders of this user."""
    return [str(path) for path in Path(gettempdir()).glob("dung-han-*")]


@pytest.fixture
def nothing_left(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """No copy outlives its file; a refused file leaves every table as it was."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield
    assert left_behind() == []


def refused(take: Take, database: Engine, path: Path, words: str, *, tried: bool = True) -> str:
    """The sentence, the same when it is only ``tried`` first; every table is as before."""
    before = counts(database)
    said = []
    for dry_run in (True, False) if tried else (False,):
        with pytest.raises(IntakeRefused, match=words) as caught:
            take(path, dry_run=dry_run)
        said.append(str(caught.value))
        assert counts(database) == before
    assert len(set(said)) == 1
    return said[0]
