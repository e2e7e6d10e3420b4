"""The way in: a page of our own, at the address of every screen for whoever is not signed in.

Nothing of Streamlit runs for a stranger, and its stream is closed to them: what anybody may cause
is a page of two kilobytes and, in a line of its own, one check of a pass-phrase. The check is
streamlit-authenticator's (checking.py); what else that library does is replaced (docs/access.md):
accounts are in the database, a session is a random value in an HttpOnly cookie, waits grow, every
name costs the same.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit, urlunsplit

import anyio.to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request, cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Scope
from streamlit import auth_util
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from connectors import access
from connectors.access import Moment, Visitor
from connectors.access.passphrase import one_time, tidy
from connectors.addresses import LOCAL
from ui.shell import checking, installation, origin
from ui.shell.gate import Line, TooMany
from ui.shell.limits import limits
from ui.shell.text import safe

_log = logging.getLogger(__name__)

REFUSED: Final = (
    "Tên đăng nhập hoặc mật khẩu không đúng. Sau nhiều lần sai, mỗi lần thử tiếp phải chờ lâu hơn."
)
LOST: Final = (
    "Không kết nối được cơ sở dữ liệu nên chưa thể đăng nhập. Hãy thử lại sau ít phút; nếu vẫn "
    "vậy, báo quản trị hệ thống."
)
BUSY: Final = "Đang có quá nhiều người truy cập cùng lúc. Hãy thử lại sau một phút."
ENDED: Final = "Phiên đăng nhập đã kết thúc. Hãy đăng nhập lại."
LEFT: Final = "Đã đăng xuất."
_NOWHERE: Final = (
    "Không có trang nào ở địa chỉ này. Hãy kiểm tra lại địa chỉ đã gõ, hoặc mở trang chủ."
)
_HOME: Final = '<a class="button" href="/">Mở trang chủ</a>'
_UNCHECKED: Final = (
    "Chưa kiểm tra được mật khẩu do lỗi của máy chủ. Hãy thử lại sau ít phút; nếu vẫn vậy, báo "
    "quản trị hệ thống."
)
_ELSEWHERE: Final = "Yêu cầu không đến từ trang đăng nhập của hệ thống. Hãy tải lại trang."
_EMPTY: Final = "Hãy nhập tên đăng nhập và mật khẩu."
_NOT_VOUCHED: Final = (
    "Hệ thống định danh không xác nhận được tài khoản nào đang mở ở đây, hoặc lần đăng nhập đó "
    "đã được kết thúc. Hãy đăng nhập lại; nếu vẫn vậy, liên hệ quản trị hệ thống."
)
_BEGIN: Final = Template(
    '<a class="button" href="/vao/dinh-danh?$back">Đăng nhập qua hệ thống định danh</a>'
)
_AGAIN: Final = '<a class="button" href="/auth/logout">Đăng nhập lại</a>'
_BACK: Final = "dung-han-ve"
_BACK_SECONDS: Final = 600
_AGAIN_SECONDS: Final = 15
LEAVE: Final = "/vao/ra"
"""Where a browser is sent that has signed out."""

_FOLDER: Final = Path(__file__).parent


def _template(name: str) -> Template:
    return Template((_FOLDER / name).read_text(encoding="utf-8"))


_PAGE: Final = _template("entry.html")
_FORM: Final = _template("entry_form.html")
_line: Final = Line(limits().passphrases)
_threads: Final = anyio.CapacityLimiter(limits().passphrases.at_once)
_lookups: Final = anyio.CapacityLimiter(limits().strangers.lookups)


@dataclass(frozen=True)
class Sent:
    """What the form was filled in with."""

    name: str
    passphrase: str
    back: str


# -- the page ----------------------------------------------------------------------------------


def page(
    back: str,
    said: str | None = None,
    *,
    bad: bool = True,
    name: str = "",
    status: int = 200,
    lost: bool = False,
) -> Response:
    """The sign-in page; ``back``: the address that is opened afterwards.

    ``said``: a sentence above the form, a problem or (``bad`` False) news. ``lost``: the database
    is away, so there is no form.
    """
    if lost:
        form, said, status = "", LOST, 503
    elif installation.uses_identity_provider():
        there = safe(urlencode({"ve": back}))
        form = _AGAIN if said == _NOT_VOUCHED else _BEGIN.substitute(back=there)
    else:
        focus = {"focus_name": "", "focus_pass": ""}
        focus["focus_pass" if name else "focus_name"] = " autofocus"
        form = _FORM.substitute(back=safe(back), name=safe(name), **focus)
    response = drawn("Đăng nhập", said, bad, form, status)
    if lost:
        # There is nothing to be typed: the browser looks again by itself.
        response.headers["refresh"] = f"{_AGAIN_SECONDS}; url={back}"
    return response


def nowhere() -> Response:
    """For an address that there is nothing at, whoever asks."""
    return drawn("Không có trang này", _NOWHERE, True, _HOME, 404)


def drawn(title: str, said: str | None, bad: bool, form: str, status: int) -> Response:
    """A page without Streamlit: a sentence, and below it what is HTML already."""
    told = f'<p class="said{" bad" * bad}" role="alert">{safe(said)}</p>' if said else ""
    response = HTMLResponse(_PAGE.substitute(title=title, said=told, form=form), status)
    response.headers["cache-control"] = "no-store"
    return response


def place(scope: Scope) -> str:
    """The address that was asked for, as it can be gone back to."""
    raw = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    return inside(raw.decode("latin-1") + ("?" + query.decode("latin-1") if query else ""))


def inside(address: str) -> str:
    """An address of this app; "/" for one of elsewhere, of the way in itself, or too long."""
    is_plain = address.isascii() and address.isprintable() and "\\" not in address
    if not is_plain or len(address) > limits().form.address:
        return "/"
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    is_inside = parts.path.startswith("/") and not parts.path.startswith(("//", "/vao", "/auth"))
    if parts.scheme or parts.netloc or not is_inside:
        return "/"
    return urlunsplit(("", "", parts.path, parts.query, ""))


# -- signing in with a pass-phrase -------------------------------------------------------------


async def enter(request: Request) -> Response:
    """Takes a sign-in: the cookie and the address that was asked for, or the form again."""
    if installation.uses_identity_provider() or not origin.is_own_origin(request.headers):
        return page("/", _ELSEWHERE, status=403)
    sent = await _sent(request)
    if sent is None:
        return page("/", _ELSEWHERE, status=413)
    if not sent.name or not sent.passphrase:
        return page(sent.back, _EMPTY, name=sent.name, status=400)
    visitor = visitor_of(request.scope, request.headers)
    try:
        token, said = await _checked(sent, visitor)
    except TooMany:
        return page(sent.back, BUSY, name=sent.name, status=503)
    except checking.CheckFailed:
        _log.exception("a pass-phrase could not be checked")
        return page(sent.back, _UNCHECKED, name=sent.name, status=503)
    except SQLAlchemyError:
        installation.note(_log, "nobody could sign in")
        return page(sent.back, lost=True)
    if token is None:
        return page(sent.back, said, name=sent.name, status=403)
    response = RedirectResponse(sent.back, 303)
    set_cookie(response, token)
    return response


async def _sent(request: Request) -> Sent | None:
    """What the body holds; None where it is more, or comes slower, than a form."""
    bounds, body = limits().form, b""
    try:
        async with asyncio.timeout(bounds.seconds):
            async for part in request.stream():
                body += part
                if len(body) > bounds.bytes:
                    return None
        fields = parse_qs(body.decode("ascii"), max_num_fields=4, keep_blank_values=True)
    except (TimeoutError, ValueError, ClientDisconnect):
        return None
    first = {name: values[0] for name, values in fields.items()}
    back = inside(first.get("ve", "/"))
    return Sent(first.get("ten", "").strip()[:64], first.get("mat-khau", ""), back)


async def _checked(sent: Sent, visitor: Visitor) -> tuple[str | None, str]:
    """The cookie's value, or what to say. Who must wait anyway takes no place in the line."""
    name = access.tidy_name(sent.name)
    database = installation.database()
    left, slower = await anyio.to_thread.run_sync(
        _delays, database, name, visitor, limiter=_lookups
    )
    if left:
        return None, _wait(left.total_seconds())
    await asyncio.sleep(slower.total_seconds())
    async with _line.turn(visitor.counted_as):
        return await anyio.to_thread.run_sync(
            try_to_enter, name, sent.passphrase, visitor, limiter=_threads
        )


