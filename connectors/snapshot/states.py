"""The states of a dossier: what the figures see of it at T, for every T (docs/adr/0007).

As of T only what had happened by T counts. So a dossier has one row for each stretch of moments T
at which it stands alike: a pause that begins or ends, a due date that is changed and the end
open a new one. Most dossiers have only one.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.core.contracts import FROM_EVER, MOMENT, TO_EVER

__all__ = ["STANDING", "due_dates", "merged_states", "pauses_by_state", "with_states"]

STANDING: Final = 2**62
"""End (ms) of a pause that is still open."""

_EVER: Final = pl.lit(FROM_EVER).cast(MOMENT).cast(pl.Int64)


def due_dates(dossier: pl.DataFrame, apology: pl.DataFrame) -> pl.DataFrame:
    """The changes of due dates: ``dossier_id``, ``moment``, ``due`` (ms), in force from then on.

    Only of dossiers whose due date was moved at a known moment; their first entry has no moment.
    Rule: docs/definitions.md, "The due date in force", 1.

    Args:
        dossier: local ``due_at``, ``due_original_at``, by ``dossier_id``.
        apology: local ``issued_at``, ``new_due_at``, by ``dossier_id``.
    """
    moved = dossier.filter(pl.col("due_at") > pl.col("due_original_at"))
    promised = (
        apology.join(
            moved.select("dossier_id", new_due_at="due_at"), on=["dossier_id", "new_due_at"]
        )
        .group_by("dossier_id")
        .agg(moment=pl.col("issued_at").min().cast(pl.Int64))
    )
    changed = moved.join(promised, on="dossier_id")
    entry = ("dossier_id", "moment", "due")
    return pl.concat(
        [
            changed.select(
                "dossier_id",
                moment=pl.lit(None, pl.Int64),
                due=pl.col("due_original_at").cast(pl.Int64),
            ),
            changed.select("dossier_id", "moment", due=pl.col("due_at").cast(pl.Int64)),
        ]
    ).select(entry)


def with_states(dossier: pl.DataFrame, pause: pl.DataFrame, dues: pl.DataFrame) -> pl.DataFrame:
    """A row for each state: ``state`` (its number), ``held_from`` (ms), and ``due_at`` in force.

    Args:
        dossier: a row a dossier, with its end ``ended_at``.
        pause: ``dossier_id``, ``start``, ``stop`` (ms; :data:`STANDING` while open).
        dues: as :func:`due_dates` returns them.
    """
    events = pl.concat(
        [
            pause.select("dossier_id", held_from="start"),
            pause.filter(pl.col("stop") != STANDING).select("dossier_id", held_from="stop"),
            dues.drop_nulls("moment").select("dossier_id", held_from="moment"),
        ]
    )
    ends = dossier.drop_nulls("ended_at").select(
        "dossier_id", held_from=pl.col("ended_at").cast(pl.Int64)
    )
    concerned = events.select("dossier_id").unique()
    later = pl.concat([events, ends.join(concerned, on="dossier_id", how="semi")]).with_columns(
        pl.max_horizontal("held_from", _EVER)
    )
    first = dossier.select("dossier_id", held_from=_EVER)
    states = pl.concat([first, later]).unique().sort("dossier_id", "held_from")
    rows = states.join(dossier, on="dossier_id", maintain_order="left").with_row_index("state")
    return _with_due(rows, dues)


def _with_due(rows: pl.DataFrame, dues: pl.DataFrame) -> pl.DataFrame:
    """``due_at`` as it was in force: of the entries begun by the state, or by the end, the last."""
    entries = dues.with_row_index("place").join(
        rows.select("state", "dossier_id", "held_from", end=pl.col("ended_at").cast(pl.Int64)),
        on="dossier_id",
    )
    moment, end = pl.col("moment"), pl.col("end")
    ended = (end <= pl.col("held_from")).fill_null(False)
    in_force = pl.when(ended).then(moment < end).otherwise(moment <= pl.col("held_from"))
    last = (
        entries.filter(moment.is_null() | in_force)
        .sort("place")
        .group_by("state")
        .agg(pl.col("due").last().cast(MOMENT), changes=pl.lit(True))
    )
    return (
        rows.join(last, on="state", how="left", maintain_order="left")
        .with_columns(due_at=pl.when("changes").then("due").otherwise("due_at"))
        .drop("due", "changes")
    )


def pauses_by_state(rows: pl.DataFrame, pause: pl.DataFrame) -> pl.DataFrame:
    """The pauses begun in each state: ``state``, ``kind``, ``start``, ``stop`` (ms).

    One that had not stopped yet is open (:data:`STANDING`); once the dossier has ended, it is
    closed by the end, but not before it began.
    """
    state = rows.select("state", "dossier_id", "held_from", end=pl.col("ended_at").cast(pl.Int64))
    since, end = pl.col("held_from"), pl.col("end")
    return (
        pause.join(state, on="dossier_id")
        .filter(pl.col("start") <= since)
        .select(
            "state",
            "kind",
            "start",
            stop=pl.when(pl.col("stop") <= since)
            .then("stop")
            .when(end <= since)
            .then(pl.max_horizontal("start", "end"))
            .otherwise(STANDING),
        )
    )


def merged_states(rows: pl.DataFrame, seen: list[str]) -> pl.DataFrame:
    """Neighbouring states that do not differ in ``seen`` made one; adds ``held_to``.

    ``rows`` are in order. ``held_from`` and ``held_to`` become moments: a state holds for
    ``held_from < T ≤ held_to``.
    """
    same_dossier = pl.col("dossier_id") == pl.col("dossier_id").shift(1)
    alike = [pl.col(column).eq_missing(pl.col(column).shift(1)) for column in seen]
    kept = rows.filter(~pl.all_horizontal(same_dossier, *alike).fill_null(False))
    following = pl.col("held_from").shift(-1)
    goes_on = pl.col("dossier_id") == pl.col("dossier_id").shift(-1)
    return kept.with_columns(
        held_to=pl.when(goes_on).then(following).cast(MOMENT).fill_null(TO_EVER),
        held_from=pl.col("held_from").cast(MOMENT),
    )
