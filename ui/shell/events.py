"""The events that the reader's time lines show: read once for a version of the register."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache

import polars as pl
import streamlit as st

from metrics.dossiers import events
from metrics.dossiers.events import Event
from metrics.dossiers.units import Break
from metrics.registers.held import Frames
from ui.shell import data
from ui.shell.context import Frame

REGISTER = "event"


def on_line(
    frame: Frame,
    unit: int | None,
    first: date,
    last: date,
    breaks: Iterable[Break] = (),
    *,
    by_week: bool = False,
) -> tuple[Event, ...]:
    """What stands on a time line from ``first`` to ``last``, oldest first.

    Args:
        unit: whose line; None: of everything that the reader sees.
        breaks: the line's own.
        by_week: the weeks with days off, too, of a line that begins and ends.
    """
    of = _root(frame) if unit is None else unit
    found = events.standing(known(frame), _parents(frame), of, first, last)
    off = events.days_off(frame.ask.calendar, first, last) if by_week else ()
    return events.merged(events.of_breaks(breaks), found, off)


def lines(frame: Frame, first: date, last: date) -> Callable[[int | None], tuple[Event, ...]]:
    """What stands on the time lines of many units from ``first`` to ``last``, by unit."""
    return events.lines(known(frame), _parents(frame), first, last)


def every(frame: Frame) -> tuple[Event, ...]:
    """Every event that concerns the reader's units and nobody has withdrawn, whenever."""
    version, scope = frame.looking_at(REGISTER), data.scope_of_reader().units
    rows = _rows(data.facts(version, scope, None).registers.standing())
    return events.standing(rows, _parents(frame), _root(frame), date.min, date.max)


def anew(frame: Frame) -> dict[int, dict[date, str]]:
    """Units with marked events: day from which their usual level is counted anew → why."""
    return events.marked_of_units(known(frame), _parents(frame), frame.unit_names)


def known(frame: Frame) -> pl.DataFrame:
    """The events that concern the reader's units, as of T, as far as known at K."""
    version, ask = frame.looking_at(REGISTER), frame.ask
    return _known(version, data.scope_of_reader().units, ask.moment, ask.as_of_day)


@st.cache_resource(max_entries=32, show_spinner=False)
def _known(version: str, scope: data.Units, moment: datetime, as_of: date) -> pl.DataFrame:
    facts = data.facts(version, scope, None)
    rows = _rows(facts.registers.at(moment))
    return events.known(rows, as_of, facts.known.moment.date() if facts.known else None)


def _rows(held: Frames) -> pl.DataFrame:
    found: pl.DataFrame = held[REGISTER].collect(backend="polars").to_native()
    return found.sort("from_on", "event_id")


def _parents(frame: Frame) -> events.Parents:
    return _tree(frame.version, data.scope_of_reader().units)


@lru_cache(maxsize=8)
def _tree(version: str, scope: data.Units) -> events.Parents:
    units = data.facts(version, scope, None).units
    return dict(units.select("unit_id", "parent_id").iter_rows())


def _root(frame: Frame) -> int | None:
    """What the reader's whole line is of: the account's own unit, or the installation's."""
    own = frame.reader.unit_id
    return data.own_root(frame.version) if own is None else own
