"""What the records said at a moment K: the facts as the batches finished by then left them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import narwhals as nw
import polars as pl

from connectors.snapshot.manifest import FACTS
from metrics.core.contracts import BY_HAND

__all__ = ["Known", "NothingKnown", "as_batches_left", "known_at", "sources_by"]

Frames = Mapping[str, nw.LazyFrame[Any]]


class NothingKnown(Exception):
    """Nobody can say what was known at K; the message says in Vietnamese from when on one can."""


@dataclass(frozen=True)
class Known:
    """What was known at ``moment`` (K, local): what batch ``last`` and those before it had left."""

    moment: datetime
    last: int
    later: frozenset[int]


def known_at(batches: pl.DataFrame, asked: datetime | int) -> Known:
    """K as a moment or as a batch's number (as soon as that one was finished).

    Args:
        batches: metrics.core.contracts.BATCH, in order.

    Raises:
        NothingKnown: no batch was finished by then, there is no such batch, or what later
            batches wrote over was not kept.
    """
    at = _finished(batches, asked) if isinstance(asked, int) else asked
    by_then = pl.col("finished_at") <= at
    before, later = batches.filter(by_then), batches.filter(~by_then)
    since = _kept_since(batches)
    if before.is_empty() or (since is not None and at < since):
        since = since or cast("datetime | None", batches["finished_at"].min())
        hint = f" Có thể xem theo ghi nhận từ {_told(since)}." if since else ""
        raise NothingKnown(f"Chưa có số liệu theo ghi nhận đến {_told(at)}.{hint}")
    return Known(at, before["batch_id"][-1], frozenset(later["batch_id"].to_list()))


def _finished(batches: pl.DataFrame, number: int) -> datetime:
    found = batches.filter(pl.col("batch_id") == number)["finished_at"]
    if found.is_empty():
        raise NothingKnown(
            f"Không có lô nhập #{number}. Hãy xem số lô ở màn hình Dữ liệu, thẻ Lô nhập."
        )
    moment: datetime = found[0]
    return moment


def _told(moment: datetime) -> str:
    return f"{moment:%H:%M ngày %d/%m/%Y}"


def _kept_since(batches: pl.DataFrame) -> datetime | None:
    """From when on all that was written over is kept; None: always."""
    lost = batches.filter(~pl.col("keeps_history"))["finished_at"]
    found: datetime | None = None if lost.is_empty() else lost[-1]
    return found


def as_batches_left(now: Frames, before: Frames, known: Known) -> dict[str, nw.LazyFrame[Any]]:
    """The facts as they were at K, in the columns of those of now.

    Args:
        now: the facts (connectors.snapshot.manifest.FACTS) of now.
        before: what they were (contracts of HISTORY), by the same names.
    """
    later = sorted(known.later)
    if not later:
        return dict(now)
    changed = now["dossier"].filter(nw.col("batch_id").is_in(later)).select("dossier_id").unique()
    found = {}
    for fact in FACTS:
        past = before[fact]
        of_then = past.filter(~nw.col("batch_id").is_in(later), nw.col("known_to").is_in(later))
        columns = now[fact].collect_schema().names()
        kept = now[fact].join(changed, on="dossier_id", how="anti")
        found[fact] = nw.concat([kept, of_then.select(columns)])
    return found


def sources_by(sources: pl.DataFrame, batches: pl.DataFrame, known: Known) -> pl.DataFrame:
    """The sources (contracts.SOURCE) with the freshness that they had at K."""
    told_by = (
        batches.filter(~pl.col("batch_id").is_in(known.later), ~pl.col("kind").is_in(BY_HAND))
        .group_by("source_id")
        .agg(pl.col("data_until").max(), imported_at=pl.col("finished_at").max())
    )
    kept = sources.drop("data_until", "imported_at")
    return kept.join(told_by, on="source_id", how="left").select(sources.columns)
