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

_RENEWAL: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "code": pl.String,
    "at": MOMENT,
    "old_due_at": MOMENT,
    "new_due_at": MOMENT,
}
_NEEDED: Final = {"pauses": "kind", "steps": "name"}
"""What there must be of a row beside its moment."""


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
        if not names:  # the file does not speak of them
            continue
        needed = [child.begin, *([_NEEDED[child.kind]] if child.kind in _NEEDED else [])]
        there = (pl.col(prefix + name).is_not_null() for name in needed)
        kept = rows.filter(pl.all_horizontal(there))
        frame = kept.select("code", LINE, pl.col(names).name.replace(f"^child{place}\\.", ""))
        found[place] = frame.explode(frame.columns[2:]) if child.is_list else frame
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
    frame = frame.sort("code", known, LINE, maintain_order=True)
    if child.chain == "ends":
        before = pl.col("to_at").shift(1).over("code").fill_null(pl.col("received_at"))
        frame = frame.with_columns(
            from_at=pl.min_horizontal(before.fill_null(pl.col("to_at")), "to_at")
        )
    if child.chain == "starts":
        frame = _closed(frame)
    return frame if "sequence" in child.columns else _numbered(frame)


def _closed(frame: pl.DataFrame) -> pl.DataFrame:
    """Steps in order, each ended where the next begins, the last with its dossier."""
    after = pl.col("from_at").shift(-1).over("code").fill_null(pl.col("ended_at"))
    return frame.with_columns(
        to_at=pl.when(after.is_not_null()).then(pl.max_horizontal(after, "from_at"))
    )


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(sequence=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("code"))


# -- what messages tell, on top of what is known ---------------------------------------------


def steps_told(
    known: pl.DataFrame, told: pl.DataFrame | None, dossiers: pl.DataFrame, chain: str | None
) -> pl.DataFrame:
    """The steps that are known and those that messages tell: each once, in order, chained anew.

    Of steps that begin at one moment those without a limit of their own come first, then those
    known before, then the stream's order. ``dossiers``: as in :func:`resolve`.
    """
    columns = ["code", *COLUMNS["steps"]]
    parts = (
        [known.select(columns)] if told is None else [known.select(columns), told.select(columns)]
    )
    frame = pl.concat([part.with_columns(late=pl.lit(i)) for i, part in enumerate(parts)])
    frame = frame.unique(["code", "name", "from_at"], keep="last", maintain_order=True)
    frame = frame.with_columns(limited=pl.col("due_at").is_not_null())
    frame = frame.sort("code", "from_at", "limited", "late", "sequence", maintain_order=True)
    if chain == "starts":
        ends = dossiers.select("code", "ended_at")
        frame = _closed(frame.join(ends, on="code", how="left", maintain_order="left"))
    return _numbered(frame).select(columns)


def renewals(mapping: Mapping, rows: pl.DataFrame) -> pl.DataFrame:
    """Due dates that supplements moved: ``code``, ``at``, ``old_due_at``, ``new_due_at``."""
    found = [pl.DataFrame(schema=_RENEWAL)]
    for place, frame in from_main_rows(mapping, rows).items():
        if "new_due_at" in mapping.children[place].columns:
            at = [name for name in ("to_at", "from_at") if name in frame.columns]
            old = pl.col("old_due_at") if "old_due_at" in frame.columns else pl.lit(None, MOMENT)
            found.append(
                frame.select("code", at=pl.coalesce(at), old_due_at=old, new_due_at="new_due_at")
            )
    return pl.concat(found)


def stated_pauses(known: pl.DataFrame, told: pl.DataFrame | None) -> pl.DataFrame:
    """The pauses that lists inside messages stated, each once; one that ended has ended."""
    columns = ["code", "kind", "from_at", "to_at"]
    parts = [known.select(columns)] + ([] if told is None else [told.select(columns)])
    return (
        pl.concat(parts)
        .sort("to_at", nulls_last=False, maintain_order=True)
        .unique(KEY["pauses"], keep="last", maintain_order=True)
    )


def pauses_told(folded: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """The pauses that statuses tell, and those that lists inside the messages state.

    A stated pause counts before one of the same kind that overlaps it.
    """
    pauses = pl.concat([_apart(folded, stated), stated])
    nothing = pl.lit(None, pl.String)
    return pauses.with_columns(document_no=nothing).select("code", *COLUMNS["pauses"])


def _apart(pauses: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """The pauses that no stated one of the same dossier and kind overlaps."""
    both = pauses.with_row_index("row").join(
        stated.select("code", "kind", a="from_at", b="to_at"), on=["code", "kind"]
    )
    begins = pl.col("b").is_null() | (pl.col("from_at") < pl.col("b"))
    ends = pl.col("to_at").is_null() | (pl.col("to_at") > pl.col("a"))
    over = both.filter((begins & ends) | (pl.col("from_at") == pl.col("a")))
    return pauses.with_row_index("row").join(over, on="row", how="anti").drop("row")


def apologies_told(known: pl.DataFrame, told: pl.DataFrame | None) -> pl.DataFrame:
    """The apologies that are known and those that messages tell; told ones count."""
    columns = ["code", *COLUMNS["apologies"]]
    parts = [known.select(columns)] + ([] if told is None else [told.select(columns)])
    return pl.concat(parts).unique(KEY["apologies"], keep="last", maintain_order=True)


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
