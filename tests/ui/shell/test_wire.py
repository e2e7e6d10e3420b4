"""What a program with a WebSocket of its own can ask of the app, and in whose session."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from ui.shell import own_files, wire

HERE = "127.0.0.1:8501"
MINE, THEIRS = 7, 8


@pytest.fixture(autouse=True)
def _screens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_files, "_accounts", {"of-me": MINE, "of-them": THEIRS})
    monkeypatch.setattr("ui.shell.installation.settings", _Settings)


class _Settings:
    public_url = ""


class _Https:
    public_url = "https://dung-han.example/"


def _said(kind: str) -> bytes:
    message = BackMsg()
    if kind == "rerun_script":
        message.rerun_script.query_string = "unit=1"
    elif kind == "file_urls_request":
        message.file_urls_request.request_id = "1"
    else:
        setattr(message, kind, True)
    return bytes(message.SerializeToString())


def _serve(*said: bytes, account: int | None = MINE, **headers: str) -> tuple[list[Any], list[Any]]:
    """What Streamlit gets to see (its scope first), and what the browser is answered."""
    seen: list[Any] = []
    sent: list[Any] = []
    coming: list[Message] = [
        {"type": "websocket.connect"},
        *({"type": "websocket.receive", "bytes": data} for data in said),
        {"type": "websocket.disconnect", "code": 1000},
    ]

    async def app(scope: Scope, receive: Receive, _send: Send) -> None:
        seen.append(Headers(scope=scope))
        message = await receive()
        while message["type"] != "websocket.disconnect":
            seen.append(message.get("bytes"))
            message = await receive()

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    given = {"host": HERE, **{key.replace("_", "-"): value for key, value in headers.items()}}
    raw = [(key.encode(), value.encode()) for key, value in given.items()]
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": raw}
    asyncio.run(wire.guarded(app, scope, receive, send, lambda _: account))
    return seen, sent


@pytest.mark.parametrize(
    "kind", ["clear_cache", "set_run_on_save", "load_git_info", "debug_shutdown_runtime"]
)
def test_nobody_empties_the_caches_of_all_or_asks_for_the_program(kind: str) -> None:
    seen, _ = _serve(_said("rerun_script"), _said(kind), _said("stop_script"))
    assert seen[2:] == [_said("rerun_script"), _said("stop_script")]


def test_what_a_screen_needs_goes_through() -> None:
    kinds = ["rerun_script", "stop_script", "app_heartbeat", "file_urls_request"]
    seen, _ = _serve(*map(_said, kinds), b"no message at all")
    assert seen[2:] == [*map(_said, kinds), b"no message at all"]


def test_every_message_that_streamlit_knows_is_decided_about() -> None:
    """A message that a new version brings is dropped until somebody has looked at it."""
    known = {field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields}
    assert known >= wire.HEARD
    assert known - wire.HEARD == {
        "clear_cache",
        "set_run_on_save",
        "load_git_info",
        "debug_disconnect_websocket",
        "debug_shutdown_runtime",
    }


@pytest.mark.parametrize(
    ("session", "account", "resumed"),
    [
        ("of-me", MINE, True),
        ("of-them", MINE, False),
        ("of-them", None, False),
        ("of-nobody", None, True),
        ("of-nobody", MINE, False),
    ],
)
def test_only_ones_own_screen_is_gone_on_with(
    session: str, account: int | None, resumed: bool
) -> None:
    seen, _ = _serve(account=account, sec_websocket_protocol=f"streamlit, token, {session}")
    assert (session in seen[0]["sec-websocket-protocol"]) is resumed
    assert seen[0]["sec-websocket-protocol"].startswith("streamlit, token")


@pytest.mark.parametrize(
    ("settings", "host", "origin", "own"),
    [
        (_Settings, HERE, f"http://{HERE}", True),
        (_Settings, HERE, None, True),
        (_Settings, HERE, "http://127.0.0.1:9999", False),
        (_Settings, HERE, f"http://{HERE}.ke-xau.example", False),
        (_Settings, HERE, "http://localhost:8501", False),
        (_Settings, HERE, "null", False),
        (_Settings, HERE, "", False),
        (_Settings, HERE, "http://[", False),
        (_Https, "dung-han.example", "https://dung-han.example", True),
        (_Https, "127.0.0.1:8501", "https://dung-han.example", True),
        (_Https, "dung-han.example", "http://dung-han.example", False),
        (_Https, "dung-han.example", "https://khac.dung-han.example", False),
        (_Https, "dung-han.example", "https://dung-han.example:8443", False),
    ],
)
def test_a_page_of_elsewhere_gets_no_stream(
    monkeypatch: pytest.MonkeyPatch, settings: Any, host: str, origin: str | None, own: bool
) -> None:
    monkeypatch.setattr("ui.shell.installation.settings", settings)
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    seen, sent = _serve(account=MINE, **headers)
    assert bool(seen) is own
    assert [message["type"] for message in sent] == ([] if own else ["websocket.close"])
