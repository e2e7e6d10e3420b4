"""The working calendar as one long axis of working minutes, on whole NumPy arrays.

A moment is an ``int64`` of milliseconds since 1970 in local time; a position on the axis is the
number of working minutes since an origin. Arithmetic on the axis never falls on a night or a
holiday. All rules come from :mod:`metrics.core.clock`; here is only the change of representation.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.core.clock import Calendar

Ints = npt.NDArray[np.int64]

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_MOMENT: Final = pl.Datetime("ms")


def as_moment(moment: datetime) -> int:
    """A local moment as milliseconds since 1970."""
    return int((moment - datetime(1970, 1, 1)) / timedelta(milliseconds=1))


def midnight(day: date) -> int:
    """00:00 of a day as milliseconds since 1970."""
    return as_moment(datetime.combine(day, time()))


class WorkTime:
    """Positions and moments, and back. ``day_minutes``: working minutes of a working day.

    The rules are those of ``Calendar.working_minutes`` and ``add_working_minutes`` (a test holds
    them together); tables of the few years needed make them cheap on millions of values.
    """

    def __init__(self, calendar: Calendar, origin: date, last: date, cut_off: time) -> None:
        self.calendar = calendar
        self.cut_off = cut_off
        self.day_minutes = calendar.hours.day_ms // MINUTE
        days = calendar.frame().filter(pl.col("day").is_between(origin, last)).with_row_index("n")
        self._origin = midnight(origin)
        self._works = days["is_working"].cast(pl.Int64).to_numpy()
        self._before = np.cumsum(self._works) - self._works
        self._working_days = days.filter("is_working")["n"].cast(pl.Int64).to_numpy()

    def positions(self, moments: Ints) -> Ints:
        """Working minutes from the origin to each moment, which must lie in the table's span."""
        day, of_day = np.divmod(moments - self._origin, DAY)
        if day.size and (day.min() < 0 or day.max() >= len(self._works)):
            raise ValueError("a moment of the sample lies outside its calendar")
        worked = np.zeros_like(of_day)
        for start, end in self.calendar.hours.spans:
            worked += np.clip(of_day - start, 0, end - start)
        whole = self._before[day] * self.day_minutes
        return np.asarray(whole + worked // MINUTE * self._works[day])

    def moments(self, positions: Ints) -> Ints:
        """The first moment at which that many working minutes (from 1) have passed.

        A whole number of days gives the closing of a day, not the opening of the next.
        """
        ordinal, rest = np.divmod(positions - 1, self.day_minutes)
        if ordinal.size and (ordinal.min() < 0 or ordinal.max() >= len(self._working_days)):
            raise ValueError("a moment of the sample lies outside its calendar")
        left = (rest + 1) * MINUTE
        of_day = np.zeros_like(left)
        passed = 0
        for start, end in self.calendar.hours.spans:
            of_day = np.where(left > passed, left - passed + start, of_day)
            passed += end - start
        return np.asarray(self._origin + self._working_days[ordinal] * DAY + of_day)

    def back(self, moments: Ints) -> Ints:
        """The moment itself within working hours (to the minute), else the last closing before."""
        return self.moments(self.positions(moments))

    def due(self, received: Ints, value: Ints, unit: pl.Series) -> Ints:
        """When a time limit that began with each moment is over."""
        frame = pl.DataFrame({"at": received, "value": value, "unit": unit}).select(
            due=self.calendar.due_of(
                pl.col("at").cast(_MOMENT), pl.col("value"), pl.col("unit"), self.cut_off
            )
        )
        if frame["due"].null_count():
            raise ValueError("a due date of the sample lies outside the calendar")
        return frame["due"].cast(pl.Int64).to_numpy(writable=True)
