"""Part files: derived rows sorted into buckets, and buckets cut into immutable Parquet files."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from connectors.snapshot.derive import Facts
from connectors.snapshot.manifest import FACTS, FRAMES, HISTORY, OPEN, Part, sync

__all__ = ["PARTS", "Staging", "assemble", "held_in", "history_parts", "merge", "write_file"]

PARTS: Final = "parts"
"""Folder of the part files, below the snapshot's."""

MAX_DOSSIERS: Final = 1_000_000
MAX_STEPS: Final = 2_000_000
"""A part beyond either is cut in two: one part must fit into memory, to be sorted."""

ROW_GROUP: Final = 131_072

# Measured on dossiers: lz4 takes two fifths more space than zstd, and a third less processor time
# to read. Steps are many and seldom read, so they are kept small.
_COMPRESSION: Final[dict[str, Literal["lz4", "zstd"]]] = {
    "dossier": "lz4",
    "pause": "lz4",
    "step": "zstd",
}

_SORTED_BY: Final = {
    # By receipt, so that the statistics of row groups rule out those of other periods.
    "dossier": ("received_at", "dossier_id", "held_from"),
    "pause": ("received_at", "dossier_id", "kind", "from_at"),
    "step": ("dossier_id", "step_sequence"),
}

# Lazy, so that only one fact of one part is in memory at a time.
Frames = dict[str, pl.LazyFrame]


@dataclass(frozen=True)
class _Spill:
    """Rows of one chunk that belong into one bucket, on disk until the bucket is complete."""

    files: dict[str, Path]
    rows: dict[str, int]

    def frames(self) -> Frames:
        return _complete({fact: pl.scan_ipc(file) for fact, file in self.files.items()})


@dataclass
class Staging:
    """Derived rows, set down by bucket while the chunks are read."""

    folder: Path
    spills: dict[str, list[_Spill]] = field(default_factory=dict)
    past: list[tuple[str, Path]] = field(default_factory=list)

    def add(self, facts: Facts) -> None:
        """Set down the facts of one chunk. Chunks come in order of dossier_id."""
        month = pl.col("ended_at").dt.strftime("%Y-%m").fill_null(OPEN)
        buckets = facts.dossier.select("dossier_id", _bucket=month).unique()
        split: dict[str, dict[str, pl.DataFrame]] = {}
        for fact in FACTS:
            frame: pl.DataFrame = getattr(facts, fact)
            labelled = frame.join(buckets, on="dossier_id")
            pieces = labelled.partition_by("_bucket", as_dict=True, include_key=False)
            for (bucket,), piece in pieces.items():
                split.setdefault(str(bucket), {})[fact] = piece
        for bucket, frames in split.items():
            self.spills.setdefault(bucket, []).append(self._spill(frames))
        before = {fact: getattr(facts, fact) for fact in HISTORY.values()}
        spill = self._spill({fact: frame for fact, frame in before.items() if frame.height})
        self.past += spill.files.items()

    def _spill(self, frames: dict[str, pl.DataFrame]) -> _Spill:
        name = secrets.token_hex(8)
        files = {fact: self.folder / f"{name}-{fact}.arrow" for fact in frames}
        for fact, frame in frames.items():
            frame.write_ipc(files[fact], compression="lz4")
        return _Spill(files, {fact: frame.height for fact, frame in frames.items()})


def history_parts(folder: Path, staging: Staging) -> list[Part]:
    """Write what the facts were, as it was read; nobody asks for it by month."""
    parts: list[Part] = []
    for fact, file in staging.past:
        frame = pl.scan_ipc(file).sort("dossier_id", "batch_id").collect()
        path = write_file(folder, f"{PARTS}/{fact}", frame)
        ids = frame["dossier_id"]
        parts.append(Part(fact, path, OPEN, frame.height, ids[0], ids[-1], None, None, None, None))
    return parts


def _complete(frames: Frames) -> Frames:
    """With an empty frame for each fact that has no rows."""
    return {fact: pl.LazyFrame(schema=FRAMES[fact]) for fact in FACTS} | frames


def _joined(many: Iterable[Frames]) -> Frames:
    listed = list(many)
    return {fact: pl.concat([frames[fact] for frames in listed]) for fact in FACTS}


def _fits(states: int, steps: int) -> bool:
    return states <= MAX_DOSSIERS and steps <= MAX_STEPS


def _groups(spills: list[_Spill]) -> Iterator[list[_Spill]]:
    """Spills in their order, as many together as fit into one part."""
    group: list[_Spill] = []
    dossiers = steps = 0
    for spill in spills:
        dossiers += spill.rows["dossier"]
        steps += spill.rows.get("step", 0)
        if group and not _fits(dossiers, steps):
            yield group
            group, dossiers, steps = [], spill.rows["dossier"], spill.rows.get("step", 0)
        group.append(spill)
    yield group


