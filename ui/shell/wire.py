"""The wire of a screen: what a browser may ask of it, from where, and in whose session.

Streamlit's WebSocket answers anybody who can reach it, also before anybody has signed in. Of its
messages some concern the whole process (emptying the caches of all readers, watching the program's
files), some whatever file whoever's screen offers, all are parsed whatever their size; its check
of the origin lets in every port of this machine, and whoever knows a screen's session id may take
it over. Here stands what holds instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from connectors.access import Reader
from ui.shell import message as messages
from ui.shell import own_files, uploads
from ui.shell.gate import Bucket
from ui.shell.limits import limits
from ui.shell.seldom import seldom

_log = logging.getLogger(__name__)

HEARD: Final = frozenset(
    {
        "rerun_script",
        "stop_script",
        "app_heartbeat",
        "file_urls_request",
        "backend_operation_request",
    }
)
"""All that a screen needs. Not: clear_cache, set_run_on_save, load_git_info, debug_…"""
OPERATIONS: Final = frozenset({"deferred_file"})
"""Of the operations: a download that is made at the click. Not: install_skills, …"""
_ACTS: Final = HEARD - {"stop_script", "app_heartbeat"}

_STREAM: Final = "/_stcore/stream"
_PROTOCOLS: Final = "sec-websocket-protocol"
POLICY_VIOLATION: Final = 1008
_TOO_BIG: Final = 1009
_AGAIN: Final = 1001

Ask = Callable[[bool], Awaitable[Reader | None]]


async def serve(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, who: Reader, ask: Ask
) -> None:
    """Serves a signed-in person's WebSocket by ``app``, as far as it may be served.

    ``ask``: who stands behind the request's cookie now, and whether being asked is a sign of life.
    """
    resumed = _resumed(Headers(scope=scope))
    if resumed is not None and own_files.account_of(resumed) != who.account_id:
        scope = _anew(scope)
    heard = Heard(receive, send, who, ask)
    await app(scope, heard.next, heard.answer)


async def refuse(receive: Receive, send: Send) -> None:
    """Opens no stream: the handshake is answered with 403."""
    await receive()
    await send({"type": "websocket.close", "code": POLICY_VIOLATION})


async def send_away(receive: Receive, send: Send, headers: Headers) -> None:
    """Has the page of an ended session open its address again, where the form is; says no more.

    A page that was left open tries for ever to get its stream back. What it is told is one
    message of Streamlit's own: go to this address (an empty one is the page's).
    """
    await receive()
    chosen = headers.get(_PROTOCOLS, "").split(",")[0].strip()
    await send({"type": "websocket.accept", "subprotocol": chosen or None})
    await send({"type": "websocket.send", "bytes": _go_again()})
    await send({"type": "websocket.close", "code": _AGAIN})


def is_stream(path: str) -> bool:
    """Whether it is the one address that screens have a WebSocket to."""
    return path == _STREAM


def _go_again() -> bytes:
    message = ForwardMsg()
    message.auth_redirect.url = ""
    message.auth_redirect.SetInParent()
    return bytes(message.SerializeToString())


def _resumed(headers: Headers) -> str | None:
    """The session that the browser wants to go on with: the third of Streamlit's protocols."""
    entries = [entry.strip() for entry in headers.get(_PROTOCOLS, "").split(",")]
    return entries[2] if len(entries) > 2 and entries[2] else None


def _anew(scope: Scope) -> Scope:
    """The request without the session to be resumed: it gets a new one."""
    changed = {**scope, "headers": list(scope["headers"])}
    headers = MutableHeaders(scope=changed)
    headers[_PROTOCOLS] = ",".join(headers[_PROTOCOLS].split(",")[:2])
    return changed


class Heard:
    """What Streamlit gets to hear of one socket."""

    def __init__(self, receive: Receive, send: Send, who: Reader, ask: Ask) -> None:
        self._receive, self._send = receive, send
        self._who, self._ask = who, ask
        self._bounds = limits().message
        self._bucket = Bucket(self._bounds.per_second, self._bounds.burst)
        self._asked = self._now()
        self._is_closed = False

    async def answer(self, message: Message) -> None:
        """What the app says; nothing after the socket was closed here."""
        if not self._is_closed:
            await self._send(message)

    async def next(self) -> Message:
        """The next message that a screen of this person may send."""
        while True:
            message = await self._message()
            if message is None:
                return await self._send_away()
            if message["type"] != "websocket.receive":
                return message
            data = message.get("bytes")
            if data is None or len(data) > self._bounds.bytes:
                return await self._close(_TOO_BIG if data else POLICY_VIOLATION)
            await self._in_turn()
            said = is_heard(data, self._who)
            if said in _ACTS and not await self._is_still_in():
                return await self._send_away()
            if said is not None:
                return message

    async def _message(self) -> Message | None:
        """The next message; None where the session ended while the screen was silent."""
        coming = asyncio.ensure_future(self._receive())
        try:
            while not (await asyncio.wait({coming}, timeout=self._bounds.silent_seconds))[0]:
                if not await self._asks(is_sign_of_life=False):
                    return None
        finally:
            coming.cancel()
        return coming.result()

    async def _in_turn(self) -> None:
        wait = self._bucket.wait(self._now())
        self._bucket.take(self._now())
        if wait:
            await asyncio.sleep(wait)

    async def _is_still_in(self) -> bool:
        """Whether the session lives; each run asks for itself, so not at each message."""
        if self._now() - self._asked < self._bounds.recheck_seconds:
            return True
        return await self._asks(is_sign_of_life=True)

    async def _asks(self, *, is_sign_of_life: bool) -> bool:
        """Whether it is still the same reader, who may see and do the same."""
        self._asked = self._now()
        now, who = await self._ask(is_sign_of_life), self._who
        return now is not None and (now.account_id, now.role, now.unit_id) == (
            who.account_id,
            who.role,
            who.unit_id,
        )

    async def _send_away(self) -> Message:
        await self._send({"type": "websocket.send", "bytes": _go_again()})
        return await self._close(_AGAIN)

    async def _close(self, code: int) -> Message:
        self._is_closed = True
        await self._send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def is_heard(data: bytes, who: Reader) -> str | None:
    """What a browser says, if its screen may say it; None: Streamlit does not get to see it."""
    try:
        said = messages.kind(data, limits().message.entries)
        is_needed = said in HEARD and _may(said, data, who)
    except ValueError as problem:
        seldom(_log, "a message that no screen sends was dropped", str(problem))
        return None
    if not is_needed:
        seldom(_log, "a message that no screen needs was dropped", str(said))
        return None
    return said


def _may(said: str, data: bytes, who: Reader) -> bool:
    if said == "file_urls_request":
        return uploads.may(who)
    if said != "backend_operation_request":
        return True
    asked = _parsed(data).backend_operation_request
    operation = asked.WhichOneof("payload")
    return operation in OPERATIONS and own_files.is_waiting_for(
        asked.deferred_file.file_id, who.account_id
    )


def _parsed(data: bytes) -> BackMsg:
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except Exception as error:  # the library's errors have no types
        raise messages.Refused(str(error)) from error
    return message
