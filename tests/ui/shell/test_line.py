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

from ui.shell import line
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
    monkeypatch.setattr(
        "ui.shell.line.installation.settings", lambda: SimpleNamespace(behind_proxy=False)
    )
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

    config = Config(app=app, lifespan="off", log_config=None)
    config.load()
    state = ServerState()

    def connected() -> line.Line:
        return line.Line(config=config, server_state=state, app_state={})

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    known, strangers = await _Reading.of(port, "/known"), await _Reading.of(port, "/")
    read = await strangers.rest()
    gone.set()
    whole = await known.rest()
    server.close()
    return read, whole


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
