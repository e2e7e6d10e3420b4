"""Moments as sources write them → moments in UTC, whole columns at a time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from connectors.intake.formats import AUTO, Pattern, own
from connectors.intake.setting_kinds import DateSettings
from connectors.intake.spoken import is_american, spoken, words
from connectors.intake.words import each_distinct

MOMENT: Final = pl.Datetime("ms", "UTC")
FIRST_YEAR, LAST_YEAR = 1901, 2100
# Programs that know no moment write 1900-01-01, 0001-01-01 and the like.
# Numbers that Excel means as days: 1954-10-03 … 2119-01-09. Shorter or longer ones are no dates.
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_DAY_MS: Final = 86_400_000
_EPOCH_YEAR: Final = 1970
_MONTHS: Final = (
    *("", "Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


@lru_cache(maxsize=64)
def patterns(formats: tuple[str, ...]) -> tuple[Pattern, ...]:
    """The formats of a mapping (``auto``, ``iso``, ``excel``, ``dd/MM/yyyy``…), in order."""
    found: list[Pattern] = []
    for text in formats:
        if text == "auto":
            found += AUTO
        elif text == "iso":
            found += [pattern for pattern in AUTO if pattern.text.startswith("%Y-")]
        else:
            found.append(own(text))
    return tuple(dict.fromkeys(found))


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
        if pattern.is_epoch:
            return _in_years_only(_from_epoch(raw, milliseconds=pattern.text == "epoch_ms"))
        if pattern.is_spoken:
            return each_distinct(raw, self._spoken, MOMENT)
        if pattern.has_words:
            raw = _in_english(raw)
        if pattern.length is not None:
            raw = raw.to_frame("t").select(
                pl.when(pl.col("t").str.len_bytes() == pattern.length).then(pl.col("t"))
            )["t"]
        if pattern.has_zone:
            moments = raw.str.to_datetime(
                pattern.text, strict=False, time_unit="ms", time_zone="UTC"
            )
            return _in_years_only(moments)
        local = raw.str.to_datetime(pattern.text, strict=False, time_unit="ms")
        return self._finish(local, None if pattern.has_hour else pl.lit(True))

    def _spoken(self, text: str) -> datetime | None:
        found = spoken(text)
        if found is None or not FIRST_YEAR <= found.moment.year <= LAST_YEAR:
            return None
        # 24:00 is still that day, in every column: an end at 24:00 is in time for a due date there.
        moment = found.moment - timedelta(milliseconds=found.ends_day)
        if moment.tzinfo is not None:
            return _to_the_millisecond(moment.astimezone(UTC))
        due = self._no_hour
        if (
            due is not None
            and not found.ends_day
            and (not found.has_hour or (self._midnight and moment.time() == time(0)))
        ):
            moment = datetime.combine(moment.date(), due)
        zone = ZoneInfo(self._zone)
        aware = moment.replace(tzinfo=zone)
        exists = aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment
        return _to_the_millisecond(aware.astimezone(UTC)) if exists else None

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


def _to_the_millisecond(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _in_years_only(moments: pl.Series) -> pl.Series:
    return moments.to_frame("t").select(_in_years(pl.col("t")))["t"]


def _in_english(raw: pl.Series) -> pl.Series:
    """Vietnamese words for a half of the day and for months as the parser knows them."""
    text = raw.str.replace(rf"(?i)(^|[\s\d])(?:{_any_of('am')})(\s|$)", "${1}AM${2}").str.replace(
        rf"(?i)(^|[\s\d])(?:{_any_of('pm')})(\s|$)", "${1}PM${2}"
    )
    for number in range(12, 0, -1):
        text = text.str.replace(
            rf"(?i)(?:tháng|thg|th)\.?\s*0?{number}(\D|$)", f"{_MONTHS[number]}$1"
        )
    return text


def _any_of(half: str) -> str:
    return "|".join(re.escape(word) for word in sorted(words()[half], key=len, reverse=True))


def _from_epoch(raw: pl.Series, *, milliseconds: bool) -> pl.Series:
    """Moments that are counted from 1970 in UTC; also as ``/Date(…)/`` in milliseconds."""
    wrapped = r"^(?:/Date\()?(-?\d{11,14})(?:[+-]\d{4})?(?:\)/)?$"
    number = raw.str.extract(wrapped if milliseconds else r"^(-?\d{8,11})(?:\.\d+)?$", 1)
    count = number.cast(pl.Int64, strict=False)
    return (count if milliseconds else count * 1000).cast(pl.Datetime("ms", "UTC"))


def _in_years(value: pl.Expr) -> pl.Expr:
    return pl.when(value.dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then(value)


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


_DAY_MONTH_YEAR: Final = re.compile(r"(?<!\d)(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?!\d)")
_YEAR_MONTH_DAY: Final = re.compile(
    r"(?<!\d)(\d{4})(?:([/\-])(\d{1,2})\2(\d{1,2})(?!\d)|(\d{2})(\d{2})(?:\d{4}|\d{6})?(?!\d))"
)
_SHORT_YEAR: Final = re.compile(r"(?<!\d)\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2}(?!\d)")
_EPOCH: Final = re.compile(r"(?:/Date\()?(\d{13})(?:[+-]\d{4})?(?:\)/)?|(\d{10})")


def may_be_no_day(moments: pl.Series) -> bool:
    """Whether a column has moments so old that a program may have written them for none."""
    first = moments.min()
    return isinstance(first, datetime) and first.year <= _EPOCH_YEAR


def may_be_none(moment: pl.Expr) -> pl.Expr:
    """Whether a text may stand for no moment: it is none, or one as old as those of programs."""
    return moment.is_null() | (moment.dt.year() <= _EPOCH_YEAR)


def why_unreadable(text: str) -> str:
    """Why a text is no moment, and what to do (Vietnamese)."""
    if epoch := _EPOCH.fullmatch(text):
        return (
            "là số đếm từ năm 1970; nếu nguồn viết như vậy, hãy đặt dates.formats = "
            f'["{"epoch_ms" if epoch[1] else "epoch"}"] trong ánh xạ.'
        )
    found = _DAY_MONTH_YEAR.search(text)
    numbers = (found[3], found[2], found[1]) if found else None
    if numbers is None and (found := _YEAR_MONTH_DAY.search(text)):
        numbers = (found[1], found[3] or found[5], found[4] or found[6])
    if is_american(text):
        return (
            "không rõ ngày hay tháng đứng trước (AM, PM là cách viết tiếng Anh); hãy đặt "
            'dates.formats trong ánh xạ: "dd/MM/yyyy hh:mm:ss tt" hoặc "MM/dd/yyyy hh:mm:ss tt".'
        )
    if numbers is not None:
        return _why_not(*(int(number) for number in numbers))
    if _SHORT_YEAR.search(text):
        return (
            "năm chỉ có hai chữ số; hãy ghi đủ bốn chữ số, hoặc nếu nguồn luôn viết như vậy, đặt "
            'dates.formats = ["dd/MM/yy"] trong ánh xạ.'
        )
    return _UNREADABLE


_UNREADABLE: Final = (
    "không đọc được ngày giờ; hãy viết dạng dd/mm/yyyy hh:mm (ví dụ 05/06/2025 14:30) "
    "hoặc 2025-06-05 14:30:00."
)


def _why_not(year: int, month: int, day: int) -> str:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return f"năm {year} nằm ngoài khoảng {FIRST_YEAR}–{LAST_YEAR}; hãy sửa lại năm."
    if 12 < month <= 31 and 1 <= day <= 12:
        return (
            f"ngày {day:02d}/{month:02d}/{year} không có trong lịch: có vẻ tháng đứng trước ngày; "
            "hãy ghi ngày trước tháng, hoặc nếu nguồn luôn viết như vậy, "
            'đặt dates.formats trong ánh xạ, ví dụ "MM/dd/yyyy hh:mm:ss tt".'
        )
    try:
        date(year, month, day)
    except ValueError:
        return (
            f"ngày {day:02d}/{month:02d}/{year} không có trong lịch; "
            "hãy sửa lại theo dạng ngày/tháng/năm."
        )
    return _UNREADABLE
