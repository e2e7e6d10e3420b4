"""What the screen of inspections reads, cached by scalars; what it is asked for in the URL."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.engine import Facts, descendants
from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.dossiers.attention import Line
from metrics.inspections import review as of
from metrics.inspections.figures import INSPECTION_FIGURE
from metrics.inspections.review import COVERED_KINDS, Coverage, InspectionReview
from metrics.inspections.states import STATES
from ui.kit import asking
from ui.shell import data
from ui.shell.context import Frame

KEYS: Final = ("span", "tab", "kinds", "figure", "fkind", "state", "units", "visits", "finding")
"""The parameters of this screen, beside those of the frame."""

SPANS: Final = {
    "period": "Trong kỳ đang xem",
    "year": "Từ đầu năm",
    "all": "Tất cả đến thời điểm số liệu",
}
"""Over which days visits are counted; findings are always as of T."""

TABS: Final = {
    "units": "Đơn vị được kiểm tra",
    "visits": "Các cuộc kiểm tra",
    "groups": "Tồn tại theo nhóm",
}

FINDING_FIGURES: Final = tuple(
    key
    for key, figure in INSPECTION_FIGURE.items()
    if figure.fact == "finding" and key != "findings_found"
)
VISIT_FIGURES: Final = tuple(
    key
    for key, figure in INSPECTION_FIGURE.items()
    if figure.fact == "inspection" and key != "units_inspected"
)

_LONGEST: Final = 64


@dataclass(frozen=True)
class Query:
    """What the lists are cut to, and which finding is open."""

    span: str = "year"
    tab: str = "units"
    kinds: tuple[str, ...] = ()  # kinds of units to be covered; none: all
    figure: str = "findings_open"
    fkind: str | None = None
    state: str | None = None
    units: tuple[int, ...] = ()
    visits: str = "visits"
    finding: int | None = None

    def params(self) -> dict[str, str]:
        """The URL's parameters; what equals the default is left out."""
        usual = Query()
        found = {
            "span": self.span,
            "tab": self.tab,
            "kinds": ",".join(self.kinds) or None,
            "figure": self.figure,
            "fkind": self.fkind,
            "state": self.state,
            "units": ",".join(str(unit) for unit in self.units) or None,
            "visits": self.visits,
            "finding": self.finding,
        }
        return {
            key: str(value)
            for key, value in found.items()
            if value is not None and value != getattr(usual, key)
        }


def read_query(params: Mapping[str, str], units: Collection[int]) -> tuple[Query, list[str]]:
    """The query that the URL's parameters name, and a sentence for each that was left out."""
    query, problems = Query(), []
    for key in KEYS:
        text = params.get(key)
        if not text:
            continue
        try:
            query = replace(query, **{key: _read(key, text, units)})
        except ValueError:
            problems.append(f"Tham số “{key}” trong đường dẫn không hợp lệ nên được bỏ qua.")
    return query, problems


def version_of(frame: Frame) -> str:
    """The version of what this screen looks at."""
    return frame.looking_at(*REGISTERS)


def known_kinds(frame: Frame) -> frozenset[str]:
    """The groups of faults that findings in the reader's scope have."""
    facts = data.facts(frame.looking_at("finding"), frame.scope, None)
    held: pl.DataFrame = facts.registers.ever()["finding"].collect("polars").to_native()
    return frozenset(held["kind"].drop_nulls())


def _read(key: str, text: str, units: Collection[int]) -> Any:
    allowed: dict[str, Collection[str]] = {
        "span": SPANS,
        "tab": TABS,
        "figure": FINDING_FIGURES,
        "state": STATES,
        "visits": VISIT_FIGURES,
    }
    if key in allowed:
        return _one_of(text, allowed[key])
    if key == "kinds":
        return tuple(_one_of(part, COVERED_KINDS) for part in text.split(","))
    if key == "units":
        known = tuple(unit for unit in map(_number, text.split(",")) if unit in units)
        if not known:
            raise ValueError(text)
        return known
    if key == "finding":
        return _number(text)
    if len(text) > _LONGEST:
        raise ValueError(text)
    return text


def _one_of(text: str, allowed: Collection[str]) -> str:
    if text not in allowed:
        raise ValueError(text)
    return text


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise ValueError(text)
    return int(text)


# -- cached reads -------------------------------------------------------------------------

Key = tuple[str, frozenset[int] | None, date, date, datetime]
"""Version, units in view, the period's days, T: all that the figures depend on."""


REGISTERS: Final = ("inspection", "finding", "finding_check")
"""What this screen looks at."""


