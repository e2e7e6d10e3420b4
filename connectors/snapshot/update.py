"""Bringing the snapshot in step with the database, by the changed dossiers where that will do."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, cast

import polars as pl
from sqlalchemy import Connection, Engine, func, select

from connectors.calendar import load_calendar
from connectors.database.models import ImportBatch, Setting
from connectors.database.patience import unhurried
from connectors.database.session import read_transaction
from connectors.locks import hold
from connectors.settings import Settings
from connectors.snapshot.derive import derive
from connectors.snapshot.dims import read_dims, same_limits, stored_dim
from connectors.snapshot.manifest import (
    SCHEMA_VERSION,
    UNREADABLE,
    DataKind,
    Manifest,
    Part,
    read_manifest,
)
from connectors.snapshot.parts import Staging, assemble, held_in, history_parts, merge, write_file
from connectors.snapshot.registers import WITH_DOSSIERS, changed_since, last_change, read_registers
from connectors.snapshot.source import Raw, Span, changed_spans, count_dossiers, read, spans
from metrics.core.clock import Calendar
from metrics.registers import FRAMES

__all__ = ["GRACE", "Progress", "forget_former", "rebuild", "refresh", "refresh_registers"]

_log = logging.getLogger(__name__)
GRACE: Final = timedelta(minutes=15)
"""How long files that a new manifest no longer names stay, for readers who opened the old one."""

Progress = Callable[[int, int], None]
"""Called with (dossiers done, dossiers in all)."""


@unhurried()
def refresh(database: Engine, settings: Settings, progress: Progress | None = None) -> Manifest:
    """Bring the snapshot in step with the database; the manifest then in force.

    Only dossiers of batches later than the snapshot's are read, and only the parts that held or
    will hold them are written again. Everything is built again when there is no whole snapshot or
    a file that is needed cannot be read, or the columns, the time zone, the calendar or a known
    procedure's limit changed, or the database is another one or lost dossiers. One refresher at a
    time; a second waits, and then finds nothing left to do. Readers are never disturbed, and an
    interrupted run changes nothing.
    """
    return _run(database, settings, progress, anew=False)


def refresh_registers(database: Engine, settings: Settings) -> Manifest:
    """Bring those registers in step that were written since the snapshot; the manifest then.

    The dossiers are not looked at. Their refresh follows, too, where there is no whole snapshot,
    or fields or procedures were written, which dossiers are derived with.
    """
    folder = settings.snapshot_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        old = _whole(folder)
        if old is not None and old.timezone == settings.timezone:
            with read_transaction(database) as connection:
                last = last_change(connection)
                changed = changed_since(connection, old.last_change)
                if last == old.last_change:
                    return old
                if last > old.last_change and changed.isdisjoint(WITH_DOSSIERS):
                    names = [name for name in FRAMES if name in changed]
                    frames = read_registers(connection, settings.zone, names)
                    paths = _written(folder, frames, old.registers)
                    return _in_place(
                        folder,
                        replace(old, registers=old.registers | paths, last_change=last),
                    )
    return refresh(database, settings)


@unhurried()
def rebuild(database: Engine, settings: Settings, progress: Progress | None = None) -> Manifest:
    """Build the whole snapshot again, whatever is there; the manifest then in force."""
    return _run(database, settings, progress, anew=True)


def _run(
    database: Engine, settings: Settings, progress: Progress | None, *, anew: bool
) -> Manifest:
    try:
        return _bring(database, settings, progress, anew=anew)
    except UNREADABLE:
        if anew:
            raise
        # A file that is cut off or another's: nothing in it is needed, the database has it all.
        _log.warning("the snapshot cannot be read and is built again", exc_info=True)
        return _bring(database, settings, progress, anew=True)


def _bring(
    database: Engine, settings: Settings, progress: Progress | None, *, anew: bool
) -> Manifest:
    folder = settings.snapshot_dir
    # For nobody else on the machine to read, like the database.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder), _staging(folder) as staging:
        old = None if anew else _whole(folder)
        with read_transaction(database) as connection:
            now = _look(connection, settings)
            changed = _changes(connection, folder, old, now) if old else None
            if old and changed and changed.nothing and now.describes(old, folder):
                _sweep(folder, old)
                return old
            since = old.last_batch_id if old and changed else 0
            _stage(connection, staging, now, changed, since, progress)
        if old and changed:
            parts = _merged(folder, old, staging, changed)
        else:
            parts = _assembled(folder, staging)
            old = None
        manifest = now.manifest(
            tuple(parts),
            (*(old.history if old else ()), *history_parts(folder, staging)),
            _written(folder, now.dims, old.dims if old else {}),
            _written(folder, now.registers, old.registers if old else {}),
        )
        return _in_place(folder, manifest)


def _in_place(folder: Path, manifest: Manifest) -> Manifest:
    _retire(folder, manifest)
    manifest.write(folder)
    _sweep(folder, manifest)
    return manifest


def _written(
    folder: Path, frames: Mapping[str, pl.DataFrame], known: Mapping[str, str]
) -> dict[str, str]:
    """Path of each frame; one that has not changed keeps its file."""
    return {
        name: known[name]
        if name in known and pl.read_parquet(folder / known[name]).equals(frame)
        else write_file(folder, f"dims/{name}", frame)
        for name, frame in frames.items()
    }


# What the database says


@dataclass(frozen=True)
class _Now:
    """All of the database but the facts, as of one read transaction."""

    timezone: str
    calendar: Calendar
    dims: dict[str, pl.DataFrame]
    registers: dict[str, pl.DataFrame]
    last_change: int
    last_batch_id: int
    last_batch_mark: str
    data_kind: DataKind
    dossiers: int

    @property
    def data_until(self) -> datetime | None:
        return cast("datetime | None", self.dims["source"]["data_until"].max())

    def describes(self, old: Manifest, folder: Path) -> bool:
        """Whether a manifest says the same, facts aside."""
        known, held = old.dims | old.registers, self.dims | self.registers
        same = all(pl.read_parquet(folder / known[name]).equals(held[name]) for name in held)
        return same and (self.last_batch_mark, self.data_kind) == (
            old.last_batch_mark,
            old.data_kind,
        )

    def manifest(
        self,
        parts: tuple[Part, ...],
        history: tuple[Part, ...],
        dims: dict[str, str],
        registers: dict[str, str],
    ) -> Manifest:
        return Manifest(
            data_version="",
            schema_version=SCHEMA_VERSION,
            last_batch_id=self.last_batch_id,
            last_batch_mark=self.last_batch_mark,
            timezone=self.timezone,
            calendar_fingerprint=self.calendar.fingerprint,
            calendar_span=(self.calendar.first, self.calendar.last),
            working_hours=self.calendar.hours.spans,
            data_kind=self.data_kind,
            data_until=self.data_until,
            dossiers=self.dossiers,
            parts=parts,
            history=history,
            dims=dims,
            registers=registers,
            last_change=self.last_change,
        ).versioned()


def _look(connection: Connection, settings: Settings) -> _Now:
    last = connection.execute(select(func.max(ImportBatch.id))).scalar_one() or 0
    calendar = load_calendar(connection)
    return _Now(
        timezone=settings.timezone,
        calendar=calendar,
        dims=read_dims(connection, settings.zone, calendar),
        registers=read_registers(connection, settings.zone),
        last_change=last_change(connection),
        last_batch_id=last,
        last_batch_mark=_mark(connection, last),
        data_kind=_data_kind(connection),
        dossiers=count_dossiers(connection),
    )


def _mark(connection: Connection, batch_id: int) -> str:
    """Tells a batch from one with the same number in another database; empty: not there."""
    query = select(ImportBatch.source_id, ImportBatch.started_at, ImportBatch.finished_at)
    row = connection.execute(query.where(ImportBatch.id == batch_id)).one_or_none()
    return "" if row is None else f"{row.source_id} {row.started_at} {row.finished_at}"


def _data_kind(connection: Connection) -> DataKind:
    query = select(Setting.value).where(Setting.key == "data_kind")
    return "sample" if connection.execute(query).scalar_one_or_none() == "sample" else "real"


# What changed


@dataclass(frozen=True)
class _Changes:
    """Dossiers written since the snapshot's last batch."""

    ids: pl.Series
    spans: list[Span]

    @property
    def nothing(self) -> bool:
        return self.ids.is_empty()


