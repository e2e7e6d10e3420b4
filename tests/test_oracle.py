"""The oracle, checked by itself: hand-worked examples, and the page's own identities."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from tests import oracle
from tests.oracle import (
    FIGURES,
    KEYS,
    RATES,
    Ask,
    Batch,
    RawApology,
    RawDossier,
    RawPause,
    WorkCalendar,
    count,
    grouped,
    rate,
)
from tests.strategies import (
    BATCHES,
    CALENDAR,
    Case,
    asked_at,
    cases,
    imported,
    previous_period,
    random_cases,
    with_later_events,
)

# ------------------------------------------------------------------- hand-worked examples
# The period is Monday 2 March to Sunday 8 March 2026; E is Monday 9 March 00:00.

WEEK = Ask(date(2026, 3, 2), date(2026, 3, 8))
FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S.%f")


def m(text: str) -> datetime:
    """``3-5 17:00`` of 2026."""
    for form in FORMATS:
        try:
            return datetime.strptime(f"2026-{text}", form)
        except ValueError:
            continue
    raise ValueError(text)


def pause(kind: str, start: str, stop: str | None = None) -> RawPause:
    return RawPause(kind, m(start), None if stop is None else m(stop))


def dossier(**given: object) -> RawDossier:
    """Received on Monday 08:00 at the counter unless told otherwise; ``_at`` fields as text."""
    values: dict[str, object] = {"received_at": "3-2 08:00", **given}
    if "due_at" in values:
        values.setdefault("due_original_at", values["due_at"])
    if values.get("ended_at") is not None:
        values.setdefault("end_kind", "result")
    if "apology" in values:
        values["apologies"] = (RawApology(m(str(values.pop("apology")))),)
    for name, value in values.items():
        if name.endswith("_at") and isinstance(value, str):
            values[name] = m(value)
    return RawDossier(**values)  # type: ignore[arg-type]


IN = "received received_offline "
ONLINE = "received received_online "
LATE = "resolved resolved_late late late_without_apology not_on_time "
OVERDUE = "pending pending_overdue late late_without_apology "
GOOD = "1/1 1/1 1/1 1/1 1/1 1/1"
BAD = "0/1 0/1 0/1 0/1 0/1 0/1"
NONE = "0/0 0/0 0/0 0/0 0/0 0/0"
AHEAD = "0/0 1/1 1/1 0/0 0/0 0/1"  # pending, due after the period
UNDATED = "0/0 0/0+1 0/0+1 0/0 0/0+1 0/0+1"  # pending

# what | the dossier | the question, where it is not WEEK | every figure it is counted in |
# form, portal, carried, lenient, fell_due, received as numerator/denominator+unknown
EXAMPLES: list[tuple[str, dict[str, object], dict[str, object], str, str]] = [
    (
        "ended at the very due moment",
        {"due_at": "3-5 17:00", "ended_at": "3-5 17:00"},
        {},
        IN + "resolved resolved_on_day",
        GOOD,
    ),
    (
        "ended a millisecond after the due moment: lenient compares days",
        {"due_at": "3-5 17:00", "ended_at": "3-5 17:00:00.001"},
        {},
        IN + LATE,
        "0/1 0/1 0/1 1/1 0/1 0/1",
    ),
    (
        "the same, all by day",
        {"due_at": "3-5 17:00", "ended_at": "3-5 17:00:00.001"},
        {"compare": "day"},
        IN + "resolved resolved_on_day",
        GOOD,
    ),
    (
        "the next day, by day",
        {"due_at": "3-5 17:00", "ended_at": "3-6"},
        {"compare": "day"},
        IN + LATE,
        BAD,
    ),
    (
        "due at midnight, ended the minute before: the day before",
        {"due_at": "3-5", "ended_at": "3-4 23:59"},
        {},
        IN + "resolved resolved_early",
        GOOD,
    ),
    (
        "due at midnight, ended in the course of that day",
        {"due_at": "3-5", "ended_at": "3-5 08:00"},
        {},
        IN + LATE,
        "0/1 0/1 0/1 1/1 0/1 0/1",
    ),
    (
        "ends at E, due at E: at T it is neither ended nor overdue, and due within a working day",
        {"due_at": "3-9", "ended_at": "3-9"},
        {},
        IN + "pending pending_in_time due_soon",
        AHEAD,
    ),
    (
        "due the last millisecond of the period",
        {"due_at": "3-8 23:59:59.999"},
        {},
        IN + OVERDUE,
        "0/0 0/1 0/1 0/0 0/1 0/1",
    ),
    (
        "the same, by day",
        {"due_at": "3-8 23:59:59.999"},
        {"compare": "day"},
        IN + OVERDUE,
        "0/0 0/1 0/1 0/0 0/1 0/1",
    ),
    (
        "received at S, without due date",
        {"received_at": "3-2"},
        {},
        IN + "pending pending_unclassified",
        UNDATED,
    ),
    (
        "resolved without due date or limit",
        {"ended_at": "3-4"},
        {},
        IN + "resolved resolved_unclassified",
        "0/0+1 0/0+1 0/0+1 0/0+1 0/0+1 0/0+1",
    ),
    (
        "received a millisecond before S, ended at S",
        {"received_at": "3-1 23:59:59.999", "due_at": "3-1 12:00", "ended_at": "3-2"},
        {},
        "carried_over " + LATE,
        "0/1 0/0 0/1 0/1 0/0 0/0",
    ),
    (
        "ended a millisecond before S",
        {"received_at": "2-27", "due_at": "3-3", "ended_at": "3-1 23:59:59.999"},
        {},
        "",
        "0/0 0/0 0/0 0/0 1/1 0/0",
    ),
    (
        "refused at the desk, though somebody entered a receipt",
        {"due_at": "3-5", "ended_at": "3-3", "end_kind": "refused"},
        {},
        "",
        NONE,
    ),
    (
        "ended before it was received: ends when received",
        {"received_at": "3-4 08:00", "due_at": "3-3 17:00", "ended_at": "3-3 10:00"},
        {},
        IN + LATE,
        BAD,
    ),
    (
        "ended in the period, received in the next",
        {"received_at": "3-9 08:00", "due_at": "3-3 17:00", "ended_at": "3-3 10:00"},
        {},
        "",
        NONE,
    ),
    (
        "an apology at T is not yet issued",
        {"due_at": "3-6 17:00", "apology": "3-9"},
        {},
        IN + OVERDUE,
        "0/0 0/1 0/1 0/0 0/1 0/1",
    ),
    (
        "an apology a millisecond before T is",
        {"due_at": "3-6 17:00", "apology": "3-8 23:59:59.999"},
        {},
        IN + "pending pending_overdue late",
        "0/0 0/1 0/1 0/0 0/1 0/1",
    ),
    (
        "an apology after the end still counts",
        {"due_at": "3-3 17:00", "ended_at": "3-4 08:00", "apology": "3-6"},
        {},
        IN + "resolved resolved_late late not_on_time",
        BAD,
    ),
    (
        "due earlier on the day of T, by timestamp",
        {"due_at": "3-5 08:00"},
        {"as_of": m("3-5 12:00")},
        IN + OVERDUE,
        "0/0 0/1 0/1 0/0 0/1 0/1",
    ),
    (
        "due earlier on the day of T, by day",
        {"due_at": "3-5 08:00"},
        {"as_of": m("3-5 12:00"), "compare": "day"},
        IN + "pending pending_in_time due_soon",
        AHEAD,
    ),
    (
        "due Wednesday, seen from Sunday's end: three working days",
        {"due_at": "3-11 17:00"},
        {},
        IN + "pending pending_in_time due_soon",
        AHEAD,
    ),
    (
        "due Thursday: four",
        {"due_at": "3-12 17:00"},
        {},
        IN + "pending pending_in_time",
        AHEAD,
    ),
    (
        "due Thursday, asked within four",
        {"due_at": "3-12 17:00"},
        {"within": 4},
        IN + "pending pending_in_time due_soon",
        AHEAD,
    ),
    (
        "two days' pause: due 4/3 becomes 6/3",
        {
            "due_at": "3-4 17:00",
            "ended_at": "3-6 17:00",
            "pauses": (pause("supplement", "3-3 08:00", "3-5 08:00"),),
        },
        {},
        IN + "resolved resolved_on_day",
        GOOD,
    ),
    (
        "a pause that begins at the due moment still heals",
        {
            "due_at": "3-4 17:00",
            "ended_at": "3-5 17:00",
            "pauses": (pause("supplement", "3-4 17:00", "3-5 17:00"),),
        },
        {},
        IN + "resolved resolved_on_day",
        GOOD,
    ),
    (
        "a millisecond later it does not",
        {
            "due_at": "3-4 17:00",
            "ended_at": "3-5 17:00",
            "pauses": (pause("supplement", "3-4 17:00:00.001", "3-5 17:00"),),
        },
        {},
        IN + LATE,
        "0/1 0/1 0/1 1/1 0/1 0/1",
    ),
    (
        "a second pause after the first due date, but before the moved one: due 7/3 03:00",
        {
            "due_at": "3-4 17:00",
            "ended_at": "3-7 03:00",
            "pauses": (
                pause("supplement", "3-6 08:00", "3-6 18:00"),
                pause("supplement", "3-3 08:00", "3-5 08:00"),
            ),
        },
        {},
        IN + "resolved resolved_on_day",
        "1/1 1/1 1/1 0/1 1/1 1/1",
    ),
    (
        "overlapping pauses of two kinds: three days for the form, two for the portal",
        {
            "due_at": "3-4 17:00",
            "ended_at": "3-7 12:00",
            "pauses": (pause("supplement", "3-3", "3-5"), pause("finance", "3-4", "3-6")),
        },
        {},
        IN + "resolved resolved_on_day",
        "1/1 0/1 1/1 1/1 1/1 1/1",
    ),
    (
        "an open finance pause suspends; not for the portal",
        {"due_at": "3-4 17:00", "pauses": (pause("finance", "3-4"),)},
        {},
        IN + "pending pending_in_time waiting_finance",
        "0/0 0/1 1/1 0/0 0/0 0/1",
    ),
    (
        "an open supplement pause suspends for both",
        {"due_at": "3-4 17:00", "pauses": (pause("supplement", "3-4 17:00"),)},
        {},
        IN + "pending pending_in_time waiting_supplement",
        AHEAD,
    ),
    (
        "an open pause that began too late",
        {"due_at": "3-4 17:00", "pauses": (pause("supplement", "3-5"),)},
        {},
        IN + OVERDUE + "waiting_supplement",
        "0/0 0/1 0/1 0/0 0/1 0/1",
    ),
    (
        "an open pause stays open whatever shorter pause lies within it",
        {
            "due_at": "3-4 17:00",
            "pauses": (pause("finance", "3-3"), pause("supplement", "3-4", "3-5")),
        },
        {},
        IN + "pending pending_in_time waiting_finance",
        "0/0 0/1 1/1 0/0 0/0 0/1",
    ),
    (
        "a pause that goes on until T exactly is still on",
        {"due_at": "3-20", "pauses": (pause("finance", "3-4", "3-9"),)},
        {},
        IN + "pending pending_in_time waiting_finance",
        AHEAD,
    ),
    (
        "an open pause is closed by the end: due 6/3 17:00",
        {"due_at": "3-4 17:00", "ended_at": "3-6", "pauses": (pause("supplement", "3-4"),)},
        {},
        IN + "resolved resolved_on_day",
        GOOD,
    ),
    (
        "a second request: late for the portal while pending",
        {
            "due_at": "3-20 17:00",
            "pauses": (pause("supplement", "3-3", "3-4"), pause("supplement", "3-5", "3-6")),
        },
        {},
        IN + "pending pending_in_time",
        "0/0 0/1 1/1 0/0 0/0 0/1",
    ),
    (
        "a second request at T has not happened",
        {
            "due_at": "3-20 17:00",
            "pauses": (pause("supplement", "3-3", "3-4"), pause("supplement", "3-9")),
        },
        {},
        IN + "pending pending_in_time",
        AHEAD,
    ),
    (
        "no due date, five working days' limit: portal due at the end of Monday 9/3",
        {"limit_value": 5, "limit_unit": "working_day"},
        {},
        IN + "pending pending_unclassified",
        "0/0 1/1 0/0+1 0/0 0/0+1 0/0+1",
    ),
    (
        "no due date, four working days' limit: portal due at the end of Friday 6/3",
        {"limit_value": 4, "limit_unit": "working_day"},
        {},
        IN + "pending pending_unclassified",
        "0/0 0/1 0/0+1 0/0 0/0+1 0/0+1",
    ),
    (
        "no due date, four working days' limit, done by then",
        {"limit_value": 4, "limit_unit": "working_day", "ended_at": "3-6 17:00"},
        {},
        IN + "resolved resolved_unclassified",
        "0/0+1 1/1 0/0+1 0/0+1 0/0+1 0/0+1",
    ),
    (
        "returned late",
        {"due_at": "3-3 17:00", "ended_at": "3-5", "end_kind": "returned"},
        {},
        IN + LATE + "returned",
        "0/1 0/1 0/1 1/1 0/1 0/1",
    ),
    (
        "withdrawn late",
        {"due_at": "3-3 17:00", "ended_at": "3-5", "end_kind": "withdrawn"},
        {},
        IN + LATE + "withdrawn",
        "0/1 0/1 0/1 1/1 0/1 0/1",
    ),
    (
        "stopped late",
        {"due_at": "3-3 17:00", "ended_at": "3-5", "end_kind": "stopped"},
        {},
        IN + LATE + "stopped",
        BAD,
    ),
    (
        "re-dated, in time by the current date",
        {"due_original_at": "3-3 17:00", "due_at": "3-6 17:00", "ended_at": "3-5"},
        {},
        IN + "resolved resolved_early re_dated",
        GOOD,
    ),
    (
        "re-dated, late by the original date; the portal knows the current one only",
        {"due_original_at": "3-3 17:00", "due_at": "3-6 17:00", "ended_at": "3-5"},
        {"due": "original"},
        IN + LATE + "re_dated",
        "0/1 1/1 0/1 0/1 0/1 0/1",
    ),
    (
        "no original date: unclassified by it",
        {"due_original_at": None, "due_at": "3-6 17:00", "ended_at": "3-5"},
        {"due": "original"},
        IN + "resolved resolved_unclassified",
        "0/0+1 1/1 0/0+1 0/0+1 0/0+1 0/0+1",
    ),
    (
        "re-dated, but ended before the period",
        {
            "received_at": "2-20",
            "due_original_at": "2-24",
            "due_at": "2-26",
            "ended_at": "2-27",
        },
        {},
        "",
        NONE,
    ),
    (
        "entered after the due moment",
        {"due_at": "3-5 17:00", "ended_at": "3-4", "recorded_at": "3-5 17:00:00.001"},
        {},
        IN + "resolved resolved_early late_entry",
        GOOD,
    ),
    (
        "entered after the due moment on its day, by day",
        {"due_at": "3-5 17:00", "ended_at": "3-4", "recorded_at": "3-5 17:00:00.001"},
        {"compare": "day"},
        IN + "resolved resolved_early",
        GOOD,
    ),
    (
        "accepted within eight working hours",
        {"channel": "online", "submitted_at": "3-2 08:00", "received_at": "3-2 17:00"},
        {},
        ONLINE + "pending pending_unclassified",
        UNDATED,
    ),
    (
        "accepted a millisecond later",
        {"channel": "online", "submitted_at": "3-2 08:00", "received_at": "3-2 17:00:00.001"},
        {},
        ONLINE + "pending pending_unclassified accepted_late",
        UNDATED,
    ),
    (
        "at the counter there is no acceptance clock",
        {"submitted_at": "3-2 08:00", "received_at": "3-4"},
        {},
        IN + "pending pending_unclassified",
        UNDATED,
    ),
    (
        "channel unknown counts as offline",
        {"channel": None, "submitted_at": "3-2 08:00", "received_at": "3-4"},
        {},
        IN + "pending pending_unclassified",
        UNDATED,
    ),
    (
        "submitted Friday morning, not accepted",
        {"channel": "online", "submitted_at": "3-6 08:00", "received_at": None},
        {},
        "acceptance_overdue",
        NONE,
    ),
    (
        "submitted Friday at closing time: due Monday 17:00",
        {"channel": "online", "submitted_at": "3-6 17:00", "received_at": None},
        {},
        "",
        NONE,
    ),
    (
        "accepted at T: not yet received then",
        {"channel": "online", "submitted_at": "3-6 08:00", "received_at": "3-9"},
        {},
        "acceptance_overdue",
        NONE,
    ),
    (
        "refused before T: gone",
        {
            "channel": "online",
            "submitted_at": "3-6 08:00",
            "received_at": None,
            "ended_at": "3-7",
            "end_kind": "refused",
        },
        {},
        "",
        NONE,
    ),
    (
        "refused at T: still waiting then",
        {
            "channel": "online",
            "submitted_at": "3-6 08:00",
            "received_at": None,
            "ended_at": "3-9",
            "end_kind": "refused",
        },
        {},
        "acceptance_overdue",
        NONE,
    ),
    (
        "T before S: an empty period, stocks at T",
        {"received_at": "2-20", "due_at": "2-25"},
        {"as_of": m("3-1")},
        OVERDUE,
        NONE,
    ),
    (
        "T at S: no flows, the stock is what is carried over",
        {"received_at": "2-20", "due_at": "2-25"},
        {"as_of": m("3-2")},
        "carried_over " + OVERDUE,
        "0/0 0/0 0/1 0/0 0/0 0/0",
    ),
    (
        "T at the moment of receipt: not yet received",
        {"received_at": "3-4", "due_at": "3-4", "ended_at": "3-4"},
        {"as_of": m("3-4")},
        "",
        NONE,
    ),
    (
        "T at the moment of the end: not yet ended",
        {"due_at": "3-4", "ended_at": "3-4"},
        {"as_of": m("3-4")},
        IN + "pending pending_in_time due_soon",
        AHEAD,
    ),
    (
        "a bare date as T is its midnight",
        {"due_at": "3-4", "ended_at": "3-4"},
        {"as_of": date(2026, 3, 4)},
        IN + "pending pending_in_time due_soon",
        AHEAD,
    ),
    (
        "T after E: ended late in between, so neither resolved nor pending",
        {"due_at": "3-10", "ended_at": "3-12"},
        {"as_of": m("3-20")},
        IN,
        "0/0 0/1 1/1 0/0 0/0 0/1",
    ),
]


@pytest.mark.parametrize(
    ("given_", "asked", "figures", "rates"),
    [example[1:] for example in EXAMPLES],
    ids=[example[0] for example in EXAMPLES],
)
def test_example(
    given_: dict[str, object], asked: dict[str, object], figures: str, rates: str
) -> None:
    one = [dossier(**given_)]
    ask = replace(WEEK, **asked)  # type: ignore[arg-type]
    assert {f for f in FIGURES if count(f, one, ask)} == set(figures.split())
    found = {definition: told(*rate(definition, one, ask)) for definition in RATES}
    assert found == dict(zip(RATES, rates.split(), strict=True))


def numbered(some: list[RawDossier]) -> list[RawDossier]:
    return [replace(d, dossier_id=n) for n, d in enumerate(some, start=1)]


def told(n: int, d: int, x: int) -> str:
    return f"{n}/{d}" + (f"+{x}" if x else "")


def test_the_examples_reach_every_figure() -> None:
    assert set(" ".join(example[3] for example in EXAMPLES).split()) == set(FIGURES)


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        ("3-2 08:00", "3-2 17:00"),  # Monday, a full day
        ("3-2 08:00:00.001", "3-3 08:00:00.001"),
        ("3-2 00:00", "3-2 17:00"),  # before opening
        ("3-2 10:30", "3-3 10:30"),
        ("3-2 12:00", "3-3 12:00"),  # the lunch break begins
        ("3-2 12:30", "3-3 12:00"),  # within it
        ("3-2 17:00", "3-3 17:00"),  # closing time
        ("3-6 16:00", "3-10 16:00"),  # Friday to Tuesday: Monday is a holiday
        ("3-7 09:00", "3-10 17:00"),  # a Saturday
        ("2-20 09:00", "2-23 17:00"),  # a holiday before a weekend
        ("2-24 16:00", "2-26 16:00"),  # a holiday in between
        ("2-27 16:00", "2-28 16:00"),  # into a Saturday that is worked
    ],
)
def test_acceptance_due(submitted: str, due: str) -> None:
    d = dossier(channel="online", submitted_at=submitted)
    assert oracle.acceptance_due_at(d, CALENDAR) == m(due)


@pytest.mark.parametrize(
    ("value", "unit", "due"),
    [
        (5, "working_day", "3-3 23:59:59.999"),  # 26/2, 27/2, 28/2 (worked), 2/3, 3/3
        (7, "day", "3-3 23:59:59.999"),
        (4, "day", "2-28 23:59:59.999"),  # a Saturday that is worked
        (13, "day", "3-10 23:59:59.999"),  # Monday 9/3 is a holiday
        (0, "day", "2-24 23:59:59.999"),
        (12, "hour", "2-26 14:00"),  # 7 on 24/2, 4 on 26/2 until noon, 1 more
        (1, "month", "3-24 23:59:59.999"),
    ],
)
def test_portal_due_from_the_limit(value: int, unit: str, due: str) -> None:
    # Received on Tuesday 24/2; 25/2 is a holiday.
    d = dossier(received_at="2-24 09:00", limit_value=value, limit_unit=unit)
    assert oracle.portal_due_at(d, CALENDAR) == m(due)


def test_a_limit_of_a_month_ends_with_a_short_month() -> None:
    d = dossier(received_at="1-31 09:00", limit_value=1, limit_unit="month")
    # The 28th is a Saturday: worked in the one calendar, not in the other.
    assert oracle.portal_due_at(d, CALENDAR) == m("2-28 23:59:59.999")
    assert oracle.portal_due_at(d) == m("3-2 23:59:59.999")


def test_suspended_and_second_request() -> None:
    d = dossier(
        due_at="3-4",
        pauses=(pause("supplement", "3-4"), pause("supplement", "3-3", "3-3 12:00")),
    )
    x = oracle.Look(d, WEEK)
    assert (x.J.at, x.J.suspended, x.portal.at, x.portal.suspended) == (None, True) * 2
    assert oracle.second_supplement_at(d) == m("3-4")


def test_a_supplement_starts_the_limit_anew_where_the_rule_says_so() -> None:
    """Two working days from Thursday 5/3: until Monday 9/3, at 24:00; or three days waited."""
    asked = RawPause("supplement", datetime(2026, 3, 2, 9), datetime(2026, 3, 5, 9))
    d = RawDossier(
        received_at=datetime(2026, 3, 2, 8),
        due_at=datetime(2026, 3, 4, 17),
        limit_value=2,
        limit_unit="working_day",
        pauses=(asked,),
    )
    end_of_9 = datetime(2026, 3, 9, 23, 59, 59, 999_000)
    for since, due in ((2, end_of_9), (3, datetime(2026, 3, 7, 17))):
        calendar = WorkCalendar(restarts=((date(2026, 3, since), True),))
        assert oracle.judged_due_at(d, calendar) == due
        assert oracle.portal_due_at(d, calendar) == datetime(2026, 3, 7, 17)
    unlimited = replace(d, limit_value=None, limit_unit=None)
    calendar = WorkCalendar(restarts=((date(2026, 3, 2), True),))
    assert oracle.judged_due_at(unlimited, calendar) == datetime(2026, 3, 7, 17)
    assert oracle.supplement_wd(d, calendar) == 0


def test_ended_before_received_is_flagged() -> None:
    found = [
        oracle.ended_before_received(dossier(received_at="3-4", ended_at=ended))
        for ended in ("3-3 23:59:59.999", "3-4", "3-5", None)
    ]
    assert found == [True, False, False, False]


def test_the_first_apology_counts() -> None:
    d = dossier(apologies=(RawApology(m("3-6")), RawApology(m("3-4")), RawApology(m("3-5"))))
    assert oracle.apology_at(d) == m("3-4")
    assert oracle.apology_at(dossier()) is None


def test_days_late() -> None:
    calendar = WorkCalendar(holidays=frozenset({date(2026, 3, 5)}))
    late = dossier(due_at="3-3 17:00", ended_at="3-8 09:00")  # 4/3, 6/3 are working days
    same_day = dossier(due_at="3-3 17:00", ended_at="3-3 17:01")
    overdue = dossier(due_at="3-4 17:00")  # seen from Sunday 8/3: 6/3 only
    in_time = dossier(due_at="3-9 17:00")
    found = [
        (oracle.days_late(d, WEEK, calendar), oracle.working_days_late(d, WEEK, calendar))
        for d in (late, same_day, overdue, in_time)
    ]
    assert found == [(5, 2), (0, 0), (4, 1), (None, None)]
    several = [replace(d, dossier_id=n) for n, d in enumerate((late, same_day, overdue))]
    mean = oracle.answers(several, WEEK, calendar)["mean_working_days_late"]
    assert (mean.numerator, mean.denominator) == ({0: 2, 1: 0}, {0: 1, 1: 1})


def test_groups() -> None:
    some = [
        dossier(
            due_at="3-4", ended_at="3-3", channel=None, channel_source="Quầy số 1", officer_id=7
        ),
        dossier(due_at="3-4", ended_at="3-5", unit_id=2, field_id=20),
        dossier(due_at="3-4", ended_at="3-11", unit_id=2, procedure_id=None, field_id=None),
    ]
    some = numbered(some)

    def received(key: str, figure: str = "received") -> dict[object, int]:
        cells = grouped(figure, some, WEEK, key)
        return {group: found[0] for group, found in cells.items() if found}

    assert received("unit") == {1: 1, 2: 2}
    assert received("unit", "resolved") == {1: 1, 2: 1}
    assert received("field") == {10: 1, 20: 1, None: 1}
    assert received("channel_class") == {None: 1, "direct": 2}
    assert received("channel") == {None: 2, "Quầy số 1": 1}
    assert received("officer") == {7: 1, None: 2}
    assert grouped("on_time", some, WEEK, "unit") == {1: (1, 1, 0), 2: (0, 1, 0)}
    assert grouped("on_time", some, WEEK, "procedure") == {1: (1, 2, 0)}
    assert grouped("mean_working_days_late", some, WEEK, "unit") == {2: (1, 1, None)}


def test_series() -> None:
    ask = Ask(date(2026, 2, 25), date(2026, 3, 10), as_of=m("3-4"))
    some = [
        dossier(received_at="2-24", due_at="2-26", ended_at="2-27"),
        dossier(received_at="2-26", due_at="3-2", ended_at="3-3"),
        dossier(received_at="3-3", due_at="3-30", ended_at="3-5"),
    ]
    some = numbered(some)
    weeks = [date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 9)]
    months = [date(2026, 2, 1), date(2026, 3, 1)]

    def by(key: str, figure: str, asked: Ask = ask) -> list[object]:
        found = grouped(figure, some, asked, key)
        assert list(found) == (weeks if key == "week" else months)
        return [cell and cell[: 1 + (figure == "on_time")] for cell in found.values()]

    # The third week begins after T, at which two are still pending.
    assert by("week", "received") == [(1,), (1,), None]
    assert by("week", "resolved") == [(1,), (1,), None]
    assert by("week", "carried_over") == [(1,), (1,), None]
    assert by("week", "pending") == [(1,), (1,), None]
    assert by("week", "on_time") == [(0, 1), (0, 1), None]
    assert by("month", "received") == [(1,), (1,)]
    assert by("month", "on_time", replace(ask, definition="portal")) == [(1, 1), (1, 1)]
    assert by("week", "received", replace(ask, as_of=m("3-9"))) == [(1,), (1,), None]
    assert by("week", "received", replace(ask, as_of=m("3-9 00:01"))) == [(1,), (1,), (0,)]


# ----------------------------------------------------------- what had happened by T

EVENTS: list[tuple[str, dict[str, object], str, str]] = [
    (
        "refused a millisecond before T",
        {"ended_at": "3-4", "end_kind": "refused"},
        "3-4 0:0:0.001",
        "",
    ),
    ("refused at T", {"ended_at": "3-4", "end_kind": "refused"}, "3-4", "pending late"),
    ("refused, nobody knows when", {"end_kind": "refused"}, "3-4", ""),
    ("a pause at T has not begun", {"pauses": (pause("other", "3-4"),)}, "3-4", "pending late"),
    (
        "a millisecond earlier it has",
        {"pauses": (pause("other", "3-3 12:00"),)},
        "3-3 12:00:0.001",
        "pending",
    ),
    ("closed at T: open", {"pauses": (pause("other", "3-3", "3-4"),)}, "3-4", "pending"),
    # Four hours' pause, closed by now: due on 3/3 at 21:00.
    ("closed before T", {"pauses": (pause("other", "3-3", "3-3 04:00"),)}, "3-3 21:00", "pending"),
    (
        "... and overdue then",
        {"pauses": (pause("other", "3-3", "3-3 04:00"),)},
        "3-3 21:00:0.001",
        "pending late",
    ),
]
"""What | a dossier due on 3/3 at 17:00 | T | which of pending, late."""


@pytest.mark.parametrize(
    ("given_", "t", "figures"), [e[1:] for e in EVENTS], ids=[e[0] for e in EVENTS]
)
def test_what_had_happened(given_: dict[str, object], t: str, figures: str) -> None:
    x = oracle.Look(dossier(**{"due_at": "3-3 17:00", **given_}), replace(WEEK, as_of=m(t)))
    assert [f for f in ("pending", "late") if FIGURES[f](x)] == figures.split()


@pytest.mark.parametrize(
    ("stop", "t", "j"),
    [
        (None, "3-9", "3-5 16:00"),  # closed by the end: 23 hours
        ("3-5", "3-9", "3-5 17:00"),  # closed later, but by T: whole
        ("3-5", "3-5 00:00:00.001", "3-5 17:00"),
        ("3-5", "3-5", "3-5 16:00"),  # at T it was still open
        ("3-4 12:00", "3-9", "3-5 04:30"),
    ],
)
def test_pauses_of_a_dossier_that_has_ended(stop: str | None, t: str, j: str) -> None:
    """Due on 4/3 at 17:00, paused from midnight, ended at 23:00 (4:30 into the next day: 11:30)."""
    start = "3-4" if stop != "3-4 12:00" else "3-4 00:30"
    d = dossier(due_at="3-4 17:00", ended_at="3-4 23:00", pauses=(pause("other", start, stop),))
    assert oracle.Look(d, replace(WEEK, as_of=m(t))).J.at == m(j)


# --------------------------------------------------------------------------- due dates


def batch(number: int, until: str | None = None, source: int = 1) -> Batch:
    """Finished on the first of March, that many minutes after noon."""
    finished = datetime(2026, 3, 1, 12, number)
    return Batch(number, source, finished, None if until is None else m(until))


def recorded(*versions: dict[str, object], first: int = 1) -> RawDossier:
    """One dossier as so many batches in a row left it."""
    found = [replace(dossier(**v), batch=n) for n, v in enumerate(versions, start=first)]
    return replace(found[-1], history=tuple(found[:-1]))


def promise(issued: str, due: str) -> dict[str, object]:
    return {"apologies": (RawApology(m(issued), m(due)),)}


FIRST: dict[str, object] = {"due_at": "3-5"}
LATER: dict[str, object] = {"due_at": "3-10", "due_original_at": "3-5"}
CHANGED: dict[str, object] = {**LATER, "due_changed_at": "3-4"}
TOLD = [batch(1, "3-3 10:20:30.000"), batch(2, "3-6"), batch(3, "3-7")]

# what | the versions | the batches | the moments from which on 5/3, 10/3 … are in force
DATES: list[tuple[str, list[dict[str, object]], list[Batch], str]] = [
    ("one record", [FIRST], [], "5"),
    ("never known", [{}], [], "-"),
    ("extended, nobody knows when", [LATER], [], "10"),
    ("extended", [CHANGED], [], "5, 3-4 10"),
    ("brought forward", [{**CHANGED, "due_at": "3-4"}], [], "4"),
    ("the first date unknown", [{**CHANGED, "due_original_at": None}], [], "10"),
    ("an apology tells", [{**LATER, **promise("3-3", "3-10")}], [], "5, 3-3 10"),
    ("an apology of another date", [{**LATER, **promise("3-3", "3-9")}], [], "10"),
    ("the source's word first", [{**CHANGED, **promise("3-3", "3-10")}], [], "5, 3-4 10"),
    ("a later batch says when", [FIRST, CHANGED], TOLD, "5, 3-4 10"),
    ("by its apology", [FIRST, {**LATER, **promise("3-2", "3-10")}], TOLD, "5, 3-2 10"),
    ("by what was known", [FIRST, LATER], TOLD, "5, 3-3 10:21 10"),
    ("nothing was known", [FIRST, LATER], [batch(1), batch(2, "3-6")], "10"),
    ("another source's end", [FIRST, LATER], [batch(1, "3-6", 2), batch(2)], "10"),
    (
        "the same moment as before",
        [CHANGED, {**CHANGED, "due_at": "3-12"}],
        TOLD,
        "5, 3-4 10, 3-4 12",
    ),
    ("twice", [FIRST, LATER, {**LATER, "due_at": "3-12"}], TOLD, "5, 3-3 10:21 10, 3-6 0:1 12"),
    (
        "never before the entry before",
        [CHANGED, {**CHANGED, "due_at": "3-12", "due_changed_at": "3-2"}],
        TOLD,
        "5, 3-4 10, 3-4 12",
    ),
    ("corrected", [CHANGED, {**CHANGED, "due_at": "3-8"}], TOLD, "5, 3-4 8"),
    ("unknown again", [CHANGED, {}], TOLD, "5, 3-4 -"),
    ("known at last", [{}, FIRST, CHANGED], TOLD, "5, 3-4 10"),
    ("only the moment is new", [LATER, CHANGED], TOLD, "10"),
]


@pytest.mark.parametrize(
    ("versions", "batches", "dates"), [e[1:] for e in DATES], ids=[e[0] for e in DATES]
)
def test_due_dates(versions: list[dict[str, object]], batches: list[Batch], dates: str) -> None:
    found = [
        " ".join(
            [
                *([f"{at.month}-{at.day}"] if at > oracle.ALWAYS else []),
                *([f"{at.hour}:{at.minute}"] if at > oracle.ALWAYS and at.time() > time() else []),
                str(due.day) if due else "-",
            ]
        )
        for at, due in oracle.due_dates(recorded(*versions), tuple(batches))
    ]
    assert ", ".join(found) == dates


@pytest.mark.parametrize(
    ("t", "ended", "due"),
    [
        ("3-4", None, "3-5"),
        ("3-4 00:00:00.001", None, "3-10"),
        ("3-9", "3-4", "3-5"),  # an extension at the end, or after it, heals nothing
        ("3-9", "3-4 00:00:00.001", "3-10"),
        ("3-4", "3-5", "3-5"),
    ],
)
def test_the_due_date_in_force(t: str, ended: str | None, due: str) -> None:
    x = oracle.Look(dossier(**CHANGED, ended_at=ended), replace(WEEK, as_of=m(t)))
    assert x.due == m(due)
    assert oracle.re_dated(x) == (due == "3-10")
    original = oracle.Look(x.d, replace(x.ask, due="original"))
    assert original.J.due == m("3-5")


def test_without_due_date_in_force_the_portal_goes_by_the_limit() -> None:
    gone = recorded(CHANGED, {"limit_value": 2, "limit_unit": "working_day"})
    before, after = (oracle.Look(gone, replace(WEEK, as_of=m(t))) for t in ("3-4", "3-5"))
    assert (before.portal.at, after.portal.at) == (m("3-5"), m("3-4 23:59:59.999"))


# ---------------------------------------------------- as known at K, as of the source's end


@pytest.mark.parametrize(
    ("k", "due"),
    [
        (datetime(2026, 3, 1, 12, 0, 59), None),  # before the first batch
        (1, "3-5"),
        (datetime(2026, 3, 1, 12, 1), "3-5"),
        (datetime(2026, 3, 1, 12, 1, 59), "3-5"),
        (2, "3-10"),
        (date(2026, 2, 28), None),
        (date(2026, 3, 1), "3-12"),
        (None, "3-12"),
    ],
)
def test_as_known_at(k: Any, due: str | None) -> None:
    d = recorded(FIRST, LATER, {**LATER, "due_at": "3-12"})
    ask = replace(WEEK, known_at=k)
    found = [x.due for x in oracle.looks([d], ask, oracle.PLAIN, [batch(1), batch(2), batch(3)])]
    assert found == ([] if due is None else [m(due)])


def test_what_was_known_stays_so() -> None:
    """Batch 3 corrects and extends; what was said after batch 2 is said again."""
    ask = replace(WEEK, as_of=m("3-5"))
    two = recorded(FIRST, LATER)
    three = replace(
        dossier(due_at="3-20", unit_id=3), batch=3, history=(*two.history, replace(two, history=()))
    )
    now = oracle.looks([two], ask, oracle.PLAIN, TOLD[:2])
    then = oracle.looks([three], replace(ask, known_at=2), oracle.PLAIN, TOLD)
    assert [(x.d, x.T, x.J.at) for x in now] == [(x.d, x.T, x.J.at) for x in then]


def test_a_source_is_judged_as_of_its_own_end() -> None:
    """Source 1 speaks until Tuesday 10:20:30, source 2 until Saturday; overdue since Wednesday."""
    batches = [batch(1, "3-3 10:20:30.000"), batch(2, "3-7", 2)]
    here, there = (dossier(due_at="3-3 17:00", source_id=n) for n in (1, 2))
    ask = replace(WEEK, as_of=m("3-7 00:01"))
    x, y = oracle.looks([here, there], ask, oracle.PLAIN, batches)
    assert (x.T, x.E, y.T) == (m("3-3 10:21"), m("3-3 10:21"), m("3-7 00:01"))
    assert (oracle.pending_in_time(x), oracle.pending_overdue(y)) == (True, True)
    with pytest.raises(oracle.NoAnswerError):
        oracle.looks([here], replace(ask, as_of=m("3-7 00:01:00.001")), oracle.PLAIN, batches)
    # A source that does not tell its end sets no bound.
    assert oracle.looks([here], WEEK, oracle.PLAIN, [*batches, batch(3, None, 3)])


def test_a_source_that_ends_before_the_period_carries_nothing_over() -> None:
    d = dossier(received_at="2-20", due_at="2-24")
    for until, carried in (("2-28", False), ("3-1 23:59", True)):
        (x,) = oracle.looks([d], WEEK, oracle.PLAIN, [batch(1, until), batch(2, "3-20", 2)])
        assert (oracle.carried_over(x), oracle.pending_overdue(x)) == (carried, True)


# ------------------------------------------------------- pauses by day, early, lateness


def test_pauses_by_day_count_days() -> None:
    by_day = replace(WEEK, compare="day")
    for start, stop, j in (
        ("3-3 08:00", "3-3 16:00", "3-4"),  # within a day: nothing
        ("3-3 23:59", "3-4 00:01", "3-5"),
        ("3-4 18:00", "3-6 01:00", "3-6"),  # after the moment, on the day
        ("3-5", "3-6", "3-4"),  # after the day
    ):
        d = dossier(due_at="3-4 17:00", pauses=(pause("supplement", start, stop),))
        x = oracle.Look(d, by_day)
        assert (x.J.day, x.portal.day) == (m(j).date(),) * 2
    opened = dossier(due_at="3-4 17:00", pauses=(pause("finance", "3-4 18:00"),))
    assert oracle.Look(opened, by_day).J.suspended
    assert oracle.pending_overdue(oracle.Look(opened, WEEK))


@pytest.mark.parametrize(
    ("ended", "early", "early_by_day"),
    [
        # Due on 4/3 at 10:00, eight hours' pause from 3/3 20:00 to 4/3 04:00: J is 4/3 18:00, 5/3.
        ("3-4 07:59:59.999", True, True),  # less eight hours: the day before
        ("3-4 08:00", False, True),
        ("3-4 18:00", False, True),
    ],
)
def test_early_is_by_the_end_less_the_pauses(ended: str, early: bool, early_by_day: bool) -> None:
    d = dossier(
        due_at="3-4 10:00", ended_at=ended, pauses=(pause("other", "3-3 20:00", "3-4 04:00"),)
    )
    for compare, wanted in (("timestamp", early), ("day", early_by_day)):
        x = oracle.Look(d, replace(WEEK, compare=compare))
        assert (oracle.resolved_early(x), oracle.resolved_on_day(x)) == (wanted, not wanted)


@pytest.mark.parametrize(
    ("ended", "pauses", "days"),
    [
        # Due on Tuesday 3/3; 4, 5, 6 March are working days.
        ("3-6 09:00", [("3-4 08:00", "3-5 08:00")], (3, 2)),
        ("3-6 09:00", [("3-4 08:00", "3-4 18:00")], (3, 3)),
        ("3-6 09:00", [("3-5 08:00", "3-9 08:00")], (3, 2)),  # cut at the end
        ("3-6 09:00", [("3-5 08:00", None)], (3, 2)),  # closed by it
        ("3-6 09:00", [("3-7 08:00", "3-8")], (3, 3)),  # begun after it
        ("3-6 09:00", [("3-4", "3-5"), ("3-4 12:00", "3-6")], (3, 1)),  # merged
        (None, [("3-4 08:00", "3-5 08:00")], (5, 2)),  # pending, as of Sunday 8/3
        (None, [("3-4 08:00", None)], (5, 1)),
        (None, [("3-4 08:00", "3-5 08:00"), ("3-6 08:00", None)], (5, 2)),
        (None, [("3-3 17:00:00.001", None)], (5, 0)),
    ],
)
def test_lateness_stops_at_pauses_that_began_too_late(
    ended: str | None, pauses: list[tuple[str, str | None]], days: tuple[int, int]
) -> None:
    d = dossier(
        due_at="3-3 17:00", ended_at=ended, pauses=tuple(pause("other", *p) for p in pauses)
    )
    assert oracle.lateness(oracle.Look(d, WEEK)) == days


def test_accepted_late_needs_a_receipt_that_somebody_knows() -> None:
    late = {"channel": "online", "submitted_at": "3-2 08:00", "received_at": "3-4"}
    found = [
        oracle.accepted_late(oracle.Look(dossier(**late, ended_at=e), WEEK)) for e in ("3-4", "3-3")
    ]
    assert found == [True, False]


def test_moments_are_compared_in_utc() -> None:
    """On 25 October 2026 at 03:00 the clocks of Amsterdam go back to 02:00."""
    there = WorkCalendar(zone=ZoneInfo("Europe/Amsterdam"))
    week = Ask(date(2026, 10, 19), date(2026, 10, 25))
    first, second = m("10-25 02:15"), m("10-25 02:15").replace(fold=1)
    for due, ended, late in (
        (first, second, True),
        (second, m("10-25 02:45"), False),
        (first, first, False),
    ):
        x = oracle.Look(dossier(due_at=due, ended_at=ended), week, there)
        assert oracle.resolved_late(x) == late
    # A pause from 02:15 to 03:15 lasts two hours.
    d = dossier(due_at="10-25 12:00", pauses=(pause("other", "10-25 02:15", "10-25 03:15"),))
    assert oracle.Look(d, replace(week, as_of=m("10-25 13:59")), there).J.passed_by(
        m("10-25 14:01")
    )
    assert not oracle.Look(d, replace(week, as_of=m("10-25 13:59")), there).J.passed_by(
        m("10-25 14:00")
    )


# --------------------------------------------------------------------------- rates


def test_over_all_puts_the_unknown_below_the_line() -> None:
    some = numbered(
        [
            dossier(due_at="3-5", ended_at="3-4"),
            dossier(due_at="3-3", ended_at="3-4"),
            dossier(ended_at="3-4"),
        ]
    )
    for over, below in (("classified", {1: 1, 2: 1}), ("all", {1: 1, 2: 1, 3: 1})):
        found = oracle.answers(some, replace(WEEK, over=over))
        assert found["on_time"] == oracle.Answer({1: 1}, below, {3: 1})
        assert found["not_on_time"].numerator == {2: 1}


@pytest.mark.parametrize(
    ("n", "d", "x", "found"),
    [
        (0, 0, 0, None),
        (95, 100, 0, "met"),
        (94, 100, 0, "missed"),
        (95, 95, 5, "met"),
        (94, 95, 5, "not assessable"),
        (90, 95, 5, "not assessable"),  # 95 of 100 at best
        (89, 95, 5, "missed"),
        (0, 0, 31, "not assessable"),
    ],
)
def test_verdicts(n: int, d: int, x: int, found: str | None) -> None:
    assert oracle.verdict(n, d, x, "0.95") == found


@pytest.mark.parametrize(
    ("given_", "compare", "found"),
    [
        ({"due_at": "3-2"}, "timestamp", "0/1"),  # pending, due at S
        ({"due_at": "3-1 23:59"}, "timestamp", "0/0"),
        ({"due_at": "3-5 12:00"}, "timestamp", "0/0"),  # at E' = T
        ({"due_at": "3-5 11:59"}, "timestamp", "0/1"),
        ({"due_at": "3-5 11:59"}, "day", "0/0"),
        ({"due_at": "3-4"}, "day", "0/1"),
        ({"due_at": "3-4", "received_at": "3-5 12:00"}, "day", "0/0"),  # not yet received
        ({"due_at": "3-4", "ended_at": "3-3", "received_at": "2-3"}, "day", "1/1"),
        ({"due_at": "3-4", "ended_at": "3-5 12:00"}, "timestamp", "0/1"),  # ends at T
    ],
)
def test_what_fell_due(given_: dict[str, object], compare: str, found: str) -> None:
    ask = replace(WEEK, as_of=m("3-5 12:00"), compare=compare)
    assert told(*rate("fell_due", [dossier(**given_)], ask)) == found


def test_the_portal_knows_of_a_second_request_without_any_due_date() -> None:
    twice = (pause("supplement", "3-3", "3-4"), pause("supplement", "3-5", "3-6"))
    pending, ended = dossier(pauses=twice), dossier(pauses=twice, ended_at="3-7")
    assert told(*rate("portal", [pending], WEEK)) == "0/1"
    assert told(*rate("portal", [pending], replace(WEEK, as_of=m("3-5")))) == "0/0+1"
    assert told(*rate("portal", [ended], WEEK)) == "0/0+1"


# ------------------------------------------------------------------------- the identities

many = settings(deadline=None, max_examples=40)


def whole_at_end(case: Case) -> Ask:
    return replace(case.ask, as_of=None)


@many
@given(cases(as_of="within"))
def test_the_form_balances(case: Case) -> None:
    n = {f: len(a.numerator) for f, a in oracle.answers(case.dossiers, case.ask, CALENDAR).items()}
    assert n["received"] + n["carried_over"] == n["resolved"] + n["pending"]
    assert n["received"] == n["received_online"] + n["received_offline"]
    for whole, parts in (
        ("resolved", "resolved_early resolved_on_day resolved_late resolved_unclassified"),
        ("pending", "pending_in_time pending_overdue pending_unclassified"),
    ):
        assert n[whole] == sum(n[part] for part in parts.split())


@many
@given(cases(as_of="end"))
def test_what_is_carried_over_was_pending_and_was_not_refused_since(case: Case) -> None:
    before = oracle.members("pending", case.dossiers, previous_period(case.ask))
    t = oracle.moment_as_of(case.ask)
    gone = {d for d in before if d.end_kind == "refused" and d.ended_at and d.ended_at < t}
    assert set(oracle.members("carried_over", case.dossiers, case.ask)) == set(before) - gone


@many
@given(cases())
def test_lenient_is_never_below_form(case: Case) -> None:
    for compare in ("timestamp", "day"):
        ask = replace(case.ask, compare=compare)
        (n, d, x), (m, e, y) = (rate(r, case.dossiers, ask, CALENDAR) for r in ("form", "lenient"))
        assert d + x == e + y
        assert n * e <= m * d or not d
        assert n <= m


@many
@given(cases())
def test_the_unknown_and_the_denominator_are_what_the_rate_is_about(case: Case) -> None:
    """What stood below the line before the unknown was told apart, and no dossier twice."""
    about = {
        "form": oracle.resolved,
        "lenient": oracle.resolved,
        "portal": oracle.received,
        "received": oracle.received,
        "carried": oracle.to_be_resolved,
    }
    for x in oracle.looks(case.dossiers, case.ask, CALENDAR):
        for definition, r in RATES.items():
            below, unknown = r.denominator(x), r.unknown(x)
            assert not (below and unknown)
            assert not (unknown and x.classified and definition != "portal")
            if definition in about:
                assert (below or unknown) == about[definition](x)


@many
@given(cases(as_of="within"))
def test_carried_is_a_subtraction_up_to_the_period_end(case: Case) -> None:
    ask = replace(case.ask, definition="carried")
    n = {f: len(a.numerator) for f, a in oracle.answers(case.dossiers, ask, CALENDAR).items()}
    top, below, unknown = rate("carried", case.dossiers, ask, CALENDAR)
    assert below + unknown == n["received"] + n["carried_over"]
    assert top == below - n["resolved_late"] - n["pending_overdue"]


@many
@given(cases())
def test_days_late_is_known_of_the_late_only(case: Case) -> None:
    for d in case.dossiers:
        late = any(count(f, [d], case.ask) for f in ("resolved_late", "pending_overdue"))
        calendar_days = oracle.days_late(d, case.ask, CALENDAR)
        working_days = oracle.working_days_late(d, case.ask, CALENDAR)
        assert (calendar_days is not None) == (working_days is not None) == late
        if calendar_days is not None and working_days is not None:
            assert 0 <= working_days <= calendar_days


@many
@given(cases(as_of="end"))
def test_weeks_and_months_add_up(case: Case) -> None:
    for key in ("week", "month"):
        for figure in ("resolved", "resolved_late", "returned"):
            parts = grouped(figure, case.dossiers, case.ask, key, CALENDAR).values()
            total = count(figure, case.dossiers, case.ask, CALENDAR)
            assert sum(cell[0] for cell in parts if cell) == total
        *_, last = grouped("pending", case.dossiers, case.ask, key).values()
        assert last == (count("pending", case.dossiers, case.ask), None, None)


@settings(max_examples=10)
@given(cases())
def test_groups_add_up(case: Case) -> None:
    found = oracle.answers(case.dossiers, case.ask, CALENDAR)
    for key in KEYS:
        for figure, answer in found.items():
            cells = grouped(figure, case.dossiers, case.ask, key, CALENDAR).values()
            total = oracle.cell(answer, [d.dossier_id for d in case.dossiers])
            for place, whole in enumerate(total):
                assert sum(cell[place] or 0 for cell in cells if cell) == (whole or 0)


@many
@given(cases())
def test_a_pause_never_brings_the_due_date_forward(case: Case) -> None:
    for d in case.dossiers:
        reversed_ = replace(d, pauses=d.pauses[::-1])
        assert oracle.judged_due_at(d) == oracle.judged_due_at(reversed_)
        now = oracle.due_date(d, oracle.NEVER)
        for due, judged in (
            (now, oracle.judged_due_at(d)),
            (d.due_original_at, oracle.judged_due_original_at(d)),
            (now, now and oracle.portal_due_at(d)),
        ):
            if due is None or judged is None:
                assert judged is None
                assert due is None or any(p.to_at is None for p in d.pauses)
                assert due is None or oracle.end(d) is None
            else:
                assert due <= judged


@many
@given(cases())
def test_rows_hold_every_raw_value(case: Case) -> None:
    procedures = {row["id"]: row for row in oracle.procedure_rows(case.dossiers)}
    for d, row in zip(case.dossiers, oracle.to_rows(case.dossiers), strict=True):
        procedure = procedures.get(d.procedure_id, {})
        raw: dict[str, Any] = {n: row[n] for n in row if n not in ("id", "code")}
        raw["pauses"] = tuple(RawPause(**p) for p in raw["pauses"])
        raw["apologies"] = tuple(RawApology(**a) for a in raw["apologies"])
        for name in ("field_id", "limit_value", "limit_unit"):
            raw[name] = procedure.get(name)
        assert RawDossier(dossier_id=d.dossier_id, **raw) == d
        assert row["id"] == d.dossier_id


# ------------------------------------------------------------- an answer does not move


@pytest.mark.parametrize("seed", range(12))
def test_later_events_move_no_answer(seed: int) -> None:
    """A fixed question, asked before and after an import that tells only of events since T."""
    roll = random.Random(seed).randrange
    source = 1 + seed % 2
    dossiers = imported(60, seed)
    for _ in range(8):
        ask = replace(asked_at(roll, dossiers), known_at=None)
        t = oracle.source_as_of(ask, source, BATCHES)
        newer = Batch(9, source, m("3-20"), m("3-19"))
        # What is asked as of the source's own end is asked of it as of T alone.
        ask = replace(ask, as_of=t)
        now = with_later_events(roll, dossiers, t, newer)
        before = oracle.answers(dossiers, ask, CALENDAR, BATCHES)
        assert oracle.answers(now, ask, CALENDAR, (*BATCHES, newer)) == before
        known = replace(ask, known_at=6)
        assert oracle.answers(now, known, CALENDAR, (*BATCHES, newer)) == before


# --------------------------------------------------- do the strategies reach what matters


def met(case: Case) -> set[str]:
    """Everything of interest that happens in a case: figures, rates, coincidences."""
    found = {f for f in FIGURES if count(f, case.dossiers, case.ask, CALENDAR)}
    for definition in RATES:
        compared = [
            rate(definition, case.dossiers, replace(case.ask, compare=c), CALENDAR)
            for c in ("timestamp", "day")
        ]
        if compared[0] != compared[1]:
            found.add(f"{definition} by day")
    t = oracle.moment_as_of(case.ask)
    for d in case.dossiers:
        judged = oracle.judged_due_at(d)
        portal = oracle.portal_due_at(d, CALENDAR)
        happens = {
            "ends when judged due": judged is not None and oracle.end(d) == judged,
            "judged due at T": judged == t,
            "portal due at T": portal == t,
            "ends at T": oracle.end(d) == t,
            "received at T": d.received_at == t,
            "apology at T": oracle.apology_at(d) == t,
            "acceptance due at T": oracle.acceptance_due_at(d, CALENDAR) == t,
            "pause begins when due": any(p.from_at == d.due_at for p in d.pauses),
            "pause begins 1 ms late": d.due_at is not None
            and any(p.from_at == d.due_at + timedelta(milliseconds=1) for p in d.pauses),
            "suspended": d.due_at is not None and judged is None,
            "ends before received": oracle.ended_before_received(d),
            "portal due differs": d.due_at is not None and portal != judged,
            "second request": oracle.second_supplement_at(d) is not None,
            "due at midnight": d.due_at is not None and d.due_at.time() == datetime.min.time(),
        }
        found |= {edge for edge, happened in happens.items() if happened}
        expected.update(happens)
    return found


expected: set[str] = {*FIGURES, *(f"{definition} by day" for definition in oracle.RATES)}


def test_the_strategies_reach_every_figure_and_edge() -> None:
    seen = Counter[str]()
    for case in random_cases(600, seed=1):
        seen.update(met(case))
        seldom = {edge for edge in expected if seen[edge] < 2}
        if not seldom:
            break
    assert seldom == set()
