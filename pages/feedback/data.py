"""What the screen of citizens' feedback reads, cached by scalars."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.engine import Facts
from metrics.core.ask import Ask
from metrics.dossiers.attention import Line
from metrics.feedback import review as of
from metrics.feedback.review import By, FeedbackReview
from ui.kit import asking
from ui.shell import data
from ui.shell.context import Frame

Key = tuple[str, frozenset[int] | None, date, date, datetime]
"""Version, units in view, the period's days, T: all that the figures depend on."""
Where = tuple[tuple[str, tuple[Any, ...]], ...]
"""Column → the values that are wanted."""

REGISTERS: Final = ("feedback",)
"""What this screen looks at."""


def version_of(frame: Frame) -> str:
    """The version of what this screen looks at."""
    return frame.looking_at(*REGISTERS)


def question(frame: Frame) -> Ask:
    """The view's question."""
    return asking.question(frame)


def key_of(frame: Frame, ask: Ask) -> Key:
    """The cache key of a question."""
    return version_of(frame), frame.units_in_view, ask.first_day, ask.last_day, ask.moment


def _facts(key: Key) -> Facts:
    return data.facts(key[0], key[1], None)


def _ask(key: Key) -> Ask:
    facts = _facts(key)
    return Ask(key[2], key[3], facts.calendar, as_of=key[4], thresholds=facts.thresholds)


@st.cache_data(max_entries=64, show_spinner="Đang tính số liệu phản ánh…")
def review(key: Key) -> FeedbackReview:
    """All figures of feedback."""
    return of.feedback_review(_facts(key), _ask(key))


@st.cache_data(max_entries=64, show_spinner=False)
def rows(
    key: Key, figure: str = "feedback_received", where: Where = (), part: str = "numerator"
) -> pl.DataFrame:
    """The rows behind a part of a figure, cut to units, kinds, sources, states."""
    wanted: dict[str, Any] = {column: list(values) for column, values in where}
    return of.feedback_rows(_facts(key), _ask(key), figure, wanted or None, part)


@st.cache_data(max_entries=64, show_spinner=False)
def one(key: Key, number: int) -> dict[str, Any] | None:
    """A row as it stood at T, whatever the period; None: not received by then, or not in view."""
    held = of.one_feedback(_facts(key), _ask(key), number)
    return None if held.is_empty() else held.row(0, named=True)


@st.cache_data(max_entries=64, show_spinner=False)
def table(key: Key, by: By) -> pl.DataFrame:
    """Feedback by unit, kind or source."""
    return of.feedback_table(_facts(key), _ask(key), by)


@st.cache_data(max_entries=64, show_spinner=False)
def is_empty(version: str, units: frozenset[int] | None) -> bool:
    """Whether nothing is in the register of the units in view."""
    return of.is_register_empty(data.facts(version, units, None))


@st.cache_data(max_entries=64, show_spinner=False)
def lines(key: Key) -> list[Line]:
    """The lines of "Cần chỉ đạo" about feedback."""
    return of.feedback_lines(_facts(key), _ask(key), data.unit_names(key[0]))
