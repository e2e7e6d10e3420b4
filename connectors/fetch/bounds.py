"""What fetching a source may take: ``bounds.toml``, which says why."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).with_name("bounds.toml")


@dataclass(frozen=True, slots=True)
class FolderBounds:
    """``[folder]``: seconds, endings, bytes, files."""

    still_seconds: float
    unfinished: tuple[str, ...]
    file_bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class RestBounds:
    """``[rest]``: seconds, attempts, bytes, answers, records."""

    connect_seconds: float
    read_seconds: float
    page_seconds: float
    seconds: float
    attempts: int
    first_wait_seconds: float
    most_wait_seconds: float
    page_bytes: int
    bytes: int
    pages: int
    passes: int
    records: int


@dataclass(frozen=True, slots=True)
class ScheduleBounds:
    """``[schedule]``: seconds; a priority."""

    tick_seconds: float
    at_once: int
    patience_seconds: float
    most_seconds: float
    niceness: int


@cache
def schedule() -> ScheduleBounds:
    """How the running program fetches, as it stands in the file."""
    return ScheduleBounds(**_tables()["schedule"])


@cache
def rest() -> RestBounds:
    """The bounds of a web service as they stand in the file."""
    return RestBounds(**_tables()["rest"])


@cache
def folder() -> FolderBounds:
    """The bounds of a watched folder as they stand in the file."""
    table = _tables()["folder"]
    return FolderBounds(**table | {"unfinished": tuple(table["unfinished"])})


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
