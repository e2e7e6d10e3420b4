"""What the screen of service quality reads, cached by scalars; what it is asked in the URL."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import narwhals as nw
import polars as pl
import streamlit as st

from connectors.engine import Facts
from metrics.core.ask import Ask, span
from metrics.service import review as service
from metrics.service.review import Month, month_ask, months_until
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.view import View

KEYS: Final = ("month", "component", "part")
"""The parameters of this screen, beside those of the frame."""

PARTS: Final = {
    "missing": "Hồ sơ làm mất điểm",
    "numerator": "Hồ sơ ở tử số",
    "denominator": "Hồ sơ ở mẫu số",
}
SHOWN: Final = 200
MONTHS: Final = 13


@dataclass(frozen=True)
class Query:
    """Which month, and which component is open."""

    month: date | None = None
    component: str | None = None
    part: str = "missing"

    def params(self) -> dict[str, str]:
        """The URL's parameters; what equals the default is left out."""
        found = {
            "month": f"{self.month:%Y-%m}" if self.month else None,
            "component": self.component,
            "part": None if self.part == "missing" else self.part,
        }
        return {key: value for key, value in found.items() if value is not None}


def read_query(params: Mapping[str, str], components: Collection[str]) -> tuple[Query, list[str]]:
    """The query that the URL names, and a sentence for each parameter that was left out."""
    query, problems = Query(), []
    for key in KEYS:
        text = params.get(key)
        if not text:
            continue
        if key == "month" and (month := _month(text)) is not None:
            query = replace(query, month=month)
        elif key == "component" and text in components:
            query = replace(query, component=text)
        elif key == "part" and text in PARTS:
            query = replace(query, part=text)
        else:
            # What is refused is not repeated: a link could put words on the screen.
            problems.append(f"Tham số “{key}” trong đường dẫn không hợp lệ nên được bỏ qua.")
    return query, problems


def _month(text: str) -> date | None:
    found = re.fullmatch(r"(20\d{2})-(\d{2})", text)
    if found is None or not 1 <= int(found[2]) <= 12:
        return None
    return date(int(found[1]), int(found[2]), 1)


# -- whose --------------------------------------------------------------------------------


def subject(frame: Frame) -> int | None:
    """The unit whose portal scores count: the chosen one, else the one on top of the view.

    Of several on top (a demonstration with four places), the one with most units below it.
    """
    if frame.view.unit is not None:
        return frame.view.unit
    return _top(frame.version, data.scope_of_reader().units)


@st.cache_data(max_entries=8, show_spinner=False)
def _top(version: str, allowed: data.Units) -> int | None:
    units = data.facts(version, allowed, None).units
    if allowed is not None:
        units = units.filter(pl.col("unit_id").is_in(sorted(allowed)))
    known = set(units["unit_id"])
    tops = [unit for unit, parent in units.select("unit_id", "parent_id").iter_rows()
            if parent not in known]  # fmt: skip
    below = {unit: len(data.scope_within(version, unit) or ()) for unit in tops}
    return max(tops, key=lambda unit: (below[unit], -unit), default=None)


@st.cache_data(max_entries=8, show_spinner=False)
def _kinds(version: str, allowed: data.Units) -> dict[int, str]:
    """Unit → kind, of the units that may be seen themselves (not those above them)."""
    units = data.facts(version, allowed, None).units
    if allowed is not None:
        units = units.filter(pl.col("unit_id").is_in(sorted(allowed)))
    return dict(units.select("unit_id", "kind").iter_rows())


def kinds(frame: Frame) -> dict[int, str]:
    """Unit → kind of the units in view."""
    return _kinds(frame.version, frame.units_in_view)


REGISTERS: Final = ("service_component", "survey", "form_row")
"""What this screen looks at, beside the dossiers."""


# -- months -------------------------------------------------------------------------------


