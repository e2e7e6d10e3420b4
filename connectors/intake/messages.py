"""Several messages a dossier → the dossier as they leave it, whatever the order they came in.

Source of the rules: the national exchange's statuses 1–10 and the order of ends in the method of
QĐ 766 ("đã xử lý xong" before "đã trả kết quả" before stopped, refused or withdrawn).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from connectors.intake import memory
from connectors.intake.known import Known
from connectors.intake.moments import MOMENT
from connectors.intake.readers import LINE

RECEIVED: Final = (2, 4, 5, 6)
"""Statuses of a dossier that is under way."""
BEGUN: Final = (1, 2, 4)
"""Statuses that only follow one another upwards."""
PAUSES: Final = {5: "supplement", 6: "finance"}
END_KINDS: Final = {9: "result", 10: "result", 7: "withdrawn", 8: "stopped", 3: "refused"}
DATED: Final = (3, *PAUSES, 7, 8, 9, 10)
"""Statuses that mean little without their moment."""

_RANK: Final = {1: 1, 2: 2, 4: 3, 5: 4, 6: 4, 3: 5, 7: 5, 8: 5, 9: 6, 10: 7}
"""Of two messages that speak of one moment the one of the greater rank is the later."""
_RANKS: Final = 16
_END_ORDER: Final = {9: 0, 10: 1, 8: 2, 3: 2, 7: 2}
# An event that only says "go on" (made from what the database knows), and is no status.
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
    return rows.with_columns(at=pl.coalesce(own, by_status), own=own.is_not_null())


@dataclass(frozen=True, slots=True)
class Folded:
    """Dossiers folded from messages, their pauses, and what is kept for the next file.

    ``events``: :data:`memory.EVENT`, in order; ``said``: :data:`memory.SAID`.
    """

    dossiers: pl.DataFrame
    pauses: pl.DataFrame
    events: pl.DataFrame
    said: pl.DataFrame


def fold_messages(
    rows: pl.DataFrame,
    known: Known,
    remembered: tuple[pl.DataFrame, pl.DataFrame],
    renewals: pl.DataFrame,
) -> Folded:
    """Fold messages, and what the database holds of the same dossiers, into one row a dossier.

    ``rows``: typed messages as :func:`message_moments` gives them, in the order they came in.
    ``remembered``: events and fields of :mod:`memory`. ``renewals``: ``code``, ``at``,
    ``old_due_at``, ``new_due_at`` of supplements that moved the due date.

    A field has the value that was said last by the messages' moments, whenever they came in; of
    one moment the later status counts, then the stream's order. How often a message comes, and in
    which file, makes no difference.
    """
    rows = rows.with_columns(key=_key())
    events = _events(rows, known, remembered[0])
    dossiers, said = _fields(rows, known.dossiers, remembered[1])
    dossiers = _renewed(dossiers, renewals)
    dossiers = _with_events(dossiers, events)
    return Folded(dossiers, _pauses(events), events, said)


def _key() -> pl.Expr:
    rank = pl.col("message.status").replace_strict(_RANK, default=0, return_dtype=pl.Int64)
    return pl.col("at").dt.epoch("ms").fill_null(0) * _RANKS + rank


# -- events ----------------------------------------------------------------------------------------


def _events(rows: pl.DataFrame, known: Known, remembered: pl.DataFrame) -> pl.DataFrame:
    """All that is heard of the dossiers, each event once, in the order of the moments.

    At one moment messages without a moment of their own come first, by status, then the others in
    the order they came in.
    """
    stated = pl.col("ended_at") if "ended_at" in rows.columns else pl.lit(None, dtype=MOMENT)
    told = rows.filter(pl.col("message.status").is_not_null() & pl.col("at").is_not_null()).select(
        "code",
        "at",
        "own",
        status="message.status",
        stated=pl.when(pl.col("message.status").is_in(list(END_KINDS))).then(stated),
    )
    begun = _begun(known, remembered)
    columns = list(memory.EVENT)
    events = pl.concat(part.select(columns) for part in (begun, remembered, told))
    return (
        events.with_columns(
            tie=pl.when("own")
            .then(_RANKS)
            .otherwise(pl.col("status").replace_strict(_RANK, default=0, return_dtype=pl.Int64))
        )
        .sort("code", "at", "tie", maintain_order=True)
        .unique(["code", "at", "status"], keep="last", maintain_order=True)
        .select(columns)
    )


def _begun(known: Known, remembered: pl.DataFrame) -> pl.DataFrame:
    """Dossiers of which no message is remembered, told as events."""
    dossiers = known.dossiers.join(remembered, on="code", how="anti")
    pauses = known.pauses.join(dossiers, on="code", how="semi")
    end_status = pl.col("end_kind").replace_strict(
        {"result": 9, "withdrawn": 7, "stopped": 8, "refused": 3, "returned": 8},
        default=None,
        return_dtype=pl.Int64,
    )
    kinds = {kind: status for status, kind in PAUSES.items()}
    paused = pl.col("kind").replace_strict(kinds, default=None, return_dtype=pl.Int64)
    nothing = pl.lit(None, dtype=MOMENT)

    def told(frame: pl.DataFrame, at: str, status: pl.Expr, *, own: bool) -> pl.DataFrame:
        stated = pl.col(at) if at == "ended_at" else nothing
        return frame.select("code", at=at, status=status, own=pl.lit(own), stated=stated)

    begun = dossiers.filter(pl.col("status").is_in(BEGUN))
    parts = [
        told(begun, "received_at", pl.col("status"), own=False),
        told(dossiers, "ended_at", end_status, own=False),
        told(dossiers, "collected_at", pl.lit(10, dtype=pl.Int64), own=False),
        told(pauses, "to_at", pl.lit(_RESUME, dtype=pl.Int64), own=True),
        told(pauses, "from_at", paused, own=True),
    ]
    return pl.concat(parts).drop_nulls(["at", "status"])


def _with_events(dossiers: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """``ended_at``, ``end_kind``, ``collected_at`` and ``status`` of what the events say."""
    events = events.with_columns(
        place=pl.int_range(pl.len(), dtype=pl.Int64).over("code"),
        is_begun=pl.col("status").is_in(BEGUN),
    )
    # A dossier that went on after its "end" has not ended.
    active = pl.col("place").filter(pl.col("own") & pl.col("status").is_in(RECEIVED)).max()
    other = pl.col("place").filter(~pl.col("is_begun")).max()
    events = events.with_columns(
        active=active.over("code").fill_null(-1), other=other.over("code").fill_null(-1)
    )
    after = events.filter(pl.col("place") > pl.col("active"))
    found = (
        events.group_by("code")
        .agg(
            newest=pl.col("status").last(),
            highest=pl.col("status").filter(pl.col("place") > pl.col("other")).max(),
            first_received=pl.col("at").filter(pl.col("status").is_in(RECEIVED)).min(),
            first_submitted=pl.col("at").filter(pl.col("status") == 1).min(),
        )
        .join(_ends(after), on="code", how="left")
        .join(
            after.filter(pl.col("status") == 10).group_by("code").agg(handed=pl.col("at").min()),
            on="code",
            how="left",
        )
    )
    return (
        dossiers.drop("ended_at", "end_kind", "status", strict=False)
        .join(found, on="code", how="left")
        .sort("code")
        .with_columns(
            submitted_at=pl.min_horizontal("submitted_at", "first_submitted"),
            received_at=pl.coalesce("received_at", "first_received"),
            collected_at=pl.coalesce("collected_at", "handed"),
            status=_status(),
        )
    )


def _ends(after: pl.DataFrame) -> pl.DataFrame:
    """When and how dossiers ended: by the best kind of end, at the last moment that states one.

    A message that states no moment of the end tells it by its own: the first of them counts.
    """
    resolved = (pl.col("status") == 10) & pl.col("stated").is_not_null()
    order = pl.col("status").replace_strict(_END_ORDER, default=None, return_dtype=pl.Int64)
    ends = after.filter(pl.col("status").is_in(list(END_KINDS))).with_columns(
        order=pl.when(resolved).then(0).otherwise(order),
        end_kind=pl.col("status").replace_strict(END_KINDS, default=None, return_dtype=pl.String),
    )
    first = ends.sort("code", "order", "place").unique("code", keep="first", maintain_order=True)
    return (
        ends.join(first.select("code", "order", "end_kind"), on=["code", "order", "end_kind"])
        .group_by("code")
        .agg(
            pl.col("end_kind").first(),
            ended_at=pl.coalesce(pl.col("stated").max(), pl.col("at").min()),
        )
    )


def _status() -> pl.Expr:
    """The last status; of those that only follow one another upwards the highest.

    A status without a moment counts before those of a dossier that is under way: of what has
    happened since nobody has heard.
    """
    known = pl.col("known.status").cast(pl.Int64)
    newest = pl.when(pl.col("newest").is_in(BEGUN)).then("highest").otherwise("newest")
    ended = known.is_in(list(END_KINDS)) & pl.col("known.ended_at").is_null()
    undated = pl.coalesce("undated", pl.when(ended).then(known))
    silent = newest.is_null() | newest.is_in(BEGUN)
    return (
        pl.when(silent)
        .then(pl.coalesce(undated, newest, "last_status", known))
        .when(newest == _RESUME)
        .then(known)
        .otherwise(newest)
    )


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


# -- fields ----------------------------------------------------------------------------------------


_APART: Final = ("code", "at", "own", "key", "message.status", "message.at", "submitted_at", LINE)


def _fields(
    rows: pl.DataFrame, known: pl.DataFrame, said: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Per dossier each field's value by the messages' keys, and the keys that count now."""
    names = [name for name in rows.columns if name in memory.FIELDS and name != "due_original_at"]
    others = [name for name in rows.columns if name not in (*_APART, *names)]
    nothing = pl.lit(None, dtype=MOMENT)
    due = pl.col("due_at") if "due_at" in rows.columns else nothing
    submitted = pl.col("submitted_at") if "submitted_at" in rows.columns else nothing
    folded = (
        rows.sort("code", "key", maintain_order=True)
        .group_by("code", maintain_order=True)
        .agg(
            *(pl.col(name).drop_nulls().last() for name in (*names, *others)),
            *(
                pl.when(pl.col(name).is_not_null())
                .then("key")
                .drop_nulls()
                .last()
                .alias(_NOW + name)
                for name in names
            ),
            pl.col(LINE).max(),
            first_due=due.drop_nulls().first(),
            first_key=_key_of(due).first(),
            earliest=submitted.min(),
            last_status=pl.col("message.status").drop_nulls().last(),
            undated=pl.col("message.status")
            .filter(pl.col("at").is_null() & pl.col("message.status").is_in(DATED))
            .last(),
        )
        .join(known.select("code", pl.exclude("code").name.prefix("known.")), on="code", how="left")
    )
    if said.is_empty():
        was = said.select("code").unique()
    else:
        was = said.pivot(on="named", index="code", values="key", aggregate_function="max")
    folded = folded.join(
        was.select("code", pl.exclude("code").name.prefix(_WAS)), on="code", how="left"
    )
    missing = [name for name in memory.FIELDS if _WAS + name not in folded.columns]
    folded = folded.with_columns(
        pl.lit(None, dtype=pl.Int64).alias(_WAS + name) for name in missing
    )
    folded = folded.with_columns(*(_later(name, folded.columns) for name in names))
    folded = folded.with_columns(*_whole(folded.columns))
    return folded, _said(folded, names)


