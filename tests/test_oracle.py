"""The oracle, checked by itself: hand-worked examples, and the page's own identities."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from tests import oracle
from tests.oracle import (
    FIGURES,
    KEYS,
    RATES,
    Ask,
    RawApology,
    RawDossier,
    RawPause,
    WorkCalendar,
    count,
    form_columns,
    grouped,
    grouped_mean_working_days_late,
    grouped_rate,
    rate,
)
from tests.strategies import CALENDAR, Case, cases, previous_period, random_cases

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
GOOD = "1/1 1/1 1/1 1/1"

# what | the dossier | the question, where it is not WEEK | every figure it is counted in |
# form, portal, carried, lenient as numerator/denominator
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
        "0/1 0/1 0/1 1/1",
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
        "0/1 0/1 0/1 0/1",
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
        "0/1 0/1 0/1 1/1",
    ),
    (
        "ends at E, due at E: at T it is neither ended nor overdue, and due within a working day",
        {"due_at": "3-9", "ended_at": "3-9"},
        {},
        IN + "pending pending_in_time due_soon",
        "0/0 1/1 1/1 0/0",
    ),
    (
        "due the last millisecond of the period",
        {"due_at": "3-8 23:59:59.999"},
        {},
        IN + OVERDUE,
        "0/0 0/1 0/1 0/0",
    ),
    (
        "the same, by day",
        {"due_at": "3-8 23:59:59.999"},
        {"compare": "day"},
        IN + OVERDUE,
        "0/0 0/1 0/1 0/0",
    ),
    (
        "received at S, without due date",
        {"received_at": "3-2"},
        {},
        IN + "pending pending_unclassified",
        "0/0 0/1 1/1 0/0",
    ),
    (
        "resolved without due date or limit",
        {"ended_at": "3-4"},
        {},
        IN + "resolved resolved_unclassified not_on_time",
        "0/1 0/1 1/1 1/1",
    ),
    (
        "received a millisecond before S, ended at S",
        {"received_at": "3-1 23:59:59.999", "due_at": "3-1 12:00", "ended_at": "3-2"},
        {},
        "carried_over " + LATE,
        "0/1 0/0 0/1 0/1",
    ),
    (
        "ended a millisecond before S",
        {"received_at": "2-27", "due_at": "3-3", "ended_at": "3-1 23:59:59.999"},
        {},
        "",
        "0/0 0/0 0/0 0/0",
    ),
    (
        "refused at the desk, though somebody entered a receipt",
        {"due_at": "3-5", "ended_at": "3-3", "end_kind": "refused"},
        {},
        "",
        "0/0 0/0 0/0 0/0",
    ),
    (
        "ended before it was received: ends when received",
        {"received_at": "3-4 08:00", "due_at": "3-3 17:00", "ended_at": "3-3 10:00"},
        {},
        IN + LATE,
        "0/1 0/1 0/1 0/1",
    ),
    (
        "ended in the period, received in the next",
        {"received_at": "3-9 08:00", "due_at": "3-3 17:00", "ended_at": "3-3 10:00"},
        {},
        "",
        "0/0 0/0 0/0 0/0",
    ),
    (
        "an apology at T is not yet issued",
        {"due_at": "3-6 17:00", "apology": "3-9"},
        {},
        IN + OVERDUE,
        "0/0 0/1 0/1 0/0",
    ),
    (
        "an apology a millisecond before T is",
        {"due_at": "3-6 17:00", "apology": "3-8 23:59:59.999"},
        {},
        IN + "pending pending_overdue late",
        "0/0 0/1 0/1 0/0",
    ),
    (
        "an apology after the end still counts",
        {"due_at": "3-3 17:00", "ended_at": "3-4 08:00", "apology": "3-6"},
        {},
        IN + "resolved resolved_late late not_on_time",
        "0/1 0/1 0/1 0/1",
    ),
    (
        "due earlier on the day of T, by timestamp",
        {"due_at": "3-5 08:00"},
        {"as_of": m("3-5 12:00")},
        IN + OVERDUE,
        "0/0 0/1 0/1 0/0",
    ),
    (
        "due earlier on the day of T, by day",
        {"due_at": "3-5 08:00"},
        {"as_of": m("3-5 12:00"), "compare": "day"},
        IN + "pending pending_in_time due_soon",
        "0/0 1/1 1/1 0/0",
    ),
    (
        "due Wednesday, seen from Sunday's end: three working days",
        {"due_at": "3-11 17:00"},
        {},
        IN + "pending pending_in_time due_soon",
        "0/0 1/1 1/1 0/0",
    ),
    (
        "due Thursday: four",
        {"due_at": "3-12 17:00"},
        {},
        IN + "pending pending_in_time",
        "0/0 1/1 1/1 0/0",
    ),
    (
        "due Thursday, asked within four",
        {"due_at": "3-12 17:00"},
        {"within": 4},
        IN + "pending pending_in_time due_soon",
        "0/0 1/1 1/1 0/0",
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
        "0/1 0/1 0/1 0/1",
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
        GOOD,
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
        "1/1 0/1 1/1 1/1",
    ),
    (
        "an open finance pause suspends; not for the portal",
        {"due_at": "3-4 17:00", "pauses": (pause("finance", "3-4"),)},
        {},
        IN + "pending pending_in_time waiting_finance",
        "0/0 0/1 1/1 0/0",
    ),
    (
        "an open supplement pause suspends for both",
        {"due_at": "3-4 17:00", "pauses": (pause("supplement", "3-4 17:00"),)},
        {},
        IN + "pending pending_in_time waiting_supplement",
        "0/0 1/1 1/1 0/0",
    ),
    (
        "an open pause that began too late",
        {"due_at": "3-4 17:00", "pauses": (pause("supplement", "3-5"),)},
        {},
        IN + OVERDUE + "waiting_supplement",
        "0/0 0/1 0/1 0/0",
    ),
    (
        "an open pause stays open whatever shorter pause lies within it",
        {
            "due_at": "3-4 17:00",
            "pauses": (pause("finance", "3-3"), pause("supplement", "3-4", "3-5")),
        },
        {},
        IN + "pending pending_in_time waiting_finance",
        "0/0 0/1 1/1 0/0",
    ),
    (
        "a pause that goes on until T exactly is still on",
        {"due_at": "3-20", "pauses": (pause("finance", "3-4", "3-9"),)},
        {},
        IN + "pending pending_in_time waiting_finance",
        "0/0 1/1 1/1 0/0",
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
        "0/0 0/1 1/1 0/0",
    ),
    (
        "a second request at T has not happened",
        {
            "due_at": "3-20 17:00",
            "pauses": (pause("supplement", "3-3", "3-4"), pause("supplement", "3-9")),
        },
        {},
        IN + "pending pending_in_time",
        "0/0 1/1 1/1 0/0",
    ),
    (
        "no due date, five working days' limit: portal due Monday 9/3 17:00",
        {"limit_value": 5, "limit_unit": "working_day"},
        {},
        IN + "pending pending_unclassified",
        "0/0 1/1 1/1 0/0",
    ),
    (
        "no due date, four working days' limit: portal due Friday 6/3 17:00",
        {"limit_value": 4, "limit_unit": "working_day"},
        {},
        IN + "pending pending_unclassified",
        "0/0 0/1 1/1 0/0",
    ),
    (
        "no due date, four working days' limit, done by then",
        {"limit_value": 4, "limit_unit": "working_day", "ended_at": "3-6 17:00"},
        {},
        IN + "resolved resolved_unclassified not_on_time",
        "0/1 1/1 1/1 1/1",
    ),
    (
        "returned late",
        {"due_at": "3-3 17:00", "ended_at": "3-5", "end_kind": "returned"},
        {},
        IN + LATE + "returned",
        "0/1 0/1 0/1 1/1",
    ),
    (
        "withdrawn late",
        {"due_at": "3-3 17:00", "ended_at": "3-5", "end_kind": "withdrawn"},
        {},
        IN + LATE + "withdrawn",
        "0/1 0/1 0/1 1/1",
    ),
    (
        "stopped late",
        {"due_at": "3-3 17:00", "ended_at": "3-5", "end_kind": "stopped"},
        {},
        IN + LATE + "stopped",
        "0/1 0/1 0/1 0/1",
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
        "0/1 1/1 0/1 0/1",
    ),
    (
        "no original date: unclassified by it",
        {"due_original_at": None, "due_at": "3-6 17:00", "ended_at": "3-5"},
        {"due": "original"},
        IN + "resolved resolved_unclassified not_on_time",
        "0/1 1/1 1/1 1/1",
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
        "0/0 0/0 0/0 0/0",
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
        "0/0 0/1 1/1 0/0",
    ),
    (
        "accepted a millisecond later",
        {"channel": "online", "submitted_at": "3-2 08:00", "received_at": "3-2 17:00:00.001"},
        {},
        ONLINE + "pending pending_unclassified accepted_late",
        "0/0 0/1 1/1 0/0",
    ),
    (
        "at the counter there is no acceptance clock",
        {"submitted_at": "3-2 08:00", "received_at": "3-4"},
        {},
        IN + "pending pending_unclassified",
        "0/0 0/1 1/1 0/0",
    ),
    (
        "channel unknown counts as offline",
        {"channel": None, "submitted_at": "3-2 08:00", "received_at": "3-4"},
        {},
        IN + "pending pending_unclassified",
        "0/0 0/1 1/1 0/0",
    ),
    (
        "submitted Friday morning, not accepted",
        {"channel": "online", "submitted_at": "3-6 08:00", "received_at": None},
        {},
        "acceptance_overdue",
        "0/0 0/0 0/0 0/0",
    ),
    (
        "submitted Friday at closing time: due Monday 17:00",
        {"channel": "online", "submitted_at": "3-6 17:00", "received_at": None},
        {},
        "",
        "0/0 0/0 0/0 0/0",
    ),
    (
        "accepted at T: not yet received then",
        {"channel": "online", "submitted_at": "3-6 08:00", "received_at": "3-9"},
        {},
        "acceptance_overdue",
        "0/0 0/0 0/0 0/0",
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
        "0/0 0/0 0/0 0/0",
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
        "0/0 0/0 0/0 0/0",
    ),
    (
        "T before S: an empty period, stocks at T",
        {"received_at": "2-20", "due_at": "2-25"},
        {"as_of": m("3-1")},
        OVERDUE,
        "0/0 0/0 0/0 0/0",
    ),
    (
        "T at S: no flows, the stock is what is carried over",
        {"received_at": "2-20", "due_at": "2-25"},
        {"as_of": m("3-2")},
        "carried_over " + OVERDUE,
        "0/0 0/0 0/1 0/0",
    ),
    (
        "T at the moment of receipt: not yet received",
        {"received_at": "3-4", "due_at": "3-4", "ended_at": "3-4"},
        {"as_of": m("3-4")},
        "",
        "0/0 0/0 0/0 0/0",
    ),
    (
        "T at the moment of the end: not yet ended",
        {"due_at": "3-4", "ended_at": "3-4"},
        {"as_of": m("3-4")},
        IN + "pending pending_in_time due_soon",
        "0/0 1/1 1/1 0/0",
    ),
    (
        "a bare date as T is its midnight",
        {"due_at": "3-4", "ended_at": "3-4"},
        {"as_of": date(2026, 3, 4)},
        IN + "pending pending_in_time due_soon",
        "0/0 1/1 1/1 0/0",
    ),
    (
        "T after E: ended late in between, so neither resolved nor pending",
        {"due_at": "3-10", "ended_at": "3-12"},
        {"as_of": m("3-20")},
        IN,
        "0/0 0/1 1/1 0/0",
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
    found = {definition: "{}/{}".format(*rate(definition, one, ask)) for definition in RATES}
    assert found == dict(zip(RATES, rates.split(), strict=True))


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
        (5, "working_day", "3-3 17:00"),  # 26/2, 27/2, 28/2 (worked), 2/3, 3/3
        (7, "day", "3-3 17:00"),
        (4, "day", "2-28 17:00"),  # a Saturday that is worked
        (13, "day", "3-10 17:00"),  # Monday 9/3 is a holiday
        (0, "day", "2-24 17:00"),
        (12, "hour", "2-26 14:00"),  # 7 on 24/2, 4 on 26/2 until noon, 1 more
        (1, "month", "3-24 17:00"),
    ],
)
def test_portal_due_from_the_limit(value: int, unit: str, due: str) -> None:
    # Received on Tuesday 24/2; 25/2 is a holiday.
    d = dossier(received_at="2-24 09:00", limit_value=value, limit_unit=unit)
    assert oracle.portal_due_at(d, CALENDAR) == m(due)


def test_a_limit_of_a_month_ends_with_a_short_month() -> None:
    d = dossier(received_at="1-31 09:00", limit_value=1, limit_unit="month")
    # The 28th is a Saturday: worked in the one calendar, not in the other.
    assert oracle.portal_due_at(d, CALENDAR) == m("2-28 17:00")
    assert oracle.portal_due_at(d) == m("3-2 17:00")


def test_suspended_and_second_request() -> None:
    d = dossier(
        due_at="3-4",
        pauses=(pause("supplement", "3-4"), pause("supplement", "3-3", "3-3 12:00")),
    )
    derived = oracle.derived(d)
    assert derived["judged_due_at"] is None
    assert derived["portal_due_at"] is None
    assert derived["portal_suspended"] is True
    assert derived["second_supplement_at"] == m("3-4")


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
    assert oracle.mean_working_days_late([late, same_day, overdue], WEEK, calendar) == 1.0
    assert oracle.mean_working_days_late([overdue, in_time], WEEK, calendar) is None


def test_groups() -> None:
    some = [
        dossier(
            due_at="3-4", ended_at="3-3", channel=None, channel_source="Quầy số 1", officer_id=7
        ),
        dossier(due_at="3-4", ended_at="3-5", unit_id=2, field_id=20),
        dossier(due_at="3-4", ended_at="3-11", unit_id=2, procedure_id=None, field_id=None),
    ]
    assert grouped("received", some, WEEK, "unit") == {1: 1, 2: 2}
    assert grouped("resolved", some, WEEK, "unit") == {1: 1, 2: 1}
    assert grouped("received", some, WEEK, "field") == {10: 1, 20: 1, None: 1}
    assert grouped("received", some, WEEK, "channel_class") == {None: 1, "direct": 2}
    assert grouped("received", some, WEEK, "channel") == {None: 2, "Quầy số 1": 1}
    assert grouped("received", some, WEEK, "officer") == {7: 1, None: 2}
    assert grouped_rate("form", some, WEEK, "unit") == {1: (1, 1), 2: (0, 1)}
    assert grouped_rate("form", some, WEEK, "procedure") == {1: (1, 2)}
    assert grouped_mean_working_days_late(some, WEEK, "unit") == {2: 1.0}


def test_series() -> None:
    ask = Ask(date(2026, 2, 25), date(2026, 3, 10), as_of=m("3-4"))
    some = [
        dossier(received_at="2-24", due_at="2-26", ended_at="2-27"),
        dossier(received_at="2-26", due_at="3-2", ended_at="3-3"),
        dossier(received_at="3-3", due_at="3-30", ended_at="3-5"),
    ]
    weeks = [date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 9)]
    months = [date(2026, 2, 1), date(2026, 3, 1)]

    def week(*values: object) -> dict[object, object]:
        return dict(zip(weeks, values, strict=True))

    assert grouped("received", some, ask, "week") == week(1, 1, 0)
    assert grouped("resolved", some, ask, "week") == week(1, 1, 0)
    assert grouped("carried_over", some, ask, "week") == week(1, 1, 0)
    # The third week lies after T: nothing flows, its stock is that of T.
    assert grouped("pending", some, ask, "week") == week(1, 1, 1)
    assert grouped_rate("form", some, ask, "week") == week((0, 1), (0, 1), (0, 0))
    assert grouped("received", some, ask, "month") == dict(zip(months, (1, 1), strict=True))
    assert grouped_rate("portal", some, ask, "month") == dict(
        zip(months, ((1, 1), (1, 1)), strict=True)
    )


# ------------------------------------------------------------------------- the identities

many = settings(deadline=None, max_examples=40)


def whole_at_end(case: Case) -> Ask:
    return replace(case.ask, as_of=None)


@many
@given(cases(as_of="within"))
def test_the_form_balances(case: Case) -> None:
    c = form_columns(case.dossiers, case.ask, CALENDAR)
    assert c["c3"] == c["c7"] + c["c11"]
    assert c["c7"] == c["c8"] + c["c9"] + c["c10"] + c["resolved_unclassified"]
    assert c["c11"] == c["c12"] + c["c13"] + c["pending_unclassified"]
    assert c["c4"] + c["c5"] == count("received", case.dossiers, case.ask)


@many
@given(cases(as_of="end"))
def test_what_is_carried_over_was_pending(case: Case) -> None:
    before = count("pending", case.dossiers, previous_period(case.ask))
    assert count("carried_over", case.dossiers, case.ask) == before


@many
@given(cases())
def test_lenient_is_never_below_form(case: Case) -> None:
    for compare in ("timestamp", "day"):
        ask = replace(case.ask, compare=compare)
        form, lenient = rate("form", case.dossiers, ask), rate("lenient", case.dossiers, ask)
        assert lenient[1] == form[1]
        assert lenient[0] >= form[0]


@many
@given(cases(as_of="within"))
def test_carried_is_a_subtraction_up_to_the_period_end(case: Case) -> None:
    ask = replace(case.ask, definition="carried")
    n = {
        f: count(f, case.dossiers, ask, CALENDAR)
        for f in ("received", "carried_over", "resolved_late", "pending_overdue")
    }
    base = n["received"] + n["carried_over"]
    expected = (base - n["resolved_late"] - n["pending_overdue"], base)
    assert rate("carried", case.dossiers, ask, CALENDAR) == expected


@many
@given(cases())
def test_by_day_is_never_stricter_than_by_timestamp(case: Case) -> None:
    by_day, by_timestamp = (replace(case.ask, compare=c) for c in ("day", "timestamp"))
    for figure in ("resolved_late", "pending_overdue"):
        for d in oracle.members(figure, case.dossiers, by_day):
            assert d in oracle.members(figure, case.dossiers, by_timestamp)


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
        for figure in ("received", "resolved", "resolved_early", "resolved_late", "returned"):
            parts = grouped(figure, case.dossiers, case.ask, key, CALENDAR)
            assert sum(parts.values()) == count(figure, case.dossiers, case.ask, CALENDAR)
        first, *_ = grouped("carried_over", case.dossiers, case.ask, key).values()
        *_, last = grouped("pending", case.dossiers, case.ask, key).values()
        assert first == count("carried_over", case.dossiers, case.ask)
        assert last == count("pending", case.dossiers, case.ask)


@many
@given(cases())
def test_groups_add_up(case: Case) -> None:
    for key in KEYS:
        for figure in FIGURES:
            parts = grouped(figure, case.dossiers, case.ask, key, CALENDAR)
            assert sum(parts.values()) == count(figure, case.dossiers, case.ask, CALENDAR)
        for definition in RATES:
            rates = grouped_rate(definition, case.dossiers, case.ask, key, CALENDAR).values()
            total = rate(definition, case.dossiers, case.ask, CALENDAR)
            assert (sum(r[0] for r in rates), sum(r[1] for r in rates)) == total


def as_known_at(d: RawDossier, t: datetime) -> RawDossier:
    """The dossier as its record stood when ``t`` came: later events have not happened."""
    ended = oracle.end(d)
    gone = ended is not None and ended < t
    return replace(
        d,
        ended_at=d.ended_at if gone else None,
        end_kind=d.end_kind if gone else None,
        pauses=tuple(
            replace(p, to_at=p.to_at if p.to_at is not None and p.to_at < t else None)
            for p in d.pauses
            if p.from_at < t
        ),
    )


@many
@given(cases())
def test_overdue_needs_no_hindsight(case: Case) -> None:
    """An old period asked again later gives the same overdue dossiers as it gave then."""
    t = oracle.moment_as_of(case.ask)
    for d in case.dossiers:
        if oracle.is_counted(d):
            for figure in ("pending", "pending_overdue", "pending_in_time", "waiting_supplement"):
                then = count(figure, [as_known_at(d, t)], case.ask)
                assert count(figure, [d], case.ask) == then


@many
@given(cases())
def test_a_pause_never_brings_the_due_date_forward(case: Case) -> None:
    for d in case.dossiers:
        reversed_ = replace(d, pauses=d.pauses[::-1])
        assert oracle.judged_due_at(d) == oracle.judged_due_at(reversed_)
        for due, judged in (
            (d.due_at, oracle.judged_due_at(d)),
            (d.due_original_at, oracle.judged_due_original_at(d)),
            (d.due_at, d.due_at and oracle.portal_due_at(d)),
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
            "portal suspended": oracle.portal_suspended(d, CALENDAR),
            "ends before received": oracle.ended_before_received(d),
            "portal due differs": d.due_at is not None and portal != judged,
            "second request": oracle.second_supplement_at(d) is not None,
            "due at midnight": d.due_at is not None and d.due_at.time() == datetime.min.time(),
        }
        found |= {edge for edge, happened in happens.items() if happened}
        expected.update(happens)
    return found


expected: set[str] = {*FIGURES, *(f"{definition} by day" for definition in RATES)}


def test_the_strategies_reach_every_figure_and_edge() -> None:
    seen = Counter(edge for case in random_cases(600, seed=1) for edge in met(case))
    assert {edge for edge in expected if seen[edge] < 5} == set()
