"""Provincial indices (PAPI, PCI, PAR INDEX, SIPAS): series, ranks, spread, methodology breaks.

Pure functions over the frame ``index_score`` (:data:`metrics.registers.INDEX_SCORE`): one row per
source and value. Three rules hold everywhere. What is not known stays null: an edition without a
value is a gap. Sources that disagree are all kept and marked; the one that is drawn is the first
in a stated order (:data:`KIND_ORDER`). Values of different methods are never subtracted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from metrics.core.collation import collation_key

INDICES: Final = ("PAPI", "PCI", "PAR INDEX", "SIPAS")
TOTAL: Final = "TOTAL"
NATION: Final = "00"
KIND_ORDER: Final = ("panel", "printed", "derived", "change", "bound")
"""Which source is drawn where several speak: first the panel, one table for all provinces and
editions, so that a line does not jump between sources; then what was printed, then derived."""
LEADING_GROUP: Final = 10
""" "Nhóm 10": the first ten, the target of the provinces' programmes."""
SPREAD_SHARE: Final = 0.9
"""Of the provinces, how many must have a score for a median to be the country's. The press prints
mostly the leaders; their median is not the country's."""
_NOT_COMPONENTS: Final = frozenset({"MEAN", "MEDIAN", "GROUP_MIN", "GROUP_MAX"})
_VALUES: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "index_score_id": pl.Int32,
    "province_code": pl.String,
    "province": pl.String,
    "year": pl.Int32,
    "edition_year": pl.Int32,
    "score": pl.Float64,
    "rank": pl.Int32,
    "rank_bound": pl.Int32,
    "group_name": pl.String,
    "n_provinces": pl.Int32,
    "n_scored": pl.Int32,
    "method_version": pl.String,
    "value_kind": pl.String,
    "conflict": pl.String,
    "source": pl.String,
    "note": pl.String,
    "disagrees": pl.Boolean,
    "is_shown": pl.Boolean,
}
_SERIES: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "province_code": pl.String,
    "province": pl.String,
    "year": pl.Int32,
    "score": pl.Float64,
    "rank": pl.Int32,
    "rank_bound": pl.Int32,
    "rank_kind": pl.String,
    "out_of": pl.Int32,
    "n_scored": pl.Int32,
    "group_name": pl.String,
    "method_version": pl.String,
    "disagrees": pl.Boolean,
    "other_scores": pl.List(pl.Float64),
    "other_ranks": pl.List(pl.Int32),
    "sources": pl.List(pl.String),
}


@dataclass(frozen=True)
class MethodBreak:
    """Between the editions ``before_year`` and ``year`` the method changed."""

    before_year: int
    year: int
    before: str
    after: str


@dataclass(frozen=True)
class Component:
    """A part of an index, or its total."""

    code: str
    name: str


# -- what there is ------------------------------------------------------------------------


def components(frame: pl.DataFrame, index: str) -> list[Component]:
    """The total first, then the parts of an index, in their order; national figures are none."""
    rows = _of(frame, index).filter(~pl.col("component").is_in(list(_NOT_COMPONENTS)))
    names: dict[str, str] = {}
    for code, name in rows.sort("year").select("component", "component_name").iter_rows():
        names[code] = name or names.get(code, code)
    if TOTAL in names:
        names[TOTAL] = "Chỉ số tổng hợp"
    return [Component(code, names[code]) for code in sorted(names, key=_component_order)]


def provinces(frame: pl.DataFrame, index: str | None = None) -> dict[str, str]:
    """Code → name of the provinces with a row, by name; the whole country is none."""
    rows = frame if index is None else _of(frame, index)
    rows = rows.filter(pl.col("province_code") != NATION).sort("year")
    names = dict(rows.select("province_code", "province").iter_rows())
    return dict(sorted(names.items(), key=lambda pair: collation_key(pair[1])))


def editions(frame: pl.DataFrame, index: str) -> list[int]:
    """All years from the first to the last with a row: those in between without any are gaps."""
    years = _of(frame, index)["year"]
    if years.is_empty():
        return []
    known = sorted(years.unique().to_list())
    return list(range(known[0], known[-1] + 1))


def breaks(frame: pl.DataFrame, index: str) -> list[MethodBreak]:
    """Where the method of an index changed, in order of time."""
    rows = _of(frame, index).filter(pl.col("method_version").is_not_null())
    found: list[MethodBreak] = []
    before: tuple[int, str] | None = None
    for year, version in rows.select("year", "method_version").unique().sort("year").iter_rows():
        if before is not None and before[1] != version:
            found.append(MethodBreak(before[0], year, before[1], version))
        before = (year, version)
    return found


def is_comparable(frame: pl.DataFrame, index: str, first: int, second: int) -> bool:
    """Whether no methodology break lies between two editions."""
    low, high = sorted((first, second))
    return not any(low < each.year <= high for each in breaks(frame, index))


# -- values -------------------------------------------------------------------------------


