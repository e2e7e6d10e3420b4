"""What a browser's message is, seen before anybody parses it.

Two bytes make protobuf an object of a hundred: the wire format is walked first, in one pass that
ends at a bound, by the fields that Streamlit's own declaration has. Whatever is not of it (unknown
fields, groups, lengths beyond the end) is no message of a screen.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from streamlit.proto.BackMsg_pb2 import BackMsg

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT: Final = 10
_DEEPEST: Final = 12
"""Streamlit's declaration nests five deep; it has no message within itself."""


class Refused(ValueError):
    """No message that a screen sends."""


def kind(data: bytes, entries: int) -> str:
    """Which of the messages it is: the name of BackMsg's field.

    Raises Refused where it has more values than ``entries``, says nothing or two things, or is
    not in the form of the declaration. Takes time by the number of values, not of bytes.
    """
    walk = _Walk(data, entries)
    walk.fields(0, len(data), BackMsg.DESCRIPTOR, 0)
    if len(walk.said) != 1:
        raise Refused("not one thing is said")
    return walk.said.pop()


class _Walk:
    def __init__(self, data: bytes, entries: int) -> None:
        self._data = data
        self._left = entries
        self.said: set[str] = set()

    def fields(self, at: int, end: int, declared: Any, depth: int) -> None:
        if depth > _DEEPEST:
            raise Refused("too deep")
        known = _known(declared)
        while at < end:
            self._count(1)
            tag, at = self._varint(at, end)
            field = known.get(tag >> 3)
            if field is None:
                raise Refused("unknown field")
            if depth == 0:
                self.said.add(field.name)
            at = self._value(tag & 7, at, end, field, depth)

    def _value(self, wire: int, at: int, end: int, field: Any, depth: int) -> int:
        if wire == _VARINT:
            return self._varint(at, end)[1]
        if wire == _LENGTH:
            length, at = self._varint(at, end)
            if length > end - at:
                raise Refused("longer than it is")
            if field.message_type is not None:
                self.fields(at, at + length, field.message_type, depth + 1)
            elif field.cpp_type not in (field.CPPTYPE_STRING,):
                self._count(length)  # numbers, packed: each takes a byte or more
            return at + length
        if wire in (_FIXED64, _FIXED32):
            at += 8 if wire == _FIXED64 else 4
            if at > end:
                raise Refused("longer than it is")
            return at
        raise Refused("a group")

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = 0
        for number, byte in enumerate(self._data[at : min(at + _LONGEST_VARINT, end)]):
            value |= (byte & 0x7F) << (7 * number)
            if byte < 0x80:
                return value, at + number + 1
        raise Refused("a number without an end")

    def _count(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            raise Refused("too many values")


@cache
def _known(declared: Any) -> dict[int, Any]:
    return dict(declared.fields_by_number)
