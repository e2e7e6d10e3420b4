"""Working days and working hours: the clock that time limits run on.

A :class:`Calendar` knows, for each date of its span, whether it is a working day, and how many
working days there were up to it (its *ordinal*, ``wd`` in docs/definitions.md). All moments are
local and without a zone. Every question can be asked of one value (plain Python) and of a whole
column (a Polars expression); both give the same answer.

Dates outside the calendar's span: the question about one value raises :class:`OutsideCalendar`;
a column's answer is null there, because one mistyped year must not stop a whole import.

Sources of the rules
- Bộ luật Dân sự 2015, Điều 147 and 148 (thời hạn): the day of the event is not counted; a limit in
  days or months ends with its last day; a month without that day ends with its last day; a last
  day that is not a working day moves to the next working day.
- Limits are given in hours, days, working days or months (``DonViTinh`` of the national exchange).
- 8 working hours are one working day; hours run only within working hours.
"""

from __future__ import annotations

import calendar as _gregorian
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import compress
from typing import Final

import polars as pl

from metrics.core.contracts import MOMENT
from metrics.core.moments import (
    DAY_MS,
    EPOCH_DAY,
    MINUTE_MS,
    equal,
    expr,
    join,
    null_unless,
    offset_months,
    per_batch,
    split,
)

__all__ = [
    "ACCEPTANCE_HOURS",
    "LIMIT_UNITS",
    "OFFICE_HOURS",
    "SAME_DAY_CUT_OFF",
    "Calendar",
    "OutsideCalendar",
    "WorkingHours",
]
LIMIT_UNITS: Final = ("hour", "day", "working_day", "month")
"""Units of a time limit: working hours, calendar days, working days, calendar months."""
ACCEPTANCE_HOURS: Final = 8
"""Working hours after submission within which an online dossier must be accepted."""
SAME_DAY_CUT_OFF: Final = time(15)
"""The cut-off hour that can be sourced; it is a parameter wherever it is used."""
_MS: Final = timedelta(milliseconds=1)


def _since_midnight(value: time | str) -> int:
    if isinstance(value, str):
        if value == "24:00":
            return DAY_MS
        value = time.fromisoformat(value)
    return (datetime.combine(EPOCH_DAY, value) - datetime.combine(EPOCH_DAY, time())) // _MS


def _of_day(moment: datetime) -> int:
    return (moment - datetime.combine(moment.date(), time())) // _MS


def _at(day: date, of_day: int) -> datetime:
    return datetime.combine(day, time()) + of_day * _MS


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = _gregorian.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


class OutsideCalendar(ValueError):
    """A date lies outside the days that the calendar was built for."""

    def __init__(self, day: date, first: date, last: date) -> None:
        super().__init__(
            f"Ngày {day:%d/%m/%Y} nằm ngoài lịch làm việc ({first:%d/%m/%Y} – {last:%d/%m/%Y})."
        )


@dataclass(frozen=True)
class WorkingHours:
    """Hours of a working day, as spans of milliseconds after midnight; start in, end out.

    Raises ``ValueError`` when there is no span, or spans are empty, overlap or leave the day.
    """

    spans: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in span]
        inside = bool(edges) and edges[0] >= 0 and edges[-1] <= DAY_MS
        if not inside or any(a >= b for a, b in self.spans) or edges != sorted(edges):
            raise ValueError(f"Giờ làm việc không hợp lệ: {self.spans}")

    @classmethod
    def of(cls, *spans: tuple[time, time] | Sequence[str]) -> WorkingHours:
        """From pairs of times, or of texts ``HH:MM``."""
        return cls(tuple((_since_midnight(a), _since_midnight(b)) for a, b in spans))

    @cached_property
    def day_ms(self) -> int:
        """Working milliseconds of a working day."""
        return sum(end - start for start, end in self.spans)

    @property
    def opening_ms(self) -> int:
        return self.spans[0][0]

    @property
    def closing_ms(self) -> int:
        return self.spans[-1][1]

    def worked(self, of_day: int) -> int:
        """Working milliseconds of a working day before ``of_day`` (milliseconds after midnight)."""
        return sum(min(max(of_day - start, 0), end - start) for start, end in self.spans)

    def reached(self, worked: int) -> int:
        """The first time of day at which ``worked`` milliseconds (1 … ``day_ms``) are over."""
        for start, end in self.spans:
            if worked <= end - start:
                return start + worked
            worked -= end - start
        raise ValueError(worked)


OFFICE_HOURS: Final = WorkingHours.of(("08:00", "12:00"), ("13:00", "17:00"))
"""Used where no data file speaks; equals metrics/core/working_hours.toml (kept by a test)."""


