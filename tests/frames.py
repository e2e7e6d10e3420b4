"""The oracle's dossiers as facts in memory, with every derived column computed by the oracle.

So that a figure's test sees the figure alone: no database, no snapshot, no clock in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

import narwhals as nw
import polars as pl
from hypothesis import Phase

from metrics.core.ask import Ask
from metrics.core.clock import Calendar
from metrics.core.contracts import (
    DIMENSIONS,
    DOSSIER,
    FROM_EVER,
    PAUSE,
    SOURCE,
    STEP,
    SUCCESSION,
    TO_EVER,
    UNIT,
)
from tests import oracle
from tests.oracle import RawApology, RawDossier, RawPause, WorkCalendar
from tests.strategies import CALENDAR

MILLISECOND = timedelta(milliseconds=1)
FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)

CLOCK = Calendar.build(
    FIRST, LAST, {**dict.fromkeys(CALENDAR.holidays, False), **dict.fromkeys(CALENDAR.worked, True)}
)
"""The strategies' calendar, as the figures want it."""


SEEDED = (Phase.explicit, Phase.reuse, Phase.generate)
"""For tests that draw a seed: a smaller seed is no simpler case, so nothing is to be shrunk."""


@dataclass(frozen=True)
class InMemory:
    """What metrics.core.measure.Facts asks for; the Polars frames stand beside."""

    dossiers: pl.DataFrame
    pauses: pl.DataFrame
    steps: pl.DataFrame
    sources: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SOURCE))
    units: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=UNIT))
    successions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SUCCESSION))

    @property
    def dossier(self) -> nw.LazyFrame[Any]:
        return nw.from_native(self.dossiers.lazy())

    @property
    def pause(self) -> nw.LazyFrame[Any]:
        return nw.from_native(self.pauses.lazy())

    @property
    def step(self) -> nw.LazyFrame[Any]:
        return nw.from_native(self.steps.lazy())


def facts_of(dossiers: Iterable[RawDossier], calendar: WorkCalendar = CALENDAR) -> InMemory:
    """The facts of these dossiers, without steps: columns and types as in the contracts."""
    found = list(dossiers)
    rows = [_dossier(d, raw, calendar) for d, raw in zip(found, oracle.to_rows(found), strict=True)]
    pauses = [pause for row, d in zip(rows, found, strict=True) for pause in _pauses(row, d)]
    states = [
        row | state for row, d in zip(rows, found, strict=True) for state in _states(d, calendar)
    ]
    return InMemory(
        pl.DataFrame(states, schema=DOSSIER),
        pl.DataFrame(pauses, schema=PAUSE),
        pl.DataFrame(schema=STEP),
    )


