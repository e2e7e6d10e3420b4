"""The screen of service quality: what is known of Decision 766 by month and unit, and surveys.

Scores are :mod:`metrics.service.decision766`'s; here stands where their two sides come from:
dossiers (asked by calendar month with the portal's definition) and the register
``service_component``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.measure import Facts, measure
from metrics.core.periods import Period, period_of
from metrics.core.register_rows import Registers
from metrics.core.rows import first_received, rows
from metrics.reported.statements import survey_beside_form
from metrics.service.decision766 import TOTAL, Given, Known, Method, Scorecard, method, scorecard
from metrics.service.figures import SERVICE_FIGURES

DOSSIERS: Final = "Tính từ hồ sơ"
"""Source of what dossiers give."""

_RECEIVED: Final = "online_share"
"""Its denominator is every dossier received in the month: 0 means that there is no data."""


# -- months -------------------------------------------------------------------------------


def shown_month(period: Period, ask: Ask) -> date:
    """The month that is shown where none was chosen: the period's own, or the last one ended.

    The portal shows a month only after its end (domain rule of Decision 766).
    """
    if period.kind == "month":
        return period.first
    day = min(ask.as_of_day, period.last)
    if day == period_of("month", day).last:
        return day.replace(day=1)
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def months_until(month: date, count: int = 13) -> list[date]:
    """The firsts of so many months that end with this one, oldest first."""
    last = Period("month", month, month)
    return [last.shifted(-back).first for back in range(count - 1, -1, -1)]


def month_ask(ask: Ask, month: date) -> Ask:
    """The question of a month as the portal asks it: its definition, timestamps, current due."""
    wanted = replace(ask, definition="portal", compare=None, due="current")
    return wanted.over(month, period_of("month", month).last)


def first_month(facts: Facts, registers: Registers) -> date | None:
    """The month of the first dossier or imported component; None: there is neither."""
    held = registers.registers.standing()["service_component"].select(nw.col("month").min())
    month: date | None = held.collect(backend="polars").to_native()["month"][0]
    days = [day for day in (first_received(facts), month) if day is not None]
    return min(days).replace(day=1) if days else None


def months_since(first: date | None, day: date) -> list[date]:
    """The months from the first on to a day's own, latest first."""
    until = day.replace(day=1)
    if first is None or first > until:
        return [until]
    count = (until.year - first.year) * 12 + until.month - first.month + 1
    return months_until(until, count)[::-1]


def entered(registers: Registers, unit: int, month: date, component: str) -> int | None:
    """The row in which a component of a unit's month was entered; None: nobody has."""
    rows = registers.registers.standing()["service_component"].filter(
        nw.col("unit_id") == unit, nw.col("month") == month, nw.col("component") == component
    )
    found: list[int] = rows.collect(backend="polars").to_native()["service_component_id"].to_list()
    return next(iter(found), None)


# -- what is known ------------------------------------------------------------------------


def computed(
    facts: Facts, asks: Sequence[Ask], by: Sequence[str] = ()
) -> dict[tuple[Any, ...], dict[str, Given]]:
    """Both sides of every component that dossiers give.

    Returns:
        (group's keys…, position of the question) → component → :class:`Given`. Groups and months
        without a dossier are missing, and so is a component of which no dossier says anything.
    """
    found = measure(facts, list(SERVICE_FIGURES.values()), asks, by)
    cells: dict[tuple[Any, ...], dict[str, Given]] = {}
    for row in found.iter_rows(named=True):
        if row["denominator"]:
            group = (*(row[name] for name in by), row["ask"])
            given = Given(row["numerator"], row["denominator"], DOSSIERS)
            cells.setdefault(group, {})[row["figure"]] = given
    return {
        group: _of_components(figures, asks[group[-1]])
        for group, figures in cells.items()
        if _RECEIVED in figures
    }


def _of_components(figures: Mapping[str, Given], ask: Ask) -> dict[str, Given]:
    held = method(ask.first_day)
    if held is None:
        return {}
    return {
        each.key: figures[each.figure]
        for each in held.components
        if each.figure is not None and each.figure in figures
    }


Imported = tuple[dict[str, Given], dict[str, float], tuple[str, ...]]
"""Components' two sides, portal scores, sources."""


def imported(
    facts: Registers, ask: Ask, months: Iterable[date]
) -> dict[tuple[int, date], Imported]:
    """What the register ``service_component`` holds as of T, by unit and month."""
    wanted = nw.col("month").is_in(list(months))
    frame = facts.registers.at(ask.moment)["service_component"].filter(wanted)
    found: dict[tuple[int, date], Imported] = {}
    for row in frame.collect(backend="polars").to_native().iter_rows(named=True):
        sides, portal, sources = found.get((row["unit_id"], row["month"]), ({}, {}, ()))
        if row["numerator"] is not None and row["denominator"] is not None:
            sides[row["component"]] = Given(row["numerator"], row["denominator"], row["source"])
        if row["portal_score"] is not None:
            portal[row["component"]] = row["portal_score"]
        sources = tuple(dict.fromkeys((*sources, row["source"])))
        found[row["unit_id"], row["month"]] = sides, portal, sources
    return found


