"""How alerts are looked for and sent: ``bounds.toml``, which says why."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).with_name("bounds.toml")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values of the file; moments and spans as such."""

    tick: float
    every: timedelta
    most_seconds: float
    rules: int
    kept: timedelta
    waits: tuple[timedelta, ...]
    give_up: timedelta
    unfinished: timedelta
    most_lines: int
    connect_seconds: float
    read_seconds: float
    hook_seconds: float
    answer_bytes: int
    digest_day: int
    digest_at: time
    quiet: tuple[str, str]

    def wait(self, attempts: int) -> timedelta:
        """How long after so many failed attempts it is tried again."""
        return self.waits[min(max(attempts, 1), len(self.waits)) - 1]


@cache
def bounds() -> Bounds:
    """The bounds as they stand in the file."""
    held: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    look, send, hook = held["look"], held["send"], held["hook"]
    return Bounds(
        tick=look["tick_seconds"],
        every=timedelta(minutes=look["every_minutes"]),
        most_seconds=look["most_seconds"],
        rules=held["keep"]["rules"],
        kept=timedelta(days=held["keep"]["days"]),
        waits=tuple(timedelta(minutes=each) for each in send["waits_minutes"]),
        give_up=timedelta(hours=send["give_up_hours"]),
        unfinished=timedelta(minutes=send["unfinished_minutes"]),
        most_lines=send["most_lines"],
        connect_seconds=hook["connect_seconds"],
        read_seconds=hook["read_seconds"],
        hook_seconds=hook["most_seconds"],
        answer_bytes=hook["answer_bytes"],
        digest_day=held["digest"]["day"],
        digest_at=time.fromisoformat(held["digest"]["at"]),
        quiet=(held["usual"]["quiet_from"], held["usual"]["quiet_to"]),
    )
