"""What the screen of tasks reads, cached by scalars; what it is asked for in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.engine import Facts
from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.dossiers.attention import Line
from metrics.registers.tasks import AREAS
from metrics.tasks.figures import TASK_FIGURE
from metrics.tasks.review import (
    TaskReview,
    programmes_in_view,
    running,
    task_lines,
    task_review,
    task_rows,
)
from ui.shell import data
from ui.shell.context import Frame

KEYS: Final = ("when", "programme", "area", "units", "figure", "task")
"""The parameters of this screen, beside those of the frame."""

UNKNOWN_AREA: Final = "none"
_AREAS: Final = frozenset({UNKNOWN_AREA, *(choice.value for choice in AREAS)})


@dataclass(frozen=True)
class Query:
    """What the list is cut to, and which task is open."""

    when: str | None = None  # running | all; None: running where any runs, else all
    programme: int | None = None
    area: str | None = None  # UNKNOWN_AREA: not known
    units: tuple[int, ...] = ()
    figure: str = "tasks_assigned"
    task: int | None = None

    def params(self) -> dict[str, str]:
        """The URL's parameters; what equals the default is left out."""
        found = {
            "when": self.when,
            "programme": self.programme,
            "area": self.area,
            "units": ",".join(str(unit) for unit in self.units) or None,
            "figure": None if self.figure == "tasks_assigned" else self.figure,
            "task": self.task,
        }
        return {key: str(value) for key, value in found.items() if value is not None}


def read_query(
    params: Mapping[str, str], units: frozenset[int], programmes: frozenset[int]
) -> tuple[Query, list[str]]:
    """The query that the URL's parameters name, and a sentence for each that was left out."""
    query, problems = Query(), []
    for key in KEYS:
        text = params.get(key)
        if not text:
            continue
        try:
            query = replace(query, **_read(key, text, units, programmes))
        except ValueError:
            problems.append(f"Tham số “{key}” trong đường dẫn không hợp lệ nên được bỏ qua.")
    return query, problems


def _read(key: str, text: str, units: frozenset[int], programmes: frozenset[int]) -> dict[str, Any]:
    if key == "when" and text in ("running", "all"):
        return {"when": text}
    if key == "area" and text in _AREAS:
        return {"area": text}
    if key == "figure" and text in TASK_FIGURE and TASK_FIGURE[text].fact == "task":
        return {"figure": text}
    if key == "programme" and _number(text) in programmes:
        return {"programme": _number(text)}
    if key == "task":
        return {"task": _number(text)}
    if key == "units":
        wanted = [_number(part) for part in text.split(",")]
        known = tuple(unit for unit in wanted if unit in units)
        if known:
            return {"units": known}
    raise ValueError(text)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise ValueError(text)
    return int(text)


# -- cached reads -------------------------------------------------------------------------

REGISTERS: Final = ("programme", "task", "task_update", "reminder")
"""What this screen looks at."""

Key = tuple[str, frozenset[int] | None, date, date, datetime]
"""Version, units in view, the period's days, T: all that the figures depend on."""


def key_of(frame: Frame, ask: Ask) -> Key:
    version = frame.looking_at(*REGISTERS)
    return version, frame.units_in_view, ask.first_day, ask.last_day, ask.moment


def _facts(key: Key) -> Facts:
    return data.facts(key[0], key[1], None)


def _ask(key: Key) -> Ask:
    facts = _facts(key)
    return Ask(key[2], key[3], facts.calendar, as_of=key[4], thresholds=facts.thresholds)


@st.cache_data(max_entries=64, show_spinner=False)
def programmes(key: Key) -> pl.DataFrame:
    """Programmes that concern the units in view, with ``is_running`` in the period."""
    found = programmes_in_view(_facts(key), _ask(key), key[1])
    going = running(found, key[2], key[3])["programme_id"].to_list()
    return found.with_columns(pl.col("programme_id").is_in(going).alias("is_running"))


@st.cache_data(max_entries=64, show_spinner="Đang tính tình hình nhiệm vụ…")
def review(key: Key, among: tuple[int, ...]) -> TaskReview:
    """All figures of the tasks of some programmes."""
    return task_review(_facts(key), _ask(key), {"programme_id": list(among)})


@st.cache_data(max_entries=64, show_spinner=False)
def rows(
    key: Key,
    among: tuple[int, ...],
    figure: str = "tasks_assigned",
    area: str | None = None,
    units: tuple[int, ...] = (),
) -> pl.DataFrame:
    """The tasks behind a figure, cut to programmes, an area and units."""
    where: dict[str, Any] = {"programme_id": list(among)}
    if area is not None:
        where["area"] = None if area == UNKNOWN_AREA else area
    if units:
        where["unit_id"] = list(units)
    return task_rows(_facts(key), _ask(key), figure, where)


@st.cache_data(max_entries=64, show_spinner=False)
def lines(key: Key, among: tuple[int, ...]) -> list[Line]:
    """The lines of "Cần chỉ đạo" about tasks."""
    return task_lines(_facts(key), _ask(key), among, data.unit_names(key[0]))


@st.cache_data(max_entries=64, show_spinner=False)
def events(key: Key, task: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A task's updates and its reminders, newest first, those after T too."""
    registers = _facts(key).registers.at(_ask(key).moment)
    found = []
    for name in ("task_update", "reminder"):
        frame: pl.DataFrame = registers[name].collect(backend="polars").to_native()
        found.append(frame.filter(pl.col("task_id") == task).sort("at", descending=True))
    return found[0], found[1]


@st.cache_data(max_entries=16, show_spinner=False)
def all_programmes(version: str) -> pl.DataFrame:
    """Every programme, the newest first: what a task can be entered under. Open to all."""
    facts = data.facts(version, None, None)
    frame: pl.DataFrame = (
        facts.registers.standing()["programme"].collect(backend="polars").to_native()
    )
    known = pl.coalesce("issued_on", "period_from")
    return frame.sort(known, "programme_id", descending=True, nulls_last=True)


@st.cache_data(max_entries=64, show_spinner=False)
def launched_series(
    key: Key, among: tuple[int, ...], spans: tuple[tuple[date, date], ...]
) -> list[tuple[int | None, int]]:
    """Launched (null: unknown) and assigned at the end of each span, at most at T."""
    ask = _ask(key)
    asks = [ask.over(first, last) for first, last in spans]
    where = {"programme_id": list(among)}
    measured = measure(_facts(key), [TASK_FIGURE["tasks_launched"]], asks, where=where).sort("ask")
    return [(row[0], row[1]) for row in measured.select("numerator", "denominator").iter_rows()]
