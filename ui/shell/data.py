"""What the screens read, cached by scalars only.

A frame is never a cache key: Streamlit's hash of a Polars frame overlooks its middle rows. The
key of everything here is the snapshot's version, the scope and the view; what a cached function
reads beside its arguments would be a key that is missing. A version names the registers that it
speaks of (:func:`narrowed`): what is asked of dossiers alone outlives the save of a task.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Final

import polars as pl
import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from connectors.engine import Facts, Scope, descendants, open_facts
from connectors.snapshot import Manifest, narrowed, read_manifest, refresh, registers_of
from metrics.core import names
from metrics.core.ask import Ask, source_ends
from metrics.dossiers import since
from metrics.dossiers import units as units_of
from metrics.dossiers.attention import Line, attention
from metrics.dossiers.review import Review, by_field, review
from ui.shell import identity
from ui.shell.installation import database, settings
from ui.shell.view import View, known_token, read_known

__all__ = ["database", "narrowed", "settings"]

_log = logging.getLogger(__name__)

Units = frozenset[int] | None
"""Units in scope; None: all. It is part of every key, so that nobody is shown another's result."""


_recent: tuple[Manifest, ...] = ()
"""The last snapshots that runs began with, the newest last: a run reads one to its end."""
_KEPT: Final = 8


def manifest() -> Manifest | None:
    """The snapshot in place now; read anew in each run, it is one small file."""
    global _recent
    found = read_manifest(settings().snapshot_dir)
    if found is not None and found not in _recent[-1:]:
        _recent = (*_recent[1 - _KEPT :], found)
    return found


def first_snapshot() -> Manifest | None:
    """The snapshot of a database that has none yet; None when the database is not ready.

    So that a fresh installation can be filled from the data screen.
    """
    try:
        with st.spinner("Đang tổng hợp số liệu lần đầu…"):
            return refresh(database(), settings())
    except SQLAlchemyError:
        _log.exception("no first snapshot")
        return None


def scope_of_reader() -> Scope:
    """What the reader may see; without a reader nothing is opened (identity.NotSignedIn)."""
    return identity.scope()


@st.cache_resource(max_entries=32, show_spinner=False)
def facts(
    version: str, scope_units: frozenset[int] | None, alive: tuple[datetime, datetime] | None
) -> Facts:
    """The opened facts of a snapshot version; lazy, so holding them costs nothing.

    They hold the registers that the version speaks of, and no other.
    """
    named, (of_now, as_known) = registers_of(version), _without_known(version)
    kept = [each for each in _recent if narrowed(each.version, *named) == of_now]
    return open_facts(
        settings(),
        Scope(scope_units),
        alive=alive,
        manifest=kept[-1] if kept else None,
        registers=named,
        as_known=as_known,
    )


def anew(
    version: str, units: Units, alive: tuple[datetime, datetime] | None
) -> Callable[[], Facts]:
    """Opens the same facts later, on a thread without a reader, from the snapshot in place then.

    For a file that is made when it is asked for: an older snapshot may be gone.
    """
    held, named, known = settings(), registers_of(version), _without_known(version)[1]
    return lambda: open_facts(held, Scope(units), alive=alive, registers=named, as_known=known)


def knowing(version: str, known: datetime | int | None) -> str:
    """The version of what the records said at K: whatever is keyed by it is as known then."""
    if known is None:
        return version
    facts_, mark, rest = version.partition("|")
    return f"{facts_}@{known_token(known)}{mark}{rest}"


def of_now(version: str) -> str:
    """The same version with all that is known now."""
    return _without_known(version)[0]


def _without_known(version: str) -> tuple[str, datetime | int | None]:
    facts_, mark, rest = version.partition("|")
    of_now, known, token = facts_.partition("@")
    return f"{of_now}{mark}{rest}", read_known(token) if known else None


def scope_within(version: str, unit: int | None) -> frozenset[int] | None:
    """The units in view: the reader's, cut to the chosen unit and what is below it."""
    allowed = scope_of_reader().units
    if unit is None:
        return allowed
    below = _descendants(version, allowed, unit)
    return below if allowed is None else below & allowed


@st.cache_data(max_entries=256, show_spinner=False)
def _descendants(version: str, allowed: Units, unit: int) -> frozenset[int]:
    return descendants(facts(version, allowed, None).units, unit)


