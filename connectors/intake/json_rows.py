"""Messages in JSON → frames of texts: one a line, arrays, pretty-printed, or inside a wrapper."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import chain, islice
from typing import Any, Final

import polars as pl

from connectors.intake import paths
from connectors.intake.files import TextFile
from connectors.intake.readers import LINE, PROBLEM, WHOLE, cell
from connectors.intake.report import IntakeRefused

_BAD: Final = "dòng không phải một đối tượng JSON; mỗi dòng phải là một thông điệp {…}."
# JSON can spell half of a letter beyond the basic plane, which no text can hold.
_HALF_LETTERS: Final = re.compile(
    r"(?i)\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f][0-9a-f]{2}"
)
_SPACE: Final = re.compile(r"\s*")
_TEXTS: Final = frozenset({str, type(None)})
_LOOK: Final = 1000
"""So many messages tell which paths there are."""
_ALIKE: Final = 0.8
"""From here on two paths are so much alike that one may be misspelt."""

Found = tuple[int, Any, str | None]
"""Line, message (None: unreadable), and its own text where it has a line to itself."""


class JsonRows:
    """The messages of one file.

    ``columns``: the paths wanted. ``records``: paths of which the first that leads to a list says
    where the messages stand in a wrapper; without such a list the object is the message itself.
    """

    def __init__(
        self, file: TextFile, columns: list[str], records: tuple[str, ...], chunk: int
    ) -> None:
        self._columns = columns
        blocks = _blocks(_expanded(_values(file), records), chunk)
        first = next(blocks, [])
        self._blocks = chain([first], blocks)
        known = (message for _, message, _ in first[:_LOOK] if isinstance(message, dict))
        self._seen = paths.seen(known)

    def frames(self) -> Iterator[pl.DataFrame]:
        """``columns`` as texts, WHOLE, LINE and PROBLEM; columns that no message has are null."""
        for block in self._blocks:
            if block:
                yield _frame(block, self._columns)

    def misspelt(
        self, wanted: Iterable[tuple[str, ...]], codes: tuple[str, ...], file: str
    ) -> list[str]:
        """Paths that no message has where one much like it is, one sentence each (Vietnamese).

        Raises IntakeRefused where no message has one of ``codes``: nothing could be taken then.
        """
        there = {paths.plain(name) for name in self._seen}
        unread = [name for name in self._seen if name not in set(map(paths.plain, self._columns))]
        told = []
        for names in wanted:
            if not self._seen or any(_leads(paths.plain(name), there) for name in names):
                continue
            if names == codes:
                raise IntakeRefused(_no_code(file, names, list(self._seen)))
            if near := get_close_matches(names[0], unread, 1, _ALIKE):
                told.append(
                    f"Ánh xạ ghi “{names[0]}”, không thông điệp nào có trường này; "
                    f"có phải “{near[0]}”?"
                )
        return told


def as_frame(messages: list[dict[str, Any]], columns: list[str]) -> pl.DataFrame:
    """Messages that were read before, as a file's are; their lines are before the first."""
    return _frame([(0, message, None) for message in messages], columns)


def _frame(block: list[Found], columns: list[str]) -> pl.DataFrame:
    messages = [m if isinstance(m, dict) else {} for _, m, _ in block]
    frame: dict[str, Any] = {name: _column(messages, name) for name in columns}
    frame[WHOLE] = pl.Series([_text(m, text) for _, m, text in block], dtype=pl.String)
    frame[LINE] = pl.Series([line for line, _, _ in block], dtype=pl.Int64)
    bad = [None if isinstance(m, dict) else _BAD for _, m, _ in block]
    frame[PROBLEM] = pl.Series(bad, dtype=pl.String)
    return pl.DataFrame(frame)


def _leads(path: str, there: set[str]) -> bool:
    """Whether a path, or one below it, is among those that there are."""
    return path in there or any(
        other.startswith((f"{path}.", f"{path}[")) or path.startswith(f"{other}[")
        for other in there
    )


