"""How an installation stands, as the database, the settings and the disk say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from connectors import audit, snapshot
from connectors.health import health, limits
from connectors.intake import ImportReport
from connectors.settings import Settings
from tests.connectors.intake.conftest import GOOD, file_of
from tests.connectors.intake.conftest import mapping_file as mapping_file
from tests.connectors.intake.conftest import take as take

LAN = audit.Actor("lan")


def test_an_empty_installation(database: Engine, settings: Settings) -> None:
    found = health(database, settings, datetime.now(UTC))
    assert (found.database, found.last_backup, found.snapshot_at) == (
        database.dialect.name,
        None,
        None,
    )
    assert (found.has_owner_key, found.has_audit_key, found.is_https) == (False, False, False)
    assert (found.batches_behind, found.refused_sign_ins) == (0, 0)
    assert found.free_bytes
    assert found.disk_bytes
    assert found.free_bytes <= found.disk_bytes


def test_what_was_done_shows(database: Engine, settings: Settings) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    audit.record(database, "backup", actor=LAN, at=now - timedelta(days=3))
    audit.record(database, "backup", actor=LAN, at=now - timedelta(hours=2))
    for hours in (1, 23, 25):
        audit.record(database, "sign_in_refused", actor=LAN, at=now - timedelta(hours=hours))
    snapshot.refresh(database, settings)
    changed = settings.model_copy(update={"public_url": "https://dung-han.gov.vn"})
    found = health(database, changed, now)
    assert found.last_backup == now - timedelta(hours=2)
    assert found.refused_sign_ins == 2
    assert found.is_https
    assert found.snapshot_at is not None
    assert abs(found.snapshot_at - now) < timedelta(minutes=5)


def test_a_snapshot_that_is_behind_shows(
    database: Engine, settings: Settings, take: Callable[..., ImportReport]
) -> None:
    snapshot.refresh(database, settings)
    take(file_of(GOOD))
    assert health(database, settings, datetime.now(UTC)).batches_behind == 1
    snapshot.refresh(database, settings)
    assert health(database, settings, datetime.now(UTC)).batches_behind == 0


def test_the_size_of_a_database_in_a_file(sqlite_database: Engine, settings: Settings) -> None:
    found = health(sqlite_database, settings, datetime.now(UTC)).database_bytes
    assert found
    assert found >= (settings.data_dir / "dung-han.db").stat().st_size


def test_the_limits_are_read() -> None:
    assert limits().backup > timedelta(0)
    assert 0 < limits().free_share < 1
    assert limits().refused_sign_ins > 0
