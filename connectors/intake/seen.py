"""Which codes of a file were taken already, and of several rows of one dossier which one counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

_EARLIEST: Final = -(1 << 63)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the rows of a chunk. Each series is as long as the chunk.

    ``lost``: rows that do not count; ``to``: the line that counts instead. ``replaced``: lines of
    earlier chunks that do not count any more.
    """

    lost: pl.Series
    to: pl.Series
    replaced: list[int]


class Seen:
    """The codes of the rows taken so far, as two hashes each, with their lines and ranks."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []

    def add(self, codes: pl.Series, lines: pl.Series, ranks: pl.Series | None = None) -> None:
        """Remember rows that are taken."""
        self._parts.append(_hashed(codes).with_columns(_line(lines), _rank(ranks, len(codes))))

    def settle(
        self, codes: pl.Series, lines: pl.Series, good: pl.Series, ranks: pl.Series | None = None
    ) -> Settled:
        """Of all rows with one code the one of the greatest rank counts; of equal ones the last."""
        frame = _hashed(codes).with_columns(
            _line(lines).alias("own"), _rank(ranks, len(codes)), good.alias("good")
        )
        before = [part.join(frame, on=["h1", "h2"], how="semi") for part in self._parts]
        found = pl.concat(before) if before else None
        if frame["h1"].n_unique() == frame.height and (found is None or found.is_empty()):
            nothing = pl.Series([None], dtype=pl.Int32).new_from_index(0, frame.height)
            return Settled(nothing.is_not_null(), nothing, [])  # as a rule
        best = frame.filter(pl.col("good")).sort("rank", "own")
        best = best.unique(["h1", "h2"], keep="last", maintain_order=True)
        best = best.select("h1", "h2", best="own")
        frame = frame.join(best, on=["h1", "h2"], how="left", maintain_order="left")
        other = pl.col("good") & (pl.col("own") != pl.col("best"))
        frame = frame.with_columns(to=pl.when(other).then(pl.col("best")))
        replaced: list[int] = []
        if found is not None and not found.is_empty():
            # What was taken last counted against all that came before it.
            taken = found.unique(["h1", "h2"], keep="last", maintain_order=True)
            taken = taken.rename({"rank": "old rank"})
            frame = frame.join(taken, on=["h1", "h2"], how="left", maintain_order="left")
            older = pl.col("good") & pl.col("line").is_not_null() & pl.col("to").is_null()
            wins = pl.col("rank") >= pl.col("old rank")
            replaced = frame.filter(older & wins)["line"].to_list()
            frame = frame.with_columns(
                to=pl.when(older & ~wins).then(pl.col("line")).otherwise(pl.col("to"))
            )
        return Settled(frame["to"].is_not_null(), frame["to"], replaced)

    def anti(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows whose ``code`` was not taken."""
        if not self._parts:
            return rows
        seen = pl.concat(self._parts).lazy()
        hashed = rows.with_columns(h1=pl.col("code").hash(seed=1), h2=pl.col("code").hash(seed=2))
        return hashed.join(seen, on=["h1", "h2"], how="anti").drop("h1", "h2")


def _line(lines: pl.Series) -> pl.Series:
    return lines.cast(pl.Int32).alias("line")


def _rank(ranks: pl.Series | None, height: int) -> pl.Series:
    if ranks is None:
        return pl.Series("rank", [_EARLIEST], dtype=pl.Int64).new_from_index(0, height)
    return ranks.fill_null(_EARLIEST).alias("rank")


def _hashed(codes: pl.Series) -> pl.DataFrame:
    return codes.to_frame("code").select(
        h1=pl.col("code").hash(seed=1), h2=pl.col("code").hash(seed=2)
    )
