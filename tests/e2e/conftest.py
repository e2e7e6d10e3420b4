"""A real browser in front of a real server. Pictures go to test-results/."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from connectors.settings import PROJECT_ROOT
from tests.conftest import missing
from tests.e2e import app_server as servers
from tests.e2e.app_server import AppServer, Installation
from tests.e2e.chromium import system_browser

PICTURES = PROJECT_ROOT / "test-results"
_HERE = Path(__file__).parent
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_ORDINARY: dict[str, Any] = {
    "locale": "vi-VN",
    "timezone_id": "Asia/Ho_Chi_Minh",
    "viewport": {"width": 1366, "height": 768},
}
_running: list[AppServer] = []
_FAILED = pytest.StashKey[bool]()
# A browser, an app and a database on a busy machine: what is waited for may take its time.
_PATIENCE = 60_000
expect.set_options(timeout=_PATIENCE)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[_FAILED] = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_FAILED] |= report.failed
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the browser, and comes last: what is quick fails first.

    A failure in the browser is tried once more and told as "rerun": a click that met a screen just
    being drawn is no fault of the screen, and one that fails twice is.
    """
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=lambda item: _HERE in item.path.parents)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or Playwright's own where that is installed."""
    with sync_playwright() as playwright:
        found = system_browser()
        if found is None and not Path(playwright.chromium.executable_path).exists():
            missing("no Chromium (Debian package chromium)", "REQUIRE_BROWSER")
        with playwright.chromium.launch(executable_path=found, args=_ARGUMENTS) as chromium:
            yield chromium


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """``new_page(viewport=..., color_scheme=...)``: a page of a fresh browser, nothing remembered.

    Signed in as ``role`` (``None``: nobody), with the scope of ``unit_id``, at whatever app it
    opens. Other options as of Playwright's ``new_context``. A picture of every page is kept when
    the test fails, and an uncaught error of a page's scripts fails the test.
    """
    pages: list[Page] = []
    errors: list[str] = []

    def make(role: str | None = "admin", unit_id: int | None = None, **options: Any) -> Page:
        page = browser.new_context(**{**_ORDINARY, **options}).new_page()
        page.set_default_timeout(_PATIENCE)
        if role is not None:
            _sign_in_on_arrival(page, role, unit_id)
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        return page

    yield make
    failed = request.node.stash[_FAILED]
    for number, page in enumerate(pages):
        with closing(page.context), suppress(Error):  # the test's own failure is what is told
            if failed:
                _picture(page, f"failed-{request.node.name}-{number}")
    assert errors == []


def _sign_in_on_arrival(page: Page, role: str, unit_id: int | None) -> None:
    """The page has the cookie of whichever app it opens, before it opens it."""
    go, known = page.goto, set[str]()

    def goto(url: str, **options: Any) -> Any:
        server = next(one for one in reversed(_running) if url.startswith(one.url))
        if server.url not in known:
            page.context.add_cookies([server.cookie(role, unit_id)])
            known.add(server.url)
        return go(url, **options)

    page.goto = goto  # type: ignore[method-assign]


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page at 1366×768, in Vietnamese, in Hà Nội's time."""
    return new_page()


@pytest.fixture(scope="session")
def start_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., AppServer]]:
    """Starts apps: ``start_app(installation, VARIABLE="…")``; all are stopped at the end, one
    that a single test needs by ``with start_app(…) as server``.

    Without an installation: an empty folder, never migrated.
    """
    started: list[AppServer] = []

    def start(
        installation: Installation | None = None, script: str = "app.py", **environment: str
    ) -> AppServer:
        at = installation or Installation(tmp_path_factory.mktemp("empty"))
        server = servers.start(at, environment, script=script)
        started.append(server)
        _running.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def sample_installation(made_once: Callable[..., Path]) -> Installation:
    """The sample as everybody gets it, but for its end, and half of its dossiers. Read only."""
    make = partial(servers.sampled, dossiers=90_000, registers=True)
    return Installation(made_once("sample", make))


@pytest.fixture(scope="session")
def few(made_once: Callable[..., Path]) -> Callable[[Path], Installation]:
    """``few(folder)``: an installation there, to be written to: 1,500 dossiers, no register."""
    made = made_once("few", partial(servers.sampled, dossiers=1_500, registers=False))

    def copied(folder: Path) -> Installation:
        shutil.copytree(made, folder, dirs_exist_ok=True)
        return Installation(folder)

    return copied


@pytest.fixture(scope="session")
def app_server(start_app: Callable[..., AppServer], sample_installation: Installation) -> AppServer:
    """The app on the sample data."""
    return start_app(sample_installation)


@pytest.fixture
def screenshot() -> Callable[..., Path]:
    """``screenshot(page, name, whole=False)``: what the window shows as test-results/<name>.png.

    ``whole=True``: the window is made as tall as the content first, for Streamlit scrolls inside.
    """
    return _picture


def _picture(page: Page, name: str, whole: bool = False) -> Path:
    path = PICTURES / f"{re.sub(r'[^0-9A-Za-z.-]+', '-', name)}.png"
    window = page.viewport_size
    if whole and window:
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": window["width"], "height": max(height, window["height"])})
    page.screenshot(path=path)
    if whole and window:
        page.set_viewport_size(window)
    return path
