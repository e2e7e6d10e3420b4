"""What the screen "Đối chiếu" reads, cached by scalars only (see :mod:`ui.shell.data`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl
import streamlit as st

from connectors.engine import Facts
from metrics.core.ask import Ask, span
from metrics.dossiers import walk as walks
from metrics.dossiers.readings import READINGS, Pair
from metrics.dossiers.walk import Count, Walk
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.view import View

SHOWN: Final = 200
"""So many dossiers of a step are listed."""
Table = pl.DataFrame
"""What the screen holds of it: rows to be drawn, nothing to be computed with."""


def pair_of(start: str, to: str) -> Pair:
    """The two readings of these tokens."""
    return Pair(READINGS[start], READINGS[to])


def side_by_side(frame: Frame) -> dict[str, Count]:
    """What every reading counts, of the units in view."""
    return _side_by_side(frame.version, frame.view, frame.units_in_view)


@st.cache_data(max_entries=64, show_spinner="Đang tính theo từng định nghĩa…")
def _side_by_side(version: str, view: View, units: data.Units) -> dict[str, Count]:
    ask = data.question(version, view)
    return walks.side_by_side(data.facts(version, units, span(walks.every_ask(ask))), ask)


def walk(frame: Frame, start: str, to: str) -> Walk:
    """The walk between two readings, of the units in view."""
    return _walk(frame.version, frame.view, frame.units_in_view, start, to)


@st.cache_data(max_entries=64, show_spinner="Đang đối chiếu hai cách tính…")
def _walk(version: str, view: View, units: data.Units, start: str, to: str) -> Walk:
    ask, pair = data.question(version, view), pair_of(start, to)
    return walks.walk(data.facts(version, units, span(pair.asks(ask))), ask, pair)


def behind(frame: Frame, start: str, to: str, token: str) -> Table:
    """The first dossiers of a step, those received last first."""
    return _behind(frame.version, frame.view, frame.units_in_view, start, to, token)


@st.cache_data(max_entries=64, show_spinner="Đang mở hồ sơ…")
def _behind(version: str, view: View, units: data.Units, start: str, to: str, token: str) -> Table:
    ask, pair = data.question(version, view), pair_of(start, to)
    facts = data.facts(version, units, span(pair.asks(ask)))
    return _rows(facts, ask, pair, token).head(SHOWN)


def every_behind(frame: Frame, start: str, to: str, token: str) -> Callable[[], Table]:
    """Reads all of :func:`behind`, for a file: when it is asked for, on a thread of its own."""
    ask, pair = frame.ask, pair_of(start, to)
    opened = data.anew(frame.version, frame.units_in_view, span(pair.asks(ask)))
    return lambda: _rows(opened(), ask, pair, token)


def _rows(facts: Facts, ask: Ask, pair: Pair, token: str) -> Table:
    """All of them, those received last first."""
    found: Table = (
        walks.behind(facts, ask, pair, token)
        .select(
            "dossier_id", "code", "unit_id", "procedure_id", "received_at", "due_at", "ended_at"
        )
        .collect(backend="polars")
        .to_native()
    )
    return found.sort("received_at", "code", descending=[True, False])
