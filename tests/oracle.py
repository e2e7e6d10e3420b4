"""A second, naive implementation of docs/definitions.md, written from that page alone.

Plain Python, one dossier at a time, no data frames and no code shared with ``metrics/``:
where the two differ, one of them is wrong. Speed does not matter here; being easy to check
against the page does. Every section below names the section of the page that it follows.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)

# --------------------------------------------------------------------------- raw records


@dataclass(frozen=True)
class RawPause:
    """A pause as recorded; ``to_at`` is None while it is open."""

    kind: str  # supplement | finance | other
    from_at: datetime
    to_at: datetime | None = None


@dataclass(frozen=True)
class RawApology:
    """An apology as recorded."""

    issued_at: datetime


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
    ended_at: datetime | None = None
    end_kind: str | None = None  # result | returned | withdrawn | refused | stopped
    recorded_at: datetime | None = None
    pauses: tuple[RawPause, ...] = ()
    apologies: tuple[RawApology, ...] = ()


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
            "ended_at": d.ended_at,
            "end_kind": d.end_kind,
            "recorded_at": d.recorded_at,
            "pauses": [{"kind": p.kind, "from_at": p.from_at, "to_at": p.to_at} for p in d.pauses],
            "apologies": [{"issued_at": a.issued_at} for a in d.apologies],
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


# --------------------------------------------------------------------------- working days

SESSIONS = ((time(8), time(12)), (time(13), time(17)))
"""The working hours of a working day."""


@dataclass(frozen=True)
class WorkCalendar:
    """Working days and hours; ``worked`` days win over weekends and over ``holidays``."""

    holidays: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        if day in self.worked:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def working_days(self, a: date, b: date) -> int:
        """``wd(b) − wd(a)``: the working days after ``a`` up to and including ``b``."""
        if b < a:
            return -self.working_days(b, a)
        count = 0
        while a < b:
            a += DAY
            if self.is_working(a):
                count += 1
        return count

    def add_working_days(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``, which is itself day 0."""
        while n > 0:
            day += DAY
            if self.is_working(day):
                n -= 1
        return day

    def session_end(self, moment: datetime) -> datetime | None:
        """End of the working session that ``moment`` lies in (its start included), or None."""
        if self.is_working(moment.date()):
            for start, end in SESSIONS:
                if start <= moment.time() < end:
                    return datetime.combine(moment.date(), end)
        return None

    def next_session(self, moment: datetime) -> datetime:
        """Start of the first working session that begins after ``moment``."""
        day = moment.date()
        while True:
            if self.is_working(day):
                for start, _ in SESSIONS:
                    if datetime.combine(day, start) > moment:
                        return datetime.combine(day, start)
            day += DAY

    def add_working_time(self, moment: datetime, length: timedelta) -> datetime:
        """The first moment by which ``length`` of working time has gone by since ``moment``.

        Walks minute by minute; a last step may be shorter, so milliseconds stay exact.
        """
        while length > timedelta(0):
            end = self.session_end(moment)
            if end is None:
                moment = self.next_session(moment)
                continue
            step = min(timedelta(minutes=1), length, end - moment)
            moment += step
            length -= step
        return moment


PLAIN = WorkCalendar()
"""Monday to Friday, no holidays."""

# -------------------------------------------- "The dossier as the figures see it"

ACCEPTANCE = timedelta(hours=8)


def is_counted(d: RawDossier) -> bool:
    return d.received_at is not None and d.end_kind != "refused"


def end(d: RawDossier) -> datetime | None:
    if d.ended_at is None:
        return None
    if d.received_at is None:
        return d.ended_at
    return max(d.ended_at, d.received_at)


def ended_before_received(d: RawDossier) -> bool:
    return d.ended_at is not None and d.received_at is not None and d.ended_at < d.received_at


