"""What the screen "Đơn vị" reads, cached by scalars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.boundaries import BoundaryError, Rings, read_boundaries
from connectors.engine import descendants
from metrics.core.ask import just_after
from metrics.core.collation import place
from metrics.core.measure import measure
from metrics.core.periods import Period, period_of
from metrics.core.searching import folded
from metrics.core.verdict import STATES, State
from metrics.core.vietnamese import number
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.comparison import Comparison, with_previous
from metrics.dossiers.events import Event
from metrics.dossiers.kin import relatives
from metrics.dossiers.review import Review, unit_table
from metrics.dossiers.since import own_breaks, since
from metrics.dossiers.units import (
    CLASSES,
    LENGTHS,
    Break,
    UnitFigures,
    active_days,
    breaks_between,
    first_day,
    of_units,
    rate_series,
    resolving_units,
    series_periods,
    series_table,
    sides_of,
    unit_classes,
    unit_figures,
    with_state,
)
from metrics.signals.funnel import Funnel, Standing, Unit, funnel, standing
from metrics.signals.rules import rules_on
from ui.kit.charts import Place
from ui.kit.query import Asked
from ui.kit.rate import whole_text
from ui.kit.table import Row
from ui.shell import data, events
from ui.shell.context import Frame
from ui.shell.view import View

RECEIVED: Final = FIGURES["received"]
"""What a place that hands dossiers on has of its own."""

Table = pl.DataFrame
"""What the screen holds of it: rows to be drawn, nothing to be computed with."""


# -- which units --------------------------------------------------------------------------


def row(frame: Frame, unit: int) -> Row:
    """A unit as the directory has it."""
    return frame.facts.units.filter(pl.col("unit_id") == unit).row(0, named=True)


@st.cache_data(max_entries=4, show_spinner=False)
def _working(version: str, scope: data.Units) -> frozenset[int]:
    return resolving_units(data.facts(version, scope, None))


def works(frame: Frame, unit: int) -> bool:
    """Whether a unit resolves dossiers itself."""
    return unit in _working(frame.version, data.scope_of_reader().units)


def parts(frame: Frame, unit: int) -> frozenset[int]:
    """The units below a unit that resolve dossiers."""
    below = descendants(frame.facts.units, unit) - {unit}
    return below & _working(frame.version, data.scope_of_reader().units)


@st.cache_data(max_entries=4, show_spinner=False)
def _with_parts(version: str, scope: data.Units) -> frozenset[int]:
    """The units that resolve dossiers and stand above others that do."""
    working = _working(version, scope)
    units = data.facts(version, scope, None).units
    above: dict[int | None, int | None] = dict(units.select("unit_id", "parent_id").iter_rows())
    found: set[int | None] = set()
    for unit in working:
        superior = above.get(unit)
        while superior not in (None, unit) and superior not in found:
            found.add(superior)
            superior = above.get(superior)
    return working & found


def is_only_part(frame: Frame, unit: int) -> bool:
    """Whether a unit resolves dossiers itself while others below it do, too."""
    return unit in _with_parts(frame.version, data.scope_of_reader().units)


def every_unit(frame: Frame) -> frozenset[int]:
    """The units in view."""
    within = frame.units_in_view
    return frozenset(frame.facts.units["unit_id"]) if within is None else within


def alone(unit: int) -> frozenset[int]:
    """One unit, as far as the reader may see it."""
    allowed = data.scope_of_reader().units
    return frozenset({unit}) if allowed is None else frozenset({unit}) & allowed


@st.cache_data(max_entries=4, show_spinner=False)
def _classes(version: str, scope: data.Units) -> dict[int, str]:
    return unit_classes(data.facts(version, scope, None).units)


def class_of(frame: Frame, unit: int) -> str:
    """What kind of unit it is, in words."""
    return CLASSES[_classes(frame.version, data.scope_of_reader().units)[unit]]


def is_under_heading(frame: Frame, unit: Row) -> bool:
    """Whether what stands above a unit is a heading of the tree, which is no superior."""
    units = frame.facts.units
    return units.filter(_is_above(unit))["kind"].to_list() == ["group"]


def _is_above(unit: Row) -> pl.Expr:
    """The unit that it stands under; none is above a unit without a parent."""
    return pl.col("unit_id") == pl.lit(unit["parent_id"], pl.Int64)


@st.cache_data(max_entries=256, show_spinner=False)
def days_with_dossiers(version: str, units: data.Units) -> list[date]:
    """The days on which dossiers of these units were received or ended, oldest first."""
    facts = data.facts(version, units, None)
    until = facts.data_until
    return [] if until is None else active_days(facts, just_after(until))


# -- several units ------------------------------------------------------------------------


@dataclass(frozen=True)
class Ranking:
    """The units in view, worst need first, and those of them that the filters leave.

    ``whole``, ``table``: :func:`metrics.dossiers.review.unit_table` with ``name``, ``class``,
    ``state``, ``few``.
    """

    review: Review
    whole: Table
    table: Table

    @property
    def kinds(self) -> dict[str, int]:
        """Class → how many units, in the order of the filter."""
        counts = dict(self.whole.group_by("class").len().iter_rows())
        return {key: counts[key] for key in CLASSES if key in counts}

    @property
    def states(self) -> dict[State, int]:
        """State → how many of the units that are shown, worst first."""
        counts = dict(self.table.group_by("state").len().iter_rows())
        return {state: counts[state] for state in STATES if state in counts}

    @property
    def names(self) -> dict[int, str]:
        """Unit → its name, by the alphabet."""
        rows = self.whole.sort(place("name")).select("unit_id", "name").iter_rows()
        return dict(rows)

    @property
    def total(self) -> Row | None:
        """The rate of all of them together; None: nothing is measured."""
        rows = self.review.whole("on_time").filter(pl.col("ask") == self.review.last)
        return rows.row(0, named=True) if rows.height else None

    @property
    def line(self) -> list[float | None]:
        """Their rate together through the periods."""
        return list(self.review.whole("on_time")["rate"])

    def periods_of(self, shown: Table) -> Table:
        """``name``, ``period``, ``numerator``, ``denominator``, ``rate`` of some units."""
        labels = {place: period.label for place, period in enumerate(self.review.periods)}
        order = shown.select("unit_id", "name").with_row_index("place")
        return (
            self.review.series.filter(pl.col("figure") == "on_time")
            .join(order, on="unit_id")
            .sort("place", "ask")
            .with_columns(
                pl.col("ask").replace_strict(labels, return_dtype=pl.String).alias("period")
            )
        )


def ranking(frame: Frame, asked: Asked) -> Ranking:
    """The ranking of the view, after the filters."""
    found = data.weekly_review(frame.version, frame.view)
    classes = _classes(frame.version, data.scope_of_reader().units)
    whole = with_state(unit_table(found), found.ask).with_columns(
        pl.col("unit_id").replace_strict(frame.unit_names, return_dtype=pl.String).alias("name"),
        pl.col("unit_id").replace_strict(classes, return_dtype=pl.String).alias("class"),
    )
    table = whole
    if asked["units"]:
        table = table.filter(pl.col("unit_id").is_in(list(asked["units"])))
    if asked["kind"]:
        table = table.filter(pl.col("class") == asked["kind"])
    if asked["q"]:
        wanted = folded(asked["q"])
        table = table.filter([wanted in folded(name) for name in table["name"]])
    return Ranking(found, whole, table)


def breaks(ranking: Ranking) -> tuple[Break, ...]:
    """The breaks that the periods of a ranking cross."""
    periods = ranking.review.periods
    return breaks_between(periods[0].first, periods[-1].last)


# -- map ----------------------------------------------------------------------------------


@st.cache_resource(max_entries=2, show_spinner=False)
def _borders(path: str, changed: float) -> dict[str, Rings]:
    return read_boundaries(Path(path))


def borders() -> tuple[dict[str, Rings], str | None]:
    """The borders that the installation brought, and what is wrong with their file."""
    path = data.settings().boundaries
    try:
        return _borders(str(path), path.stat().st_mtime), None
    except OSError:
        missing = data.settings().boundary_file is not None
        return {}, f"Không mở được tệp ranh giới {path.name}." if missing else None
    except BoundaryError as error:
        return {}, str(error)


def places(frame: Frame, table: Table) -> list[Place]:
    """The units of a ranking that have coordinates."""
    located = table.join(
        frame.facts.units.select("unit_id", "latitude", "longitude"), on="unit_id"
    ).drop_nulls(["latitude", "longitude"])
    return [
        Place(
            row["unit_id"],
            row["name"],
            row["longitude"],
            row["latitude"],
            row["resolved"],
            row["state"],
            f"{whole_text(sides_of(row, frame.ask), frame.ask)}, "
            f"đã giải quyết {number(row['resolved'])}, đang quá hạn {number(row['overdue'])}",
        )
        for row in located.iter_rows(named=True)
    ]


def rings_by_state(
    frame: Frame, table: Table, known: Mapping[str, Rings]
) -> dict[State, list[Any]]:
    """Rings of the communes now in force, by the state that the ranking gives them.

    Codes were given to other places on 1 July 2025, so only units valid today are matched.
    """
    today = frame.facts.units.filter(
        (pl.col("kind") == "commune") & (pl.col("scheme") == "gso") & pl.col("valid_to").is_null()
    )
    states: dict[int, State] = dict(table.select("unit_id", "state").iter_rows())
    found: dict[State, list[Any]] = {}
    for unit, code in today.select("unit_id", "code").iter_rows():
        if unit in states and code in known:
            found.setdefault(states[unit], []).extend(known[code])
    return found


# -- one unit -----------------------------------------------------------------------------


@st.cache_data(max_entries=64, show_spinner="Đang tính số liệu của đơn vị…")
def figures(version: str, view: View, units: tuple[int, ...]) -> UnitFigures:
    """One unit's figures of the period and of the one before, and by group."""
    open_facts = partial(data.facts, version, frozenset(units))
    return unit_figures(open_facts, data.question(version, view), view.period)


