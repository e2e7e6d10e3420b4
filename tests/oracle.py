"""A second, naive implementation of docs/definitions.md, written from that page alone.

Plain Python, one dossier at a time, no data frames and no code shared with ``metrics/``:
where the two differ, one of them is wrong. Speed does not matter here; being easy to check
against the page does. Every section below names the section of the page that it follows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.working_time import (
    DAY,
    PLAIN,
    WorkCalendar,
    add_limit,
    instant,
    local,
)

__all__ = ["DAY", "PLAIN", "WorkCalendar"]

MILLISECOND = timedelta(milliseconds=1)
ALWAYS, NEVER = datetime.min, datetime(9999, 1, 1)

# --------------------------------------------------------------------------- raw records


@dataclass(frozen=True)
class Batch:
    """One import; ``until`` is the newest moment its records speak of (``u``), where told."""

    number: int = 1
    source_id: int = 1
    finished_at: datetime = ALWAYS
    until: datetime | None = None


@dataclass(frozen=True)
class RawPause:
    """A pause as recorded; ``to_at`` is None while it is open."""

    kind: str  # supplement | finance | other
    from_at: datetime
    to_at: datetime | None = None


@dataclass(frozen=True)
class RawApology:
    """An apology as recorded, with the due date it gives."""

    issued_at: datetime
    new_due_at: datetime | None = None


@dataclass(frozen=True)
class RawDossier:
    """A dossier as recorded. Moments are local, naive, to the millisecond."""

    dossier_id: int = 1
    unit_id: int | None = 1
    receiving_unit_id: int | None = 1
    applicant_unit_id: int | None = None
    procedure_id: int | None = 1
    field_id: int | None = 10  # the procedure's
    limit_value: int | None = None  # the procedure's
    limit_unit: str | None = None  # one of LIMIT_UNITS
    channel: str | None = "direct"  # direct | online | postal
    channel_source: str | None = None  # the channel in the source's own words
    officer_id: int | None = None
    submitted_at: datetime | None = None
    received_at: datetime | None = None
    due_original_at: datetime | None = None
    due_at: datetime | None = None
    due_changed_at: datetime | None = None  # when due_at was given
    ended_at: datetime | None = None
    end_kind: str | None = None  # result | returned | withdrawn | refused | stopped
    recorded_at: datetime | None = None
    pauses: tuple[RawPause, ...] = ()
    apologies: tuple[RawApology, ...] = ()
    source_id: int = 1
    batch: int = 1  # the number of the batch that left it so
    history: tuple[RawDossier, ...] = ()  # as earlier batches left it, the oldest first

    def __hash__(self) -> int:
        """Equal ones have equal numbers; much is remembered of a dossier, so this is quick."""
        return hash((self.dossier_id, self.batch))


def to_rows(dossiers: Iterable[RawDossier]) -> list[dict[str, object]]:
    """The raw values under the database's column names, so that others can load them.

    Moments stay local and naive. ``pauses`` and ``apologies`` are lists of dicts. The field and
    the limit belong to the procedure, not to the dossier, and come with :func:`procedure_rows`.
    """
    return [
        {
            "id": d.dossier_id,
            "code": f"H99.01-{(d.received_at or d.submitted_at or datetime(2026, 1, 1)):%y%m%d}"
            f"-{d.dossier_id:04d}",
            "unit_id": d.unit_id,
            "receiving_unit_id": d.receiving_unit_id,
            "applicant_unit_id": d.applicant_unit_id,
            "procedure_id": d.procedure_id,
            "channel": d.channel,
            "channel_source": d.channel_source,
            "officer_id": d.officer_id,
            "submitted_at": d.submitted_at,
            "received_at": d.received_at,
            "due_original_at": d.due_original_at,
            "due_at": d.due_at,
            "due_changed_at": d.due_changed_at,
            "ended_at": d.ended_at,
            "end_kind": d.end_kind,
            "recorded_at": d.recorded_at,
            "pauses": [{"kind": p.kind, "from_at": p.from_at, "to_at": p.to_at} for p in d.pauses],
            "apologies": [
                {"issued_at": a.issued_at, "new_due_at": a.new_due_at} for a in d.apologies
            ],
        }
        for d in dossiers
    ]


def procedure_rows(dossiers: Iterable[RawDossier]) -> list[dict[str, object]]:
    """The procedures those dossiers name: id, field_id, limit_value, limit_unit; by id."""
    rows: dict[int, dict[str, object]] = {}
    for d in dossiers:
        if d.procedure_id is None:
            continue
        row: dict[str, object] = {
            "id": d.procedure_id,
            "field_id": d.field_id,
            "limit_value": d.limit_value,
            "limit_unit": d.limit_unit,
        }
        if rows.setdefault(d.procedure_id, row) != row:
            raise ValueError(f"procedure {d.procedure_id} differs between dossiers")
    return [rows[key] for key in sorted(rows)]


# --------------------------------------------------------------------------- the question


@dataclass(frozen=True)
class Ask:
    """What is asked: a period, the moments to look from, and how to judge.

    ``as_of`` (T) None is the period's end; ``known_at`` (K) None is everything that is known, a
    number is after that batch; ``compare`` None is the definition's default.
    """

    first_day: date
    last_day: date
    as_of: datetime | date | None = None
    definition: str = "form"  # a key of RATES
    compare: str | None = None  # timestamp | day
    due: str = "current"  # current | original
    within: int = 3  # working days, for due_soon
    over: str = "classified"  # classified | all
    known_at: datetime | date | int | None = None


# ------------------------------------------------------ "Moments, periods, days"


class NoAnswerError(Exception):
    """T lies beyond the data."""


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def moment_as_of(ask: Ask) -> datetime:
    """``T``."""
    if ask.as_of is None:
        return midnight(ask.last_day + DAY)
    return ask.as_of if isinstance(ask.as_of, datetime) else midnight(ask.as_of)


def next_minute(moment: datetime) -> datetime:
    """The next whole minute after a moment: by then it has happened."""
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)


@lru_cache
def data_ends(batches: tuple[Batch, ...]) -> dict[int, datetime | None]:
    """``u`` of each source: the newest that one of its batches tells, None if none does."""
    found: dict[int, datetime | None] = {}
    for batch in batches:
        known = [u for u in (found.get(batch.source_id), batch.until) if u is not None]
        found[batch.source_id] = max(known, default=None)
    return found


def source_as_of(ask: Ask, source_id: int, batches: tuple[Batch, ...]) -> datetime:
    """``T_s``: a source that ends before ``T`` is judged as of its own end."""
    until = data_ends(batches).get(source_id)
    t = moment_as_of(ask)
    return t if until is None else min(t, next_minute(until))


def beyond_the_data(ask: Ask, batches: tuple[Batch, ...]) -> bool:
    ends = list(data_ends(batches).values())
    known = [u for u in ends if u is not None]
    return bool(known) and len(known) == len(ends) and moment_as_of(ask) > next_minute(max(known))


# ------------------------------------------- "The dossier as the figures see it"

ALL_KINDS = ("supplement", "finance", "other")
ACCEPTANCE = timedelta(hours=8)
Pauses = list[tuple[datetime, datetime | None]]


def known_moment(ask: Ask, batches: Iterable[Batch]) -> datetime | None:
    """``K``."""
    k = ask.known_at
    if isinstance(k, int):
        return next(b.finished_at for b in batches if b.number == k)
    if k is None or isinstance(k, datetime):
        return k
    return midnight(k + DAY) - MILLISECOND


def as_known(
    dossiers: Iterable[RawDossier], ask: Ask, batches: Sequence[Batch]
) -> tuple[list[RawDossier], tuple[Batch, ...]]:
    """What the records said at ``K``: each dossier as the last batch by then left it."""
    k = known_moment(ask, batches)
    if k is None:
        return list(dossiers), tuple(batches)
    then = tuple(b for b in batches if b.finished_at <= k)
    numbers = {b.number for b in then}
    found = []
    for d in dossiers:
        versions = [v for v in (*d.history, replace(d, history=())) if v.batch in numbers]
        if versions:
            found.append(replace(versions[-1], history=tuple(versions[:-1])))
    return found, then


def later(a: datetime | None, b: datetime | None) -> bool:
    """Both are known, and the first is later."""
    return a is not None and b is not None and a > b


def promised_at(d: RawDossier) -> datetime | None:
    """When its due date was promised, by the earliest apology that gives it."""
    return min((a.issued_at for a in d.apologies if a.new_due_at == d.due_at), default=None)


@lru_cache(maxsize=100_000)
def due_dates(
    d: RawDossier, batches: tuple[Batch, ...] = ()
) -> list[tuple[datetime, datetime | None]]:
    """(from when on, due date), batch by batch."""
    versions = (*d.history, d)
    first = versions[0]
    found = [(ALWAYS, first.due_at)]
    changed = first.due_changed_at or promised_at(first)
    if later(first.due_at, first.due_original_at) and changed is not None:
        found = [(ALWAYS, first.due_original_at), (changed, first.due_at)]
    for before, now in pairwise(versions):
        if now.due_at == before.due_at:
            continue
        moment = _extended_at(before, now, batches) if later(now.due_at, before.due_at) else None
        last, _ = found[-1]
        if moment is None:  # a correction
            found[-1] = last, now.due_at
        else:
            found.append((max(moment, last), now.due_at))
    return found


def _extended_at(before: RawDossier, now: RawDossier, batches: Sequence[Batch]) -> datetime | None:
    if now.due_changed_at is not None and now.due_changed_at != before.due_changed_at:
        return now.due_changed_at
    promised = promised_at(now)
    if promised is not None:
        return promised
    order = {b.number: (b.finished_at, b.number) for b in batches}
    told = [
        b.until
        for b in batches
        if b.source_id == now.source_id
        and b.until is not None
        and order[b.number] < order[now.batch]
    ]
    return next_minute(max(told)) if told else None


def end(d: RawDossier) -> datetime | None:
    if d.ended_at is None or d.received_at is None:
        return d.ended_at
    return max(d.ended_at, d.received_at)


def ended_before_received(d: RawDossier) -> bool:
    """Not where the end names but a day, and that of the receipt: its hour is unknown."""
    if d.received_at is None or d.ended_at is None:
        return False
    only_day = d.ended_at.time() == time() and d.ended_at.date() == d.received_at.date()
    return later(d.received_at, d.ended_at) and not only_day


def merged_pauses(d: RawDossier, kinds: Sequence[str], t: datetime = NEVER) -> Pauses:
    """Its pauses of these kinds at ``t``, in order, overlapping or touching ones merged."""
    ended = end(d)
    merged: Pauses = []
    for pause in sorted(d.pauses, key=lambda p: p.from_at):
        if pause.kind not in kinds or pause.from_at >= t:
            continue
        start, stop = pause.from_at, pause.to_at
        if stop is None or stop >= t:
            # Open at t. Begun after the end, it closes where it began.
            stop = max(start, ended) if ended is not None and ended < t else None
        if merged and (merged[-1][1] is None or start <= merged[-1][1]):
            start, before = merged.pop()
            stop = None if before is None or stop is None else max(before, stop)
        merged.append((start, stop))
    return merged


def renewed(d: RawDossier, pauses: Pauses, calendar: WorkCalendar) -> dict[datetime, datetime]:
    """Of merged pauses that start the limit anew: when they begin, the limit from their end."""
    asked = [p.from_at for p in d.pauses if p.kind == "supplement"]
    found = {}
    for start, stop in pauses:
        if stop is None or d.limit_value is None:
            continue
        if any(start <= at <= stop and calendar.is_anew(at.date()) for at in asked):
            assert d.limit_unit is not None
            found[start] = add_limit(stop, d.limit_value, d.limit_unit, calendar)
    return found


class Judged:
    """A due date after pauses: ``J``. Moments are compared in UTC, days are local days."""

    def __init__(
        self,
        due: datetime | None,
        pauses: Pauses,
        by_day: bool = False,
        zone: ZoneInfo | None = None,
        anew: Mapping[datetime, datetime] | None = None,
    ) -> None:
        self.known = due is not None
        self.zone, self.by_day, self.due, self.suspended = zone, by_day, due, False
        self.at: datetime | None = None if due is None else self.moment(due)
        self.ignored: Pauses = []  # begun after J
        for start, stop in pauses:
            if self.at is None:
                break
            if self.moment(start) > self.at:
                self.ignored.append((start, stop))
            elif stop is None:
                self.at, self.suspended = None, True
            elif anew and start in anew:
                self.at = max(self.at, self.moment(anew[start]))
            else:
                self.at += self.moment(stop) - self.moment(start)

    def moment(self, x: datetime) -> datetime:
        """What is compared: by day the day (its 00:00), else the moment in UTC."""
        return midnight(x.date()) if self.by_day else instant(x, self.zone)

    @property
    def day(self) -> date:
        assert self.at is not None
        return self.at.date() if self.by_day else local(self.at, self.zone).date()

    # "Comparing an end with a due date"

    def passed_by(self, moment: datetime) -> bool:
        """The moment is later than ``J``: what ends then is late, what is pending is overdue."""
        return self.at is not None and self.moment(moment) > self.at

    def early(self, ended: datetime) -> bool:
        """Of what ended in time: early, not on the day."""
        assert self.at is not None
        assert self.due is not None
        if self.by_day:
            return ended.date() < self.day
        moved = self.at - self.moment(self.due)
        return local(self.moment(ended) - moved, self.zone).date() < self.due.date()


def due_date(d: RawDossier, t: datetime, batches: tuple[Batch, ...] = ()) -> datetime | None:
    """The due date in force at ``t``, or at the end if the dossier ended before."""
    ended = end(d)
    until = ended if ended is not None and ended < t else t
    return [due for since, due in due_dates(d, batches) if since < until or since == ALWAYS][-1]


@lru_cache(maxsize=100_000)
def by_the_limit(d: RawDossier, calendar: WorkCalendar) -> datetime | None:
    """The due date by the procedure's time limit."""
    if d.received_at is None or d.limit_value is None:
        return None
    assert d.limit_unit is not None
    return add_limit(d.received_at, d.limit_value, d.limit_unit, calendar)


