"""The clock, against rules read aloud: day by day and minute by minute."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.clock import (
    OFFICE_HOURS,
    SAME_DAY_CUT_OFF,
    Calendar,
    OutsideCalendar,
    WorkingHours,
)

FIRST, LAST = date(2025, 12, 1), date(2026, 6, 30)
OVERRIDES = {
    date(2026, 1, 1): False,
    date(2026, 1, 2): False,
    date(2026, 1, 10): True,
    **{date(2026, 2, day): False for day in range(16, 21)},
}
CALENDAR = Calendar.build(FIRST, LAST, OVERRIDES)
ODD_HOURS = Calendar.build(
    FIRST,
    LAST,
    OVERRIDES,
    WorkingHours.of(("07:30", "11:00"), ("13:15", "15:00"), ("22:00", "24:00")),
)

days = st.dates(date(2025, 12, 5), date(2026, 3, 31))
moments = st.datetimes(datetime(2025, 12, 5), datetime(2026, 3, 31)).map(
    lambda m: m.replace(microsecond=m.microsecond // 1000 * 1000)
)
calendars = st.sampled_from([CALENDAR, ODD_HOURS])
units = st.sampled_from(["hour", "day", "working_day", "month"])


def one(expression: pl.Expr, **columns: object) -> object:
    return (
        pl.DataFrame({name: [value] for name, value in columns.items()}).select(expression).item()
    )


# Day by day


def naive_is_working(day: date) -> bool:
    return OVERRIDES.get(day, day.strftime("%a") not in ("Sat", "Sun"))


@given(days)
def test_working_day_is_weekday_unless_overridden(day: date) -> None:
    assert CALENDAR.is_working(day) == naive_is_working(day)


@given(days)
def test_ordinal_counts_working_days_one_by_one(day: date) -> None:
    counted, walk = 0, FIRST
    while walk <= day:
        counted += naive_is_working(walk)
        walk += timedelta(days=1)
    assert CALENDAR.ordinal(day) == counted
    assert one(CALENDAR.ordinal_of(pl.col("d")), d=day) == counted


@given(days, st.integers(-3, 40))
def test_working_days_are_added_by_walking(day: date, n: int) -> None:
    walk, left = day, abs(n)
    while left:
        walk += timedelta(days=1 if n > 0 else -1)
        left -= naive_is_working(walk)
    expected = walk
    assert CALENDAR.add_working_days(day, n) == expected


@given(days, st.integers(0, 20), st.integers(0, 20))
def test_adding_working_days_is_additive(day: date, a: int, b: int) -> None:
    in_two_steps = CALENDAR.add_working_days(CALENDAR.add_working_days(day, a), b)
    assert in_two_steps == CALENDAR.add_working_days(day, a + b)


def test_frame_holds_the_same_as_the_questions() -> None:
    frame = CALENDAR.frame()
    assert frame.schema == {"day": pl.Date, "is_working": pl.Boolean, "wd": pl.Int32}
    for day, is_working, wd in frame.iter_rows():
        assert (is_working, wd) == (CALENDAR.is_working(day), CALENDAR.ordinal(day))


# Minute by minute


def naive_is_open(calendar: Calendar, minute: datetime) -> bool:
    of_day = (minute.hour * 60 + minute.minute) * 60_000
    open_now = any(start <= of_day < end for start, end in calendar.hours.spans)
    return naive_is_working(minute.date()) and open_now


@given(
    calendars,
    moments.map(lambda m: m.replace(second=0, microsecond=0)),
    st.integers(0, 5 * 24 * 60),
)
def test_working_minutes_are_counted_minute_by_minute(
    calendar: Calendar, start: datetime, length: int
) -> None:
    end = start + timedelta(minutes=length)
    walked = sum(naive_is_open(calendar, start + timedelta(minutes=n)) for n in range(length))
    between = calendar.working_minutes_between(pl.col("a"), pl.col("b"))
    assert calendar.working_minutes(start, end) == walked
    assert calendar.working_minutes(end, start) == -walked
    assert one(between, a=start, b=end) == walked
    assert one(between, a=end, b=start) == -walked


@given(
    calendars, moments.map(lambda m: m.replace(second=0, microsecond=0)), st.integers(0, 2 * 480)
)
def test_minutes_are_added_by_walking(calendar: Calendar, start: datetime, minutes: int) -> None:
    walk, left = start, minutes
    while left:
        left -= naive_is_open(calendar, walk)
        walk += timedelta(minutes=1)
    assert calendar.add_working_minutes(start, minutes) == walk


@given(calendars, moments, st.integers(0, 5_000), st.integers(0, 5_000))
def test_adding_minutes_is_additive_and_undone_by_counting(
    calendar: Calendar, start: datetime, a: int, b: int
) -> None:
    middle = calendar.add_working_minutes(start, a)
    assert calendar.add_working_minutes(middle, b) == calendar.add_working_minutes(start, a + b)
    assert calendar.working_minutes(start, middle) == a


@given(calendars, moments, moments, st.integers(0, 5_000))
def test_adding_minutes_keeps_the_order(
    calendar: Calendar, a: datetime, b: datetime, minutes: int
) -> None:
    a, b = min(a, b), max(a, b)
    assert calendar.add_working_minutes(a, minutes) <= calendar.add_working_minutes(b, minutes)


@given(calendars, st.lists(st.tuples(moments, moments, st.integers(0, 5_000)), max_size=20))
def test_columns_of_minutes_answer_like_single_values(
    calendar: Calendar, rows: list[tuple[datetime, datetime, int]]
) -> None:
    schema: dict[str, Any] = {"a": pl.Datetime("ms"), "b": pl.Datetime("us"), "n": pl.Int32}
    frame = pl.DataFrame(rows, schema=schema, orient="row").select(
        added=calendar.add_working_minutes_to(pl.col("a"), pl.col("n")),
        passed=calendar.working_minutes_between(pl.col("a"), pl.col("b")),
        accept=calendar.acceptance_due_of(pl.col("a")),
    )
    assert frame.rows() == [
        (
            calendar.add_working_minutes(a, n),
            calendar.working_minutes(a, b),
            calendar.acceptance_due(a),
        )
        for a, b, n in rows
    ]


def test_eight_hours_end_at_closing_time_not_next_morning() -> None:
    monday = datetime(2026, 1, 12, 8)
    assert CALENDAR.acceptance_due(monday) == datetime(2026, 1, 12, 17)
    assert CALENDAR.acceptance_due(monday + timedelta(hours=2)) == datetime(2026, 1, 13, 10)


def test_acceptance_of_a_dossier_sent_on_friday_night_runs_on_the_make_up_saturday() -> None:
    assert CALENDAR.acceptance_due(datetime(2026, 1, 9, 20)) == datetime(2026, 1, 10, 17)
    assert CALENDAR.acceptance_due(datetime(2026, 1, 16, 20)) == datetime(2026, 1, 19, 17)


# Time limits


def naive_due(calendar: Calendar, received: datetime, value: int, unit: str) -> datetime:
    if unit == "hour":
        return calendar.add_working_minutes(received, value * 60)
    day = received.date()
    if unit == "day":
        day += timedelta(days=value)
    elif unit == "month":
        for _ in range(value):
            day = day.replace(day=1) + timedelta(days=32)
        last = (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        day = day.replace(day=min(received.day, last.day))
    else:
        while value:
            day += timedelta(days=1)
            value -= naive_is_working(day)
    while not naive_is_working(day):
        day += timedelta(days=1)
    return datetime.combine(day, time()) + timedelta(milliseconds=calendar.hours.spans[-1][1])


@given(calendars, moments, st.integers(0, 40), units)
def test_due_is_found_by_walking(
    calendar: Calendar, received: datetime, value: int, unit: str
) -> None:
    value = value % 3 if unit == "month" else value
    assert calendar.due(received, value, unit) == naive_due(calendar, received, value, unit)


@given(calendars, moments, moments, st.integers(0, 20), units, st.sampled_from([None, time(15)]))
def test_due_keeps_the_order_of_receipt(
    calendar: Calendar, a: datetime, b: datetime, value: int, unit: str, cut_off: time | None
) -> None:
    value = value % 3 if unit == "month" else value
    a, b = min(a, b), max(a, b)
    assert calendar.due(a, value, unit, cut_off) <= calendar.due(b, value, unit, cut_off)


@given(
    calendars,
    st.lists(
        st.tuples(st.none() | moments, st.none() | st.integers(-1, 3), st.none() | units),
        max_size=30,
    ),
    st.sampled_from([None, time(15), time(16, 30)]),
)
def test_columns_of_limits_answer_like_single_values(
    calendar: Calendar,
    rows: list[tuple[datetime | None, int | None, str | None]],
    cut_off: time | None,
) -> None:
    schema: dict[str, Any] = {"r": pl.Datetime("ms"), "v": pl.Int32, "u": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    due = calendar.due_of(pl.col("r"), pl.col("v"), pl.col("u"), cut_off)
    expected = [
        None if r is None or v is None or v < 0 or u is None else calendar.due(r, v, u, cut_off)
        for r, v, u in rows
    ]
    assert frame.select(due).to_series().to_list() == expected
    assert frame.lazy().select(due).collect().to_series().to_list() == expected


@pytest.mark.parametrize(
    ("received", "value", "unit", "due"),
    [
        # The day of receipt is day 0; 1/1 and 2/1 are off, 10/1 is a worked Saturday.
        ("2025-12-31T09:00", 1, "working_day", "2026-01-05T17:00"),
        ("2026-01-08T09:00", 2, "working_day", "2026-01-10T17:00"),
        ("2026-01-08T09:00", 3, "working_day", "2026-01-12T17:00"),
        # Calendar days count Saturdays; a last day off moves to the next working day.
        ("2026-01-12T09:00", 3, "day", "2026-01-15T17:00"),
        ("2026-01-12T09:00", 5, "day", "2026-01-19T17:00"),
        # February has no 31st; 28/2/2026 is a Saturday.
        ("2025-12-31T09:00", 2, "month", "2026-03-02T17:00"),
        ("2026-01-31T09:00", 2, "month", "2026-03-31T17:00"),
        ("2026-01-12T09:30", 4, "hour", "2026-01-12T14:30"),
        ("2026-01-12T16:00", 2, "hour", "2026-01-13T09:00"),
    ],
)
def test_limits_by_example(received: str, value: int, unit: str, due: str) -> None:
    moment = datetime.fromisoformat(received)
    assert CALENDAR.due(moment, value, unit) == datetime.fromisoformat(due)


def test_cut_off_moves_same_day_limits_only() -> None:
    in_time, late = datetime(2026, 1, 12, 15), datetime(2026, 1, 12, 15, 0, 1)
    cut = SAME_DAY_CUT_OFF
    assert CALENDAR.due(in_time, 4, "hour", cut) == datetime(2026, 1, 13, 10)
    assert CALENDAR.due(late, 4, "hour", cut) == datetime(2026, 1, 13, 12)
    assert CALENDAR.due(in_time, 0, "working_day", cut) == datetime(2026, 1, 12, 17)
    assert CALENDAR.due(late, 0, "working_day", cut) == datetime(2026, 1, 13, 17)
    for unit in ("day", "working_day", "month"):
        assert CALENDAR.due(late, 2, unit, cut) == CALENDAR.due(in_time, 2, unit, cut)


# Edges


def test_outside_the_calendar_one_value_raises_and_a_column_is_null() -> None:
    with pytest.raises(OutsideCalendar, match="31/12/9999"):
        CALENDAR.ordinal(date(9999, 12, 31))
    with pytest.raises(OutsideCalendar):
        CALENDAR.add_working_days(date(2026, 6, 30), 1)
    with pytest.raises(OutsideCalendar):
        CALENDAR.due(datetime(2026, 1, 5), 2_000_000_000, "day")
    frame = pl.DataFrame({"m": [datetime(9999, 12, 31), datetime(2026, 1, 5), datetime(1, 1, 1)]})
    column = pl.col("m")
    answers = frame.select(
        ordinal=CALENDAR.ordinal_of(column.dt.date()),
        minutes=CALENDAR.add_working_minutes_to(column, 60),
        days=CALENDAR.due_of(column, 5, pl.lit("day")),
        months=CALENDAR.due_of(column, 5, pl.lit("month")),
        huge=CALENDAR.due_of(column, 2_000_000_000, pl.lit("month")),
    )
    assert [list(row).count(None) for row in answers.rows()] == [5, 1, 5]


def test_impossible_questions_raise() -> None:
    moment = datetime(2026, 1, 5, 9)
    with pytest.raises(ValueError, match="negative"):
        CALENDAR.due(moment, -1, "day")
    with pytest.raises(ValueError, match="fortnight"):
        CALENDAR.due(moment, 1, "fortnight")
    with pytest.raises(ValueError, match="negative"):
        CALENDAR.add_working_minutes(moment, -1)
    with pytest.raises(ValueError, match="Giờ làm việc"):
        WorkingHours.of(("08:00", "12:00"), ("11:00", "17:00"))
    with pytest.raises(ValueError, match="Giờ làm việc"):
        WorkingHours.of()


def test_fingerprint_changes_with_a_day_and_with_the_hours() -> None:
    same = Calendar.build(FIRST, LAST, dict(OVERRIDES), OFFICE_HOURS)
    other_day = Calendar.build(FIRST, LAST, {**OVERRIDES, date(2026, 3, 3): False})
    assert CALENDAR == same
    assert hash(CALENDAR) == hash(same)
    assert len({CALENDAR.fingerprint, other_day.fingerprint, ODD_HOURS.fingerprint}) == 3


def test_empty_columns_keep_their_types() -> None:
    frame = pl.DataFrame(schema={"m": pl.Datetime("ms"), "v": pl.Int32, "u": pl.String})
    answers = frame.select(
        due=CALENDAR.due_of(pl.col("m"), pl.col("v"), pl.col("u"), time(15)),
        wd=CALENDAR.ordinal_of(pl.col("m").dt.date()),
    )
    assert answers.schema == {"due": pl.Datetime("ms"), "wd": pl.Int32}
