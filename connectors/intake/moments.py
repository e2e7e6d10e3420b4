"""Moments as sources write them → moments in UTC, whole columns at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Final

import polars as pl

from connectors.intake.mapping import DateSettings

MOMENT: Final = pl.Datetime("ms", "UTC")
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
# Numbers that Excel means as days: 1954-10-03 … 2119-01-09. Shorter or longer ones are no dates.
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way of writing a moment, in Polars' format language."""

    text: str
    has_hour: bool = True
    has_zone: bool = False
    # The parser takes shorter numbers where a format has no separators; we do not.
    length: int | None = None

    @property
    def is_excel(self) -> bool:
        """Whether this is a day's number in a spreadsheet instead of a format."""
        return self.text == "excel"


EXCEL: Final = Pattern("excel")

# Month before day never appears: 03/04 would be ambiguous, and no Vietnamese system writes so.
AUTO: Final = (
    Pattern("%d/%m/%Y %H:%M:%S"),
    Pattern("%d/%m/%Y %H:%M"),
    Pattern("%d/%m/%Y", has_hour=False),
    Pattern("%Y-%m-%d %H:%M:%S%.f"),
    Pattern("%Y-%m-%dT%H:%M:%S%.f"),
    Pattern("%Y-%m-%dT%H:%M:%S%.f%#z", has_zone=True),
    Pattern("%Y-%m-%d %H:%M:%S%.f%#z", has_zone=True),
    Pattern("%Y-%m-%d", has_hour=False),
    Pattern("%Y%m%d%H%M%S", length=14),
    Pattern("%Y%m%d%H%M", length=12),
    Pattern("%Y%m%d", has_hour=False, length=8),
    EXCEL,
    Pattern("%Y-%m-%d %H:%M"),
    Pattern("%Y-%m-%dT%H:%M"),
    Pattern("%Y-%m-%dT%H:%M%#z", has_zone=True),
    Pattern("%d-%m-%Y %H:%M:%S"),
    Pattern("%d-%m-%Y %H:%M"),
    Pattern("%d-%m-%Y", has_hour=False),
    Pattern("%d.%m.%Y %H:%M:%S"),
    Pattern("%d.%m.%Y %H:%M"),
    Pattern("%d.%m.%Y", has_hour=False),
    Pattern("%d/%m/%Y %H:%M:%S%.f"),
    Pattern("%H:%M:%S %d/%m/%Y"),
    Pattern("%H:%M %d/%m/%Y"),
    Pattern("%Y/%m/%d %H:%M:%S"),
    Pattern("%Y/%m/%d", has_hour=False),
)

_TOKENS: Final = {
    "yyyy": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    ".SSS": "%.f",
    "M": "%m",
    "d": "%d",
    "zzz": "%#z",
}


@lru_cache(maxsize=64)
def patterns(formats: tuple[str, ...]) -> tuple[Pattern, ...]:
    """The formats of a mapping (``auto``, ``iso``, ``excel``, ``dd/MM/yyyy``…), in order."""
    found: list[Pattern] = []
    for text in formats:
        if text == "auto":
            found += AUTO
        elif text == "iso":
            found += [pattern for pattern in AUTO if pattern.text.startswith("%Y-")]
        elif text == "excel":
            found.append(EXCEL)
        else:
            found.append(_pattern(text))
    return tuple(dict.fromkeys(found))


def _pattern(text: str) -> Pattern:
    parts = re.split(r"(yyyy|MM|dd|HH|mm|ss|\.SSS|zzz|M|d)", text)
    translated = "".join(_TOKENS.get(part, part) for part in parts)
    compact = bool(re.fullmatch(r"[a-zA-Z]+", text))
    return Pattern(
        translated,
        has_hour="%H" in translated,
        has_zone="%#z" in translated,
        length=len(text) if compact else None,
    )


