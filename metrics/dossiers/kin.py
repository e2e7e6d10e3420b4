"""The units that a unit came from, and those it went into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from metrics.core.collation import place

RELATIONS: Final = {"whole": "toàn bộ", "part": "một phần", "remainder": "phần còn lại"}
"""How much of an old unit went into a new one (NQ 1656/NQ-UBTVQH15)."""


def relatives(successions: pl.DataFrame, unit: int, known: Mapping[int, str]) -> pl.DataFrame:
    """The units that a unit came from, and those it went into.

    Args:
        successions: :data:`metrics.core.contracts.SUCCESSION`.
        known: names of the units that may be named; others are left out.

    Returns:
        ``unit_id`` (the other one), ``direction`` (``predecessor``, ``successor``),
        ``relation``, ``effective_on``, ``basis``; whole before remainder before part, then name.
    """
    parts = [
        successions.filter(pl.col(mine) == unit).select(
            pl.col(other).alias("unit_id"),
            pl.lit(direction).alias("direction"),
            "relation",
            "effective_on",
            "basis",
        )
        for mine, other, direction in (
            ("new_unit_id", "old_unit_id", "predecessor"),
            ("old_unit_id", "new_unit_id", "successor"),
        )
    ]
    order = {"whole": 0, "remainder": 1, "part": 2}
    return (
        pl.concat(parts)
        .filter(pl.col("unit_id").is_in(list(known)))
        .with_columns(
            pl.col("unit_id").replace_strict(known, return_dtype=pl.String).alias("name"),
            pl.col("relation").replace_strict(order, return_dtype=pl.Int8).alias("place"),
        )
        .sort("direction", "place", place("name"), "unit_id")
        .drop("name", "place")
    )
