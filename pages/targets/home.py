"""What the home screen shows of promises: lines to decide on."""

from __future__ import annotations

import streamlit as st

from metrics.dossiers.attention import Line
from metrics.targets.budget import Budget
from metrics.targets.lines import target_lines
from pages.targets import data as target_data
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.view import View


def lines(frame: Frame) -> list[Line]:
    """Targets and commitments missed or at risk."""
    return _target_lines(
        frame.looking_at(*target_data.REGISTERS),
        frame.view,
        data.scope_of_reader().units,
        frame.units_in_view,
    )


def budgets(frame: Frame) -> dict[tuple[int, int], Budget]:
    """Target and unit → the late budget of a promise that runs."""
    version = frame.looking_at(*target_data.REGISTERS)
    return _running_budgets(version, frame.view, data.scope_of_reader().units)


# Shared and not copied for each run: nobody changes them.
@st.cache_resource(max_entries=64, show_spinner=False)
def _running_budgets(
    version: str, view: View, allowed: data.Units
) -> dict[tuple[int, int], Budget]:
    judged, signed = target_data.review(version, view, running=True)
    of = [(one, one.row["unit_id"]) for one in judged]
    of += [(one.judged, one.row["unit_id"]) for one in signed]
    return {
        (one.row["target_id"], unit): one.judgement.budget
        for one, unit in of
        if one.judgement.budget is not None
    }


@st.cache_data(max_entries=64, show_spinner=False)
def _target_lines(version: str, view: View, allowed: data.Units, units: data.Units) -> list[Line]:
    judged, signed = target_data.review(version, view, running=True)
    ask = data.question(version, view)
    return target_lines(judged, signed, ask, data.unit_names(version), units)