def _whole(folder: Path) -> Manifest | None:
    """The manifest in force, if every file that it names is there."""
    manifest = read_manifest(folder)
    if manifest is None or not all((folder / path).is_file() for path in manifest.files()):
        return None
    return manifest


def _changes(connection: Connection, folder: Path, old: Manifest, now: _Now) -> _Changes | None:
    """What a refresh has to read again; None: all of it."""
    known = stored_dim(folder, old, "procedure")
    if (
        old.timezone != now.timezone
        or old.calendar_fingerprint != now.calendar.fingerprint
        or old.last_batch_mark != _mark(connection, old.last_batch_id)
        or not same_limits(known, now.dims["procedure"])
    ):
        return None
    ids, standing, changed = changed_spans(connection, old.last_batch_id)
    held = held_in(folder, old.parts, ids)
    if old.dossiers + standing - len(held) != now.dossiers:
        return None  # dossiers were deleted
    return _Changes(ids, changed)


# Doing it


def _stage(
    connection: Connection,
    staging: Staging,
    now: _Now,
    changed: _Changes | None,
    since: int,
    progress: Progress | None,
) -> None:
    pieces: Iterable[Span] = changed.spans if changed else spans(connection)
    total = len(changed.ids) if changed else now.dossiers
    done = 0

    def stage(raw: Raw) -> int:
        procedures, batches = now.dims["procedure"], now.dims["batch"]
        staging.add(derive(raw, procedures, now.calendar, now.timezone, batches, since))
        return raw.dossier.height

    def finish(work: Future[int]) -> None:
        nonlocal done
        done += work.result()
        if progress:
            progress(done, total)

    # One chunk is derived, on Polars' threads, while the driver reads the next one.
    with ThreadPoolExecutor(1) as worker:
        before: Future[int] | None = None
        for span in pieces:
            raw = read(connection, span)
            if before:
                finish(before)
            before = worker.submit(stage, raw)
        if before:
            finish(before)


