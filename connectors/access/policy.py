"""How long a sign-in lasts and how attempts are slowed down: reads policy.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("policy.toml")


@dataclass(frozen=True)
class Policy:
    """The installation's rules of signing in."""

    idle: timedelta
    absolute: timedelta
    ticket: timedelta
    grace: timedelta
    clock_tolerance: timedelta
    window: timedelta
    free_per_name: int
    first_wait: timedelta
    longest_wait: timedelta
    known: timedelta
    free_per_address: int
    first_pause: timedelta
    longest_pause: timedelta
    free_at_busy_address: int
    least_characters: int
    most_bytes: int
    unused: timedelta
    one_time: timedelta


@cache
def policy() -> Policy:
    """The rules of policy.toml."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    session, attempts, passphrase = raw["session"], raw["attempts"], raw["passphrase"]
    review = raw["review"]
    return Policy(
        idle=timedelta(minutes=session["idle_minutes"]),
        absolute=timedelta(hours=session["absolute_hours"]),
        ticket=timedelta(seconds=session["ticket_seconds"]),
        grace=timedelta(minutes=session["grace_minutes"]),
        clock_tolerance=timedelta(minutes=session["clock_tolerance_minutes"]),
        window=timedelta(minutes=attempts["window_minutes"]),
        free_per_name=attempts["free_per_name"],
        first_wait=timedelta(seconds=attempts["first_wait_seconds"]),
        longest_wait=timedelta(seconds=attempts["longest_wait_seconds"]),
        known=timedelta(days=attempts["known_days"]),
        free_per_address=attempts["free_per_address"],
        first_pause=timedelta(seconds=attempts["first_pause_seconds"]),
        longest_pause=timedelta(seconds=attempts["longest_pause_seconds"]),
        free_at_busy_address=attempts["free_at_busy_address"],
        least_characters=passphrase["least_characters"],
        most_bytes=passphrase["most_bytes"],
        unused=timedelta(days=review["unused_days"]),
        one_time=timedelta(days=review["one_time_days"]),
    )
