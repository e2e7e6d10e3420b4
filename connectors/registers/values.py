"""Texts of a file or form → typed values of a register's columns, and back to words."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from connectors.cells import unguarded
from connectors.intake import empty
from connectors.intake.moments import FIRST_YEAR, LAST_YEAR, MomentReader, why_unreadable
from connectors.intake.numbers import number as read_number
from connectors.intake.setting_kinds import DateSettings
from connectors.intake.words import built_in_words, fold, nearest, tidy_text
from connectors.refused import BadValue
from metrics.registers import rules
from metrics.registers.columns import (
    BOOLEAN,
    CHOICE,
    DATE,
    INTEGER,
    MOMENT,
    NUMBER,
    Choice,
    Column,
)

_EMPTY_KINDS: Final = {
    DATE: empty.MOMENT,
    MOMENT: empty.MOMENT,
    BOOLEAN: empty.VALUE,
    NUMBER: empty.VALUE,
    INTEGER: empty.VALUE,
}
_MONTH: Final = re.compile(r"(?:tháng\s*)?(\d{1,2})[/.\-](\d{4})|(\d{4})[/.\-](\d{1,2})")
_YEARS: Final = (1900, 2100)


def parse(column: Column, text: str | None, zone: ZoneInfo, decimal: str = "auto") -> Any:
    """The value of one cell; null for an empty cell. Raises BadValue (Vietnamese).

    References (units, programmes, tasks …) stay texts: :mod:`lookups` resolves them.
    """
    clean = tidy_text(unguarded(text)) if text is not None else ""
    if clean == "" or reads_as_empty(column, clean):
        return None
    if column.kind == BOOLEAN:
        return _boolean(clean)
    if column.kind == CHOICE:
        return _choice(column, clean)
    if column.kind == DATE:
        return _day(column, clean, zone)
    if column.kind == MOMENT:
        return _moment(clean, zone)
    if column.kind in (NUMBER, INTEGER):
        return _in_range(column, _number(column, clean, decimal), clean)
    return clean


def reads_as_empty(column: Column, text: str) -> bool:
    """Whether a word (``empty.toml``) says that nobody has said: null, as an empty cell is."""
    if any(_is_meant(choice, text) for choice in column.choices):
        return False
    return empty.is_empty(text, _EMPTY_KINDS.get(column.kind, empty.TEXT))


def checked(column: Column, value: Any, zone: ZoneInfo) -> Any:
    """A typed value of a form, or a text as in a file. Raises BadValue (Vietnamese)."""
    if value is None or isinstance(value, str):
        return parse(column, value, zone)
    if column.kind == BOOLEAN and isinstance(value, bool):
        return value
    if column.kind == DATE and isinstance(value, datetime):
        return value.date()
    if column.kind == DATE and isinstance(value, date):
        return value
    if column.kind == MOMENT and isinstance(value, date):
        return as_utc(value, zone)
    if column.kind in (NUMBER, INTEGER) and isinstance(value, int | float):
        if column.kind == INTEGER and value != int(value):
            raise BadValue("phải là số nguyên; hãy sửa lại.")
        number = int(value) if column.kind == INTEGER else float(value)
        return _in_range(column, number, str(value))
    raise BadValue("giá trị không đúng kiểu của cột này; hãy nhập lại.")


def as_utc(value: date | datetime, zone: ZoneInfo) -> datetime:
    """A moment in UTC, to the millisecond; a naive one is local, a bare day its midnight."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    aware = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    utc = aware.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _boolean(text: str) -> bool:
    word = built_in_words("boolean").get(fold(text))
    if word is None:
        raise BadValue("hãy ghi “Có” hoặc “Không”; chưa rõ thì để trống.")
    return word == "true"


def _choice(column: Column, text: str) -> str:
    for choice in column.choices:
        if _is_meant(choice, text):
            return choice.value
    words = [choice.word for choice in column.choices]
    near = nearest(text, words, 1)
    hint = f"; gần nhất: {near[0]}" if near else ""
    raise BadValue(f"không có trong danh sách{hint}. Chọn một trong: {', '.join(words)}.")


