"""A list of dossiers as a screen shows it: rows, counts by group, ageing, causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from metrics.core.ask import Ask
from metrics.core.measure import Facts, Plan, plan, run
from metrics.dossiers.catalogue import figure
from metrics.dossiers.lateness import (
    ACCEPTANCE,
    GROUPS,
    Filters,
    Group,
    bands,
    cause_name,
    listed,
    narrow,
    with_steps,
    worst_first,
)


@dataclass(frozen=True)
class Outline:
    """How many dossiers a list has, and how they are spread; none of its rows.

    ``total``: dossiers. ``ageing``: ``low`` (Int32; null: not late), ``label``, ``count``.
    ``causes``: of the late ones ``late_cause``, ``label``, ``count``, ``share``, ``cumulative``
    (0–1), most first. ``units``: ``unit_id``, ``count``, most first. ``left``: working days left →
    dossiers due soon: here the list's own, of a :class:`Listing` always those of ``due_soon``.
    """

    total: int
    ageing: pl.DataFrame
    causes: pl.DataFrame
    units: pl.DataFrame
    left: Mapping[int, int]

    @property
    def not_late(self) -> int:
        """The dossiers that are not late, or of which nobody can tell."""
        return int(self.ageing.filter(pl.col("low").is_null())["count"].sum())

    @property
    def late_by(self) -> pl.DataFrame:
        """``ageing`` of the late ones."""
        return self.ageing.filter(pl.col("low").is_not_null())


@dataclass(frozen=True)
class Listing(Outline):
    """What the screen shows of a list.

    ``counts``: entry of the switch → dossiers. ``cells``: each of its figures, and of the chosen
    group, as measured, over all days left. ``top``: the first of ``total`` rows, worst first
    (:func:`listed`, ``step_name``, ``step_officer_id``, ``step_since``).
    """

    counts: Mapping[str, int]
    cells: Mapping[str, Mapping[str, Any]]
    top: pl.DataFrame


def listing(
    facts: Facts,
    group: Group,
    ask: Ask,
    filters: Filters,
    part: str = "numerator",
    most: int = 1_000,
) -> Listing:
    """Counts, distributions and the first rows of a list, in one collect and the rows' steps.

    Args:
        group: what is listed (:func:`group_of`).
        most: how many rows at most.
    """
    counted = _count(facts, ask, filters, group)
    chosen = listed(facts, group, ask, filters, part)
    soon = listed(facts, GROUPS["due_soon"], ask, replace(filters, left=None))
    top, spread, by_left = pl.collect_all(
        [worst_first(chosen).head(most), _spread(chosen), soon.group_by("days_left").len()]
    )
    own = _outline(spread, ask)
    return Listing(
        own.total,
        own.ageing,
        own.causes,
        own.units,
        left=dict(by_left.sort("days_left").iter_rows()),
        counts={
            key: sum(counted[one]["numerator"] for one in entry.figures)
            for key, entry in GROUPS.items()
        },
        cells=counted,
        top=with_steps(top, facts, ask),
    )


def outlines(facts: Facts, groups: Sequence[Group], ask: Ask) -> dict[str, Outline]:
    """What several whole lists have, by key, in one collect; no row of them is read out."""
    lists = [_spread(listed(facts, group, ask, Filters())) for group in groups]
    found = pl.collect_all(lists)
    return {group.key: _outline(each, ask) for group, each in zip(groups, found, strict=True)}


_SPREAD: Final = ("days_late", "days_left", "late_cause", "unit_id")


def _spread(chosen: pl.LazyFrame) -> pl.LazyFrame:
    """Dossiers by all that a list is spread by at once: a frame of a few rows, ``len`` each."""
    return chosen.group_by(_SPREAD).len()


def _by(spread: pl.DataFrame, column: str) -> pl.DataFrame:
    return spread.group_by(column).agg(pl.col("len").sum())


def _outline(spread: pl.DataFrame, ask: Ask) -> Outline:
    late = spread.filter(pl.col("days_late").is_not_null())
    units = _by(spread, "unit_id").rename({"len": "count"})
    left = _by(spread.drop_nulls("days_left"), "days_left").sort("days_left")
    return Outline(
        total=int(spread["len"].sum()),
        ageing=_ageing(_by(spread, "days_late"), ask),
        causes=_pareto(_by(late, "late_cause")),
        units=units.sort("count", "unit_id", descending=[True, False]),
        left=dict(left.iter_rows()),
    )


def _count(facts: Facts, ask: Ask, filters: Filters, group: Group) -> dict[str, dict[str, Any]]:
    """The figures of the switch and of the chosen group, as they declare themselves."""
    switch = [key for entry in GROUPS.values() for key in entry.figures]
    keys = dict.fromkeys([*switch, *group.figures])
    # Days left narrow only the list they were chosen in.
    general = replace(filters, left=None)
    plans = [
        *_plans(facts, [k for k in keys if k in ACCEPTANCE], ask, general, acceptance=True),
        *_plans(facts, [k for k in keys if k not in ACCEPTANCE], ask, general),
    ]
    measured = pl.concat(run(plans))
    return {row["figure"]: row for row in measured.iter_rows(named=True)}


def _plans(
    facts: Facts, keys: Sequence[str], ask: Ask, filters: Filters, acceptance: bool = False
) -> list[Plan]:
    narrowed = narrow(facts, ask, filters, acceptance)
    return plan(narrowed, [figure(key) for key in keys], [ask])


def _ageing(by_days: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    scale = bands(ask.as_of_day)
    days = pl.col("days_late")
    rows: list[tuple[int | None, str, int]]
    rows = [(band.low, band.label, _within(by_days, days >= band.low, band.high)) for band in scale]
    rest = int(by_days.filter(days.is_null())["len"].sum())
    if rest:
        rows.append((None, "không trễ hoặc chưa tính được", rest))
    return pl.DataFrame(
        rows, schema={"low": pl.Int32, "label": pl.String, "count": pl.Int64}, orient="row"
    )


def _within(by_days: pl.DataFrame, condition: pl.Expr, high: int | None) -> int:
    if high is not None:
        condition = condition & (pl.col("days_late") <= high)
    return int(by_days.filter(condition)["len"].sum())


def _pareto(by_cause: pl.DataFrame) -> pl.DataFrame:
    """Causes, most frequent first; "not written down" last, because it is none."""
    total = by_cause["len"].sum()
    counted = by_cause.select(
        "late_cause",
        pl.col("late_cause")
        .map_elements(cause_name, return_dtype=pl.String, skip_nulls=False)
        .alias("label"),
        pl.col("len").cast(pl.Int64).alias("count"),
    ).sort(
        pl.col("late_cause").is_null(),
        pl.col("count"),
        pl.col("late_cause"),
        descending=[False, True, False],
    )
    share = pl.col("count") / total if total else pl.lit(None, pl.Float64)
    return counted.with_columns(share.alias("share")).with_columns(
        pl.col("share").cum_sum().alias("cumulative")
    )


def vital_few(causes: pl.DataFrame, share: float = 0.8) -> tuple[int, float] | None:
    """How many of the written causes make up ``share`` of them (Pareto), and how much they do.

    Args:
        causes: :attr:`Listing.causes`.

    Returns:
        the number of causes and their share (0–1) of the dossiers with a written cause; None
        when none is written.
    """
    counts = causes.filter(pl.col("late_cause").is_not_null())["count"].to_list()
    if not counts:
        return None
    total = 0
    for position, count in enumerate(counts, 1):
        total += count
        if total >= share * sum(counts):
            return position, total / sum(counts)
    return None


def export(
    facts: Facts, group: Group, ask: Ask, filters: Filters, part: str = "numerator"
) -> pl.DataFrame:
    """Every dossier of a list, worst first, with the step it is at (:class:`Listing` ``top``)."""
    rows = worst_first(listed(facts, group, ask, filters, part)).collect()
    return with_steps(rows, facts, ask)
