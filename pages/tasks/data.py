"""What the screen of tasks reads, cached by scalars."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.engine import Facts
from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.dossiers.attention import Line
from metrics.registers.tasks import AREAS, WEEKLY
from metrics.tasks.figures import TASK_FIGURE
from metrics.tasks.requests import Request, request_lines, requests, weekly
from metrics.tasks.review import (
    TaskReview,
    programmes_in_view,
    running,
    task_lines,
    task_review,
    task_rows,
)
from ui.kit.query import UNKNOWN as NO_AREA
from ui.shell import data
from ui.shell.context import Frame

Table = pl.DataFrame
"""What a screen holds of it: rows to be drawn, nothing to be computed with."""


def chosen(programmes: Table, programme: int | None, when: str | None) -> Table:
    """One programme, or those that run in the period, or (none runs, or asked for) all.

    What the weekly review asks is looked at by itself: it is no part of a year's plan.
    """
    if programme is not None:
        return programmes.filter(pl.col("programme_id") == programme)
    if when == "weekly":
        return programmes.filter(pl.col("kind") == WEEKLY)
    of_year = programmes.filter(pl.col("kind") != WEEKLY)
    if of_year.is_empty():
        return programmes
    programmes = of_year
    going = programmes.filter("is_running")
    everything = when == "all" or (when is None and going.is_empty())
    return programmes if everything else going


def only(rows: Table, task: int) -> Table:
    """The row of one task; empty where it is not among them."""
    return rows.filter(pl.col("task_id") == task)


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
    part: str = "numerator",
) -> pl.DataFrame:
    """The tasks behind a part of a figure, cut to programmes, an area and units."""
    where: dict[str, Any] = {"programme_id": list(among)}
    if area is not None:
        where["area"] = None if area == NO_AREA else area
    if units:
        where["unit_id"] = list(units)
    return task_rows(_facts(key), _ask(key), figure, where, part)


@st.cache_data(max_entries=64, show_spinner=False)
def lines(key: Key, among: tuple[int, ...], asking: tuple[int, ...]) -> list[Line]:
    """The lines of "Cần chỉ đạo" about tasks, and about what units were asked.

    ``asking``: the programmes of the weekly review (:func:`asking_programmes`).
    """
    names = data.unit_names(key[0])
    found = task_lines(_facts(key), _ask(key), among, names) if among else []
    return found + request_lines(_facts(key), _ask(key), asking, names)


def asking_programmes(key: Key) -> tuple[int, ...]:
    """The programmes that hold what the weekly review asks of the units in view."""
    return weekly(programmes(key))


@st.cache_data(max_entries=64, show_spinner=False)
def asked_of_units(key: Key) -> list[Request]:
    """What the weekly review asked of the units in view by T, the newest first."""
    return requests(_facts(key), _ask(key), asking_programmes(key))


@st.cache_data(max_entries=64, show_spinner=False)
def events(key: Key, task: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A task's updates and its reminders, newest first, those after T too."""
    registers = _facts(key).registers.at(_ask(key).moment)
    found = []
    for name in ("task_update", "reminder"):
        frame: pl.DataFrame = registers[name].collect(backend="polars").to_native()
        found.append(frame.filter(pl.col("task_id") == task).sort("at", descending=True))
    return found[0], found[1]


def areas(review: TaskReview) -> pl.DataFrame:
    """The table by area with every area: one without a task is news, too."""
    table = review.table("area")
    every = pl.DataFrame({"area": [*(choice.value for choice in AREAS), None]})
    joined = every.join(table, on="area", how="left", nulls_equal=True, maintain_order="left")
    found = joined.with_columns(pl.col("tasks_assigned").fill_null(0))
    return found.filter(pl.col("area").is_not_null() | (pl.col("tasks_assigned") > 0))


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