@st.cache_data(max_entries=4, show_spinner=False)
def known_since(version: str, scope: data.Units) -> date | None:
    return first_day(data.facts(version, scope, None))


def previous(frame: Frame, units: frozenset[int]) -> Comparison:
    """What changes of a unit against the period before are counted from."""
    found = since(data.first_days(frame.version, units), frame.facts.sources, frame.ask)
    own = own_breaks(frame.facts.successions, frame.facts.units, units)
    return with_previous(frame.ask, frame.view.period, found, own)


@st.cache_data(max_entries=64, show_spinner="Đang tính chuỗi số liệu…")
def _series(
    version: str,
    view: View,
    units: frozenset[int],
    peers: frozenset[int],
    length: str,
    since: date | None,
) -> tuple[tuple[Period, ...], Table]:
    ask = data.question(version, view)
    # Up to the period on the screen, and not into weeks and months that T has not reached.
    last = min(view.period.last, period_of(LENGTHS[length][0], ask.as_of_day).last)
    periods = series_periods(length, last, since)
    unit = partial(data.facts, version, units)
    beside = partial(data.facts, version, peers)
    return periods, series_table(rate_series(unit, beside, ask, periods))


@dataclass(frozen=True)
class Series:
    """A unit's rate through time: ``table`` (metrics.dossiers.units.series_table), ``breaks``;
    ``events``: what stands on its line, the breaks among it."""

    periods: tuple[Period, ...]
    table: Table
    breaks: tuple[Break, ...]
    events: tuple[Event, ...]


