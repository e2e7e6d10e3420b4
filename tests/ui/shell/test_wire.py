"""What a program with a WebSocket of its own can ask of the app, and in whose session."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from connectors.access import Reader
from ui.shell import message as messages
from ui.shell import origin, own_files, wire
from ui.shell.limits import limits

HERE = "127.0.0.1:8501"
MINE, THEIRS = 7, 8
ME = Reader(MINE, "lan", "Lan", "admin", None, False, 1)


@pytest.fixture(autouse=True)
def _screens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_files, "_accounts", {"of-me": MINE, "of-them": THEIRS})
    monkeypatch.setattr("ui.shell.installation.settings", _Settings)
    waiting = {("my-file", MINE), ("their-file", THEIRS)}
    monkeypatch.setattr(own_files, "is_waiting_for", lambda *asked: asked in waiting)


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
    elif kind == "backend_operation_request":
        return _operation("deferred_file")
    else:
        setattr(message, kind, True)
    return bytes(message.SerializeToString())


def _operation(kind: str, file_id: str = "my-file") -> bytes:
    message = BackMsg()
    asked = message.backend_operation_request
    asked.request_id = "1"
    getattr(asked, kind).SetInParent()
    if kind == "deferred_file":
        asked.deferred_file.file_id = file_id
    return bytes(message.SerializeToString())


def _serve(
    *said: bytes | str, who: Reader = ME, now: Reader | None = ME, **headers: str
) -> tuple[list[Any], list[Any]]:
    """What Streamlit gets to see (its scope first), and what the browser is answered."""
    seen: list[Any] = []
    sent: list[Any] = []
    coming: list[Message] = [
        {"type": "websocket.connect"},
        *(
            {"type": "websocket.receive", "text" if isinstance(data, str) else "bytes": data}
            for data in said
        ),
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

    async def ask(_is_sign_of_life: bool) -> Reader | None:
        return now

    given = {"host": HERE, **{key.replace("_", "-"): value for key, value in headers.items()}}
    raw = [(key.encode(), value.encode()) for key, value in given.items()]
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": raw}
    asyncio.run(wire.serve(app, scope, receive, send, who, ask))
    return seen, sent


@pytest.mark.parametrize(
    "kind", ["clear_cache", "set_run_on_save", "load_git_info", "debug_shutdown_runtime"]
)
def test_nobody_empties_the_caches_of_all_or_asks_for_the_program(kind: str) -> None:
    seen, _ = _serve(_said("rerun_script"), _said(kind), _said("stop_script"))
    assert seen[2:] == [_said("rerun_script"), _said("stop_script")]


def test_what_a_screen_needs_goes_through() -> None:
    said = [_said(kind) for kind in sorted(wire.HEARD)]
    seen, _ = _serve(*said, b"no message at all")
    assert seen[2:] == said


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


@pytest.mark.parametrize("kind", ["install_skills", "dismiss_skills_nudge", "dataframe_chunk"])
def test_of_the_operations_only_a_download_is_asked_for(kind: str) -> None:
    seen, _ = _serve(_operation(kind))
    assert seen[2:] == []


@pytest.mark.parametrize(
    ("file_id", "heard"), [("my-file", True), ("their-file", False), ("of-nobody", False)]
)
def test_a_download_that_another_account_was_offered_is_not_made(file_id: str, heard: bool) -> None:
    seen, _ = _serve(_operation("deferred_file", file_id))
    assert bool(seen[2:]) is heard


def test_nobody_gets_a_place_for_a_file_whose_role_takes_none_in() -> None:
    reads_only = replace(ME, role="leader")
    seen, _ = _serve(_said("file_urls_request"), who=reads_only, now=reads_only)
    assert seen[2:] == []


def test_a_message_that_is_too_long_closes_the_socket() -> None:
    seen, sent = _serve(b"\0" * (limits().message.bytes + 1), _said("rerun_script"))
    assert seen[2:] == []
    assert sent == [{"type": "websocket.close", "code": 1009}]


def test_a_screen_that_talks_faster_than_a_person_clicks_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All is heard, a hundred at once and then one each twentieth of a second."""
    waits: list[float] = []

    async def noted(seconds: float) -> None:
        waits.append(seconds)  # time stands still: each waits for itself and those before it

    monkeypatch.setattr(asyncio, "sleep", noted)
    seen, _ = _serve(*[_said("rerun_script")] * 140)
    assert seen[2:] == [_said("rerun_script")] * 140
    bounds = limits().message
    assert len(waits) == pytest.approx(140 - bounds.burst, abs=5)
    assert waits[-1] == pytest.approx((140 - bounds.burst) / bounds.per_second, abs=0.3)


def test_text_closes_the_socket() -> None:
    seen, sent = _serve("rerun", _said("rerun_script"))
    assert seen[2:] == []
    assert sent == [{"type": "websocket.close", "code": 1008}]


def _nested(*fields: int, times: int = 1) -> bytes:
    """A field within a field …, the innermost empty and as often as ``times``."""
    body = bytes([fields[-1] << 3 | 2, 0]) * times
    for number in reversed(fields[:-1]):
        length, size = len(body), b""
        while length > 127:
            size += bytes([length & 127 | 128])
            length >>= 7
        body = _tag(number) + size + bytes([length]) + body
    return body


def _tag(number: int) -> bytes:
    tag = number << 3 | 2
    return bytes([tag & 127 | 128, tag >> 7]) if tag > 127 else bytes([tag])


