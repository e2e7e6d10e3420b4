"""A database that hangs under the app: figures stay, a sentence says why, and it goes by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from connectors.database.registers import TABLES
from connectors.database.session import migrate, open_database
from connectors.sample.load import load
from connectors.settings import Settings
from connectors.snapshot import refresh
from pages.admin.screen import PARTS as ADMIN
from pages.records.screen import PARTS as RECORDS
from tests.hanging_proxy import HangingProxy
from tests.pages import kit
from tests.pages.conftest import _LOOK_UP, SAMPLE_END
from tests.pages.links import html
from tests.pages.test_registers_mended import SCREEN
from tests.postgres_server import PostgresServer
from tests.signing_in import signed_in
from ui.shell import installation
from ui.shell.registry import SCREENS

pytestmark = pytest.mark.postgres

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
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


_AT_EACH_CHANGE = ("week", "tasks", "admin")
"""The others: once each, in `test_whatever_is_opened_says_that_it_cannot_be_read`."""


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


@pytest.mark.parametrize(
    "screen",
    [
        pytest.param(one.key, marks=() if one.key in _AT_EACH_CHANGE else pytest.mark.proof)
        for one in SCREENS
    ],
)
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
    assert f"{datetime.now(ZONE):%d/%m/%Y}" in said
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


OPENED = [
    *(("late", {"dossier": str(number)}) for number in (1, 2)),
    *((screen, {"row": f"{register}-1"}) for register, screen in SCREEN.items()),
    ("tasks", {"task": "1"}),
    ("inspections", {"finding": "1"}),
    ("targets", {"target": "1"}),
    ("reported", {"value": "1"}),
    *(("data", {"part": part}) for part in RECORDS),
    ("data", {"batch": "1"}),
    *(("admin", {"part": part}) for part in ADMIN),
    ("admin", {"account": "1"}),
]
"""What is read from the database when it is opened."""


def test_whatever_is_opened_says_that_it_cannot_be_read(hanging: Hanging) -> None:
    kit.shown("week")  # whoever was not in before is not let in now
    hanging.proxy.hang()
    for screen, params in OPENED:
        app = kit.shown(screen, **params)
        assert _banner(app), params
        assert not any("Không hiển thị được phần này" in one.value for one in app.error), params
        assert "Dòng không có trong sổ" not in html(app), params


def test_a_save_is_answered_and_nothing_is_written(hanging: Hanging) -> None:
    app = kit.shown("tasks", row="task-1")
    key = "mend_task_1_product"
    widget = next(one for one in (*app.text_area, *app.text_input) if one.key == key)
    widget.set_value("Kho hồ sơ số")
    hanging.proxy.hang()
    (button,) = (one for one in app.button if one.label == "Ghi sửa đổi")
    button.click().run()
    assert not app.exception
    assert any("nên chưa có gì được ghi" in one.value for one in app.error)
    assert _banner(app)
    hanging.proxy.resume()
    answers()
    with installation.database().connect() as connection:
        table = TABLES["task"]
        kept = connection.execute(select(table.c.product).where(table.c.id == 1)).scalar_one()
    assert kept != "Kho hồ sơ số"
