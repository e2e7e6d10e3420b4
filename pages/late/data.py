"""What the screen "Hồ sơ trễ hạn" reads, cached by scalars only (see :mod:`ui.shell.data`)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import streamlit as st

from connectors.engine import Facts, Scope
from connectors.read import Timeline, dossier_timeline, officer_codes_in
from connectors.recording import MOST
from metrics.core.ask import Ask
from metrics.dossiers import apologies as apology
from metrics.dossiers import choices, late_time
from metrics.dossiers import listing as lists
from metrics.dossiers.apologies import Repeated, window
from metrics.dossiers.dossier import Judged, judge
from metrics.dossiers.late_time import TimeSpent
from metrics.dossiers.lateness import Filters, Group, bands, group_of
from metrics.dossiers.listing import Listing
from ui.kit.query import Asked
from ui.shell import data, identity
from ui.shell.answers import DatabaseLost, note
from ui.shell.context import Frame
from ui.shell.view import View

_log = logging.getLogger(__name__)

Table = pl.DataFrame
"""What the screen holds of it: rows to be drawn, nothing to be computed with."""
Units = frozenset[int] | None
"""Units that a reader may see, cut to the view; None: all."""


@dataclass(frozen=True)
class Wanted:
    """A list: of which facts and view, which figure's rows, narrowed by what."""

    version: str
    view: View
    units: Units
    figure: str
    part: str
    filters: Filters

    @property
    def group(self) -> Group:
        return group_of(self.figure)

    def opened(self) -> tuple[Facts, Ask]:
        ask = data.question(self.version, self.view)
        return data.facts(self.version, self.units, ask.alive), ask


def asked_for(frame: Frame, asked: Asked) -> Wanted:
    """The list that the address asks for."""
    lows = {band.token: band.low for band in bands(frame.ask.as_of_day)}
    filters = Filters(
        units=asked["units"],
        areas=asked["area"],
        fields=asked["field"],
        procedures=asked["procedure"],
        channels=asked["channel"],
        officers=asked["officer"],
        steps=asked["step"],
        bands=tuple(lows[token] for token in asked["band"]),
        causes=asked["cause"],
        apology={"issued": True, "missing": False}.get(asked["apology"]),
        left=asked["left"],
        code=asked["q"],
    )
    units = frame.units_in_view
    return Wanted(frame.version, frame.view, units, asked["figure"], asked["part"], filters)


@st.cache_data(max_entries=128, show_spinner="Đang lọc hồ sơ…")
def listing(of: Wanted) -> Listing:
    """Counts, distributions and the first rows of a list."""
    facts, ask = of.opened()
    return lists.listing(facts, of.group, ask, of.filters, of.part)


@st.cache_data(max_entries=128, show_spinner="Đang tính thời gian theo bước…")
def time_spent(of: Wanted) -> tuple[TimeSpent, Table]:
    """Where the time of the list's late dossiers went; the same in working days."""
    facts, ask = of.opened()
    found = late_time.time_spent(facts, of.group, ask, of.filters, of.part)
    return found, found.by_days(ask)


@st.cache_data(max_entries=128, show_spinner=False)
def held_at(of: Wanted) -> Table:
    """At which steps the list's pending dossiers are."""
    facts, ask = of.opened()
    return choices.held_at(facts, of.group, ask, of.filters, of.part)


@st.cache_data(max_entries=128, show_spinner=False)
def told_late(of: Wanted) -> int:
    """Dossiers ended in time whose record came late."""
    facts, ask = of.opened()
    return choices.told_late(facts, ask, of.filters)


@st.cache_data(max_entries=128, show_spinner=False)
def facets(of: Wanted) -> dict[str, dict[Any, int]]:
    """What the list can be narrowed by, with how many dossiers of it there are unnarrowed."""
    facts, ask = of.opened()
    found = choices.facets(facts, of.group, ask, of.part)
    return {name: dict(counted) for name, counted in found.items()}


@st.cache_data(max_entries=64, show_spinner=False)
def apologies(of: Wanted) -> tuple[Table, dict[str, int]]:
    """The register of apologies by unit, and its sums."""
    facts, ask = of.opened()
    found = apology.apologies(facts, ask, of.filters)
    return found, apology.altogether(found)


@st.cache_data(max_entries=64, show_spinner=False)
def repeated(version: str, view: View, units: Units) -> Repeated:
    """Units that were late more often than allowed."""
    ask = window(data.question(version, view))
    return apology.repeated(data.facts(version, units, ask.alive), ask)


def every_row(frame: Frame, of: Wanted) -> Callable[[], Table]:
    """Reads the whole list, for a file: anew, for an older snapshot's files may be gone then."""
    ask, opened = frame.ask, data.anew(frame.version, of.units, frame.ask.alive)
    return lambda: lists.export(opened(), of.group, ask, of.filters, of.part)


def every_dossier(frame: Frame, of: Wanted) -> list[int]:
    """The ids of the whole list, worst first, as far as one decision may be of."""
    found: list[int] = every_row(frame, of)()["dossier_id"].head(MOST + 1).to_list()
    return found


def first_codes(found: Listing) -> dict[int, str]:
    """The list's first dossiers, that can be chosen one by one: id → code."""
    return dict(found.top.select("dossier_id", "code").iter_rows())


def sources(frame: Frame) -> dict[int, str]:
    """Source id → its name."""
    return dict(frame.facts.sources.select("source_id", "name").iter_rows())


def procedure_codes(frame: Frame) -> dict[int, tuple[str, str]]:
    """Procedure id → code and name, as this reader may see them."""
    rows = frame.procedures.select("procedure_id", "code", "name").iter_rows()
    return {key: (code, name) for key, code, name in rows}


def days_to(within: int, left: Mapping[int, int]) -> list[dict[str, int]]:
    """Dossiers due soon by the working days left, each of the days up to ``within``."""
    return [{"left": days, "count": left.get(days, 0)} for days in range(within + 1)]


def officers(version: str) -> dict[int, str]:
    """Officer id → code in the source system; nobody where the reader may not see officers."""
    if not identity.may("see_officers"):
        return {}
    try:
        return _officers(version)
    except DatabaseLost:
        note(_log, "officers' codes not read")  # the figures are still there
        return {}


@st.cache_data(max_entries=4, show_spinner=False)
def _officers(version: str) -> dict[int, str]:  # the version is the key: codes come with data
    return officer_codes_in(data.database())


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
