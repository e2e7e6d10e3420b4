"""Strategies: small sets of dossiers whose moments collide as often as possible.

Every moment comes from a pool of a few moments, each kept or moved by one millisecond, so that
"equal", "just before" and "just after" of a due date, an end, a pause, a period's edge and ``T``
all turn up within a handful of examples. The figures' edges live there and nowhere else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from tests.oracle import (
    Ask,
    RawApology,
    RawDossier,
    RawPause,
    acceptance_due_at,
    judged_due_at,
    judged_due_original_at,
    portal_due_at,
)
from tests.working_time import CALENDAR_DAY, HOUR, MONTH, WORKING_DAY, WorkCalendar

Choice = TypeVar("Choice")

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
CHANNEL_SOURCES: dict[str | None, tuple[str | None, ...]] = {
    "online": ("Cổng dịch vụ công", "Ứng dụng di động"),
    "direct": ("Một cửa",),
    "postal": ("Bưu chính công ích", None),
    None: ("Khác", None),
}
"""channel -> what its source calls it."""
OFFICERS = (1, 2)


# Everything below is made by rolling dice: ``roll(n)`` is one of 0 … n − 1. Hypothesis rolls them
# when a failure should be shrunk, a seeded generator when many different cases matter more.
Roll = Callable[[int], int]


def one_of(roll: Roll, choices: Sequence[Choice]) -> Choice:
    """One of the choices; repeat one to make it likelier."""
    return choices[roll(len(choices))]


def near(roll: Roll, moments: Sequence[datetime]) -> datetime:
    """One of the moments, at times a millisecond off."""
    which, jitter = divmod(roll(len(moments) * len(JITTER)), len(JITTER))
    return moments[which] + timedelta(milliseconds=JITTER[jitter])


def near_or_none(roll: Roll, moments: Sequence[datetime], nones: int = 4) -> datetime | None:
    """As :func:`near`, but None once in ``nones`` times."""
    return None if roll(nones) == nones - 1 else near(roll, moments)


def pool(roll: Roll) -> list[datetime]:
    """The few moments that one case is made of: three days, and on each of them one to three."""
    days = [FIRST_DAY + timedelta(days=roll(DAYS)) for _ in range(3)]
    return [
        datetime.combine(day, one_of(roll, TIMES))
        for day in days
        for _ in range(one_of(roll, (1, 2, 3)))
    ]


def pauses(
    roll: Roll, moments: Sequence[datetime], edges: Sequence[datetime]
) -> tuple[RawPause, ...]:
    """Up to four pauses: overlapping, touching, empty, open, beginning at or after ``edges``."""
    found = []
    for _ in range(one_of(roll, (0, 0, 1, 1, 2, 3, 4))):
        start = near(roll, [*moments, *edges])
        stop = near_or_none(roll, [*moments, *edges])
        if stop is not None and stop < start:
            start, stop = stop, start
        kind = one_of(roll, ("supplement", "supplement", "finance", "other"))
        found.append(RawPause(kind, start, stop))
    return tuple(found)


END_KINDS = ("result", "result", "result", "returned", "withdrawn", "refused", "stopped")
END_KINDS_UNRECEIVED = ("withdrawn", "refused", "returned")  # never received: no result


def dossier(roll: Roll, moments: Sequence[datetime], dossier_id: int) -> RawDossier:
    """One dossier, with any of the defects that real registers have.

    Kept sane, because no register can hold anything else: submitted by when it is received, a
    pause does not end before it begins, an end has a kind and no end has none.
    """
    received = near_or_none(roll, moments, nones=6)
    submitted = near(roll, moments) if received is None else near_or_none(roll, moments)
    if received is not None and submitted is not None and received < submitted:
        received, submitted = submitted, received

    due = near_or_none(roll, moments, nones=5)
    # Most dossiers were never re-dated.
    due_original = one_of(roll, (due, due, near_or_none(roll, moments)))
    edges = [moment for moment in (due, due_original) if moment is not None]
    later_that_day = [moment + timedelta(hours=3) for moment in edges]
    ended = near_or_none(roll, [*moments, *edges, *later_that_day], nones=3)
    if ended is not None and received is not None and ended < received and roll(5):
        received, ended = ended, received  # one in five of these stays wrong
        submitted = None if submitted is None else min(submitted, received)
    last = max(x for x in (received, submitted, ended, *moments) if x is not None)
    kinds = END_KINDS if received is not None else END_KINDS_UNRECEIVED
    procedure = one_of(roll, (None, *PROCEDURES))
    field, limit_value, limit_unit = (
        (None, None, None) if procedure is None else PROCEDURES[procedure]
    )
    channel = one_of(roll, ("online", "online", "direct", "postal", None))
    return RawDossier(
        dossier_id=dossier_id,
        unit_id=one_of(roll, UNITS),
        receiving_unit_id=one_of(roll, UNITS),
        applicant_unit_id=one_of(roll, UNITS),
        procedure_id=procedure,
        field_id=field,
        limit_value=limit_value,
        limit_unit=limit_unit,
        channel=channel,
        channel_source=one_of(roll, CHANNEL_SOURCES[channel]),
        officer_id=one_of(roll, (None, *OFFICERS)),
        submitted_at=submitted,
        received_at=received,
        due_original_at=due_original,
        due_at=due,
        ended_at=ended,
        end_kind=None if ended is None else one_of(roll, kinds),
        # Entered after the end, as a rule.
        recorded_at=one_of(roll, (None, last, last, near(roll, [*moments, *edges]))),
        pauses=pauses(roll, moments, edges),
        apologies=tuple(RawApology(near(roll, moments)) for _ in range(one_of(roll, (0, 0, 1, 2)))),
    )


def some_dossiers(roll: Roll, count: int, first_id: int = 1) -> tuple[RawDossier, ...]:
    """Dossiers made of the same few moments."""
    moments = pool(roll)
    return tuple(dossier(roll, moments, first_id + n) for n in range(count))


def moments_of(d: RawDossier) -> list[datetime]:
    """Every moment of a dossier: recorded, or derived of what is recorded."""
    return [
        moment
        for moment in (
            d.submitted_at,
            d.received_at,
            d.due_original_at,
            d.due_at,
            d.ended_at,
            d.recorded_at,
            judged_due_at(d),
            judged_due_original_at(d),
            portal_due_at(d, CALENDAR),
            acceptance_due_at(d, CALENDAR),
            *(p.from_at for p in d.pauses),
            *(p.to_at for p in d.pauses),
            *(a.issued_at for a in d.apologies),
        )
        if moment is not None
    ]


def period(roll: Roll, moments: Sequence[datetime]) -> tuple[date, date]:
    """First and last day: one on which something happens, with up to two weeks around it."""
    day = one_of(roll, moments).date()
    before, after = (one_of(roll, (0, 0, 1, 2, 4, 7, 14)) for _ in "ba")
    return day - timedelta(days=before), day + timedelta(days=after)


@dataclass(frozen=True)
class Case:
    """A set of dossiers and one question about them."""

    dossiers: tuple[RawDossier, ...]
    ask: Ask


def question(
    roll: Roll, dossiers: Sequence[RawDossier], as_of: str = "any", definition: str = "form"
) -> Ask:
    """A question about these dossiers, with ``T`` where they have their events.

    ``as_of``: ``end`` asks as of the period's end only; ``within`` asks as of a moment from the
    period's start to its end; ``any`` also asks as of a moment before or after the period.
    """
    moments = [moment for d in dossiers for moment in moments_of(d)]
    first, last = period(roll, moments)
    midnights = [datetime.combine(day, time()) for day in (first, last + timedelta(days=1))]
    moment = None
    if as_of != "end" and roll(3):
        # The acceptance due date is the one edge that nothing else of a dossier falls on.
        acceptance = [x for d in dossiers if (x := acceptance_due_at(d, CALENDAR)) is not None]
        moment = near(roll, acceptance if acceptance and not roll(8) else [*moments, *midnights])
        if as_of == "within":
            moment = min(max(moment, midnights[0]), midnights[1])
    return Ask(
        first,
        last,
        as_of=moment,
        definition=definition,
        compare=one_of(roll, (None, "timestamp", "day")),
        due=one_of(roll, ("current", "current", "original")),
        within=roll(6),
    )


def case(roll: Roll, max_size: int = 4, as_of: str = "any", definition: str = "form") -> Case:
    """One to ``max_size`` dossiers, and a question about them (see :func:`question`)."""
    dossiers = some_dossiers(roll, 1 + roll(max_size))
    return Case(dossiers, question(roll, dossiers, as_of, definition))


@st.composite
def cases(draw: st.DrawFn, max_size: int = 4, as_of: str = "any", definition: str = "form") -> Case:
    """:func:`case` as a Hypothesis strategy: a failure shrinks to few, plain dossiers."""
    return case(lambda n: draw(st.integers(0, n - 1)), max_size, as_of, definition)


def random_cases(
    count: int, seed: int, max_size: int = 4, as_of: str = "any", definition: str = "form"
) -> list[Case]:
    """So many cases, the same ones for the same seed: for breadth, quickly."""
    roll = random.Random(seed).randrange
    return [case(roll, max_size, as_of, definition) for _ in range(count)]


def random_register(count: int, seed: int) -> tuple[RawDossier, ...]:
    """One set of so many dossiers with ids 1 … ``count``, to be loaded once and asked much.

    Neighbours of four share their moments. Ask with :func:`question` about any of them.
    """
    roll = random.Random(seed).randrange
    found: list[RawDossier] = []
    while len(found) < count:
        found += some_dossiers(roll, min(4, count - len(found)), first_id=len(found) + 1)
    return tuple(found)


def previous_period(ask: Ask) -> Ask:
    """The day before the period, alone, as of its end: its stock is what ``ask`` carries over."""
    day = ask.first_day - timedelta(days=1)
    return replace(ask, first_day=day, last_day=day, as_of=None)