def merged_pauses(d: RawDossier, kinds: Sequence[str]) -> list[tuple[datetime, datetime | None]]:
    """Its pauses of these kinds in order, overlapping ones merged, closed by the dossier's end."""
    intervals: list[tuple[datetime, datetime | None]] = []
    for pause in sorted(d.pauses, key=lambda p: p.from_at):
        if pause.kind not in kinds:
            continue
        start, stop = pause.from_at, pause.to_at
        if stop is None:
            closed_by = end(d)
            # A pause recorded as begun after the end closes where it began: length zero.
            stop = None if closed_by is None else max(start, closed_by)
        if intervals and (intervals[-1][1] is None or start <= intervals[-1][1]):
            before_start, before_stop = intervals.pop()
            if before_stop is None or stop is None:
                intervals.append((before_start, None))
            else:
                intervals.append((before_start, max(before_stop, stop)))
        else:
            intervals.append((start, stop))
    return intervals


def after_pauses(
    d: RawDossier, due: datetime | None, kinds: Sequence[str]
) -> tuple[datetime | None, bool]:
    """The due date after pauses, and whether an open pause suspends it (then it is None)."""
    if due is None:
        return None, False
    for start, stop in merged_pauses(d, kinds):
        if start > due:
            continue
        if stop is None:
            return None, True
        due += stop - start
    return due, False


ALL_KINDS = ("supplement", "finance", "other")


def judged_due_at(d: RawDossier) -> datetime | None:
    return after_pauses(d, d.due_at, ALL_KINDS)[0]


def judged_due_original_at(d: RawDossier) -> datetime | None:
    return after_pauses(d, d.due_original_at, ALL_KINDS)[0]


HOUR, CALENDAR_DAY, WORKING_DAY, MONTH = "hour", "day", "working_day", "month"
LIMIT_UNITS = (HOUR, CALENDAR_DAY, WORKING_DAY, MONTH)


def add_limit(moment: datetime, value: int, unit: str, calendar: WorkCalendar) -> datetime:
    """``moment`` + a procedure's time limit."""
    if unit == HOUR:
        return calendar.add_working_time(moment, timedelta(hours=value))
    last = _last_day(moment.date(), value, unit, calendar)
    while not calendar.is_working(last):
        last += DAY
    return datetime.combine(last, SESSIONS[-1][1])


def _last_day(day: date, value: int, unit: str, calendar: WorkCalendar) -> date:
    """The last day of a limit that ``day`` is day 0 of."""
    if unit == CALENDAR_DAY:
        return day + timedelta(days=value)
    if unit == WORKING_DAY:
        return calendar.add_working_days(day, value)
    if unit == MONTH:
        months = day.year * 12 + day.month - 1 + value
        year, month = months // 12, months % 12 + 1
        return date(year, month, min(day.day, monthrange(year, month)[1]))
    raise ValueError(unit)


@lru_cache(maxsize=100_000)
def _portal(d: RawDossier, calendar: WorkCalendar) -> tuple[datetime | None, bool]:
    start = d.due_at
    if start is None and d.received_at is not None and d.limit_value is not None:
        assert d.limit_unit is not None
        start = add_limit(d.received_at, d.limit_value, d.limit_unit, calendar)
    return after_pauses(d, start, ["supplement"])


def portal_due_at(d: RawDossier, calendar: WorkCalendar = PLAIN) -> datetime | None:
    return _portal(d, calendar)[0]


def portal_suspended(d: RawDossier, calendar: WorkCalendar = PLAIN) -> bool:
    return _portal(d, calendar)[1]


def second_supplement_at(d: RawDossier) -> datetime | None:
    """The start of the second supplement pause as recorded (overlapping ones count apart)."""
    starts = sorted(p.from_at for p in d.pauses if p.kind == "supplement")
    return starts[1] if len(starts) >= 2 else None


@lru_cache(maxsize=100_000)
def acceptance_due_at(d: RawDossier, calendar: WorkCalendar = PLAIN) -> datetime | None:
    if d.channel != "online" or d.submitted_at is None:
        return None
    return calendar.add_working_time(d.submitted_at, ACCEPTANCE)


def apology_at(d: RawDossier) -> datetime | None:
    return min((a.issued_at for a in d.apologies), default=None)


