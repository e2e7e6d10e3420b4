"""How numbers and dates are written: 1.234 · −5 · 91,2% · dd/mm/yyyy. "–" stands for unknown."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Final

from babel import Locale
from babel.numbers import format_decimal, format_percent

UNKNOWN: Final = "–"

_LOCALE: Final = Locale("vi", "VN")


@cache
def _digits(decimals: int) -> str:
    return "0" * decimals


def _minus(text: str) -> str:
    """The minus of print, as wide as a plus, that no line ends after: −, not a hyphen."""
    return str(text).replace("-", "−")


def number(value: float | None, decimals: int = 0) -> str:
    """A number: 1.234 or 1.234,5."""
    if value is None:
        return UNKNOWN
    pattern = "#,##0" + ("." + _digits(decimals) if decimals else "")
    return _minus(format_decimal(value, format=pattern, locale=_LOCALE))


def percent(rate: float | None, decimals: int = 1) -> str:
    """A rate (0–1) in per cent: 91,2%.

    It is cut, not rounded up, at the top: 99,96% must not read as 100%.
    """
    if rate is None:
        return UNKNOWN
    step = 10.0 ** -(decimals + 2)
    if rate < 1 and round(rate, decimals + 2) >= 1:
        rate = 1 - step
    pattern = "#,##0" + ("." + _digits(decimals) if decimals else "") + "%"
    return _minus(format_percent(rate, format=pattern, locale=_LOCALE))


def level(rate: float) -> str:
    """A target or another level that somebody has set, as it was set: 98%, 98,5%."""
    return percent(rate, 0 if round(rate * 1000) % 10 == 0 else 1)


def points(change: float | None, decimals: int = 1) -> str:
    """A change of a rate in percentage points, with its sign: +0,8 or −0,8."""
    if change is None:
        return UNKNOWN
    value = round(change * 100, decimals) + 0.0
    return signed(value, decimals)


def signed(value: float | None, decimals: int = 0) -> str:
    """A change with its sign: +5, −5, 0."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return "0"
    return ("+" if value > 0 else "−") + number(abs(value), decimals)


def day(value: date | None) -> str:
    """dd/mm/yyyy."""
    return UNKNOWN if value is None else f"{value:%d/%m/%Y}"


def moment(value: datetime | None) -> str:
    """HH:MM dd/mm/yyyy."""
    return UNKNOWN if value is None else f"{value:%H:%M %d/%m/%Y}"


def as_of(value: datetime | None) -> str:
    """The moment of figures: "hết ngày 22/11/2026" for a midnight, else "17:00 22/11/2026"."""
    if value is None:
        return UNKNOWN
    if value.hour == value.minute == value.second == value.microsecond == 0:
        return f"hết ngày {date.fromordinal(value.toordinal() - 1):%d/%m/%Y}"
    return moment(value)


def in_short(text: str, most: int = 80) -> str:
    """A name as a sentence can bear it: cut at a word, with an ellipsis."""
    if len(text) <= most:
        return text
    cut = text[: most + 1].rsplit(" ", 1)[0] if " " in text[: most + 1] else text[:most]
    return f"{cut.rstrip(' ,;:')}…"
