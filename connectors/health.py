"""How an installation stands: keys, address, database, back-ups, disk. Nothing secret is told."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, make_url, select

from connectors import audit
from connectors.database.aside import Aside, put_aside
from connectors.database.audit import AuditHead
from connectors.database.session import read_transaction
from connectors.engine import Scope
from connectors.failed import Failed, failures
from connectors.personal import retention
from connectors.privacy.vault import is_under_lock
from connectors.read import newest_batch
from connectors.settings import Settings
from connectors.snapshot import read_manifest

_FILE: Final = Path(__file__).with_name("health.toml")


@dataclass(frozen=True)
class Limits:
    """From when on something should be done (health.toml)."""

    backup: timedelta
    free_share: float
    refused_sign_ins: int


@dataclass(frozen=True)
class Health:
    """How the installation stands; moments in UTC, sizes in bytes, None: not known or never."""

    has_owner_key: bool
    # Whether owners lie under a lock that then needs its key.
    owners_under_lock: bool
    has_audit_key: bool
    is_https: bool
    public_url: str
    hides_addresses: bool
    sign_in: str
    database: str
    database_bytes: int | None
    last_backup: datetime | None
    free_bytes: int | None
    disk_bytes: int | None
    snapshot_at: datetime | None
    batches_behind: int
    refused_sign_ins: int
    # The audit beside the marks outside the database; None: those cannot be read.
    trail: audit.Verdict | None
    # Databases that restores have put aside, oldest first.
    aside: tuple[Aside, ...] = ()
    # Units of the machine that have failed and not succeeded since, the latest first.
    failed: tuple[Failed, ...] = ()
    # Rows whose term of keeping has ended, and when the daily turn was taken last.
    kept_too_long: int = 0
    last_turn: datetime | None = None


@cache
def limits() -> Limits:
    """The limits of health.toml."""
    raw: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Limits(timedelta(days=raw["backup_days"]), raw["free_share"], raw["refused_sign_ins"])


def health(database: Engine, settings: Settings, now: datetime) -> Health:
    """How the installation stands at ``now``. Raises SQLAlchemyError where the database is lost."""
    url = make_url(settings.database_url)
    manifest = read_manifest(settings.snapshot_dir)
    disk = _disk(settings.data_dir)
    behind = newest_batch(database) - manifest.last_batch_id if manifest else 0
    return Health(
        has_owner_key=bool(settings.owner_keys),
        owners_under_lock=is_under_lock(database),
        has_audit_key=bool(settings.audit_keys),
        is_https=settings.is_https,
        public_url=settings.public_url,
        hides_addresses=settings.hides_addresses,
        sign_in=settings.sign_in,
        database=database.dialect.name,
        database_bytes=_size(Path(url.database)) if url.database and _is_file(url) else None,
        last_backup=_last_backup(database, settings),
        free_bytes=disk.free if disk else None,
        disk_bytes=disk.total if disk else None,
        snapshot_at=_written(settings.snapshot_dir / "manifest.json"),
        batches_behind=max(behind, 0),
        refused_sign_ins=_refused(database, settings, now),
        trail=_trail(database, settings),
        aside=_aside(database),
        failed=failures(settings),
        kept_too_long=sum(one.count for one in retention.due(database, settings, now)),
        last_turn=retention.last_turn(database),
    )


def shows_a_row(database: Engine) -> bool:
    """Whether the database can be read: the one row of ``audit_head``, there from the first
    migration on. Raises SQLAlchemyError where it does not answer."""
    with read_transaction(database) as connection:
        return connection.execute(select(AuditHead.lines)).scalar() is not None


def _is_file(url: Any) -> bool:
    return bool(url.get_backend_name() == "sqlite" and url.database != ":memory:")


def _size(path: Path) -> int | None:
    """The database's file with what has not been moved into it yet."""
    parts = (path, Path(f"{path}-wal"))
    return sum(part.stat().st_size for part in parts if part.is_file()) or None


def _last_backup(database: Engine, settings: Settings) -> datetime | None:
    """When the audit last saw a back-up being made."""
    lines = audit.read(database, settings.zone, Scope(None), actions=("backup",), limit=1)
    if lines.is_empty():
        return None
    at: datetime = lines["at"][0]
    return at.replace(tzinfo=settings.zone)


def _refused(database: Engine, settings: Settings, now: datetime) -> int:
    wanted = audit.Wanted(actions=("sign_in_refused",), since=now - timedelta(days=1))
    return sum(audit.tally(database, settings.zone, Scope(None), wanted).values())


def _trail(database: Engine, settings: Settings) -> audit.Verdict | None:
    try:
        return audit.glance(database, shelf=audit.Shelf.of(settings), keys=settings.audit_keys)
    except OSError:
        return None


def _aside(database: Engine) -> tuple[Aside, ...]:
    try:
        return tuple(put_aside(database))
    except OSError:
        return ()


def _disk(folder: Path) -> Any:
    try:
        return shutil.disk_usage(folder)
    except OSError:
        return None


def _written(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