def derived(d: RawDossier, calendar: WorkCalendar = PLAIN) -> dict[str, object]:
    """Everything derived of one dossier, under the column names of metrics/core/contracts.py.

    Working-day ordinals are left out: their origin is free, only differences are defined.
    """
    judged = judged_due_at(d)
    ended = end(d)
    return {
        "dossier_id": d.dossier_id,
        "ended_at": ended,
        "judged_due_at": judged,
        "judged_due_original_at": judged_due_original_at(d),
        "portal_due_at": portal_due_at(d, calendar),
        "portal_suspended": portal_suspended(d, calendar),
        "second_supplement_at": second_supplement_at(d),
        "acceptance_due_at": acceptance_due_at(d, calendar),
        "apology_at": apology_at(d),
        "apologies": len(d.apologies),
        "received_day": None if d.received_at is None else d.received_at.date(),
        "ended_day": None if ended is None else ended.date(),
        "judged_due_day": None if judged is None else judged.date(),
        "ended_before_received": ended_before_received(d),
    }


# --------------------------------------------------------------------------- the question


@dataclass(frozen=True)
class Ask:
    """What is asked: a period, a moment to look from, and how to judge.

    ``as_of`` None is the period's end; ``compare`` None is the definition's default.
    """

    first_day: date
    last_day: date
    as_of: datetime | date | None = None
    definition: str = "form"  # form | portal | carried | lenient
    compare: str | None = None  # timestamp | day
    due: str = "current"  # current | original
    within: int = 3  # working days, for due_soon


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def moment_as_of(ask: Ask) -> datetime:
    """``T``."""
    if ask.as_of is None:
        return midnight(ask.last_day + DAY)
    return ask.as_of if isinstance(ask.as_of, datetime) else midnight(ask.as_of)


class Look:
    """One dossier as one question sees it. The letters are those of the page."""

    def __init__(self, d: RawDossier, ask: Ask, calendar: WorkCalendar) -> None:
        self.d = d
        self.ask = ask
        self.calendar = calendar
        self.S = midnight(ask.first_day)
        self.T = moment_as_of(ask)
        self.E = min(midnight(ask.last_day + DAY), self.T)  # E'
        self.as_of_day = (self.T - MILLISECOND).date()
        self.end = end(d)
        self.compare = ask.compare or ("day" if ask.definition == "lenient" else "timestamp")
        due = {"current": d.due_at, "original": d.due_original_at}[ask.due]
        self.classified = due is not None
        self.J, self.suspended = after_pauses(d, due, ALL_KINDS)

    # "Moments, periods, days"

    def in_period(self, moment: datetime | None) -> bool:
        return moment is not None and self.S <= moment < self.E

    def happened(self, moment: datetime | None) -> bool:
        """Something has happened as of T if its moment is before T."""
        return moment is not None and moment < self.T

    # "Comparing an end with a due date"

    def is_after(self, moment: datetime, due: datetime) -> bool:
        if self.compare == "day":
            return moment.date() > due.date()
        return moment > due

    def passed(self, due: datetime) -> bool:
        """A pending dossier with this due date is overdue at T."""
        if self.compare == "day":
            return due.date() < self.T.date()
        return due < self.T


# --------------------------------------------------------------------------- "Flows and stocks"


def received(x: Look) -> bool:
    return is_counted(x.d) and x.in_period(x.d.received_at)


def received_online(x: Look) -> bool:
    return received(x) and x.d.channel == "online"


def received_offline(x: Look) -> bool:
    return received(x) and x.d.channel != "online"


def carried_over(x: Look) -> bool:
    if not is_counted(x.d) or x.T < x.S:
        return False
    assert x.d.received_at is not None
    return x.d.received_at < x.S and (x.end is None or x.end >= x.S)


def resolved(x: Look) -> bool:
    return is_counted(x.d) and x.in_period(x.end)


def _in_time(x: Look) -> bool:
    """Of an ended, classified dossier; such a one always has a judged due."""
    assert x.end is not None
    assert x.J is not None
    return not x.is_after(x.end, x.J)


def resolved_early(x: Look) -> bool:
    return (
        resolved(x)
        and x.classified
        and _in_time(x)
        and x.end is not None
        and x.J is not None
        and x.end.date() < x.J.date()
    )


def resolved_on_day(x: Look) -> bool:
    return (
        resolved(x)
        and x.classified
        and _in_time(x)
        and x.end is not None
        and x.J is not None
        and x.end.date() == x.J.date()
    )


def resolved_late(x: Look) -> bool:
    return resolved(x) and x.classified and not _in_time(x)


