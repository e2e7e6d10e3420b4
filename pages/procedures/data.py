"""What the screen of procedures reads, cached by scalars; what it is asked for in the URL."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl
import streamlit as st

from metrics.dossiers import procedures
from metrics.dossiers.procedures import FLAWS, LEVELS, STATES
from metrics.reported.statements import Statement
from pages.reported import data as reported_data
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.view import View

KEYS: Final = ("level", "pfield", "state", "code", "q")
"""The parameters of this screen, beside those of the frame."""

NO_LEVEL: Final = "none"
EXPIRED: Final = "with_expired"
"""Filter: procedures with dossiers received under a version that was not in force."""
FILTERS: Final[dict[str, str]] = {
    "in_force": "Đang có hiệu lực",
    "expired": "Hết hiệu lực",
    "replaced": "Đã có phiên bản thay thế",
    "coming": "Chưa có hiệu lực",
    **{flaw: words[0].upper() + words[1:] for flaw, words in FLAWS.items()},
    EXPIRED: "Có hồ sơ theo phiên bản hết hiệu lực",
}
_LONGEST: Final = 64
SHOWN: Final = 200


@dataclass(frozen=True)
class Query:
    """What the catalogue is cut to, and which procedure is open. ``level`` none: unknown."""

    level: str | None = None
    pfield: int | None = None
    state: str | None = None
    code: str | None = None
    q: str = ""

    def params(self) -> dict[str, str]:
        """The URL's parameters; what equals the default is left out."""
        return {key: str(found) for key in KEYS if (found := getattr(self, key))}


def read_query(
    params: Mapping[str, str], fields: Collection[int], codes: Collection[str]
) -> tuple[Query, list[str]]:
    """The query that the URL names, and a sentence for each parameter that was left out."""
    query, problems = Query(), []
    levels = {level or NO_LEVEL for level in LEVELS}
    for key in KEYS:
        text = params.get(key)
        if not text:
            continue
        number = int(text) if text.isdecimal() and len(text) <= 9 else None
        if key == "q":
            query = replace(query, q=text.strip()[:_LONGEST])
        elif key == "level" and text in levels:
            query = replace(query, level=text)
        elif key == "state" and text in FILTERS:
            query = replace(query, state=text)
        elif key == "code" and text in codes:
            query = replace(query, code=text)
        elif key == "pfield" and number in fields:
            query = replace(query, pfield=number)
        else:
            problems.append(f"Tham số “{key}” trong đường dẫn không hợp lệ nên được bỏ qua.")
    return query, problems


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
    found: pl.DataFrame = (
        procedures.expired_rows(data.facts(version, units, ask.alive), ask, ids)
        .select("code", "unit_id", "procedure_id", "received_at", "due_at", "ended_at")
        .collect(backend="polars")
        .to_native()
    )
    return found.height, found.sort("received_at", "code", descending=[True, False]).head(SHOWN)


def expired(frame: Frame, ids: frozenset[int] | None) -> tuple[int, pl.DataFrame]:
    """Dossiers received under a version that was not in force: how many, and the first of them."""
    return _expired(frame.version, frame.view, frame.units_in_view, ids)


def reported(frame: Frame) -> Statement | None:
    """The row of form II.07b that a unit in view reported."""
    return procedures.reported_07b(reported_data.held(frame))


def matches(table: pl.DataFrame, query: Query, expired_ids: Collection[int]) -> pl.DataFrame:
    """The versions that the filters leave."""
    if query.level is not None:
        wanted = None if query.level == NO_LEVEL else query.level
        table = table.filter(pl.col("level").eq_missing(pl.lit(wanted, pl.String)))
    if query.pfield is not None:
        table = table.filter(pl.col("field_id") == query.pfield)
    if query.state in STATES:
        table = table.filter(pl.col("state") == query.state)
    elif query.state in FLAWS:
        table = table.filter(query.state)
    elif query.state == EXPIRED:
        table = table.filter(pl.col("procedure_id").is_in(list(expired_ids)))
    if query.q:
        text = query.q.casefold()
        found = pl.col("code").str.contains(text, literal=True) | pl.col(
            "name"
        ).str.to_lowercase().str.contains(text, literal=True)
        table = table.filter(found & ~pl.col("is_covered"))
    return table
