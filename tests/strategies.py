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
    Batch,
    RawApology,
    RawDossier,
    RawPause,
    acceptance_due_at,
    end,
    judged_due_at,
    judged_due_original_at,
    moment_as_of,
    next_minute,
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
        apologies=apologies(roll, moments, due, one_of(roll, (0, 0, 1, 2))),
        due_changed_at=None if due is None or roll(3) else near(roll, [*moments, *edges, last]),
    )


def apologies(
    roll: Roll, moments: Sequence[datetime], due: datetime | None, count: int
) -> tuple[RawApology, ...]:
    """So many apologies; most give the due date that is recorded."""
    return tuple(
        RawApology(near(roll, moments), one_of(roll, (due, due, None, near(roll, moments))))
        for _ in range(count)
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


def _local(day: int, hour: int, minute: int = 0, milliseconds: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute) + timedelta(milliseconds=milliseconds)


BATCHES = (
    Batch(1, 1, _local(1, 9), _local(1, 8, 30, 500)),
    Batch(2, 2, _local(2, 9), _local(1, 17)),
    Batch(3, 1, _local(4, 18), _local(4, 12)),
    Batch(4, 2, _local(5, 18), _local(5, 17, 0, 999)),  # source 2 says no more
    Batch(5, 1, _local(8, 7), None),
    Batch(6, 1, _local(15, 9), _local(14, 8)),
)
"""Imports of two sources. One does not tell its end; the second source ends before the first."""


def imported(count: int, seed: int) -> tuple[RawDossier, ...]:
    """So many dossiers as :data:`BATCHES` left them, each with its earlier versions."""
    roll = random.Random(seed).randrange
    ends = [moment for b in BATCHES if b.until for moment in (b.until, next_minute(b.until))]
    found: list[RawDossier] = []
    while len(found) < count:
        moments = pool(roll)
        if not roll(3):
            moments.append(one_of(roll, ends))
        for _ in range(4):
            first = dossier(roll, moments, len(found) + 1)
            found.append(_by_batches(roll, first, moments))
    return tuple(found[:count])


def _by_batches(roll: Roll, d: RawDossier, moments: Sequence[datetime]) -> RawDossier:
    """A dossier, first seen in one of its source's batches and amended in some later ones."""
    source = 1 + (not roll(3))
    numbers = [b.number for b in BATCHES if b.source_id == source]
    seen = numbers[one_of(roll, (0, 0, 0, 1, len(numbers) - 1)) :]
    versions = [replace(d, source_id=source, batch=seen[0])]
    for number in seen[1:]:
        if roll(2):
            versions.append(replace(_amended(roll, versions[-1], moments), batch=number))
    return replace(versions[-1], history=tuple(versions[:-1]))


def _amended(roll: Roll, d: RawDossier, moments: Sequence[datetime]) -> RawDossier:
    """What a later import may say of a dossier: events that came, and corrections."""
    for _ in range(one_of(roll, (1, 1, 2, 3))):
        d = one_of(roll, AMENDMENTS)(roll, d, [*moments, *moments_of(d)])
    if d.received_at and d.submitted_at and d.received_at < d.submitted_at:
        d = replace(d, received_at=d.submitted_at, submitted_at=d.received_at)
    return d


Amendment = Callable[[Roll, RawDossier, Sequence[datetime]], RawDossier]


def _extended(roll: Roll, d: RawDossier, moments: Sequence[datetime]) -> RawDossier:
    """A later due date: by the import alone, by its moment, by an apology, by both."""
    known = d.due_at or near(roll, moments)
    later = [moment for moment in moments if moment > known] or [known + timedelta(days=2)]
    due = near(roll, later)
    d = replace(d, due_original_at=d.due_original_at or d.due_at, due_at=due)
    how = roll(4)
    if how in (1, 3):
        d = replace(d, due_changed_at=near(roll, moments))
    if how in (2, 3):
        d = replace(d, apologies=(*d.apologies, RawApology(near(roll, moments), due)))
    return d


def _due_corrected(roll: Roll, d: RawDossier, moments: Sequence[datetime]) -> RawDossier:
    due = near_or_none(roll, moments, nones=3)
    return replace(d, due_at=due) if roll(3) else replace(d, due_original_at=due)


def _ended(roll: Roll, d: RawDossier, moments: Sequence[datetime]) -> RawDossier:
    if d.ended_at is not None and not roll(3):
        return replace(d, ended_at=None, end_kind=None)
    kinds = END_KINDS_UNRECEIVED if d.received_at is None else (*END_KINDS, "refused")
    return replace(d, ended_at=near(roll, moments), end_kind=one_of(roll, kinds))


def _paused(roll: Roll, d: RawDossier, moments: Sequence[datetime]) -> RawDossier:
    """An open pause is closed, one is taken away, or one begins."""
    kept = list(d.pauses)
    still_open = [n for n, p in enumerate(kept) if p.to_at is None]
    if still_open and roll(3):
        n = still_open[0]
        closed = max(kept[n].from_at, near(roll, moments))
        kept[n] = replace(kept[n], to_at=closed)
    elif kept and not roll(4):
        kept.pop(roll(len(kept)))
    else:
        kept.append(RawPause(one_of(roll, ("supplement", "finance")), near(roll, moments)))
    return replace(d, pauses=tuple(kept))


def _corrected(roll: Roll, d: RawDossier, moments: Sequence[datetime]) -> RawDossier:
    """What it is, whose it is, when it came."""
    which = roll(4)
    if which == 0:
        return replace(d, unit_id=one_of(roll, UNITS), officer_id=one_of(roll, OFFICERS))
    if which == 1:
        channel = one_of(roll, ("online", "direct", None))
        return replace(d, channel=channel, channel_source=one_of(roll, CHANNEL_SOURCES[channel]))
    if which == 2 or d.received_at is None:
        return replace(d, recorded_at=near(roll, moments))
    return replace(d, received_at=near(roll, moments))


def _apologised(roll: Roll, d: RawDossier, moments: Sequence[datetime]) -> RawDossier:
    return replace(d, apologies=(*d.apologies, *apologies(roll, moments, d.due_at, 1)))


AMENDMENTS: tuple[Amendment, ...] = (
    *(_extended, _extended, _extended, _ended, _ended, _paused, _paused),
    *(_due_corrected, _corrected, _apologised),
)


def with_later_events(
    roll: Roll, dossiers: Sequence[RawDossier], t: datetime, batch: Batch
) -> list[RawDossier]:
    """The same dossiers after one more import of their source, only of events since t."""

    def since() -> datetime:
        return t + timedelta(minutes=one_of(roll, (0, 0, 1, 600, 3000)))

    def after(d: RawDossier) -> RawDossier:
        event = roll(7)
        ended, due = end(d), d.due_at
        if event == 0 and ended is None:
            at = max(since(), d.received_at or t)
            return replace(d, ended_at=at, end_kind=one_of(roll, END_KINDS_UNRECEIVED))
        if event == 1 and due is not None:  # by this import alone
            return replace(d, due_at=due + timedelta(days=3))
        if event == 2 and due is not None:
            return replace(d, due_at=due + timedelta(days=3), due_changed_at=since())
        if event == 3 and due is not None:
            given = RawApology(since(), due + timedelta(days=3))
            return replace(d, due_at=given.new_due_at, apologies=(*d.apologies, given))
        if event == 4:
            opened = RawPause(one_of(roll, ("supplement", "other")), since())
            return replace(d, pauses=(*d.pauses, opened))
        if event == 5:
            closed = (p if p.to_at else replace(p, to_at=max(p.from_at, since())) for p in d.pauses)
            return replace(d, pauses=tuple(closed))
        return replace(d, apologies=(*d.apologies, RawApology(since())))

    earlier = [replace(d, history=()) for d in dossiers]
    return [
        d
        if d.source_id != batch.source_id or roll(3) == 0
        else replace(after(d), batch=batch.number, history=(*d.history, before))
        for d, before in zip(dossiers, earlier, strict=True)
    ]


def asked_at(roll: Roll, dossiers: Sequence[RawDossier]) -> Ask:
    """A question about imported dossiers: T within the data, K any, or all that is known."""
    few = [one_of(roll, dossiers) for _ in range(4)]
    ask = question(roll, few)
    last = next_minute(max(b.until for b in BATCHES if b.until))
    ends = [next_minute(b.until) for b in BATCHES if b.until]
    t = min(one_of(roll, [moment_as_of(ask)] * 4 + ends), last)
    finished = one_of(roll, BATCHES).finished_at
    k = one_of(roll, (None, None, None, finished, finished - timedelta(milliseconds=1)))
    if k is not None and k < BATCHES[0].finished_at:
        k = None
    return replace(ask, as_of=min(t, known_until(k)), known_at=k)


def known_until(k: datetime | None) -> datetime:
    """The latest T that what is known at K has an answer for."""
    told = [b.until for b in BATCHES if b.until and (k is None or b.finished_at <= k)]
    return next_minute(max(told))


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
