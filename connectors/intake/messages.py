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

DATED: Final = (3, *PAUSES, 7, 8, 9, 10)
"""Statuses that mean little without their moment."""
_FIRST: Final = ("submitted_at",)
"""Fields whose first value counts; of all others the last one does."""

# A message that only says "go on" (made from what the database knows), and is no status.
_RESUME: Final = 0
# At one moment: a known pause, then what is told, then a known end, which nothing told undoes.
_KNOWN, _TOLD, _KNOWN_END = 0, 1, 2


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


def fold_messages(
    rows: pl.DataFrame, known: pl.DataFrame, known_pauses: pl.DataFrame, renewals: pl.DataFrame
) -> Folded:
    """Fold messages, and what the database holds of the same dossiers, into one row a dossier.

    ``rows``: typed messages with ``code``, ``at`` and ``message.status``. ``known``: the database's
    dossiers (moments in UTC, ``end_kind``, ``status``, ``channel``…). ``known_pauses``: ``code``,
    ``kind``, ``from_at``, ``to_at``. ``renewals``: ``code``, ``at``, ``old_due_at``,
    ``new_due_at`` of supplements that moved the due date. The result does not depend on how often
    a message came. At one moment the stream's order counts.
    """
    rows = rows.sort("code", "at", LINE, nulls_last=True, maintain_order=True)
    told = rows.select("code", "at", status="message.status").with_columns(
        order=pl.lit(_TOLD), place=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    events = pl.concat([_known_events(known, known_pauses), told], how="vertical")
    events = events.filter(pl.col("status").is_not_null() & pl.col("at").is_not_null())
    events = events.unique(["code", "at", "status"], keep="first", maintain_order=True)
    events = events.sort("code", "at", "order", "place")
    dossiers = _renewed(_fields(rows, known), renewals)
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
    ended = pl.col("status").is_in(list(END_KINDS))
    return pl.concat(parts, how="vertical").with_columns(
        order=pl.when(ended).then(_KNOWN_END).otherwise(_KNOWN), place="status"
    )


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
            undated=pl.col("message.status")
            .filter(pl.col("at").is_null() & pl.col("message.status").is_in(DATED))
            .last(),
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


def _renewed(dossiers: pl.DataFrame, renewals: pl.DataFrame) -> pl.DataFrame:
    """The due dates that supplements gave; one that a supplement replaced does not come back."""
    found = (
        renewals.drop_nulls("new_due_at")
        .sort("code", "at", nulls_last=True, maintain_order=True)
        .group_by("code", maintain_order=True)
        .agg(
            pl.col("at", "new_due_at").last(),
            gone=pl.col("old_due_at").drop_nulls(),
            oldest=pl.col("old_due_at").drop_nulls().first(),
        )
        .rename({"at": "renewed_at"})
    )
    due, gone = pl.col("due_at"), pl.col("gone").list.contains(pl.col("due_at"))
    moves = pl.col("new_due_at").is_not_null() & (due.is_null() | gone.fill_null(value=False))
    known = pl.col("known.due_changed_at").is_not_null() & due.eq(pl.col("known.due_original_at"))
    moved = moves | due.eq(pl.col("new_due_at")).fill_null(value=False)
    return dossiers.join(found, on="code", how="left", maintain_order="left").with_columns(
        due_at=pl.when(moves).then("new_due_at").when(known).then("known.due_at").otherwise(due),
        due_changed_at=pl.when(moved).then("renewed_at").otherwise("known.due_changed_at"),
        due_original_at=pl.coalesce("known.due_original_at", "oldest", "due_original_at"),
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
    newest = events.group_by("code", maintain_order=True).agg(
        pl.col("status").last().alias("newest")
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
    """The last status; an old message that comes late does not turn 4 back to 2 or 1.

    A status without a moment counts before those of a dossier that is under way: of what has
    happened since nobody has heard.
    """
    known = pl.col("known.status").cast(pl.Int64)
    # After the end of its last pause a dossier stands as it was known to stand.
    after_pause = pl.when(pl.col("newest") == _RESUME).then(known).otherwise("newest")
    newest = pl.coalesce(after_pause, "last_status", known).cast(pl.Int64)
    begun = (1, 2, 4)
    silent = pl.coalesce("undated", pl.when(pl.col("known.ended_at").is_null()).then(known))
    newest = (
        pl.when(newest.is_in(begun) & silent.is_in([3, 7, 8, 9, 10]))
        .then(silent)
        .otherwise(pl.coalesce(pl.when(newest.is_in(begun)).then("undated"), newest))
    )
    both = newest.is_in(begun) & known.is_in(begun)
    return pl.when(both).then(pl.max_horizontal(newest, known)).otherwise(newest)


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
