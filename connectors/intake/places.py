"""Where a mapping is looked for: by name in one's own folder, then among the shipped; by path."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Final

from connectors.intake.report import IntakeRefused
from connectors.intake.words import nearest

ENDING: Final = ".toml"


def name_of(given: str | Path) -> str:
    """What a mapping is called that was asked for by name or by path."""
    text = unicodedata.normalize("NFC", str(given).replace("\\", "/")).rpartition("/")[2]
    return text[: -len(ENDING)] if text.lower().endswith(ENDING) else text


def mapping_files(folder: Path | None) -> dict[str, Path]:
    """Name → file of the mappings directly in a folder, by name; no folder: none.

    Raises OSError where the folder cannot be read.
    """
    if folder is None:
        return {}
    try:
        found = [Path(entry.path) for entry in os.scandir(folder) if _is_mapping(entry)]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {name_of(path): path for path in sorted(found)}


def _is_mapping(entry: os.DirEntry[str]) -> bool:
    return (
        not entry.name.startswith(".") and entry.name.lower().endswith(ENDING) and entry.is_file()
    )


def find(given: str | Path, own: Path | None, shipped: Path) -> Path:
    """The file of a mapping that was asked for by name or by path.

    A name is of a file directly in ``own`` or ``shipped``, in this order: whoever has a mapping of
    a shipped one's name means their own. Whatever has a folder in it is a path and nothing else.
    Raises IntakeRefused, with the nearest names that there are.
    """
    text = str(given)
    path = Path(text)
    if _is_path(text):
        if path.is_file():
            return path
        raise IntakeRefused(
            f"Không tìm thấy tệp ánh xạ “{text}”. Hãy kiểm tra đường dẫn; ánh xạ trong thư mục "
            "ánh xạ và ánh xạ kèm theo thì gọi bằng tên, không kèm thư mục."
        )
    if text.lower().endswith(ENDING) and path.is_file():
        return path
    try:
        owned = mapping_files(own)
    except OSError as error:
        raise IntakeRefused(f"{unread(own)} Nên chưa rõ “{text}” là ánh xạ nào.") from error
    offered = mapping_files(shipped) | owned
    name = name_of(text)
    if name in offered:
        return offered[name]
    near = nearest(name, offered, 1)
    raise IntakeRefused(
        f"Không tìm thấy ánh xạ “{text}”"
        + (f"; có phải “{near[0]}”? " if near else ". ")
        + f"Ánh xạ của đơn vị (thư mục {own or 'chưa đặt'}): {_listed(owned)}. "
        + f"Ánh xạ kèm theo: {_listed(mapping_files(shipped))}. "
        + "Hoặc đưa đường dẫn tới một tệp .toml."
    )


def unread(folder: Path | None) -> str:
    """What is said of a folder of mappings that cannot be read."""
    return (
        f"Không đọc được thư mục ánh xạ {folder}: tài khoản đang chạy phần mềm cần quyền đọc và "
        "quyền vào thư mục này."
    )


def _is_path(text: str) -> bool:
    return "/" in text or "\\" in text or text in ("", ".", "..") or "\x00" in text


def _listed(files: dict[str, Path]) -> str:
    return ", ".join(files) or "chưa có"
