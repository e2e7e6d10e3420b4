"""Places and points won or lost between two editions of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from metrics.dossiers.units import breaks_between
from metrics.indices.series import (
    _SERIES,
    TOTAL,
    Component,
    components,
    is_comparable,
    series,
    several,
)


@dataclass(frozen=True)
class RankChanges:
    """Changes of rank of one province between two editions; columns as of :func:`rank_changes`."""

    table: pl.DataFrame
    is_comparable: bool
    """False: a methodology break lies between the editions, so nothing is subtracted."""

    @property
    def compared(self) -> int:
        """Components (without the total) whose change of rank is known."""
        return self._parts["places_up"].count()

    @property
    def risen(self) -> int:
        """Components (without the total) that rose: their rank number fell."""
        return int((self._parts["places_up"] > 0).sum())

    @property
    def known(self) -> list[dict[str, Any]]:
        """The rows whose change of rank is known."""
        return self.table.filter(pl.col("places_up").is_not_null()).to_dicts()

    @property
    def _parts(self) -> pl.DataFrame:
        return self.table.filter(pl.col("component") != TOTAL)

    def of(self, component: str) -> dict[str, Any] | None:
        """The row of a component."""
        return next(self.table.filter(component=component).iter_rows(named=True), None)


# -- changes ------------------------------------------------------------------------------


def rank_changes(
    frame: pl.DataFrame,
    index: str,
    province: str,
    base: int,
    year: int,
    parts: Sequence[Component] | None = None,
) -> RankChanges:
    """How the ranks of an index and its components changed between two editions.

    ``parts``: of these alone; None: of all that there are.

    Columns: ``component``, ``name``, ``rank_before``, ``rank``, ``bound_before``, ``bound``,
    ``kind_before``, ``kind``, ``score_before``, ``score``, ``places_up`` (+39: 39 places better;
    null where a rank is unknown or only a bound, across a methodology break, and where it is one
    among another number of provinces: ``why_not``), ``points_up``
    (of the score, same rule), ``other_places_up`` (by the other sources), ``disagrees``.
    """
    comparable = is_comparable(frame, index, base, year)
    table = []
    wanted = components(frame, index) if parts is None else parts
    found = several(frame, index, [each.code for each in wanted], [province])
    for component in wanted:
        points = {row["year"]: row for row in found[component.code].iter_rows(named=True)}
        if base in points and year in points:
            before, after = points[base], points[year]
            table.append(_change(component, before, after, comparable))
    return RankChanges(pl.DataFrame(table, schema=_CHANGES), comparable)


_CHANGES: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "component": pl.String,
    "name": pl.String,
    "rank_before": pl.Int32,
    "rank": pl.Int32,
    "bound_before": pl.Int32,
    "bound": pl.Int32,
    "kind_before": pl.String,
    "kind": pl.String,
    "score_before": pl.Float64,
    "score": pl.Float64,
    "places_up": pl.Int32,
    "why_not": pl.String,
    "points_up": pl.Float64,
    "other_places_up": pl.List(pl.Int32),
    "disagrees": pl.Boolean,
}


def other_places(before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    """Why a rank is no place among the same provinces as an earlier one; None: it is.

    Where one of them does not say among how many it is, nothing is claimed across the day on which
    provinces were merged.

    Args:
        before, after: rows of :func:`series`, or anything with ``year`` and ``out_of``.
    """
    numbers = before["out_of"], after["out_of"]
    if None not in numbers:
        same = len(set(numbers)) == 1
        return None if same else f"{numbers[0]} rồi {numbers[1]} tỉnh, thành phố nên không so"
    first, last = sorted((before["year"], after["year"]))
    merged = breaks_between(date(first, 12, 31), date(last, 12, 31))
    if not merged:
        return None
    return (
        f"chưa rõ hạng trên bao nhiêu tỉnh, thành phố, sắp xếp từ {merged[-1].day:%d/%m/%Y}, "
        "nên không so"
    )


def _change(
    component: Component, before: dict[str, Any], after: dict[str, Any], comparable: bool
) -> dict[str, Any]:
    why_not = other_places(before, after)
    up = _minus(before["rank"], after["rank"]) if comparable and why_not is None else None
    others: set[int] = set()
    if up is not None:
        first = [before["rank"], *before["other_ranks"]]
        second = [after["rank"], *after["other_ranks"]]
        others = {a - b for a in first for b in second} - {up}
    return {
        "component": component.code,
        "name": component.name,
        "rank_before": before["rank"],
        "rank": after["rank"],
        "bound_before": before["rank_bound"],
        "bound": after["rank_bound"],
        "kind_before": before["rank_kind"],
        "kind": after["rank_kind"],
        "score_before": before["score"],
        "score": after["score"],
        "places_up": up,
        "why_not": why_not,
        "points_up": _minus(after["score"], before["score"]) if comparable else None,
        "other_places_up": sorted(others),
        "disagrees": before["disagrees"] or after["disagrees"],
    }


def _minus(a: float | None, b: float | None) -> Any:
    return None if a is None or b is None else a - b


_EDITIONS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "year": pl.Int32,
    "score": pl.Float64,
    "rank": pl.Int32,
    "rank_bound": pl.Int32,
    "out_of": pl.Int32,
    "before": pl.Int32,
    "places_up": pl.Int32,
    "points_up": pl.Float64,
    "why_not": pl.String,
}


def by_edition(frame: pl.DataFrame, index: str, province: str, component: str) -> pl.DataFrame:
    """A province's editions of which anything is known, each against the known one before it.

    Columns: ``year``; ``score``, ``rank``, ``rank_bound``, ``out_of`` (:func:`series`);
    ``before`` (the year compared with), ``places_up``, ``points_up``, ``why_not`` as
    :func:`rank_changes` has them, a change of method among the reasons.
    """
    known = series(frame, index, component, [province]).filter(
        pl.any_horizontal(pl.col("score", "rank", "rank_bound").is_not_null())
    )
    rows = list(known.iter_rows(named=True))
    table = []
    for before, row in zip([None, *rows], rows, strict=False):
        changed: dict[str, Any] = {"why_not": "năm đầu tiên có số liệu"}
        if before is not None:
            comparable = is_comparable(frame, index, before["year"], row["year"])
            changed = _change(Component(component, component), before, row, comparable)
            if not comparable:
                changed["why_not"] = "phương pháp thay đổi nên không so"
        table.append(
            row
            | {"before": before and before["year"]}
            | {name: changed.get(name) for name in ("places_up", "points_up", "why_not")}
        )
    return pl.DataFrame(
        [{name: row[name] for name in _EDITIONS} for row in table], schema=_EDITIONS
    )


def heat(frame: pl.DataFrame, index: str, province: str) -> pl.DataFrame:
    """A province's components by edition: :func:`series` with ``component`` and ``name`` before.

    ``standing`` (0–1; 1: first place) is the place among the provinces with a score, ``shade`` its
    fifth (0–4); scores of different components are not compared, so they give no colour.
    """
    wanted = components(frame, index)
    found = several(frame, index, [each.code for each in wanted], [province])
    parts = [
        found[component.code].select(
            pl.lit(component.code).alias("component"),
            pl.lit(component.name).alias("name"),
            pl.all(),
        )
        for component in wanted
    ]
    empty = pl.DataFrame(schema={"component": pl.String, "name": pl.String, **_SERIES})
    table = pl.concat([empty, *parts])
    of = pl.max_horizontal("out_of", pl.lit(2))
    standing = 1 - (pl.col("rank") - 1) / (of - 1)
    known = pl.when(pl.col("out_of").is_not_null()).then(standing)
    shade = (known * 5).cast(pl.Int32).clip(upper_bound=4)
    return table.with_columns(known.alias("standing"), shade.alias("shade"))


def places_to_target(rank: int | None, bound: int | None, target: int) -> int | None:
    """Places missing to a leading group: 0 in it; null where what is known does not tell.

    A bound within the group (≤ 10 for nhóm 10) is in it; a wider one (≤ 30) says nothing.
    """
    if rank is not None:
        return max(rank - target, 0)
    return 0 if bound is not None and bound <= target else None
