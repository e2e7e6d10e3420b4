"""A screen without a browser: Streamlit's stream spoken by a program, message by message."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.message import Message  # type: ignore[import-untyped]
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

MOST: Final = 1 << 28
_RERUN: Final = BackMsg.DESCRIPTOR.fields_by_name["rerun_script"].number


def rerun(page: str = "", query: str = "", **widgets: bool) -> bytes:
    """What a browser says to have a screen drawn; ``widgets``: buttons that were pressed."""
    message = BackMsg()
    state = message.rerun_script
    state.page_name, state.query_string = page, query
    state.context_info.timezone = "Asia/Ho_Chi_Minh"
    for name, value in widgets.items():
        widget = state.widget_states.widgets.add()
        widget.id, widget.trigger_value = name, value
    return bytes(message.SerializeToString())


def many_widgets(number: int) -> bytes:
    """A message of so many empty widgets: two bytes each, a hundred and more when parsed."""
    return _field(_RERUN, _field(2, _field(1, b"") * number))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def heartbeat() -> bytes:
    """A sign of life; the app answers it."""
    message = BackMsg()
    message.app_heartbeat = True
    return bytes(message.SerializeToString())


def operation(kind: str, session: str, file_id: str = "") -> bytes:
    """Asks for something without a run, for instance for a download that is made at the click."""
    message = BackMsg()
    asked = message.backend_operation_request
    asked.request_id, asked.session_id = "1", session
    getattr(asked, kind).SetInParent()
    if file_id:
        asked.deferred_file.file_id = file_id
    return bytes(message.SerializeToString())


def read(data: bytes | str) -> ForwardMsg:
    """A message of the app."""
    assert isinstance(data, bytes)
    message = ForwardMsg()
    message.ParseFromString(data)
    return message


def until(line: Any, kind: str, seconds: float = 60) -> list[ForwardMsg]:
    """All messages of a ``websockets`` connection up to the first of that kind, in so long."""
    seen: list[ForwardMsg] = []
    end = time.monotonic() + seconds
    while not seen or seen[-1].WhichOneof("type") != kind:
        seen.append(read(line.recv(timeout=end - time.monotonic())))
    return seen


def values(message: Message, name: str) -> Iterator[str]:
    """The texts of every field of that name, at any depth."""
    for field, value in message.ListFields():
        several = hasattr(value, "__iter__") and not isinstance(value, str | bytes)
        for one in value if several else [value]:
            if isinstance(one, Message):
                yield from values(one, name)
            elif field.name == name and isinstance(one, str):
                yield one