@dataclass(frozen=True)
class Month:
    """A unit's month: its card (null before the index was kept), and where it comes from."""

    month: date
    card: Scorecard | None
    sources: tuple[str, ...] = ()
    has_dossiers: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing is known: no dossier, nothing imported."""
        return not self.has_dossiers and not self.sources


def _month(
    month: date, level: str | None, sides: Mapping[str, Given] | None, register: Imported | None
) -> Month:
    held: Method | None = method(month)
    if held is None:
        return Month(month, None)
    given, portal, sources = register or ({}, {}, ())
    card = scorecard(held, Known(sides or {}, given, portal), level)
    return Month(month, card, sources, bool(sides))


def monthly(
    facts: Facts, registers: Registers, ask: Ask, months: Sequence[date], unit: int | None,
    level: str | None,
) -> list[Month]:  # fmt: skip
    """A unit month by month, oldest first.

    Args:
        facts: dossiers of the unit and what is below it; must hold those alive in the months.
        unit: whose imported rows count (null: none).
        level: the unit's kind, for components that do not apply.
    """
    asks = [month_ask(ask, month) for month in months]
    sides = computed(facts, asks)
    rows_ = imported(registers, ask, months)
    return [
        _month(month, level, sides.get((place,)), rows_.get((unit or 0, month)))
        for place, month in enumerate(months)
    ]


def by_unit(
    facts: Facts, registers: Registers, ask: Ask, month: date, levels: Mapping[int, str]
) -> dict[int, Month]:
    """Every unit with something known of a month; ``levels``: unit → kind, the units in view."""
    sides = computed(facts, [month_ask(ask, month)], ["unit_id"])
    rows_ = imported(registers, ask, [month])
    units = {group[0] for group in sides} | {unit for unit, _ in rows_}
    return {
        unit: _month(month, levels[unit], sides.get((unit, 0)), rows_.get((unit, month)))
        for unit in sorted(unit for unit in units if unit in levels)
    }


def unit_table(months: Mapping[int, Month], names: Mapping[int, str]) -> pl.DataFrame:
    """Units side by side, the least share of the known points first.

    Returns:
        ``unit_id``, ``name``, ``points``, ``of``, ``share`` (0–1), ``known``, ``count``,
        ``is_whole``, ``portal`` (null: not imported), ``received`` (dossiers of the month; null:
        none), and ``p_<component>`` Float64 (null: unknown) for each that dossiers can give.
    """
    found = []
    for unit, month in months.items():
        if month.card is None:
            continue
        total, portal = month.card.total, month.card.portal.get(TOTAL)
        progress = month.card.of("2.1")
        received = progress.given if progress.origin == "dossiers" else None
        found.append(
            {
                "unit_id": unit,
                "name": names.get(unit, f"Mã {unit}"),
                "points": total.points,
                "of": total.of,
                "share": total.share,
                "known": total.known,
                "count": total.count,
                "is_whole": total.is_whole,
                "portal": portal.points if portal else None,
                "received": int(received.denominator) if received else None,
            }
            | {
                f"p_{one.component.key}": one.points
                for one in month.card.scored
                if one.component.figure is not None
            }
        )
    table = pl.DataFrame(found, infer_schema_length=None)
    return table if table.is_empty() else table.sort("share", "name", nulls_last=True)


def behind(
    facts: Facts, key: str, ask: Ask, month: date, part: str = "missing"
) -> nw.LazyFrame[Any]:
    """The dossiers behind a component: as :func:`metrics.core.rows.rows`."""
    held = method(month)
    component = held.component(key) if held else None
    if component is None or component.figure is None:
        raise KeyError(f"Thành phần “{key}” không tính từ hồ sơ.")
    figure: Figure = SERVICE_FIGURES[component.figure]
    asked = month_ask(ask, month)
    return rows(facts, figure, asked, part=part)


# -- surveys ------------------------------------------------------------------------------


def surveys(facts: Registers, ask: Ask) -> pl.DataFrame:
    """Surveys by units themselves as known on a day, latest count of each first by date.

    A survey (code, unit) is counted again and again: the last count up to T holds.

    Returns:
        columns of the register, and ``rate`` (satisfied of responses; null unless both are
        known), ``counts`` Int64 (how many counts there were), ``reported_resolved``
        (:func:`metrics.reported.statements.survey_beside_form`), ``per_dossier`` (responses of it);
        latest first.
    """
    held = facts.registers.at(ask.moment)
    beside = survey_beside_form(held, ask).select("code", "unit_id", "reported_resolved")
    forms: pl.DataFrame = beside.collect(backend="polars").to_native()
    frame: pl.DataFrame = held["survey"].collect(backend="polars").to_native()
    return (
        frame.filter(pl.col("as_of") <= ask.as_of_day)
        .sort("as_of")
        .group_by("code", "unit_id", maintain_order=True)
        .agg(pl.all().last(), pl.len().cast(pl.Int64).alias("counts"))
        .with_columns(
            pl.when(pl.col("responses") > 0)
            .then(pl.col("satisfied") / pl.col("responses"))
            .alias("rate")
        )
        .join(forms, on=["code", "unit_id"], how="left")
        .with_columns(
            pl.when(pl.col("reported_resolved") > 0)
            .then(pl.col("responses") / pl.col("reported_resolved"))
            .alias("per_dossier")
        )
        .sort("as_of", "code", descending=[True, False])
    )
