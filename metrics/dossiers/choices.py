"""What a list of dossiers can be narrowed to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.measure import Facts, measure
from metrics.dossiers.catalogue import figure
from metrics.dossiers.lateness import (
    TOLD_LATE,
    Filters,
    Group,
    current_steps,
    listed,
    narrow,
    on_polars,
)


def held_at(
    facts: Facts, group: Group, ask: Ask, filters: Filters, part: str = "numerator"
) -> pl.DataFrame:
    """At which steps a list's pending dossiers are.

    Returns:
        ``step_name`` (null: between two steps, or no steps are known), ``count``; most first.
    """
    chosen = listed(facts, group, ask, filters, part)
    pending = chosen.filter(pl.col("ended_at").is_null() & pl.col("received_at").is_not_null())
    held = _held(facts, chosen, ask)
    counted = (
        pending.select("dossier_id")
        .join(held, on="dossier_id", how="left")
        .group_by("step_name")
        .len("count")
    )
    return counted.collect().sort("count", "step_name", descending=[True, False], nulls_last=True)


def _held(facts: Facts, chosen: pl.LazyFrame, ask: Ask) -> pl.LazyFrame:
    """``dossier_id``, ``step_name`` of the listed dossiers that are pending at a step."""
    pending = nw.from_native(chosen.filter(pl.col("ended_at").is_null()).select("dossier_id"))
    running = facts.step.join(pending, on="dossier_id", how="semi")
    return on_polars(current_steps(running, ask)).select("dossier_id", "step_name")


def told_late(facts: Facts, ask: Ask, filters: Filters) -> int:
    """Dossiers ended in time whose record came after the due date, narrowed.

    Days late do not narrow them: they have none.
    """
    narrowed = narrow(facts, ask, replace(filters, bands=(), left=None))
    return int(measure(narrowed, [figure(TOLD_LATE)], [ask])["numerator"][0])


FACETS: Final = {
    "units": "unit_id",
    "areas": "applicant_unit_id",
    "fields": "field_id",
    "procedures": "procedure_id",
    "channels": "channel",
    "officers": "officer_id",
    "causes": "late_cause",
}
"""Filter → the column whose values it chooses from. Steps come beside, from the step fact."""


def facets(
    facts: Facts, group: Group, ask: Ask, part: str = "numerator"
) -> dict[str, list[tuple[Any, int]]]:
    """For each filter the values that a group's dossiers have, most frequent first.

    Returns:
        filter → (value, dossiers); ``steps`` are those of the pending dossiers at T.
    """
    chosen = listed(facts, group, ask, Filters(), part)
    steps = _held(facts, chosen, ask).group_by(pl.col("step_name").alias("value")).len()
    counted = pl.collect_all(
        [
            *(chosen.group_by(pl.col(column).alias("value")).len() for column in FACETS.values()),
            steps,
        ]
    )
    return {
        name: frame.sort("len", "value", descending=[True, False], nulls_last=True).rows()
        for name, frame in zip([*FACETS, "steps"], counted, strict=True)
    }
