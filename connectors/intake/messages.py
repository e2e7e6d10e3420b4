"""Several messages a dossier → the dossier as they leave it.

Source of the rules: the national exchange's statuses 1–10 and the order of ends in the method of
QĐ 766 ("đã xử lý xong" before "đã trả kết quả" before stopped, refused or withdrawn).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from connectors.intake.moments import MOMENT
from connectors.intake.readers import LINE

RECEIVED: Final = (2, 4, 5, 6)
"""Statuses of a dossier that is under way."""
PAUSES: Final = {5: "supplement", 6: "finance"}
END_KINDS: Final = {9: "result", 10: "result", 7: "withdrawn", 8: "stopped", 3: "refused"}
_END_ORDER: Final = {9: 0, 10: 1, 8: 2, 3: 2, 7: 2}

_FIRST: Final = ("submitted_at",)
"""Fields whose first value counts; of all others the last one does."""

# A message that only says "go on" (made from what the database knows), and is no status.
_RESUME: Final = 0


def message_moments(rows: pl.DataFrame) -> pl.DataFrame:
    """Give each message its moment: its own, or that of the field that its status speaks of."""
    status = pl.col("message.status")
    own = pl.col("message.at") if "message.at" in rows.columns else pl.lit(None, dtype=MOMENT)
    by_status = pl.lit(None, dtype=MOMENT)
    for statuses, field in (
        ((9,), "ended_at"),
        ((10,), "collected_at"),
        ((1,), "submitted_at"),
        ((2, 4), "received_at"),
        ((3, 7, 8), "ended_at"),
    ):
        if field in rows.columns:
            by_status = pl.when(status.is_in(statuses)).then(pl.col(field)).otherwise(by_status)
    return rows.with_columns(at=pl.coalesce(own, by_status))


def fold_messages(rows: pl.DataFrame, known: pl.DataFrame, known_pauses: pl.DataFrame) -> Folded:
    """Fold messages, and what the database holds of the same dossiers, into one row a dossier.

    ``rows``: typed messages with ``code``, ``at`` and ``message.status``. ``known``: the database's
    dossiers (moments in UTC, ``end_kind``, ``status``, ``channel``…). ``known_pauses``: ``code``,
    ``kind``, ``from_at``, ``to_at``. The result does not depend on how often a message came.
    """
    rows = rows.sort("code", "at", LINE, nulls_last=True)
    events = pl.concat(
        [
            rows.select("code", "at", status="message.status").with_columns(order=pl.lit(1)),
            _known_events(known, known_pauses),
        ],
        how="vertical",
    ).filter(pl.col("status").is_not_null() & pl.col("at").is_not_null())
    events = events.unique(["code", "at", "status"]).sort("code", "at", "order", "status")
    dossiers = _fields(rows, known)
    dossiers = _with_ends(dossiers, events, given="ended_at" in rows.columns)
    return Folded(dossiers, _pauses(events), known)


class Folded:
    """Dossiers folded from messages, and their pauses."""

    def __init__(self, dossiers: pl.DataFrame, pauses: pl.DataFrame, known: pl.DataFrame) -> None:
        self.dossiers = dossiers
        self.pauses = pauses
        self.known = known


def _known_events(known: pl.DataFrame, pauses: pl.DataFrame) -> pl.DataFrame:
    """The database's dossiers, told as messages."""
    end_status = pl.col("end_kind").replace_strict(
        {"result": 9, "withdrawn": 7, "stopped": 8, "refused": 3, "returned": 8},
        default=None,
        return_dtype=pl.Int64,
    )
    begun = pl.col("kind").replace_strict(
        {kind: status for status, kind in PAUSES.items()}, default=None, return_dtype=pl.Int64
    )
    parts = [
        known.select("code", at="ended_at", status=end_status),
        known.filter(pl.col("collected_at").is_not_null()).select(
            "code", at="collected_at", status=pl.lit(10, dtype=pl.Int64)
        ),
        pauses.select("code", at="from_at", status=begun),
        pauses.select("code", at="to_at", status=pl.lit(_RESUME, dtype=pl.Int64)),
    ]
    return pl.concat(parts, how="vertical").with_columns(order=pl.lit(0))


