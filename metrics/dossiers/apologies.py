"""Written apologies by unit, and units that were late repeatedly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from metrics.core.ask import Ask
from metrics.core.measure import Facts, plan, run, with_rate
from metrics.core.measure import total as summed
from metrics.dossiers.catalogue import figure
from metrics.dossiers.lateness import Filters, group_of, listed


def apologies(facts: Facts, ask: Ask, filters: Filters) -> pl.DataFrame:
    """The register of apologies: late dossiers by unit, and whether an apology was issued by T.

    Returns:
        ``unit_id``, ``late``, ``issued``, ``missing`` (Int64), ``rate`` (issued / late); most
        missing first. Source: NĐ 61/2018/NĐ-CP, NĐ 118/2025/NĐ-CP.
    """
    chosen = listed(facts, group_of("late"), ask, replace(filters, apology=None, left=None))
    counted = (
        chosen.group_by("unit_id")
        .agg(
            pl.len().cast(pl.Int64).alias("late"),
            pl.col("apology_at").is_not_null().sum().cast(pl.Int64).alias("issued"),
        )
        .collect()
    )
    rated = with_rate(counted.rename({"issued": "numerator", "late": "denominator"}))
    return rated.select(
        "unit_id",
        pl.col("denominator").alias("late"),
        pl.col("numerator").alias("issued"),
        (pl.col("denominator") - pl.col("numerator")).alias("missing"),
        "rate",
    ).sort("missing", "late", "unit_id", descending=[True, True, False], nulls_last=True)


def altogether(found: pl.DataFrame) -> dict[str, int]:
    """:func:`apologies` summed over the units: ``late``, ``issued``, ``missing``."""
    return found.select(pl.col("late", "issued", "missing").sum()).row(0, named=True)


@dataclass(frozen=True)
class Repeated:
    """Units past the allowed number of late results within the window up to the period's end.

    ``units``: ``unit_id``, ``late`` (Int64), most first.
    """

    first_day: date
    last_day: date
    allowed: int
    document: str
    units: pl.DataFrame


def window(ask: Ask) -> Ask:
    """The question over the window in which late results are counted against a unit."""
    weeks = int(ask.threshold("late_window_weeks").value)
    first = date.fromordinal(ask.last_day.toordinal() - 7 * weeks + 1)
    return replace(ask, first_day=first, as_of=ask.moment)


def repeated(facts: Facts, ask: Ask) -> Repeated:
    """Units that were late more often than allowed (trễ hẹn nhiều lần).

    Args:
        facts: opened for :func:`window` of the question.
        ask: the question over that window.
    """
    allowed = ask.threshold("late_allowed")
    counted = pl.concat(run(plan(facts, [figure("resolved_late")], [ask], by=["unit_id"])))
    units = (
        summed(counted, by=("unit_id",))
        .select("unit_id", pl.col("numerator").alias("late"))
        .filter(pl.col("late") > allowed.value)
        .sort("late", "unit_id", descending=[True, False])
    )
    return Repeated(ask.first_day, ask.last_day, int(allowed.value), allowed.document, units)