def resolved_unclassified(x: Look) -> bool:
    return resolved(x) and not x.classified


def returned(x: Look) -> bool:
    return resolved(x) and x.d.end_kind == "returned"


def withdrawn(x: Look) -> bool:
    return resolved(x) and x.d.end_kind == "withdrawn"


def stopped(x: Look) -> bool:
    return resolved(x) and x.d.end_kind == "stopped"


def pending(x: Look) -> bool:
    return is_counted(x.d) and x.happened(x.d.received_at) and not x.happened(x.end)


def pending_overdue(x: Look) -> bool:
    # Without a judged due it is suspended, hence not overdue.
    return pending(x) and x.classified and x.J is not None and x.passed(x.J)


def pending_in_time(x: Look) -> bool:
    return pending(x) and x.classified and not pending_overdue(x)


def pending_unclassified(x: Look) -> bool:
    return pending(x) and not x.classified


def _waiting(x: Look, kind: str) -> bool:
    return pending(x) and any(
        p.kind == kind and p.from_at < x.T and (p.to_at is None or p.to_at >= x.T)
        for p in x.d.pauses
    )


def waiting_supplement(x: Look) -> bool:
    return _waiting(x, "supplement")


def waiting_finance(x: Look) -> bool:
    return _waiting(x, "finance")


def late(x: Look) -> bool:
    return resolved_late(x) or pending_overdue(x)


def late_without_apology(x: Look) -> bool:
    return late(x) and not any(a.issued_at < x.T for a in x.d.apologies)


def due_soon(x: Look) -> bool:
    if not pending(x) or not x.classified or x.J is None or pending_overdue(x):
        return False
    return x.calendar.working_days(x.as_of_day, x.J.date()) <= x.ask.within


def accepted_late(x: Look) -> bool:
    if not received(x):
        return False
    due = acceptance_due_at(x.d, x.calendar)
    assert x.d.received_at is not None
    return due is not None and x.d.received_at > due


def acceptance_overdue(x: Look) -> bool:
    if x.happened(x.d.received_at) or x.happened(x.end):
        return False
    return x.happened(acceptance_due_at(x.d, x.calendar))


def late_entry(x: Look) -> bool:
    if not resolved(x) or not x.classified or not _in_time(x) or x.d.recorded_at is None:
        return False
    assert x.J is not None
    return x.is_after(x.d.recorded_at, x.J)


def re_dated(x: Look) -> bool:
    if not (resolved(x) or pending(x)) or x.d.due_at is None or x.d.due_original_at is None:
        return False
    return x.d.due_at > x.d.due_original_at


def on_time(x: Look) -> bool:
    in_denominator, in_numerator = RATES[x.ask.definition]
    return in_denominator(x) and in_numerator(x)


def to_be_on_time(x: Look) -> bool:
    """Denominator of the rate of being on time."""
    return RATES[x.ask.definition][0](x)


def not_on_time(x: Look) -> bool:
    return to_be_on_time(x) and not on_time(x)


FIGURES: dict[str, Callable[[Look], bool]] = {
    f.__name__: f
    for f in (
        received,
        received_online,
        received_offline,
        carried_over,
        resolved,
        resolved_early,
        resolved_on_day,
        resolved_late,
        resolved_unclassified,
        returned,
        withdrawn,
        stopped,
        pending,
        pending_overdue,
        pending_in_time,
        pending_unclassified,
        waiting_supplement,
        waiting_finance,
        late,
        late_without_apology,
        due_soon,
        accepted_late,
        acceptance_overdue,
        late_entry,
        re_dated,
        not_on_time,
    )
}
"""Figures that are a number of dossiers."""

RATIOS: dict[str, tuple[Callable[[Look], bool], Callable[[Look], bool]]] = {
    "on_time": (on_time, to_be_on_time),
    "online_share": (received_online, received),
    "mean_working_days_late": (resolved_late, resolved_late),
}
"""Figures that are a quotient: which dossiers the numerator and the denominator are made of.

The numerator of a mean sums its days over them; otherwise both are numbers of dossiers.
"""


