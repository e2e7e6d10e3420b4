"""What the screen of reported figures reads, cached by scalars; what it is asked in the URL."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

import polars as pl
import streamlit as st

from metrics.core.ask import Ask
from metrics.reported.statements import Statement, form_state, groups, statements
from ui.kit.asking import question
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.view import View

KEYS: Final = ("whose", "group", "state", "value")
"""The parameters of this screen, beside those of the frame."""

STATES: Final = {
    "off": "Số không khớp nhau",
    "rest": "Còn phần không nêu",
    "old": "Cũ hơn 12 tháng",
    "untold": "Chưa có số",
}


@dataclass(frozen=True)
class Query:
    """What the values are cut to, and which of them is open."""

    whose: int | None = None
    group: str | None = None
    state: str | None = None
    value: int | None = None

    def params(self) -> dict[str, str]:
        """The URL's parameters; what equals the default is left out."""
        return {key: str(found) for key in KEYS if (found := getattr(self, key)) is not None}


def read_query(
    params: Mapping[str, str], units: Collection[int], values: Collection[int]
) -> tuple[Query, list[str]]:
    """The query that the URL names, and a sentence for each parameter that was left out."""
    query, problems = Query(), []
    for key in KEYS:
        text = params.get(key)
        if not text:
            continue
        number = int(text) if text.isdecimal() and len(text) <= 9 else None
        if key == "group" and text in groups():
            query = replace(query, group=text)
        elif key == "state" and text in STATES:
            query = replace(query, state=text)
        elif key == "whose" and number in units:
            query = replace(query, whose=number)
        elif key == "value" and number in values:
            query = replace(query, value=number)
        else:
            problems.append(f"Tham số “{key}” trong đường dẫn không hợp lệ nên được bỏ qua.")
    return query, problems


def ask_of(frame: Frame) -> Ask:
    """The view's question; values are known up to now, also where dossiers' data end sooner."""
    return question(frame)


REGISTERS: Final = ("indicator_value", "form_row", "survey")
"""What this screen looks at."""


@st.cache_data(max_entries=32, show_spinner=False)
def _held(version: str, view: View, units: data.Units, moment: datetime) -> list[Statement]:
    ask = replace(data.question(version, view), as_of=moment)
    return statements(data.facts(version, units, None), ask)


def held(frame: Frame) -> list[Statement]:
    """The last statements of the units in view."""
    moment = ask_of(frame).moment
    return _held(frame.looking_at(*REGISTERS), frame.view, frame.units_in_view, moment)


@st.cache_data(max_entries=32, show_spinner=False)
def _forms(version: str, view: View, units: data.Units, moment: datetime) -> pl.DataFrame:
    ask = replace(data.question(version, view), as_of=moment)
    found: pl.DataFrame = (
        form_state(data.facts(version, units, None).registers.at(moment), ask)
        .collect(backend="polars")
        .to_native()
    )
    return found.sort("period_from", "unit_id", nulls_last=True, descending=[True, False])


def forms(frame: Frame) -> pl.DataFrame:
    """Lines of forms that the units in view reported, newest period first."""
    moment = ask_of(frame).moment
    return _forms(frame.looking_at(*REGISTERS), frame.view, frame.units_in_view, moment)


def is_old(one: Statement, day: date) -> bool:
    """Whether what a statement speaks of ended more than a year before a day."""
    row = one.first
    known: date | None = row["as_of"] or row["period_to"] or row["period_from"]
    return known is not None and (day - known).days > 365


def is_untold(one: Statement) -> bool:
    """A statement that should hold a number and does not."""
    if one.indicator.kind in ("rate", "mean"):
        return one.rate is None
    return one.indicator.kind == "count" and one.indicator.parts != "apart" and one.value is None


def is_in(one: Statement, state: str, day: date) -> bool:
    """Whether a statement is in one of :data:`STATES`."""
    if state == "old":
        return is_old(one, day)
    if state == "off":
        return one.check in ("off", "rate_off")
    return is_untold(one) if state == "untold" else one.check == state
