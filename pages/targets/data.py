"""What the screen of targets reads, cached by scalars."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from metrics.core.ask import Ask
from metrics.core.periods import Period
from metrics.core.rows import first_received
from metrics.targets.budget import Budget
from metrics.targets.counts import Known
from metrics.targets.measured import definition_of, listed_figure
from metrics.targets.review import Judged, Signed, review_promises
from metrics.targets.terms import Target
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.view import View

REGISTERS: Final = (
    "programme",
    "target",
    "commitment",
    "indicator_value",
    "index_score",
    "unit_rating",
)
"""What targets are told and judged by, beside the dossiers."""


def _register(
    version: str, units: frozenset[int] | None, name: str, moment: datetime | None
) -> pl.DataFrame:
    """A register's rows as of a moment; None: those that nobody has withdrawn since."""
    held = data.facts(version, units, None).registers
    frame = (held.standing() if moment is None else held.at(moment))[name]
    found: pl.DataFrame = frame.collect(backend="polars").to_native()
    return found


@st.cache_data(max_entries=8, show_spinner=False)
def all_targets(version: str, moment: datetime | None = None) -> pl.DataFrame:
    """Every target, in the order of programmes and codes; open to every reader."""
    return _register(version, None, "target", moment).sort("target_id")


@st.cache_data(max_entries=8, show_spinner=False)
def all_programmes(version: str) -> pl.DataFrame:
    """Every programme; open to every reader."""
    return _register(version, None, "programme", None).sort("programme_id")


@st.cache_data(max_entries=32, show_spinner=False)
def _data_from(version: str, allowed: data.Units) -> date | None:
    """The day of the first dossier in the reader's scope."""
    return first_received(data.facts(version, allowed, None))


def _known(version: str) -> Known:
    scope = data.scope_of_reader().units
    facts = data.facts(version, scope, None)
    provinces = facts.units.filter(pl.col("scheme") == "gso", pl.col("level") == "province")
    return Known(
        registers=facts.registers,
        below=lambda unit: data.scope_within(version, unit) or frozenset(),
        province_of=dict(provinces.select("unit_id", "code").iter_rows()),
        may_see=scope,
        data_from=_data_from(version, scope),
    )


def review(version: str, view: View, running: bool = False) -> tuple[list[Judged], list[Signed]]:
    """Targets that concern the units in view, and the signatures of these units.

    ``running``: only those whose days touch the period.
    """
    return _review(version, view, data.scope_of_reader().units, running)


@st.cache_data(max_entries=64, show_spinner="Đang đánh giá chỉ tiêu…")
def _review(
    version: str, view: View, allowed: data.Units, running: bool
) -> tuple[list[Judged], list[Signed]]:
    """``allowed`` is read again within; it stands here because it is a part of the key."""
    ask, known = data.question(version, view), _known(version)
    in_view = data.scope_within(version, view.unit)
    signed = _register(version, in_view, "commitment", ask.moment)
    targets = all_targets(version, ask.moment)
    if running:
        targets = targets.filter(
            pl.col("period_from") <= ask.as_of_day, pl.col("period_to") >= ask.first_day
        )
    if in_view is not None:
        concerned = pl.col("unit_id").is_in(sorted(in_view)) | pl.col("target_id").is_in(
            signed["target_id"].unique().to_list()
        )
        targets = targets.filter(concerned)

    def opened(unit: int, alive: tuple[datetime, datetime]) -> Any:
        return data.facts(version, data.scope_within(version, unit), alive)

    return review_promises(targets, signed, known, opened, ask)


def budgets(version: str, view: View) -> dict[int, Budget]:
    """Target → its late budget, of the on-time targets that are in force and in view."""
    judged, _ = review(version, view)
    budgets = ((one.row["target_id"], one.judgement.budget) for one in judged)
    return {target: found for target, found in budgets if found is not None}


def dossier_params(frame: Frame, target: Target, unit: int | None = None) -> dict[str, str]:
    """The parameters of the screen of late dossiers for what a figure's target is judged by.

    ``unit``: of another unit that signed it.
    """
    ask: Ask = frame.ask.over(target.period_from, target.period_to)
    view = replace(
        frame.view,
        unit=target.unit_id if unit is None else unit,
        period=Period("custom", target.period_from, target.period_to),
        as_of=ask.moment if ask.moment < ask.period_end else None,
        definition=definition_of(target),
    )
    more = {} if target.field_id is None else {"field": str(target.field_id)}
    return view.params(frame.default) | {"figure": listed_figure(target)} | more
