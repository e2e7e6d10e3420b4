"""How far back a comparison reaches: where the data in view are whole and the units the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.dossiers.units import Break

_NO_SOURCE: Final = 0
"""Stands for the one source of facts that name none."""


@dataclass(frozen=True)
class Since:
    """The first day on which the data in view are whole.

    ``day``: None: there are none. ``source``: the name of the source that begins then, where
    another one in view begins earlier.
    """

    day: date | None
    source: str | None = None

    @property
    def words(self) -> str:
        """Why nothing before it is compared with (Vietnamese)."""
        if self.day is None:
            return "chưa có số liệu"
        whose = f"nguồn “{self.source}” chỉ có số liệu" if self.source else "số liệu chỉ có"
        return f"{whose} từ {self.day:%d/%m/%Y}"


Firsts = Mapping[int, date]
"""Source → the first day on which one of its dossiers was received."""


def first_days(dossier: nw.LazyFrame[Any], sources: pl.DataFrame) -> nw.LazyFrame[Any]:
    """One row with the first day of each source, to be read by :func:`firsts_of`."""
    day = nw.col("received_day")
    known = sources["source_id"].to_list()
    if len(known) < 2:
        return dossier.select(day.min().alias(str(known[0] if known else _NO_SOURCE)))
    return dossier.select(
        nw.when(nw.col("source_id") == source).then(day).min().alias(str(source))
        for source in known
    )


def firsts_of(row: pl.DataFrame) -> Firsts:
    """The collected row of :func:`first_days`; without the sources that have no dossier."""
    found = row.row(0, named=True)
    return {int(source): day for source, day in found.items() if day is not None}


def begun(dossier: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The first day of each source in each unit: ``unit_id``, ``source_id``, ``first``."""
    first = nw.col("received_day").min().alias("first")
    return dossier.group_by("unit_id", "source_id").agg(first)


def by_source(found: pl.DataFrame) -> Firsts:
    """:func:`begun` of some units as :data:`Firsts` of them together."""
    told = found.drop_nulls("first").group_by("source_id").agg(pl.col("first").min())
    return dict(told.iter_rows())


def since(firsts: Firsts, sources: pl.DataFrame, ask: Ask) -> Since:
    """Since when the data are whole that a question is put to.

    Of several sources the last to begin decides: what it adds has no other side before. One that
    had ended before the question's period, or begins after it, adds nothing.

    Args:
        sources: metrics.core.contracts.SOURCE.
    """
    if not firsts:
        return Since(None)
    last = max(_speaking(firsts, ask), key=lambda source: (firsts[source], source))
    if firsts[last] == min(firsts.values()):
        return Since(firsts[last])
    names = dict(sources.select("source_id", "name").iter_rows())
    return Since(firsts[last], names.get(last))


def _speaking(firsts: Firsts, ask: Ask) -> set[int]:
    """The sources that tell of a question's period; all where none does."""
    over = {source for source, end in ask.ends if end <= ask.start}
    found = {source for source, day in firsts.items() if day <= ask.last_day}
    return (found - over) or found or set(firsts)


def late_sources(firsts: Firsts, ask: Ask, day: date) -> set[int]:
    """The sources that tell of a question's period and begin after a day."""
    return {source for source in _speaking(firsts, ask) if firsts[source] > day}


def since_by_unit(found: pl.DataFrame, sources: pl.DataFrame, ask: Ask) -> dict[int | None, Since]:
    """:func:`since` of each unit alone, of :func:`begun`."""
    parts = found.partition_by("unit_id", as_dict=True)
    return {unit: since(by_source(part), sources, ask) for (unit,), part in parts.items()}


def own_breaks(
    successions: pl.DataFrame, units: pl.DataFrame, ids: Collection[int]
) -> tuple[Break, ...]:
    """The days on which units in view became something else.

    A unit that went into another one, or took another one in, changes nothing of their sum where
    both are in view. Of one unit alone the days of its own validity count, too.

    Args:
        successions, units: metrics.core.contracts.SUCCESSION and UNIT.
        ids: the units in view.
    """
    known = list(ids)
    if len(known) == 1:
        return own_breaks_by_unit(successions, units, known)[known[0]]
    old, new = pl.col("old_unit_id").is_in(known), pl.col("new_unit_id").is_in(known)
    crossing = successions.filter(old != new).drop_nulls("effective_on")
    days = crossing.select("effective_on", "basis").unique().sort("effective_on", "basis")
    return tuple(_moved(day, basis) for day, basis in days.iter_rows())


def own_breaks_by_unit(
    successions: pl.DataFrame, units: pl.DataFrame, ids: Collection[int]
) -> dict[int | None, tuple[Break, ...]]:
    """:func:`own_breaks` of each of these units alone, all in one pass."""
    known = list(ids)
    moved = successions.filter(pl.col("old_unit_id") != pl.col("new_unit_id"))
    sides = pl.concat(
        moved.select("effective_on", "basis", unit_id=side)
        for side in ("old_unit_id", "new_unit_id")
    )
    days = sides.drop_nulls("effective_on").filter(pl.col("unit_id").is_in(known)).unique()
    found: dict[int, list[Break]] = {unit: [] for unit in known}
    for day, basis, unit in days.sort("effective_on", "basis").iter_rows():
        found[unit].append(_moved(day, basis))
    ends = units.select("unit_id", "valid_to").drop_nulls()
    for unit, day in ends.filter(pl.col("unit_id").is_in(known)).iter_rows():
        found[unit].append(Break(day + timedelta(days=1), "Đơn vị hết hiệu lực", ""))
    return {unit: tuple(breaks) for unit, breaks in found.items()}


def _moved(day: date, basis: str | None) -> Break:
    return Break(day, "Sắp xếp đơn vị", basis or "")
