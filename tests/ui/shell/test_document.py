"""The document around the screens: Vietnamese, with our style sheet and script, never stale."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from ui.shell import document

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"


async def _page(_request: Request) -> Response:
    return FileResponse(INDEX)


async def _heard(request: Request) -> Response:
    return PlainTextResponse(request.headers.get("accept-encoding", "none"))


APP = Starlette(
    routes=[*document.ROUTES, Route("/static/a.js", _heard), Route("/{path:path}", _page)],
    middleware=document.MIDDLEWARE,
)


def _get(path: str, **headers: str) -> tuple[int, Headers, str]:
    """Status, headers and body of an answer."""
    given = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": given}
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # the browser stays, and says no more
        return {}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(APP(scope, receive, send))
    body = b"".join(each.get("body", b"") for each in sent[1:])
    return sent[0]["status"], Headers(raw=sent[0]["headers"]), body.decode()


def test_streamlits_own_document_becomes_vietnamese() -> None:
    """With the document of the installed version: another one may be worded otherwise."""
    status, headers, body = _get("/nhiem-vu")
    assert status == 200
    assert '<html lang="vi">' in body
    assert 'lang="en"' not in body
    assert "<title>Đúng Hạn</title>" in body
    assert "Hãy bật JavaScript" in body
    assert body.count("./giao-dien/trang.") == 2
    assert int(headers["content-length"]) == len(body.encode())
    assert not {"etag", "last-modified"} & {*headers}


def test_it_is_never_answered_with_what_the_browser_has() -> None:
    future = "Fri, 01 Jan 2100 00:00:00 GMT"
    status, _, body = _get("/", if_modified_since=future, range="bytes=0-10")
    assert status == 200
    assert "</html>" in body


def test_other_files_stay_as_they_are() -> None:
    assert _get("/static/a.js", accept_encoding="gzip")[2] == "gzip"


@pytest.mark.parametrize(
    ("name", "kind"), [("trang.js", "text/javascript"), ("trang.css", "text/css")]
)
def test_script_and_style_are_served(name: str, kind: str) -> None:
    status, headers, _ = _get(f"/giao-dien/{name}")
    assert status == 200
    assert headers["content-type"].startswith(kind)
    assert "immutable" in headers["cache-control"]


@pytest.mark.parametrize("name", ["app.py", "..%2Fmain.py"])
def test_nothing_else_is_served_beside_them(name: str) -> None:
    assert _get(f"/giao-dien/{name}")[0] == 404


def test_the_words_that_the_script_replaces_are_those_of_the_installed_version() -> None:
    script = (Path(document.__file__).with_name("document.js")).read_text(encoding="utf-8")
    shipped = [path.read_text(encoding="utf-8") for path in INDEX.parent.rglob("index*.js")]
    for word in ("Connection error", "Connecting", "stConnectionStatus"):
        assert word in script
        assert any(word in text for text in shipped), word
