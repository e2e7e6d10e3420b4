"""Which events stand on a line, against a naive reading; from where it is counted anew."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from connectors.calendar import load_calendar
from metrics.core.periods import period_of
from metrics.dossiers.events import (
    DAYS_OFF,
    Event,
    days_off,
    heard,
    known,
    marked,
    marked_of_units,
    merged,
    of_breaks,
    places,
    points,
    standing,
    within,
)
from metrics.dossiers.units import Break
from metrics.registers import FRAMES, REGISTERS

# 1 the city, 2 and 3 below it, 4 below 2; 9 has nothing to do with them.
PARENTS = {1: None, 2: 1, 3: 1, 4: 2, 9: None}
FIRST, LAST = date(2026, 3, 2), date(2026, 5, 31)
_DAYS = st.dates(FIRST - timedelta(days=4), LAST + timedelta(days=4))


def rows(*events: dict[str, Any]) -> pl.DataFrame:
    usual = {"kind": "other", "source": "BC 1", "is_rebase": False}
    given = [
        dict.fromkeys(FRAMES["event"]) | usual | {"event_id": at, "name": f"Việc {at}"} | event
        for at, event in enumerate(events, start=1)
    ]
    return pl.DataFrame(given, schema=FRAMES["event"])


@st.composite
def _event(draw: st.DrawFn) -> dict[str, Any]:
    begin = draw(_DAYS)
    length = draw(st.none() | st.integers(0, 100))
    return {
        "from_on": begin,
        "to_on": None if length is None else begin + timedelta(days=length),
        "unit_id": draw(st.sampled_from([None, *PARENTS])),
        "is_rebase": draw(st.booleans()),
        "known_on": draw(st.none() | _DAYS),
    }


def _chain(unit: int | None) -> list[int]:
    return [] if unit is None else [unit, *_chain(PARENTS[unit])]


def _naive(event: dict[str, Any], unit: int | None) -> str:
    """How an event stands on a unit's line from FIRST to LAST: "whole", "below" or not at all."""
    end = event["from_on"] if event["to_on"] is None else event["to_on"]
    days = [FIRST + timedelta(days=step) for step in range((LAST - FIRST).days + 1)]
    if not any(event["from_on"] <= day <= end for day in days):
        return ""
    if event["unit_id"] is None or event["unit_id"] in _chain(unit):
        return "whole"
    return "below" if unit is None or unit in _chain(event["unit_id"]) else ""


@given(st.lists(_event(), max_size=6), st.sampled_from([None, *PARENTS]))
def test_what_stands_on_a_line_is_what_a_naive_reading_finds(
    events: list[dict[str, Any]], unit: int | None
) -> None:
    found = standing(known(rows(*events), date.max), PARENTS, unit, FIRST, LAST)
    told = {each.event_id: "below" if each.is_below else "whole" for each in found}
    wanted = {at: how for at, event in enumerate(events, 1) if (how := _naive(event, unit))}
    assert told == wanted
    assert [each.day for each in found] == sorted(each.day for each in found)


def test_the_edges_of_a_line_belong_to_it() -> None:
    def found(begin: date, end: date | None = None) -> int:
        return len(standing(rows({"from_on": begin, "to_on": end}), PARENTS, 2, FIRST, LAST))

    day = timedelta(days=1)
    assert [found(FIRST - day), found(FIRST), found(LAST), found(LAST + day)] == [0, 1, 1, 0]
    assert found(FIRST - 9 * day, FIRST) == 1
    assert found(FIRST - 9 * day, FIRST - day) == 0


@given(st.lists(_event(), max_size=6), _DAYS, st.none() | _DAYS)
def test_an_event_is_known_from_the_day_it_was_entered(
    events: list[dict[str, Any]], as_of: date, known_by: date | None
) -> None:
    found = set(known(rows(*events), as_of, known_by)["event_id"])
    wanted = {
        at
        for at, event in enumerate(events, 1)
        if event["from_on"] <= as_of
        and (known_by is None or event["known_on"] is None or event["known_on"] <= known_by)
    }
    assert found == wanted


@given(st.lists(_event(), max_size=6))
def test_a_unit_is_counted_anew_at_marked_events_of_its_own_and_above_alone(
    events: list[dict[str, Any]],
) -> None:
    found = marked_of_units(known(rows(*events), date.max), PARENTS, PARENTS)
    for unit in PARENTS:
        days = {
            event["from_on"]
            for event in events
            if event["is_rebase"] and (event["unit_id"] is None or event["unit_id"] in _chain(unit))
        }
        assert set(found.get(unit, {})) == days


def test_breaks_are_points_and_days_off_are_none() -> None:
    july = date(2025, 7, 1)
    breaks = of_breaks([Break(july, "Chính quyền 2 cấp", "NQ 1")])
    events = merged(
        [
            Event(july, None, "Trùng ngày", "reorganisation", is_rebase=True),
            Event(date(2026, 3, 1), None, "Chiến dịch", "campaign"),
            Event(date(2026, 2, 1), None, "Của phường", "software", 4, True, True),
            Event(date(2026, 2, 17), date(2026, 2, 20), "Nghỉ", DAYS_OFF),
        ],
        breaks,
    )
    assert points(events) == {july: "Chính quyền 2 cấp", date(2026, 3, 1): "Chiến dịch"}
    assert marked(events) == {july: "Chính quyền 2 cấp"}
    assert heard(events).endswith("01/03/2026: Chiến dịch; 1 sự kiện của đơn vị trực thuộc")


def test_weeks_with_fewer_working_days_come_from_the_calendar() -> None:
    calendar = load_calendar(None)
    found = days_off(calendar, FIRST, LAST)
    off = 0
    for each in found:
        week = each.day - timedelta(days=each.day.weekday())
        days = [week + timedelta(days=step) for step in range(5)]
        free = [day for day in days if not calendar.is_working(day)]
        assert (each.day, each.until) == (free[0], free[-1])
        assert each.label == f"Nghỉ {len(free)} ngày làm việc"
        off += len(free)
    weekdays = [FIRST + timedelta(days=at) for at in range((LAST - FIRST).days + 1)]
    assert off == sum(d.weekday() < 5 and not calendar.is_working(d) for d in weekdays)
    assert days_off(calendar, calendar.last + timedelta(7), calendar.last + timedelta(30)) == ()


def test_an_event_lies_where_its_day_is_among_the_periods() -> None:
    week = period_of("week", date(2026, 3, 4))
    periods = [week, week.shifted(1)]
    thursday = Event(date(2026, 3, 12), None, "a", "other")
    before = Event(date(2026, 1, 1), date(2026, 6, 1), "b", "other")
    after = Event(date(2026, 3, 16), None, "c", "other")
    assert dict(places([thursday, before, after], periods)) == {thursday: 1 + 3 / 7, before: 0.0}
    assert within([thursday, before], week.first, week.last) == "b"
    assert within([thursday, before], periods[1].first, periods[1].last) == "a; b"


def test_the_day_of_entry_is_no_part_of_what_people_fill() -> None:
    """It comes from the history; nobody can enter an event into the past."""
    assert "known_on" not in {column.target for column in REGISTERS["event"].columns}
    assert FRAMES["event"]["known_on"] == pl.Date