def question(frame: Frame, span: str = "period") -> Ask:
    """The view's question, over the span that visits are counted in."""
    ask = asking.question(frame)
    if span == "year":
        return of.from_year_start(ask)
    return of.from_beginning(ask) if span == "all" else ask


def key_of(frame: Frame, ask: Ask) -> Key:
    """The cache key of a question."""
    return version_of(frame), frame.units_in_view, ask.first_day, ask.last_day, ask.moment


def _facts(key: Key) -> Facts:
    return data.facts(key[0], key[1], None)


def _ask(key: Key) -> Ask:
    facts = _facts(key)
    return Ask(key[2], key[3], facts.calendar, as_of=key[4], thresholds=facts.thresholds)


@st.cache_data(max_entries=64, show_spinner="Đang tính số liệu kiểm tra…")
def review(key: Key) -> InspectionReview:
    """All figures of inspections and findings."""
    return of.inspection_review(_facts(key), _ask(key))


@st.cache_data(max_entries=64, show_spinner=False)
def coverage(key: Key, above: int | None, kinds: tuple[str, ...]) -> Coverage:
    """Units inspected of those in view."""
    facts = _facts(key)
    wanted, within, top = kinds or tuple(COVERED_KINDS), key[1], above
    root = data.own_root(key[0]) if within is None else None
    if root is not None:
        # Other units of the list are not this installation's: nobody here inspects them.
        within, top = descendants(facts.units, root), root
    return of.coverage(facts, facts.units, _ask(key), within=within, above=top, kinds=wanted)


@st.cache_data(max_entries=64, show_spinner=False)
def visits(key: Key, figure: str = "visits", units: tuple[int, ...] = ()) -> pl.DataFrame:
    """The visits behind a figure."""
    where = {"unit_id": list(units)} if units else None
    return of.visit_rows(_facts(key), _ask(key), figure, where)


@st.cache_data(max_entries=64, show_spinner=False)
def findings(
    key: Key,
    figure: str = "findings",
    fkind: str | None = None,
    state: str | None = None,
    units: tuple[int, ...] = (),
) -> pl.DataFrame:
    """The findings behind a figure, cut to a kind, a state and units."""
    return of.finding_rows(_facts(key), _ask(key), figure, _where(fkind, state, units))


def _where(fkind: str | None, state: str | None, units: tuple[int, ...]) -> dict[str, Any]:
    where: dict[str, Any] = {}
    if fkind is not None:
        where["kind"] = fkind
    if state is not None:
        where["state"] = state
    if units:
        where["unit_id"] = list(units)
    return where


@st.cache_data(max_entries=64, show_spinner=False)
def table(key: Key, by: str) -> pl.DataFrame:
    """Findings by kind, unit or state."""
    return of.finding_table(_facts(key), _ask(key), by)


@st.cache_data(max_entries=64, show_spinner=False)
def is_empty(version: str, units: frozenset[int] | None) -> bool:
    """Whether nothing is in the registers of the units in view."""
    return of.is_register_empty(data.facts(version, units, None))


@st.cache_data(max_entries=64, show_spinner=False)
def has_findings(version: str, units: frozenset[int] | None) -> bool:
    """Whether any finding was entered: where none was, their number is unknown, not 0."""
    return not of.is_register_empty(data.facts(version, units, None), ("finding",))


@st.cache_data(max_entries=64, show_spinner=False)
def lines(key: Key) -> list[Line]:
    """The lines of "Cần chỉ đạo" about findings."""
    return of.finding_lines(_facts(key), _ask(key), data.unit_names(key[0]))


@st.cache_data(max_entries=64, show_spinner=False)
def open_series(key: Key, spans: tuple[tuple[date, date], ...]) -> list[int | None]:
    """Open findings at the end of each span, at most at T."""
    ask = _ask(key)
    asks = [ask.over(first, last) for first, last in spans]
    wanted = INSPECTION_FIGURE["findings_open"]
    return list(measure(_facts(key), [wanted], asks).sort("ask")["numerator"])


@st.cache_data(max_entries=64, show_spinner=False)
def checks(key: Key, finding: int) -> pl.DataFrame:
    """A finding's checks, newest first, those after T too."""
    held = _facts(key).registers.at(_ask(key).moment)
    frame: pl.DataFrame = held["finding_check"].collect("polars").to_native()
    return frame.filter(pl.col("finding_id") == finding).sort("checked_on", descending=True)


@st.cache_data(max_entries=64, show_spinner=False)
def register(version: str, units: frozenset[int] | None, name: str) -> pl.DataFrame:
    """A whole register as entered, within the units: what forms choose from."""
    facts = data.facts(version, units, None)
    frame: pl.DataFrame = facts.registers.standing()[name].collect("polars").to_native()
    return frame
