"""A folder that is watched, and how other systems put files there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "vao"
    made.mkdir()
    return made


def put(folder: Path, name: str, content: str) -> Path:
    """Drop a file as careful systems do: written elsewhere, then renamed in."""
    fresh = folder / f".{name}"
    fresh.write_text(content, encoding="utf-8")
    written = fresh.stat().st_mtime - 1
    os.utime(fresh, (written, written))
    return fresh.rename(folder / name)