def shifted(d: RawDossier, days: int, dossier_id: int) -> RawDossier:
    """The same dossier so many days later (negative: earlier), under another id."""
    by = timedelta(days=days)

    def moved(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment + by

    return replace(
        d,
        dossier_id=dossier_id,
        submitted_at=moved(d.submitted_at),
        received_at=moved(d.received_at),
        due_original_at=moved(d.due_original_at),
        due_at=moved(d.due_at),
        ended_at=moved(d.ended_at),
        recorded_at=moved(d.recorded_at),
        pauses=tuple(RawPause(p.kind, p.from_at + by, moved(p.to_at)) for p in d.pauses),
        due_changed_at=moved(d.due_changed_at),
        apologies=tuple(RawApology(a.issued_at + by, moved(a.new_due_at)) for a in d.apologies),
    )


def question(ask: oracle.Ask, **changed: Any) -> Ask:
    """The oracle's question in the figures' terms."""
    asked: dict[str, Any] = {
        "first_day": ask.first_day,
        "last_day": ask.last_day,
        "calendar": CLOCK,
        "as_of": None if ask.as_of is None else oracle.moment_as_of(ask),
        "definition": ask.definition,
        "compare": ask.compare,
        "due": ask.due,
        "whole": ask.over,
        "within": ask.within,
    }
    return Ask(**(asked | changed))


def derived_last(d: RawDossier, calendar: WorkCalendar = CALENDAR) -> dict[str, object]:
    """What the oracle derives, by now; a refusal has its own moment."""
    derived = oracle.derived(d, calendar)
    if d.end_kind != "refused":
        return derived
    return derived | {"ended_at": d.ended_at, "ended_day": _day(d.ended_at)}


def last_states(dossiers: pl.DataFrame) -> pl.DataFrame:
    """One row a dossier."""
    return dossiers.filter(pl.col("held_to") == TO_EVER).sort("dossier_id")


def with_own(facts: InMemory, own: pl.DataFrame) -> InMemory:
    """The facts with other values in some columns: ``own`` has a row for each ``dossier_id``."""
    others = facts.dossiers.drop(set(own.columns) - {"dossier_id"})
    joined = others.join(own.cast({"dossier_id": pl.Int64}), on="dossier_id", maintain_order="left")
    return replace(facts, dossiers=joined.select(facts.dossiers.columns))


def _dossier(d: RawDossier, raw: dict[str, object], calendar: WorkCalendar) -> dict[str, object]:
    known = {name: raw[name] for name in DOSSIER if name in raw}
    derived = derived_last(d, calendar)
    return {
        **dict.fromkeys(DOSSIER),
        **known,
        "source_id": 1,
        "field_id": d.field_id,
        **derived,
        "ended_wd": _ordinal(derived["ended_day"], calendar),
        "batch_id": 1,
    }


def _states(d: RawDossier, calendar: WorkCalendar) -> list[dict[str, object]]:
    """The due dates by the oracle as at every T: all that differs from state to state."""
    moments = [p.from_at for p in d.pauses] + [a.issued_at for a in d.apologies]
    changed = [since for since, _ in oracle.due_dates(d) if since != oracle.ALWAYS]
    others = [*changed, oracle.end(d), *(p.to_at for p in d.pauses)]
    events = sorted({*moments, *(moment for moment in others if moment is not None)})
    edges = [FROM_EVER, *events, TO_EVER]
    return [
        {"held_from": since, "held_to": until, **as_at(d, since + MILLISECOND, calendar)}
        for since, until in pairwise(edges)
    ]


def as_at(d: RawDossier, moment: datetime, calendar: WorkCalendar) -> dict[str, object]:
    """What differs from state to state, by the oracle."""
    due = oracle.due_date(d, moment)
    pauses = oracle.merged_pauses(d, oracle.ALL_KINDS, moment)
    supplements = oracle.merged_pauses(d, ["supplement"], moment)
    ended, anew = oracle.end(d), oracle.renewed(d, pauses, calendar)
    found: dict[str, object] = {"due_at": due, "waiting_since_wd": None}
    if pauses and pauses[-1][1] is None:
        found["waiting_since_wd"] = _ordinal(pauses[-1][0].date(), calendar)
    for name, start in (("", due), ("_original", d.due_original_at)):
        by_moment, by_day = (oracle.Judged(start, pauses, by, anew=anew) for by in (False, True))
        at, day = by_moment.at, _day(by_day.at)
        until = ended if ended is not None and ended < moment else None
        found |= {
            f"judged_due{name}_at": at,
            f"judged_due{name}_day": day,
            f"judged_due{name}_wd": _ordinal(_day(at), calendar),
            f"judged_due{name}_day_wd": _ordinal(day, calendar),
            f"in_time{name}": None if at is None or ended is None else ended <= at,
            f"early{name}": None if at is None or ended is None else by_moment.early(ended),
            f"waited{name}_wd": _waited(by_moment, until, calendar),
            f"waited{name}_day_wd": _waited(by_day, until, calendar),
        }
    start = due or oracle.by_the_limit(d, calendar)
    portal, by_day = oracle.Judged(start, supplements), oracle.Judged(start, supplements, True)
    in_time = None if portal.at is None or ended is None else ended <= portal.at
    return found | {
        "portal_due_at": portal.at,
        "portal_due_day": _day(by_day.at),
        "portal_suspended": portal.suspended,
        "portal_suspended_by_day": by_day.suspended,
        "portal_in_time": in_time,
    }


def _waited(judged: oracle.Judged, ended: datetime | None, calendar: WorkCalendar) -> int:
    """Working days of the closed pauses that began after J, cut at the end."""
    days = 0
    for start, stop in judged.ignored:
        if stop is not None:
            until = stop if ended is None else max(start, min(stop, ended))
            days += calendar.working_days(start.date(), until.date())
    return days


def _day(moment: object) -> date | None:
    return moment.date() if isinstance(moment, datetime) else None


@lru_cache(maxsize=10_000)
def _ordinal(day: object, calendar: WorkCalendar) -> int | None:
    """Working days from the first day on; the same origin as :data:`CLOCK`."""
    if not isinstance(day, date):
        return None
    return calendar.working_days(FIRST - timedelta(days=1), day)


def _pauses(row: dict[str, object], d: RawDossier) -> list[dict[str, object]]:
    shared = {name: row[name] for name in (*DIMENSIONS, "received_at", "ended_at", "end_kind")}
    return [
        {**shared, "source_id": 1, "kind": kind, "from_at": start, "to_at": stop}
        for kind in oracle.ALL_KINDS
        for start, stop in oracle.merged_pauses(d, [kind])
    ]
