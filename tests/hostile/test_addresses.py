"""Addresses and files that harm, asked of a real server: items 7 and 8 of what an attack found.

Seen before: a day in the year 2100 broke five screens; a foreign Host was answered; a page of
another port of the machine got the stream; a line end before "=" went through the guard.
"""

from __future__ import annotations

import socket
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets import InvalidStatus, Origin, Subprotocol
from websockets.sync.client import connect

from connectors.cells import safe_cell
from tests import raw_stream
from tests.e2e.app_server import AppServer
from tests.hostile.streams import screen
from ui.shell.registry import SCREENS

pytestmark = pytest.mark.slow

DAYS = ("2100-12-31T23:59", "2100-12-31T23:59", "9999-12-31T23:59:59.999999", "0001-01-01")


def test_no_day_in_an_address_breaks_a_screen(server: AppServer) -> None:
    with screen(server, "admin") as line:
        for one, day in zip(SCREENS, cycle(DAYS), strict=False):
            line.send(raw_stream.rerun(one.path, f"asof={day}&period=custom:2000-01-01..{day}"))
            drawn = raw_stream.until(line, "script_finished")
            elements = [m.delta.new_element for m in drawn if m.HasField("delta")]
            kinds = [element.WhichOneof("type") for element in elements]
            assert "heading" in kinds, (one.key, day)
            assert "exception" not in kinds, (one.key, day)


def _answer(server: AppServer, *lines: str) -> bytes:
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=30) as line:
        line.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        return line.recv(64)


def test_a_foreign_host_is_refused(server: AppServer) -> None:
    own = urlsplit(server.url).netloc
    for path in ("/", "/livez", "/vao", "/media/x", "/_stcore/health"):
        answer = _answer(server, f"GET {path} HTTP/1.1", "Host: ke-xau.example")
        assert answer.startswith(b"HTTP/1.1 421"), path
    assert _answer(server, "GET / HTTP/1.1", f"Host: {own}").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:9999", "https://127.0.0.1", "http://ke-xau.example", "null", None],
)
def test_only_the_apps_own_page_gets_the_stream(server: AppServer, origin: str | None) -> None:
    cookie = server.cookie("admin")
    options: dict[str, Any] = {
        "subprotocols": [Subprotocol("streamlit")],
        "additional_headers": {"Cookie": f"{cookie['name']}={cookie['value']}"},
    }
    with pytest.raises(InvalidStatus):
        connect(
            server.url.replace("http", "ws") + "/_stcore/stream",
            origin=None if origin is None else Origin(origin),
            **options,
        )


@pytest.mark.parametrize("sign", [*"=+-@＝＋－＠"])
@pytest.mark.parametrize("before", ["", "\n", "\r\n", "\t", " ", "\u00a0", "\ufeff"])
def test_no_cell_of_a_file_begins_a_formula(before: str, sign: str) -> None:
    assert safe_cell(f"{before}{sign}1+1").startswith("'")
