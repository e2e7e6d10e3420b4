"""What the control chart of a unit reads: its weeks, and from where they are counted anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Final

import streamlit as st

from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.events import Event, marked, points
from metrics.dossiers.units import Break, breaks_between, of_units
from metrics.dossiers.weeks import weekly_rate, whole_weeks
from metrics.signals.charts import Chart, crosses, rate_chart
from metrics.signals.rules import rules_on
from metrics.signals.told import Verdict, verdict
from pages.units.data import known_since
from ui.shell import data, events
from ui.shell.context import Frame
from ui.shell.view import View

NOWHERE: Final = "none"
"""What is asked for where a chart is to begin nowhere anew."""


@dataclass(frozen=True)
class Control:
    """A weekly rate with its limits; what its last week says; what stands on its line.

    ``offered``: day that it may begin anew at → why.
    """

    chart: Chart
    verdict: Verdict
    events: tuple[Event, ...] = ()
    offered: Mapping[date, str] = field(default_factory=dict)


@st.cache_data(max_entries=64, show_spinner="Đang tính giới hạn kiểm soát…")
def _control(
    version: str, view: View, units: frozenset[int], since: date | None, rebase: tuple[date, ...]
) -> Chart:
    ask = data.question(version, view)
    rules = rules_on(ask.as_of_day)
    weeks = whole_weeks(min(view.period.last, ask.as_of_day), rules.weeks, since)
    sides = weekly_rate(partial(data.facts, version, units), ask, weeks)
    return rate_chart(sides, rules, FIGURES["on_time"].better, rebase)


def control(
    frame: Frame, units: frozenset[int], unit: int | None, wanted: str | None = None
) -> Control:
    """The control chart of some units' weekly on-time rate, up to the last whole week.

    Args:
        unit: whose line it is; None: of everything in view.
        wanted: the day that it begins anew at, or :data:`NOWHERE`; None: each marked one.
    """
    since, breaks = known_since(frame.version, data.scope_of_reader().units), _breaks(frame, unit)
    days = tuple(marked(events.on_line(frame, unit, date.min, date.max, breaks)))
    if wanted is not None:
        days = () if wanted == NOWHERE else (date.fromisoformat(wanted),)
    chart = _control(frame.version, frame.view, units, since, days)
    if not chart.points:
        return Control(chart, verdict(chart))
    weeks = [point.week for point in chart.points]
    first, last = weeks[0], weeks[-1] + timedelta(days=6)
    crossed = [each for each in breaks if first < each.day <= last]
    found = events.on_line(frame, unit, first, last, crossed, by_week=True)
    may = {day: label for day, label in points(found).items() if crosses(day, weeks)}
    few = frame.ask.threshold("few_dossiers").value
    return Control(chart, verdict(chart, few, may), found, may)


def offered(frame: Frame, unit: int | None) -> set[str]:
    """The days that a unit's line may begin anew at, as an address has them; and none."""
    every = events.on_line(frame, unit, date.min, date.max, _breaks(frame, unit))
    return {NOWHERE, *(day.isoformat() for day in points(every))}


def _breaks(frame: Frame, unit: int | None) -> tuple[Break, ...]:
    """The breaks of everybody's series, and a unit's own."""
    own = of_units(frame.facts.successions, () if unit is None else (unit,))
    return breaks_between(date.min, date.max, own)
