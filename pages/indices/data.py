"""What the screen of indices reads, cached by scalars; what it is asked for in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl
import streamlit as st

from metrics.indices import changes as changed
from metrics.indices import series as of
from metrics.indices.changes import RankChanges
from metrics.indices.series import Component, MethodBreak
from ui.shell import data

KEYS: Final = ("index", "province", "with", "component", "year", "base")
"""The parameters of this screen, beside those of the frame."""

MOST_COMPARED: Final = 3


@dataclass(frozen=True)
class Query:
    """Which index, whose, against whom, which part, and the editions that are compared."""

    index: str = "PAPI"
    province: str | None = None
    compared: tuple[str, ...] = ()
    component: str = of.TOTAL
    year: int | None = None
    base: int | None = None

    def params(self) -> dict[str, str]:
        """The URL's parameters; what equals the default is left out."""
        usual = Query()
        found = {
            "index": self.index if self.index != usual.index else None,
            "province": self.province,
            "with": ",".join(self.compared) or None,
            "component": self.component if self.component != usual.component else None,
            "year": self.year,
            "base": self.base,
        }
        return {key: str(value) for key, value in found.items() if value is not None}


def read_query(params: Mapping[str, str], frame: pl.DataFrame) -> tuple[Query, list[str]]:
    """The query that the URL names, and a sentence for each parameter that was left out."""
    query, problems = Query(), []
    for key in KEYS:
        text = params.get(key)
        if not text:
            continue
        try:
            query = _with(query, key, text, frame)
        except ValueError:
            problems.append(f"Tham số “{key}” trong đường dẫn không hợp lệ nên được bỏ qua.")
    return query, problems


def _with(query: Query, key: str, text: str, frame: pl.DataFrame) -> Query:
    if key == "index":
        return replace(query, index=_known(text, of.INDICES))
    if key == "province":
        return replace(query, province=_known(text, tuple(of.provinces(frame))))
    if key == "with":
        names = tuple(of.provinces(frame))
        wanted = tuple(dict.fromkeys(_known(part, names) for part in text.split(",")))
        if len(wanted) > MOST_COMPARED:
            raise ValueError(text)
        return replace(query, compared=wanted)
    if key == "component":
        codes = tuple(part.code for part in of.components(frame, query.index))
        return replace(query, component=_known(text, codes))
    years = of.editions(frame, query.index)
    year = int(_known(text, tuple(str(each) for each in years)))
    return replace(query, year=year) if key == "year" else replace(query, base=year)


def _known(text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ValueError(text)
    return text


# -- cached reads -------------------------------------------------------------------------


@st.cache_data(max_entries=4, show_spinner="Đang đọc số liệu chỉ số…")
def register(version: str) -> pl.DataFrame:
    """All values of all indices: published figures, the same for every reader."""
    facts = data.facts(version, None, None)
    frame: pl.DataFrame = facts.registers.standing()["index_score"].collect("polars").to_native()
    return frame


@st.cache_data(max_entries=4, show_spinner=False)
def provinces(version: str) -> dict[str, str]:
    """Code → name of every province with a value."""
    return of.provinces(register(version))


@st.cache_data(max_entries=16, show_spinner=False)
def components(version: str, index: str) -> list[Component]:
    """The parts of an index, the total first."""
    return of.components(register(version), index)


@st.cache_data(max_entries=16, show_spinner=False)
def editions(version: str, index: str) -> list[int]:
    """The years of an index."""
    return of.editions(register(version), index)


@st.cache_data(max_entries=16, show_spinner=False)
def breaks(version: str, index: str) -> list[MethodBreak]:
    """Where the method of an index changed."""
    return of.breaks(register(version), index)


@st.cache_data(max_entries=64, show_spinner=False)
def series(version: str, index: str, component: str, codes: tuple[str, ...]) -> pl.DataFrame:
    """Scores and ranks by province and edition."""
    return of.series(register(version), index, component, codes)


@st.cache_data(max_entries=64, show_spinner=False)
def values(version: str, index: str, component: str, codes: tuple[str, ...]) -> pl.DataFrame:
    """Every value of every source."""
    return of.values(register(version), index, component, codes)


@st.cache_data(max_entries=64, show_spinner=False)
def spread(version: str, index: str, component: str) -> pl.DataFrame:
    """The country's quartiles by edition."""
    return of.spread(register(version), index, component)


@st.cache_data(max_entries=16, show_spinner=False)
def means(version: str, index: str, component: str) -> dict[int, float]:
    """The country's published values."""
    return of.published_means(register(version), index, component)


@st.cache_data(max_entries=64, show_spinner=False)
def changes(version: str, index: str, province: str, base: int, year: int) -> RankChanges:
    """Changes of rank between two editions."""
    return changed.rank_changes(register(version), index, province, base, year)


@st.cache_data(max_entries=64, show_spinner=False)
def heat(version: str, index: str, province: str) -> pl.DataFrame:
    """A province's components by edition."""
    return changed.heat(register(version), index, province)


def home_province(version: str, index: str, unit: int | None) -> str | None:
    """The province that is shown when none was chosen."""
    return _home_province(version, index, unit, data.scope_of_reader().units)


@st.cache_data(max_entries=64, show_spinner=False)
def _home_province(version: str, index: str, unit: int | None, allowed: data.Units) -> str | None:
    units = data.facts(version, allowed, None).units
    names = of.provinces(register(version), index)
    return of.home_province(units, names, unit) or of.home_province(units, names)