def series(frame: Frame, units: frozenset[int], peers: frozenset[int], length: str) -> Series:
    """A unit's rate beside its peers', with the breaks that are everybody's and its own."""
    since = known_since(frame.version, data.scope_of_reader().units)
    periods, table = _series(frame.version, frame.view, units, peers, length, since)
    own = of_units(frame.facts.successions, units)
    first, last = periods[0].first, periods[-1].last
    breaks, by_week = breaks_between(first, last, own), periods[0].kind == "week"
    unit = frame.view.unit
    found = events.on_line(frame, unit, first, last, breaks, by_week=by_week)
    return Series(periods, table, breaks, found)


@dataclass(frozen=True)
class Peers:
    """The units of the same kind under the same parent, within the reader's scope."""

    name: str
    ids: frozenset[int]


def peers(frame: Frame, unit: Row) -> Peers:
    """Whom a unit is compared with; its own line alone where the reader sees no other."""
    units = frame.facts.units
    same = units.filter(
        (pl.col("kind") == unit["kind"]) & pl.col("parent_id").eq_missing(unit["parent_id"])
    )
    allowed, ids = data.scope_of_reader().units, frozenset(same["unit_id"])
    parent = units.filter(_is_above(unit))
    label = class_of(frame, unit["unit_id"])
    below_group = parent.is_empty() or parent["kind"][0] in ("group", "province")
    name = label if below_group else f"{label} thuộc {frame.unit_names[unit['parent_id']]}"
    return Peers(name, ids if allowed is None else ids & allowed)


