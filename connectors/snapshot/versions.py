"""What dossiers said before, as rows like those of now (docs/adr/0007).

Each earlier version stands for a dossier of its own, under a number (``key``) below 0, so that
everything is derived of it as of any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from connectors.snapshot.source import Raw

__all__ = ["Versions"]

_Types = Mapping[str, pl.DataType | type[pl.DataType]]

_PAUSE: Final[_Types] = {"kind": pl.String, "from_at": pl.Int64, "to_at": pl.Int64}
_STEP: Final[_Types] = {
    "sequence": pl.Int64,
    "name": pl.String,
    "unit_id": pl.Int64,
    "officer_id": pl.Int64,
    "from_at": pl.Int64,
    "due_at": pl.Int64,
    "to_at": pl.Int64,
}
_APOLOGY: Final[_Types] = {"issued_at": pl.Int64, "new_due_at": pl.Int64}


class Versions:
    """Earlier versions of some dossiers (connectors.snapshot.source.Raw ``history``)."""

    def __init__(self, history: pl.DataFrame) -> None:
        self.rows: Final = history.with_columns(key=-1 - pl.int_range(pl.len(), dtype=pl.Int64))

    def apologies(self) -> pl.DataFrame:
        """``key``, ``issued_at``, ``new_due_at``."""
        return _children(self.rows, "apologies", _APOLOGY)

    def written_over_since(self, since: int) -> Raw:
        """Those that batches later than ``since`` wrote over, under their keys."""
        rows = self.rows.filter(pl.col("replaced_by") > since)
        own = {"key": "dossier_id"}
        lists = ("dossier_id", "replaced_by", "pauses", "steps", "apologies")
        return Raw(
            rows.drop(lists).rename({"key": "id"}),
            _children(rows, "pauses", _PAUSE).rename(own),
            _children(rows, "steps", _STEP).rename(own),
            _children(rows, "apologies", _APOLOGY).rename(own),
            self.rows.clear(),
        )

    def named(self, facts: pl.DataFrame, schema: _Types) -> pl.DataFrame:
        """A fact of :meth:`written_over_since` under the dossiers' own ids, and until when."""
        names = self.rows.select(
            "key", own_id="dossier_id", written_by="batch_id", known_to="replaced_by"
        )
        named = facts.rename({"dossier_id": "key"}).join(names, on="key")
        return named.with_columns(batch_id="written_by", dossier_id="own_id").select(
            pl.col(name).cast(dtype) for name, dtype in schema.items()
        )


def _children(rows: pl.DataFrame, kind: str, types: _Types) -> pl.DataFrame:
    """The rows of the JSON lists of one kind, with ``key``."""
    texts = rows.select("key", kind).drop_nulls()
    if texts.is_empty():
        return pl.DataFrame(schema={"key": pl.Int64, **types})
    listed = texts.with_columns(pl.col(kind).str.json_decode(pl.List(pl.Struct(dict(types)))))
    return listed.explode(kind).unnest(kind).select("key", *types)
