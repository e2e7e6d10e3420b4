"""How numbers and dates are written: 1.234 · −5 · 91,2% · dd/mm/yyyy. "–" stands for unknown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from fractions import Fraction
from functools import cache, lru_cache
from typing import Final

from babel import Locale
from babel.numbers import format_decimal, format_percent

from metrics.core.printed import DECIMALS, MOST_TOLD, decimals_of, rounded
from metrics.core.thresholds import shipped_rates

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
    # A zero may have a sign, which a cache would not see.
    return _number(value, decimals) if value else _number.__wrapped__(value, decimals)


@lru_cache(maxsize=16_384, typed=True)
def _number(value: float, decimals: int) -> str:
    """A screen writes a thousand numbers, most of them small and met before."""
    pattern = "#,##0" + ("." + _digits(decimals) if decimals else "")
    return _minus(format_decimal(value, format=pattern, locale=_LOCALE))


def graded(value: float | None, kind: str, whole: float | None = None) -> str:
    """A mean or a score with its decimals; 0, and the whole, are said only of what is so.

    Args:
        kind: of :data:`metrics.core.printed.DECIMALS`.
        whole: the most that there can be (12 points).
    """
    if value is None:
        return UNKNOWN
    ends = (0.0, 0.0 if whole is None else whole)
    return number(rounded(value, DECIMALS[kind], ends=ends), DECIMALS[kind])


def percent(
    rate: float | Fraction | None,
    decimals: int = DECIMALS["rate"],
    edges: Collection[float] | None = None,
    at_most: Collection[float] = (),
) -> str:
    """A rate (0–1) in per cent: 91,2%, on the true side of every limit (:func:`rounded`).

    Args:
        edges: limits that it must not fall below; default: the shipped thresholds of rates.
        at_most: limits that it must not exceed.
    """
    if rate is None:
        return UNKNOWN
    limits = shipped_rates() if edges is None else edges
    return _percent(rate, decimals, tuple(limits), tuple(at_most))


@lru_cache(maxsize=16_384, typed=True)
def _percent(
    rate: float | Fraction, decimals: int, limits: tuple[float, ...], at_most: tuple[float, ...]
) -> str:
    rate = rounded(rate, decimals + 2, limits if decimals else (), at_most, (0.0, 1.0))
    pattern = "#,##0" + ("." + _digits(decimals) if decimals else "") + "%"
    return _minus(format_percent(rate, format=pattern, locale=_LOCALE))


def told_number(value: float | None) -> str:
    """A number that a document tells, as it stands there: 7.211, 7,8, 7,77."""
    return UNKNOWN if value is None else number(value, min(decimals_of(value), MOST_TOLD))


def as_told(rate: float | None) -> str:
    """A rate that a document tells, as it stands there: 61,31%, 96,2%, 100%."""
    if rate is None:
        return UNKNOWN
    return percent(rate, min(max(decimals_of(rate) - 2, 0), MOST_TOLD), ())


def level(rate: float) -> str:
    """A target or another level that somebody has set, as it was set: 98%, 98,5%."""
    return percent(rate, 0 if Fraction(str(rate)) * 100 % 1 == 0 else 1, ())


def points(change: float | None, decimals: int = DECIMALS["rate"]) -> str:
    """A change of a rate in percentage points, with its sign: +0,8 or −0,8."""
    if change is None:
        return UNKNOWN
    value = rounded(change, decimals + 2) * 100 + 0.0
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
