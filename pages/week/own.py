"""One unit alone on the home screen: what its weeks say, and how it stands among its like."""

from __future__ import annotations

import streamlit as st

from metrics.core.vietnamese import number
from metrics.signals.told import standing_sentence
from pages.units import data as units_data
from pages.units.control import control
from ui.kit.links import href, link
from ui.kit.marks import MARKS
from ui.kit.signals import verdict_html
from ui.shell.context import Frame
from ui.shell.text import safe


def own_unit(frame: Frame) -> None:
    """Whether its last week is more than chance, its place among its like; nothing of several."""
    within = frame.units_in_view
    if within is None or len(within) != 1:
        return
    (unit,) = within
    weekly = control(frame, within, unit)
    lines = {}
    if weekly.chart.points:
        lines["Biến động từng tuần"] = verdict_html(weekly.verdict)
    found = units_data.stands(frame, unit)
    if found is not None:
        words = standing_sentence(found, units_data.class_of(frame, unit))
        lines["So với cùng loại"] = MARKS["funnel"][found.placed.zone].html(f"{words}.")
    if not lines:
        return
    weeks = number(len(weekly.chart.points))
    more = link(f"Xem {weeks} tuần và các đơn vị cùng loại", href(frame, "units", frame.params()))
    told = "".join(f"<li><strong>{what}</strong>: {line}</li>" for what, line in lines.items())
    st.html(
        f'<section aria-label="{safe(frame.unit_names[unit])}"><ul class="dh-own">{told}'
        f"<li>{more}</li></ul></section>"
    )