def supplement_at(d: RawDossier) -> datetime | None:
    """The start of the first supplement pause."""
    return min((p.from_at for p in d.pauses if p.kind == "supplement"), default=None)


def supplement_wd(d: RawDossier, calendar: WorkCalendar) -> int | None:
    """How many working days after the receipt that was."""
    first = supplement_at(d)
    if first is None or d.received_at is None:
        return None
    return calendar.working_days(d.received_at.date(), first.date())


def second_supplement_at(d: RawDossier) -> datetime | None:
    """The start of the second supplement pause as recorded (overlapping ones count apart)."""
    starts = sorted(p.from_at for p in d.pauses if p.kind == "supplement")
    return starts[1] if len(starts) >= 2 else None


@lru_cache(maxsize=100_000)
def acceptance_due_at(d: RawDossier, calendar: WorkCalendar = PLAIN) -> datetime | None:
    if d.channel != "online" or d.submitted_at is None:
        return None
    return calendar.add_working_time(d.submitted_at, ACCEPTANCE)


class Look:
    """One dossier as one question sees it, as it stood at ``T``. The letters are the page's."""

    def __init__(
        self,
        d: RawDossier,
        ask: Ask,
        calendar: WorkCalendar = PLAIN,
        batches: tuple[Batch, ...] = (),
    ) -> None:
        self.d = d
        self.ask = ask
        self.told: dict[Callable[[Look], bool], bool] = {}
        self.calendar = calendar
        self.S = midnight(ask.first_day)
        self.T = source_as_of(ask, d.source_id, batches)
        self.E = min(midnight(ask.last_day + DAY), self.T)  # E'
        self.as_of_day = (self.T - MILLISECOND).date()
        self.compare = ask.compare or ("day" if ask.definition == "lenient" else "timestamp")
        ended = end(d)
        self.end = ended if self.happened(ended) else None
        refused = d.end_kind == "refused" and (d.ended_at is None or d.ended_at < self.T)
        self.refused = refused
        self.counted = d.received_at is not None and not refused
        self.due = due_date(d, self.T, batches)
        start = {"current": self.due, "original": d.due_original_at}[ask.due]
        pauses = merged_pauses(d, ALL_KINDS, self.T)
        self.J = self.judged(start, pauses, renewed(d, pauses, calendar))

    def judged(
        self,
        due: datetime | None,
        pauses: Pauses,
        anew: Mapping[datetime, datetime] | None = None,
    ) -> Judged:
        return Judged(due, pauses, self.compare == "day", self.calendar.zone, anew)

    @cached_property
    def portal(self) -> Judged:
        due = self.due
        supplements = merged_pauses(self.d, ["supplement"], self.T)
        return self.judged(due or by_the_limit(self.d, self.calendar), supplements)

    @property
    def classified(self) -> bool:
        return self.J.known

    def in_period(self, moment: datetime | None) -> bool:
        return moment is not None and self.S <= moment < self.E

    def happened(self, moment: datetime | None) -> bool:
        """Something has happened as of T if its moment is before T."""
        return moment is not None and moment < self.T

    def in_time(self, j: Judged) -> bool:
        """It has ended, and in time against this due date."""
        return j.known and self.end is not None and not j.passed_by(self.end)

    def overdue(self, j: Judged) -> bool:
        """If it is pending: by timestamp if J < T, by day if J < day(T)."""
        return j.passed_by(self.T)


