"""The limits that feedback is judged by, dated: metrics/feedback/limits.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Ending:
    """Working days for an answer (where no date was given), and for a refusal or a transfer."""

    valid_from: date
    answer: int
    refuse: int
    document: str
    verified: bool


@dataclass(frozen=True)
class Acceptance:
    """Working hours within which a unit takes feedback on."""

    valid_from: date
    hours: int
    urgent: int
    document: str
    verified: bool


@cache
def _data() -> dict[str, Any]:
    text = resources.files("metrics").joinpath("feedback/limits.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def endings() -> tuple[Ending, ...]:
    """The rules of ending, the first to hold first."""
    found = (Ending(**each) for each in _data()["ending"])
    return tuple(sorted(found, key=lambda each: each.valid_from))


@cache
def acceptances() -> tuple[Acceptance, ...]:
    """The rules of taking on, the first to hold first."""
    found = (Acceptance(**each) for each in _data()["acceptance"])
    return tuple(sorted(found, key=lambda each: each.valid_from))


def documents(day: date) -> list[str]:
    """What the limits that hold on a day rest on."""
    ending = [each.document for each in endings() if each.valid_from <= day]
    taking_on = [each.document for each in acceptances() if each.valid_from <= day]
    return [*ending[-1:], *taking_on[-1:]]
