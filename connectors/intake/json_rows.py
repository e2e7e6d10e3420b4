"""Messages in JSON → frames of texts: one a line, arrays, pretty-printed, or inside a wrapper."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import chain, islice
from typing import Any, Final, TypeVar

import polars as pl

from connectors.intake import paths
from connectors.intake.files import TextFile
from connectors.intake.plain_lines import Line, PlainLines
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

_Item = TypeVar("_Item")


class JsonRows:
    """The messages of one file.

    ``columns``: the paths wanted. ``records``: paths of which the first that leads to a list says
    where the messages stand in a wrapper; without such a list the object is the message itself.
    """

    def __init__(
        self, file: TextFile, columns: list[str], records: tuple[str, ...], chunk: int
    ) -> None:
        self._columns = columns
        self._records = records
        self._chunk = chunk
        self._plain = PlainLines(columns, records)
        values = _whole_file(file)
        self._frames: Iterator[pl.DataFrame]
        if values is not None:
            first, found = _looked_at(_expanded(iter(values), records), _LOOK)
            self._frames = (_frame(block, columns) for block in _blocks(found, chunk))
        else:
            head, lines = _looked_at(_lines(file), _LOOK)
            first = list(islice(_expanded(map(_read, head), records), _LOOK))
            self._frames = chain.from_iterable(map(self._of_lines, _line_blocks(lines, chunk)))
        self._seen = paths.seen(message for _, message, _ in first if isinstance(message, dict))

    def frames(self) -> Iterator[pl.DataFrame]:
        """``columns`` as texts, WHOLE, LINE and PROBLEM; columns that no message has are null."""
        return self._frames

    def _of_lines(self, lines: list[Line]) -> Iterator[pl.DataFrame]:
        """The messages of some lines, in order: what is plain all at once, the others by one."""
        plain, others = self._plain.read(lines)
        if plain.is_empty():
            found = _expanded(map(_read, others), self._records)
            yield from (_frame(block, self._columns) for block in _blocks(found, self._chunk))
            return
        if others:
            found = _expanded(map(_read, others), self._records)
            both = [plain, _frame(list(found), self._columns)]
            plain = pl.concat(both).sort(LINE, maintain_order=True)
        yield plain

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


def _whole_file(file: TextFile) -> list[Found] | None:
    """The JSON values of a file that is not made of one a line: pretty-printed, or an array."""
    with file.path.open(encoding="utf-8-sig") as stream:
        text = next((text for line in stream if (text := line.strip())), "")
        alone = not any(line.strip() for line in islice(stream, 1))
        if text[:1] not in ("[", "{") or not (alone or _decoded(text) is None):
            return None
        stream.seek(0)
        if (whole := _one_after_the_other(stream.read())) is None and text[0] == "[":
            raise IntakeRefused(
                "Tệp bắt đầu bằng [ nhưng không phải một mảng JSON đúng cú pháp. "
                "Hãy xuất lại, hoặc ghi mỗi thông điệp trên một dòng."
            )
        return whole


def _lines(file: TextFile) -> Iterator[Line]:
    """The lines in which something stands, with their numbers."""
    with file.path.open(encoding="utf-8-sig") as stream:
        for line, raw in enumerate(stream, start=1):
            if text := raw.strip():
                yield line, text


def _line_blocks(lines: Iterator[Line], most: int) -> Iterator[list[Line]]:
    """So many lines at once, and of long ones fewer."""
    block: list[Line] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line[1])
        if len(block) == most or size >= _BLOCK_LETTERS:
            yield block
            block, size = [], 0
    if block:
        yield block


_BLOCK_LETTERS: Final = 1 << 25


def _looked_at(items: Iterator[_Item], count: int) -> tuple[list[_Item], Iterator[_Item]]:
    """The first items, and all of them."""
    first = list(islice(items, count))
    return first, chain(first, items)


def _read(line: Line) -> Found:
    number, text = line
    return number, _decoded(text), text


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
