"""The calendar of Viet Nam: library, shipped exceptions, table."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert

from connectors.calendar import load_calendar, load_cut_off, load_hours, named_days
from connectors.database.models import Base, CalendarOverride
from metrics.core.clock import OFFICE_HOURS, SAME_DAY_CUT_OFF

_KNOWN = Path(__file__).with_name("holidays-2025-2027.csv")
"""Days off and make-up days of three years, each with its document, collected by hand."""


def _known() -> dict[date, dict[str, str]]:
    with _KNOWN.open(encoding="utf-8", newline="") as stream:
        return {date.fromisoformat(row["date"]): row for row in csv.DictReader(stream)}


def test_the_calendar_is_the_published_one_on_all_1095_days() -> None:
    calendar, known = load_calendar(None), _known()
    days = [date(2025, 1, 1) + timedelta(n) for n in range(1_095)]
    assert days[-1] == date(2027, 12, 31)
    wanted = {
        day: known[day]["kind"] == "lam_bu" if day in known else day.weekday() < 5 for day in days
    }
    assert [day for day in days if calendar.is_working(day) != wanted[day]] == []
    worked = Counter(day.year for day in days if calendar.is_working(day))
    assert worked == {2025: 250, 2026: 249, 2027: 249}


def test_a_day_that_a_document_ordered_names_it() -> None:
    named = {day.day: day.document or "" for day in named_days(None, *_SPAN)}
    asked = {
        number: [day for day, row in _known().items() if number in row["source"]]
        for number in _DOCUMENTS
    }
    assert {number: len(days) for number, days in asked.items()} == _DOCUMENTS
    for number, days in asked.items():
        assert [day for day in days if number not in named[day]] == []


_SPAN = date(2025, 1, 1), date(2027, 12, 31)
_DOCUMENTS = {
    "6150/TB-BLĐTBXH": 5,
    "12729/VPCP-KGVX": 2,
    "9441/TB-BNV": 8,
    "28/2026/QH16": 2,
    "10065/VPCP-KGVX": 8,
}
"""Number of a document → how many of the days it ordered."""


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
