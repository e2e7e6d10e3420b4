"""What the screen "Hồ sơ trễ hạn" reads, cached by scalars only (see :mod:`ui.shell.data`)."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from connectors.engine import Facts, Scope
from connectors.read import Timeline, dossier_timeline, officer_codes
from metrics.core.ask import Ask
from metrics.dossiers import apologies as apology
from metrics.dossiers import choices, late_time
from metrics.dossiers import listing as lists
from metrics.dossiers.apologies import Repeated, window
from metrics.dossiers.dossier import Judged, judge
from metrics.dossiers.late_time import TimeSpent
from metrics.dossiers.lateness import Filters, group_of
from metrics.dossiers.listing import Listing
from ui.shell import data, identity
from ui.shell.answers import DatabaseLost
from ui.shell.view import View

_log = logging.getLogger(__name__)

Units = frozenset[int] | None
"""Units that a reader may see, cut to the view; None: all."""


def _opened(version: str, view: View, units: Units) -> tuple[Facts, Ask]:
    ask = data.question(version, view)
    return data.facts(version, units, ask.alive), ask


@st.cache_data(max_entries=128, show_spinner="Đang lọc hồ sơ…")
def listing(
    version: str, view: View, units: Units, figure: str, part: str, filters: Filters
) -> Listing:
    """Counts, distributions and the first rows of a list."""
    facts, ask = _opened(version, view, units)
    return lists.listing(facts, group_of(figure), ask, filters, part)


@st.cache_data(max_entries=128, show_spinner="Đang tính thời gian theo bước…")
def time_spent(
    version: str, view: View, units: Units, figure: str, part: str, filters: Filters
) -> TimeSpent:
    """Where the time of the list's late dossiers went."""
    facts, ask = _opened(version, view, units)
    return late_time.time_spent(facts, group_of(figure), ask, filters, part)


@st.cache_data(max_entries=128, show_spinner=False)
def held_at(
    version: str, view: View, units: Units, figure: str, part: str, filters: Filters
) -> pl.DataFrame:
    """At which steps the list's pending dossiers are."""
    facts, ask = _opened(version, view, units)
    return choices.held_at(facts, group_of(figure), ask, filters, part)


@st.cache_data(max_entries=128, show_spinner=False)
def told_late(version: str, view: View, units: Units, filters: Filters) -> int:
    """Dossiers ended in time whose record came late."""
    facts, ask = _opened(version, view, units)
    return choices.told_late(facts, ask, filters)


@st.cache_data(max_entries=128, show_spinner=False)
def facets(
    version: str, view: View, units: Units, figure: str, part: str
) -> dict[str, list[tuple[Any, int]]]:
    """What the list can be narrowed by."""
    facts, ask = _opened(version, view, units)
    return choices.facets(facts, group_of(figure), ask, part)


@st.cache_data(max_entries=64, show_spinner=False)
def apologies(version: str, view: View, units: Units, filters: Filters) -> pl.DataFrame:
    """The register of apologies by unit."""
    facts, ask = _opened(version, view, units)
    return apology.apologies(facts, ask, filters)


@st.cache_data(max_entries=64, show_spinner=False)
def repeated(version: str, view: View, units: Units) -> Repeated:
    """Units that were late more often than allowed."""
    ask = window(data.question(version, view))
    return apology.repeated(data.facts(version, units, ask.alive), ask)


def officers(version: str) -> dict[int, str]:
    """Officer id → code in the source system; nobody where the reader may not see officers."""
    if not identity.may("see_officers"):
        return {}
    try:
        return _officers(version)
    except DatabaseLost:
        _log.exception("officers' codes not read")  # the figures are still there
        return {}


@st.cache_data(max_entries=4, show_spinner=False)
def _officers(version: str) -> dict[int, str]:  # the version is the key: codes come with data
    return officer_codes(data.settings())


@st.cache_data(max_entries=4, show_spinner=False)
def seen_officers(version: str, units: Units) -> frozenset[int]:
    """Officers who handle a dossier within the reader's scope."""
    frame = data.facts(version, units, None).dossier.select("officer_id").unique()
    return frozenset(frame.collect(backend="polars").to_native()["officer_id"].drop_nulls())


@st.cache_data(max_entries=4, show_spinner=False)
def seen_steps(version: str, units: Units) -> frozenset[str]:
    """Names of steps that occur within the reader's scope."""
    frame = data.facts(version, units, None).step.select("step_name").unique()
    return frozenset(frame.collect(backend="polars").to_native()["step_name"].drop_nulls())


def timeline(dossier_id: int) -> Timeline | None:
    """One dossier's course, read from the database; None: not in the reader's scope.

    Raises NotAllowed for a reader who may not open dossiers.
    """
    identity.require("open_dossier", f"hồ sơ {dossier_id}")
    zone = data.settings().zone
    scope: Scope = data.scope_of_reader()
    found = dossier_timeline(data.database(), zone, dossier_id, scope)
    if found is None or identity.may("see_officers"):
        return found
    steps = tuple(replace(step, officer=None, officer_id=None) for step in found.steps)
    return replace(found, officer=None, steps=steps)


@st.cache_data(max_entries=64, show_spinner=False)
def judged(version: str, view: View, units: Units, dossier_id: int) -> Judged | None:
    """One dossier as judged at the view's moment, within the reader's scope."""
    ask = data.question(version, view)
    return judge(data.facts(version, units, None), dossier_id, ask)
