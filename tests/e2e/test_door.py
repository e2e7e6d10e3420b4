"""What a program without a browser gets from the server: headers, and no files."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import update
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import ConnectionClosed, Origin
from websockets.sync.client import connect

from connectors.access import passphrase, policy
from connectors.database.access import Account
from connectors.database.session import open_database, write_transaction
from tests.e2e.app_server import AppServer, Installation
from tests.signing_in import signed_in


def _ask(
    server: AppServer, path: str, method: str = "GET", body: str | None = None, **headers: str
) -> tuple[HTTPResponse, str]:
    where = urlsplit(server.url)
    assert where.hostname
    connection = HTTPConnection(where.hostname, where.port, timeout=10)
    connection.request(
        method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer, text


@pytest.mark.parametrize("path", ["/", "/don-vi", "/livez", "/media/x.csv", "/_stcore/health"])
def test_every_answer_carries_the_headers(app_server: AppServer, path: str) -> None:
    answer, _ = _ask(app_server, path)
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self' 'sha256-" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["strict-transport-security"] is None


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/_stcore/metrics", "GET", 404),
        ("/_stcore/metrics?families=session_events_total", "GET", 404),
        ("/_stcore/script-health-check", "GET", 404),
        ("/_stcore/agent/openapi.json", "GET", 404),
        ("/_stcore/agent/interact", "POST", 404),
        ("/media/0123456789abcdef.csv", "GET", 403),
        ("/media/0123456789abcdef.csv", "HEAD", 403),
        ("/component/anything/index.html", "GET", 403),
        ("/_stcore/upload_file/session/file", "PUT", 403),
        ("/_stcore/upload_file/session/file", "DELETE", 403),
        ("/vao", "POST", 403),
        ("/_stcore/upload_file/session/file", "POST", 403),
    ],
)
def test_nobody_gets_files_or_measurements(
    app_server: AppServer, path: str, method: str, status: int
) -> None:
    answer, text = _ask(app_server, path, method)
    assert answer.status == status
    assert "HELP" not in text


def test_nobody_lays_a_file_on_somebody_elses_screen(
    app_server: AppServer,
) -> None:
    """Whoever is signed in may upload, to the own screens only."""
    cookie = app_server.cookie("unit", 16)
    for method in ("PUT", "DELETE"):
        answer, text = _ask(
            app_server,
            "/_stcore/upload_file/man-hinh-khac/tep",
            method,
            cookie=f"{cookie['name']}={cookie['value']}",
        )
        assert answer.status == 404
        assert text == "Không có màn hình này."


def test_the_stream_is_closed_to_strangers(app_server: AppServer) -> None:
    """A page whose session has ended is told to open its address again; that is all."""
    address = app_server.url.replace("http", "ws") + "/_stcore/stream"
    for cookie in ({}, {"Cookie": "dung-han=x"}):
        with connect(address, origin=Origin(app_server.url), additional_headers=cookie) as line:
            said = line.recv(timeout=20)
            assert isinstance(said, bytes)
            told = ForwardMsg.FromString(said)
            assert told.WhichOneof("type") == "auth_redirect"
            with pytest.raises(ConnectionClosed):
                line.recv(timeout=20)


def test_a_forged_cookie_opens_nothing(app_server: AppServer) -> None:
    for cookie in ("dung-han=", "dung-han=x", "dung-han=' OR 1=1 --", "dung-han=" + "A" * 5000):
        answer, _ = _ask(app_server, "/media/0123456789abcdef.csv", cookie=cookie)
        assert answer.status == 403


def test_no_more_is_read_than_a_form_is_long(app_server: AppServer) -> None:
    """Anybody may post there: a body of gigabytes must not end in memory. The answer comes while
    most of what was announced has not been sent, and the connection is closed."""
    where = urlsplit(app_server.url)
    for address in ("/vao", "/", "/_stcore/health"):
        with socket.create_connection((where.hostname, where.port), timeout=10) as line:
            line.sendall(
                f"POST {address} HTTP/1.1\r\nHost: {where.netloc}\r\nOrigin: {app_server.url}\r\n"
                f"Content-Length: 9000000000\r\n\r\n{'A' * 1000}".encode()
            )
            answer = b""
            while part := line.recv(4096):  # until it is closed
                answer += part
            assert answer.startswith(b"HTTP/1.1 413")


def test_a_page_of_another_port_of_this_machine_is_refused(app_server: AppServer) -> None:
    assert not _may_stream(app_server, urlsplit(app_server.url).netloc, "http://127.0.0.1:9999")


def test_another_host_name_is_refused(app_server: AppServer) -> None:
    """A page of elsewhere whose name points here (DNS rebinding) gets no stream and no page."""
    answer, text = _ask(app_server, "/", Host="ke-xau.example")
    assert (answer.status, text) == (421, "Không có địa chỉ này ở đây.")
    assert _may_stream(app_server, urlsplit(app_server.url).netloc)
    assert not _may_stream(app_server, "ke-xau.example")


def test_a_program_that_names_no_page_gets_no_stream(app_server: AppServer) -> None:
    assert not _may_stream(app_server, urlsplit(app_server.url).netloc, "")


def test_no_page_of_elsewhere_steers_the_app_from_around_it(app_server: AppServer) -> None:
    _, text = _ask(app_server, "/_stcore/host-config")
    assert json.loads(text)["allowedOrigins"] == []


def _may_stream(server: AppServer, host: str, origin: str | None = None) -> bool:
    """Whether the server opens its stream for a page of that host (or of another origin)."""
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as line:
        line.sendall(
            "\r\n".join(
                (
                    "GET /_stcore/stream HTTP/1.1",
                    f"Host: {host}",
                    f"Origin: {f'http://{host}' if origin is None else origin}",
                    "Upgrade: websocket",
                    "Connection: Upgrade",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                    "Sec-WebSocket-Protocol: streamlit",
                    "",
                    "",
                )
            ).encode()
        )
        return line.recv(64).startswith(b"HTTP/1.1 101")


def test_under_https_the_cookie_is_secure_and_the_own_name_is_known(
    sample_installation: Installation, start_app: Callable[..., AppServer]
) -> None:
    """A proxy ends HTTPS in front and passes the public name on."""
    with start_app(sample_installation, PUBLIC_URL="https://dung-han.example/") as server:
        answer, _ = _ask(server, "/livez", Host="dung-han.example")
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        database = open_database(sample_installation.database_url)
        signed_in(database, "leader", name="lan")
        with write_transaction(database) as connection:
            connection.execute(
                update(Account)
                .where(Account.name == "lan")
                .values(passphrase_hash=passphrase.digest("mùa thu lá vàng rơi"))
            )
        database.dispose()
        form = urlencode({"ten": "lan", "mat-khau": "mùa thu lá vàng rơi", "ve": "/don-vi?unit=3"})
        here = {"Host": "dung-han.example", "Origin": "https://dung-han.example"}
        answer, _ = _ask(
            server, "/vao", "POST", form, **{**here, "Origin": "http://dung-han.example"}
        )
        assert answer.status == 403
        answer, _ = _ask(server, "/vao", "POST", form, **here)
        assert answer.status == 303
        assert answer.headers["location"] == "/don-vi?unit=3"
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-dung-han=")
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "set BEHIND_PROXY=1" in server.log.read_text()
        # The session ends long before; what is left shows that the account came in from here.
        assert f"Max-Age={policy().known // timedelta(seconds=1)}" in cookie
        assert _may_stream(server, "dung-han.example", "https://dung-han.example")
        assert not _may_stream(server, "dung-han.example", "http://dung-han.example")
        assert not _may_stream(server, "ke-xau.example")


def test_health(app_server: AppServer) -> None:
    alive, text = _ask(app_server, "/livez")
    assert (alive.status, text) == (200, "ok")
    ready, text = _ask(app_server, "/readyz")
    assert ready.status == 200
    assert json.loads(text) == {"database": True, "snapshot": True}