def _assembled(folder: Path, staging: Staging) -> Iterator[Part]:
    for bucket, spills in sorted(staging.spills.items()):
        yield from assemble(folder, bucket, spills)


def _merged(folder: Path, old: Manifest, staging: Staging, changed: _Changes) -> Iterator[Part]:
    buckets = {part.bucket for part in old.parts} | staging.spills.keys()
    for bucket in sorted(buckets):
        parts = [part for part in old.parts if part.bucket == bucket]
        yield from merge(folder, bucket, parts, staging.spills.get(bucket, []), changed.ids)


# Files


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the snapshot's lock; wait while another process or thread holds it."""
    with (folder / ".lock").open("a+b") as file:
        hold(file)
        yield  # closing the file gives the lock back, also when the process dies


@contextmanager
def _staging(folder: Path) -> Iterator[Staging]:
    """A folder for the time being. One that a killed run left behind goes first."""
    for left in folder.glob("staging-*"):
        shutil.rmtree(left, ignore_errors=True)
    place = folder / f"staging-{secrets.token_hex(4)}"
    place.mkdir()
    try:
        yield Staging(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _stored(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*/*.parquet")


def _retire(folder: Path, manifest: Manifest) -> None:
    """From now on count the grace of the files that the new manifest will not name."""
    previous = read_manifest(folder)
    for path in previous.files() - manifest.files() if previous else ():
        if (folder / path).exists():
            os.utime(folder / path)


def forget_former(settings: Settings) -> None:
    """Delete what former snapshots had, without waiting for runs that may still read them."""
    folder = settings.snapshot_dir
    manifest = read_manifest(folder)
    if manifest is not None:
        with _alone(folder):
            _sweep(folder, manifest, timedelta())


def _sweep(folder: Path, manifest: Manifest, grace: timedelta = GRACE) -> None:
    """Delete files that no manifest has named for longer than the grace."""
    kept = {folder / path for path in manifest.files()}
    limit = time.time() - grace.total_seconds()
    for path in _stored(folder):
        if path not in kept and path.stat().st_mtime <= limit:
            path.unlink(missing_ok=True)
