"""What the home screen shows of promises and of the province's indices: lines to decide on."""

from __future__ import annotations

from datetime import date

import polars as pl
import streamlit as st

from metrics.attention import Line
from metrics.index_lines import index_lines
from metrics.indices import INDICES
from metrics.target_lines import target_lines
from ui import data, indices_data, target_data
from ui.frame import Frame
from ui.view import View


def lines(frame: Frame) -> list[Line]:
    """Targets and commitments missed or at risk, and indices in which the province fell."""
    return [*_of_targets(frame), *_of_indices(frame)]


def _of_targets(frame: Frame) -> list[Line]:
    return _target_lines(
        frame.version, frame.view, data.scope_of_reader().units, frame.units_in_view
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _target_lines(version: str, view: View, allowed: data.Units, units: data.Units) -> list[Line]:
    judged, signed = target_data.review(version, view, running=True)
    ask = data.question(version, view)
    return target_lines(judged, signed, ask, data.unit_names(version), units)


def _of_indices(frame: Frame) -> list[Line]:
    """The province's own business: not shown to somebody who looks at one of its parts."""
    if frame.view.unit is not None or data.scope_of_reader().units is not None:
        return []
    root = data.own_root(frame.version)
    if root is not None:
        level = frame.facts.units.filter(pl.col("unit_id") == root)["level"].to_list()
        if level != ["province"]:
            return []
    return _index_lines(frame.version, frame.ask.as_of_day.toordinal())


@st.cache_data(max_entries=64, show_spinner=False)
def _index_lines(version: str, day: int) -> list[Line]:

    register = indices_data.register(version)
    province = next(
        (
            found
            for index in INDICES
            if (found := indices_data.home_province(version, index, None)) is not None
        ),
        None,
    )
    return (
        []
        if province is None
        else index_lines(
            register, province, date.fromordinal(day), data.facts(version, None, None).thresholds
        )
    )
