"""Connections before there is a request: how many of strangers there may be, and for how long."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from connectors.settings import Settings
from ui.shell import known, line
from ui.shell.gate import Forecourt
from ui.shell.limits import limits


@pytest.fixture(params=[False, True], ids=["alone", "behind a proxy"])
def hidden(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    settings = SimpleNamespace(behind_proxy=request.param)
    monkeypatch.setattr("ui.shell.line.installation.settings", lambda: settings)
    return bool(request.param)


def test_strangers_have_so_many_connections_in_all_and_at_one_address(hidden: bool) -> None:
    bounds = limits().strangers
    for share, addresses in ((bounds.address_connections, 1), (bounds.connections, 100)):
        if hidden:
            share = bounds.connections
        opened = line._Open()
        places = [f"10.0.0.{number % addresses}" for number in range(share)]
        assert [opened.add(number, place) for number, place in enumerate(places)] == [None] * share
        # The oldest goes, not the newest: that may be of somebody who is signed in.
        assert opened.add("new", places[0]) == 0
        opened.drop(1)
        assert opened.add("in its place", places[0 if addresses == 1 else 1]) is None
        assert opened.add("newer", places[0]) == 2
        assert "new" in opened
        opened.drop("never there")


def test_a_strangers_connection_has_an_end_whatever_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An answer is being read: a stranger's breaks off, one that somebody is known on goes on."""
    short = replace(limits().line, stranger_seconds=0.2, header_seconds=60)
    monkeypatch.setattr("ui.shell.line.limits", lambda: replace(limits(), line=short))
    monkeypatch.setattr("ui.shell.line.installation.settings", Settings)
    assert asyncio.run(_two_readers()) == (b"begun", b"begun and ended")


async def _two_readers() -> tuple[bytes, bytes]:
    """What a stranger has read when the connection breaks off, and what somebody known has."""
    gone = asyncio.Event()

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/known":
            scope["state"]["line"].is_known()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await gone.wait()
        await send({"type": "http.response.body", "body": b" and ended", "more_body": False})

    server, port = await _served(app)
    known, strangers = await _Reading.of(port, "/known"), await _Reading.of(port, "/")
    read = await strangers.rest()
    gone.set()
    whole = await known.rest()
    server.close()
    return read, whole


async def _served(app: Any) -> tuple[asyncio.Server, int]:
    """An app on lines of ours."""
    config = Config(app=app, lifespan="off", log_config=None)
    config.load()
    state = ServerState()

    def connected() -> line.Line:
        return line.Line(config=config, server_state=state, app_state={})

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two strangers at once, then one in a thousand seconds; none waits longer than a moment."""
    few = replace(limits().strangers, per_second=0.001, burst=2, patience_seconds=0.05)
    forecourt = Forecourt(few)
    monkeypatch.setattr("ui.shell.line._forecourt", lambda: forecourt)
    monkeypatch.setattr("ui.shell.line.limits", lambda: replace(limits(), strangers=few))
    monkeypatch.setattr("ui.shell.line.installation.settings", Settings)


@pytest.mark.usefixtures("crowded")
def test_a_strangers_request_is_not_read_before_its_turn() -> None:
    """Turned away it never was a request; who was known lately comes in whatever the crowd does."""
    assert asyncio.run(_crowd()) == [
        b"HTTP/1.1 200", b"HTTP/1.1 200", b"HTTP/1.1 503", b"HTTP/1.1 503", b"HTTP/1.1 200",
    ]  # fmt: skip


async def _crowd() -> list[bytes]:
    asked: list[str] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"here"})

    server, port = await _served(app)
    known.cookies().note("known-one", True)
    answers = []
    for number, cookie in enumerate(["", "", "", "unknown", "known-one"]):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        own = f"Cookie: a=b; {Settings().cookie_name}={cookie}\r\n" if cookie else ""
        head = f"GET /{number} HTTP/1.1\r\nHost: x\r\n{own}Connection: close\r\n\r\n"
        # Also when the end of the head comes in two pieces.
        writer.write(head[:-2].encode())
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(head[-2:].encode())
        answers.append((await asyncio.wait_for(reader.read(), 20))[:12])
        writer.close()
    known.cookies().note("known-one", False)
    server.close()
    assert asked == ["/0", "/1", "/4"]
    return answers


class _Reading:
    """An answer that has begun to come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def of(cls, port: int, path: str) -> _Reading:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        await reader.readuntil(b"begun")
        return cls(reader, writer)

    async def rest(self) -> bytes:
        """What has come in all when the connection ends."""
        rest = b""
        with suppress(ConnectionError):
            rest = await asyncio.wait_for(self._reader.read(), 20)
        self._writer.close()
        return b"begun" + rest