def members(
    figure: str, dossiers: Iterable[RawDossier], ask: Ask, calendar: WorkCalendar = PLAIN
) -> list[RawDossier]:
    """The dossiers a figure counts: what a click on the number must list."""
    return [d for d in dossiers if FIGURES[figure](Look(d, ask, calendar))]


def count(
    figure: str, dossiers: Iterable[RawDossier], ask: Ask, calendar: WorkCalendar = PLAIN
) -> int:
    return len(members(figure, dossiers, ask, calendar))


def form_columns(
    dossiers: Sequence[RawDossier], ask: Ask, calendar: WorkCalendar = PLAIN
) -> dict[str, int]:
    """Form II.06a: c3 … c13, and what its columns leave unclassified."""
    figures = {
        "c4": "received_online",
        "c5": "received_offline",
        "c6": "carried_over",
        "c7": "resolved",
        "c8": "resolved_early",
        "c9": "resolved_on_day",
        "c10": "resolved_late",
        "c11": "pending",
        "c12": "pending_in_time",
        "c13": "pending_overdue",
        "resolved_unclassified": "resolved_unclassified",
        "pending_unclassified": "pending_unclassified",
    }
    columns = {c: count(figure, dossiers, ask, calendar) for c, figure in figures.items()}
    return {"c3": columns["c4"] + columns["c5"] + columns["c6"], **columns}


# --------------------------------------------------------------- "Four rates of being on time"


def _form_numerator(x: Look) -> bool:
    return resolved_early(x) or resolved_on_day(x)


def _portal_numerator(x: Look) -> bool:
    due, suspended = _portal(x.d, x.calendar)
    if x.happened(x.end):
        assert x.end is not None
        return due is not None and not x.is_after(x.end, due)
    second = second_supplement_at(x.d)
    if not pending(x) or (second is not None and second < x.T):
        return False
    return suspended or (due is not None and not x.passed(due))


def _carried_denominator(x: Look) -> bool:
    return received(x) or carried_over(x)


def _carried_numerator(x: Look) -> bool:
    return not resolved_late(x) and not pending_overdue(x)


def _lenient_numerator(x: Look) -> bool:
    return not x.classified or _in_time(x) or x.d.end_kind in ("returned", "withdrawn")


# definition -> (is it in the denominator, is it in the numerator given that it is)
RATES: dict[str, tuple[Callable[[Look], bool], Callable[[Look], bool]]] = {
    "form": (resolved, _form_numerator),
    "portal": (received, _portal_numerator),
    "carried": (_carried_denominator, _carried_numerator),
    "lenient": (resolved, _lenient_numerator),
}


def rate(
    definition: str, dossiers: Iterable[RawDossier], ask: Ask, calendar: WorkCalendar = PLAIN
) -> tuple[int, int]:
    """(numerator, denominator) of ``on_time`` by this definition, whatever ``ask`` names."""
    ask = replace(ask, definition=definition)
    in_denominator, in_numerator = RATES[definition]
    looks = [Look(d, ask, calendar) for d in dossiers]
    base = [x for x in looks if in_denominator(x)]
    return sum(in_numerator(x) for x in base), len(base)


# --------------------------------------------------------------------------- "Lateness in days"


def _late_since(d: RawDossier, ask: Ask, calendar: WorkCalendar) -> tuple[date, date] | None:
    """(day(J), the day it is counted to) of a late dossier; None when it is not late."""
    x = Look(d, ask, calendar)
    if resolved_late(x):
        assert x.J is not None
        assert x.end is not None
        return x.J.date(), x.end.date()
    if pending_overdue(x):
        assert x.J is not None
        return x.J.date(), x.as_of_day
    return None


def days_late(d: RawDossier, ask: Ask, calendar: WorkCalendar = PLAIN) -> int | None:
    """Calendar days late; None when it is not late."""
    late = _late_since(d, ask, calendar)
    return None if late is None else (late[1] - late[0]).days


def working_days_late(d: RawDossier, ask: Ask, calendar: WorkCalendar = PLAIN) -> int | None:
    """Working days late; None when it is not late."""
    late = _late_since(d, ask, calendar)
    return None if late is None else calendar.working_days(*late)


