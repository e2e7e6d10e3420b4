"""Connections, before there is a request: how long they may say nothing, how many there may be.

uvicorn waits for ever for the head of a request, has no bound on connections, and reads a
WebSocket's messages before anybody has agreed to it. ``streamlit run`` lets nobody choose another
protocol, so these are put in the place of uvicorn's just before its server starts listening.
"""

from __future__ import annotations

import asyncio
import logging
import re
import resource
from collections.abc import Hashable
from functools import cache
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import Server

from connectors.addresses import LOCAL, address_of, place_of
from ui.shell import entry, installation, known, measures
from ui.shell.gate import Forecourt
from ui.shell.limits import limits
from ui.shell.seldom import seldom

_log = logging.getLogger(__name__)

_CLOSE_SECONDS: Final = 2.0
_FORWARDED: Final = re.compile(rb"(?im)^(x-real-ip|x-forwarded-for):[ \t]*([^\r\n]*)")
_END_OF_HEAD: Final = b"\r\n\r\n"
_END_OF_HEAD_BEFORE: Final = len(_END_OF_HEAD) - 1


class _Open:
    """Connections that nobody is known on, by address, the oldest first."""

    def __init__(self) -> None:
        self._addresses: dict[Hashable, str] = {}
        self._by_address: dict[str, dict[Hashable, None]] = {}

    def add(self, line: Hashable, address: str) -> Any:
        """Takes one more; which one has to go for it: its address's oldest, or the oldest of all.

        The newest comes in, since it may be of somebody who is signed in: only its first request
        tells.
        """
        bounds = limits().strangers
        # Behind a proxy all come from its address: there the whole number holds.
        most = bounds.connections if _is_hidden() else bounds.address_connections
        own = self._by_address.get(address, {})
        gone = None
        if len(own) >= most:
            gone = next(iter(own))
        elif len(self._addresses) >= bounds.connections:
            gone = next(iter(self._addresses))
        if gone is not None:
            self.drop(gone)
        self._addresses[line] = address
        self._by_address.setdefault(address, {})[line] = None
        return gone

    def drop(self, line: Hashable) -> None:
        """Gives one up, if it is still there: it is closed, or somebody is known on it."""
        address = self._addresses.pop(line, None)
        if address is None:
            return
        del self._by_address[address][line]
        if not self._by_address[address]:
            del self._by_address[address]

    def __contains__(self, line: object) -> bool:
        return line in self._addresses


_open: Final = _Open()


@cache
def _forecourt() -> Forecourt:
    return Forecourt(limits().strangers)


@cache
def _busy() -> bytes:
    """What whoever waited in vain is told; made once."""
    answer = entry.page("/", entry.BUSY, status=503)
    lines = [b"HTTP/1.1 503 Service Unavailable", b"connection: close", b"retry-after: 60"]
    lines += [name + b": " + value for name, value in answer.raw_headers]
    return b"\r\n".join([*lines, b"", bytes(answer.body)])


def _is_hidden() -> bool:
    return bool(installation.settings().behind_proxy)


class _Conversation(h11.Connection):
    """h11's: with heads of so many lines, and bodies whose length is told before they come.

    What one request costs the event loop is bounded before it stands in line with others: of
    thousands of lines, or of a body in pieces of one byte, each would be parsed in Python.
    """

    _lines = 0

    def receive_data(self, data: bytes) -> None:
        """Counts the lines of a head."""
        if self.their_state is h11.IDLE:
            self._lines += data.partition(b"\r\n\r\n")[0].count(b"\n")
        super().receive_data(data)

    def next_event(self) -> Any:
        """As h11's; RemoteProtocolError (uvicorn answers 400) for what no browser sends."""
        if self._lines > limits().line.header_lines:
            raise h11.RemoteProtocolError("too many lines")
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._lines = 0
            if any(name == b"transfer-encoding" for name, _ in event.headers):
                raise h11.RemoteProtocolError("a body of no told length")
        return event


