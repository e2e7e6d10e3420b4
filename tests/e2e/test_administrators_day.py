"""Back-up, a database that hangs for a minute, new keys, two restores in place, an upgrade from the
first schema: each with what somebody saw whose screen was open (`make proof`)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet
from playwright.sync_api import Page, expect

from tests.connectors.upgrade.first_schema import first_schema
from tests.e2e import app_server as servers
from tests.e2e.app_server import SAMPLE_END, AppServer
from tests.e2e.test_hanging_database import BANNER, Elsewhere
from tests.hanging_proxy import HangingProxy
from tests.postgres_server import PostgresServer

pytestmark = [pytest.mark.postgres, pytest.mark.proof, pytest.mark.timeout(900)]

SLOW = 90_000
HUNG = 60


@dataclass
class Office:
    """An installation on PostgreSQL whose app is started and stopped on one port."""

    at: Elsewhere
    keys: dict[str, str]
    port: int = field(default_factory=servers.free_port)
    app: AppServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> AppServer:
        self.app = servers.start(self.at, self.keys, self.port)
        return self.app

    def stop(self) -> None:
        if self.app is not None:
            self.app.stop()
            self.app = None

    def run(self, *words: str) -> str:
        """A command, as the service's account would type it."""
        before = {name: os.environ.get(name) for name in self.keys}
        os.environ.update(self.keys)
        try:
            return self.at.connectors(*words)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

    def ready(self) -> tuple[int, float]:
        """Status of /readyz, and the seconds that it took."""
        began = time.monotonic()
        with closing(HTTPConnection(urlsplit(self.url).netloc, timeout=30)) as line:
            line.request("GET", "/readyz")
            return line.getresponse().status, time.monotonic() - began


@pytest.fixture
def proxy(postgres_server: PostgresServer) -> Iterator[HangingProxy]:
    with HangingProxy(postgres_server) as between:
        yield between
        between.resume()


@pytest.fixture
def office(
    postgres_server: PostgresServer, proxy: HangingProxy, tmp_path: Path
) -> Iterator[Office]:
    name = postgres_server.create()
    folder = tmp_path / "data"
    folder.mkdir()
    here = Office(
        Elsewhere(folder, url=proxy.url(name)),
        {"OWNER_KEY": Fernet.generate_key().decode(), "AUDIT_KEY": token_urlsafe(48)},
    )
    here.run("migrate")
    here.run("sample", "--dossiers", "300", "--end", SAMPLE_END.isoformat())
    here.start()
    yield here
    here.stop()
    postgres_server.drop(name)


def _figures(page: Page, office: Office) -> list[str]:
    """What the home screen says to somebody signed in there, once it is whole."""
    page.goto(office.url)
    expect(page.locator(".st-key-attention")).to_be_visible(timeout=SLOW)
    expect(page.locator(".dh-value").first).to_be_visible(timeout=SLOW)
    return page.locator(".dh-value").all_inner_texts()


def _sign_in(page: Page, office: Office) -> None:
    assert office.app is not None
    page.context.add_cookies([office.app.cookie("leader")])


def test_a_day(
    office: Office,
    proxy: HangingProxy,
    browser_page: Page,
    tmp_path: Path,
    screenshot: Callable[..., Path],
) -> None:
    page = browser_page
    _sign_in(page, office)
    figures = _figures(page, office)
    assert figures

    # A back-up: nothing is to be seen of it.
    saved = tmp_path / "a.dunghan"
    assert "SHA-256" in office.run("backup", str(saved))
    assert page.locator(".dh-value").all_inner_texts() == figures
    assert page.get_by_text(BANNER).count() == 0

    # The database hangs for a minute, with the limits as shipped: the last figures and a sentence.
    proxy.hang()
    began = time.monotonic()
    page.get_by_role("link", name="Đơn vị", exact=True).first.click()
    expect(page.get_by_text(BANNER)).to_be_visible(timeout=SLOW)
    told = time.monotonic() - began
    assert told < 15
    while time.monotonic() - began < HUNG:
        status, seconds = office.ready()
        assert (status, seconds < 2) == (503, True)
        page.wait_for_timeout(1000)
    expect(page.get_by_text(BANNER)).to_be_visible()
    assert page.locator("table, .dh-value").count()
    proxy.resume()
    expect(page.get_by_text(BANNER)).to_have_count(0, timeout=SLOW)
    assert office.ready()[0] == 200
    assert _figures(page, office) == figures

    # New keys: two restarts, and whoever was signed in still is.
    old = dict(office.keys)
    fresh = {"OWNER_KEY": Fernet.generate_key().decode(), "AUDIT_KEY": token_urlsafe(48)}
    office.stop()
    away = page.get_by_role("dialog", name="Mất kết nối tới Đúng Hạn")
    expect(away).to_be_visible(timeout=SLOW)
    assert "Streamlit" not in away.inner_text()
    assert page.locator(".dh-value").all_inner_texts() == figures
    screenshot(page, "away")
    office.keys = {name: f"{fresh[name]},{old[name]}" for name in old}
    office.start()
    expect(away).to_have_count(0, timeout=SLOW)  # nobody clicks
    office.run("owners", "rotate-key")
    office.run("audit", "change-key")
    assert _figures(page, office) == figures
    office.stop()
    office.keys = fresh
    office.start()
    assert _figures(page, office) == figures
    assert "nguyên vẹn" in office.run("audit", "verify")

    # Restored in place, twice: sessions are over, the figures are those of then. The back-up is of
    # before the new keys, so the old ones are at hand.
    office.stop()
    office.keys = {name: f"{fresh[name]},{old[name]}" for name in old}
    for _ in range(2):
        office.run("restore", str(saved), "--replace")
    assert office.run("aside", "list").count("truoc_phuc_hoi_") >= 2
    office.start()
    page.goto(office.url)
    expect(page.get_by_label("Tên đăng nhập")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("Phiên đăng nhập đã kết thúc. Hãy đăng nhập lại.")).to_be_visible()
    _sign_in(page, office)
    assert _figures(page, office) == figures


def test_an_upgrade_from_the_first_schema(
    postgres_server: PostgresServer, tmp_path: Path, browser_page: Page
) -> None:
    """Before `migrate` nobody comes in; afterwards the dossiers of then are there."""
    name = postgres_server.create()
    url = postgres_server.url(name)
    first_schema(url)
    office = Office(Elsewhere(tmp_path, url=url), {})
    office.start()
    assert office.ready()[0] == 503
    browser_page.goto(office.url)
    expect(browser_page.get_by_label("Tên đăng nhập")).to_be_visible(timeout=SLOW)
    office.stop()
    office.run("migrate")
    office.start()
    assert office.ready()[0] == 200
    _sign_in(browser_page, office)
    assert _figures(browser_page, office)
    browser_page.goto(f"{office.url}/don-vi?period=2025-08-01..2025-09-30")
    expect(browser_page.get_by_text("Xã Bình Minh").first).to_be_visible(timeout=SLOW)
    office.stop()
    postgres_server.drop(name)


@pytest.fixture
def browser_page(new_page: object) -> Page:
    """A page that nobody is signed in on."""
    assert callable(new_page)
    page: Page = new_page(role=None)
    return page
