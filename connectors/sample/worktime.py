"""The working calendar as one long axis of working minutes, on whole NumPy arrays.

A moment is an ``int64`` of milliseconds since 1970 in local time; a position on the axis is the
number of working minutes since an origin. Arithmetic on the axis never falls on a night or a
holiday. All rules come from :mod:`metrics.clock`; here is only the change of representation.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.clock import Calendar

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
    """Positions and moments, and back. ``day_minutes``: working minutes of a working day."""

    def __init__(self, calendar: Calendar, origin: date, cut_off: time) -> None:
        self.calendar = calendar
        self.cut_off = cut_off
        self.origin = datetime.combine(origin, time())
        self.day_minutes = calendar.hours.day_ms // MINUTE

    def positions(self, moments: Ints) -> Ints:
        """Working minutes from the origin to each moment."""
        start = pl.lit(self.origin, dtype=_MOMENT)
        return self._ask(
            {"at": moments}, self.calendar.working_minutes_between(start, pl.col("at"))
        )

    def moments(self, positions: Ints) -> Ints:
        """The first moment at which that many working minutes have passed.

        A whole number of days gives the closing of a day, not the opening of the next.
        """
        start = pl.lit(self.origin, dtype=_MOMENT)
        frame = pl.DataFrame({"at": positions})
        expression = self.calendar.add_working_minutes_to(start, pl.col("at"))
        return _ints(frame.select(at=expression)["at"])

    def back(self, moments: Ints) -> Ints:
        """The moment itself within working hours (to the minute), else the last closing before."""
        return self.moments(self.positions(moments))

    def due(self, received: Ints, value: Ints, unit: pl.Series) -> Ints:
        """When a time limit that began with each moment is over."""
        expression = self.calendar.due_of(
            pl.col("at"), pl.col("value"), pl.col("unit"), self.cut_off
        )
        return self._ask({"at": received, "value": value, "unit": unit}, expression)

    def _ask(self, columns: dict[str, Ints | pl.Series], expression: pl.Expr) -> Ints:
        frame = pl.DataFrame(columns).with_columns(pl.col("at").cast(_MOMENT))
        return _ints(frame.select(answer=expression)["answer"])


def _ints(series: pl.Series) -> Ints:
    """Raises ValueError when an answer is missing: the sample left the calendar's span."""
    if series.null_count():
        raise ValueError("a day of the sample lies outside the working calendar")
    return series.cast(pl.Int64).to_numpy(writable=True)