@st.cache_data(max_entries=8, show_spinner=False)
def _first_month(version: str, allowed: data.Units) -> date | None:
    """The month of the first dossier or imported component."""
    facts = data.facts(version, allowed, None)
    received = facts.dossier.select(nw.col("received_at").min()).collect(backend="polars")
    first: datetime | None = received.to_native()["received_at"][0]
    held = facts.registers.standing()["service_component"].select(nw.col("month").min())
    month: date | None = held.collect(backend="polars").to_native()["month"][0]
    days = [day for day in (first.date() if first else None, month) if day is not None]
    return min(days).replace(day=1) if days else None


def months(frame: Frame) -> list[date]:
    """The months that can be chosen, the latest first."""
    until = frame.ask.as_of_day.replace(day=1)
    first = _first_month(frame.looking_at(*REGISTERS), frame.units_in_view)
    if first is None or first > until:
        return [until]
    count = (until.year - first.year) * 12 + until.month - first.month + 1
    return months_until(until, count)[::-1]


def _opened(version: str, view: View, units: data.Units, asks: list[Ask]) -> Facts:
    return data.facts(version, units, span(asks))


@st.cache_data(max_entries=64, show_spinner="Đang tính điểm theo tháng…")
def _monthly(
    version: str, view: View, units: data.Units, unit: int | None, level: str | None, month: date
) -> list[Month]:
    ask = data.question(version, view)
    wanted = months_until(month, MONTHS)
    asks = [month_ask(ask, each) for each in wanted]
    facts = _opened(version, view, units, asks)
    return service.monthly(facts, facts, ask, wanted, unit, level)


def monthly(frame: Frame, month: date) -> list[Month]:
    """The months up to one, of the view's unit."""
    unit = subject(frame)
    level = kinds(frame).get(unit) if unit is not None else None
    return _monthly(
        frame.looking_at(*REGISTERS), frame.view, frame.units_in_view, unit, level, month
    )


@st.cache_data(max_entries=64, show_spinner="Đang so sánh các đơn vị…")
def _units(version: str, view: View, units: data.Units, month: date) -> dict[int, Month]:
    ask = data.question(version, view)
    facts = _opened(version, view, units, [month_ask(ask, month)])
    return service.by_unit(facts, facts, ask, month, _kinds(version, units))


def units(frame: Frame, month: date) -> dict[int, Month]:
    """The units in view that have anything of a month, without the one on top."""
    found = _units(frame.looking_at(*REGISTERS), frame.view, frame.units_in_view, month)
    return {unit: each for unit, each in found.items() if unit != subject(frame)}


def table(frame: Frame, found: Mapping[int, Month]) -> pl.DataFrame:
    """Units side by side: metrics.service.review.unit_table."""
    return service.unit_table(found, frame.unit_names)


@st.cache_data(max_entries=32, show_spinner="Đang mở hồ sơ…")
def behind(
    version: str, view: View, units: data.Units, component: str, month: date, part: str
) -> tuple[int, pl.DataFrame]:
    """How many dossiers stand behind a component, and the first of them."""
    ask = data.question(version, view)
    facts = _opened(version, view, units, [month_ask(ask, month)])
    found: pl.DataFrame = (
        service.behind(facts, component, ask, month, part)
        .select("code", "unit_id", "procedure_id", "received_at", "due_at", "ended_at")
        .collect(backend="polars")
        .to_native()
    )
    return found.height, found.sort("received_at", "code", descending=[True, False]).head(SHOWN)


def held(frame: Frame, unit: int, month: date, component: str) -> dict[str, Any]:
    """What was entered of a component of a unit's month; empty: nothing yet."""
    facts = data.facts(frame.looking_at(*REGISTERS), frame.units_in_view, None)
    rows = facts.registers.standing()["service_component"].filter(
        nw.col("unit_id") == unit, nw.col("month") == month, nw.col("component") == component
    )
    found: list[dict[str, Any]] = rows.collect(backend="polars").to_native().to_dicts()
    return found[0] if found else {}


@st.cache_data(max_entries=32, show_spinner=False)
def surveys(version: str, units: data.Units, moment: datetime) -> pl.DataFrame:
    """Surveys by the units in view, as known at a moment."""
    facts = data.facts(version, units, None)
    day = (moment - timedelta(milliseconds=1)).date()
    return service.surveys(facts, Ask(day, day, facts.calendar, as_of=moment))
