"""The page that ends e-mails of alerts: the link in each of them, for whoever brings it.

Nobody signs in for it (RFC 8058): a mail program posts to the address by itself, once its reader
has pressed its button; a browser that follows the link gets a page with one button, for programs
that look at links before people do must end nothing. The address holds a random token and what it
ends, and nobody's name; it stands in line like everything of strangers (gate.py).
"""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlencode

import anyio
import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.alerts import stopping
from reports.alerts.letters import STOP
from ui.shell import entry, installation
from ui.shell.limits import limits
from ui.shell.text import safe

_log = logging.getLogger(__name__)

PATH: Final = f"/{STOP}"
_TITLE: Final = "Ngừng nhận thư"
_NOBODYS: Final = (
    "Đường dẫn này không dùng được (nữa). Hãy mở lại từ một thư mới hơn, hoặc đăng nhập và sửa ở "
    "màn hình Cảnh báo."
)
_LOST: Final = "Cơ sở dữ liệu đang bận nên chưa ngừng được. Hãy thử lại sau ít phút."
_threads: Final = anyio.CapacityLimiter(limits().strangers.lookups)


async def _ask(request: Request) -> Response:
    """What the link would end, with the button."""
    token, what = _given(request)
    try:
        known = await anyio.to_thread.run_sync(_is_one, token, what, limiter=_threads)
    except SQLAlchemyError:
        return _away()
    if not known:
        return entry.drawn(_TITLE, _NOBODYS, True, "", 404)
    address = safe(f"{PATH}?{urlencode({'t': token, 'k': what})}")
    form = (
        f"<p>Ngừng gửi {safe(_words(what))} tới địa chỉ của bạn? Trong phần mềm vẫn xem được như "
        f'cũ.</p><form method="post" action="{address}"><button type="submit">Ngừng nhận</button>'
        "</form>"
    )
    return entry.drawn(_TITLE, None, False, form, 200)


async def _stop(request: Request) -> Response:
    """Ends it: the button of the page, or a mail program's own."""
    token, what = _given(request)
    try:
        done = await anyio.to_thread.run_sync(_end, token, what, limiter=_threads)
    except SQLAlchemyError:
        return _away()
    if not done:
        return entry.drawn(_TITLE, _NOBODYS, True, "", 404)
    said = f"Đã ngừng gửi {_words(what)}. Muốn nhận lại: đăng nhập, mở màn hình Cảnh báo."
    return entry.drawn(_TITLE, said, False, "", 200)


def _away() -> Response:
    installation.note(_log, "no e-mails could be ended")
    return entry.drawn(_TITLE, _LOST, True, "", 503)


def _given(request: Request) -> tuple[str, str]:
    asked = request.query_params
    return asked.get("t", "")[:64], asked.get("k", "")[:16]


def _words(what: str) -> str:
    return {str(key): word for key, word in stopping.WHAT.items()}[what]


def _is_one(token: str, what: str) -> bool:
    return stopping.is_one(installation.database(), token, what)


def _end(token: str, what: str) -> bool:
    return stopping.stop(installation.database(), installation.settings(), token, what)


ROUTES: Final = [
    Route(PATH, _ask, methods=["GET"]),
    Route(PATH, _stop, methods=["POST"]),
]
