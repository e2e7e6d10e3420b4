"""Thresholds and bands, with days of validity: metrics/data/thresholds.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Threshold:
    """A value that is valid on some days, with its unit and the document it comes from."""

    key: str
    value: float
    unit: str
    label: str
    document: str


@dataclass(frozen=True)
class Ageing:
    """Bands of working days late; ``upper`` has one edge fewer than there are labels."""

    upper: tuple[int, ...]
    labels: tuple[str, ...]


@cache
def _data() -> dict[str, Any]:
    text = resources.files("metrics").joinpath("data/thresholds.toml").read_text("utf-8")
    return tomllib.loads(text)


def _valid(entry: dict[str, Any], day: date) -> bool:
    return bool(entry["valid_from"] <= day <= entry.get("valid_to", date.max))


def threshold(key: str, day: date) -> Threshold:
    """The threshold of that key on that day.

    Raises:
        KeyError: no such threshold is valid on that day.
    """
    for entry in reversed(_data()["threshold"]):
        if entry["key"] == key and _valid(entry, day):
            return Threshold(key, entry["value"], entry["unit"], entry["label"], entry["document"])
    raise KeyError(f"Không có ngưỡng “{key}” có hiệu lực ngày {day:%d/%m/%Y}.")


def thresholds(day: date) -> list[Threshold]:
    """All thresholds valid on that day, in the file's order."""
    keys = dict.fromkeys(entry["key"] for entry in _data()["threshold"] if _valid(entry, day))
    return [threshold(key, day) for key in keys]


def ageing(day: date) -> Ageing:
    """The bands of lateness valid on that day."""
    for entry in reversed(_data()["ageing"]):
        if _valid(entry, day):
            return Ageing(tuple(entry["upper"]), tuple(entry["labels"]))
    raise KeyError(f"Không có thang ngày quá hạn có hiệu lực ngày {day:%d/%m/%Y}.")
