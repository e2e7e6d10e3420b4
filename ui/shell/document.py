"""The HTML document around every screen: its language, its style sheets, its scripts.

Streamlit serves one document for all addresses, in English and without a way to add to it. Here
it gets ``lang="vi"`` (screen readers read by it), the style sheet of the kit, and the script that
makes links in a screen's own HTML open without loading the page anew (``document.js``), the one
that makes pictures of charts (``ui/kit/pictures.js``), and those of slides, which are shown over
whatever screen is there (``ui/kit/slides.js``).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FILES: Final = {
    "trang.js": (Path(__file__).with_name("document.js"), "text/javascript"),
    "trang.css": (Path(__file__).parents[1] / "kit" / "kit.css", "text/css"),
    "hinh.js": (Path(__file__).parents[1] / "kit" / "pictures.js", "text/javascript"),
    "trinh-chieu.js": (Path(__file__).parents[1] / "kit" / "slides.js", "text/javascript"),
    "trinh-chieu.css": (Path(__file__).parents[1] / "kit" / "slides.css", "text/css"),
}
"""Name in the address → file, media type."""

_UNWANTED: Final = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
"""Headers that would bring a document that cannot be added to."""


class Document:
    """Middleware: what is served as HTML is said to be Vietnamese, and brings script and style."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _may_be_page(scope):
            await self._app(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if pair[0] not in _UNWANTED]
        start: Message | None = None
        body = b""

        async def rewriting(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if kind.startswith("text/html"):
                    start = message
                    return
            if start is None:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                await _send_page(start, body, send)

        await self._app({**scope, "headers": headers}, receive, rewriting)


def _may_be_page(scope: Scope) -> bool:
    """Addresses of screens are flat and without a dot; everything else is passed on as it is."""
    path: str = scope["path"]
    return scope["method"] == "GET" and "." not in path and not path.startswith("/_stcore/")


async def _send_page(start: Message, body: bytes, send: Send) -> None:
    page = in_vietnamese(body.decode("utf-8")).encode("utf-8")
    headers = MutableHeaders(raw=list(start["headers"]))
    for name in ("etag", "last-modified"):
        if name in headers:  # they are of the document before it was changed
            del headers[name]
    headers["content-length"] = str(len(page))
    await send({**start, "headers": headers.raw})
    await send({"type": "http.response.body", "body": page})


def in_vietnamese(page: str) -> str:
    """Streamlit's document, said to be Vietnamese, with the style sheet and the script."""
    head = (
        f'<link rel="stylesheet" href="./giao-dien/trang.css?{_version()}">'
        f'<link rel="stylesheet" href="./giao-dien/trinh-chieu.css?{_version()}">'
        f'<script src="./giao-dien/trang.js?{_version()}" defer></script>'
        f'<script src="./giao-dien/hinh.js?{_version()}" defer></script>'
        f'<script src="./giao-dien/trinh-chieu.js?{_version()}" defer></script></head>'
    )
    page = page.replace('<html lang="en">', '<html lang="vi">', 1)
    page = page.replace("<title>Streamlit</title>", "<title>Đúng Hạn</title>", 1)
    page = page.replace("You need to enable JavaScript to run this app.", _NO_SCRIPT, 1)
    return page.replace("</head>", head, 1)


_NO_SCRIPT: Final = "Hãy bật JavaScript của trình duyệt để dùng Đúng Hạn."


@cache
def _version() -> str:
    """Part of the files' address, so that a browser never keeps those of an older version."""
    found = hashlib.sha256(b"".join(path.read_bytes() for path, _ in _FILES.values()))
    return found.hexdigest()[:12]


async def _file(request: Request) -> Response:
    found = _FILES.get(request.path_params["name"])
    if found is None:
        return Response(status_code=404)
    path, kind = found
    return Response(
        path.read_bytes(),
        media_type=kind,
        headers={"cache-control": "public, max-age=31536000, immutable"},
    )


ADDRESSES: Final = tuple(f"/giao-dien/{name}" for name in _FILES)
ROUTES: Final = [Route("/giao-dien/{name}", _file, methods=["GET"])]
MIDDLEWARE: Final = [Middleware(Document)]
