"""A database that hangs under the app: figures stay, a sentence says why, and it goes by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from connectors.database.session import migrate, open_database
from connectors.sample.load import load
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.hanging_proxy import HangingProxy
from tests.pages import kit
from tests.pages.conftest import _LOOK_UP, SAMPLE_END
from tests.postgres_server import PostgresServer
from tests.signing_in import signed_in
from ui.shell import installation
from ui.shell.registry import SCREENS

pytestmark = pytest.mark.postgres

LIMITS = {
    "DATABASE_CONNECT_SECONDS": "2",
    "DATABASE_SILENT_SECONDS": "0.3",
    "DATABASE_STATEMENT_SECONDS": "5",
}
SLOW = 20.0
"""Seconds for a screen on a machine that is busy."""
BANNER = "Mất kết nối cơ sở dữ liệu từ "


@dataclass(frozen=True)
class Hanging:
    """An installation on PostgreSQL, and the way to it."""

    settings: Settings
    proxy: HangingProxy
    token: str


@pytest.fixture(scope="module")
def _installed(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hanging]:
    folder, name = tmp_path_factory.mktemp("hanging"), postgres_server.create()
    with HangingProxy(postgres_server) as proxy:
        settings = Settings(data_dir=folder, database_url=proxy.url(name))
        database = open_database(settings.database_url)
        migrate(database)
        load(database, settings, end=SAMPLE_END, dossiers=300, with_registers=True)
        refresh(database, settings)
        token = signed_in(database, "admin")
        database.dispose()
        yield Hanging(settings, proxy, token)
    postgres_server.drop(name)


@pytest.fixture
def hanging(_installed: Hanging, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    """An administrator is signed in."""
    for name, value in LIMITS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ui.shell.identity.look_up", _LOOK_UP)
    monkeypatch.setattr("ui.shell.identity.presented_token", lambda: _installed.token)
    kit.forget()
    with kit.installed(_installed.settings, monkeypatch):
        yield _installed
        _installed.proxy.resume()
        answers()
        installation.database().dispose()
    kit.forget()


def answers() -> None:
    """Waits until the app has found the database again."""
    deadline = time.monotonic() + SLOW
    while installation.lost_since() is not None:
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def _banner(app: AppTest) -> list[str]:
    return [one.value for one in app.warning if one.value.startswith(BANNER)]


def _figures(app: AppTest) -> list[str]:
    bodies = [part.proto.body for part in app.get("html")]
    return [body for body in bodies if "dh-value" in body]


@pytest.mark.parametrize("screen", [screen.key for screen in SCREENS])
def test_each_screen_keeps_its_figures(hanging: Hanging, screen: str) -> None:
    app = kit.shown(screen)
    figures, errors = _figures(app), len(app.error)
    assert not _banner(app)
    hanging.proxy.hang()
    began = time.monotonic()
    app.run()
    assert time.monotonic() - began < SLOW
    assert not app.exception
    (said,) = _banner(app)
    assert f"{date.today():%d/%m/%Y}" in said
    assert _figures(app) == figures
    assert not any("Không hiển thị được phần này" in one.value for one in app.error)
    began = time.monotonic()
    app.run()
    assert time.monotonic() - began < SLOW / 4, "nobody waits any more"
    hanging.proxy.resume()
    answers()
    app.run()
    assert not _banner(app)
    assert len(app.error) == errors
