"""An index in review: one province's editions beside others, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import polars as pl

from metrics.core.vietnamese import UNKNOWN, number, signed
from metrics.indices.changes import (
    RankChanges,
    heat,
    other_places,
    places_to_target,
    rank_changes,
)
from metrics.indices.series import (
    LEADING_GROUP,
    TOTAL,
    Component,
    MethodBreak,
    breaks,
    components,
    editions,
    provinces,
    published_means,
    series,
    spread,
    values,
)

Row = dict[str, Any]
_KNOWN: Final = ("score", "rank", "rank_bound")


@dataclass(frozen=True)
class IndexReview:
    """What the screen of indices shows of an index; rows as of the functions that make them.

    ``parts``, ``years``: what there is of the index. ``year``, ``base``: the editions compared
    (None: there is none). ``rows``: of one's own province and of those compared with.
    """

    index: str
    province: str
    part: Component
    names: Mapping[str, str]
    parts: Sequence[Component]
    years: Sequence[int]
    year: int | None
    base: int | None
    rows: Sequence[Row]
    breaks: Sequence[MethodBreak]
    spread: Sequence[Row]
    means: Mapping[int, float]
    changes: RankChanges | None
    heat: Sequence[tuple[str, Mapping[int, Row]]]
    values: Sequence[Row]

    @property
    def name(self) -> str:
        return self.names.get(self.province, UNKNOWN)

    @cached_property
    def own(self) -> list[Row]:
        """The province's own editions."""
        return [row for row in self.rows if row["province_code"] == self.province]

    @cached_property
    def point(self) -> Row:
        """Its edition that is looked at; empty: none is."""
        return next((row for row in self.own if row["year"] == self.year), {})

    @property
    def change(self) -> Row | None:
        """What became of the part that is looked at between the two editions."""
        return self.changes.of(self.part.code) if self.changes else None

    @property
    def is_whole(self) -> bool:
        """Whether nearly all provinces have a score in some edition, so that there is a median."""
        return any(row["median"] is not None for row in self.spread)

    @property
    def from_median(self) -> tuple[float, float] | None:
        """The country's median of the edition, and how far the province is above it."""
        middle = next((row["median"] for row in self.spread if row["year"] == self.year), None)
        score = self.point.get("score")
        return None if middle is None or score is None else (middle, score - middle)

    @property
    def to_target(self) -> int | None:
        """Places missing to the leading group."""
        return places_to_target(self.point.get("rank"), self.point.get("rank_bound"), LEADING_GROUP)

    @property
    def without_change(self) -> int:
        """Parts of which no change of rank is known."""
        return len(self.parts) - 1 - (self.changes.compared if self.changes else 0)

    @property
    def shown_years(self) -> list[int]:
        """The editions in which anything is known of a part."""
        known = {
            year
            for _, cells in self.heat
            for year, row in cells.items()
            if any(row[name] is not None for name in _KNOWN)
        }
        return sorted(known)

    @property
    def drawn_years(self) -> list[int]:
        """The editions of which a line has anything to show, to the last; all where none has."""
        known = [row["year"] for row in self.rows if any(row[name] is not None for name in _KNOWN)]
        known += [*self.means, *(row["year"] for row in self.spread if row["median"] is not None)]
        every = sorted({row["year"] for row in self.rows})
        return [year for year in every if year >= min(known, default=every[0])]

    @property
    def begins(self) -> set[int]:
        """The first shown edition after each change of method, but for the first of all."""
        years = self.shown_years
        found = {min((y for y in years if y >= each.year), default=0) for each in self.breaks}
        return found - set(years[:1])

    @staticmethod
    def other_places(rows: Sequence[Row]) -> list[tuple[int, str]]:
        """The editions of a province whose rank is one among others than the known one before."""
        known = [row for row in rows if row["rank"] is not None]
        return [
            (row["year"], why) for one, row in pairwise(known) if (why := other_places(one, row))
        ]

    @property
    def disagreeing(self) -> int:
        """Editions of a province in which sources say different things."""
        return len({(r["province_code"], r["year"]) for r in self.values if r["disagrees"]})