def values(
    frame: pl.DataFrame, index: str, component: str, codes: Sequence[str] | None = None
) -> pl.DataFrame:
    """Every value of every source, the one that is drawn first.

    Columns: those of the register, ``disagrees`` (the sources of this province and year do not
    agree, or are marked so) and ``is_shown`` (the row that the series takes score or rank from).
    """
    rows = _of(frame, index).filter(
        pl.col("component") == component, pl.col("province_code") != NATION
    )
    if codes is not None:
        rows = rows.filter(pl.col("province_code").is_in(list(codes)))
    found: list[dict[str, Any]] = []
    for group in _groups(rows):
        ordered = _ordered(group)
        disagrees = _disagree(ordered)
        shown = {id(row) for row in (_first(ordered, "score"), _lead_rank(ordered)) if row}
        found.extend(
            {**row, "disagrees": disagrees, "is_shown": id(row) in shown} for row in ordered
        )
    table = pl.DataFrame(found, schema_overrides=_VALUES) if found else pl.DataFrame(schema=_VALUES)
    return table.select(list(_VALUES))


def series(frame: pl.DataFrame, index: str, component: str, codes: Sequence[str]) -> pl.DataFrame:
    """One row per province and edition, in order; nulls where nothing is known.

    Columns: score (the index's own scale); rank (1: best), ``rank_bound`` (only where the rank is
    known just as "no worse than"), ``rank_kind`` (stated | computed | bound; computed: from the
    scores of a panel, where no source states a rank), ``out_of`` (provinces), ``n_scored``,
    ``disagrees``, and what the other sources say (``other_scores``, ``other_ranks``).
    """
    return several(frame, index, [component], codes)[component]


def several(
    frame: pl.DataFrame, index: str, parts: Sequence[str], codes: Sequence[str]
) -> dict[str, pl.DataFrame]:
    """:func:`series` by component; what they have in common is looked up once."""
    of = _of(frame, index)
    names, years = provinces(frame, index), editions(frame, index)
    rows = of.filter(pl.col("component").is_in(list(parts)))
    computed = _panel_ranks(rows)
    versions = dict(of.select("year", "method_version").drop_nulls().iter_rows())
    groups: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for row in rows.filter(pl.col("province_code").is_in(list(codes))).iter_rows(named=True):
        key = (row["component"], row["province_code"], row["year"])
        groups.setdefault(key, []).append(row)
    table = {
        part: [
            {
                "province_code": code,
                "province": names.get(code, code),
                "year": year,
                "method_version": versions.get(year),
                **_point(groups.get((part, code, year), []), computed.get((part, code, year))),
            }
            for code in codes
            for year in years
        ]
        for part in parts
    }
    return {part: pl.DataFrame(points, schema=_SERIES) for part, points in table.items()}


def _point(group: list[dict[str, Any]], computed: int | None) -> dict[str, Any]:
    rows = _ordered(group)
    scored, ranked = _first(rows, "score"), _lead_rank(rows)
    score = scored["score"] if scored else None
    rank = ranked["rank"] if ranked else None
    bound = ranked["rank_bound"] if ranked and rank is None else None
    kind = "stated" if rank is not None else "bound" if bound is not None else None
    if kind is None and computed is not None:
        rank, kind = computed, "computed"
    group_row = _first(rows, "group_name")
    return {
        "score": score,
        "rank": rank,
        "rank_bound": bound,
        "rank_kind": kind,
        "out_of": _largest(rows, "n_provinces"),
        "n_scored": _largest(rows, "n_scored"),
        "group_name": group_row["group_name"] if group_row else None,
        "disagrees": _disagree(rows),
        "other_scores": _others(rows, "score", score),
        "other_ranks": _others(rows, "rank", rank),
        "sources": list(dict.fromkeys(row["source"] for row in rows)),
    }


def _others(rows: Iterable[dict[str, Any]], column: str, shown: float | None) -> list[Any]:
    if shown is None:
        return []
    found = {row[column] for row in rows if row[column] is not None}
    return sorted(value for value in found if not _same(value, shown))


def _largest(rows: Iterable[dict[str, Any]], column: str) -> int | None:
    return max((row[column] for row in rows if row[column] is not None), default=None)


