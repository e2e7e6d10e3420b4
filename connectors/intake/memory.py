"""What messages said of a dossier, and when: kept so that time decides, not the order of files.

Table ``message_memory``: ``{"e": events, "f": fields, "p": pauses}``, moments in ms since 1970 UTC.

- an event: ``[at, status, own, stated]``: when, which of the statuses 1–10, whether the message
  had a moment of its own (1, 0), and the end that it states;
- a field: ``[place in FIELDS, key]``: of the message that said it last (:mod:`messages`);
- a pause that a list stated: ``[place in KINDS, from, to]``.

Lists are only ever added to at their end: their places stand in the database.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from connectors.intake.moments import MOMENT

FIELDS: Final = (
    "received_at",
    "due_at",
    "collected_at",
    "channel",
    "channel_source",
    "officer",
    "officer_name",
    "online_payment",
    "digitised",
    "data_reused",
    "late_cause",
    "recorded_at",
    "resolving",
    "resolving_name",
    "receiving",
    "receiving_name",
    "applicant",
    "applicant_name",
    "procedure",
    "procedure_name",
    "field",
    "owner.kind",
    "owner.name",
    "owner.phone",
    "owner.address",
    "owner.national_id",
    "due_original_at",
)
KINDS: Final = ("supplement", "finance", "other")

EVENT: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "code": pl.String,
    "at": MOMENT,
    "status": pl.Int64,
    "own": pl.Boolean,
    "stated": MOMENT,
}
SAID: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "code": pl.String,
    "named": pl.String,
    "key": pl.Int64,
}
PAUSE: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "code": pl.String,
    "kind": pl.String,
    "from_at": MOMENT,
    "to_at": MOMENT,
}
_NUMBERS: Final = pl.List(pl.List(pl.Int64))
_CONTENT: Final = pl.Struct({"e": _NUMBERS, "f": _NUMBERS, "p": _NUMBERS})


def _lists(kept: pl.DataFrame, name: str) -> pl.DataFrame:
    rows = kept.select("code", n=pl.col("content").struct.field(name))
    return rows.filter(pl.col("n").list.len() > 0).explode("n")


def _moment(place: int) -> pl.Expr:
    return (
        pl.col("n")
        .list.get(place, null_on_oob=True)
        .cast(pl.Datetime("ms"))
        .dt.replace_time_zone("UTC")
    )


def _number(place: int) -> pl.Expr:
    return pl.col("n").list.get(place)


def opened(kept: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """EVENT, SAID and PAUSE of what is kept (``code``, ``content``), events in their order."""
    kept = kept.with_columns(pl.col("content").str.json_decode(_CONTENT))
    events = _lists(kept, "e").select(
        "code", at=_moment(0), status=_number(1), own=_number(2) == 1, stated=_moment(3)
    )
    said = _lists(kept, "f").select("code", named=_named(_number(0), FIELDS), key=_number(1))
    pauses = _lists(kept, "p").select(
        "code", kind=_named(_number(0), KINDS), from_at=_moment(1), to_at=_moment(2)
    )
    return events, said, pauses


def _named(place: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    return place.replace_strict(
        list(range(len(names))), list(names), default=None, return_dtype=pl.String
    )


def closed(events: pl.DataFrame, said: pl.DataFrame, pauses: pl.DataFrame) -> pl.DataFrame:
    """``code`` and ``content`` to keep of these, in their order."""
    ms = {name: pl.col(name).dt.epoch("ms") for name in ("at", "stated", "from_at", "to_at")}
    parts = {
        "e": events.select(
            "code", n=pl.concat_list(ms["at"], "status", pl.col("own").cast(pl.Int64), ms["stated"])
        ),
        "f": said.sort("code", "named").select(
            "code", n=pl.concat_list(_place("named", FIELDS), "key")
        ),
        "p": pauses.sort("code", "from_at").select(
            "code", n=pl.concat_list(_place("kind", KINDS), ms["from_at"], ms["to_at"])
        ),
    }
    codes = pl.concat(part.select("code") for part in parts.values()).unique()
    for name, part in parts.items():
        grouped = part.group_by("code", maintain_order=True).agg(pl.col("n").alias(name))
        codes = codes.join(grouped, on="code", how="left")
    empty = pl.lit([], dtype=_NUMBERS)
    return codes.select(
        "code",
        content=pl.struct(pl.col(name).fill_null(empty) for name in parts).struct.json_encode(),
    )


def _place(name: str, names: tuple[str, ...]) -> pl.Expr:
    return pl.col(name).replace_strict(list(names), list(range(len(names))), return_dtype=pl.Int64)
