"""The widget of a register's column, by its kind; what is typed comes back as a typed value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from metrics.core.vietnamese import in_short
from metrics.registers import REGISTERS
from metrics.registers.columns import (
    BOOLEAN,
    CHOICE,
    DATE,
    INTEGER,
    LONG,
    MOMENT,
    UNIT,
    UNITS,
    Column,
)
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.scopebar import unit_options

_DAYS: Final = "DD/MM/YYYY"
_SAID: Final[dict[str, bool | None]] = {"Có": True, "Không": False, "Chưa rõ": None}
_CHOOSE: Final = "Chọn"

Offers = Sequence[str] | Mapping[Any, str]


def ask(
    frame: Frame,
    column: Column,
    label: str,
    usual: Any,
    key: str,
    offers: Offers | None = None,
) -> Any:
    """Draws the widget; None: nothing was given.

    Args:
        usual: what stands in it first.
        offers: texts to choose from, or what they are called by text, beside which others can be
            typed; of a column that names a row, the rows to choose from by id.
    """
    look: dict[str, Any] = {"key": key, "help": column.help or None}
    if column.kind == CHOICE:
        return _choice(label, {one.value: one.word for one in column.choices}, usual, look)
    if column.kind == UNIT:
        return _choice(label, units(frame, usual), usual, look)
    if column.kind == UNITS:
        words = units(frame, None)
        chosen = [unit for unit in usual or () if unit in words]
        return tuple(
            st.multiselect(
                label, list(words), chosen, format_func=words.__getitem__,
                placeholder="Chọn đơn vị", **look,
            )
        )  # fmt: skip
    if column.is_reference:
        rows = offers if isinstance(offers, Mapping) else choices(frame, column.kind)
        return _choice(label, rows, usual, look)
    if column.kind == BOOLEAN:
        return _boolean(column, label, usual, look)
    if column.kind == DATE:
        return st.date_input(label, usual, format=_DAYS, **look)
    if column.kind == MOMENT:
        return st.datetime_input(
            label, usual or (_now(key) if column.required else None), format=_DAYS, step=60, **look
        )
    if column.kind == INTEGER:
        low, high = (None if edge is None else int(edge) for edge in (column.low, column.high))
        return st.number_input(label, low, high, usual, 1, **look)
    return _text(column, label, usual, look, offers)


def _choice(label: str, words: Mapping[Any, str], usual: Any, look: dict[str, Any]) -> Any:
    options = list(words)
    return st.selectbox(
        label,
        options,
        index=options.index(usual) if usual in words else None,
        format_func=words.__getitem__,
        placeholder=_CHOOSE,
        **look,
    )


def _boolean(column: Column, label: str, usual: Any, look: dict[str, Any]) -> bool | None:
    if column.default is not None:
        return st.checkbox(label, bool(usual), **look)
    words = [word for word, value in _SAID.items() if value is not None or not column.required]
    index = None if column.required and usual is None else list(_SAID.values()).index(usual)
    picked = st.radio(label, words, index, horizontal=True, **look)
    return None if picked is None else _SAID[picked]


def _text(column: Column, label: str, usual: Any, look: dict[str, Any], offers: Any) -> str | None:
    present = typed(usual)
    if offers:
        options = list(dict.fromkeys([*offers, *([present] if present else [])]))
        words = offers if isinstance(offers, Mapping) else {}
        found = st.selectbox(
            label, options, index=options.index(present) if present else None,
            format_func=lambda each: words.get(each, each),
            placeholder="Chọn hoặc gõ", accept_new_options=True, **look,
        )  # fmt: skip
    elif column.length == LONG:
        found = st.text_area(label, present, height=80, **look)
    else:
        found = st.text_input(label, present, max_chars=column.most, **look)
    return str(found or "").strip() or None


def typed(value: Any) -> str:
    """A value as it is typed: days and numbers (with a comma) as the register reads them."""
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"{value:.12g}".replace(".", ",") if isinstance(value, float) else str(value)


def _now(key: str) -> datetime:
    """The minute of the first run: the clock does not undo what is being typed."""
    now = datetime.now(data.settings().zone).replace(tzinfo=None, second=0, microsecond=0)
    usual: datetime = st.session_state.setdefault(f"{key}_usual", now)
    return usual


def units(frame: Frame, usual: int | None) -> dict[int, str]:
    """The units that a row may be of: in scope and in force, and the one that it is of."""
    ended = pl.col("valid_to") < frame.ask.as_of_day
    own = [] if usual is None else [usual]
    known = frame.facts.units.filter(~ended.fill_null(False) | pl.col("unit_id").is_in(own))
    options, words = unit_options(known, frame.scope)
    return {unit: words[unit] for unit in options if unit}


def choices(frame: Frame, register: str) -> dict[int, str]:
    """The rows of a register that another row may name, in words, the newest first."""
    if register == "field":
        return frame.field_names
    open_to_all = REGISTERS[register].open_to_all
    return _choices(frame.looking_at(register), None if open_to_all else frame.scope, register)


@st.cache_data(max_entries=32, show_spinner=False)
def _choices(version: str, scope: frozenset[int] | None, register: str) -> dict[int, str]:
    declared = REGISTERS[register]
    columns = [c.target for c in declared.list_columns if c.kind in ("text",) and c.target]
    rows: pl.DataFrame = data.facts(version, scope, None).registers.standing()[register].collect(
        backend="polars"
    ).to_native()  # fmt: skip
    return {
        row[declared.own_id]: in_short(" – ".join(str(row[c]) for c in columns if row[c]), 90)
        for row in rows.sort(declared.own_id, descending=True).iter_rows(named=True)
    }
