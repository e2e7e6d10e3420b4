"""The working calendar of Viet Nam: library, shipped exceptions, and the database's own."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, Row, inspect, select
from sqlalchemy.engine import Connection

from connectors.database.models import CalendarOverride
from metrics.core.clock import Calendar, WorkingHours

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "NamedDay",
    "load_calendar",
    "load_cut_off",
    "load_hours",
    "named_days",
]

FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)
"""The calendar's span: the origin of working-day ordinals, and the last lunar year known."""

_DATA = Path(__file__).resolve().parent.parent / "metrics" / "core"


def _holidays(years: range, language: str | None = None) -> Any:
    """The library's public holidays; imported here, because few commands need a calendar."""
    from holidays import country_holidays

    return country_holidays("VN", years=years, language=language)


def load_calendar(source: Engine | Connection | None) -> Calendar:
    """Working days and hours of this installation, from 1970 to 2099.

    Monday to Friday are worked, public holidays of the ``holidays`` library are not, make-up
    days of the library are; then metrics/core/calendar_overrides.toml, then the table
    ``calendar_override`` of the database (which wins). ``None``, or a database without that
    table: without the last. Raises ``ValueError`` when a data file is not as described in it.
    """
    overrides = {**_library(), **_shipped(), **_stored(source)}
    return Calendar.build(FIRST_DAY, LAST_DAY, overrides, load_hours())


@dataclass(frozen=True)
class NamedDay:
    """A day that is no ordinary weekday or weekend: what it is called, and what ordered it."""

    day: date
    is_working: bool
    name: str
    document: str | None
    # 'library' (public holidays), 'shipped' (calendar_overrides.toml) or 'database'.
    origin: str


def named_days(source: Engine | Connection | None, first: date, last: date) -> list[NamedDay]:
    """The days from ``first`` to ``last`` that :func:`load_calendar` treats by name, by date.

    Public holidays and worked weekends; where two places speak of a day, the one that wins there
    is given. Raises ``ValueError`` when a data file is not as described in it.
    """
    library = _holidays(range(first.year, last.year + 1), language="vi")
    found = {day: NamedDay(day, False, name, None, "library") for day, name in library.items()}
    for day in library.weekend_workdays:
        found[day] = NamedDay(day, True, "Làm bù", None, "library")
    _shipped()  # checks the file
    for entry in _read("calendar_overrides.toml")["day"]:
        found[entry["day"]] = NamedDay(
            entry["day"], entry["is_working"], entry["name"], entry["document"], "shipped"
        )
    for row in _stored_rows(source):
        found[row.day] = NamedDay(row.day, row.is_working, row.name, row.document, "database")
    return [found[day] for day in sorted(found) if first <= day <= last]


@cache
def load_hours() -> WorkingHours:
    """Working hours of a day, from metrics/core/working_hours.toml."""
    return WorkingHours.of(*_read("working_hours.toml")["spans"])


@cache
def load_cut_off() -> time:
    """The hour after which a same-day procedure counts from the next working day (15:00)."""
    return time.fromisoformat(_read("working_hours.toml")["same_day_cut_off"])


@cache
def _library() -> dict[date, bool]:
    """Public holidays (False) and worked weekends (True) that the library knows."""
    known = _holidays(range(FIRST_DAY.year, LAST_DAY.year + 1))
    worked = {day: True for day in known.weekend_workdays}
    return {day: False for day in known} | worked


@cache
def _shipped() -> dict[date, bool]:
    result: dict[date, bool] = {}
    for entry in _read("calendar_overrides.toml")["day"]:
        if not entry["name"] or not entry["document"]:
            raise ValueError(f"calendar_overrides.toml: {entry['day']} has no name or document")
        if entry["day"] in result:
            raise ValueError(f"calendar_overrides.toml: {entry['day']} stands twice")
        result[entry["day"]] = entry["is_working"]
    return result


def _stored(source: Engine | Connection | None) -> dict[date, bool]:
    return {row.day: row.is_working for row in _stored_rows(source)}


def _stored_rows(source: Engine | Connection | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Day, is_working, name, document of each override in the database."""
    if source is None:
        return []
    if isinstance(source, Engine):
        with source.connect() as connection:
            return _stored_rows(connection)
    if not inspect(source).has_table(CalendarOverride.__tablename__):
        return []
    columns = CalendarOverride
    return source.execute(
        select(columns.day, columns.is_working, columns.name, columns.document)
    ).all()


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_DATA / name).read_text(encoding="utf-8"))
