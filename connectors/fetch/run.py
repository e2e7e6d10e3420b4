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
from sqlalchemy.exc import DatabaseError

from connectors import audit, snapshot
from connectors.database.alone import Alone
from connectors.database.trouble import trouble
from connectors.fetch import bounds, state
from connectors.fetch.folder import Folder, Taken, failed_files
from connectors.fetch.rest import open_rest
from connectors.intake.inputs import now_utc
from connectors.intake.mapping import SHIPPED, Mapping, MappingError, load_mapping
from connectors.intake.places import find, name_of
from connectors.intake.report import ImportReport, IntakeRefused, NotNow, Progress
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
    now: datetime | None = None,
    actor: audit.Actor | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> Fetched:
    """Fetch what is new of a source: all that is taken is committed, file by file or at once.

    ``mapping``: its name or path; it says where the source is (``[sql]``, ``[rest]``,
    ``[folder]``). ``full``: everything, not only what is new, as it is without it whenever
    ``full_every`` has passed. ``now``: the moment of the try (default: the clock). ``wait``: sleeps
    so many seconds. Run again after whatever stopped it, it goes on: nothing is lost, nothing is
    taken twice; two at a time do not run. How it went is noted (:mod:`connectors.fetch.state`).
    Raises IntakeRefused (Vietnamese) where a database or a service cannot be read; a folder says
    so in ``stopped``.
    """
    path = find(mapping, settings.mappings_dir, SHIPPED)
    name, found, moment = name_of(path), load_mapping(path), now or now_utc()
    if found.fetched is None:
        raise MappingError(
            f"Ánh xạ của “{found.source.name}” là để nhập tệp (không có bảng [sql], [rest], "
            "[folder]); hãy dùng lệnh import."
        )
    how: dict[str, Any] = {
        "dry_run": dry_run,
        "progress": progress,
        "replace_sample": replace_sample,
        "refresh_snapshot": False,
        "now": now,
        "actor": actor,
    }
    one = _One(database, settings, path, found, how, wait)
    with Alone(database, settings.data_dir, f"fetch {name}") as alone:
        if not alone.take(bounds.schedule().patience_seconds):
            raise NotNow(
                f"Nguồn “{found.source.name}” đang được lấy bởi một tiến trình khác. Hãy đợi xong "
                "rồi chạy lại."
            )
        if not dry_run:
            state.note(database, name, moment, state.BEGUN)
        full = full or one.is_due_in_full(name, moment)
        try:
            done = one.run(full=full)
        except Exception as error:
            if not dry_run:
                _note_failure(database, name, moment, error)
            raise
        finally:
            if refresh_snapshot and not dry_run:
                one.bring_in_step(anew=replace_sample)
        if not dry_run:
            state.note(database, name, moment, done.stopped, **one.told(moment))
    return done


class _One:
    """One run of one source."""

    def __init__(
        self,
        database: Engine,
        settings: Settings,
        path: Path,
        mapping: Mapping,
        how: dict[str, Any],
        wait: Callable[[float], None],
    ) -> None:
        self._database = database
        self._settings = settings
        self._path = path
        self._mapping = mapping
        self._how = how
        self._wait = wait
        self._done = Fetched()

    def is_due_in_full(self, name: str, now: datetime) -> bool:
        """Whether everything is to be read, to find what was missed and what is gone."""
        followed = self._mapping.sql or self._mapping.rest
        if followed is None or followed.full_every is None:
            return False
        known = state.states(self._database).get(name)
        last = known.full_at if known is not None else None
        return last is None or now - last >= followed.full_every

    def run(self, *, full: bool) -> Fetched:
        """Take what there is. Raises IntakeRefused."""
        if self._mapping.folder is None:
            more: dict[str, Any] = {}
            if self._mapping.rest is not None:
                zone, wait = self._settings.timezone, self._wait
                more["opener"] = partial(open_rest, zone=zone, wait=wait)
            self._done.pulled = pull(
                self._database, self._settings, self._path, full=full, **more, **self._how
            )
            return self._done
        try:
            for file in self._files():
                self._done.files.append(file)
        except IntakeRefused as refusal:
            self._done.stopped = str(refusal)
        return self._done

    def _files(self) -> Iterator[Taken]:
        assert self._mapping.folder is not None
        # What the mapping made of the same content before it was changed counts no more.
        changed = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        known = partial(taken_as, self._database, self._mapping.source.code)
        return Folder(
            self._mapping.folder,
            take=lambda copy: import_file(
                self._database, self._settings, copy, self._path, **self._how
            ),
            known=lambda digest: known(since=changed, sha256=digest),
            seen=lambda name, last: known(since=max(changed, last), file_name=name) is not None,
            dry_run=self._how["dry_run"],
            wait=self._wait,
        ).run()

    def told(self, now: datetime) -> dict[str, Any]:
        """What this run has to say for its source's state."""
        if self._mapping.folder is not None:
            return {"files_refused": failed_files(self._mapping.folder.path)}
        report = self._done.pulled
        if report is None or report.vanished is None:
            return {}
        codes = report.vanished_codes
        return {"full_at": now, "vanished": report.vanished, "vanished_codes": codes}

    def bring_in_step(self, *, anew: bool) -> None:
        """Bring the snapshot in step, also with a batch whose process died before it could."""
        database, settings, done = self._database, self._settings, self._done
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


def _note_failure(database: Engine, name: str, at: datetime, error: Exception) -> None:
    """Say why a try failed; where the database itself is away nobody can."""
    told = str(error) if isinstance(error, IntakeRefused) else None
    if isinstance(error, DatabaseError):
        told = trouble(error)
    try:
        state.note(
            database,
            name,
            at,
            told or f"Dừng vì lỗi ngoài dự kiến ({type(error).__name__}); chi tiết trong nhật ký.",
        )
    except Exception:  # noqa: BLE001 (what is told is why the fetch failed)
        _log.exception("how a fetch went could not be noted")
