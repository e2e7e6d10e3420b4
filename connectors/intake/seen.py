"""Which codes of a file were taken already, in 20 bytes each."""

from __future__ import annotations

import polars as pl


class Seen:
    """The codes of the rows taken so far, as two hashes each, and their lines."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []

    def add(self, codes: pl.Series, lines: pl.Series) -> None:
        """Remember rows that are taken."""
        self._parts.append(_hashed(codes).with_columns(lines.cast(pl.Int32).alias("line")))

    def earlier(self, codes: pl.Series, lines: pl.Series, good: pl.Series) -> pl.Series:
        """For each good row the line of an earlier row with its code; null where there is none."""
        frame = _hashed(codes).with_columns(lines.cast(pl.Int32).alias("own"), good.alias("good"))
        if frame["h1"].n_unique() == frame.height:  # as a rule: no code stands there twice
            frame = frame.with_columns(within=pl.lit(None, pl.Int32))
        else:
            first = pl.col("own").filter(pl.col("good")).min().over("h1", "h2")
            frame = frame.with_columns(within=pl.when(first < pl.col("own")).then(first))
        before = [part.join(frame, on=["h1", "h2"], how="semi") for part in self._parts]
        found = pl.concat(before) if before else None
        if found is not None and not found.is_empty():
            found = found.unique(["h1", "h2"], keep="first")
            frame = frame.join(found, on=["h1", "h2"], how="left", maintain_order="left")
            frame = frame.with_columns(within=pl.coalesce("line", "within"))
        return frame.select(pl.when(pl.col("good")).then(pl.col("within")))["within"]

    def anti(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows whose ``code`` was not taken."""
        if not self._parts:
            return rows
        seen = pl.concat(self._parts).lazy()
        hashed = rows.with_columns(h1=pl.col("code").hash(seed=1), h2=pl.col("code").hash(seed=2))
        return hashed.join(seen, on=["h1", "h2"], how="anti").drop("h1", "h2")


def _hashed(codes: pl.Series) -> pl.DataFrame:
    return codes.to_frame("code").select(
        h1=pl.col("code").hash(seed=1), h2=pl.col("code").hash(seed=2)
    )