# --------------------------------------------------------------------------- "Flows and stocks"

Condition = Callable[[Look], bool]
FIGURES: dict[str, Condition] = {}
"""Figures that are a number of dossiers."""


def once(condition: Condition) -> Condition:
    """A condition that is asked of a look once."""

    def asked(x: Look) -> bool:
        answer = x.told.get(condition)
        if answer is None:
            answer = x.told[condition] = condition(x)
        return answer

    return asked


def figure(condition: Condition) -> Condition:
    return FIGURES.setdefault(condition.__name__, once(condition))


@figure
def received(x: Look) -> bool:
    return x.counted and x.in_period(x.d.received_at)


@figure
def received_online(x: Look) -> bool:
    return received(x) and x.d.channel == "online"


@figure
def received_offline(x: Look) -> bool:
    return received(x) and x.d.channel != "online"


@figure
def carried_over(x: Look) -> bool:
    if not x.counted or x.T < x.S:
        return False
    assert x.d.received_at is not None
    return x.d.received_at < x.S and (x.end is None or x.end >= x.S)


@once
def to_be_resolved(x: Look) -> bool:
    """Phải giải quyết."""
    return received(x) or carried_over(x)


@figure
def resolved(x: Look) -> bool:
    return x.counted and x.in_period(x.end)