@st.cache_data(max_entries=64, show_spinner=False)
def _received_here(version: str, scope: data.Units, view: View, unit: int) -> int:
    ask = data.question(version, view)
    facts = data.facts(version, scope, ask.alive)
    found = measure(facts, [RECEIVED], [ask], where={"receiving_unit_id": unit})
    return int(found["numerator"][0])


def received_here(frame: Frame, unit: int) -> int:
    """Dossiers received at this unit, whoever resolves them."""
    scope = data.scope_of_reader().units
    return _received_here(frame.version, scope, frame.view, unit)


def is_told(groups: Table, column: str) -> bool:
    """Whether the sources say this of any dossier."""
    return groups[column].null_count() < groups.height


# -- what is more than chance ---------------------------------------------------------------


def placed(frame: Frame, table: Table) -> Funnel:
    """The units of a ranking among each other, each by how many dossiers it was judged on."""
    units = [Unit(*row) for row in table.select("unit_id", "on_time", "judged").iter_rows()]
    few = frame.ask.threshold("few_dossiers").value
    return funnel(units, rules_on(frame.ask.as_of_day), few)


@st.cache_data(max_entries=256, show_spinner=False)
def _standing(version: str, view: View, unit: int) -> Standing | None:
    """Read beyond the reader's scope, on purpose: what is told is their pooled rate alone."""
    everything = data.facts(version, None, None)
    classes = unit_classes(everything.units)
    ids = frozenset(key for key, name in classes.items() if name == classes.get(unit))
    ask = data.question(version, view)
    found = measure(data.facts(version, ids, ask.alive), [FIGURES["on_time"]], [ask], ["unit_id"])
    sides = found.select("unit_id", "numerator", "denominator").iter_rows()
    few = ask.threshold("few_dossiers").value
    return standing(unit, [Unit(*each) for each in sides], rules_on(ask.as_of_day), few)


def stands(frame: Frame, unit: int) -> Standing | None:
    """How a unit stands among all of its class, whoever looks; None: too few to tell."""
    if unit not in frame.facts.units["unit_id"]:
        return None
    return _standing(frame.version, frame.view, unit)


# -- beside the dossiers ------------------------------------------------------------------


def kin(frame: Frame, unit: int) -> Table:
    """The units it came from and went into (metrics.dossiers.kin.relatives)."""
    return relatives(frame.facts.successions, unit, frame.unit_names)


@st.cache_data(max_entries=4, show_spinner=False)
def _forms(version: str, scope: data.Units, moment: datetime) -> Table:
    """Reported lines, newest period first, those without one last."""
    frame = data.facts(version, scope, None).registers.at(moment)["form_row"]
    found: pl.DataFrame = frame.collect(backend="polars").to_native()
    return found.sort("period_from", descending=True, nulls_last=True, maintain_order=True)


def forms(frame: Frame, unit: int) -> list[dict[str, Any]]:
    """What a unit reported in form II.06a, newest period first."""
    version, scope = frame.looking_at("form_row"), data.scope_of_reader().units
    return _forms(version, scope, frame.ask.moment).filter(pl.col("unit_id") == unit).to_dicts()
