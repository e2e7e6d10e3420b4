"""What the home screen shows of tasks: a card, and lines that ask for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import polars as pl
import streamlit as st

from metrics.core.periods import Period
from metrics.core.vietnamese import as_of, number, percent
from metrics.dossiers.attention import Line
from metrics.tasks.figures import TASK_FIGURE
from metrics.tasks.requests import Request
from pages.tasks import data as task_data
from ui.kit import asking
from ui.kit.card import explain
from ui.kit.events import ticks_of
from ui.kit.spark import spark_bars
from ui.shell.context import Frame

_MEETING: Final = timedelta(days=7)


def _running(frame: Frame) -> tuple[task_data.Key, tuple[int, ...]]:
    key = task_data.key_of(frame, asking.question(frame))
    going = task_data.programmes(key).filter(pl.col("is_running"))
    return key, tuple(going["programme_id"].to_list())


def lines(frame: Frame) -> list[Line]:
    """Tasks past due, reminded too often or not updated, of the programmes that run now.

    Beside them what units were asked and have not answered by its day.
    """
    key, among = _running(frame)
    weekly = task_data.asking_programmes(key)
    return task_data.lines(key, among, weekly) if among or weekly else []


def asked(frame: Frame) -> list[Request]:
    """What was asked of the units in view, the newest first: up to a week after T, and not beyond
    now, for the review of a week is held in the next one.
    """
    first, last = frame.ask.first_day, frame.ask.last_day
    moment = frame.ask.moment
    if frame.view.as_of is None:
        moment = max(moment, min(moment + _MEETING, asking.now()))
    version = frame.looking_at(*task_data.REGISTERS)
    key = (version, frame.units_in_view, first, max(last, moment.date()), moment)
    return task_data.asked_of_units(key)


def card(frame: Frame, periods: Sequence[Period], label: str) -> bool:
    """The card of tasks launched; False (nothing drawn) where no task is known."""
    key, among = _running(frame)
    if not among:
        return False
    cell = task_data.review(key, among).cell("tasks_launched")
    if not cell["denominator"]:
        return False
    spans = tuple((period.first, period.last) for period in periods)
    series = task_data.launched_series(key, among, spans)
    silent = task_data.review(key, among).count("tasks_completion_unknown")
    known = cell["numerator"] is not None
    value = f"{number(cell['numerator'])}/{number(cell['denominator'])}" if known else "chưa rõ"
    share = (
        f"{percent(cell['rate'])} nhiệm vụ được giao"
        if known
        else f"{number(cell['denominator'])} nhiệm vụ, chưa ai báo cáo"
    )
    done = task_data.review(key, among).count("tasks_completed")
    completed = "chưa rõ" if done is None else f"{'ít nhất ' if silent else ''}{number(done)}"
    picture = spark_bars(
        [launched for launched, _ in series], f"{label}, các kỳ gần nhất", ticks_of(frame, periods)
    )
    st.html(
        f'<div class="dh-label">{label}</div>'
        f'<div class="dh-value{"" if known else " dh-none"}">{value}</div>'
        f'<div class="dh-change">{share}<br><span class="dh-muted">Hoàn thành: {completed}</span>'
        f'</div>{picture}<div class="dh-source">Đến {as_of(key[4])} · '
        f"{number(len(among))} chương trình</div>"
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.page_link(
            frame.pages["tasks"],
            label="Mở nhiệm vụ",
            query_params=frame.params(when="running"),
            width="content",
        )
        rows = [
            (period.label, f"{number(launched)}/{number(assigned)}")
            for period, (launched, assigned) in zip(periods, series, strict=True)
        ]
        about = "Nhiệm vụ của các chương trình đang thực hiện trong kỳ. Số liệu đến "
        explain(TASK_FIGURE["tasks_launched"], cell, f"{about}{as_of(key[4])}.", series=rows)
    return True