@once
def resolved_in_time(x: Look) -> bool:
    return resolved(x) and x.in_time(x.J)


@figure
def resolved_early(x: Look) -> bool:
    return resolved_in_time(x) and x.end is not None and x.J.early(x.end)


@figure
def resolved_on_day(x: Look) -> bool:
    return resolved_in_time(x) and not resolved_early(x)


@figure
def resolved_late(x: Look) -> bool:
    return resolved(x) and x.classified and not x.in_time(x.J)


@figure
def resolved_unclassified(x: Look) -> bool:
    return resolved(x) and not x.classified


@figure
def returned(x: Look) -> bool:
    return resolved(x) and x.d.end_kind == "returned"


@figure
def withdrawn(x: Look) -> bool:
    return resolved(x) and x.d.end_kind == "withdrawn"


@figure
def stopped(x: Look) -> bool:
    return resolved(x) and x.d.end_kind == "stopped"


@figure
def pending(x: Look) -> bool:
    return x.counted and x.happened(x.d.received_at) and x.end is None


@figure
def pending_overdue(x: Look) -> bool:
    return pending(x) and x.classified and x.overdue(x.J)


@figure
def pending_in_time(x: Look) -> bool:
    return pending(x) and x.classified and not x.overdue(x.J)


@figure
def pending_unclassified(x: Look) -> bool:
    return pending(x) and not x.classified


