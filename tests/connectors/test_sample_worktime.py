"""The sample's tables of working time say what the clock says."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.calendar import load_calendar
from connectors.sample.worktime import WorkTime, as_moment

ORIGIN = date(2024, 9, 1)
CALENDAR = load_calendar(None)
CLOCK = WorkTime(CALENDAR, ORIGIN, date(2027, 12, 31), time(15))
START = datetime.combine(ORIGIN, time())

moments = st.datetimes(datetime(2024, 9, 5), datetime(2027, 6, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


def back(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(milliseconds=milliseconds)


@given(moments)
def test_positions_are_working_minutes(moment: datetime) -> None:
    position = CLOCK.positions(np.array([as_moment(moment)]))[0]
    assert position == CALENDAR.working_minutes(START, moment)


@given(st.integers(1, 250_000))
def test_moments_are_working_minutes_added(position: int) -> None:
    moment = CLOCK.moments(np.array([position]))[0]
    assert back(int(moment)) == CALENDAR.add_working_minutes(START, position)


@given(moments)
def test_back_never_goes_forward_and_lies_in_working_time(moment: datetime) -> None:
    settled = back(int(CLOCK.back(np.array([as_moment(moment)]))[0]))
    assert settled <= moment
    assert CALENDAR.is_working(settled.date())
    assert CALENDAR.working_minutes(settled, moment) == 0


@given(moments, st.integers(0, 6), st.sampled_from(["hour", "day", "working_day", "month"]))
def test_due_is_the_clock_s(moment: datetime, value: int, unit: str) -> None:
    due = CLOCK.due(np.array([as_moment(moment)]), np.array([value]), pl.Series([unit]))[0]
    assert back(int(due)) == CALENDAR.due(moment, value, unit, time(15))


def test_outside_the_tables_is_an_error() -> None:
    with pytest.raises(ValueError, match="outside"):
        CLOCK.positions(np.array([as_moment(datetime(2030, 1, 1))]))
    with pytest.raises(ValueError, match="outside"):
        CLOCK.moments(np.array([10**9]))
