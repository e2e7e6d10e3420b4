"""Cần chỉ đạo: a line's number is that of the rows it opens, and none is there for nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.ask import Ask
from metrics.core.contracts import SOURCE
from metrics.core.periods import Period, iso_week
from metrics.core.rows import rows
from metrics.core.thresholds import threshold
from metrics.dossiers.attention import Line, attention, stale_sources
from metrics.dossiers.catalogue import figure
from metrics.dossiers.review import Review, review, unit_table
from tests import oracle
from tests.frames import CLOCK, InMemory, facts_of, question, shifted
from tests.oracle import RawApology, RawDossier
from tests.strategies import CALENDAR, random_register
from tests.working_time import SESSIONS

WEEK = iso_week(2026, 10)  # Monday 2 to Sunday 8 March
NAMES = {1: "Phường Kiến Hưng", 2: "Phường Dương Nội", 3: "Phường Hà Đông"}
FIELDS = {10: "Đất đai", 20: "Hộ tịch", 30: "Xây dựng"}
NO_SOURCES = pl.DataFrame(schema=SOURCE)
TARGET = threshold("on_time_target", WEEK.last).value


def reviewed(facts: InMemory, ask: Ask, period: Period = WEEK) -> Review:
    return review(lambda _: facts, ask, period)


def lines_of(facts: InMemory, ask: Ask, period: Period = WEEK) -> list[Line]:
    return attention(reviewed(facts, ask, period), NAMES, FIELDS, NO_SOURCES)


# -- the counts agree ---------------------------------------------------------------------


def some_weeks(size: int, seed: int) -> list[RawDossier]:
    few = random_register(size, seed)
    moved = [(d, -7 * week) for week in range(6) for d in few]
    return [shifted(d, days, number) for number, (d, days) in enumerate(moved, start=1)]


@pytest.mark.parametrize("definition", oracle.RATES)
@pytest.mark.parametrize(("size", "seed"), [(12, 1), (30, 2), (60, 3)])
def test_a_lines_count_is_that_of_its_rows(definition: str, size: int, seed: int) -> None:
    dossiers = some_weeks(size, seed)
    facts = facts_of(dossiers)
    units = {d.dossier_id: d.unit_id for d in dossiers}
    moment = [None, datetime(2026, 3, 4, 12), datetime(2026, 3, 2)][seed % 3]
    asked = oracle.Ask(WEEK.first, WEEK.last, moment, definition, within=seed)
    ask = question(asked)
    answers = oracle.answers(dossiers, asked, CALENDAR)
    lines = lines_of(facts, ask)
    assert lines
    for line in lines:
        chosen = line.where.get("unit_id", [1, 2, 3])
        among = chosen if isinstance(chosen, list) else [chosen]
        assert line.count, line
        assert line.figure
        if line.figure == "unit_list":
            assert line.count == len(among)
            continue
        lazy = rows(facts, figure(line.figure), ask, line.where, line.part)
        opened = lazy.collect().to_native()
        assert opened.height == line.count, line
        wanted = [i for i in getattr(answers[line.figure], line.part) if units[i] in among]
        assert opened["dossier_id"].sort().to_list() == sorted(wanted), line
        assert set(line.where) <= {"unit_id"}


def test_units_past_the_allowed_number_are_all_named_and_no_other() -> None:
    dossiers = some_weeks(60, 3)
    found = reviewed(facts_of(dossiers), Ask(WEEK.first, WEEK.last, CLOCK))
    first = WEEK.first - timedelta(weeks=12)
    late = oracle.members("resolved_late", dossiers, oracle.Ask(first, WEEK.last), CALENDAR)
    counted = Counter(d.unit_id for d in late)
    allowed = threshold("late_allowed", WEEK.last).value
    wanted = sorted(unit for unit, n in counted.items() if n > allowed and unit)
    lines = [line for line in attention(found, NAMES, FIELDS, NO_SOURCES) if line.where]
    assert sorted(line.unit or 0 for line in lines if line.kind == "past_allowed") == wanted
    assert len(wanted) > 1


def test_units_below_target_are_all_named_and_no_other() -> None:
    for size, seed in ((12, 1), (30, 2), (60, 3)):
        found = reviewed(facts_of(some_weeks(size, seed)), Ask(WEEK.first, WEEK.last, CLOCK))
        # Only where all of the unknown on time would still be below.
        highest = (pl.col("on_time") + pl.col("unknown")) / (pl.col("judged") + pl.col("unknown"))
        below = unit_table(found).filter(highest < TARGET)["unit_id"].sort().to_list()
        named: list[int] = []
        for line in attention(found, NAMES, FIELDS, NO_SOURCES):
            if line.kind in ("below_target", "other_units"):
                units = line.where["unit_id"]
                named += units if isinstance(units, list) else [units]
        assert sorted(named) == below


def test_the_most_urgent_line_comes_first() -> None:
    lines = lines_of(facts_of(some_weeks(60, 3)), Ask(WEEK.first, WEEK.last, CLOCK))
    urgencies = [line.urgency for line in lines]
    assert urgencies == sorted(urgencies, reverse=True)


# -- nothing that needs no action ---------------------------------------------------------

NOON = datetime(2026, 3, 4, 12)
A_DAY = timedelta(days=1)


def good(number: int, **changed: Any) -> RawDossier:
    """Ended two days before it was due."""
    return replace(
        RawDossier(number, received_at=NOON - 9 * A_DAY, due_at=NOON + 2 * A_DAY, ended_at=NOON),
        **{"end_kind": "result", **changed},
    )


def late(number: int, **changed: Any) -> RawDossier:
    """Ended late, with an apology."""
    given_: dict[str, Any] = {
        "due_at": NOON - 2 * A_DAY,
        "apologies": (RawApology(NOON - A_DAY),),
        **changed,
    }
    return good(number, **given_)


def kinds(dossiers: list[RawDossier]) -> list[str]:
    facts = facts_of(replace(d, dossier_id=n) for n, d in enumerate(dossiers, start=1))
    return [line.kind for line in lines_of(facts, Ask(WEEK.first, WEEK.last, CLOCK))]


def test_no_dossiers_no_lines() -> None:
    assert kinds([]) == []


def test_all_well_no_lines() -> None:
    pending = RawDossier(1, received_at=NOON, due_at=NOON + 30 * A_DAY)
    unsure = RawDossier(1, received_at=NOON)
    accepted = good(1, channel="online", submitted_at=NOON - 9 * A_DAY)
    assert kinds([good(1), pending, unsure, accepted]) == []


def test_at_target_is_not_below_it() -> None:
    assert kinds([late(1), *[good(1)] * 49]) == []
    assert kinds([late(1), *[good(1)] * 48]) == ["other_units"]


@pytest.mark.parametrize(
    ("what", "line"),
    [
        (late(1), "other_units"),
        (late(1, apologies=()), "without_apology"),
        (RawDossier(1, received_at=NOON, due_at=NOON + 5 * A_DAY), "due_soon"),
        (RawDossier(1, channel="online", submitted_at=NOON - A_DAY), "not_accepted"),
        (RawDossier(1, received_at=NOON - 9 * A_DAY, due_at=NOON), "without_apology"),
    ],
)
def test_each_need_has_its_line(what: RawDossier, line: str) -> None:
    assert line in kinds([what, *[good(1)] * 48])


def test_the_fourth_late_dossier_in_the_window_is_one_too_many() -> None:
    """Even if the unit is on target this week: the window is 13 weeks, its first day included."""
    first = WEEK.first - timedelta(weeks=12)
    old = datetime.combine(first, datetime.min.time())
    edge = late(1, received_at=old - 9 * A_DAY, due_at=old - A_DAY, ended_at=old)
    before = replace(edge, ended_at=old - oracle.MILLISECOND)
    three = [late(1), late(1), edge]
    many = [good(1)] * 200
    assert kinds([*three, before, *many]) == []
    assert kinds([*three, edge, *many]) == ["past_allowed"]


def test_the_unclassified_are_not_late_and_have_a_line_of_their_own() -> None:
    """It read "dưới mục tiêu 98%", and its link called five dossiers without a due date late."""
    unknown = [good(1, due_at=None)] * 5
    facts = facts_of(replace(d, dossier_id=n) for n, d in enumerate([*unknown, good(1)], start=1))
    (line,) = lines_of(facts, Ask(WEEK.first, WEEK.last, CLOCK))
    assert (line.kind, line.count) == ("without_due_date", 5)
    assert (line.figure, line.part) == ("on_time", "unknown")


# -- weeks in a row -----------------------------------------------------------------------


def test_weeks_that_adjoin_make_a_streak_and_no_others() -> None:
    """Weeks 10, 9, 7 and 6: what lies beyond the week in which nothing ended is no part of it."""

    long_ago = NOON - timedelta(weeks=6)

    def ended(week: int) -> list[RawDossier]:
        by = timedelta(weeks=week)
        due, end = NOON - by, NOON - by + A_DAY
        bad = late(1, received_at=due - 9 * A_DAY, due_at=due, ended_at=end)
        fine = good(1, received_at=due - 9 * A_DAY, due_at=end, ended_at=due)
        return [replace(bad, apologies=(RawApology(due),)), *[fine] * 3]

    def urgency(weeks: list[int]) -> float:
        well = [good(1, received_at=long_ago, due_at=long_ago + A_DAY, ended_at=long_ago)]
        dossiers = [d for week in weeks for d in ended(week)] + well
        facts = facts_of(replace(d, dossier_id=n) for n, d in enumerate(dossiers, start=1))
        lines = lines_of(facts, Ask(WEEK.first, WEEK.last, CLOCK))
        return next(line.urgency for line in lines if line.kind in ("below_target", "other_units"))

    # One of four late: 0.92 too many of a week.
    assert urgency([0, 1, 2, 3]) == pytest.approx(100 + 0.92 + 4 * 0.92)
    assert urgency([0, 1, 3, 4]) == 45  # two in a row are no signal


def test_a_known_change_that_is_marked_is_no_signal_of_chance() -> None:
    """Twelve weeks on time, then six of forty late: said as chance's work or not, by the mark."""

    def week(ago: int, bad: int) -> list[RawDossier]:
        due = NOON - timedelta(weeks=ago)
        fine = good(1, received_at=due - 9 * A_DAY, due_at=due + A_DAY, ended_at=due)
        return [late(1, apologies=(RawApology(NOON),))] * bad + [fine] * (40 - bad)

    dossiers = [d for ago in range(12, 0, -1) for d in week(ago, 0)] + week(0, 6)
    facts = facts_of(replace(d, dossier_id=n) for n, d in enumerate(dossiers, start=1))
    found = reviewed(facts, Ask(WEEK.first, WEEK.last, CLOCK))
    unit = unit_table(found)["unit_id"][0]

    def said(anew: dict[int, dict[date, str]]) -> str:
        lines = attention(replace(found, anew=anew), NAMES, FIELDS, NO_SOURCES)
        return next(line.text for line in lines if line.kind == "below_target")

    assert "không phải ngẫu nhiên" in said({})
    assert "không phải ngẫu nhiên" in said({unit + 1: {date(2026, 2, 10): "Phần mềm mới"}})
    assert "ngẫu nhiên" not in said({unit: {date(2026, 2, 10): "Phần mềm mới"}})


