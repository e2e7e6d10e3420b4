"""Periods: week, reporting month (15→14), quarter, half-year, year, and the calendar's own.

Sources: công văn 581/BNV-CCHC and NĐ 09/2019 Điều 12 for the reporting cut-offs (15 → 14);
QĐ 766 on the national portal uses calendar periods. The week (Monday–Sunday) is operational
and no reporting period.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Final

KINDS: Final[dict[str, str]] = {
    "week": "Tuần",
    "month15": "Tháng báo cáo (15→14)",
    "quarter15": "Quý báo cáo (15→14)",
    "half15": "6 tháng báo cáo",
    "year15": "Năm báo cáo",
    "month": "Tháng dương lịch",
    "quarter": "Quý dương lịch",
    "year": "Năm dương lịch",
    "custom": "Tự chọn",
}
"""Kind of period → its name on the screen."""

_OPERATIONAL: Final = "Số liệu điều hành, không phải kỳ báo cáo"


class UnknownPeriod(ValueError):
    """The text names no period; the message, in Vietnamese, shows how to write one."""


LOCAL: Final = "local"
"""Kind of the months of single places (:func:`schemes`)."""


@dataclass(frozen=True)
class Scheme:
    """A place's reporting months: on which day, at which time of it they begin."""

    key: str
    name: str
    day: int
    at: time
    source: str

    @property
    def span(self) -> str:
        """From which day to which, in short: 21→20; from which time of a day."""
        if self.at == time():
            return f"{self.day}→{self.day - 1}"
        return f"từ {self.at:%H:%M} ngày {self.day}"


@cache
def schemes() -> dict[str, Scheme]:
    """Key → scheme: metrics/core/period_schemes.toml."""
    text = resources.files("metrics").joinpath("core/period_schemes.toml").read_text("utf-8")
    return {row["key"]: Scheme(**row) for row in tomllib.loads(text)["scheme"]}


@cache
def choices() -> dict[str, str]:
    """What a reader may choose among → its name: :data:`KINDS` and the months of places."""
    local = {f"{LOCAL}:{one.key}": f"Tháng, {one.name} ({one.span})" for one in schemes().values()}
    custom = {"custom": KINDS["custom"]}
    return {**{kind: name for kind, name in KINDS.items() if kind not in custom}, **local, **custom}


