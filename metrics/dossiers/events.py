"""Which events stand on a time line, and from which of them its usual level is counted anew.

An event is of a unit and all below it, or of everybody; a time line is of a unit and all below it,
or of everything in view. Beside the register's events stand the days on which the way of counting
or the units changed (breaks.toml, successions) and, week by week, the days off of the calendar,
which nobody has to type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from metrics.core.clock import Calendar
from metrics.core.periods import Period
from metrics.core.vietnamese import day as on
from metrics.core.vietnamese import number
from metrics.dossiers.units import Break
from metrics.registers.events import EVENT_KINDS
from metrics.registers.held import with_above

BREAK: Final = "break"
DAYS_OFF: Final = "days_off"
KINDS: Final[Mapping[str, str]] = {
    **{kind.value: kind.word for kind in EVENT_KINDS},
    BREAK: "Thay đổi cách tính, tổ chức",
    DAYS_OFF: "Ngày nghỉ theo lịch",
}
"""What an event is → its word; the last two are of no register."""

Parents = Mapping[int, int | None]
"""Unit → the one that it belongs to."""

_WORKED: Final = 5
"""Working days of a usual week."""


@dataclass(frozen=True)
class Event:
    """Something that a time line shows at ``day``, or from then until ``until``.

    ``unit_id``: of which unit and those below it; None: of everybody. ``is_rebase``: it was said
    that the usual level is counted anew from ``day``. ``is_below``: of a part of the line's units
    only, so that nothing of the whole is counted anew. ``event_id``: its row in the register; None:
    it has none.
    """

    day: date
    until: date | None
    label: str
    kind: str
    unit_id: int | None = None
    is_rebase: bool = False
    is_below: bool = False
    event_id: int | None = None
    note: str = ""

    @property
    def last(self) -> date:
        return self.until or self.day

    @property
    def is_point(self) -> bool:
        """Whether a line may be counted anew from it."""
        return not self.is_below and self.kind != DAYS_OFF

    @property
    def words(self) -> str:
        """ "28/07/2026: Phần mềm một cửa mới"."""
        return f"{self.when}: {self.label}"

    @property
    def when(self) -> str:
        return on(self.day) if self.last == self.day else f"{on(self.day)}–{on(self.last)}"

    def touches(self, first: date, last: date) -> bool:
        """Whether it falls into a span, both of whose days belong to it."""
        return self.day <= last and self.last >= first


def known(rows: pl.DataFrame, as_of: date, known_by: date | None = None) -> pl.DataFrame:
    """The events that had begun by a day, as far as they had been entered by another.

    Args:
        rows: :attr:`metrics.registers.events.EVENT.frame`, as of T.
        as_of: T's day. known_by: K's; None: all that is entered now.
    """
    found = rows.filter(pl.col("from_on") <= as_of)
    if known_by is not None:
        entered = pl.col("known_on")
        found = found.filter(entered.is_null() | (entered <= known_by))
    return found.sort("from_on", "event_id")


def standing(
    rows: pl.DataFrame, parents: Parents, unit: int | None, first: date, last: date
) -> tuple[Event, ...]:
    """The events that stand on a unit's time line from ``first`` to ``last``, oldest first.

    Those of everybody, of the unit and of whatever it belongs to; of those below it, too, which
    are marked so.

    Args:
        rows: as :func:`known` leaves them.
        unit: whose line; None: of everything, above which nothing stands.
    """
    return lines(rows, parents, first, last)(unit)


def lines(
    rows: pl.DataFrame, parents: Parents, first: date, last: date
) -> Callable[[int | None], tuple[Event, ...]]:
    """:func:`standing` of many units over the same span: unit → what stands on its line."""
    near = [
        (event, frozenset() if event.unit_id is None else with_above(parents, [event.unit_id]))
        for event in map(_event, rows.iter_rows(named=True))
        if event.touches(first, last)
    ]

    def of(unit: int | None) -> tuple[Event, ...]:
        if not near:
            return ()
        above = frozenset() if unit is None else with_above(parents, [unit])
        found = []
        for event, whose in near:
            if event.unit_id is None or event.unit_id in above:
                found.append(event)
            elif unit is None or unit in whose:
                found.append(replace(event, is_below=True))
        return tuple(found)

    return of


def _event(row: Mapping[str, Any]) -> Event:
    return Event(
        row["from_on"],
        row["to_on"],
        row["name"],
        row["kind"],
        row["unit_id"],
        bool(row["is_rebase"]),
        event_id=row["event_id"],
        note=row["note"] or "",
    )


def of_breaks(breaks: Iterable[Break]) -> tuple[Event, ...]:
    """Breaks as events: whatever crosses one is counted anew."""
    return tuple(
        Event(each.day, None, each.label, BREAK, is_rebase=True, note=each.document)
        for each in breaks
    )


def merged(*several: Iterable[Event]) -> tuple[Event, ...]:
    """Events of several kinds in one order: by day, those of earlier arguments first."""
    return tuple(sorted((one for some in several for one in some), key=lambda each: each.day))


def points(events: Iterable[Event]) -> dict[date, str]:
    """The days that a line may be counted anew from, each with its words, oldest first."""
    found: dict[date, str] = {}
    for event in sorted(events, key=lambda each: (each.day, each.kind != BREAK)):
        if event.is_point:
            found.setdefault(event.day, event.label)
    return found


def marked(events: Iterable[Event]) -> dict[date, str]:
    """Those of :func:`points` from which it is counted anew, unless somebody wants otherwise."""
    return points(event for event in events if event.is_rebase)


def marked_of_units(
    rows: pl.DataFrame, parents: Parents, units: Iterable[int]
) -> dict[int, dict[date, str]]:
    """:func:`marked` of each unit's own line, of those that have any.

    Args:
        rows: as :func:`known` leaves them.
    """
    wanted = rows.filter(pl.col("is_rebase"))
    if wanted.is_empty():
        return {}
    events = [_event(row) for row in wanted.iter_rows(named=True)]
    found = {}
    for unit in units:
        above = with_above(parents, [unit])
        own = marked(one for one in events if one.unit_id is None or one.unit_id in above)
        if own:
            found[unit] = own
    return found


def days_off(calendar: Calendar, first: date, last: date) -> tuple[Event, ...]:
    """The weeks from ``first`` to ``last`` that have fewer working days, by the calendar."""
    found = []
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        days = [monday + timedelta(days=step) for step in range(_WORKED)]
        if calendar.first <= days[0] and days[-1] <= calendar.last:
            off = [each for each in days if not calendar.is_working(each)]
            if off:
                label = f"Nghỉ {number(len(off))} ngày làm việc"
                event = Event(off[0], off[-1], label, DAYS_OFF)
                if event.touches(first, last):
                    found.append(event)
        monday += timedelta(days=7)
    return tuple(found)


def places(events: Iterable[Event], periods: Sequence[Period]) -> Iterator[tuple[Event, float]]:
    """Where events lie among adjoining periods, in periods from the first one's beginning.

    What began before them lies at their beginning.
    """
    for event in events:
        day = max(event.day, periods[0].first)
        for place, period in enumerate(periods):
            if period.first <= day <= period.last:
                length = (period.last - period.first).days + 1
                yield event, place + (day - period.first).days / length
                break


def within(events: Sequence[Event], first: date, last: date) -> str:
    """What stands in a period of a series' table: "Phần mềm một cửa mới; …"; empty: nothing.

    An event without an end stands where it began.
    """
    return "; ".join(each.label for each in events if each.touches(first, last))


def heard(events: Sequence[Event], most: int = 8) -> str:
    """What is added to a chart's words for those who do not see it; empty: nothing."""
    whole = [each for each in events if each.kind != DAYS_OFF and not each.is_below]
    told = [each.words for each in whole[:most]]
    if len(whole) > most:
        told.append(f"{number(len(whole) - most)} sự kiện nữa")
    if below := sum(each.is_below for each in events):
        told.append(f"{number(below)} sự kiện của đơn vị trực thuộc")
    return f". Sự kiện: {'; '.join(told)}" if told else ""
