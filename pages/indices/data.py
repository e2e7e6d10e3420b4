"""What the screen of indices reads, cached by scalars."""

from __future__ import annotations

import polars as pl
import streamlit as st

from metrics.indices import review as of
from metrics.indices import series
from metrics.indices.review import IndexReview
from ui.shell import data


@st.cache_data(max_entries=4, show_spinner="Đang đọc số liệu chỉ số…")
def register(version: str) -> pl.DataFrame:
    """All values of all indices: published figures, the same for every reader."""
    facts = data.facts(version, None, None)
    frame: pl.DataFrame = facts.registers.standing()["index_score"].collect("polars").to_native()
    return frame


@st.cache_data(max_entries=16, show_spinner=False)
def known(version: str, index: str) -> tuple[dict[str, str], list[str], list[int]]:
    """Provinces with a value by code, and the parts and editions of an index."""
    frame = register(version)
    parts = [part.code for part in series.components(frame, index)]
    return series.provinces(frame), parts, series.editions(frame, index)


@st.cache_data(max_entries=64, show_spinner=False)
def review(
    version: str,
    index: str,
    province: str,
    component: str,
    compared: tuple[str, ...],
    year: int | None,
    base: int | None,
) -> IndexReview:
    """An index of a province in review."""
    return of.review(register(version), index, province, component, compared, year, base)


def home_province(version: str, index: str, unit: int | None) -> str | None:
    """The province that is shown when none was chosen."""
    return _home_province(version, index, unit, data.scope_of_reader().units)


@st.cache_data(max_entries=64, show_spinner=False)
def _home_province(version: str, index: str, unit: int | None, allowed: data.Units) -> str | None:
    units = data.facts(version, allowed, None).units
    names = series.provinces(register(version), index)
    return series.home_province(units, names, unit) or series.home_province(units, names)
