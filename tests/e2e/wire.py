"""All that passes between a browser's page and the app, as text that can be searched."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

import polars as pl
from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]
from playwright.sync_api import Error, Page, Response, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_ARROW: Final = b"\xff\xff\xff\xff"
"""What an Arrow stream begins with. Its columns may be packed, so it is read, not searched."""


class Wire:
    """Listens to a page from now on: every answer's body, every message of the stream."""

    def __init__(self, page: Page) -> None:
        self.received: list[bytes] = []
        self.sent: list[bytes] = []
        self.responses: list[Response] = []
        page.on("websocket", self._listen)
        page.on("response", lambda one: self.responses.append(one))

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda one: self.received.append(_raw(one)))
        socket.on("framesent", lambda one: self.sent.append(_raw(one)))

    def everything(self) -> str:
        """The raw bytes of all of it, and the tables in it, read."""
        raw = b"\n".join([*self.received, *self.sent, *self._bodies()])
        return raw.decode(errors="replace") + "\n".join(self.tables())

    def tables(self) -> list[str]:
        """The tables that were sent, each as text."""
        frames = [(ForwardMsg, one) for one in self.received] + [(BackMsg, o) for o in self.sent]
        return [
            str(pl.read_ipc_stream(io.BytesIO(content)).to_dicts())
            for kind, frame in frames
            for content in _bytes_in(_parsed(kind, frame))
            if content.startswith(_ARROW)
        ]

    def _bodies(self) -> Iterator[bytes]:
        for response in self.responses:
            # The program's own files are the same for everybody; a download has no body here.
            if "/static/" in response.url or "/media/" in response.url:
                continue
            try:
                yield response.url.encode() + response.body()
            except Error:  # a redirect, or the page has gone on: no body any more
                continue


def _raw(frame: str | bytes) -> bytes:
    return frame if isinstance(frame, bytes) else frame.encode()


def _parsed(kind: type[Any], frame: bytes) -> Any:
    try:
        return kind.FromString(frame)
    except DecodeError:
        return None


def _bytes_in(message: Any) -> Iterator[bytes]:
    """Every field of raw bytes, at any depth."""
    if isinstance(message, bytes):
        yield message
    elif isinstance(message, Message):
        for _, value in message.ListFields():
            yield from _bytes_in(value)
    elif hasattr(message, "values") and callable(message.values):
        for value in message.values():
            yield from _bytes_in(value)
    elif not isinstance(message, str) and hasattr(message, "__iter__"):
        for value in message:
            yield from _bytes_in(value)
