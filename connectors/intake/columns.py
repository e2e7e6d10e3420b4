"""The columns of one file by the names that a mapping has for them, as tidy texts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from connectors.intake import empty
from connectors.intake.chunk import Chunk
from connectors.intake.empty import Empties
from connectors.intake.headers import Headers
from connectors.intake.moments import MomentReader, may_be_none
from connectors.intake.words import tidy


class Columns:
    """What stands in a file's columns, without the words that stand for nothing."""

    def __init__(self, header: Sequence[str], empty_words: Sequence[str]) -> None:
        self._present = Headers(header)
        self.empties = Empties(empty_words)

    def _has(self, names: tuple[str, ...]) -> bool:
        """Whether the file has one of these columns."""
        return self._present.has_any(names)

    def _pick(
        self,
        chunk: Chunk,
        names: tuple[str, ...],
        kind: str = empty.VALUE,
        keep: Collection[str] = (),
    ) -> pl.Series:
        """The tidy texts of the first of the columns with a value; ``kind``: see ``empty``."""
        found: pl.Series | None = None
        for name in names:
            present = self._present.find(name)
            if present is None or present not in chunk.raw.columns:
                continue
            column = self.empties.without(tidy(chunk.raw[present]), names[0], kind, keep)
            found = column if found is None else found.zip_with(found.is_not_null(), column)
        if found is None:
            return pl.Series(names[0], [None], dtype=pl.String).new_from_index(0, chunk.raw.height)
        return found

    def _only(self, chunk: Chunk, names: tuple[str, ...]) -> pl.Series | None:
        """The column as it stands in the file, if a single one is meant."""
        present = self._present.find(names[0]) if len(names) == 1 else None
        return chunk.raw[present] if present in chunk.raw.columns else None

    def _tidy_moments(
        self, chunk: Chunk, names: tuple[str, ...], reader: MomentReader
    ) -> tuple[pl.Series, pl.Series]:
        """As :meth:`_pick`, with the moments; only what may be none is looked at word by word."""
        texts = pl.Series(names[0], [None], dtype=pl.String).new_from_index(0, chunk.raw.height)
        moments = reader.read(texts)
        for name in names:
            present = self._present.find(name)
            if present is None or present not in chunk.raw.columns:
                continue
            column = tidy(chunk.raw[present])
            read = reader.read(column)
            frame = pl.DataFrame({"t": column, "m": read}).with_columns(
                s=pl.when(may_be_none(pl.col("m"))).then("t")
            )
            left = self.empties.without(frame["s"], names[0], empty.MOMENT)
            frame = frame.with_columns(left.alias("l")).with_columns(
                pl.when(pl.col("s").is_null() | pl.col("l").is_not_null())
                .then(pl.col(name))
                .alias(name)
                for name in ("t", "m")
            )
            moments = moments.zip_with(texts.is_not_null(), frame["m"])
            texts = texts.zip_with(texts.is_not_null(), frame["t"])
        return texts, moments