# -- stale sources ------------------------------------------------------------------------


def sources(*rows_: tuple[datetime | None, int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            dict.fromkeys(SOURCE)
            | {"source_id": n, "name": f"nguồn {n}", "data_until": until}
            | {"fresh_within_hours": hours}
            for n, (until, hours) in enumerate(rows_, start=1)
        ],
        schema=SOURCE,
    )


def working_time(start: datetime, end: datetime) -> timedelta:
    """Working time between two moments, session by session."""
    found, day = timedelta(0), start.date()
    while day <= end.date():
        if CALENDAR.is_working(day):
            for opens, closes in SESSIONS:
                a = max(start, datetime.combine(day, opens))
                b = min(end, datetime.combine(day, closes))
                found += max(b - a, timedelta(0))
        day += oracle.DAY
    return found


moments = st.datetimes(datetime(2026, 2, 19), datetime(2026, 3, 12)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


@given(moments, moments, st.integers(0, 60))
def test_a_source_is_stale_when_its_working_hours_are_over(
    until: datetime, moment: datetime, hours: int
) -> None:
    found = stale_sources(sources((until, hours)), moment, CLOCK)
    behind = working_time(until, moment) if until < moment else timedelta(0)
    assert bool(found) == (behind > timedelta(hours=hours))
    for line in found:
        assert line.kind == "stale_source"
        assert line.figure is None, "it leads to the data screen"
        whole = behind // timedelta(hours=8)
        spoken = f"{whole} ngày" if whole else f"{behind // timedelta(hours=1)} giờ"
        assert f"chưa cập nhật {spoken} làm việc" in line.text


@pytest.mark.parametrize(
    ("until", "hours", "stale"),
    [
        (datetime(2026, 3, 4, 17), 8, False),  # to Thursday 17:00: 8 hours to the minute
        (datetime(2026, 3, 4, 16, 59), 8, True),
        (None, 8, False),  # nothing is known of it
        (datetime(2026, 3, 1), None, False),  # no freshness was agreed
        (datetime(2026, 3, 5, 17), 0, False),  # up to the very moment
        (datetime(2026, 3, 9), 0, False),  # its records reach beyond T
    ],
)
def test_stale_at_the_edges(until: datetime | None, hours: int | None, stale: bool) -> None:
    found = stale_sources(sources((until, hours)), datetime(2026, 3, 5, 17), CLOCK)
    assert bool(found) == stale


def test_only_the_stale_sources_are_named() -> None:
    fresh, old = datetime(2026, 3, 5, 16), datetime(2026, 3, 2, 8)
    lines = stale_sources(sources((fresh, 8), (old, 8)), datetime(2026, 3, 5, 17), CLOCK)
    assert [line.subject for line in lines] == ["Nguồn nguồn 2"]


# -- thresholds ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["on_time_target", "on_time_alarm", "late_allowed", "late_window_weeks"]
)
@pytest.mark.parametrize("day", [date(1970, 1, 1), date(2011, 6, 1), date(2099, 12, 31)])
def test_a_threshold_holds_on_every_day_of_the_calendar(key: str, day: date) -> None:
    """Records from before the software's time are reviewed by the same defaults."""
    assert threshold(key, day).value > 0
