"""What the screen of inspections reads, cached by scalars."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.engine import Facts, descendants
from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.dossiers.attention import Line
from metrics.inspections import review as of
from metrics.inspections.figures import INSPECTION_FIGURE
from metrics.inspections.review import COVERED_KINDS, Coverage, InspectionReview
from ui.kit import asking
from ui.shell import data
from ui.shell.context import Frame

Table = pl.DataFrame
"""What a screen holds of it: rows to be drawn, nothing to be computed with."""


def only(rows: Table, column: str, value: int) -> Table:
    """The rows that have a value."""
    return rows.filter(pl.col(column) == value)


def version_of(frame: Frame) -> str:
    """The version of what this screen looks at."""
    return frame.looking_at(*REGISTERS)


def known_kinds(frame: Frame) -> frozenset[str]:
    """The groups of faults that findings in the reader's scope have."""
    facts = data.facts(frame.looking_at("finding"), frame.scope, None)
    held: pl.DataFrame = facts.registers.ever()["finding"].collect("polars").to_native()
    return frozenset(held["kind"].drop_nulls())


# -- cached reads -------------------------------------------------------------------------

Key = tuple[str, frozenset[int] | None, date, date, datetime]
"""Version, units in view, the period's days, T: all that the figures depend on."""


REGISTERS: Final = ("inspection", "finding", "finding_check")
"""What this screen looks at."""


def question(frame: Frame, span: str = "period") -> Ask:
    """The view's question, over the span that visits are counted in."""
    ask = asking.question(frame)
    if span == "year":
        return of.from_year_start(ask)
    return of.from_beginning(ask) if span == "all" else ask


def key_of(frame: Frame, ask: Ask) -> Key:
    """The cache key of a question."""
    return version_of(frame), frame.units_in_view, ask.first_day, ask.last_day, ask.moment


def _facts(key: Key) -> Facts:
    return data.facts(key[0], key[1], None)


def _ask(key: Key) -> Ask:
    facts = _facts(key)
    return Ask(key[2], key[3], facts.calendar, as_of=key[4], thresholds=facts.thresholds)


@st.cache_data(max_entries=64, show_spinner="Đang tính số liệu kiểm tra…")
def review(key: Key) -> InspectionReview:
    """All figures of inspections and findings."""
    return of.inspection_review(_facts(key), _ask(key))


@st.cache_data(max_entries=64, show_spinner=False)
def coverage(key: Key, above: int | None, kinds: tuple[str, ...]) -> Coverage:
    """Units inspected of those in view."""
    facts = _facts(key)
    wanted, within, top = kinds or tuple(COVERED_KINDS), key[1], above
    root = data.own_root(key[0]) if within is None else None
    if root is not None:
        # Other units of the list are not this installation's: nobody here inspects them.
        within, top = descendants(facts.units, root), root
    return of.coverage(facts, facts.units, _ask(key), within=within, above=top, kinds=wanted)


@st.cache_data(max_entries=64, show_spinner=False)
def visits(key: Key, figure: str = "visits", units: tuple[int, ...] = ()) -> pl.DataFrame:
    """The visits behind a figure."""
    where = {"unit_id": list(units)} if units else None
    return of.visit_rows(_facts(key), _ask(key), figure, where)


@st.cache_data(max_entries=64, show_spinner=False)
def findings(
    key: Key,
    figure: str = "findings",
    fkind: str | None = None,
    state: str | None = None,
    units: tuple[int, ...] = (),
    part: str = "numerator",
) -> pl.DataFrame:
    """The findings behind a part of a figure, cut to a kind, a state and units."""
    return of.finding_rows(_facts(key), _ask(key), figure, _where(fkind, state, units), part)


def _where(fkind: str | None, state: str | None, units: tuple[int, ...]) -> dict[str, Any]:
    where: dict[str, Any] = {}
    if fkind is not None:
        where["kind"] = fkind
    if state is not None:
        where["state"] = state
    if units:
        where["unit_id"] = list(units)
    return where


@st.cache_data(max_entries=64, show_spinner=False)
def table(key: Key, by: str) -> pl.DataFrame:
    """Findings by kind, unit or state."""
    return of.finding_table(_facts(key), _ask(key), by)


@st.cache_data(max_entries=64, show_spinner=False)
def is_empty(version: str, units: frozenset[int] | None) -> bool:
    """Whether nothing is in the registers of the units in view."""
    return of.is_register_empty(data.facts(version, units, None))


@st.cache_data(max_entries=64, show_spinner=False)
def has_findings(version: str, units: frozenset[int] | None) -> bool:
    """Whether any finding was entered: where none was, their number is unknown, not 0."""
    return not of.is_register_empty(data.facts(version, units, None), ("finding",))


@st.cache_data(max_entries=64, show_spinner=False)
def lines(key: Key) -> list[Line]:
    """The lines of "Cần chỉ đạo" about findings."""
    return of.finding_lines(_facts(key), _ask(key), data.unit_names(key[0]))


@st.cache_data(max_entries=64, show_spinner=False)
def open_series(key: Key, spans: tuple[tuple[date, date], ...]) -> list[int | None]:
    """Open findings at the end of each span, at most at T."""
    ask = _ask(key)
    asks = [ask.over(first, last) for first, last in spans]
    wanted = INSPECTION_FIGURE["findings_open"]
    return list(measure(_facts(key), [wanted], asks).sort("ask")["numerator"])


@st.cache_data(max_entries=64, show_spinner=False)
def checks(key: Key, finding: int) -> pl.DataFrame:
    """A finding's checks, newest first, those after T too."""
    held = _facts(key).registers.at(_ask(key).moment)
    frame: pl.DataFrame = held["finding_check"].collect("polars").to_native()
    return frame.filter(pl.col("finding_id") == finding).sort("checked_on", descending=True)


@st.cache_data(max_entries=64, show_spinner=False)
def register(version: str, units: frozenset[int] | None, name: str) -> pl.DataFrame:
    """A whole register as entered, within the units: what forms choose from."""
    facts = data.facts(version, units, None)
    frame: pl.DataFrame = facts.registers.standing()[name].collect("polars").to_native()
    return frame