@lru_cache(maxsize=8)
def _days(first: date, number: int) -> tuple[date, ...]:
    """So many days; calendars differ in what they work on, hardly in the days that they know."""
    return tuple(first + timedelta(days=n) for n in range(number))


@dataclass(frozen=True, eq=False)
class Calendar:
    """Working days and hours from ``first`` to ``last``, both inclusive. Immutable.

    Build it with :meth:`build`. Two calendars are equal when they have the same days and hours.
    """

    first: date
    last: date
    hours: WorkingHours
    # For each day of the span: working or not.
    working: tuple[bool, ...] = field(repr=False)

    @classmethod
    def build(
        cls,
        first: date,
        last: date,
        overrides: Mapping[date, bool],
        hours: WorkingHours = OFFICE_HOURS,
    ) -> Calendar:
        """Monday to Friday are working days, except where ``overrides`` says (true: working).

        ``overrides`` holds public holidays, days off in lieu and make-up Saturdays; entries
        outside the span are ignored. Raises ``ValueError`` if ``last`` is before ``first``.
        """
        if last < first:
            raise ValueError(f"{last} is before {first}")
        monday_first = first.weekday()
        working = [(monday_first + n) % 7 < 5 for n in range((last - first).days + 1)]
        for day, works in overrides.items():
            if first <= day <= last:
                working[(day - first).days] = works
        return cls(first, last, hours, tuple(working))

    # Identity

    @cached_property
    def fingerprint(self) -> str:
        """Changes when any day or hour changes; figures computed under another are stale."""
        text = f"{self.first}{self.last}{self.hours.spans}".encode() + bytes(self.working)
        return hashlib.sha256(text).hexdigest()[:32]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    # Derived tables

    @cached_property
    def _ordinals(self) -> tuple[int, ...]:
        total, ordinals = 0, []
        for is_working in self.working:
            total += is_working
            ordinals.append(total)
        return tuple(ordinals)

    @cached_property
    def _working_days(self) -> tuple[date, ...]:
        return tuple(compress(_days(self.first, len(self.working)), self.working))

    @cached_property
    def _ordinal_column(self) -> pl.Series:
        return pl.Series(self._ordinals, dtype=pl.Int32)

    @cached_property
    def _working_column(self) -> pl.Series:
        return pl.Series(self.working, dtype=pl.Boolean)

    @cached_property
    def _working_day_column(self) -> pl.Series:
        return pl.Series(self._working_days, dtype=pl.Date)

    @cached_property
    def _first_number(self) -> int:
        return (self.first - EPOCH_DAY).days

    def frame(self) -> pl.DataFrame:
        """Columns ``day`` (Date), ``is_working`` (Boolean), ``wd`` (Int32); sorted by day."""
        days = pl.date_range(self.first, self.last, "1d", eager=True)
        return pl.DataFrame(
            {"day": days, "is_working": self._working_column, "wd": self._ordinal_column}
        )

    # One value

    def _index(self, day: date) -> int:
        if not self.first <= day <= self.last:
            raise OutsideCalendar(day, self.first, self.last)
        return (day - self.first).days

    def is_working(self, day: date) -> bool:
        """Whether it is a working day. Raises :class:`OutsideCalendar`."""
        return self.working[self._index(day)]

    def ordinal(self, day: date) -> int:
        """Number of working days from the calendar's first day to ``day``, it included.

        Working days between two dates are the difference of their ordinals.
        Raises :class:`OutsideCalendar`.
        """
        return self._ordinals[self._index(day)]

    def _day_of_ordinal(self, ordinal: int) -> date:
        if not 1 <= ordinal <= len(self._working_days):
            beyond = self.last if ordinal > 0 else self.first
            raise OutsideCalendar(beyond, self.first, self.last)
        return self._working_days[ordinal - 1]

    def add_working_days(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``; ``day`` itself is day 0 and is not counted.

        ``n`` = 0 gives ``day`` as it is; a negative ``n`` counts back, ``day`` not counted.
        Raises :class:`OutsideCalendar`.
        """
        if n == 0:
            return day
        index = self._index(day)
        if n > 0:
            return self._day_of_ordinal(self._ordinals[index] + n)
        return self._day_of_ordinal(self._ordinals[index] - self.working[index] + 1 + n)

    def next_working_day(self, day: date) -> date:
        """``day`` if it is a working day, else the first one after it."""
        return day if self.is_working(day) else self.add_working_days(day, 1)

    def _worked_until(self, moment: datetime) -> int:
        """Working milliseconds from the calendar's first day to the moment."""
        index = self._index(moment.date())
        before = self._ordinals[index] - self.working[index]
        today = self.hours.worked(_of_day(moment)) if self.working[index] else 0
        return before * self.hours.day_ms + today

    def add_working_minutes(self, moment: datetime, minutes: int) -> datetime:
        """The first moment at which ``minutes`` of working time have passed since ``moment``.

        8 hours from Monday 08:00 end on Monday 17:00, not on Tuesday 08:00. 0 minutes give the
        moment itself. Raises ``ValueError`` for negative minutes, :class:`OutsideCalendar`.
        """
        if minutes < 0:
            raise ValueError("minutes must not be negative")
        if minutes == 0:
            return moment
        goal = self._worked_until(moment) + minutes * MINUTE_MS
        ordinal = -(-goal // self.hours.day_ms)
        rest = goal - (ordinal - 1) * self.hours.day_ms
        return _at(self._day_of_ordinal(ordinal), self.hours.reached(rest))

    def working_minutes(self, start: datetime, end: datetime) -> int:
        """Whole minutes of working time from ``start`` to ``end``; negative if ``end`` is earlier.

        Raises :class:`OutsideCalendar`.
        """
        passed = self._worked_until(end) - self._worked_until(start)
        return passed // MINUTE_MS if passed >= 0 else -(-passed // MINUTE_MS)

    def acceptance_due(self, submitted_at: datetime) -> datetime:
        """Until when an online dossier must be accepted: 8 working hours after submission."""
        return self.add_working_minutes(submitted_at, ACCEPTANCE_HOURS * 60)

    def clock_start(self, received_at: datetime, cut_off: time | None) -> datetime:
        """From when a same-day limit runs: received after ``cut_off`` means next morning.

        "After" is later than the cut-off itself. A dossier received on a day off starts with the
        next working day's opening too. Without a cut-off: the moment itself.
        """
        day = received_at.date()
        if cut_off is None or (
            self.is_working(day) and _of_day(received_at) <= _since_midnight(cut_off)
        ):
            return received_at
        return _at(self.add_working_days(day, 1), self.hours.opening_ms)

    def due(
        self, received_at: datetime, value: int, unit: str, cut_off: time | None = None
    ) -> datetime:
        """When a time limit of ``value`` ``unit`` that began with ``received_at`` is over.

        ``unit``: ``hour`` (working hours), ``day``, ``working_day`` or ``month``. The day of
        receipt is day 0. Limits in days and months end at closing time of their last day, moved
        to the next working day if that is a day off; a month without that day ends on its last
        one. ``cut_off`` (for example 15:00) holds for hours and for a limit of 0 days ("trong
        ngày") only: see :meth:`clock_start`.

        Raises ``ValueError`` for a negative value or an unknown unit, :class:`OutsideCalendar`.
        Source: Bộ luật Dân sự 2015, Điều 147, 148; the cut-off: metrics/core/working_hours.toml.
        """
        if value < 0:
            raise ValueError("a time limit is not negative")
        if unit not in LIMIT_UNITS:
            raise ValueError(f"unknown unit of time: {unit!r}")
        if unit == "hour":
            return self.add_working_minutes(self.clock_start(received_at, cut_off), value * 60)
        if value > len(self.working):
            raise OutsideCalendar(self.last, self.first, self.last)
        if value == 0:
            received_at = self.clock_start(received_at, cut_off)
        day = received_at.date()
        if unit == "working_day":
            last = self.add_working_days(day, value)
        elif unit == "day":
            last = day + timedelta(days=value)
        else:
            last = _add_months(day, value)
        return _at(self.next_working_day(last), self.hours.closing_ms)

    # Columns

    def ordinal_of(self, day: pl.Expr) -> pl.Expr:
        """Date → Int32: :meth:`ordinal` of a column; null outside the calendar."""
        return per_batch(lambda s: self._of_days(s, self._ordinal_column), [day], pl.Int32)

    def add_working_minutes_to(self, moment: pl.Expr, minutes: pl.Expr | int) -> pl.Expr:
        """Datetime, Int (minutes) → Datetime(ms): :meth:`add_working_minutes` of columns.

        Null outside the calendar and for negative minutes.
        """
        return per_batch(self._add_working_minutes, [moment, expr(minutes)], MOMENT)

    def working_minutes_between(self, start: pl.Expr, end: pl.Expr) -> pl.Expr:
        """Datetime, Datetime → Int32 (minutes): :meth:`working_minutes` of columns."""
        return per_batch(self._working_minutes, [start, end], pl.Int32)

    def acceptance_due_of(self, submitted_at: pl.Expr) -> pl.Expr:
        """Datetime → Datetime(ms): :meth:`acceptance_due` of a column."""
        return self.add_working_minutes_to(submitted_at, ACCEPTANCE_HOURS * 60)

    def due_of(
        self,
        received_at: pl.Expr,
        value: pl.Expr | int,
        unit: pl.Expr,
        cut_off: time | None = None,
    ) -> pl.Expr:
        """Datetime, Int, String → Datetime(ms): :meth:`due` of columns.

        Null where an input is null, the value negative, the unit unknown, or the day outside.
        """
        return per_batch(
            lambda *columns: self._due(*columns, cut_off=cut_off),
            [received_at, expr(value), unit],
            MOMENT,
        )

    def _of_days(self, days: pl.Series, table: pl.Series) -> pl.Series:
        index = days.cast(pl.Int32) - self._first_number
        inside = index.is_between(0, len(table) - 1)
        return table.gather(null_unless(index, inside))

    def _days_of_ordinals(self, ordinals: pl.Series) -> pl.Series:
        inside = ordinals.is_between(1, len(self._working_day_column))
        return self._working_day_column.gather(null_unless(ordinals - 1, inside))

    def _add_working_days(self, days: pl.Series, n: pl.Series) -> pl.Series:
        ordinal = self._of_days(days, self._ordinal_column).cast(pl.Int64)
        works = self._of_days(days, self._working_column).cast(pl.Int64)
        goal = (ordinal + n).zip_with((n > 0).fill_null(False), ordinal - works + 1 + n)
        return days.zip_with((n == 0).fill_null(False), self._days_of_ordinals(goal))

    def _next_working_days(self, days: pl.Series) -> pl.Series:
        works = self._of_days(days, self._working_column).cast(pl.Int64)
        return self._add_working_days(days, 1 - works)

    def _worked(self, moments: pl.Series) -> pl.Series:
        day, of_day = split(moments)
        ordinal = self._of_days(day, self._ordinal_column).cast(pl.Int64)
        works = self._of_days(day, self._working_column).cast(pl.Int64)
        today = sum(
            ((of_day - start).clip(0, end - start) for start, end in self.hours.spans),
            start=of_day * 0,
        )
        return (ordinal - works) * self.hours.day_ms + today * works

    def _reached(self, worked: pl.Series) -> pl.Series:
        """Time of day (ms) at which ``worked`` milliseconds of the day (1 …) are over."""
        before, result = 0, worked * 0
        for start, end in self.hours.spans:
            result = (worked - before + start).zip_with((worked > before).fill_null(False), result)
            before += end - start
        return result

    def _add_working_minutes(self, moments: pl.Series, minutes: pl.Series) -> pl.Series:
        minutes = minutes.cast(pl.Int64)
        goal = self._worked(moments) + minutes * MINUTE_MS
        ordinal = (goal + (self.hours.day_ms - 1)) // self.hours.day_ms
        rest = goal - (ordinal - 1) * self.hours.day_ms
        moved = join(self._days_of_ordinals(ordinal), self._reached(rest))
        moved = moments.cast(MOMENT).zip_with((minutes == 0).fill_null(False), moved)
        return null_unless(moved, minutes >= 0)

    def _working_minutes(self, start: pl.Series, end: pl.Series) -> pl.Series:
        passed = self._worked(end) - self._worked(start)
        minutes = passed.abs() // MINUTE_MS
        signed = minutes.zip_with((passed >= 0).fill_null(False), -minutes)
        return signed.cast(pl.Int32)

    def _clock_start(self, moments: pl.Series, cut_off: time | None) -> pl.Series:
        if cut_off is None:
            return moments
        day, of_day = split(moments)
        works = self._of_days(day, self._working_column)
        in_time = works & (of_day <= _since_midnight(cut_off))
        one = pl.Series([1], dtype=pl.Int64).new_from_index(0, len(day))
        morning = join(self._add_working_days(day, one), of_day * 0 + self.hours.opening_ms)
        return moments.cast(MOMENT).zip_with(in_time.fill_null(False), morning)

    def _due(
        self, received: pl.Series, value: pl.Series, unit: pl.Series, *, cut_off: time | None
    ) -> pl.Series:
        value = null_unless(value.cast(pl.Int64), value >= 0)
        started = self._clock_start(received, cut_off)
        same_day = (value == 0).fill_null(False)
        day = split(started)[0].zip_with(same_day, split(received)[0])
        day = null_unless(day, day.is_between(self.first, self.last))
        n = null_unless(value, value <= len(self.working))
        months, days = equal(unit, "month"), equal(unit, "day")
        last = self._add_working_days(day, null_unless(n, equal(unit, "working_day")))
        by_days = (day.cast(pl.Int64) + null_unless(n, days)).cast(pl.Int32).cast(pl.Date)
        by_months = offset_months(day, null_unless(n, months))
        last = by_days.zip_with(days, by_months.zip_with(months, last))
        closing = join(self._next_working_days(last), n * 0 + self.hours.closing_ms)
        hours = equal(unit, "hour")
        by_hours = self._add_working_minutes(started, null_unless(value * 60, hours))
        return by_hours.zip_with(hours, closing)