def _key_of(value: pl.Expr) -> pl.Expr:
    """The keys of the messages that say this."""
    return pl.when(value.is_not_null()).then("key").drop_nulls()


_NOW: Final = "now."
_WAS: Final = "was."


def _later(name: str, columns: list[str]) -> pl.Expr:
    """A field's value; what was said before by a later message counts, as the database has it."""
    known = pl.col(f"known.{name}") if f"known.{name}" in columns else pl.lit(None)
    kept = pl.col(_WAS + name) > pl.col(_NOW + name)
    return pl.when(kept.fill_null(value=False)).then(known).otherwise(pl.col(name)).alias(name)


def _whole(columns: list[str]) -> list[pl.Expr]:
    """What no message says is as the database has it; the first due date stays the original."""
    silent = [
        pl.coalesce(name, f"known.{name}").alias(name)
        for name in columns
        if f"known.{name}" in columns and name not in ("due_original_at", *_MOMENTS)
    ]
    nothing = pl.lit(None, dtype=MOMENT)
    got = {name: pl.col(name) if name in columns else nothing for name in _MOMENTS}
    stated = pl.col("due_original_at") if "due_original_at" in columns else nothing
    before = pl.col("first_key") < pl.col(f"{_WAS}due_original_at")
    known = pl.when(~before.fill_null(value=False)).then("known.due_original_at")
    return [
        *silent,
        *(pl.coalesce(got[name], f"known.{name}").alias(name) for name in _MOMENTS),
        pl.coalesce(stated, known, "first_due", "known.due_original_at").alias("due_original_at"),
        pl.min_horizontal("known.submitted_at", "earliest").alias("submitted_at"),
    ]


