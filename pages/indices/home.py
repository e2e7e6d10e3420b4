"""What the home screen shows of the province's indices: lines to decide on."""

from __future__ import annotations

from datetime import date, datetime, time

import streamlit as st

from metrics.core.names import level_of
from metrics.dossiers.attention import Line
from metrics.indices.lines import index_lines
from metrics.indices.series import INDICES
from pages.indices import data as indices_data
from ui.shell import data
from ui.shell.context import Frame


def lines(frame: Frame) -> list[Line]:
    """The province's own business: not shown to somebody who looks at one of its parts."""
    if frame.view.unit is not None or data.scope_of_reader().units is not None:
        return []
    root = data.own_root(frame.version)
    if root is not None and level_of(frame.facts.units, root) != "province":
        return []
    return _index_lines(frame.looking_at("index_score"), frame.ask.as_of_day.toordinal())


@st.cache_data(max_entries=64, show_spinner=False)
def _index_lines(version: str, day: int) -> list[Line]:
    facts = data.facts(version, None, None)
    moment = datetime.combine(date.fromordinal(day + 1), time())
    held = facts.registers.at(moment)["index_score"].collect(backend="polars").to_native()
    homes = (indices_data.home_province(version, index, None) for index in INDICES)
    province = next(filter(None, homes), None)
    if province is None:
        return []
    return index_lines(held, province, date.fromordinal(day), facts.thresholds)
