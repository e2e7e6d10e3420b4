"""The door decides whose request it is, on a real uvicorn, which would believe anybody here."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.request import Request, urlopen

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from connectors.settings import Settings
from ui.shell import addresses, door

OFFICE = "203.0.113.7"
SAID = {"X-Forwarded-For": OFFICE, "X-Real-IP": OFFICE}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Asks a server, started as Streamlit starts it, who it thinks is asking."""
    former = uvicorn.config.ProxyHeadersMiddleware  # type: ignore[attr-defined]
    monkeypatch.setattr("uvicorn.config.ProxyHeadersMiddleware", former)  # put back at the end
    monkeypatch.setattr(
        "ui.shell.installation.settings", lambda: Settings(public_url="https://a.vn")
    )
    app = Starlette(
        routes=[Route("/", lambda request: PlainTextResponse(request.client.host))],
        middleware=[Middleware(addresses.Addresses)],
    )
    servers = []

    def ask() -> str:
        config = uvicorn.Config(app, access_log=False, log_config=None)
        server = uvicorn.Server(config)
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        servers.append((server, thread))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        answer: str = urlopen(Request(url, headers=SAID), timeout=20).read().decode()
        return answer

    yield ask
    for server, thread in servers:
        server.should_exit = True
        thread.join(20)


def test_uvicorn_believes_no_forwarded_address(asked: Callable[[], str]) -> None:
    assert asked() == OFFICE
    addresses.begin()
    assert asked() == "127.0.0.1"


def test_with_a_proxy_its_word_counts(
    asked: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses.begin()
    monkeypatch.setattr("ui.shell.installation.settings", lambda: Settings(behind_proxy=True))
    assert asked() == OFFICE


def test_the_start_tells_of_a_proxy_that_nobody_told_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "ui.shell.addresses"):
        addresses.warn(Settings())
        addresses.warn(Settings(public_url="https://a.vn", behind_proxy=True))
        assert not caplog.records
        addresses.warn(Settings(public_url="https://a.vn"))
    assert "BEHIND_PROXY" in caplog.text


def test_it_is_the_first_that_a_request_meets() -> None:
    first: object = door.MIDDLEWARE[0].cls
    assert first is addresses.Addresses