RERUN = BackMsg.DESCRIPTOR.fields_by_name["rerun_script"].number


def test_a_small_message_of_very_many_widgets_is_told_by_a_walk_that_ends_early() -> None:
    """Two bytes each: parsed, they are a hundred times as much in memory."""
    many = _nested(RERUN, 2, 1, times=250_000)
    assert len(many) < limits().message.bytes
    began = time.process_time()
    with pytest.raises(messages.Refused, match="too many"):
        messages.kind(many, limits().message.entries)
    assert time.process_time() - began < 0.2
    assert messages.kind(_nested(RERUN, 2, 1, times=1000), 2000) == "rerun_script"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 50,
        b"\x0b" * 100,  # groups in groups
        _tag(RERUN) + b"\x7f",  # longer than it is
        _nested(RERUN, 15),  # a field that nobody has declared
        b"\x00\x00",
        _said("rerun_script") + _said("stop_script"),  # two things
    ],
)
def test_what_is_no_message_of_a_screen_is_not_parsed(data: bytes) -> None:
    with pytest.raises(messages.Refused):
        messages.kind(data, 1000)


def test_the_declaration_has_no_message_within_itself() -> None:
    """Then the depth is bounded by it."""

    def depth(declared: Any, above: tuple[str, ...]) -> int:
        assert declared.full_name not in above
        inner = [field.message_type for field in declared.fields if field.message_type]
        return 1 + max((depth(one, (*above, declared.full_name)) for one in inner), default=0)

    assert depth(BackMsg.DESCRIPTOR, ()) <= messages._DEEPEST


def test_an_ended_sessions_socket_is_sent_to_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = replace(limits().message, recheck_seconds=0)
    monkeypatch.setattr("ui.shell.wire.limits", lambda: replace(limits(), message=at_once))
    seen, sent = _serve(_said("rerun_script"), _said("rerun_script"), now=None)
    assert seen[2:] == []
    assert [message["type"] for message in sent] == ["websocket.send", "websocket.close"]
    told = ForwardMsg.FromString(sent[0]["bytes"])
    assert told.WhichOneof("type") == "auth_redirect"


@pytest.mark.parametrize(
    "now", [None, replace(ME, role="unit"), replace(ME, unit_id=3)], ids=["ended", "role", "unit"]
)
def test_a_silent_socket_is_sent_away_once_its_session_has_ended_or_changed(
    monkeypatch: pytest.MonkeyPatch, now: Reader | None
) -> None:
    """What stands on the screen is not kept until somebody clicks; asking is no sign of life."""
    at_once = replace(limits().message, silent_seconds=0.001)
    monkeypatch.setattr("ui.shell.wire.limits", lambda: replace(limits(), message=at_once))
    answers, asked, sent = [ME, ME, now], list[bool](), list[Message]()

    async def ask(is_sign_of_life: bool) -> Reader | None:
        asked.append(is_sign_of_life)
        return answers.pop(0)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def listen() -> Message:
        return await wire.Heard(receive, send, ME, ask).next()

    ended = asyncio.run(listen())
    assert ended["type"] == "websocket.disconnect"
    assert asked == [False, False, False]
    assert ForwardMsg.FromString(sent[0]["bytes"]).WhichOneof("type") == "auth_redirect"
    assert sent[1]["type"] == "websocket.close"


@pytest.mark.parametrize(
    ("session", "resumed"), [("of-me", True), ("of-them", False), ("of-nobody", False)]
)
def test_only_ones_own_screen_is_gone_on_with(session: str, resumed: bool) -> None:
    seen, _ = _serve(sec_websocket_protocol=f"streamlit, token, {session}")
    assert (session in seen[0]["sec-websocket-protocol"]) is resumed
    assert seen[0]["sec-websocket-protocol"].startswith("streamlit, token")


@pytest.mark.parametrize(
    ("settings", "host", "said", "own"),
    [
        (_Settings, HERE, f"http://{HERE}", True),
        (_Settings, HERE, None, False),
        (_Settings, HERE, "http://127.0.0.1:9999", False),
        (_Settings, HERE, f"http://{HERE}.ke-xau.example", False),
        (_Settings, HERE, f"http://ai@{HERE}", False),
        (_Settings, HERE, "http://localhost:8501", False),
        (_Settings, HERE, "null", False),
        (_Settings, HERE, "", False),
        (_Settings, HERE, "http://[", False),
        (_Https, "dung-han.example", "https://dung-han.example", True),
        (_Https, "dung-han.example", "https://dung-han.example:443", True),
        (_Https, "127.0.0.1:8501", "https://dung-han.example", True),
        (_Https, "dung-han.example", "http://dung-han.example", False),
        (_Https, "127.0.0.1:8501", "http://127.0.0.1:8501", False),
        (_Https, "dung-han.example", "https://khac.dung-han.example", False),
        (_Https, "dung-han.example", "https://dung-han.example:8443", False),
    ],
)
def test_only_the_apps_own_page_is_of_the_app(
    monkeypatch: pytest.MonkeyPatch, settings: Any, host: str, said: str | None, own: bool
) -> None:
    monkeypatch.setattr("ui.shell.installation.settings", settings)
    headers = {"host": host} | ({} if said is None else {"origin": said})
    assert origin.is_own_origin(Headers(headers)) is own
