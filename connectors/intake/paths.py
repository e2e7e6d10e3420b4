"""Where a value stands in a message: ``a.b``, ``a[0].b``, ``a[languageId=228].name``, ``a[].b``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final

_PART: Final = re.compile(r"([^.\[\]]+)|\[(\d*)\]|\[([^\[\]=]+)=([^\[\]]*)\]")
_WHOLE: Final = re.compile(r"(?:[^.\[\]]+|\[[^\[\]]*\])(?:\.[^.\[\]]+|\[[^\[\]]*\])*")
_DEEPEST: Final = 6
"""Levels below which no path is looked for."""

Step = Callable[[Any], Any]


def is_list(path: str) -> bool:
    """Whether a path names a value in each item of a list (``a[].b``)."""
    return "[]" in path


@cache
def is_plain(path: str) -> bool:
    """Whether a path is the name of a field of the message itself."""
    return not re.search(r"[.\[\]]", path)


@cache
def head(path: str) -> str:
    """The field of the message itself with which a path begins."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


@cache
def steps(path: str) -> tuple[Step | None, ...]:
    """A path's steps from a value to one inside it; None: each item of a list from here on.

    Raises ValueError (Vietnamese) for what is no path.
    """
    if not _WHOLE.fullmatch(path):
        raise ValueError(f"“{path}” không phải đường dẫn; ví dụ: a.b, a[0].b, a[ma=1].ten, a[].b")
    found: list[Step | None] = []
    for name, place, key, wanted in _PART.findall(path):
        if name:
            found.append(_field(name))
        elif key:
            found.append(_where(key, wanted))
        else:
            found.append(_item(int(place)) if place else None)
    return tuple(found)


def _field(name: str) -> Step:
    return lambda value: value.get(name) if isinstance(value, dict) else None


def _item(place: int) -> Step:
    return lambda value: value[place] if isinstance(value, list) and place < len(value) else None


def _where(key: str, wanted: str) -> Step:
    def first(value: Any) -> Any:
        items = value if isinstance(value, list) else ()
        return next((i for i in items if isinstance(i, dict) and str(i.get(key)) == wanted), None)

    return first


def inside(message: dict[str, Any], path: str) -> Any:
    """The value at a path of a message; a list of values where the path goes through one."""
    if path in message:
        return message[path]
    if is_plain(path):
        return None
    return _follow(message, steps(path))


def _follow(value: Any, todo: tuple[Step | None, ...]) -> Any:
    for place, step in enumerate(todo):
        if step is None:
            items = value if isinstance(value, list) else []
            return [_follow(item, todo[place + 1 :]) for item in items]
        if (value := step(value)) is None:
            return None
    return value


def plain(path: str) -> str:
    """A path without saying which item of a list is meant: as :func:`seen` writes it."""
    return re.sub(r"\[[^\]]*\]", "[]", path)


def seen(messages: Iterable[dict[str, Any]]) -> dict[str, None]:
    """Every path that leads to a value of these messages, in their order."""
    found: dict[str, None] = {}
    for message in messages:
        found.update(dict.fromkeys(_paths(message, "", _DEEPEST)))
    return found


def _paths(value: Any, path: str, deeper: int) -> Iterator[str]:
    if deeper and isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _paths(each, f"{path}.{name}" if path else name, deeper - 1)
    elif deeper and isinstance(value, list) and value:
        for each in value:
            yield from _paths(each, f"{path}[]", deeper - 1)
    else:
        yield path