def assemble(folder: Path, bucket: str, spills: list[_Spill]) -> list[Part]:
    """Write the parts of a bucket of which nothing was there before."""
    parts: list[Part] = []
    for group in _groups(spills):
        parts += _write(folder, bucket, _joined(spill.frames() for spill in group))
    return parts


def merge(
    folder: Path, bucket: str, old: list[Part], spills: list[_Spill], changed: pl.Series
) -> list[Part]:
    """The parts of a bucket after some of its dossiers changed, left it or came into it.

    ``old``: its parts so far; ``spills``: rows that belong into it now; ``changed``: ids of all
    dossiers that were read again. A part that none of this touches stays as it is.
    """
    starts = sorted({part.dossier_from for part in old})
    if not starts:
        return assemble(folder, bucket, spills)
    new = _joined(spill.frames() for spill in spills) if spills else None
    parts: list[Part] = []
    for at, start in enumerate(starts):
        group = [part for part in old if part.dossier_from == start]
        # Ids below the first part go into the first one, those above the last into the last.
        low = start if at else None
        high = starts[at + 1] if at + 1 < len(starts) else None
        arriving = _between(new, low, high) if new is not None else None
        parts += _rewritten(folder, bucket, group, arriving, changed)
    return parts


def _rewritten(
    folder: Path, bucket: str, group: list[Part], arriving: Frames | None, changed: pl.Series
) -> list[Part]:
    coming = _height(arriving["dossier"]) if arriving else 0
    if not coming and held_in(folder, group, changed).is_empty():
        return group
    staying = _complete({part.fact: _without(folder / part.path, changed) for part in group})
    return _write(folder, bucket, _joined([staying, arriving] if arriving else [staying]))


def held_in(folder: Path, parts: Iterable[Part], ids: pl.Series) -> pl.Series:
    """Which of these dossiers are in the parts."""
    wanted = pl.LazyFrame({"dossier_id": ids})
    files = [
        folder / part.path
        for part in parts
        if part.fact == "dossier"
        and len(ids)
        and ids.is_between(part.dossier_from, part.dossier_to).any()
    ]
    if not files:
        return pl.Series(dtype=pl.Int64)
    found = pl.scan_parquet(files).select("dossier_id").join(wanted, on="dossier_id", how="semi")
    return found.unique().collect()["dossier_id"]


def _without(file: Path, ids: pl.Series) -> pl.LazyFrame:
    gone = pl.LazyFrame({"dossier_id": ids})
    return pl.scan_parquet(file).join(gone, on="dossier_id", how="anti")


def _height(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect().item())


def _between(frames: Frames, low: int | None, high: int | None) -> Frames:
    """Rows of the dossiers with ``low ≤ id < high``; None: without bound."""
    at = pl.col("dossier_id")
    wanted = (at >= low if low is not None else pl.lit(True)) & (
        at < high if high is not None else pl.lit(True)
    )
    return {fact: frame.filter(wanted) for fact, frame in frames.items()}


def _write(folder: Path, bucket: str, frames: Frames) -> list[Part]:
    """Write one part, or as many as its size asks for; none if it is empty."""
    # A dossier's states stay together.
    ids = frames["dossier"].select("dossier_id").unique().collect()["dossier_id"].sort()
    if ids.is_empty():
        return []
    if len(ids) > 1 and not _fits(_height(frames["dossier"]), _height(frames["step"])):
        middle = ids[len(ids) // 2]
        below, above = _between(frames, None, middle), _between(frames, middle, None)
        return _write(folder, bucket, below) + _write(folder, bucket, above)
    parts: list[Part] = []
    bounds: dict[str, Any] = {}
    for fact in FACTS:  # the dossiers first: their bounds are those of the others
        ordered = frames[fact].sort(_SORTED_BY[fact], nulls_last=True).collect()
        bounds = bounds or _bounds(ordered)
        if not ordered.is_empty():
            path = write_file(folder, f"{PARTS}/{fact}-{bucket}", ordered, _COMPRESSION[fact])
            parts.append(Part(fact, path, bucket, ordered.height, **bounds))
    return parts


def _bounds(dossier: pl.DataFrame) -> dict[str, Any]:
    return dossier.select(
        dossier_from=pl.col("dossier_id").min(),
        dossier_to=pl.col("dossier_id").max(),
        received_from=pl.col("received_at").min(),
        submitted_from=pl.col("submitted_at").min(),
        ended_from=pl.col("ended_at").min(),
        ended_to=pl.col("ended_at").max(),
    ).row(0, named=True)


def write_file(
    folder: Path, stem: str, frame: pl.DataFrame, compression: Literal["lz4", "zstd"] = "zstd"
) -> str:
    """Write an immutable file under a name never used before; its path relative to ``folder``."""
    path = f"{stem}-{secrets.token_hex(6)}.parquet"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(folder / path, compression=compression, row_group_size=ROW_GROUP)
    sync(folder / path)
    return path
