"""The database hangs under a running app and comes back: what people, a watchman and the log see.

Server, browser and PostgreSQL are real; between the app and PostgreSQL stands a way that can stop
carrying. The limits are small, so that nobody here waits for long.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from connectors.database.registers import TABLES
from connectors.database.session import migrate, open_database
from connectors.sample.load import load
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.e2e.app_server import SAMPLE_END, AppServer, Installation
from tests.hanging_proxy import HangingProxy
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.postgres

SLOW = 60_000
LIMITS = {
    "DATABASE_CONNECT_SECONDS": "2",
    "DATABASE_SILENT_SECONDS": "0.3",
    "DATABASE_STATEMENT_SECONDS": "3",
}
BANNER = "Mất kết nối cơ sở dữ liệu từ"


@dataclass(frozen=True)
class Elsewhere(Installation):
    """An installation whose database is no file in its folder."""

    url: str = ""

    @property
    def database_url(self) -> str:
        return self.url


@dataclass(frozen=True)
class Hanging:
    """An app on PostgreSQL, and the way between them."""

    app: AppServer
    proxy: HangingProxy
    task: int

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str, float]:
        """Status, text and how long it took, in seconds."""
        began = time.monotonic()
        origin = {"Origin": self.app.url, "Content-Type": "application/x-www-form-urlencoded"}
        with closing(HTTPConnection(urlsplit(self.app.url).netloc, timeout=60)) as connection:
            connection.request(method, path, body, origin if method == "POST" else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), time.monotonic() - began

    def threads(self) -> int:
        """Threads of the app's process."""
        status = Path(f"/proc/{self.app.process.pid}/status").read_text()
        return int(status.partition("Threads:")[2].split()[0])

    def log(self) -> list[str]:
        """What warnings and errors in the app's log say."""
        lines = [
            json.loads(line) for line in self.app.log.read_text().splitlines() if line[:1] == "{"
        ]
        return [line["event"] for line in lines if line["level"] in ("warning", "error")]


@pytest.fixture
def hanging(
    postgres_server: PostgresServer, tmp_path: Path, start_app: Callable[..., AppServer]
) -> Iterator[Hanging]:
    name = postgres_server.create()
    with HangingProxy(postgres_server) as proxy:
        at = Elsewhere(tmp_path, url=proxy.url(name))
        settings = Settings(data_dir=tmp_path, database_url=at.database_url)
        database = open_database(at.database_url)
        migrate(database)
        load(database, settings, end=SAMPLE_END, dossiers=300, with_registers=True)
        refresh(database, settings)
        with database.connect() as connection:
            task = connection.execute(select(func.min(TABLES["task"].c.id))).scalar_one()
        database.dispose()
        with start_app(at, **LIMITS) as app:
            yield Hanging(app, proxy, task)
            proxy.resume()
    postgres_server.drop(name)


def test_the_database_hangs_and_comes_back(
    hanging: Hanging, page: Page, screenshot: Callable[..., Path]
) -> None:
    page.goto(f"{hanging.app.url}/nhiem-vu?row=task-{hanging.task}")
    form = page.locator("details").filter(has=page.locator("summary", has_text="Sửa nhiệm vụ"))
    form.locator("summary").click(timeout=SLOW)
    product = form.get_by_label("Sản phẩm", exact=False).first
    product.fill("Kho hồ sơ số", timeout=SLOW)
    assert hanging.ask("GET", "/readyz")[0] == 200
    figures = page.locator(".dh-value").all_inner_texts()
    assert figures
    assert hanging.log() == []
    before = hanging.threads()

    hanging.proxy.hang()
    with ThreadPoolExecutor(12) as watchmen:
        asked = list(watchmen.map(lambda _: hanging.ask("GET", "/readyz"), range(36)))
    assert {status for status, _, _ in asked} == {503}
    assert max(seconds for _, _, seconds in asked) < 2
    assert all(not json.loads(text)["database"] for _, text, _ in asked)

    # A save is answered, and nothing that was typed is lost.
    form.get_by_role("button", name="Ghi sửa đổi").click()
    expect(page.get_by_text("Chưa ghi được")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("nên chưa có gì được ghi")).to_be_visible()
    expect(page.get_by_text(BANNER)).to_be_visible(timeout=SLOW)
    assert page.locator(".dh-value").all_inner_texts() == figures
    screenshot(page, "hanging-database")

    # So is a sign-in.
    sent = urlencode({"ten": "lan", "mat-khau": "một câu nào đó", "ve": "/"})
    status, text, seconds = hanging.ask("POST", "/vao", sent)
    assert (status, "Không kết nối được cơ sở dữ liệu nên chưa thể đăng nhập" in text) == (
        503,
        True,
    )
    assert seconds < 2

    taken = hanging.proxy.taken
    for _ in range(30):
        status, _, seconds = hanging.ask("GET", "/readyz")
        assert (status, seconds < 2) == (503, True)
    assert hanging.proxy.taken - taken < 10, "only one thread asks the database, in turns"
    assert hanging.threads() < before + 12

    # Nobody clicks, and the banner goes.
    hanging.proxy.resume()
    expect(page.get_by_text(BANNER)).to_have_count(0, timeout=SLOW)
    assert hanging.ask("GET", "/readyz")[0] == 200
    expect(product).to_have_value("Kho hồ sơ số")
    form.get_by_role("button", name="Ghi sửa đổi").click()
    expect(page.get_by_text("Đã ghi sửa đổi.")).to_be_visible(timeout=SLOW)
    # Whoever looks every minute for a report that is due may have met the silence, too.
    others = ("registers not written", "no report is sent")
    said = [event for event in hanging.log() if not event.startswith(others)]
    assert [event.partition(":")[0] for event in said] == [
        "the database does not answer",
        "the database answers again",
    ]
