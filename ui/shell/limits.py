"""How much the app takes from whom: reads limits.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).with_name("limits.toml")


@dataclass(frozen=True)
class MessageLimits:
    """One screen's socket."""

    bytes: int
    entries: int
    frames: int
    per_second: float
    burst: int
    recheck_seconds: float
    silent_seconds: float


@dataclass(frozen=True)
class FormLimits:
    """A sign-in that is posted."""

    bytes: int
    seconds: float
    address: int


@dataclass(frozen=True)
class UploadLimits:
    """A file that is sent."""

    least_per_second: int
    first_seconds: float
    answers: int
    answers_per_hour: int


@dataclass(frozen=True)
class StrangerLimits:
    """Everybody who is not signed in."""

    per_second: float
    burst: int
    address_per_second: float
    address_burst: int
    patience_seconds: float
    waiting: int
    connections: int
    address_connections: int
    addresses: int
    lookups: int
    give_way_seconds: float
    run_seconds: float


@dataclass(frozen=True)
class PassphraseLimits:
    """The line before bcrypt."""

    at_once: int
    waiting: int
    address_waiting: int
    patience_seconds: float
    niceness: int


@dataclass(frozen=True)
class LineLimits:
    """One connection."""

    header_seconds: float
    stranger_seconds: float
    stop_seconds: int
    header_bytes: int
    header_lines: int
    unread_bytes: int
    files: int


@dataclass(frozen=True)
class CookieLimits:
    """Cookies of one request, and who was known lately by one."""

    most: int
    known_seconds: float
    known: int


@dataclass(frozen=True)
class ReadyLimits:
    """The question whether figures can be shown."""

    seconds: float


@dataclass(frozen=True)
class Limits:
    """All of limits.toml."""

    message: MessageLimits
    form: FormLimits
    upload: UploadLimits
    strangers: StrangerLimits
    passphrases: PassphraseLimits
    line: LineLimits
    cookies: CookieLimits
    ready: ReadyLimits


@cache
def limits() -> Limits:
    """The limits of limits.toml."""
    raw: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Limits(
        MessageLimits(**raw["message"]),
        FormLimits(**raw["form"]),
        UploadLimits(**raw["upload"]),
        StrangerLimits(**raw["strangers"]),
        PassphraseLimits(**raw["passphrases"]),
        LineLimits(**raw["line"]),
        CookieLimits(**raw["cookies"]),
        ReadyLimits(**raw["ready"]),
    )