def unit_names(version: str) -> dict[int, str]:
    """Unit id → name."""
    return _unit_names(version, scope_of_reader().units)


def place_names(version: str) -> dict[int, str]:
    """Unit id → name, of every unit: what the reader's own records may name.

    A dossier is received, and a task helped with, by units that the reader sees nothing else of.
    """
    return _unit_names(version, None)


@st.cache_data(max_entries=64, show_spinner=False)
def first_days(version: str, allowed: Units) -> since.Firsts:
    """Source → the day of its first dossier, of these units (None: all)."""
    held = facts(version, allowed, None)
    row = since.first_days(held.dossier, held.sources).collect(backend="polars").to_native()
    return since.firsts_of(row)


@st.cache_data(max_entries=64, show_spinner=False)
def _unit_names(version: str, allowed: Units) -> dict[int, str]:
    return names.unit_names(facts(version, allowed, None).units)


@st.cache_data(max_entries=4, show_spinner=False)
def field_names(version: str) -> dict[int, str]:
    """Field id → name; fields are nobody's."""
    return names.field_names(facts(version, None, None).fields)


def procedures(version: str) -> pl.DataFrame:
    """Procedures (they are nobody's) with code and name as this reader may see them.

    What stands in place of a sensitive procedure's name says nothing of what somebody applied for.
    """
    return _procedures(version, identity.may("see_sensitive_titles"))


@st.cache_data(max_entries=8, show_spinner=False)
def _procedures(version: str, sensitive: bool) -> pl.DataFrame:
    found = facts(version, None, None).procedures
    return found if sensitive else names.with_sensitive_covered(found)


def procedure_names(version: str) -> dict[int, str]:
    """Procedure id → code and name, as this reader may see them."""
    return _procedure_names(version, identity.may("see_sensitive_titles"))


@st.cache_data(max_entries=8, show_spinner=False)
def _procedure_names(version: str, sensitive: bool) -> dict[int, str]:
    return names.procedure_names(_procedures(version, sensitive))


def question(version: str, view: View) -> Ask:
    """The question that a view asks."""
    everything = facts(version, scope_of_reader().units, None)
    ends = source_ends(everything.sources)
    return view.ask(everything.calendar, everything.data_until, everything.thresholds, ends)


def weekly_review(version: str, view: View) -> Review:
    """The home screen's figures."""
    return _weekly_review(version, view, scope_within(version, view.unit))


@st.cache_data(max_entries=64, show_spinner="Đang tính số liệu của kỳ…")
def _weekly_review(version: str, view: View, units: Units) -> Review:
    return review(partial(facts, version, units), question(version, view), view.period)


def attention_lines(version: str, view: View, anew: Mapping[int, Mapping[date, str]]) -> list[Line]:
    """The lines under "Cần chỉ đạo" for the view.

    ``anew``: of units with marked events (ui/shell/events.py).
    """
    named = {unit: tuple(days.items()) for unit, days in anew.items()}
    return _attention_lines(version, view, scope_within(version, view.unit), named)


@st.cache_data(max_entries=64, show_spinner=False)
def _attention_lines(
    version: str, view: View, units: Units, anew: dict[int, tuple[tuple[date, str], ...]]
) -> list[Line]:
    why = {unit: dict(days) for unit, days in anew.items()}
    found = replace(_weekly_review(version, view, units), anew=why)
    return attention(found, unit_names(version), field_names(version), sources(version))


def fields_of(version: str, view: View) -> pl.DataFrame:
    """On-time rate and late counts by field, for the view."""
    return _fields_of(version, view, scope_within(version, view.unit))


@st.cache_data(max_entries=64, show_spinner=False)
def _fields_of(version: str, view: View, units: Units) -> pl.DataFrame:
    ask = question(version, view)
    return by_field(facts(version, units, ask.alive), ask)


@st.cache_data(max_entries=4, show_spinner=False)
def own_root(version: str) -> int | None:
    """The unit that the installation works for (units.own_root); it is nobody's secret."""
    everything = facts(version, None, None)
    found = everything.dossier.select("unit_id").unique().collect(backend="polars").to_native()
    return units_of.own_root(everything.units, found["unit_id"].drop_nulls().to_list())


def sources(version: str) -> pl.DataFrame:
    """Sources with their freshness."""
    return facts(version, scope_of_reader().units, None).sources
