"""Fetching one source once, whichever way it is fetched."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from connectors import audit, snapshot
from connectors.fetch.folder import Folder, Taken
from connectors.fetch.rest import open_rest
from connectors.intake.mapping import SHIPPED, Mapping, MappingError, load_mapping
from connectors.intake.places import find
from connectors.intake.report import ImportReport, IntakeRefused, Progress
from connectors.intake.run import import_file, pull, taken_as
from connectors.read import newest_batch
from connectors.settings import Settings

_log = logging.getLogger(__name__)


@dataclass
class Fetched:
    """What one run brought.

    ``pulled``: of a database or a service. ``files``: of a folder, in their order. ``stopped``:
    why files of a folder were left where they are (Vietnamese), or None.
    """

    pulled: ImportReport | None = None
    files: list[Taken] = field(default_factory=list)
    stopped: str | None = None

    @property
    def reports(self) -> list[ImportReport]:
        """Of everything that was taken in."""
        taken = [one.report for one in self.files if one.report is not None]
        return [*([self.pulled] if self.pulled else []), *taken]

    @property
    def left(self) -> bool:
        """Whether somebody has to see to files that were not taken."""
        return self.stopped is not None or any(one.refused is not None for one in self.files)


def fetch(
    database: Engine,
    settings: Settings,
    mapping: str | Path,
    *,
    full: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    replace_sample: bool = False,
    refresh_snapshot: bool = True,
    actor: audit.Actor | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> Fetched:
    """Fetch what is new of a source: all that is taken is committed, file by file or at once.

    ``mapping``: its name or path; it says where the source is (``[sql]``, ``[rest]``,
    ``[folder]``).
    ``full``: everything, not only what is new. ``wait``: sleeps so many seconds. Run again after
    whatever stopped it, it goes on: nothing is lost, nothing is taken twice. Raises IntakeRefused
    (Vietnamese) where
    a database or a service cannot be read; a folder says so in ``stopped``.
    """
    path = find(mapping, settings.mappings_dir, SHIPPED)
    found = load_mapping(path)
    how: dict[str, Any] = {
        "dry_run": dry_run,
        "progress": progress,
        "replace_sample": replace_sample,
        "refresh_snapshot": False,
        "actor": actor,
    }
    done = Fetched()
    try:
        if found.sql is not None:
            done.pulled = pull(database, settings, path, full=full, **how)
        elif found.rest is not None:
            opener = partial(open_rest, zone=settings.timezone, wait=wait)
            done.pulled = pull(database, settings, path, full=full, opener=opener, **how)
        elif found.folder is not None:
            files = _files(database, settings, path, found, wait, how)
            _each(files, done)
        else:
            raise MappingError(
                f"Ánh xạ của “{found.source.name}” là để nhập tệp (không có bảng [sql], [rest], "
                "[folder]); hãy dùng lệnh import."
            )
    finally:
        if refresh_snapshot and not dry_run:
            _in_step(database, settings, done, anew=replace_sample)
    return done


def _each(files: Iterator[Taken], done: Fetched) -> None:
    """Count files as they are taken: what stops one does not undo those before."""
    try:
        for file in files:
            done.files.append(file)
    except IntakeRefused as refusal:
        done.stopped = str(refusal)


def _files(
    database: Engine,
    settings: Settings,
    path: Path,
    mapping: Mapping,
    wait: Callable[[float], None],
    how: dict[str, Any],
) -> Iterator[Taken]:
    assert mapping.folder is not None
    # What another mapping made of the same content is no reason to leave it aside.
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    source = mapping.source.code
    folder = Folder(
        mapping.folder,
        take=lambda copy: import_file(database, settings, copy, path, **how),
        known=lambda digest: taken_as(database, source, since=written, sha256=digest),
        seen=lambda name, last: (
            taken_as(database, source, since=max(written, last), file_name=name) is not None
        ),
        dry_run=bool(how["dry_run"]),
        wait=wait,
    )
    return folder.run()


def _in_step(database: Engine, settings: Settings, done: Fetched, *, anew: bool) -> None:
    """Bring the snapshot in step, also with a batch whose process died before it could."""
    try:
        manifest = snapshot.read_manifest(settings.snapshot_dir)
        if anew and done.reports:
            snapshot.rebuild(database, settings)
        elif manifest is None or manifest.last_batch_id < newest_batch(database):
            snapshot.refresh(database, settings)
    except Exception as error:  # noqa: BLE001 (whatever it is, the records are in)
        _log.exception("snapshot failed after a fetch")
        for report in done.reports[-1:]:
            report.warnings.append(
                f"Dữ liệu đã được ghi, nhưng chưa làm mới được ảnh chụp số liệu: {error}. "
                "Hãy chạy: .venv/bin/python -m connectors snapshot --rebuild."
            )