@dataclass(frozen=True)
class Standing:
    """Where a province stands in an index: what a slide tells of an :class:`IndexReview`.

    ``year``, ``base``, ``point``, ``change``: as there, of the total.
    """

    index: str
    name: str
    year: int | None
    base: int | None
    point: Row
    change: Row | None


def standing(frame: pl.DataFrame, index: str, province: str) -> Standing:
    """A province's latest known edition of an index, beside the one before it.

    Args:
        frame: :data:`metrics.registers.INDEX_SCORE`.
    """
    own = series(frame, index, TOTAL, [province])
    year, base = _editions(own, editions(frame, index), None, None)
    total = [each for each in components(frame, index) if each.code == TOTAL]
    change = None
    if year is not None and base is not None:
        change = rank_changes(frame, index, province, base, year, total).of(TOTAL)
    point = next((row for row in own.iter_rows(named=True) if row["year"] == year), {})
    return Standing(index, provinces(frame).get(province, UNKNOWN), year, base, point, change)


def review(
    frame: pl.DataFrame,
    index: str,
    province: str,
    component: str,
    compared: Sequence[str],
    year: int | None,
    base: int | None,
) -> IndexReview:
    """An index of a province in review.

    Args:
        frame: :data:`metrics.registers.INDEX_SCORE`. component: a code.
        year, base: as asked; None: the latest edition with a value, and the one before it.
    """
    parts = components(frame, index)
    part = next((each for each in parts if each.code == component), None)
    codes = (province, *(code for code in compared if code != province))
    table = series(frame, index, component, codes)
    years = editions(frame, index)
    year, base = _editions(table.filter(province_code=province), years, year, base)
    cells: dict[str, dict[int, Row]] = {}
    named = {each.code: each.name for each in parts}
    for row in heat(frame, index, province).iter_rows(named=True):
        cells.setdefault(row["component"], {})[row["year"]] = row
    return IndexReview(
        index=index,
        province=province,
        part=part or Component(TOTAL, "Chỉ số tổng hợp"),
        names=provinces(frame),
        parts=parts,
        years=years,
        year=year,
        base=base,
        rows=table.to_dicts(),
        breaks=breaks(frame, index),
        spread=spread(frame, index, component).to_dicts(),
        means=published_means(frame, index, component),
        changes=None
        if year is None or base is None
        else rank_changes(frame, index, province, base, year),
        heat=[
            (named[code] if code == TOTAL else f"{code} · {named[code]}", found)
            for code, found in cells.items()
        ],
        values=values(frame, index, component, codes).to_dicts(),
    )


def _editions(
    own: pl.DataFrame, every: Sequence[int], year: int | None, base: int | None
) -> tuple[int | None, int | None]:
    known = own.filter(pl.any_horizontal(pl.col(_KNOWN).is_not_null()))["year"].to_list()
    year = year or max(known, default=max(every, default=None))
    if year is None:
        return None, None
    earlier = [each for each in known if each < year] or [each for each in every if each < year]
    return year, base or max(earlier, default=None)


# -- words --------------------------------------------------------------------------------


def rank_words(row: Mapping[str, Any], unknown: str = "") -> str:
    """9/63; "≤ 10/63"; what stands for unknown."""
    out_of = f"/{row['out_of']}" if row.get("out_of") else ""
    if row.get("rank") is not None:
        return f"{row['rank']}{out_of}"
    return f"≤ {row['rank_bound']}{out_of}" if row.get("rank_bound") is not None else unknown


def change_words(up: int | None, *, short: bool = False) -> str:
    """▲ +39 bậc; ▼ −5 bậc; giữ hạng."""
    if up is None:
        return "chưa rõ"
    if up == 0:
        return "= 0" if short else "giữ hạng"
    return f"{'▲' if up > 0 else '▼'} {signed(up)}" + ("" if short else " bậc")


def exact(score: float | None) -> str:
    """A score with the decimals that it has, at most four."""
    return UNKNOWN if score is None else number(round(score, 4), 4).rstrip("0").rstrip(",")