@dataclass(frozen=True)
class Period:
    """A span of days, both inclusive, of a kind in :data:`KINDS` or :data:`LOCAL`.

    ``scheme``: of a local one, the key of its scheme.
    """

    kind: str
    first: date
    last: date
    scheme: str = ""

    @property
    def cut(self) -> time:
        """The time of day at which it begins, and ends on the day after the last."""
        return schemes()[self.scheme].at if self.scheme else time()

    @property
    def choice(self) -> str:
        """Which of :func:`choices` it is of."""
        return f"{self.kind}:{self.scheme}" if self.scheme else self.kind

    @property
    def token(self) -> str:
        """How the period stands in a URL: ``week:2026-W47``, ``month15:2026-11`` …"""
        return f"{self.kind}:{_TOKEN[self.kind](self)}"

    @property
    def label(self) -> str:
        """How the period is called on the screen."""
        return _LABEL[self.kind](self)

    @property
    def note(self) -> str | None:
        """What must stand beside figures of this period."""
        return _OPERATIONAL if self.kind in ("week", "custom") else None

    def shifted(self, steps: int) -> Period:
        """The period so many steps later (negative: earlier), of the same kind."""
        if self.kind == "week":
            days = timedelta(days=7 * steps)
            return Period("week", self.first + days, self.last + days)
        if self.kind == "custom":
            days = timedelta(days=((self.last - self.first).days + 1) * steps)
            return Period("custom", self.first + days, self.last + days)
        months = _MONTHS[self.kind]
        first = _add_months(self.first, months * steps)
        last = _add_months(first, months) - timedelta(days=1)
        return Period(self.kind, first, last, self.scheme)

    @property
    def previous(self) -> Period:
        """The period just before, of the same kind."""
        return self.shifted(-1)

    @property
    def year_before(self) -> Period:
        """The same period of the year before; for a week the ISO week of the same number."""
        if self.kind == "week":
            year, week, _ = self.first.isocalendar()
            return iso_week(year - 1, week)
        if self.kind == "custom":
            return Period("custom", _add_months(self.first, -12), _add_months(self.last, -12))
        return self.shifted(-12 // _MONTHS[self.kind])


_MONTHS: Final = {
    LOCAL: 1,
    "month15": 1,
    "quarter15": 3,
    "half15": 6,
    "year15": 12,
    "month": 1,
    "quarter": 3,
    "year": 12,
}


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def _dmy(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _span(p: Period) -> str:
    return f"{_dmy(p.first)}–{_dmy(p.last)}"


def _report_month(p: Period) -> date:
    """A reporting month is named after the month it ends in."""
    return p.last.replace(day=1)


def _local_span(p: Period) -> str:
    if p.cut == time():
        return _span(p)
    end = datetime.combine(p.last + timedelta(days=1), p.cut)
    return f"{datetime.combine(p.first, p.cut):%H:%M %d/%m/%Y}–{end:%H:%M %d/%m/%Y}"


_TOKEN: Final = {
    LOCAL: lambda p: f"{p.scheme}:{_report_month(p):%Y-%m}",
    "week": lambda p: f"{p.first.isocalendar()[0]}-W{p.first.isocalendar()[1]:02d}",
    "month15": lambda p: f"{_report_month(p):%Y-%m}",
    "quarter15": lambda p: f"{p.last.year}-Q{(p.last.month - 1) // 3 + 1}",
    "half15": lambda p: f"{p.last.year}-H{(p.last.month - 1) // 6 + 1}",
    "year15": lambda p: f"{p.last.year}",
    "month": lambda p: f"{p.first:%Y-%m}",
    "quarter": lambda p: f"{p.first.year}-Q{(p.first.month - 1) // 3 + 1}",
    "year": lambda p: f"{p.first.year}",
    "custom": lambda p: f"{p.first:%Y-%m-%d}..{p.last:%Y-%m-%d}",
}

_LABEL: Final = {
    LOCAL: lambda p: (
        f"Tháng {_report_month(p):%m/%Y}, {schemes()[p.scheme].name} ({_local_span(p)})"
    ),
    "week": lambda p: f"Tuần {p.first.isocalendar()[1]} ({p.first:%d/%m}–{_dmy(p.last)})",
    "month15": lambda p: f"Tháng {_report_month(p):%m/%Y} ({_span(p)})",
    "quarter15": lambda p: f"Quý {(p.last.month - 1) // 3 + 1}/{p.last.year} ({_span(p)})",
    "half15": lambda p: (
        f"6 tháng {'đầu' if p.last.month <= 6 else 'cuối'} năm {p.last.year} ({_span(p)})"
    ),
    "year15": lambda p: f"Năm {p.last.year} ({_span(p)})",
    "month": lambda p: f"Tháng {p.first:%m/%Y} ({_span(p)})",
    "quarter": lambda p: f"Quý {(p.first.month - 1) // 3 + 1}/{p.first.year} ({_span(p)})",
    "year": lambda p: f"Năm {p.first.year} ({_span(p)})",
    "custom": _span,
}


def iso_week(year: int, week: int) -> Period:
    """The ISO week of that number; week 53 of a year that has 52 is its last."""
    last_week = date(year, 12, 28).isocalendar()[1]
    first = date.fromisocalendar(year, min(week, last_week), 1)
    return Period("week", first, first + timedelta(days=6))


def period_of(kind: str, day: date) -> Period:
    """The period of a kind (:func:`choices`) that a day lies in.

    A day on which a local month begins at its own time of day is of the month that begins.

    Raises:
        UnknownPeriod: no such kind, or ``custom``, which no day determines.
    """
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        return Period("week", first, first + timedelta(days=6))
    of, _, scheme = kind.partition(":")
    if of == LOCAL and scheme in schemes():
        return _local(scheme, day)
    if kind not in _MONTHS or kind == LOCAL:
        raise UnknownPeriod(f"Không có loại kỳ “{kind}”. Hãy chọn: {', '.join(choices())}.")
    months = _MONTHS[kind]
    # A reporting period runs from the 15th of the month before to the 14th.
    named = _add_months(day.replace(day=1), 1 if kind.endswith("15") and day.day >= 15 else 0)
    begin = named.replace(month=(named.month - 1) // months * months + 1)
    if kind.endswith("15"):
        begin = _add_months(begin, -1).replace(day=15)
    return Period(kind, begin, _add_months(begin, months) - timedelta(days=1))


def parse_period(token: str) -> Period:
    """Reads :attr:`Period.token` back.

    Raises:
        UnknownPeriod: the text names no period.
    """
    kind, _, rest = token.partition(":")
    try:
        return _parse(kind, rest)
    except (ValueError, IndexError, OverflowError) as error:
        raise UnknownPeriod(
            f"Không hiểu kỳ số liệu “{token}”. Ví dụ đúng: week:2026-W47, month15:2026-11, "
            "quarter:2026-Q3, custom:2026-01-01..2026-03-31."
        ) from error


def _parse(kind: str, rest: str) -> Period:
    if kind == "custom":
        first, last = (date.fromisoformat(text) for text in rest.split(".."))
        if last < first:
            raise ValueError(rest)
        return Period("custom", first, last)
    if kind == "week":
        return _parse_week(rest)
    if kind == LOCAL:
        return _parse_local(rest)
    match = re.fullmatch(r"(\d{4})(?:-([QH]?)(\d{1,2}))?", rest)
    if match is None:
        raise ValueError(rest)
    year, letter, number = int(match[1]), match[2] or "", int(match[3] or 1)
    wanted = {"month": "", "quarter": "Q", "half": "H", "year": ""}[kind.removesuffix("15")]
    months = _MONTHS[kind]
    if letter != wanted or not 1 <= number <= 12 // months or (match[3] is None) != (months == 12):
        raise ValueError(rest)
    # Any day of the first fortnight of the last month lies in both kinds of period.
    return period_of(kind, date(year, number * months, 1))


def _parse_local(rest: str) -> Period:
    key, _, month = rest.partition(":")
    match = re.fullmatch(r"(\d{4})-(\d{2})", month)
    if match is None or key not in schemes():
        raise ValueError(rest)
    ends = date(int(match[1]), int(match[2]), schemes()[key].day)
    return _local(key, ends - timedelta(days=1))


def _local(key: str, day: date) -> Period:
    begins = day.replace(day=schemes()[key].day)
    first = begins if begins <= day else _add_months(begins, -1)
    return Period(LOCAL, first, _add_months(first, 1) - timedelta(days=1), key)


def _parse_week(rest: str) -> Period:
    match = re.fullmatch(r"(\d{4})-W(\d{2})", rest)
    if match is None:
        raise ValueError(rest)
    year, week = int(match[1]), int(match[2])
    # Raises for a week that the year does not have; iso_week would take its last.
    date.fromisocalendar(year, week, 1)
    return iso_week(year, week)


def weeks_of(first: date, last: date) -> list[tuple[date, date]]:
    """Monday–Sunday weeks of a span, the outer ones cut to it: (first day, last day)."""
    return list(_pieces(first, last, lambda day: day + timedelta(days=6 - day.weekday())))


def months_of(first: date, last: date) -> list[tuple[date, date]]:
    """Calendar months of a span, the outer ones cut to it: (first day, last day)."""
    return list(
        _pieces(first, last, lambda day: _add_months(day.replace(day=1), 1) - timedelta(days=1))
    )


def _pieces(first: date, last: date, end_of: Callable[[date], date]) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(end_of(first), last)
        yield first, end
        first = end + timedelta(days=1)
