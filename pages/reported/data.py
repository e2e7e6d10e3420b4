"""What the screen of reported figures reads, cached by scalars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

import polars as pl
import streamlit as st

from metrics.reported.review import rows_of
from metrics.reported.statements import Statement, form_state, period_words, statements
from ui.kit.asking import question
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.view import View

Table = pl.DataFrame
"""What a screen holds of it: rows to be drawn, nothing to be computed with."""


REGISTERS: Final = ("indicator_value", "form_row", "survey")
"""What this screen looks at."""


@st.cache_data(max_entries=32, show_spinner=False)
def _held(version: str, view: View, units: data.Units, moment: datetime) -> list[Statement]:
    ask = replace(data.question(version, view), as_of=moment)
    return statements(data.facts(version, units, None), ask)


def held(frame: Frame) -> list[Statement]:
    """The last statements of the units in view."""
    moment = question(frame).moment
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
    moment = question(frame).moment
    return _forms(frame.looking_at(*REGISTERS), frame.view, frame.units_in_view, moment)


def value_rows(among: Iterable[Statement]) -> Table:
    """A row a value: what it is of, and the columns of its own."""
    columns = ("indicator_value_id", "part", "value", "numerator", "denominator", "source")
    rows = [
        {name: row[name] for name in columns}
        | {
            "group": one.indicator.group,
            "indicator": one.indicator.name,
            "is_rate": one.indicator.kind == "rate",
            "unit_id": one.unit_id,
            "check": one.check,
            "told": period_words(row),
        }
        for one in among
        for row in rows_of(one)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
