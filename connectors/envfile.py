"""The settings file, read as systemd reads an ``EnvironmentFile=``: service and shell agree.

``NAME=value`` a line; ``#`` and ``;`` begin a comment at a line's beginning only; quotes and a
backslash mean what they mean to systemd, and nothing is expanded (``$``, ``~``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BLANK: Final = " \t\r"
_ESCAPED: Final = '"\\`$'
"""What a backslash takes its meaning from within double quotes."""


@dataclass(frozen=True)
class Given:
    """A variable as the file sets it; ``line``: where it begins, from 1."""

    name: str
    value: str
    line: int


@dataclass
class EnvFile:
    """What a file says: ``given`` in its order, of one name the last counts; ``strange``: the lines
    that set nothing, which systemd passes over."""

    given: list[Given] = field(default_factory=list)
    strange: list[int] = field(default_factory=list)

    @property
    def values(self) -> dict[str, Given]:
        """Name → what counts."""
        return {one.name: one for one in self.given}


def read_env(text: str) -> EnvFile:
    """The variables of a settings file's text."""
    found, reader = EnvFile(), _Reader(text)
    for line, name, value in reader.pairs():
        if value is None or _NAME.fullmatch(name) is None:
            found.strange.append(line)
        else:
            found.given.append(Given(name, value, line))
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        self._at = 0
        self._line = 1

    def pairs(self) -> Iterator[tuple[int, str, str | None]]:
        """Line, name, value of each line that is no comment; None: there is no sign ``=``."""
        while (sign := self._next()) is not None:
            if sign in "#;":
                self._rest_of_line()
            elif sign not in _BLANK and sign != "\n":
                line = self._line
                name, is_set = self._name(sign)
                yield line, name, self._value() if is_set else None

    def _next(self) -> str | None:
        if self._at >= len(self._text):
            return None
        sign = self._text[self._at]
        self._at += 1
        if sign == "\n":
            self._line += 1
        return sign

    def _rest_of_line(self) -> None:
        while self._next() not in (None, "\n"):
            pass

    def _name(self, first: str) -> tuple[str, bool]:
        name = first
        if first == "=":
            return "", True
        while self._at < len(self._text) and self._text[self._at] not in "=\n":
            name += self._text[self._at]
            self._at += 1
        is_set = self._next() == "="
        return name.rstrip(_BLANK), is_set

    def _value(self) -> str:
        value, kept = "", 0  # so much of it stays, whatever blanks stand at its end
        is_begun = False
        while (sign := self._next()) not in (None, "\n"):
            assert sign is not None
            if sign in "'\"" and not is_begun:
                value += self._quoted(sign)
                kept = len(value)
            elif sign == "\\":
                escaped = self._next()
                if escaped not in (None, "\n"):
                    value += escaped or ""
                    kept, is_begun = len(value), True
            elif is_begun or sign not in _BLANK:
                value, is_begun = value + sign, True
                if sign not in _BLANK:
                    kept = len(value)
        return value[:kept]

    def _quoted(self, quote: str) -> str:
        value = ""
        while (sign := self._next()) not in (None, quote):
            if sign == "\\" and quote == '"':
                escaped = self._next()
                if escaped is None or escaped == "\n":
                    continue
                value += escaped if escaped in _ESCAPED else "\\" + escaped
            else:
                value += sign or ""
        return value
