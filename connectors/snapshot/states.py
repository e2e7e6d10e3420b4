"""The states of a dossier: what the figures see of it at T, for every T (docs/adr/0007).

As of T only what had happened by T counts. So a dossier has one row for each stretch of moments T
at which it stands alike: a pause that begins or ends, a due date that is changed and the end
open a new one. Most dossiers have only one.
"""

from __future__ import annotations

from datetime import UTC
from typing import Final

import polars as pl

from metrics.core.contracts import FROM_EVER

__all__ = ["STANDING", "due_dates", "merged_states", "pauses_by_state", "with_states"]

STANDING: Final = 2**62
"""End (ms) of a pause that is still open."""

_UTC: Final = pl.Datetime("ms", "UTC")
# A number of our own: a moment as a Polars literal starts its threads when this file is imported.
_EVER: Final = pl.lit(int(FROM_EVER.replace(tzinfo=UTC).timestamp()) * 1000, dtype=pl.Int64)


def due_dates(versions: pl.DataFrame, batches: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """The due dates that dossiers had in turn: ``key``, ``moment``, ``due`` (ms), in order.

    Each is in force from its moment on, the first without one always. Only of those that had
    more than one. Rule: docs/definitions.md, "The due date in force".

    Args:
        versions: all of the dossiers, each as batch ``batch_id`` left it: ``dossier_id``,
            ``source_id``, ``due_at``, ``due_original_at``, ``due_changed_at`` (UTC), and
            ``promised_at``, of the earliest apology that gives this due date.
        batches: metrics.core.contracts.BATCH, with ``data_until`` in UTC.
        wanted: ``key``, ``dossier_id``, ``batch_id``: versions to tell the due dates of, as the
            batches up to it showed them.
    """
    chain = _chain(versions, batches)
    upto = wanted.join(chain.with_columns(at="batch_id").drop("batch_id"), on="dossier_id").filter(
        pl.col("at") <= pl.col("batch_id")
    )
    entry = ("key", "place", "moment", "due")
    changes = upto.group_by("key", "place").agg(
        pl.col("moment").first(), pl.col("due_at").sort_by("at").last().cast(pl.Int64).alias("due")
    )
    # Known already when it was first seen to have been moved: its first due date before that.
    before = upto.filter(pl.col("first") & pl.col("moment").is_not_null()).select(
        "key",
        place=pl.lit(-1, pl.Int64),
        moment=pl.lit(None, pl.Int64),
        due=pl.col("due_original_at").cast(pl.Int64),
    )
    found = pl.concat([before, changes.select(entry)]).sort("key", "place")
    return found.filter(pl.len().over("key") > 1).drop("place")


def _chain(versions: pl.DataFrame, batches: pl.DataFrame) -> pl.DataFrame:
    """Versions with ``place`` (of the due date among the dossier's) and its ``moment`` (ms)."""
    ordered = versions.join(_told_before(batches), on="batch_id", how="left").sort(
        "dossier_id", "batch_id"
    )
    first = (pl.col("dossier_id") != pl.col("dossier_id").shift(1)).fill_null(value=True)
    due, changed = pl.col("due_at"), pl.col("due_changed_at")
    told = pl.when(changed.ne_missing(changed.shift(1))).then(changed)
    moment = (
        pl.when(pl.col("first"))
        .then(
            pl.when(due > pl.col("due_original_at")).then(
                pl.coalesce("due_changed_at", "promised_at")
            )
        )
        .when(due > due.shift(1))
        .then(pl.coalesce(told, "promised_at", "told_before"))
    )
    return (
        ordered.with_columns(first=first)
        .with_columns(moment=moment.cast(pl.Int64))
        .with_columns(
            place=(~pl.col("first") & pl.col("moment").is_not_null())
            .cast(pl.Int64)
            .cum_sum()
            .over("dossier_id"),
            # Never earlier than the entry before it; a correction changes the entry it finds.
            moment=pl.col("moment").cum_max().forward_fill().over("dossier_id"),
        )
        .select("dossier_id", "batch_id", "first", "place", "moment", "due_at", "due_original_at")
    )


def _told_before(batches: pl.DataFrame) -> pl.DataFrame:
    """``batch_id``, ``told_before``: just after the newest moment its source told before it."""
    newest = pl.col("data_until").cum_max().forward_fill().shift(1)
    just_after = newest.dt.truncate("1m") + pl.duration(minutes=1, time_unit="ms")
    return batches.select(
        pl.col("batch_id").cast(pl.Int64), told_before=just_after.over("source_id")
    )


def with_states(dossier: pl.DataFrame, pause: pl.DataFrame, dues: pl.DataFrame) -> pl.DataFrame:
    """A row for each state: ``state`` (its number), ``held_from`` (ms), and ``due_at`` in force.

    Args:
        dossier: a row a dossier, with its end ``ended_at``.
        pause: ``dossier_id``, ``start``, ``stop`` (ms; :data:`STANDING` while open).
        dues: as :func:`due_dates` returns them, by ``dossier_id``.
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
        .agg(pl.col("due").last().cast(_UTC), changes=pl.lit(True))
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

    ``rows`` are in order. ``held_from`` and ``held_to`` become moments (null: no bound): a state
    holds for ``held_from < T ≤ held_to``.
    """
    same_dossier = pl.col("dossier_id") == pl.col("dossier_id").shift(1)
    alike = [pl.col(column).eq_missing(pl.col(column).shift(1)) for column in seen]
    kept = rows.filter(~pl.all_horizontal(same_dossier, *alike).fill_null(False))
    following = pl.col("held_from").shift(-1)
    goes_on = pl.col("dossier_id") == pl.col("dossier_id").shift(-1)
    return kept.with_columns(
        held_to=pl.when(goes_on).then(following).cast(_UTC),
        held_from=pl.when(pl.col("held_from") != _EVER).then("held_from").cast(_UTC),
    )
