"""Records of a CSV file that is not well-formed somewhere: only the broken ones are lost."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Final

_MOST_LINES: Final = 50
"""Lines that one record may have."""


@cache
def _sound(delimiter: str) -> re.Pattern[str]:
    """A record whose quotes are where they may be; pairs of them also inside of a cell."""
    sign = re.escape(delimiter)
    quoted = r'"(?:[^"]|"")*"'
    bare = rf'[^"{sign}\r\n][^"{sign}\r\n]*(?:"[^"{sign}\r\n]*"[^"{sign}\r\n]*)*|'
    cell = rf"(?:{quoted}|{bare})"
    return re.compile(rf"{cell}(?:{sign}{cell})*\r?\n?")


def records(
    lines: Iterable[str], delimiter: str, width: int
) -> Iterator[tuple[int, list[str], bool]]:
    """Each record: its number (from 0), its cells, whether its quotes are sound.

    A record goes on over the next lines only if it then has ``width`` cells; else the line on
    which its quotes go wrong is broken, and the next line is a record of its own.
    """
    stream = iter(lines)
    ahead: list[str] = []
    number = 0
    while True:
        text = ahead.pop(0) if ahead else next(stream, None)
        if text is None:
            return
        if '"' not in text:
            yield number, text.rstrip("\r\n").split(delimiter), True
            number += 1
            continue
        found = _read(text, delimiter)
        used = 1
        if found is None:
            found, used = _longer(text, ahead, stream, delimiter, width)
        if found is None:
            yield number, text.rstrip("\r\n").split(delimiter), False
        else:
            yield number, found, True
            del ahead[: used - 1]
        number += 1


def _longer(
    text: str, ahead: list[str], stream: Iterator[str], delimiter: str, width: int
) -> tuple[list[str] | None, int]:
    whole = text
    for used in range(2, _MOST_LINES + 1):
        if len(ahead) < used - 1:
            ahead += islice(stream, 1)
        if len(ahead) < used - 1:
            break
        line = ahead[used - 2]
        whole += line
        if '"' in line and (found := _read(whole, delimiter)) is not None:
            return (found, used) if len(found) == width else (None, 1)
    return None, 1


def _read(text: str, delimiter: str) -> list[str] | None:
    if text.count('"') % 2 or not _sound(delimiter).fullmatch(text):
        return None
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:  # a cell of more than 131,072 letters
        return None