def _delays(database: Engine, name: str, visitor: Visitor) -> tuple[timedelta, timedelta]:
    """How long the name must wait there, and how much slower its address is answered."""
    now = Moment.now()
    return access.wait(database, name, visitor, now), access.pause(database, name, visitor, now)


def try_to_enter(name: str, typed: str, visitor: Visitor) -> tuple[str | None, str]:
    """One attempt: the new session's cookie, or None and what to say.

    The same work and the same words for a name that is not there, one that may not come in, and
    a wrong pass-phrase.
    """
    database, now = installation.database(), Moment.now()
    left = access.begin(database, name, visitor, now)
    if left:
        return None, _wait(left.total_seconds())
    found = access.credential(database, name)
    if is_right(typed, found.passphrase_hash) and found.account_id is not None:
        try:
            ticket = access.let_in(database, found, visitor, now)
        except ValueError:  # changed or locked while it was being checked
            return None, REFUSED
        return access.redeem(database, ticket, datetime.now(UTC)), REFUSED
    access.turn_away(database, name, visitor)
    return None, REFUSED


def is_right(typed: str, hashed: str) -> bool:
    """The library's check, of the pass-phrase tidied as it was when it was set. Raises
    CheckFailed."""
    tidied = tidy(typed)
    if len(tidied.encode()) > access.policy().most_bytes or "\0" in tidied:
        tidied = one_time()  # bcrypt would refuse it: somebody else's, at the same cost
    return checking.is_right(tidied, hashed)


def _wait(seconds: float) -> str:
    return f"{REFUSED} Hãy đợi {words(seconds)} rồi thử lại."


