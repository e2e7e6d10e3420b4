"""The rules of chance and change, with days of validity: metrics/signals/rules.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Rules:
    """One table of the file; what each value means, and its source, stands there."""

    valid_from: date
    document: str
    limit_factor: float
    range_factor: float
    limit_sigmas: float
    near_sigmas: float
    one_side: int
    steps: int
    near_hits: int
    near_of: int
    least_weeks: int
    weeks: int
    volumes_within: float
    least_expected: float
    normal_from: float
    spread: bool
    least_events: int
    funnel_inner: float
    funnel_outer: float
    interval: float
    least_like: int

    @property
    def near_share(self) -> float:
        """Which part of the way from the mean to a limit is "near" it."""
        return self.near_sigmas / self.limit_sigmas


@cache
def _tables() -> tuple[Rules, ...]:
    text = resources.files("metrics").joinpath("signals/rules.toml").read_text("utf-8")
    return tuple(Rules(**held) for held in tomllib.loads(text)["rules"])


def rules_on(day: date) -> Rules:
    """The rules that hold on a day.

    Raises:
        KeyError: none has begun by it.
    """
    begun = [table for table in _tables() if table.valid_from <= day]
    if not begun:
        raise KeyError(f"Không có quy tắc nhận biết tín hiệu có hiệu lực ngày {day:%d/%m/%Y}.")
    return max(begun, key=lambda table: table.valid_from)
