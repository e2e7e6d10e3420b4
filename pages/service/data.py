"""What the screen of service quality reads, cached by scalars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.engine import Facts
from metrics.core.ask import Ask, span
from metrics.core.periods import period_of
from metrics.dossiers.comparison import Comparison, with_month_before
from metrics.dossiers.since import Since, since
from metrics.service import review as service
from metrics.service.review import Month, month_ask, months_until
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.view import View

REGISTERS: Final = ("service_component", "survey", "form_row")
"""What this screen looks at, beside the dossiers."""
SHOWN: Final = 200
MONTHS: Final = 13
Table = pl.DataFrame
"""What a screen holds of it: rows to be drawn, nothing to be computed with."""


def subject(frame: Frame) -> int | None:
    """The unit whose portal scores count: the chosen one, else the one on top of the view.

    Of several on top (a demonstration with four places), the one with most units below it.
    """
    if frame.view.unit is not None:
        return frame.view.unit
    return _top(frame.version, data.scope_of_reader().units)


@st.cache_data(max_entries=8, show_spinner=False)
def _top(version: str, allowed: data.Units) -> int | None:
    units = _seen(version, allowed)
    known = set(units["unit_id"])
    tops = [u for u, parent in units.select("unit_id", "parent_id").iter_rows()
            if parent not in known]  # fmt: skip
    below = {unit: len(data.scope_within(version, unit) or ()) for unit in tops}
    return max(tops, key=lambda unit: (below[unit], -unit), default=None)


def _seen(version: str, allowed: data.Units) -> Table:
    """The units that may be seen themselves (not those above them)."""
    units = data.facts(version, allowed, None).units
    return units if allowed is None else units.filter(pl.col("unit_id").is_in(sorted(allowed)))


@st.cache_data(max_entries=8, show_spinner=False)
def _kinds(version: str, allowed: data.Units) -> dict[int, str]:
    return dict(_seen(version, allowed).select("unit_id", "kind").iter_rows())


def months(frame: Frame) -> list[date]:
    """The months that can be chosen, the latest first."""
    first = _first_month(frame.looking_at(*REGISTERS), frame.units_in_view)
    return service.months_since(first, frame.ask.as_of_day)


def month_before(frame: Frame, month: date, *, published: bool) -> Comparison:
    """What a month's changes are counted from; what is published does not hang on our dossiers."""
    ask = month_ask(frame.ask, month)
    found = (
        Since(date.min)
        if published
        else since(data.first_days(frame.version, frame.units_in_view), frame.facts.sources, ask)
    )
    return with_month_before(ask, period_of("month", month), found)


@st.cache_data(max_entries=8, show_spinner=False)
def _first_month(version: str, allowed: data.Units) -> date | None:
    facts = data.facts(version, allowed, None)
    return service.first_month(facts, facts)


def _opened(version: str, units: data.Units, asks: list[Ask]) -> Facts:
    return data.facts(version, units, span(asks))


def monthly(frame: Frame, month: date) -> list[Month]:
    """The months up to one, of the view's unit."""
    unit, units = subject(frame), frame.units_in_view
    level = None if unit is None else _kinds(frame.version, units).get(unit)
    return _monthly(frame.looking_at(*REGISTERS), frame.view, units, unit, level, month)


@st.cache_data(max_entries=64, show_spinner="Đang tính điểm theo tháng…")
def _monthly(
    version: str, view: View, units: data.Units, unit: int | None, level: str | None, month: date
) -> list[Month]:
    ask, wanted = data.question(version, view), months_until(month, MONTHS)
    facts = _opened(version, units, [month_ask(ask, each) for each in wanted])
    return service.monthly(facts, facts, ask, wanted, unit, level)


def units(frame: Frame, month: date) -> Table:
    """The units in view that have anything of a month, without the one on top, side by side."""
    found = _units(frame.looking_at(*REGISTERS), frame.view, frame.units_in_view, month)
    others = {unit: each for unit, each in found.items() if unit != subject(frame)}
    return service.unit_table(others, frame.unit_names)


@st.cache_data(max_entries=64, show_spinner="Đang so sánh các đơn vị…")
def _units(version: str, view: View, units: data.Units, month: date) -> dict[int, Month]:
    ask = data.question(version, view)
    facts = _opened(version, units, [month_ask(ask, month)])
    return service.by_unit(facts, facts, ask, month, _kinds(version, units))


@st.cache_data(max_entries=32, show_spinner="Đang mở hồ sơ…")
def behind(
    version: str, view: View, units: data.Units, component: str, month: date, part: str
) -> tuple[int, Table]:
    """How many dossiers stand behind a component, and the first of them."""
    ask = data.question(version, view)
    facts = _opened(version, units, [month_ask(ask, month)])
    found = _behind_rows(facts, component, ask, month, part)
    return found.height, found.head(SHOWN)


def _behind_rows(facts: Facts, component: str, ask: Ask, month: date, part: str) -> Table:
    """All of them, those received last first."""
    found: Table = (
        service.behind(facts, component, ask, month, part)
        .select(
            "dossier_id", "code", "unit_id", "procedure_id", "received_at", "due_at", "ended_at"
        )
        .collect(backend="polars")
        .to_native()
    )
    return found.sort("received_at", "code", descending=[True, False])


def every_behind(frame: Frame, component: str, month: date, part: str) -> Callable[[], Table]:
    """Reads all of :func:`behind`, for a file: when it is asked for, on a thread of its own."""
    ask = frame.ask
    opened = data.anew(frame.version, frame.units_in_view, span([month_ask(ask, month)]))
    return lambda: _behind_rows(opened(), component, ask, month, part)


def entered(frame: Frame, unit: int, month: date, component: str) -> int | None:
    """The row in which a component of a unit's month was entered; None: nobody has."""
    facts = data.facts(frame.looking_at(*REGISTERS), frame.units_in_view, None)
    return service.entered(facts, unit, month, component)


def surveys(frame: Frame) -> list[dict[str, Any]]:
    """Surveys by the units in view, as known at the figures' moment."""
    version, moment = frame.looking_at(*REGISTERS), frame.ask.moment
    return _surveys(version, frame.units_in_view, moment).to_dicts()


@st.cache_data(max_entries=32, show_spinner=False)
def _surveys(version: str, units: data.Units, moment: datetime) -> Table:
    facts = data.facts(version, units, None)
    day = (moment - timedelta(milliseconds=1)).date()
    return service.surveys(facts, Ask(day, day, facts.calendar, as_of=moment))
