"""The door's ASGI side: who comes in, and how far.

Everything is closed to whoever is not signed in, but for the form and what a browser needs before
it; the stream too (entry.py). Streamlit's own routes answer anybody who knows an address: here
a file goes only to the account whose screen made it, uploads come only from somebody who may, and
the process's measurements go to nobody. Strangers stand in line (gate.py), so that they never
delay those who are in.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from connectors.access import Reader
from ui.shell import (
    addresses,
    body,
    entry,
    health,
    identity,
    installation,
    known,
    measures,
    origin,
    own_files,
    places,
    stopping,
    uploads,
    wire,
)
from ui.shell.gate import Gate, TooMany
from ui.shell.limits import limits
from ui.shell.seldom import seldom

_log = logging.getLogger(__name__)

# Of the one inline script of Streamlit's page (it sets a flag for prerendering).
_INLINE: Final = "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='"
_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        f"script-src 'self' {_INLINE}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "media-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS: Final = "max-age=31536000; includeSubDomains"

_FILE: Final = re.compile(r"^/media/(?P<name>[^/]+)$")
_UPLOAD: Final = re.compile(r"^/_stcore/upload_file/(?P<session>[^/]+)/")
_PRIVATE: Final = re.compile(r"^/(media|component|_stcore/(upload_file|bidi-components))(/|$)")
"""What belongs to somebody: a stranger gets a refusal there, not the form."""
_OPEN: Final = re.compile(
    r"^/(vao(/.*)?|ngung-nhan|livez|readyz|static/.*|favicon\.png|manifest\.json"
    r"|_stcore/(health|host-config)|auth/(login|logout)|oauth2callback)$"
)
"""What anybody gets: the way in, the way out of e-mails (stopping.py), and files that are the same
for everybody."""


class Door:
    """Middleware around everything: refuses what is nobody's business, adds the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        bounds = limits()
        self._gate = Gate(bounds.strangers)
        self._lookups = anyio.CapacityLimiter(bounds.strangers.lookups)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(body.with_plain_cookies(scope), receive, send)
        elif scope["type"] == "websocket":
            await self._socket(body.with_plain_cookies(scope), receive, send)
        else:
            await self._app(scope, receive, send)

    # -- WebSockets ------------------------------------------------------------------------

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        may_be = origin.is_own_origin(headers) and origin.is_own_host(headers)
        if not may_be or not wire.is_stream(scope["path"]):
            seldom(_log, "a WebSocket of elsewhere was refused")
            await wire.refuse(receive, send)
            return
        try:
            who, lost = await self._who(scope, headers)
        except TooMany:
            await wire.refuse(receive, send)
            return
        if who is not None:
            await wire.serve(self._app, scope, receive, send, who, self._again(headers))
        elif lost:
            await wire.refuse(receive, send)
        else:
            await wire.send_away(receive, send, headers)

    def _again(self, headers: Headers) -> wire.Ask:
        token = entry.cookie(headers)

        async def ask(is_sign_of_life: bool) -> Reader | None:
            if token is None:
                return None
            return (await anyio.to_thread.run_sync(identity.known_by, token, is_sign_of_life))[0]

        return ask

    # -- everything else -------------------------------------------------------------------

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, path = Headers(scope=scope), scope["path"]
        added: list[tuple[str, str]] = []

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                measures.count(message["status"])
                _add(MutableHeaders(scope=message), path, added)
            await send(message)

        app = await self._answer(scope, headers, added)
        bounded = body.bounded(scope, headers, receive)
        if bounded is None:
            added.append(("connection", "close"))
            app, bounded = PlainTextResponse("Nội dung gửi lên quá lớn.", 413), receive
        await app(scope, bounded, with_headers)

    async def _answer(
        self, scope: Scope, headers: Headers, added: list[tuple[str, str]]
    ) -> ASGIApp:
        """Who answers: the app, or a refusal."""
        path = scope["path"]
        if not origin.is_own_host(headers):
            added.append(("connection", "close"))
            return PlainTextResponse("Không có địa chỉ này ở đây.", 421)
        if path == measures.PATH and measures.may_ask(headers):
            return await measures.answer()
        try:
            who, lost = await self._who(scope, headers)
        except TooMany:
            added.append(("connection", "close"))
            return _busy(scope)
        if who is None:
            # A stranger keeps no connection: the next request stands in line anew anyway.
            added.append(("connection", "close"))
        if not places.is_known(path):
            return entry.nowhere()
        if who is not None:
            return _refusal(path, scope["method"], who, headers) or self._app
        if _OPEN.match(path):
            return self._app
        if _PRIVATE.match(path):
            return _no_file(lost)
        return await self._form(scope, headers, lost, added)

    async def _form(
        self, scope: Scope, headers: Headers, lost: bool, added: list[tuple[str, str]]
    ) -> ASGIApp:
        """The form, at the screen's address; the app for whom the identity provider vouches."""
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Hãy đăng nhập.", 403)
        back = entry.place(scope)
        if lost:
            return entry.page(back, lost=True)
        said = entry.ENDED if entry.cookie(headers) else None
        if installation.uses_identity_provider():
            visitor = entry.visitor_of(scope, headers)
            try:
                token, said = await self._in_line(entry.vouched, headers, visitor)
            except SQLAlchemyError:
                installation.note(_log, "nobody could sign in")
                return entry.page(back, lost=True)
            if token:
                return entry.vouched_in(back, token, headers)
        return entry.page(back, said)

    # -- who it is -------------------------------------------------------------------------

    async def _who(self, scope: Scope, headers: Headers) -> tuple[Reader | None, bool]:
        """Who stands behind a request's cookie, and whether the database is lost.

        Whoever was known lately is asked for at once; everybody else stands in line first.
        Raises TooMany.
        """
        token = entry.cookie(headers)
        if token is not None and known.cookies().has(token):
            found, lost = await anyio.to_thread.run_sync(identity.known_by, token)
        else:
            await self._gate.enter(entry.visitor_of(scope, headers).counted_as)
            if token is None:
                return None, False
            found, lost = await self._in_line(identity.known_by, token)
        known.cookies().note(token, found is not None)
        line = scope.get("state", {}).get("line")
        if found is not None and line is not None:
            line.is_known()
        return found, lost

    async def _in_line(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Does something for a stranger on one of the threads that strangers have."""
        return await anyio.to_thread.run_sync(function, *arguments, limiter=self._lookups)


def _add(headers: MutableHeaders, path: str, added: list[tuple[str, str]]) -> None:
    for name, value in HEADERS.items():
        headers[name] = value
    if installation.settings().is_https:
        headers["strict-transport-security"] = _HSTS
        _secure_cookies(headers)
    if _PRIVATE.match(path):
        headers["cache-control"] = "private, no-store"
    for name, value in added:
        headers[name] = value


def _secure_cookies(headers: MutableHeaders) -> None:
    """No cookie goes over plain HTTP, Streamlit's own (of its forms' check) neither."""
    kept = headers.getlist("set-cookie")
    if not kept:
        return
    del headers["set-cookie"]
    for cookie in kept:
        is_secure = "secure" in {part.strip().lower() for part in cookie.split(";")}
        headers.append("set-cookie", cookie if is_secure else f"{cookie}; Secure")


def _refusal(path: str, method: str, who: Reader, headers: Headers) -> Response | None:
    """What somebody who is signed in may not have."""
    if path == entry.LEAVE:
        return RedirectResponse("/", 303)
    file = _FILE.match(path)
    if file and not own_files.belongs(file["name"], who.account_id):
        return PlainTextResponse("Không có tệp này.", 404)
    upload = _UPLOAD.match(path)
    if upload is None or method == "OPTIONS":
        return None
    if own_files.account_of(upload["session"]) != who.account_id:
        return PlainTextResponse("Không có màn hình này.", 404)
    return uploads.refusal(who, method, headers)


def _no_file(lost: bool) -> Response:
    if lost:
        return PlainTextResponse("Cơ sở dữ liệu đang bận; hãy thử lại sau ít phút.", 503)
    return PlainTextResponse("Hãy đăng nhập.", 403)


def _busy(scope: Scope) -> Response:
    response = entry.page(entry.place(scope), entry.BUSY, status=503)
    response.headers["retry-after"] = "60"
    return response


def know_own_name() -> None:
    """Adds the host of PUBLIC_URL to those that the server answers to (server.allowedHosts)."""
    host = urlsplit(installation.settings().public_url).hostname
    known = list(config.get_option("server.allowedHosts"))
    if host and host not in known:
        config.set_option("server.allowedHosts", [*known, host])


ROUTES: Final = [*entry.ROUTES, *health.ROUTES, *stopping.ROUTES]
MIDDLEWARE: Final = [Middleware(addresses.Addresses), Middleware(Door)]
