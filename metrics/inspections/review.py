"""The screen of inspections: totals, coverage of units, tables of findings, and the lines that ask
for a decision. Counting is :mod:`metrics.core.measure`'s; what a finding's state is,
metrics/inspections/states.py's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from metrics.core.ask import Ask
from metrics.core.collation import place
from metrics.core.measure import Facts, measure
from metrics.core.narrowing import Where
from metrics.core.register_rows import Registers, register_rows
from metrics.core.vietnamese import in_short, number
from metrics.dossiers.attention import Line, by_unit, unit_lines
from metrics.inspections.figures import INSPECTION_FIGURE, INSPECTION_FIGURES
from metrics.inspections.states import KINDS, OPEN, STATES

__all__ = [
    "COVERED_KINDS",
    "KINDS",
    "OPEN",
    "STATES",
    "Coverage",
    "InspectionReview",
    "coverage",
    "finding_lines",
    "finding_rows",
    "finding_table",
    "from_year_start",
    "inspection_review",
    "is_register_empty",
    "visit_rows",
    "visit_span",
]

Row = dict[str, Any]

COVERED_KINDS: Final[dict[str, str]] = {
    "commune": "xã, phường, thị trấn",
    "office": "phòng chuyên môn",
    "department": "sở, ban, ngành",
    "district": "quận, huyện, thị xã",
    "centre": "trung tâm",
    "branch": "chi nhánh",
    "vertical": "cơ quan ngành dọc",
}
"""Kinds of units that inspections are to cover → their word, in the order of the filter."""

_PARTS: Final = Path(__file__).with_name("inspected_units.toml")
_BEGINNING: Final = date(1, 1, 1)

_FINDING_GROUPS: Final = (
    "findings",
    "findings_open",
    "findings_past_due",
    "findings_reported",
    "findings_fixed",
    "findings_repeated",
)


@dataclass(frozen=True)
class InspectionReview:
    """Every figure of :data:`metrics.inspections.figures.INSPECTION_FIGURES` in total.

    ``measured``: ``figure``, ``numerator`` (null: unknown), ``denominator``, ``rate``.
    """

    ask: Ask
    measured: pl.DataFrame

    def cell(self, key: str) -> Row:
        """Numerator, denominator and rate of a figure."""
        return self.measured.filter(pl.col("figure") == key).row(0, named=True)

    def count(self, key: str) -> int | None:
        """A figure's number; null: unknown."""
        found: int | None = self.cell(key)["numerator"]
        return found


def inspection_review(facts: Facts, ask: Ask, where: Where | None = None) -> InspectionReview:
    """All figures of inspections and findings: visits of the period, findings as of T."""
    return InspectionReview(ask, measure(facts, INSPECTION_FIGURES, [ask], (), where))


def from_year_start(ask: Ask) -> Ask:
    """The same question over the year of T, up to T."""
    day = ask.as_of_day
    return replace(ask, first_day=date(day.year, 1, 1), last_day=day)


def from_beginning(ask: Ask) -> Ask:
    """The same question over everything before T."""
    return replace(ask, first_day=_BEGINNING, last_day=ask.as_of_day)


def is_register_empty(
    facts: Registers, registers: Collection[str] = ("inspection", "finding")
) -> bool:
    """Whether nobody has entered an inspection or a finding of the units in view."""
    return all(
        facts.registers.standing()[name].head(1).collect(backend="polars").to_native().is_empty()
        for name in registers
    )


def visit_rows(
    facts: Registers,
    ask: Ask,
    figure: str = "visits",
    where: Where | None = None,
    part: str = "numerator",
) -> pl.DataFrame:
    """The visits behind a figure, the latest first: metrics.inspections.states.inspection_state."""
    wanted = _of_fact(figure, "inspection")
    found = register_rows(facts, wanted, ask, where, part)
    return found.sort("first_on", "code", descending=[True, False])


def finding_rows(
    facts: Registers,
    ask: Ask,
    figure: str = "findings",
    where: Where | None = None,
    part: str = "numerator",
) -> pl.DataFrame:
    """The findings behind a figure, most urgent first: metrics.inspections.states.finding_state.

    Order: past due first (longest), then open ones by fix-by date, then the fixed ones.
    """
    found = register_rows(facts, _of_fact(figure, "finding"), ask, where, part)
    place = {state: position for position, state in enumerate(STATES)}
    return (
        found.with_columns(pl.col("state").replace_strict(place, default=9).alias("_place"))
        .sort("_place", "fix_by", "finding_id", nulls_last=True)
        .drop("_place")
    )


def _of_fact(key: str, fact: str) -> Any:
    wanted = INSPECTION_FIGURE[key]
    if wanted.fact != fact or key == "units_inspected":
        raise KeyError(key)
    return wanted


def finding_table(facts: Facts, ask: Ask, by: str, where: Where | None = None) -> pl.DataFrame:
    """Findings by ``kind``, ``unit_id`` or ``state``: one column a figure, most urgent first.

    Returns:
        ``by`` and ``findings``, ``findings_open``, ``findings_past_due``, ``findings_reported``,
        ``findings_fixed``, ``findings_repeated`` Int64.
    """
    figures = [INSPECTION_FIGURE[key] for key in _FINDING_GROUPS]
    long = measure(facts, figures, [ask], [by], where)
    wide = long.select(by).unique()
    for key in _FINDING_GROUPS:
        part = long.filter(pl.col("figure") == key).select(by, pl.col("numerator").alias(key))
        wide = wide.join(part, on=by, how="left")
    return wide.sort(
        "findings_past_due",
        "findings_open",
        "findings",
        by,
        descending=[True, True, True, False],
    )


