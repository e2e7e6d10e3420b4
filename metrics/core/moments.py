"""Series of moments, taken apart into days and times of day and put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import polars as pl

from metrics.core.contracts import MOMENT

EPOCH_DAY: Final = date(1970, 1, 1)
DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000


def expr(value: pl.Expr | int) -> pl.Expr:
    """The value as a column, where it is none."""
    return value if isinstance(value, pl.Expr) else pl.lit(value)


def per_batch(
    function: Callable[..., pl.Series],
    columns: Sequence[pl.Expr],
    dtype: type[pl.DataType] | pl.DataType,
) -> pl.Expr:
    """Call ``function`` once a batch of rows with the columns as series (never once a row)."""
    if len(columns) == 1:
        return columns[0].map_batches(function, return_dtype=dtype, is_elementwise=True)

    def on_struct(struct: pl.Series) -> pl.Series:
        return function(*struct.struct.unnest().get_columns())

    struct = pl.struct(*[column.alias(f"_{n}") for n, column in enumerate(columns)])
    name = columns[0].meta.output_name()
    return struct.map_batches(on_struct, return_dtype=dtype, is_elementwise=True).alias(name)


def null_unless(series: pl.Series, keep: pl.Series) -> pl.Series:
    """The series; null where ``keep`` is not true."""
    nothing = pl.Series([None], dtype=series.dtype).new_from_index(0, len(series))
    return series.zip_with(keep.fill_null(False), nothing)


def equal(series: pl.Series, value: str) -> pl.Series:
    """Where the series has that value; a null has it not."""
    return (series == value).fill_null(False)


def split(moments: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Dates, and milliseconds after midnight."""
    number = moments.cast(MOMENT).cast(pl.Int64)
    day = number // DAY_MS
    return moments.dt.date(), number - day * DAY_MS


def join(days: pl.Series, of_day: pl.Series) -> pl.Series:
    """Moments of dates and milliseconds after midnight."""
    return (days.cast(pl.Int64) * DAY_MS + of_day).cast(MOMENT)


def offset_months(days: pl.Series, months: pl.Series) -> pl.Series:
    """Calendar months later, clamped to the month's last day."""
    text = months.cast(pl.String) + "mo"
    return pl.select(pl.lit(days).dt.offset_by(pl.lit(text))).to_series()