def _waiting(x: Look, kind: str) -> bool:
    return pending(x) and any(
        p.kind == kind and p.from_at < x.T and (p.to_at is None or p.to_at >= x.T)
        for p in x.d.pauses
    )


@figure
def waiting_supplement(x: Look) -> bool:
    return _waiting(x, "supplement")


@figure
def waiting_finance(x: Look) -> bool:
    return _waiting(x, "finance")


@figure
def late(x: Look) -> bool:
    return resolved_late(x) or pending_overdue(x)


@figure
def late_without_apology(x: Look) -> bool:
    return late(x) and not any(x.happened(a.issued_at) for a in x.d.apologies)


@figure
def due_soon(x: Look) -> bool:
    if not pending_in_time(x) or x.J.suspended:
        return False
    return x.calendar.working_days(x.as_of_day, x.J.day) <= x.ask.within


@figure
def accepted_late(x: Look) -> bool:
    if not received(x) or ended_before_received(x.d):
        return False
    return later(x.d.received_at, acceptance_due_at(x.d, x.calendar))


@figure
def acceptance_overdue(x: Look) -> bool:
    if x.happened(x.d.received_at) or x.end is not None or x.refused:
        return False
    return x.happened(acceptance_due_at(x.d, x.calendar))


@figure
def late_entry(x: Look) -> bool:
    recorded = x.d.recorded_at
    return resolved_in_time(x) and recorded is not None and x.J.passed_by(recorded)


