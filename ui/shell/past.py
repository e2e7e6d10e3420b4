"""What figures said when they were reported and say now, cached by scalars (ui/shell/data.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from connectors.engine import NothingKnown
from metrics.core.ask import Ask
from metrics.dossiers.catalogue import FIGURES, figure
from metrics.dossiers.drift import Cell, Drift, Moved, as_reported, both, drift, then_and_now
from ui.shell import data
from ui.shell.view import View

MOST = 100
"""So many dossiers that make a difference are told, the first by code."""


@dataclass(frozen=True)
class Reported:
    """K: the view's own, else when its period could be reported; the facts of then and of now."""

    known: datetime | int
    then: str
    now: str


def reported(version: str, view: View) -> Reported | None:
    """What the figures of a view can be held against; None: nothing has come in since, or nobody
    can say what was known then."""
    now = data.of_now(version)
    everything = data.facts(now, data.scope_of_reader().units, None)
    known = view.known
    if known is None:
        ask = data.question(now, view)
        days = int(everything.thresholds.on("report_days", ask.last_day).value)
        known = as_reported(everything.batches, ask.period_end, days)
    if known is None:
        return None
    then = data.knowing(now, known)
    try:
        of_then = data.facts(then, data.scope_of_reader().units, None).known
    except NothingKnown:
        return None
    return Reported(known, then, now) if of_then and of_then.later else None


def cells(
    version: str, view: View, keys: tuple[str, ...], units: data.Units
) -> Mapping[str, tuple[Cell, Cell]]:
    """Figures of these units when they were reported, and now; empty: nothing to hold against."""
    found = reported(version, view)
    return {} if found is None else _cells(version, view, found, keys, units)


@st.cache_data(max_entries=64, show_spinner=False)
def _cells(
    version: str, view: View, of: Reported, keys: tuple[str, ...], units: data.Units
) -> Mapping[str, tuple[Cell, Cell]]:
    asked = _asked(version, view, of)
    if asked is None:
        return {}
    then, now = (
        data.facts(version, units, ask.alive)
        for version, ask in zip((of.then, of.now), asked, strict=True)
    )
    return then_and_now(then, now, [FIGURES[key] for key in keys], asked)


def drifted(
    version: str, view: View, of: Reported, key: str, units: data.Units
) -> tuple[datetime, Drift] | None:
    """T, and what a figure of these units said and says; None: it had no answer then."""
    return _drifted(version, view, of, key, units, data.scope_of_reader().units)


def every_drifted(
    version: str, view: View, of: Reported, key: str, units: data.Units
) -> Callable[[], Sequence[Moved]]:
    """Reads every dossier of :func:`drifted`, for a file: when it is asked for."""
    asked, allowed = _asked(version, view, of), data.scope_of_reader().units
    then, now = (data.anew(each, allowed, None) for each in (of.then, of.now))

    def read() -> Sequence[Moved]:
        if asked is None:
            return ()
        where = None if units is None else {"unit_id": sorted(units)}
        return drift(then(), now(), figure(key), asked, where).moved

    return read


@st.cache_data(max_entries=32, show_spinner="Đang so với lúc báo cáo…")
def _drifted(
    version: str, view: View, of: Reported, key: str, units: data.Units, allowed: data.Units
) -> tuple[datetime, Drift] | None:
    asked = _asked(version, view, of)
    if asked is None:
        return None
    # A dossier may have left these units, or the period.
    then, now = (data.facts(each, allowed, None) for each in (of.then, of.now))
    where = None if units is None else {"unit_id": sorted(units)}
    return asked[0].moment, drift(then, now, figure(key), asked, where, MOST)


def _asked(version: str, view: View, of: Reported) -> tuple[Ask, Ask] | None:
    then, now = data.sources(of.then), data.sources(of.now)
    return both(data.question(version, view), then, now)