def _lead_rank(rows: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    rows = list(rows)
    return _first(rows, "rank") or _first(rows, "rank_bound")


def _first(rows: Iterable[dict[str, Any]], column: str) -> dict[str, Any] | None:
    return next((row for row in rows if row[column] is not None), None)


def _ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By kind; within a kind the value that most sources of it give; then as they were entered."""

    def votes(row: dict[str, Any]) -> int:
        own = [each for each in rows if each["value_kind"] == row["value_kind"]]
        return sum(each["score"] == row["score"] and each["rank"] == row["rank"] for each in own)

    return sorted(rows, key=lambda row: (_kind(row), -votes(row)))


def _kind(row: dict[str, Any]) -> int:
    kind = row["value_kind"]
    return KIND_ORDER.index(kind) if kind in KIND_ORDER else len(KIND_ORDER)


# -- disagreement -------------------------------------------------------------------------


def _disagree(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether a group's sources say different things, or one is marked as contradicted."""
    if any(row["conflict"] for row in rows):
        return True
    for column in ("score", "rank"):
        found = sorted({row[column] for row in rows if row[column] is not None})
        if any(not _same(a, b) for place, a in enumerate(found) for b in found[place + 1 :]):
            return True
    ranks = [row["rank"] for row in rows if row["rank"] is not None]
    bounds = [row["rank_bound"] for row in rows if row["rank_bound"] is not None]
    return bool(ranks and bounds and max(ranks) > min(bounds))


def _same(a: float, b: float) -> bool:
    """Whether two values are one, written with more or fewer decimals (rounded or cut)."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    step = 10.0 ** -min(_decimals(a), _decimals(b))
    return a == b or abs(a - b) < step * (1 - 1e-9)


def _decimals(value: float) -> int:
    text = repr(float(value))
    return len(text.partition(".")[2].rstrip("0")) if "e" not in text else 0


# -- the country --------------------------------------------------------------------------


def spread(frame: pl.DataFrame, index: str, component: str) -> pl.DataFrame:
    """Quartiles of an edition's scores over the provinces that have one.

    Columns: ``year``, ``n`` (provinces with a score here), ``out_of``, ``q1``, ``median``, ``q3``
    (linear interpolation); the quartiles are null where fewer than :data:`SPREAD_SHARE` of the
    provinces have a score, for then they are not the country's.
    """
    shown = series(frame, index, component, list(provinces(frame, index)))
    grouped = shown.group_by("year").agg(
        pl.col("score").count().cast(pl.Int32).alias("n"),
        pl.col("out_of").max().alias("out_of"),
        *(
            pl.col("score").quantile(share, interpolation="linear").alias(name)
            for name, share in (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
        ),
    )
    # Without the number of provinces nobody can say that these are nearly all of them.
    is_whole = pl.col("n") >= SPREAD_SHARE * pl.col("out_of")
    return grouped.with_columns(
        pl.when(is_whole).then(pl.col(name)).alias(name) for name in ("q1", "median", "q3")
    ).sort("year")


def _panel_ranks(rows: pl.DataFrame) -> dict[tuple[str, str, int], int]:
    """Component, province, year → place by score within a panel's edition, ties sharing the
    better place."""
    panel = rows.filter(pl.col("value_kind") == "panel", pl.col("score").is_not_null())
    ranked = panel.with_columns(
        pl.col("score")
        .rank("min", descending=True)
        .over("source", "component", "year")
        .cast(pl.Int32)
        .alias("place")
    )
    found = ranked.select("component", "province_code", "year", "place").iter_rows()
    return {(part, code, year): place for part, code, year, place in found}


def published_means(frame: pl.DataFrame, index: str, component: str = TOTAL) -> dict[int, float]:
    """Year → the country's value as a source states it; the first where they differ.

    Of the total its published mean; of a component the whole country's row. For indices of which
    only some provinces' scores are known, so that no median can be taken.
    """
    stated = "MEAN" if component == TOTAL else component
    rows = _of(frame, index).filter(
        pl.col("province_code") == NATION, pl.col("component") == stated
    )
    found: dict[int, float] = {}
    for group in _groups(rows):
        first = _first(_ordered(group), "score")
        if first is not None:
            found[first["year"]] = first["score"]
    return found


def home_province(
    units: pl.DataFrame, names: dict[str, str], unit: int | None = None
) -> str | None:
    """The province of a unit's topmost superior, by its name; without a unit: of the installation.

    Args:
        units: columns ``unit_id``, ``parent_id``, ``name``.
        names: province code → name.
    """
    parents = dict(units.select("unit_id", "parent_id").iter_rows())
    called = dict(units.select("unit_id", "name").iter_rows())
    tops = [_top(parents, each) for each in ([unit] if unit is not None else parents)]
    # The top unit that most units belong to speaks for the installation.
    for top in sorted(set(tops), key=lambda each: (-tops.count(each), each)):
        plain = str(called.get(top) or "").casefold()
        for code, name in names.items():
            if plain == name.casefold() or plain.endswith(f" {name.casefold()}"):
                return code
    return None


def _top(parents: dict[int, int | None], unit: int) -> int:
    seen: set[int] = set()
    while (above := parents.get(unit)) is not None and unit not in seen:
        seen.add(unit)
        unit = above
    return unit


# -- helpers ------------------------------------------------------------------------------


def _of(frame: pl.DataFrame, index: str) -> pl.DataFrame:
    return frame.filter(pl.col("index_name") == index)


def _groups(rows: pl.DataFrame) -> list[list[dict[str, Any]]]:
    """Rows of one province and year together, latest year first."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault((row["province_code"], row["year"]), []).append(row)
    order = sorted(found, key=lambda key: (key[0], -key[1]))
    return [found[key] for key in order]


def _component_order(code: str) -> tuple[bool, str, int, str]:
    letters = code.rstrip("0123456789")
    digits = code[len(letters) :]
    return code != TOTAL, letters, int(digits) if digits else 0, code
