"""Thresholds and bands, with days of validity: metrics/core/thresholds.toml, and an installation's
own dated values, which come before the file's."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final

import polars as pl


@dataclass(frozen=True)
class Threshold:
    """A value that is valid on some days, with its unit and the document it comes from."""

    key: str
    value: float
    unit: str
    label: str
    document: str
    valid_from: date
    is_own: bool = False
    """Whether the installation has set it, and not the file."""


@dataclass(frozen=True)
class Override:
    """A value that an installation has set, from a day until its next one of the same key."""

    key: str
    value: float
    valid_from: date
    document: str


@dataclass(frozen=True)
class Ageing:
    """Bands of working days late; ``upper`` has one edge fewer than there are labels."""

    upper: tuple[int, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Thresholds:
    """What holds in an installation: its own values, and the file's where it has none."""

    own: tuple[Override, ...] = ()

    def on(self, key: str, day: date) -> Threshold:
        """The threshold of that key on that day.

        Raises:
            KeyError: no such threshold is valid on that day.
        """
        found = _shipped(key, day)
        begun = [one for one in self.own if one.key == key and one.valid_from <= day]
        if not begun:
            return found
        last = max(begun, key=lambda one: one.valid_from)
        return Threshold(
            key, last.value, found.unit, found.label, last.document, last.valid_from, True
        )

    def all_on(self, day: date) -> list[Threshold]:
        """All thresholds valid on that day, in the file's order."""
        keys = dict.fromkeys(entry["key"] for entry in _data()["threshold"] if _valid(entry, day))
        return [self.on(key, day) for key in keys]


SHIPPED: Final = Thresholds()
"""The file alone."""


def own_thresholds(frame: pl.DataFrame) -> Thresholds:
    """What holds with an installation's own values (``contracts.THRESHOLD_OVERRIDE``)."""
    columns = ("key", "value", "valid_from", "document")
    return Thresholds(tuple(Override(*row) for row in frame.select(columns).iter_rows()))


@cache
def _data() -> dict[str, Any]:
    text = resources.files("metrics").joinpath("core/thresholds.toml").read_text("utf-8")
    return tomllib.loads(text)


def _valid(entry: dict[str, Any], day: date) -> bool:
    return bool(entry["valid_from"] <= day <= entry.get("valid_to", date.max))


def _shipped(key: str, day: date) -> Threshold:
    entry = _entry(key, day)
    named = (entry[name] for name in ("unit", "label", "document", "valid_from"))
    return Threshold(key, entry["value"], *named)


def _entry(key: str, day: date) -> dict[str, Any]:
    for entry in reversed(_data()["threshold"]):
        if entry["key"] == key and _valid(entry, day):
            found: dict[str, Any] = entry
            return found
    raise KeyError(f"Không có ngưỡng “{key}” có hiệu lực ngày {day:%d/%m/%Y}.")


def threshold(key: str, day: date) -> Threshold:
    """The file's threshold of that key on that day; see :meth:`Thresholds.on`."""
    return SHIPPED.on(key, day)


@cache
def shipped_rates() -> tuple[float, ...]:
    """The values that the file has of rates, on any day: no rate is rounded across one."""
    return tuple({entry["value"] for entry in _data()["threshold"] if entry["unit"] == "rate"})


def ageing(day: date) -> Ageing:
    """The bands of lateness valid on that day."""
    for entry in reversed(_data()["ageing"]):
        if _valid(entry, day):
            return Ageing(tuple(entry["upper"]), tuple(entry["labels"]))
    raise KeyError(f"Không có thang ngày quá hạn có hiệu lực ngày {day:%d/%m/%Y}.")


# -- what an installation may set ---------------------------------------------------------

_LEAST: Final = {"rate": 0}
_MOST: Final = {"rate": 1}
_PAIR: Final = ("on_time_alarm", "on_time_target")
"""The first may not be above the second."""


def problem_with(present: Thresholds, wanted: Override) -> str | None:
    """Why a value cannot be set, in Vietnamese; None: it can.

    Rates are between 0 and 1, everything else is a whole number of at least 1; the alarm level is
    not above the target, on the new value's first day and whenever either changes later.
    """
    try:
        entry = _entry(wanted.key, wanted.valid_from)
    except KeyError:
        return "Không có ngưỡng này vào ngày ấy; hãy chọn một ngưỡng trong danh sách."
    unit = entry["unit"]
    low, high = entry.get("least", _LEAST.get(unit, 1)), _MOST.get(unit, 10_000)
    if not low <= wanted.value <= high:
        if unit == "rate":
            return "Tỷ lệ phải từ 0% đến 100%."
        return f"Giá trị phải là số nguyên từ {low} đến 10.000."
    if unit == "rate" and abs(wanted.value * 1000 - round(wanted.value * 1000)) > 1e-6:
        return "Tỷ lệ ghi đến một chữ số sau dấu phẩy."
    if unit != "rate" and wanted.value != int(wanted.value):
        return "Giá trị phải là số nguyên."
    kept = [
        one for one in present.own if (one.key, one.valid_from) != (wanted.key, wanted.valid_from)
    ]
    after = Thresholds((*kept, wanted))
    days = [wanted.valid_from, *(one.valid_from for one in kept if one.key in _PAIR)]
    for day in (day for day in days if day >= wanted.valid_from and wanted.key in _PAIR):
        alarm, target = (after.on(key, day) for key in _PAIR)
        if alarm.value > target.value:
            return f"Từ {day:%d/%m/%Y} mức báo động sẽ cao hơn mục tiêu; hãy sửa cả hai cho khớp."
    return None
