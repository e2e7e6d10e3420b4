"""The door's ASGI side: security headers, the session cookie, who may fetch a file, health.

Streamlit's own routes answer anybody who knows an address. Here a file (a download, a picture of
a chart) goes only to the account whose screen made it, uploads come only from somebody who is
signed in, and the process's measurements go to nobody.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from connectors.access import Reader, policy, reader_of, redeem
from connectors.snapshot import read_manifest
from ui.shell import addresses, installation, own_files, wire

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

_CLOSED: Final = re.compile(r"^/_stcore/(metrics|script-health-check|agent)(/|$)")
_FILE: Final = re.compile(r"^/media/(?P<name>[^/]+)$")
_UPLOAD: Final = re.compile(r"^/_stcore/upload_file/(?P<session>[^/]+)/")
_SIGNED_IN_ONLY: Final = re.compile(
    r"^/(media|component|_stcore/(upload_file|bidi-components))(/|$)"
)
_UPLOADS: Final = ("import_dossiers", "edit_registers")
"""What a file is uploaded for."""
_TICKET_MOST: Final = 200
_SCRIPT: Final = Path(__file__).with_name("vao.js")


class Door:
    """Middleware around everything: refuses what is nobody's business, adds the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await wire.guarded(self._app, scope, receive, send, _account)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if installation.settings().is_https:
                    headers["strict-transport-security"] = _HSTS
                if _SIGNED_IN_ONLY.match(path):
                    headers["cache-control"] = "private, no-store"
            await send(message)

        refusal = await run_in_threadpool(_refusal, path, scope["method"], Headers(scope=scope))
        app: ASGIApp = self._app if refusal is None else refusal
        await app(scope, receive, with_headers)


def _refusal(path: str, method: str, headers: Headers) -> Response | None:
    if _CLOSED.match(path):
        return PlainTextResponse("Không có trang này.", 404)
    if not _SIGNED_IN_ONLY.match(path) or method == "OPTIONS":
        return None
    try:
        reader = _reader(headers)
    except SQLAlchemyError:
        _log.exception("nobody can be known: the database does not answer")
        return PlainTextResponse("Cơ sở dữ liệu đang bận; hãy thử lại sau ít phút.", 503)
    if reader is None:
        return PlainTextResponse("Hãy đăng nhập.", 403)
    account = reader.account_id
    file = _FILE.match(path)
    if file and not own_files.belongs(file["name"], account):
        return PlainTextResponse("Không có tệp này.", 404)
    upload = _UPLOAD.match(path)
    if upload is None:
        return None
    if own_files.account_of(upload["session"]) != account:
        return PlainTextResponse("Không có màn hình này.", 404)
    if not any(reader.may(action) for action in _UPLOADS):  # they stay in memory
        return PlainTextResponse("Vai trò của bạn không nạp tệp.", 403)
    return None


def _reader(headers: Headers) -> Reader | None:
    """Who stands behind a request's cookie."""
    token = _cookie(headers)
    return None if token is None else reader_of(installation.database(), token, datetime.now(UTC))


def _account(headers: Headers) -> int | None:
    """The account behind a request's cookie."""
    reader = _reader(headers)
    return None if reader is None else reader.account_id


def _cookie(headers: Headers) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(installation.cookie_name())
    except CookieError:
        return None
    return None if found is None else found.value


# -- routes ------------------------------------------------------------------------------------


async def _enter(request: Request) -> Response:
    """Exchanges a ticket for the cookie. Only this app's own script can ask: a header that no
    other site may set, and the page's own origin."""
    if request.headers.get("x-dung-han") != "vao" or not wire.is_own_origin(request.headers):
        return PlainTextResponse("Yêu cầu không hợp lệ.", 403)
    ticket = await _ticket(request)
    try:
        token = ticket and await run_in_threadpool(
            redeem, installation.database(), ticket, datetime.now(UTC)
        )
    except SQLAlchemyError:
        _log.exception("a ticket was not exchanged")
        return PlainTextResponse("Cơ sở dữ liệu đang bận; hãy thử lại sau ít phút.", 503)
    if not token:
        return PlainTextResponse("Lượt đăng nhập đã hết hạn; hãy đăng nhập lại.", 403)
    response = Response(status_code=204)
    response.set_cookie(
        installation.cookie_name(),
        token,
        # Longer than the session: afterwards it still shows that the account came in from here.
        max_age=int(policy().known.total_seconds()),
        path="/",
        httponly=True,
        secure=installation.settings().is_https,
        samesite="lax",
    )
    return response


async def _ticket(request: Request) -> str | None:
    """What the body holds; None for what is no ticket. No more is read than a ticket is long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _TICKET_MOST:
            return None
    return body.decode("ascii") if body.isascii() else None


async def _script(_request: Request) -> Response:
    return Response(
        _SCRIPT.read_text(encoding="utf-8"),
        media_type="text/javascript",
        headers={"cache-control": "no-cache"},
    )


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _ready(_request: Request) -> Response:
    """Whether figures can be shown: the database answers, and there is a snapshot."""
    state = await run_in_threadpool(_readiness)
    return JSONResponse(state, 200 if all(state.values()) else 503)


def _readiness() -> dict[str, bool]:
    try:
        with installation.database().connect() as connection:
            connection.execute(text("SELECT 1"))
        database = True
    except SQLAlchemyError:
        database = False
    return {
        "database": database,
        "snapshot": read_manifest(installation.settings().snapshot_dir) is not None,
    }


def know_own_name() -> None:
    """Adds the host of PUBLIC_URL to those that the server answers to (server.allowedHosts)."""
    host = urlsplit(installation.settings().public_url).hostname
    known = list(config.get_option("server.allowedHosts"))
    if host and host not in known:
        config.set_option("server.allowedHosts", [*known, host])


ROUTES: Final = [
    Route("/vao/phien", _enter, methods=["POST"]),
    Route("/vao/vao.js", _script, methods=["GET"]),
    Route("/livez", _alive, methods=["GET"]),
    Route("/readyz", _ready, methods=["GET"]),
]
MIDDLEWARE: Final = [Middleware(addresses.Addresses), Middleware(Door)]
