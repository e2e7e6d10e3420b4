"""Streams of a running app, opened by a program."""

from __future__ import annotations

from typing import Any

from websockets import Origin, Subprotocol
from websockets.sync.client import ClientConnection, connect

from tests import raw_stream
from tests.e2e.app_server import AppServer


def screen(server: AppServer, role: str, **more: Any) -> ClientConnection:
    """A signed-in person's stream."""
    cookie = server.cookie(role, **more)
    return stream(server, {"Cookie": f"{cookie['name']}={cookie['value']}"})


def stream(server: AppServer, headers: dict[str, str]) -> ClientConnection:
    """The stream that a browser with these headers opens."""
    return connect(
        server.url.replace("http", "ws") + "/_stcore/stream",
        origin=Origin(server.url),
        subprotocols=[Subprotocol("streamlit")],
        additional_headers=headers,
        max_size=raw_stream.MOST,
        compression=None,
    )