@figure
def re_dated(x: Look) -> bool:
    return (resolved(x) or pending(x)) and later(x.due, x.d.due_original_at)


# ------------------------------------------------------- "Six rates of being on time"


def _portal_unknown(x: Look) -> bool:
    return received(x) and not x.portal.known and not (pending(x) and _asked_twice(x))


def _asked_twice(x: Look) -> bool:
    return x.happened(second_supplement_at(x.d))


def _portal_on_time(x: Look) -> bool:
    if pending(x):
        return (x.portal.known and not x.overdue(x.portal)) and not _asked_twice(x)
    return x.in_time(x.portal)


def _forgiven(x: Look) -> bool:
    return x.d.end_kind in ("returned", "withdrawn")


@once
def fell_due(x: Look) -> bool:
    if not x.counted or not x.happened(x.d.received_at) or x.J.at is None:
        return False
    return x.J.moment(x.S) <= x.J.at < x.J.moment(x.E)


def _received_classified(x: Look) -> bool:
    return received(x) and x.classified


@dataclass(frozen=True)
class Rate:
    """Three sets; the numerator is looked for within the denominator."""

    denominator: Condition
    in_time: Condition
    unknown: Condition

    def numerator(self, x: Look) -> bool:
        return self.denominator(x) and self.in_time(x)


RATES: dict[str, Rate] = {
    "form": Rate(
        lambda x: resolved(x) and x.classified,
        lambda x: resolved_early(x) or resolved_on_day(x),
        resolved_unclassified,
    ),
    "portal": Rate(
        lambda x: received(x) and not _portal_unknown(x), _portal_on_time, _portal_unknown
    ),
    "carried": Rate(
        lambda x: to_be_resolved(x) and x.classified,
        lambda x: not late(x),
        lambda x: to_be_resolved(x) and not x.classified,
    ),
    "lenient": Rate(
        lambda x: resolved(x) and (x.classified or _forgiven(x)),
        lambda x: x.in_time(x.J) or _forgiven(x),
        lambda x: resolved_unclassified(x) and not _forgiven(x),
    ),
    "fell_due": Rate(
        fell_due, lambda x: x.in_time(x.J), lambda x: to_be_resolved(x) and not x.classified
    ),
    "received": Rate(
        _received_classified,
        lambda x: x.in_time(x.J),
        lambda x: received(x) and not x.classified,
    ),
}


def on_time(x: Look) -> bool:
    return RATES[x.ask.definition].numerator(x)


def on_time_unknown(x: Look) -> bool:
    return RATES[x.ask.definition].unknown(x)


def on_time_base(x: Look) -> bool:
    """What stands below the line of the rate that is asked for."""
    base = RATES[x.ask.definition].denominator(x)
    return base or (x.ask.over == "all" and on_time_unknown(x))


def not_on_time(x: Look) -> bool:
    return RATES[x.ask.definition].denominator(x) and not on_time(x)


FIGURES["not_on_time"] = not_on_time


def verdict(n: int, d: int, x: int, threshold: str) -> str | None:
    """``met``, ``missed`` or ``not assessable``, whatever the unknown may turn out to be."""
    if d + x == 0:
        return None
    if Fraction(n, d + x) >= Fraction(threshold):
        return "met"
    return "missed" if Fraction(n + x, d + x) < Fraction(threshold) else "not assessable"


RATIOS: dict[str, tuple[Condition, Condition]] = {
    "on_time": (on_time, on_time_base),
    "online_share": (received_online, received),
    "mean_working_days_late": (resolved_late, resolved_late),
}
"""Figures that are a quotient: which dossiers the numerator and the denominator are made of.

The numerator of a mean sums its days over them; otherwise both are numbers of dossiers.
"""


# --------------------------------------------------------------------------- asking


