"""Files that watched folders keep, in which somebody's data may stand: named, and left to people.

They are another system's, with other people in them; the program takes nothing out of them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from connectors.fetch.folder import FAILED, TAKEN
from connectors.intake.mapping import load_mapping
from connectors.intake.report import IntakeRefused
from connectors.mappings import own_mappings
from connectors.personal.wanted import is_told
from connectors.settings import Settings

_MOST: Final = 256 << 20
"""Bytes of a file, or of a workbook's part, that are looked through; larger ones are named, too."""
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


def files_with(settings: Settings, pattern: re.Pattern[str] | None) -> list[Path]:
    """The files in watched folders, taken and refused ones too, in which the pattern is found."""
    if pattern is None:
        return []
    return sorted(path for path in _kept(settings) if _holds(path, pattern))


def _kept(settings: Settings) -> Iterator[Path]:
    try:
        mappings = [one.path for one in own_mappings(settings.mappings_dir) if one.kind == "folder"]
        folders = [load_mapping(path).folder for path in mappings]
    except IntakeRefused:  # told by `config check` and on screen Dữ liệu
        return
    for folder in folders:
        for place in (folder.path, folder.path / TAKEN, folder.path / FAILED) if folder else ():
            if place.is_dir():
                yield from (
                    one for one in place.iterdir() if one.is_file() and not one.is_symlink()
                )


def _holds(path: Path, pattern: re.Pattern[str]) -> bool:
    try:
        return path.stat().st_size > _MOST or any(
            is_told(_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text), pattern)
            for text in _texts(path)
        )
    except (OSError, zipfile.BadZipFile):
        return True  # nobody can say that it does not


def _texts(path: Path) -> Iterator[str]:
    if not zipfile.is_zipfile(path):
        yield path.read_text("utf-8", errors="replace")
        return
    with zipfile.ZipFile(path) as packed:
        for part in packed.infolist():
            with packed.open(part) as content:
                yield content.read(_MOST).decode("utf-8", errors="replace")
