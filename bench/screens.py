"""The app as a user meets it: a real Streamlit process, driven by a real browser."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from bench.timing import cpu_seconds, peak_mb, resident_mb
from connectors.settings import PROJECT_ROOT, Settings

_PAGES: Final = ("", "don-vi", "ho-so-tre-han")
_START_SECONDS: Final = 120
_WAIT_MS: Final = 120_000
_QUIET_MS: Final = 300
"""The screen counts as drawn once the app has not been running for so long."""


@dataclass(frozen=True)
class App:
    """A running app and when it was started."""

    url: str
    process: subprocess.Popen[bytes]
    began: float


@contextmanager
def app(data_dir: Path) -> Iterator[App]:
    """The app on the data in a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    with (data_dir / "app.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            env={
                **os.environ,
                "DATA_DIR": str(data_dir),
                "DATABASE_URL": "",
                "SETTINGS_FILE": os.devnull,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process)
        yield App(url, process, began)
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError("the app did not start; see app.log")


def _reader(data_dir: Path, role: str = "leader") -> str:
    """The session cookie of somebody who has just signed in to the installation in a folder."""
    from connectors.database.session import migrate, open_database
    from tests.signing_in import signed_in

    database = open_database(Settings(data_dir=data_dir, database_url="").database_url)
    migrate(database)
    try:
        return signed_in(database, role)
    finally:
        database.dispose()


def _cookie(url: str, token: str) -> dict[str, str]:
    return {"name": Settings().cookie_name, "value": token, "url": url}


@contextmanager
def browser_page() -> Iterator[Any]:
    """A page of the machine's Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.chromium import system_browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield browser.new_page(viewport={"width": 1366, "height": 768}, locale="vi-VN")
        finally:
            browser.close()


def _settle(page: Any) -> None:
    """Wait until the whole screen is drawn; RuntimeError when the app shows an error instead."""
    page.locator("h1").first.wait_for(timeout=_WAIT_MS)
    still = 0
    deadline = time.monotonic() + _WAIT_MS / 1000
    while still < _QUIET_MS and time.monotonic() < deadline:
        busy = page.locator("[data-testid=stStatusWidget], [data-testid=stSkeleton]").count()
        still = 0 if busy else still + 50
        page.wait_for_timeout(50)
    if page.locator("[data-testid=stAlertContentError]").count():
        text = page.locator("[data-testid=stAlertContentError]").first.inner_text()
        raise RuntimeError(f"the app shows an error: {text}")


def memory(data_dir: Path) -> dict[str, float]:
    """Memory (MB) of the app's process after each screen was opened and drawn."""
    found = {}
    with app(data_dir) as running, browser_page() as page:
        found["started"] = resident_mb(running.process.pid)
        page.context.add_cookies([_cookie(running.url, _reader(data_dir))])
        for path in _PAGES:
            page.goto(f"{running.url}/{path}")
            _settle(page)
            found[path or "home"] = resident_mb(running.process.pid)
        found["peak"] = peak_mb(running.process.pid)
    return found


def cold_start(data_dir: Path) -> float:
    """Seconds from the command to the first figure in a browser that is open already."""
    token = _reader(data_dir)
    with browser_page() as page, app(data_dir) as running:
        page.context.add_cookies([_cookie(running.url, token)])
        page.goto(running.url)
        page.locator(".dh-value").first.wait_for(timeout=_WAIT_MS)
        return time.perf_counter() - running.began


_WATCH: Final = """() => {
    window.turned = [];
    const place = () => document.querySelector("#dh-show .dh-slide[data-now]")?.dataset.key;
    window.addEventListener("keydown", event => {
        const before = place();
        requestAnimationFrame(() => {
            const channel = new MessageChannel();  // its turn comes once the frame is on its way
            channel.port1.onmessage = () => window.turned.push(
                [performance.now() - event.timeStamp, before, place()]);
            channel.port2.postMessage(0);
        });
    }, true);
}"""
"""Keeps for each key how long after it the next frame was handed over, and which slides changed."""


def next_slide(data_dir: Path, week: str, rounds: int = 3) -> dict[str, Any]:
    """How long a slide takes from a real key to the frame that shows it, through the whole deck.

    Returns:
        ``opened``: seconds from the address to the whole deck in the page, its figures unread
        before; ``slides``; ``median``, ``slowest`` in ms of ``keys`` keys; what turning asked of
        the app: ``messages`` through its stream, ``app_cpu`` seconds of its processor in
        ``seconds``.
    """
    token, messages = _reader(data_dir, "presenter"), []
    with browser_page() as page, app(data_dir) as running:
        page.set_viewport_size({"width": 1920, "height": 1080})
        page.context.add_cookies([_cookie(running.url, token)])
        page.on(
            "websocket", lambda stream: stream.on("framesent", lambda text: messages.append(text))
        )
        began = time.perf_counter()
        page.goto(f"{running.url}/trinh-chieu?period={week}")
        page.locator(".dh-present").first.wait_for(timeout=_WAIT_MS)
        page.locator(".dh-deck .dh-slide").last.wait_for(state="attached", timeout=_WAIT_MS)
        opened = time.perf_counter() - began
        _settle(page)
        page.locator(".dh-present").first.click()
        slides = page.locator("#dh-show .dh-slide").count()
        page.evaluate(_WATCH)
        before, cpu, wall = len(messages), cpu_seconds(running.process.pid), time.perf_counter()
        for _ in range(rounds):
            for key in ["ArrowRight"] * (slides - 1) + ["Home"]:
                page.keyboard.press(key)
                page.wait_for_timeout(100)
        seconds = time.perf_counter() - wall
        cpu = cpu_seconds(running.process.pid) - cpu
        turned = page.evaluate("window.turned")
    if len(turned) != rounds * slides or any(old == new for _, old, new in turned):
        raise RuntimeError("a key did not turn the slide by the next frame")
    took = [each for each, _, _ in turned]
    return {
        "opened": opened,
        "slides": slides,
        "keys": len(took),
        "median": statistics.median(took),
        "slowest": max(took),
        "messages": len(messages) - before,
        "app_cpu": cpu,
        "seconds": seconds,
    }


def reruns(repeats: int = 10) -> dict[str, float]:
    """Milliseconds of a whole run of the home screen's script, without browser or network.

    ``first``: nothing is cached; ``wall``, ``cpu``: medians of the runs after it, as when a
    reader clicks something on the page.
    """
    from streamlit.testing.v1 import AppTest

    from ui.shell import identity

    token = _reader(Settings().data_dir)
    # AppTest has no cookies; all that follows from the cookie is part of what is timed.
    identity.presented_token = lambda: token
    test = AppTest.from_file(str(PROJECT_ROOT / "ui" / "main.py"), default_timeout=120)
    wall, cpu = [], []
    for _ in range(repeats + 1):
        began, began_cpu = time.perf_counter(), time.process_time()
        test.run()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - began_cpu) * 1000)
        if test.exception or test.error:
            raise RuntimeError(f"the home screen failed: {test.exception or test.error}")
    if not any("dh-value" in str(part.proto) for part in test.get("html")):
        raise RuntimeError("the home screen shows no figure")
    return {
        "first": wall[0],
        "wall": statistics.median(wall[1:]),
        "cpu": statistics.median(cpu[1:]),
    }