def _fields(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Per dossier each field's value: the last message's that has one, else the database's."""
    others = [name for name in rows.columns if name not in ("code", "at", "message.status")]
    folded = (
        rows.group_by("code", maintain_order=True)
        .agg(
            *(
                (
                    pl.col(name).drop_nulls().first()
                    if name in _FIRST
                    else pl.col(name).drop_nulls().last()
                )
                for name in others
                if name != LINE
            ),
            pl.col(LINE).last(),
            _first_due(rows),
            first_received=pl.col("at").filter(pl.col("message.status").is_in(RECEIVED)).first(),
            first_submitted=pl.col("at").filter(pl.col("message.status") == 1).first(),
            last_status=pl.col("message.status").drop_nulls().last(),
        )
        .join(known.select("code", pl.exclude("code").name.prefix("known.")), on="code", how="left")
        .sort("code")
    )
    nothing = pl.lit(None, dtype=MOMENT)
    got = {name: pl.col(name) if name in folded.columns else nothing for name in _MOMENTS}
    plain = [
        name
        for name in folded.columns
        if f"known.{name}" in folded.columns and name not in (*_MOMENTS, "due_original_at")
    ]
    return folded.with_columns(
        *(pl.coalesce(name, f"known.{name}").alias(name) for name in plain if name != "ended_at"),
        submitted_at=pl.coalesce("known.submitted_at", got["submitted_at"], "first_submitted"),
        received_at=pl.coalesce(got["received_at"], "known.received_at", "first_received"),
        due_at=pl.coalesce(got["due_at"], "known.due_at"),
        due_original_at=pl.coalesce("known.due_original_at", "first_due"),
        collected_at=pl.coalesce(got["collected_at"], "known.collected_at"),
    )


_MOMENTS: Final = ("submitted_at", "received_at", "due_at", "collected_at")


def _first_due(rows: pl.DataFrame) -> pl.Expr:
    if "due_at" not in rows.columns:
        return pl.lit(None, dtype=MOMENT).alias("first_due")
    return pl.col("due_at").drop_nulls().first().alias("first_due")


def _with_ends(dossiers: pl.DataFrame, events: pl.DataFrame, *, given: bool) -> pl.DataFrame:
    """``ended_at``, ``end_kind``, ``collected_at`` and ``status`` of what the events say."""
    last_active = (
        pl.col("at").filter(pl.col("status").is_in(RECEIVED)).max().over("code").alias("active")
    )
    # A dossier that went on after its "end" has not ended.
    ends = (
        events.with_columns(last_active)
        .filter(
            pl.col("status").is_in(list(END_KINDS))
            & (pl.col("active").is_null() | (pl.col("at") >= pl.col("active")))
        )
        .with_columns(
            rank=pl.col("status").replace_strict(_END_ORDER, return_dtype=pl.Int64),
            end_kind=pl.col("status").replace_strict(END_KINDS, return_dtype=pl.String),
        )
    )
    first_end = (
        ends.sort("code", "rank", "at")
        .group_by("code", maintain_order=True)
        .agg(pl.col("at").first().alias("end_at"), pl.col("end_kind").first().alias("new_end_kind"))
    )
    handed = (
        events.filter(pl.col("status") == 10)
        .group_by("code")
        .agg(pl.col("at").min().alias("handed"))
    )
    newest = (
        events.filter(pl.col("status") != _RESUME)
        .group_by("code", maintain_order=True)
        .agg(pl.col("status").last().alias("newest"))
    )
    stated = pl.col("ended_at") if given else pl.lit(None, dtype=MOMENT)
    return (
        dossiers.drop("end_kind", strict=False)
        .join(first_end, on="code", how="left")
        .join(handed, on="code", how="left")
        .join(newest, on="code", how="left")
        .sort("code")
        .with_columns(
            # The moment that the messages state for the end counts before their own.
            ended_at=pl.when(pl.col("new_end_kind").is_not_null()).then(
                pl.coalesce(stated, "end_at")
            ),
            end_kind=pl.col("new_end_kind"),
            collected_at=pl.coalesce("collected_at", "handed"),
            status=_newest_status(),
        )
    )


def _newest_status() -> pl.Expr:
    """The last status; an old message that comes late does not turn 4 back to 2 or 1."""
    newest = pl.coalesce("newest", "last_status", "known.status").cast(pl.Int64)
    begun = (1, 2, 4)
    both = newest.is_in(begun) & pl.col("known.status").is_in(begun)
    return pl.when(both).then(pl.max_horizontal(newest, "known.status")).otherwise(newest)


def _pauses(events: pl.DataFrame) -> pl.DataFrame:
    """A pause from the message that begins it to the next one of another status."""
    kind = pl.col("status").replace_strict(PAUSES, default=None, return_dtype=pl.String)
    runs = events.with_columns(kind=kind).with_columns(
        new=((pl.col("status") != pl.col("status").shift(1).over("code")).fill_null(value=True))
    )
    runs = runs.filter(pl.col("new")).with_columns(to_at=pl.col("at").shift(-1).over("code"))
    return runs.filter(pl.col("kind").is_not_null()).select(
        "code", "kind", from_at="at", to_at="to_at"
    )
