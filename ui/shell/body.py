"""What may come with a request, before it is read: how much, and how slowly."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope
from streamlit import config

from ui.shell.limits import limits

_UPLOAD: Final = re.compile(r"^/_stcore/upload_file/")
_FORMS: Final = ("/vao", "/ngung-nhan")
_FRAMING: Final = 1 << 20
"""As much as Streamlit grants the form around a file."""


def bounded(scope: Scope, headers: Headers, receive: Receive) -> Receive | None:
    """How the body of a request is read; None for one that says itself to be too much.

    Files and forms have bodies; nothing else has, so elsewhere one byte is too much.
    """
    most = _most(scope["path"], scope["method"])
    try:
        announced = int(headers.get("content-length", "0"))
    except ValueError:
        return None
    if announced > most or (most == 0 and "transfer-encoding" in headers):
        return None
    return receive if most == 0 else _Body(receive, most).next


def with_plain_cookies(scope: Scope) -> Scope:
    """The request without cookies that are written with escapes (none of ours is), or are many.

    Python undoes escapes in time by the square of their number: 30 KB of them stopped the event
    loop for four seconds, at whatever address and of whoever.
    """
    if not any(name == b"cookie" for name, _ in scope["headers"]):
        return scope
    return {**scope, "headers": [(name, _plain(name, value)) for name, value in scope["headers"]]}


def _plain(name: bytes, value: bytes) -> bytes:
    if name != b"cookie":
        return value
    kept = value.split(b";", limits().cookies.most)[: limits().cookies.most]
    return b";".join(part for part in kept if b"\\" not in part)


def _most(path: str, method: str) -> int:
    if path in _FORMS and method == "POST":
        return limits().form.bytes
    if _UPLOAD.match(path) and method == "PUT":
        return int(config.get_option("server.maxUploadSize")) * (1 << 20) + _FRAMING
    return 0


class _Body:
    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most = receive, most
        self._come = 0
        self._began = asyncio.get_running_loop().time()

    async def next(self) -> Message:
        """The next part; the connection counts as lost where it is too much or too slow."""
        rule = limits().upload
        until = self._began + rule.first_seconds + self._come / rule.least_per_second
        try:
            async with asyncio.timeout_at(until):
                message = await self._receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        self._come += len(message.get("body", b""))
        return message if self._come <= self._most else {"type": "http.disconnect"}
