"""Pauses, steps and apologies of a chunk of dossiers."""

from __future__ import annotations

from typing import Final

import polars as pl

from connectors.intake.chunk import Chunk
from connectors.intake.lookup import Lookups
from connectors.intake.mapping import ChildSettings, Mapping
from connectors.intake.moments import MOMENT
from connectors.intake.readers import LINE

COLUMNS: Final[dict[str, dict[str, pl.DataType | type[pl.DataType]]]] = {
    "pauses": {
        "kind": pl.String,
        "from_at": MOMENT,
        "to_at": MOMENT,
        "document_no": pl.String,
    },
    "steps": {
        "sequence": pl.Int64,
        "name": pl.String,
        "unit_id": pl.Int64,
        "officer_id": pl.Int64,
        "from_at": MOMENT,
        "due_at": MOMENT,
        "to_at": MOMENT,
    },
    "apologies": {
        "issued_at": MOMENT,
        "number": pl.String,
        "reason": pl.String,
        "new_due_at": MOMENT,
        "signer": pl.String,
    },
}
KEY: Final = {
    "pauses": ["code", "kind", "from_at"],
    "steps": ["code", "sequence"],
    "apologies": ["code", "issued_at"],
}
"""What tells two rows of one table apart, with the dossier's code in place of its id."""

_BEGIN: Final = {"pauses": "from_at", "steps": "name", "apologies": "issued_at"}


def from_main_rows(mapping: Mapping, rows: pl.DataFrame) -> dict[int, pl.DataFrame]:
    """Per child table (by its place) the rows that stand in the dossiers' own rows.

    ``rows``: typed rows with ``code`` and LINE. Out: ``code``, LINE and the child's columns.
    """
    found: dict[int, pl.DataFrame] = {}
    for place, child in enumerate(mapping.children):
        if child.rows != "main":
            continue
        prefix = f"child{place}."
        names = [name for name in rows.columns if name.startswith(prefix)]
        frame = rows.select(
            "code", LINE, *(pl.col(name).alias(name.removeprefix(prefix)) for name in names)
        )
        begin = "to_at" if child.chain == "ends" else _BEGIN[child.kind]
        if child.kind == "steps" and child.chain is None:
            begin = "from_at"
        found[place] = frame.filter(pl.col(begin).is_not_null())
    return found


def resolve(
    frame: pl.DataFrame, child: ChildSettings, lookups: Lookups, dossiers: pl.DataFrame
) -> tuple[pl.DataFrame, Chunk]:
    """Give child rows, all of these dossiers, their ids and missing moments.

    ``dossiers``: ``code``, ``received_at``, ``ended_at``, ``first``, ``last`` (days). Out: the
    table's columns with ``code`` and LINE, and the chunk that says which rows cannot be taken.
    """
    if child.unit is not None or child.chain is not None:
        frame = frame.join(dossiers, on="code", how="left", maintain_order="left")
    chunk = Chunk(frame, {name: frame[name] for name in frame.columns})
    if child.unit is not None and "unit" in frame.columns:
        unit_id = lookups.units.find(
            chunk,
            child.unit,
            "unit",
            frame.select("first", "last"),
            child.unit.column[0] if child.unit.column else "unit",
            required=False,
        )
        frame = frame.with_columns(unit_id.alias("unit_id"))
    if "officer" in frame.columns:
        frame = frame.with_columns(lookups.officers(frame["officer"]).alias("officer_id"))
    frame = frame.filter(chunk.good())
    if child.kind == "steps":
        frame = _steps(frame, child)
    return in_shape(frame, child.kind), chunk


def in_shape(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """All columns of a child table, those not given being null, without doubles."""
    shaped = frame.select(
        "code",
        LINE,
        *(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in COLUMNS[kind].items()
        ),
    )
    if shaped["code"].n_unique() == shaped.height:  # as a rule, where they stand in dossiers' rows
        return shaped
    return shaped.unique(KEY[kind], keep="last", maintain_order=True)


def _steps(frame: pl.DataFrame, child: ChildSettings) -> pl.DataFrame:
    """Order a dossier's steps, fill the moments that a chain leaves out, number them."""
    known = "to_at" if child.chain == "ends" else "from_at"
    frame = frame.sort("code", known, LINE)
    if child.chain == "ends":
        before = pl.col("to_at").shift(1).over("code").fill_null(pl.col("received_at"))
        frame = frame.with_columns(
            from_at=pl.min_horizontal(before.fill_null(pl.col("to_at")), "to_at")
        )
    if child.chain == "starts":
        after = pl.col("from_at").shift(-1).over("code").fill_null(pl.col("ended_at"))
        frame = frame.with_columns(to_at=pl.max_horizontal(after, "from_at"))
        frame = frame.with_columns(to_at=pl.when(after.is_not_null()).then(pl.col("to_at")))
    if "sequence" not in child.columns:
        frame = frame.with_columns(
            sequence=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("code")
        )
    return frame


def fingerprint(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """One text a dossier (``code``, ``children``) that changes when any of its children does."""
    parts = [
        frame.select(
            "code",
            text=pl.concat_str(
                pl.lit(kind),
                *(
                    pl.lit(f"{name}=") + _as_text(pl.col(name), dtype)
                    for name, dtype in COLUMNS[kind].items()
                ),
                separator="\x1f",
                ignore_nulls=True,
            ),
        )
        for kind, frame in frames.items()
        if not frame.is_empty()
    ]
    if not parts:
        return pl.DataFrame(schema={"code": pl.String, "children": pl.String})
    return (
        pl.concat(parts)
        .group_by("code")
        .agg(pl.col("text").sort().str.join("\x1e").alias("children"))
    )


def _as_text(value: pl.Expr, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    return (value.dt.epoch("ms") if dtype == MOMENT else value).cast(pl.String)