def mean_working_days_late(
    dossiers: Iterable[RawDossier], ask: Ask, calendar: WorkCalendar = PLAIN
) -> float | None:
    """Mean over ``resolved_late``; None when there is none."""
    late = [
        days
        for d in members("resolved_late", dossiers, ask, calendar)
        if (days := working_days_late(d, ask, calendar)) is not None
    ]
    return sum(late) / len(late) if late else None


# --------------------------------------------------------------------------- all figures at once


@dataclass(frozen=True)
class Answer:
    """What a figure counts: dossier_id -> what it adds (1, or a mean's days)."""

    numerator: dict[int, int]
    denominator: dict[int, int] | None  # None: the figure is a number of dossiers


def answers(
    dossiers: Iterable[RawDossier], ask: Ask, calendar: WorkCalendar = PLAIN
) -> dict[str, Answer]:
    """Every figure's answer to one question."""
    looks = [Look(d, ask, calendar) for d in dossiers]

    def counted(condition: Callable[[Look], bool]) -> dict[int, int]:
        return {x.d.dossier_id: 1 for x in looks if condition(x)}

    found = {figure: Answer(counted(condition), None) for figure, condition in FIGURES.items()}
    for figure, (in_numerator, in_denominator) in RATIOS.items():
        found[figure] = Answer(counted(in_numerator), counted(in_denominator))
    mean = found["mean_working_days_late"]
    for x in looks:
        if x.d.dossier_id in mean.numerator:
            days = working_days_late(x.d, ask, calendar)
            assert days is not None
            mean.numerator[x.d.dossier_id] = days
    return found


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


def pieces(ask: Ask, key: str) -> list[tuple[date, Ask]]:
    """The weeks or months of a period, cut to it, each as of ``min(its end, T)``.

    Keyed by the Monday or the 1st, even where the piece itself begins later.
    """
    days: dict[date, list[date]] = {}
    day = ask.first_day
    while day <= ask.last_day:
        start = day - timedelta(days=day.weekday()) if key == "week" else day.replace(day=1)
        days.setdefault(start, []).append(day)
        day += DAY
    return [
        (
            start,
            replace(
                ask,
                first_day=within[0],
                last_day=within[-1],
                as_of=min(midnight(within[-1] + DAY), moment_as_of(ask)),
            ),
        )
        for start, within in days.items()
    ]


def split(
    dossiers: Sequence[RawDossier], ask: Ask, key: str
) -> dict[Hashable, tuple[list[RawDossier], Ask]]:
    """Per group: the dossiers to ask about and the question to ask; an unknown key is None."""
    if key in SERIES:
        return {start: (list(dossiers), piece) for start, piece in pieces(ask, key)}
    groups: dict[Hashable, tuple[list[RawDossier], Ask]] = {}
    for d in dossiers:
        groups.setdefault(KEYS[key](d), ([], ask))[0].append(d)
    return groups


def grouped(
    figure: str, dossiers: Sequence[RawDossier], ask: Ask, key: str, calendar: WorkCalendar = PLAIN
) -> dict[Hashable, int]:
    """The figure by group. Groups of 0 are left out, except weeks and months: all are there."""
    counts = {
        group: count(figure, subset, question, calendar)
        for group, (subset, question) in split(dossiers, ask, key).items()
    }
    return {group: n for group, n in counts.items() if n or key in SERIES}


def grouped_rate(
    definition: str,
    dossiers: Sequence[RawDossier],
    ask: Ask,
    key: str,
    calendar: WorkCalendar = PLAIN,
) -> dict[Hashable, tuple[int, int]]:
    """(numerator, denominator) by group; groups without a denominator as in :func:`grouped`."""
    rates = {
        group: rate(definition, subset, question, calendar)
        for group, (subset, question) in split(dossiers, ask, key).items()
    }
    return {group: r for group, r in rates.items() if r[1] or key in SERIES}


def grouped_mean_working_days_late(
    dossiers: Sequence[RawDossier], ask: Ask, key: str, calendar: WorkCalendar = PLAIN
) -> dict[Hashable, float | None]:
    """The mean by group; groups without a late one as in :func:`grouped` (then None)."""
    means = {
        group: mean_working_days_late(subset, question, calendar)
        for group, (subset, question) in split(dossiers, ask, key).items()
    }
    return {group: m for group, m in means.items() if m is not None or key in SERIES}