def looks(dossiers: Iterable[RawDossier], ask: Ask, *world: Any) -> list[Look]:
    """Every dossier as the question sees it; ``world``: the calendar, the batches.

    :raises NoAnswerError: T lies beyond the data.
    """
    calendar: WorkCalendar = world[0] if world else PLAIN
    batches: Sequence[Batch] = world[1] if world[1:] else ()
    known, then = as_known(dossiers, ask, batches)
    if beyond_the_data(ask, then):
        raise NoAnswerError(moment_as_of(ask))
    return [Look(d, ask, calendar, then) for d in known]


def members(figure: str, dossiers: Iterable[RawDossier], ask: Ask, *world: Any) -> list[RawDossier]:
    """The dossiers a figure counts: what a click on the number must list."""
    return [x.d for x in looks(dossiers, ask, *world) if FIGURES[figure](x)]


def count(figure: str, dossiers: Iterable[RawDossier], ask: Ask, *world: Any) -> int:
    return len(members(figure, dossiers, ask, *world))


def rate(
    definition: str, dossiers: Iterable[RawDossier], ask: Ask, *world: Any
) -> tuple[int, int, int]:
    """(numerator, denominator, unknown) of ``on_time``, whatever ``ask`` names."""
    found = looks(dossiers, replace(ask, definition=definition), *world)
    r = RATES[definition]
    n, d = sum(map(r.numerator, found)), sum(map(r.denominator, found))
    return n, d, sum(map(r.unknown, found))


@dataclass(frozen=True)
class Answer:
    """What a figure counts: dossier_id -> what it adds (1, or a mean's days)."""

    numerator: dict[int, int]
    denominator: dict[int, int] | None = None  # None: the figure is a number of dossiers
    unknown: dict[int, int] | None = None  # of on_time


def answers(dossiers: Iterable[RawDossier], ask: Ask, *world: Any) -> dict[str, Answer]:
    """Every figure's answer to one question."""
    seen = looks(dossiers, ask, *world)

    def counted(condition: Condition) -> dict[int, int]:
        return {x.d.dossier_id: 1 for x in seen if condition(x)}

    found = {figure: Answer(counted(condition)) for figure, condition in FIGURES.items()}
    for figure, (above, below) in RATIOS.items():
        found[figure] = Answer(counted(above), counted(below))
    found["on_time"] = replace(found["on_time"], unknown=counted(on_time_unknown))
    days = {x.d.dossier_id: days for x in seen if (days := lateness(x)[1]) is not None}
    mean = found["mean_working_days_late"].numerator
    mean.update((key, days[key]) for key in mean)
    return found


# --------------------------------------------------------------------------- "Lateness in days"


def lateness(x: Look) -> tuple[int | None, int | None]:
    """Calendar days and working days late; None when it is not late."""
    if not late(x):
        return None, None
    until = x.as_of_day if x.end is None else x.end.date()
    wd = x.calendar.working_days
    working = wd(x.J.day, until)
    for start, stop in x.J.ignored:
        first = min(start.date(), until)
        working -= wd(first, until if stop is None else min(stop.date(), until))
    return (until - x.J.day).days, working


def days_late(d: RawDossier, ask: Ask, *world: Any) -> int | None:
    return lateness(Look(d, ask, *world))[0]


def working_days_late(d: RawDossier, ask: Ask, *world: Any) -> int | None:
    return lateness(Look(d, ask, *world))[1]


# --------------------------------------------------------------------------- "Groups"

KEYS: dict[str, Callable[[RawDossier], Hashable]] = {
    "unit": lambda d: d.unit_id,
    "receiving_unit": lambda d: d.receiving_unit_id,
    "applicant_unit": lambda d: d.applicant_unit_id,
    "field": lambda d: d.field_id,
    "procedure": lambda d: d.procedure_id,
    "channel": lambda d: d.channel_source,
    "channel_class": lambda d: d.channel,
    "officer": lambda d: d.officer_id,
}
SERIES = ("week", "month")
Cell = tuple[int, int | None, int | None]