def words(seconds: float) -> str:
    """A wait in words."""
    if seconds < 90:
        return f"{math.ceil(seconds)} giây"
    return f"{math.ceil(seconds / 60)} phút"


def visitor_of(scope: Scope, headers: Headers) -> Visitor:
    """Who asks, as attempts are counted."""
    client = scope.get("client")  # the visitor, not the proxy (addresses.py)
    return Visitor(client[0] if client else LOCAL, headers.get("user-agent"), cookie(headers))


# -- the cookie --------------------------------------------------------------------------------


def cookie(headers: Headers) -> str | None:
    """The session cookie that the browser sent."""
    return _cookie(headers, installation.cookie_name())


def _cookie(headers: Headers, name: str) -> str | None:
    found = re.findall(rf"(?:^|;)\s*{re.escape(name)}=([^;]*)", headers.get("cookie", ""))
    return found[-1].strip().strip('"') if found else None


def set_cookie(response: Response, token: str) -> None:
    """Gives the browser its session."""
    response.set_cookie(
        installation.cookie_name(),
        token,
        # Longer than the session: afterwards it still shows that the account came in from here.
        max_age=int(access.policy().known.total_seconds()),
        path="/",
        httponly=True,
        secure=installation.settings().is_https,
        samesite="lax",
    )


async def left(_request: Request) -> Response:
    """The form after signing out. The cookie stays: it opens nothing, and shows who was here."""
    return page("/", LEFT, bad=False)


# -- an identity provider ----------------------------------------------------------------------


async def to_provider(request: Request) -> Response:
    """Sends the browser to the identity provider, by Streamlit's own way there (st.login).

    Streamlit comes back to "/": the address that was asked for waits in a cookie of its own.
    """
    if not installation.uses_identity_provider():
        return RedirectResponse("/", 303)
    token = await anyio.to_thread.run_sync(auth_util.encode_provider_token, "default")
    response = RedirectResponse(f"/auth/login?provider={token}", 303)
    # Written without what would need escapes in a cookie (body.py).
    back = quote(inside(request.query_params.get("ve", "/")), "/?&=")
    secure = installation.settings().is_https
    response.set_cookie(_BACK, back, _BACK_SECONDS, secure=secure, httponly=True, samesite="lax")
    return response


def vouched_in(asked: str, token: str, headers: Headers) -> Response:
    """Lets somebody in whom the identity provider vouches for, to where they wanted to go first."""
    waiting = inside(unquote(_cookie(headers, _BACK) or "/"))
    response = RedirectResponse(waiting if asked == "/" else asked, 303)
    response.delete_cookie(_BACK, path="/")
    set_cookie(response, token)
    return response


def vouched(headers: Headers, visitor: Visitor) -> tuple[str | None, str | None]:
    """The cookie of a new session for somebody whom the identity provider vouches for, or what
    to say; neither for somebody who has not been there yet."""
    said = _provider_says(headers)
    if said is None:
        return None, None
    ticket = _ticket(said, visitor)
    if ticket is None:
        return None, _NOT_VOUCHED
    return access.redeem(installation.database(), ticket, datetime.now(UTC)), _NOT_VOUCHED


def _provider_says(headers: Headers) -> dict[str, Any] | None:
    """What Streamlit has kept of the provider's word, in a cookie that it has signed."""
    cookies = cookie_parser(headers.get("cookie", ""))
    try:
        raw = _get_signed_cookie_with_chunks(cookies, USER_COOKIE_NAME)
        said = json.loads(raw) if raw else None
    except (ValueError, UnicodeError):
        return None
    if not isinstance(said, dict) or said.get("is_logged_in") is not True:
        return None
    return said if said.get("origin") == auth_util.get_origin_from_redirect_uri() else None


def _ticket(said: dict[str, Any], visitor: Visitor) -> str | None:
    email, issued = said.get("email"), said.get("iat")
    # An address that the provider does not say it has verified is anybody's claim.
    if not isinstance(email, str) or said.get("email_verified") not in (True, "true"):
        return None
    if not isinstance(issued, int | float):
        return None
    return access.let_in_vouched(
        installation.database(),
        email,
        datetime.fromtimestamp(issued, UTC),
        visitor,
        datetime.now(UTC),
    )


# -- what the page needs -----------------------------------------------------------------------


def _file(name: str, kind: str) -> Route:
    content = (_FOLDER / name).read_bytes()
    headers = {"cache-control": "public, max-age=3600"}

    async def serve(_request: Request) -> Response:
        return Response(content, media_type=kind, headers=headers)

    address = "dung-han.svg" if name == "favicon.svg" else name
    return Route(f"/vao/{address}", serve, methods=["GET"])


async def _home(_request: Request) -> Response:
    return page("/")


ROUTES: Final = [
    Route("/vao", enter, methods=["POST"]),
    Route("/vao", _home, methods=["GET"]),
    Route(LEAVE, left, methods=["GET"]),
    Route("/vao/dinh-danh", to_provider, methods=["GET"]),
    _file("vao.css", "text/css"),
    _file("vao.js", "text/javascript"),
    _file("favicon.svg", "image/svg+xml"),
]