class MomentReader:
    """Reads one column's moments, chunk after chunk; remembers which way of writing fits."""

    def __init__(self, settings: DateSettings, zone: str, *, is_due: bool) -> None:
        self._order = list(patterns(settings.formats))
        self._zone = settings.zone or zone
        self._no_hour: time | None = settings.due_time if is_due else None
        self._midnight = settings.midnight_is_no_hour

    def read(self, raw: pl.Series) -> pl.Series:
        """Moments in UTC of the texts of ``raw`` (null stays null; unreadable becomes null)."""
        result: pl.Series | None = None
        left = raw
        for place, pattern in enumerate(self._order):
            if left.null_count() == len(left):
                break
            parsed = self._read_with(left, pattern)
            if parsed.null_count() == len(parsed):
                continue
            result = parsed if result is None else result.zip_with(result.is_not_null(), parsed)
            left = left.to_frame("t").select(pl.when(parsed.is_null()).then(pl.col("t")))["t"]
            if place > 0:
                # What fitted here is tried first in the next chunk.
                self._order.insert(0, self._order.pop(place))
        if result is None:
            result = pl.Series([None], dtype=MOMENT).new_from_index(0, len(raw))
        return result.alias(raw.name)

    def _read_with(self, raw: pl.Series, pattern: Pattern) -> pl.Series:
        if pattern.is_excel:
            return self._finish(*_from_serial(raw))
        if pattern.length is not None:
            raw = raw.to_frame("t").select(
                pl.when(pl.col("t").str.len_bytes() == pattern.length).then(pl.col("t"))
            )["t"]
        if pattern.has_zone:
            moments = raw.str.to_datetime(
                pattern.text, strict=False, time_unit="ms", time_zone="UTC"
            )
            return moments.to_frame("t").select(_in_years(pl.col("t")))["t"]
        local = raw.str.to_datetime(pattern.text, strict=False, time_unit="ms")
        return self._finish(local, None if pattern.has_hour else pl.lit(True))

    def _finish(self, local: pl.Series, bare_day: pl.Expr | None) -> pl.Series:
        value = _in_years(pl.col("t"))
        if self._no_hour is not None:
            bare = pl.lit(False) if bare_day is None else bare_day
            if self._midnight:
                bare = bare | (pl.col("t").dt.time() == time(0))
            end = pl.duration(milliseconds=_milliseconds(self._no_hour), time_unit="ms")
            value = pl.when(bare).then(value.dt.truncate("1d") + end).otherwise(value)
        return (
            local.to_frame("t")
            .select(
                value.dt.replace_time_zone(self._zone, ambiguous="earliest", non_existent="null")
                .dt.convert_time_zone("UTC")
                .dt.cast_time_unit("ms")
            )
            .to_series()
        )


def _milliseconds(value: time) -> int:
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return seconds * 1000 + value.microsecond // 1000


def _in_years(value: pl.Expr) -> pl.Expr:
    return pl.when(value.dt.year().is_between(_FIRST_YEAR, _LAST_YEAR)).then(value)


def _from_serial(raw: pl.Series) -> tuple[pl.Series, pl.Expr]:
    """Local moments of spreadsheet day numbers, and which of them name only a day."""
    digits = pl.col("t").str.contains(r"^\d{5}([.,]\d+)?$")
    days = (
        pl.when(digits)
        .then(pl.col("t").str.replace(",", ".", literal=True))
        .cast(pl.Float64, strict=False)
    )
    frame = raw.to_frame("t").select(
        days=pl.when(days.is_between(_FIRST_SERIAL, _LAST_SERIAL)).then(days)
    )
    # A spreadsheet keeps a second as a fraction with rounding errors: round to the second.
    moments = frame.select(
        t=pl.lit(_EXCEL_EPOCH).cast(pl.Datetime("ms"))
        + pl.duration(
            milliseconds=((pl.col("days") * _DAY_MS / 1000).round() * 1000).cast(pl.Int64),
            time_unit="ms",
        )
    )["t"]
    return moments, pl.col("t").dt.time() == time(0)


_DAY_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?!\d)")
_YEAR_MONTH_DAY: Final = re.compile(r"(?<!\d)(\d{4})[/\-]?(\d{2})[/\-]?(\d{2})")


def why_unreadable(text: str) -> str:
    """Why a text is no moment, and what to do (Vietnamese)."""
    found = _DAY_MONTH_YEAR.search(text)
    numbers = (found[3], found[2], found[1]) if found else None
    if numbers is None and (found := _YEAR_MONTH_DAY.search(text)):
        numbers = (found[1], found[2], found[3])
    if numbers is not None:
        year, month, day = (int(number) for number in numbers)
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            return f"năm {year} nằm ngoài khoảng {_FIRST_YEAR}–{_LAST_YEAR}; hãy sửa lại năm."
        try:
            date(year, month, day)
        except ValueError:
            return (
                f"ngày {day:02d}/{month:02d}/{year} không có trong lịch; "
                "hãy sửa lại theo dạng ngày/tháng/năm."
            )
    return (
        "không đọc được ngày giờ; hãy viết dạng dd/mm/yyyy hh:mm (ví dụ 05/06/2025 14:30) "
        "hoặc 2025-06-05 14:30:00."
    )