_MOMENTS: Final = ("received_at", "due_at", "collected_at")


def _said(folded: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The keys of the messages that said each field last, of the original due date first."""
    first = f"{_WAS}due_original_at"
    keys = folded.select(
        "code",
        *(
            pl.max_horizontal(_WAS + name, *([_NOW + name] if name in names else [])).alias(name)
            for name in memory.FIELDS
            if name != "due_original_at"
        ),
        due_original_at=pl.min_horizontal(first, "first_key"),
    )
    return keys.unpivot(index="code", variable_name="named", value_name="key").drop_nulls("key")


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
    changed, original = pl.col("known.due_changed_at"), pl.col("known.due_original_at")
    newer = changed.is_null() | (pl.col("renewed_at") >= changed)
    moves = pl.col("new_due_at").is_not_null() & (due.is_null() | gone.fill_null(value=False))
    moved = newer & (moves | due.eq(pl.col("new_due_at")).fill_null(value=False))
    stale = changed.is_not_null() & (due.eq(original) | (moves & ~newer))
    return dossiers.join(found, on="code", how="left", maintain_order="left").with_columns(
        due_at=pl.when(moved).then("new_due_at").when(stale).then("known.due_at").otherwise(due),
        due_changed_at=pl.when(moved).then("renewed_at").otherwise("known.due_changed_at"),
        due_original_at=pl.when(pl.col("oldest").is_not_null() & changed.is_null())
        .then("oldest")
        .otherwise("due_original_at"),
    )
