"""Hypothesis strategies: small sets of dossiers whose moments collide as often as possible.

Every moment comes from a pool of a few moments, each kept or moved by one millisecond, so that
"equal", "just before" and "just after" of a due date, an end, a pause, a period's edge and ``T``
all turn up within a handful of examples. The figures' edges live there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from hypothesis import strategies as st

from tests.oracle import (
    CALENDAR_DAY,
    HOUR,
    MONTH,
    WORKING_DAY,
    Ask,
    RawApology,
    RawDossier,
    RawPause,
    WorkCalendar,
)

FIRST_DAY = date(2026, 2, 20)  # a Friday; the days cross a week's, a month's and the Tết's edge
DAYS = 21
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
TIMES = (time(0), time(8), time(11, 30), time(12), time(17), time(23, 59, 59, 999000))
JITTER = (0, 0, 0, -1, 1)  # milliseconds

CALENDAR = WorkCalendar(
    holidays=frozenset({date(2026, 2, 20), date(2026, 2, 25), date(2026, 3, 9)}),
    worked=frozenset({date(2026, 2, 28)}),  # a Saturday
)
"""The calendar these cases are meant for; hand its holidays and worked day to the pipeline."""

PROCEDURES: dict[int, tuple[int, int | None, str | None]] = {
    1: (10, 5, WORKING_DAY),
    2: (10, None, None),
    3: (20, 7, CALENDAR_DAY),
    4: (20, 12, HOUR),
    5: (30, 1, MONTH),
}
"""procedure_id -> (field_id, limit_value, limit_unit)."""

UNITS = (1, 2, 3)
OFFICERS = (1, 2)


def grid_moments() -> st.SearchStrategy[datetime]:
    """A moment of the grid: one of 21 days at one of 6 times of day."""
    return st.builds(
        lambda day, at: datetime.combine(FIRST_DAY + timedelta(days=day), at),
        st.integers(0, DAYS - 1),
        st.sampled_from(TIMES),
    )


def pools() -> st.SearchStrategy[list[datetime]]:
    """The few moments that one case is made of."""
    return st.lists(grid_moments(), min_size=3, max_size=6, unique=True)


def near(pool: Sequence[datetime]) -> st.SearchStrategy[datetime]:
    """A moment of the pool, at times a millisecond off."""
    return st.builds(
        lambda moment, jitter: moment + timedelta(milliseconds=jitter),
        st.sampled_from(list(pool)),
        st.sampled_from(JITTER),
    )


@st.composite
def pauses(
    draw: st.DrawFn, pool: Sequence[datetime], edges: Sequence[datetime]
) -> tuple[RawPause, ...]:
    """Up to four pauses: overlapping, touching, empty, open, beginning at or after ``edges``."""
    found = []
    for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2, 3, 4)))):
        start = draw(near([*pool, *edges]))
        stop = draw(st.none() | near([*pool, *edges]) | near(pool))
        if stop is not None and stop < start:
            start, stop = stop, start
        kind = draw(st.sampled_from(("supplement", "supplement", "finance", "other")))
        found.append(RawPause(kind, start, stop))
    return tuple(found)


@st.composite
def dossiers(draw: st.DrawFn, pool: Sequence[datetime], dossier_id: int = 1) -> RawDossier:
    """One dossier, with any of the defects that real registers have.

    Kept sane, because no register can hold anything else: submitted by when it is received, a
    pause does not end before it begins, an end has a kind and no end has none.
    """
    received = draw(st.none() | near(pool) | near(pool) | near(pool))
    submitted = draw(near(pool) if received is None else st.none() | near(pool) | near(pool))
    if received is not None and submitted is not None and received < submitted:
        received, submitted = submitted, received

    due = draw(st.none() | near(pool) | near(pool) | near(pool))
    # Most dossiers were never re-dated.
    due_original = draw(st.just(due) | st.none() | near(pool))
    edges = [moment for moment in (due, due_original) if moment is not None]

    ended = draw(st.none() | near(pool) | near([*pool, *edges]))
    kinds = ("result", "result", "returned", "withdrawn", "refused", "stopped")
    if received is None:
        kinds = ("withdrawn", "refused", "returned")  # never received: no result

    procedure = draw(st.none() | st.sampled_from(sorted(PROCEDURES)))
    field, limit_value, limit_unit = (
        (None, None, None) if procedure is None else PROCEDURES[procedure]
    )
    return RawDossier(
        dossier_id=dossier_id,
        unit_id=draw(st.sampled_from(UNITS)),
        receiving_unit_id=draw(st.sampled_from(UNITS)),
        procedure_id=procedure,
        field_id=field,
        limit_value=limit_value,
        limit_unit=limit_unit,
        channel=draw(st.sampled_from(("online", "online", "direct", "postal", None))),
        officer_id=draw(st.none() | st.sampled_from(OFFICERS)),
        submitted_at=submitted,
        received_at=received,
        due_original_at=due_original,
        due_at=due,
        ended_at=ended,
        end_kind=None if ended is None else draw(st.sampled_from(kinds)),
        recorded_at=draw(st.none() | near([*pool, *edges])),
        pauses=draw(pauses(pool, edges)),
        apologies=tuple(
            RawApology(moment) for moment in draw(st.lists(near(pool), min_size=0, max_size=2))
        ),
    )


def moments_of(d: RawDossier) -> list[datetime]:
    """Every moment recorded of a dossier."""
    return [
        moment
        for moment in (
            d.submitted_at,
            d.received_at,
            d.due_original_at,
            d.due_at,
            d.ended_at,
            d.recorded_at,
            *(p.from_at for p in d.pauses),
            *(p.to_at for p in d.pauses),
            *(a.issued_at for a in d.apologies),
        )
        if moment is not None
    ]


@st.composite
def periods(draw: st.DrawFn, pool: Sequence[datetime]) -> tuple[date, date]:
    """First and last day: of the grid, biased to the days on which something happens."""
    days = st.sampled_from([moment.date() for moment in pool]) | st.dates(FIRST_DAY, LAST_DAY)
    first, last = sorted((draw(days), draw(days)))
    return first, last


@dataclass(frozen=True)
class Case:
    """A set of dossiers and one question about them."""

    dossiers: tuple[RawDossier, ...]
    ask: Ask


@st.composite
def cases(draw: st.DrawFn, max_size: int = 4, as_of: str = "any", definition: str = "form") -> Case:
    """Dossiers and a question.

    ``as_of``: ``end`` asks as of the period's end only; ``within`` asks as of a moment up to it;
    ``any`` also asks as of a moment after it or before the period.
    """
    pool = draw(pools())
    found = tuple(draw(dossiers(pool, n)) for n in range(1, draw(st.integers(1, max_size)) + 1))
    first, last = draw(periods(pool))
    edges = [moment for d in found for moment in moments_of(d)]
    midnights = [datetime.combine(day, time()) for day in (first, last + timedelta(days=1))]
    moment = None
    if as_of != "end":
        moment = draw(st.none() | near([*pool, *midnights]) | near([*edges, *midnights]))
        if as_of == "within" and moment is not None:
            moment = min(max(moment, midnights[0]), midnights[1])
    ask = Ask(
        first,
        last,
        as_of=moment,
        definition=definition,
        compare=draw(st.sampled_from((None, "timestamp", "day"))),
        due=draw(st.sampled_from(("current", "current", "original"))),
        within=draw(st.integers(0, 5)),
    )
    return Case(found, ask)


def previous_period(ask: Ask) -> Ask:
    """The day before the period, alone, as of its end: its stock is what ``ask`` carries over."""
    day = ask.first_day - timedelta(days=1)
    return replace(ask, first_day=day, last_day=day, as_of=None)