class Line(H11Protocol):
    """uvicorn's HTTP connection with an end to waiting, and a place among the strangers'."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A stranger's connection, until somebody is known on it."""
        super().connection_made(transport)
        self.conn = _Conversation(h11.SERVER, limits().line.header_bytes)
        host = self.client[0] if self.client else LOCAL
        place = place_of(host)
        self._deadline: asyncio.TimerHandle | None = None
        # The door finds the connection of a request by it.
        self.app_state = {**self.app_state, "line": self}
        self._end = self.loop.call_later(limits().line.stranger_seconds, self._end_a_strangers)
        self._early: bytearray | None = bytearray()
        self._refusal: asyncio.TimerHandle | None = None
        self._address = ""
        gone = _open.add(self, host if place in (None, LOCAL) else str(place))
        if gone is not None:
            gone.transport.abort()
        self._wait_for_a_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives up its places and its clocks."""
        self._stop_waiting()
        self._leave()
        self.is_known()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """As uvicorn's, once the first request has had its turn."""
        if self._early is None:
            super().data_received(data)
            return
        looked_at = max(len(self._early) - _END_OF_HEAD_BEFORE, 0)
        self._early += data
        if self._early.find(_END_OF_HEAD, looked_at) >= 0:
            self._stand()
        elif len(self._early) > limits().line.header_bytes:
            self._come_in()  # to be refused

    def _stand(self) -> None:
        """Who was known lately goes in; everybody else waits, and says no more meanwhile."""
        assert self._early is not None
        head = bytes(self._early[: limits().line.header_bytes])
        if known.cookies().is_in(head) or measures.may_come_first(head):
            self._come_in()
            return
        self._stop_waiting()
        self._address = self._asks_from(head)
        if not _forecourt().stand(self, self._address, self._come_in):
            patience = limits().strangers.patience_seconds
            self._refusal = self.loop.call_later(patience, self._turn_away)
        if self._early is not None:
            self.transport.pause_reading()

    def _asks_from(self, head: bytes) -> str:
        """Whose turn it is: who asks, as the proxy tells it where there is one."""
        told = [(name.lower(), value) for name, value in _FORWARDED.findall(head)]
        host = self.client[0] if self.client else None
        proxies = installation.settings().trusted_proxies
        return str(place_of(address_of(host, told, proxies)))

    def _come_in(self) -> None:
        early, self._early = self._early, None
        if early is None or self.transport.is_closing():
            return
        self.transport.resume_reading()
        super().data_received(bytes(early))

    def _turn_away(self) -> None:
        self._refusal = None
        measures.count(503)
        self.transport.write(_busy())
        self.transport.close()

    def _leave(self) -> None:
        _forecourt().leave(self, self._address)
        if self._refusal is not None:
            self._refusal.cancel()

    def is_known(self) -> None:
        """Somebody who is signed in has asked on it: no stranger's any more."""
        self._end.cancel()
        _open.drop(self)

    def handle_events(self) -> None:
        """As uvicorn's; a head that has begun must end in time."""
        super().handle_events()
        if self.transport.get_protocol() is not self:  # a WebSocket now
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._deadline is None and self.timeout_keep_alive_task is None:
            self._wait_for_a_head()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """The connection is a WebSocket's from here on: the place goes with it."""
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def _wait_for_a_head(self) -> None:
        self._deadline = self.loop.call_later(limits().line.header_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_a_strangers(self) -> None:
        """Whoever reads an answer too slowly holds no connection for ever either."""
        if self in _open:
            self.transport.abort()

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.abort()


class Socket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket: nothing is read before it is agreed to, or after it is closed."""

    _frames = 0

    def data_received(self, data: bytes) -> None:
        """As uvicorn's; a head that websockets does not take is answered, and the line closed."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_complete:
            self.handshake_complete = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives up the connection's place among the strangers'."""
        line = self.app_state.get("line")
        if line is not None:
            line.is_known()
        super().connection_lost(exc)

    def handle_connect(self, event: Any) -> None:
        """The handshake: what comes behind it waits until it is answered."""
        self.close_timeout = _CLOSE_SECONDS
        super().handle_connect(event)
        if not self.transport.is_closing():
            self.transport.pause_reading()

    async def send(self, message: Any) -> None:
        """As uvicorn's; reading begins with the agreement and ends with the farewell."""
        if self.transport.get_write_buffer_size() > limits().line.unread_bytes:
            self.transport.abort()
        await super().send(message)
        if self.transport.is_closing():
            return
        if message["type"] == "websocket.accept":
            self.transport.resume_reading()
        elif message["type"] == "websocket.close":
            self.transport.pause_reading()

    def handle_cont(self, event: Any) -> None:
        """A further frame of a message; a message of very many is no screen's."""
        self._frames = 0 if event.fin else self._frames + 1
        if self._frames > limits().message.frames:
            self.transport.abort()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answers as uvicorn does, but for whoever does not read the answers."""
        super().handle_ping()
        if self.transport.get_write_buffer_size() > limits().line.unread_bytes:
            self.transport.abort()


def begin() -> None:
    """Called once, before the server listens: its connections are those of this module."""
    start = Server.startup

    async def startup(server: Server, sockets: Any = None) -> None:
        config, bounds = server.config, limits()
        config.http_protocol_class = Line
        config.ws_protocol_class = Socket
        config.ws_max_size = bounds.message.bytes
        config.ws_per_message_deflate = False
        # A stop does not wait for whoever stands in line.
        config.timeout_graceful_shutdown = bounds.line.stop_seconds
        _take_files(bounds.line.files)
        _log_less()
        await start(server, sockets)

    Server.startup = startup  # type: ignore[assignment,method-assign]


def _log_less() -> None:
    """Of what anybody can make uvicorn say again and again a line a minute; of its errors all."""

    def is_told(record: logging.LogRecord) -> bool:
        if record.levelno == logging.WARNING:
            seldom(_log, f"uvicorn: {record.msg}")
        return record.levelno > logging.WARNING

    told = logging.getLogger("uvicorn.error")
    told.setLevel(logging.WARNING)
    told.addFilter(is_told)


def _take_files(wanted: int) -> None:
    """Each connection is an open file: as many as the machine lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
