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


@cache
def folder() -> FolderBounds:
    """The bounds of a watched folder as they stand in the file."""
    table = _tables()["folder"]
    return FolderBounds(**table | {"unfinished": tuple(table["unfinished"])})


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