def pieces(ask: Ask, key: str) -> list[tuple[date, Ask | None]]:
    """The weeks or months of a period, cut to it, each as of ``min(its end, T)``.

    Keyed by the Monday or the 1st, even where the piece itself begins later; None instead of a
    question where it begins at or after ``T``.
    """
    days: dict[date, list[date]] = {}
    day, t = ask.first_day, moment_as_of(ask)
    while day <= ask.last_day:
        start = day - timedelta(days=day.weekday()) if key == "week" else day.replace(day=1)
        days.setdefault(start, []).append(day)
        day += DAY
    found: list[tuple[date, Ask | None]] = []
    for start, (first, *_, last) in ((s, (d[0], *d)) for s, d in days.items()):
        as_of = min(midnight(last + DAY), t)
        piece = replace(ask, first_day=first, last_day=last, as_of=as_of)
        found.append((start, piece if midnight(first) < t else None))
    return found


def cell(answer: Answer, ids: Iterable[int]) -> Cell:
    """An answer summed over some dossiers: numerator, denominator, unknown."""
    chosen = list(ids)
    n, d, x = (
        None if part is None else sum(part.get(i, 0) for i in chosen)
        for part in (answer.numerator, answer.denominator, answer.unknown)
    )
    assert n is not None
    return n, d, x


def grouped(
    figure: str, dossiers: Sequence[RawDossier], ask: Ask, key: str, *world: Any
) -> dict[Hashable, Cell | None]:
    """A figure by group, without groups of 0; of weeks and months all are there."""
    if key in SERIES:
        ids = [d.dossier_id for d in dossiers]
        return {
            start: cell(answers(dossiers, piece, *world)[figure], ids) if piece else None
            for start, piece in pieces(ask, key)
        }
    answer = answers(dossiers, ask, *world)[figure]
    ids_of: dict[Hashable, list[int]] = {}
    for x in looks(dossiers, ask, *world):
        ids_of.setdefault(KEYS[key](x.d), []).append(x.d.dossier_id)
    cells = {group: cell(answer, ids) for group, ids in ids_of.items()}
    return {group: found for group, found in cells.items() if any(found)}


# ------------------------------------------------ what others derive of a dossier, by now


def _due_by_now(d: RawDossier) -> datetime | None:
    return due_date(d, NEVER)


def _judged(
    d: RawDossier, due: datetime | None, calendar: WorkCalendar, by_day: bool = False
) -> datetime | None:
    pauses = merged_pauses(d, ALL_KINDS)
    return Judged(due, pauses, by_day, anew=renewed(d, pauses, calendar)).at


def judged_due_at(d: RawDossier, calendar: WorkCalendar = PLAIN) -> datetime | None:
    return _judged(d, _due_by_now(d), calendar)


def judged_due_original_at(d: RawDossier, calendar: WorkCalendar = PLAIN) -> datetime | None:
    return _judged(d, d.due_original_at, calendar)


@lru_cache(maxsize=100_000)
def _portal(d: RawDossier, calendar: WorkCalendar) -> Judged:
    due = _due_by_now(d) or by_the_limit(d, calendar)
    return Judged(due, merged_pauses(d, ["supplement"]))


def portal_due_at(d: RawDossier, calendar: WorkCalendar = PLAIN) -> datetime | None:
    return _portal(d, calendar).at


def apology_at(d: RawDossier) -> datetime | None:
    return min((a.issued_at for a in d.apologies), default=None)


def derived(d: RawDossier, calendar: WorkCalendar = PLAIN) -> dict[str, object]:
    """Everything derived of one dossier, under the column names of metrics/core/contracts.py.

    Working-day ordinals are left out: their origin is free, only differences are defined.
    """
    judged, ended = judged_due_at(d, calendar), end(d)
    by_day = _judged(d, _due_by_now(d), calendar, by_day=True)
    return {
        "dossier_id": d.dossier_id,
        "ended_at": ended,
        "judged_due_at": judged,
        "judged_due_original_at": judged_due_original_at(d, calendar),
        "portal_due_at": portal_due_at(d, calendar),
        "portal_suspended": _portal(d, calendar).suspended,
        "supplement_at": supplement_at(d),
        "supplement_wd": supplement_wd(d, calendar),
        "second_supplement_at": second_supplement_at(d),
        "acceptance_due_at": acceptance_due_at(d, calendar),
        "apology_at": apology_at(d),
        "apologies": len(d.apologies),
        "received_day": None if d.received_at is None else d.received_at.date(),
        "ended_day": None if ended is None else ended.date(),
        "judged_due_day": None if by_day is None else by_day.date(),
        "ended_before_received": ended_before_received(d),
    }