def _no_code(file: str, names: tuple[str, ...], seen: list[str]) -> str:
    near = get_close_matches(names[0], seen, 1, 0.5)
    below = [name for name in seen if name.endswith(f".{names[0]}")]
    hint = f" (có phải “{(below or near)[0]}”?)" if below or near else ""
    where = (
        f" Nếu danh sách nằm trong một trường, hãy ghi [file] records trong ánh xạ, ví dụ "
        f'records = "{below[0].partition("[]")[0]}".'
        if below and "[]" in below[0]
        else ""
    )
    return (
        f"Không thông điệp nào của {file} có trường mã hồ sơ “{names[0]}”{hint}. Các trường có: "
        f"{', '.join(seen[:40])}.{where} Hãy sửa ánh xạ. Chưa có gì được ghi."
    )


def _column(messages: list[dict[str, Any]], name: str) -> pl.Series:
    if paths.is_plain(name):
        values = [message.get(name) for message in messages]
    else:
        head = paths.head(name)
        values = [
            paths.inside(message, name) if message.get(head) or name in message else None
            for message in messages
        ]
    if not _TEXTS.issuperset(map(type, values)):
        values = [_cell(value, name) for value in values]
    return pl.Series(name, values, dtype=pl.String)


def _cell(value: Any, path: str) -> str | None:
    """A value as text; of an object or a list that the path does not enter there is none."""
    if isinstance(value, list) and paths.is_list(path):
        return json.dumps([_cell(item, "") for item in value], ensure_ascii=False)
    return None if isinstance(value, dict | list) else cell(value)


def _text(message: Any, text: str | None) -> str:
    return json.dumps(message, ensure_ascii=False) if text is None else text


def _blocks(found: Iterator[Found], size: int) -> Iterator[list[Found]]:
    while block := list(islice(found, size)):
        yield block


def _expanded(values: Iterator[Found], records: tuple[str, ...]) -> Iterator[Found]:
    """Each message of each value: the value itself, an array's items, what a wrapper holds.

    Where values have no line of their own, messages are counted.
    """
    count = 0
    for line, value, text in values:
        items = unwrapped(value, records)
        for item in [value] if items is None else items:
            count += 1
            yield line or count, item, text if items is None else None


def unwrapped(value: Any, records: tuple[str, ...]) -> Iterable[Any] | None:
    """The messages of an array or of a wrapper; None: the value is a message, or nothing at all."""
    if isinstance(value, dict):
        found = (paths.inside(value, path) for path in records)
        return next((each for each in found if isinstance(each, list)), None)
    if not isinstance(value, list):
        return None
    return chain.from_iterable(
        [item] if (inner := unwrapped(item, records)) is None else inner for item in value
    )


def _values(file: TextFile) -> Iterator[Found]:
    """The JSON values of a file: one a line, or, pretty-printed, one after the other (line 0)."""
    with file.path.open(encoding="utf-8-sig") as stream:
        text = next((text for line in stream if (text := line.strip())), "")
        alone = not any(line.strip() for line in islice(stream, 1))
        stream.seek(0)
        if text[:1] in ("[", "{") and (alone or _decoded(text) is None):
            if (whole := _one_after_the_other(stream.read())) is not None:
                yield from whole
                return
            if text[0] == "[":
                raise IntakeRefused(
                    "Tệp bắt đầu bằng [ nhưng không phải một mảng JSON đúng cú pháp. "
                    "Hãy xuất lại, hoặc ghi mỗi thông điệp trên một dòng."
                )
            stream.seek(0)
        for line, raw in enumerate(stream, start=1):
            if text := raw.strip():
                yield line, _decoded(text), text


def _decoded(text: str) -> Any:
    """The value of a text; None: it is none, or says so itself."""
    try:
        return json.loads(_whole_letters(text))
    except (ValueError, RecursionError):
        return None


def _whole_letters(text: str) -> str:
    return _HALF_LETTERS.sub("\\\\ufffd", text) if "\\u" in text else text


def _one_after_the_other(text: str) -> list[Found] | None:
    """The values of a text, whatever their lines; None: it is not made of values."""
    decoder, text, at = json.JSONDecoder(), _whole_letters(text), 0
    found: list[Found] = []
    while (at := _begin(text, at)) < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        found.append((0, value, None))
    return found


def _begin(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
