"""One import or pull from beginning to end, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from sqlalchemy import Engine, Table, func, select

from connectors import audit
from connectors.database.models import ImportBatch, Source
from connectors.database.patience import unhurried
from connectors.database.session import read_transaction
from connectors.intake.batch import Batch
from connectors.intake.inputs import Incoming, now_utc, open_file, open_pull
from connectors.intake.mapping import Mapping, load_mapping
from connectors.intake.places import name_of
from connectors.intake.report import ImportReport, Progress
from connectors.settings import Settings

_log = logging.getLogger(__name__)
_SOURCE: Final = cast(Table, Source.__table__)
_BATCH: Final = cast(Table, ImportBatch.__table__)


@unhurried()
def import_file(
    database: Engine,
    settings: Settings,
    path: Path | str,
    mapping: Mapping | str | Path,
    *,
    dry_run: bool = False,
    events: Path | str | None = None,
    progress: Progress | None = None,
    replace_sample: bool = False,
    refresh_snapshot: bool = True,
    now: datetime | None = None,
    actor: audit.Actor | None = None,
) -> ImportReport:
    """Take one file in: all of it that can be taken, in one transaction.

    ``mapping``: a mapping, the name of one of the installation's own or of a shipped one, or a
    path. ``events``: the second file.
    ``dry_run``: everything is done and undone. ``replace_sample``: delete the sample's dossiers
    first. ``now``: the moment of the import (default: the clock). ``actor``: who the audit names,
    in the same transaction (default: the program). The same file again changes nothing. Raises
    IntakeRefused (Vietnamese) when the whole file is refused; nothing is written then. A snapshot
    that fails to refresh is a warning: the import stands.
    """
    name, mapping = named_mapping(mapping, settings)
    second = Path(events) if events is not None else None
    report = ImportReport(
        source=mapping.source.code, mapping=name, file_name=Path(path).name, dry_run=dry_run
    )
    with open_file(Path(path), mapping, second) as incoming:
        batch = Batch(
            database, settings, mapping, report, progress, now or now_utc(), "file", actor
        )
        batch.run(incoming, replace_sample=replace_sample)
    return finished(database, settings, report, refresh_snapshot, replace_sample)


Opener = Callable[[Mapping, str | None], AbstractContextManager[Incoming]]
"""Opens a source at or after a watermark (None: all of it)."""


@unhurried()
def pull(
    database: Engine,
    settings: Settings,
    mapping: Mapping | str | Path,
    *,
    full: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    replace_sample: bool = False,
    refresh_snapshot: bool = True,
    now: datetime | None = None,
    actor: audit.Actor | None = None,
    opener: Opener = open_pull,
) -> ImportReport:
    """Take in what is new or changed in a read-only source since the last pull.

    Reads from the last batch's watermark on, that value included, or with ``full`` everything;
    writes nothing there. The watermark moves in the batch's own transaction; what says nothing new
    leaves no batch. ``opener``: how the source is read (default: as a database). See
    :func:`import_file` for the rest.
    """
    name, mapping = named_mapping(mapping, settings)
    report = ImportReport(source=mapping.source.code, mapping=name, file_name=None, dry_run=dry_run)
    last = _last_watermark(database, mapping.source.code, name)
    with opener(mapping, None if full else last) as incoming:
        incoming.last, incoming.whole = last, full or last is None
        batch = Batch(
            database, settings, mapping, report, progress, now or now_utc(), "pull", actor
        )
        batch.run(incoming, replace_sample=replace_sample)
    return finished(database, settings, report, refresh_snapshot, replace_sample)


def taken_as(
    database: Engine, source: str, *, since: datetime, sha256: str = "", file_name: str = ""
) -> int | None:
    """The number of the source's last batch since a moment with this content or name, or None."""
    query = (
        select(func.max(_BATCH.c.id))
        .join(_SOURCE, _SOURCE.c.id == _BATCH.c.source_id)
        .where(_SOURCE.c.code == source, _BATCH.c.finished_at > since)
    )
    wanted = {_BATCH.c.file_sha256: sha256, _BATCH.c.file_name: file_name}
    query = query.where(*(column == value for column, value in wanted.items() if value))
    with read_transaction(database) as connection:
        found: int | None = connection.execute(query).scalar_one()
        return found


def named_mapping(mapping: Mapping | str | Path, settings: Settings) -> tuple[str, Mapping]:
    """A mapping with what it is called. Raises MappingError."""
    if isinstance(mapping, Mapping):
        return mapping.source.code, mapping
    return name_of(mapping), load_mapping(mapping, settings.mappings_dir)


def _last_watermark(database: Engine, code: str, mapping: str) -> str | None:
    """Where the last pull by this mapping got to: another of the same source reads other rows."""
    query = (
        select(_BATCH.c.watermark)
        .join(_SOURCE, _SOURCE.c.id == _BATCH.c.source_id)
        .where(
            _SOURCE.c.code == code,
            _BATCH.c.mapping == mapping,
            _BATCH.c.watermark.is_not(None),
        )
        .order_by(_BATCH.c.id.desc())
        .limit(1)
    )
    with database.connect() as connection:
        return connection.execute(query).scalar_one_or_none()


def finished(
    database: Engine,
    settings: Settings,
    report: ImportReport,
    refresh_snapshot: bool,
    replaced_sample: bool,
) -> ImportReport:
    """Log what a batch came to and bring the snapshot in step; the report, with what went wrong."""
    if report.batch_id is None:
        return report
    counted = ("batch_id", "rows_read", "rows_inserted", "rows_changed", "rows_rejected", "seconds")
    _log.info("import finished", extra={"data": {name: getattr(report, name) for name in counted}})
    if not refresh_snapshot:
        return report
    from connectors import snapshot

    try:
        if replaced_sample:
            snapshot.rebuild(database, settings)
        else:
            snapshot.refresh(database, settings)
    except Exception as error:  # noqa: BLE001 (whatever it is, the records are in)
        report.warnings.append(
            f"Dữ liệu đã được ghi, nhưng chưa làm mới được ảnh chụp số liệu: {error}. "
            "Hãy chạy: .venv/bin/python -m connectors snapshot --rebuild."
        )
    return report