def _is_meant(choice: Choice, text: str) -> bool:
    """Whether a text is this choice's value or one of its words."""
    return text == choice.value or fold(text) in _folded(choice.value, choice.word, *choice.also)


@cache
def _folded(*words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def headers(column: Column) -> frozenset[str]:
    """Every header that names a column, folded."""
    return _folded(column.name, column.label, *column.also)


def _day(column: Column, text: str, zone: ZoneInfo) -> date:
    month = _MONTH.fullmatch(fold(text))
    if month is not None:
        if not column.month:
            raise BadValue("chỉ có tháng; hãy ghi cả ngày, dạng dd/mm/yyyy.")
        number, year = int(month[1] or month[4]), int(month[2] or month[3])
        if not 1 <= number <= 12 or not _YEARS[0] <= year <= _YEARS[1]:
            raise BadValue("tháng không có trong lịch; hãy ghi dạng mm/yyyy.")
        last = calendar.monthrange(year, number)[1]
        return date(year, number, 1 if column.month == "first" else last)
    return _moment(text, zone).astimezone(zone).date()


def _moment(text: str, zone: ZoneInfo) -> datetime:
    value = _read_moment(text, zone)
    if value is None:
        raise BadValue(why_unreadable(text))
    return value


@lru_cache(maxsize=4096)
def _read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    if (plain := _plain_day(text, zone)) is not None:
        return plain
    if not any(letter.isdigit() for letter in text):
        return None
    reader = MomentReader(DateSettings(), str(zone), is_due=False)
    value = reader.read(pl.Series("t", [text]))[0]
    return None if value is None else as_utc(value, zone)


_DAYS: Final = (
    re.compile(r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{4})"),
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
)


def _plain_day(text: str, zone: ZoneInfo) -> datetime | None:
    """A day as nearly all are written, as MomentReader reads it, which is made for columns: for a
    single text it needs ten milliseconds. None: it is to be asked."""
    found = next((match for form in _DAYS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    try:
        local = datetime(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    utc = as_utc(local, zone)
    is_there = utc.astimezone(zone).replace(tzinfo=None) == local
    return utc if is_there and FIRST_YEAR <= local.year <= LAST_YEAR else None


def _number(column: Column, text: str, decimal: str) -> float:
    for sign in column.signs:
        text = text.removeprefix(sign).strip()
    bare = text.removesuffix("%").strip()
    if bare != text and not column.percent:
        raise BadValue("cột này không phải tỷ lệ; hãy bỏ dấu %.")
    value = read_number(bare, decimal)
    if value is None:
        raise BadValue("không phải số; hãy ghi dạng 7211, 7.211 hoặc 87,11.")
    return value / 100 if bare != text and column.percent == "fraction" else value


def _in_range(column: Column, value: float, text: str) -> float:
    if column.kind == INTEGER:
        if value != int(value):
            raise BadValue("phải là số nguyên; hãy sửa lại.")
        value = int(value)
    low, high = (rules.show(edge, is_year=column.is_year) for edge in (column.low, column.high))
    if column.low is not None and value < column.low:
        raise BadValue(f"nhỏ hơn {low}; hãy sửa lại.")
    if column.high is not None and value > column.high:
        raise BadValue(f"lớn hơn {high}; hãy sửa lại (kiểm tra dấu thập phân).")
    return value


def in_words(column: Column | None, value: Any, zone: ZoneInfo) -> str | None:
    """A value as people read it in the history: words, dd/mm/yyyy, decimal comma."""
    if value is None:
        return None
    if column is not None and column.kind == CHOICE:
        return column.word(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%d/%m/%Y %H:%M}"
    return rules.show(value, is_year=column is not None and column.is_year)


def is_month(text: str) -> bool:
    """Whether a text names a month without a day."""
    return _MONTH.fullmatch(fold(text)) is not None
