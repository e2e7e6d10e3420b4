"""The calendar of Viet Nam: library, shipped exceptions, table."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from sqlalchemy import create_engine, insert

from connectors.calendar import load_calendar, load_cut_off, load_hours
from connectors.database.models import Base, CalendarOverride
from metrics.core.clock import OFFICE_HOURS, SAME_DAY_CUT_OFF


def test_shipped_exceptions_fill_what_the_library_lacks() -> None:
    calendar = load_calendar(None)
    assert not calendar.is_working(date(2026, 1, 2))
    assert calendar.is_working(date(2026, 1, 10))


def test_holidays_and_make_up_saturdays_of_the_library() -> None:
    calendar = load_calendar(None)
    off = [(2026, 2, 16), (2026, 2, 20), (2026, 4, 27), (2026, 8, 31), (2026, 11, 24)]
    worked = [(2026, 8, 22), (2025, 4, 26), (2024, 5, 4), (2026, 2, 23)]
    assert not any(calendar.is_working(date(*day)) for day in off)
    assert all(calendar.is_working(date(*day)) for day in worked)


def test_table_wins_over_library_and_shipped_file() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    rows: list[dict[str, Any]] = [
        {"day": date(2026, 11, 24), "is_working": True, "name": "Vẫn làm việc"},
        {"day": date(2026, 1, 10), "is_working": False, "name": "Không làm bù"},
        {"day": date(2026, 3, 3), "is_working": False, "name": "Nghỉ đột xuất"},
    ]
    with engine.begin() as connection:
        connection.execute(insert(CalendarOverride), rows)
    calendar = load_calendar(engine)
    assert [calendar.is_working(row["day"]) for row in rows] == [True, False, False]
    assert calendar.fingerprint != load_calendar(None).fingerprint
    engine.dispose()


def test_database_without_the_table_is_an_empty_table() -> None:
    engine = create_engine("sqlite://")
    assert load_calendar(engine) == load_calendar(None)
    engine.dispose()


def test_data_file_and_default_hours_agree() -> None:
    assert load_hours() == OFFICE_HOURS
    assert load_cut_off() == SAME_DAY_CUT_OFF == time(15)
    assert load_hours().day_ms == 8 * 3_600_000
