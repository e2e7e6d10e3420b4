"""What reading one file may take: ``bounds.toml``, which says why."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("bounds.toml")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values of ``bounds.toml``; bytes, seconds, counts."""

    memory_mb: int
    seconds: float
    seconds_per_mb: float
    patience: float
    at_once: int
    wait_seconds: float
    spare_mb: int
    spare_seconds: float
    spare_files: int
    columns: int
    name: int
    header_within: int
    header_depth: int
    cells: int
    beyond_header: int
    entries: int
    workbook_bytes: int
    unpacked_always: int
    unpacked_times: int
    line_bytes: int
    blank_lines: int
    trace_events: int
    kept_free: int
    mapping_bytes: int
    rejected: int
    rows: int
    bytes: int
    register_rows: int
    register_bytes: int

    def seconds_for(self, size: int) -> float:
        """Seconds of processor time that a file of ``size`` bytes may take."""
        return self.seconds + self.seconds_per_mb * size / (1 << 20)


@cache
def shipped() -> Bounds:
    """The bounds as they stand in the file."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    register = {f"register_{name}": value for name, value in tables["register"].items()}
    return Bounds(**tables["process"], **tables["file"], **tables["hand_over"], **register)
