"""What the screen "Đối chiếu" reads, cached by scalars only (see :mod:`ui.shell.data`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors import closing
from connectors.engine import Facts, NothingKnown, Scope
from metrics.core.ask import Ask, span
from metrics.core.rows import rows
from metrics.dossiers import against_forms
from metrics.dossiers import walk as walks
from metrics.dossiers.against_forms import FIGURE_OF, Cell
from metrics.dossiers.closing import Difference
from metrics.dossiers.form_cells import FormRefused, form_ask
from metrics.dossiers.quality import DUPLICATE, checks, failing
from metrics.dossiers.readings import READINGS, Pair
from metrics.dossiers.walk import Count, Walk
from metrics.reported.statements import form_state
from metrics.service import review as service
from metrics.service.review import Month, month_ask
from reports.closing import against_now
from reports.opening import Unanswerable
from ui.kit import writing
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.view import View

SHOWN: Final = 200
"""So many dossiers of a step are listed."""
Row = dict[str, Any]
_FIRST: Final = ("dossier_id", "code", "unit_id", "procedure_id", "source_id", "received_at",
                 "due_at", "ended_at")  # fmt: skip
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
    return _listed(walks.behind(facts, ask, pair, token))


def _listed(found: Any) -> Table:
    """Dossiers as they are listed, those received last first."""
    native: Table = found.select(*_FIRST).collect(backend="polars").to_native()
    return native.sort("received_at", "code", descending=[True, False])


# -- against reported forms ---------------------------------------------------------------


def lines(frame: Frame) -> list[Row]:
    """Lines of forms that units in view reported and that tell their period, newest first."""
    version = frame.looking_at("form_row")
    found = _lines(version, frame.view, frame.units_in_view, frame.ask.moment)
    return found.to_dicts()


@st.cache_data(max_entries=32, show_spinner=False)
def _lines(version: str, view: View, units: data.Units, moment: datetime) -> Table:
    registers = data.facts(version, units, None).registers.at(moment)
    found: Table = (
        form_state(registers, data.question(version, view)).collect(backend="polars").to_native()
    )
    told = found.drop_nulls(["period_from", "period_to"])
    return told.sort("period_to", "unit_id", "form_row_id", descending=[True, False, False])


def _summed(frame: Frame, row: Row) -> frozenset[int]:
    below = data.scope_within(frame.version, row["unit_id"]) or frozenset()
    units = data.facts(frame.version, data.scope_of_reader().units, None).units
    return against_forms.counted_units(row, below, units)


def cells(frame: Frame, row: Row) -> list[Cell]:
    """A reported line against what dossiers give."""
    ask = form_ask(frame.ask)
    units = _summed(frame, row)
    return against_forms.cells(data.facts(frame.version, units, ask.alive), row, ask, units)


def of_column(frame: Frame, row: Row, column: str) -> Table:
    """The first dossiers that a column counts."""
    return every_of_column(frame, row, column)().head(SHOWN)


def every_of_column(frame: Frame, row: Row, column: str) -> Callable[[], Table]:
    """Reads all of them, for a file: when it is asked for, on a thread of its own."""
    ask, units = form_ask(frame.ask), _summed(frame, row)
    opened = data.anew(frame.version, units, ask.alive)
    where = against_forms.where_of(row, units)
    return lambda: _listed(rows(opened(), FIGURE_OF[column], ask, where))


# -- the portal's score -------------------------------------------------------------------


def subject(frame: Frame) -> int | None:
    """The unit whose portal scores are held against: chosen, the reader's own, the installation's.

    A unit that the reader may not see is none.
    """
    if frame.view.unit is not None:
        return frame.view.unit
    own = frame.reader.unit_id
    found = data.own_root(frame.version) if own is None else own
    return found if found in frame.unit_names else None


def portal(frame: Frame, month: date) -> Month | None:
    """A month by the portal and by recomputation; None: there is no unit that it would be of."""
    unit = subject(frame)
    if unit is None:
        return None
    units = data.scope_within(frame.version, unit)
    return _portal(frame.looking_at("service_component"), frame.view, units, unit, month)


@st.cache_data(max_entries=32, show_spinner="Đang tính điểm của tháng…")
def _portal(version: str, view: View, units: data.Units, unit: int, month: date) -> Month:
    ask = data.question(version, view)
    facts = data.facts(version, units, span([month_ask(ask, month)]))
    kinds = dict(facts.units.select("unit_id", "kind").iter_rows())
    return service.monthly(facts, facts, ask, [month], unit, kinds.get(unit))[0]


# -- the same code in two sources ---------------------------------------------------------


def twice(frame: Frame) -> Row:
    """``count``, ``of``, ``share``: dossiers of the period whose code another source has, too."""
    allowed = data.scope_of_reader().units
    return _twice(frame.version, frame.view, frame.units_in_view, allowed)


@st.cache_data(max_entries=32, show_spinner="Đang tìm mã trùng giữa các nguồn…")
def _twice(version: str, view: View, units: data.Units, allowed: data.Units) -> Row:
    ask = data.question(version, view)
    found = checks(data.facts(version, units, ask.alive), data.facts(version, allowed, None), ask)
    return found.row(by_predicate=pl.col("check") == DUPLICATE, named=True)


def first_twice(frame: Frame) -> Table:
    """The first of them, those received last first."""
    allowed = data.scope_of_reader().units
    return _first_twice(frame.version, frame.view, frame.units_in_view, allowed)


@st.cache_data(max_entries=32, show_spinner="Đang mở hồ sơ…")
def _first_twice(version: str, view: View, units: data.Units, allowed: data.Units) -> Table:
    ask = data.question(version, view)
    facts, everything = data.facts(version, units, ask.alive), data.facts(version, allowed, None)
    return _listed(failing(facts, everything, DUPLICATE, ask)).head(SHOWN)


def every_twice(frame: Frame) -> Callable[[], Table]:
    """Reads them all: when it is asked for, on a thread of its own."""
    ask = frame.ask
    opened = data.anew(frame.version, frame.units_in_view, ask.alive)
    everything = data.anew(frame.version, data.scope_of_reader().units, None)
    return lambda: _listed(failing(opened(), everything(), DUPLICATE, ask))


# -- frozen, today, now -------------------------------------------------------------------


def closings(frame: Frame) -> list[Row]:
    """Closings in force of just the period in view, of units in scope, newest first."""
    token = frame.view.period.token
    found = writing.closings().to_dicts()
    return [row for row in found if row["period"] == token and row["reopened_at"] is None]


def difference(frame: Frame, number: int) -> Difference | str:
    """A closing against its records today and against now; or a sentence why it cannot be."""
    return _difference(frame.snapshot, number, data.scope_of_reader().units)


@st.cache_data(max_entries=16, show_spinner="Đang so với số đã chốt…")
def _difference(snapshot: str, number: int, units: data.Units) -> Difference | str:
    settings, scope = data.settings(), Scope(units)
    found = asked(lambda: closing.found(data.database(), settings, number, scope))
    if found is None:
        return "Không đọc được số đã chốt; hãy tải lại trang."
    try:
        return against_now(settings, found, scope)
    except (NothingKnown, Unanswerable, FormRefused) as problem:
        return str(problem)
