"""Working days, working hours and a procedure's time limit, minute by minute and day by day.

Part of the second implementation of docs/definitions.md (tests/oracle.py): no code is shared with
``metrics/``.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SESSIONS = ((time(8), time(12)), (time(13), time(17)))
"""The working hours of a working day."""


@dataclass(frozen=True)
class WorkCalendar:
    """Working days and hours; ``worked`` days win over weekends and over ``holidays``.

    ``restarts``: since when supplements start the time limit anew, or do not.
    """

    holidays: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    zone: ZoneInfo | None = None
    restarts: tuple[tuple[date, bool], ...] = ()

    def is_anew(self, day: date) -> bool:
        """Whether a supplement asked for on this day starts the limit anew."""
        begun = [anew for since, anew in sorted(self.restarts) if since <= day]
        return bool(begun) and begun[-1]

    def is_working(self, day: date) -> bool:
        if day in self.worked:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def working_days(self, a: date, b: date) -> int:
        """``wd(b) − wd(a)``: the working days after ``a`` up to and including ``b``."""
        if b < a:
            return -self.working_days(b, a)
        count = 0
        while a < b:
            a += DAY
            if self.is_working(a):
                count += 1
        return count

    def add_working_days(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``, which is itself day 0."""
        while n > 0:
            day += DAY
            if self.is_working(day):
                n -= 1
        return day

    def session_end(self, moment: datetime) -> datetime | None:
        """End of the working session that ``moment`` lies in (its start included), or None."""
        if self.is_working(moment.date()):
            for start, end in SESSIONS:
                if start <= moment.time() < end:
                    return datetime.combine(moment.date(), end)
        return None

    def next_session(self, moment: datetime) -> datetime:
        """Start of the first working session that begins after ``moment``."""
        day = moment.date()
        while True:
            if self.is_working(day):
                for start, _ in SESSIONS:
                    if datetime.combine(day, start) > moment:
                        return datetime.combine(day, start)
            day += DAY

    def add_working_time(self, moment: datetime, length: timedelta) -> datetime:
        """The first moment by which ``length`` of working time has gone by since ``moment``.

        Walks minute by minute; a last step may be shorter, so milliseconds stay exact.
        """
        while length > timedelta(0):
            end = self.session_end(moment)
            if end is None:
                moment = self.next_session(moment)
                continue
            step = min(timedelta(minutes=1), length, end - moment)
            moment += step
            length -= step
        return moment


PLAIN = WorkCalendar()
"""Monday to Friday, no holidays."""


def instant(moment: datetime, zone: ZoneInfo | None) -> datetime:
    """A local moment in UTC, without a zone; the moment itself where no zone matters."""
    if zone is None:
        return moment
    return moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def local(moment: datetime, zone: ZoneInfo | None) -> datetime:
    """The way back from :func:`instant`."""
    if zone is None:
        return moment
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


HOUR, CALENDAR_DAY, WORKING_DAY, MONTH = "hour", "day", "working_day", "month"
LIMIT_UNITS = (HOUR, CALENDAR_DAY, WORKING_DAY, MONTH)


def add_limit(moment: datetime, value: int, unit: str, calendar: WorkCalendar) -> datetime:
    """``moment`` + a procedure's time limit."""
    if unit == HOUR:
        return calendar.add_working_time(moment, timedelta(hours=value))
    last = _last_day(moment.date(), value, unit, calendar)
    while not calendar.is_working(last):
        last += DAY
    return datetime.combine(last + DAY, time()) - timedelta(milliseconds=1)


def _last_day(day: date, value: int, unit: str, calendar: WorkCalendar) -> date:
    """The last day of a limit that ``day`` is day 0 of."""
    if unit == CALENDAR_DAY:
        return day + timedelta(days=value)
    if unit == WORKING_DAY:
        return calendar.add_working_days(day, value)
    if unit == MONTH:
        months = day.year * 12 + day.month - 1 + value
        year, month = months // 12, months % 12 + 1
        return date(year, month, min(day.day, monthrange(year, month)[1]))
    raise ValueError(unit)
