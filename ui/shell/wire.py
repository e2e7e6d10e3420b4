"""The wire of a screen: what a browser may ask of it, from where, and in whose session.

Streamlit's WebSocket answers anybody who can reach it, also before anybody has signed in. Of its
messages some concern the whole process (emptying the caches of all readers, watching the program's
files), its check of the origin lets in every port of this machine, and whoever knows a screen's
session id may take it over. Here stands what holds instead.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from ui.shell import installation, own_files

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

_PROTOCOLS: Final = "sec-websocket-protocol"
_POLICY_VIOLATION: Final = 1008


async def guarded(
    app: ASGIApp,
    scope: Scope,
    receive: Receive,
    send: Send,
    account: Callable[[Headers], int | None],
) -> None:
    """Serves a WebSocket by ``app``, as far as it may be served.

    ``account``: the account behind a request's cookie.
    """
    headers = Headers(scope=scope)
    if not is_own_origin(headers):
        _log.warning("a WebSocket from another origin was refused")
        await receive()
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    resumed = _resumed(headers)
    if resumed is not None and not await run_in_threadpool(_is_own, resumed, headers, account):
        scope = _anew(scope)
    await app(scope, _only_heard(receive), send)


def is_own_origin(headers: Headers) -> bool:
    """Whether the request comes from a page of this app.

    A browser always names the origin of a page that opens a WebSocket; a program may leave it out,
    but then it has no other person's cookie either.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        asked, public = urlsplit(origin), urlsplit(installation.settings().public_url)
    except ValueError:
        return False
    if public.netloc and asked.netloc == public.netloc:
        return asked.scheme == public.scheme
    return bool(asked.netloc) and asked.netloc == headers.get("host")


def _resumed(headers: Headers) -> str | None:
    """The session that the browser wants to go on with: the third of Streamlit's protocols."""
    entries = [entry.strip() for entry in headers.get(_PROTOCOLS, "").split(",")]
    return entries[2] if len(entries) > 2 and entries[2] else None


def _is_own(session_id: str, headers: Headers, account: Callable[[Headers], int | None]) -> bool:
    """Whether the session's screen is that of whoever asks, as of now."""
    try:
        who = account(headers)
    except Exception:  # noqa: BLE001 -- nobody can be known: then a new screen
        _log.exception("whose session is resumed is not known")
        return False
    return own_files.account_of(session_id) == who


def _anew(scope: Scope) -> Scope:
    """The request without the session to be resumed: it gets a new one."""
    changed = {**scope, "headers": list(scope["headers"])}
    headers = MutableHeaders(scope=changed)
    headers[_PROTOCOLS] = ",".join(headers[_PROTOCOLS].split(",")[:2])
    return changed


def _only_heard(receive: Receive) -> Callable[[], Awaitable[Message]]:
    async def heard() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or is_heard(message.get("bytes")):
                return message

    return heard


def is_heard(data: bytes | None) -> bool:
    """Whether Streamlit gets to see what a browser says; what is no message at all it refuses."""
    if data is None:
        return True
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except Exception:  # noqa: BLE001 -- the library's error has no types; Streamlit closes then
        return True
    said = message.WhichOneof("type")
    if said in HEARD:
        return True
    _log.warning("a message that no screen needs was dropped: %s", said)
    return False