# -- coverage -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """Which units were inspected in a period, of those that were to be.

    ``units``: ``unit_id``, ``name``, ``kind``, ``visits``, ``surprise_visits`` Int64 (0: none),
    ``last_on`` Date, ``is_inspected`` Boolean; those not inspected first. ``day``: when they had to
    be valid. ``outside``: units inspected in the period that are not among them.
    """

    day: date
    units: pl.DataFrame
    outside: tuple[int, ...]

    @property
    def inspected(self) -> int:
        return self.units.filter("is_inspected").height

    @property
    def due(self) -> int:
        return self.units.height

    @property
    def rate(self) -> float | None:
        return self.inspected / self.due if self.due else None

    @property
    def missing(self) -> pl.DataFrame:
        """The units that were not inspected."""
        return self.units.filter(~pl.col("is_inspected"))


def coverage(
    facts: Registers,
    units: pl.DataFrame,
    ask: Ask,
    *,
    within: frozenset[int] | None = None,
    above: int | None = None,
    kinds: Collection[str] = tuple(COVERED_KINDS),
    where: Where | None = None,
) -> Coverage:
    """Units inspected of those in scope: 17/17 wards, 29/29 units.

    The denominator: units valid on the last day of the period (or of T, if earlier), of the wanted
    kinds, in scope, without the unit that the scope hangs on where others stand below it, and
    without desks that are parts of another unit (metrics/inspections/inspected_units.toml).

    Args:
        units: :data:`metrics.core.contracts.UNIT`.
        within: the units in scope; None: all.
        above: the unit whose parts are asked about; None: everything.
        where: restricts the visits that count, such as ``{"campaign": …}``; only columns of
            metrics.inspections.states.inspected_units are allowed.
    """
    day = min(ask.last_day, ask.as_of_day)
    valid = units.filter(
        (pl.col("valid_from").is_null() | (pl.col("valid_from") <= day))
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= day))
        & pl.col("kind").is_in(list(kinds))
        & ~pl.any_horizontal(pl.col("name").str.starts_with(name) for name in _parts())
    )
    if within is not None:
        valid = valid.filter(pl.col("unit_id").is_in(sorted(within)))
    below = valid.filter(pl.col("unit_id") != above) if above is not None else valid
    due = valid if below.is_empty() else below
    seen = register_rows(facts, INSPECTION_FIGURE["units_inspected"], ask, where)
    table = (
        due.select("unit_id", "name", "kind", "sort_order")
        .join(seen, on="unit_id", how="left")
        .with_columns(
            pl.col("visits").is_not_null().alias("is_inspected"),
            pl.col("visits", "surprise_visits").fill_null(0),
        )
        .sort("is_inspected", "sort_order", place("name"), "unit_id", nulls_last=True)
        .drop("sort_order")
    )
    outside = set(seen["unit_id"]) - set(due["unit_id"])
    return Coverage(day, table, tuple(sorted(outside)))


@cache
def _parts() -> tuple[str, ...]:
    """Beginnings of the names of units that are parts of another one."""
    entries = tomllib.loads(_PARTS.read_text(encoding="utf-8"))["part"]
    return tuple(entry["name"] for entry in entries)


# -- words --------------------------------------------------------------------------------


def visit_span(visit: Mapping[str, Any]) -> str:
    """When a visit was, as far as is known: "12/02/2023", "tháng 3/2023", "tháng 4–5/2023"."""
    first, last = visit["from_on"], visit["to_on"] or visit["from_on"]
    precision = visit["date_precision"]
    if precision == "day":
        return f"{first:%d/%m/%Y}" if first == last else f"{first:%d/%m/%Y}–{last:%d/%m/%Y}"
    if precision == "year":
        same = first.year == last.year
        return f"năm {first.year}" if same else f"năm {first.year}–{last.year}"
    word = {"month": "tháng", "quarter": "quý"}[precision]
    low, high = (_part(day, precision) for day in (first, last))
    if first.year != last.year:
        return f"{word} {low}/{first.year}–{high}/{last.year}"
    return f"{word} {low if low == high else f'{low}–{high}'}/{last.year}"


def _part(day: date, precision: str) -> int:
    return day.month if precision == "month" else (day.month + 2) // 3


# -- Cần chỉ đạo --------------------------------------------------------------------------


def finding_lines(facts: Registers, ask: Ask, unit_names: Mapping[int, str]) -> list[Line]:
    """Lines of "Cần chỉ đạo" about findings: past their fix-by date, by unit, worst first."""
    key = "findings_past_due"
    parts = dict(by_unit(finding_rows(facts, ask, key)))
    return unit_lines(
        key,
        key,
        {unit: part.height for unit, part in parts.items()},
        lambda unit: _past_due_text(parts[unit]),
        unit_names,
        ask.as_of_day,
        together="còn {total} tồn tại kiểm tra đã quá hạn khắc phục.",
        since=lambda unit: parts[unit]["fix_by"].min(),  # type: ignore[arg-type, return-value]
    )


def _past_due_text(rows: pl.DataFrame) -> str:
    reported, again = (rows.filter(name).height for name in ("is_reported", "is_repeated"))
    more = []
    if reported:
        more.append(f"{number(reported)} đã báo cáo nhưng chưa được xác nhận")
    if again:
        more.append(f"{number(again)} lặp lại")
    oldest: int = rows["days_past"].max()  # type: ignore[assignment]
    said = f" ({', '.join(more)})" if more else ""
    if rows.height == 1:
        about = in_short(rows["description"][0])
        return f"1 tồn tại kiểm tra quá hạn {number(oldest)} ngày chưa khắc phục{said}: “{about}”."
    return (
        f"{number(rows.height)} tồn tại kiểm tra quá hạn chưa khắc phục{said}, "
        f"lâu nhất {number(oldest)} ngày."
    )
