"""A source that ends before T is judged as of its own end (docs/definitions.md)."""

from __future__ import annotations

from collections.abc import Callable

import narwhals as nw
import polars as pl

from metrics.core import expressions as ex
from metrics.core.ask import Ask


def by_source(of: Callable[[Ask], nw.Expr], ask: Ask) -> nw.Expr:
    """What ``of`` makes of the question, for each row as of its source's own end.

    Where no source is behind T, that is ``of(ask)`` itself.
    """
    found = of(ask)
    for source, own in ask.behind():
        found = ex.when(ex.col("source_id") == source).then(of(own)).otherwise(found)
    return found


def on_polars_by_source(of: Callable[[Ask], pl.Expr], ask: Ask) -> pl.Expr:
    """:func:`by_source` of a Polars expression."""
    found = of(ask)
    for source, own in ask.behind():
        found = pl.when(pl.col("source_id") == source).then(of(own)).otherwise(found)
    return found


def moment_by_source(ask: Ask) -> pl.Expr:
    """T, for each row that of its source."""
    return on_polars_by_source(lambda own: pl.lit(own.moment, pl.Datetime("ms")), ask)
