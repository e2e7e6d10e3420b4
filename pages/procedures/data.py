"""What the screen of procedures reads, cached by scalars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import polars as pl
import streamlit as st

from connectors.engine import Facts
from metrics.core.ask import Ask
from metrics.dossiers import procedures
from metrics.dossiers.procedures import STATES
from metrics.reported.statements import Statement
from pages.reported import data as reported_data
from ui.kit.query import UNKNOWN, Asked
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.view import View

COUNTED: Final = "counted"
"""Filter: of each procedure in force the version that counts, as form II.07b counts them."""
EXPIRED: Final = "with_expired"
"""Filter: procedures with dossiers received under a version that was not in force."""
MOST: Final = 200
"""So many dossiers are listed."""

Table = pl.DataFrame
"""What a screen holds of it: rows to be drawn, nothing to be computed with."""


@st.cache_data(max_entries=8, show_spinner=False)
def _catalogue(version: str, day: date) -> pl.DataFrame:
    # The catalogue is a public list: nobody's scope cuts it. What is shown of it is the screen's.
    return procedures.catalogue(data.facts(version, None, None).procedures, day)


def catalogue(frame: Frame) -> pl.DataFrame:
    """Every version as it stands on the day of the figures, and ``is_covered``.

    metrics.dossiers.procedures.catalogue; covered: this reader may see neither code nor name.
    """
    sees = frame.may("see_sensitive_titles")
    covered = pl.lit(value=False) if sees else pl.col("is_sensitive")
    return _catalogue(frame.version, frame.ask.as_of_day).with_columns(covered.alias("is_covered"))


@st.cache_data(max_entries=32, show_spinner="Đang đếm hồ sơ theo thủ tục…")
def _volumes(version: str, view: View, units: data.Units) -> pl.DataFrame:
    ask = data.question(version, view)
    return procedures.volumes(data.facts(version, units, ask.alive), ask)


def volumes(frame: Frame) -> pl.DataFrame:
    """Dossiers by version in the view: metrics.dossiers.procedures.volumes."""
    return _volumes(frame.version, frame.view, frame.units_in_view)


@st.cache_data(max_entries=32, show_spinner="Đang mở hồ sơ…")
def _expired(
    version: str, view: View, units: data.Units, ids: frozenset[int] | None
) -> tuple[int, pl.DataFrame]:
    ask = data.question(version, view)
    found = _expired_rows(data.facts(version, units, ask.alive), ask, ids)
    return found.height, found.head(MOST)


def _expired_rows(facts: Facts, ask: Ask, ids: frozenset[int] | None) -> pl.DataFrame:
    """All of them, those received last first."""
    found: pl.DataFrame = (
        procedures.expired_rows(facts, ask, ids)
        .select(
            "dossier_id", "code", "unit_id", "procedure_id", "received_at", "due_at", "ended_at"
        )
        .collect(backend="polars")
        .to_native()
    )
    return found.sort("received_at", "code", descending=[True, False])


def every_expired(frame: Frame, ids: frozenset[int] | None = None) -> Callable[[], pl.DataFrame]:
    """Reads all of :func:`expired`, for a file: when it is asked for, on a thread of its own."""
    ask, opened = frame.ask, data.anew(frame.version, frame.units_in_view, frame.ask.alive)
    return lambda: _expired_rows(opened(), ask, ids)


def expired(frame: Frame, ids: frozenset[int] | None = None) -> tuple[int, pl.DataFrame]:
    """Dossiers received under a version that was not in force: how many, and the first of them."""
    return _expired(frame.version, frame.view, frame.units_in_view, ids)


def reported(frame: Frame) -> Statement | None:
    """The row of form II.07b that a unit in view reported."""
    return procedures.reported_07b(reported_data.held(frame))


def fields(table: Table) -> list[int]:
    """The fields that any version is of."""
    return table["field_id"].drop_nulls().unique().to_list()


def codes(table: Table) -> set[str]:
    """The codes that this reader may name."""
    return set(table.filter(~pl.col("is_covered"))["code"])


def matches(table: Table, counted: Table, asked: Asked) -> Table:
    """The versions that the filters leave; ``opens``: the code that a row opens."""
    state, level = asked["state"], asked["level"]
    if level is not None:
        wanted = None if level == UNKNOWN else level
        table = table.filter(pl.col("level").eq_missing(pl.lit(wanted, pl.String)))
    if asked["pfield"] is not None:
        table = table.filter(pl.col("field_id") == asked["pfield"])
    if state in STATES:
        table = table.filter(pl.col("state") == state)
    elif state == COUNTED:
        table = procedures.in_force(table)
    elif state == EXPIRED:
        ids = counted.filter(pl.col("expired") > 0)["procedure_id"].drop_nulls()
        table = table.filter(pl.col("procedure_id").is_in(ids.to_list()))
    elif state is not None:
        table = table.filter(state)
    if asked["q"]:
        text = asked["q"].casefold()
        found = pl.col("code").str.contains(text, literal=True) | pl.col(
            "name"
        ).str.to_lowercase().str.contains(text, literal=True)
        table = table.filter(found & ~pl.col("is_covered"))
    return table.with_columns(pl.when(~pl.col("is_covered")).then("code").alias("opens"))


def openable(found: Table, table: Table) -> Table:
    """Procedures with ``is_covered`` and ``opens`` as their versions have them."""
    sees = set(table.filter(~pl.col("is_covered"))["code"])
    is_open = pl.col("code").is_in(list(sees))
    return found.with_columns(
        (~is_open).alias("is_covered"), pl.when(is_open).then("code").alias("opens")
    )
