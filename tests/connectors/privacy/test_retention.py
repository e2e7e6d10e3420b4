"""What was kept long enough goes, by dated rules, once a day, and not at the first turn."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select

from connectors.audit import Actor
from connectors.database.access import Account, SignedIn, SignInAttempt
from connectors.database.audit import Audit
from connectors.database.models import Dossier, Owner, RejectedRow
from connectors.database.session import write_transaction
from connectors.intake import ImportReport
from connectors.personal import retention
from connectors.settings import Settings, SettingsError
from tests.connectors.intake.conftest import NOW
from tests.connectors.privacy.conftest import planted

LAN = Actor("quan-tri", 1)


def test_the_newest_rule_that_holds_and_ones_own_before_the_shipped(
    settings: Settings, tmp_path: Path
) -> None:
    first = date(2026, 1, 1)
    assert retention.days_of("dossier_owners", first, settings) == 1825
    assert retention.days_of("dossier_owners", first - timedelta(days=1), settings) is None
    path = tmp_path / "giu.toml"
    entry = (
        "[[keep]]\nwhat = 'dossier_owners'\nlabel = 'Chủ hồ sơ'\n"
        "days = {}\nvalid_from = {}\nsource = 'QĐ 1'\n"
    )
    path.write_text(entry.format(0, "2026-03-01") + entry.format(30, "2026-05-01"), "utf-8")
    own = settings.model_copy(update={"retention_file": path})
    days = [retention.days_of("dossier_owners", date(2026, month, 1), own) for month in (2, 3, 5)]
    assert days == [1825, None, 30]
    assert all(rule.source for rule in retention.rules_on(first, own).values())
    for number, wrong in enumerate(
        ("what = 'x'", "[[keep]]\nwhat = 'dossier_owners'", entry.format(-1, "2026-01-01"))
    ):
        path = tmp_path / f"sai-{number}.toml"
        path.write_text(wrong, "utf-8")
        with pytest.raises(SettingsError, match="RETENTION_FILE"):
            retention.rules_on(first, settings.model_copy(update={"retention_file": path}))


def test_what_is_due_goes_and_the_first_turn_only_says_so(
    database: Engine, settings: Settings, taken: Callable[..., ImportReport]
) -> None:
    taken(planted(10))
    now = datetime(2026, 11, 29, 3, tzinfo=UTC)
    _people(database, now)
    late = now + timedelta(days=6 * 365)
    count = {one.rule.what: one.count for one in retention.due(database, settings, late)}
    # Of each account the last sign-in stays: its place is known by it.
    assert count == {"rejected_rows": 2, "dossier_owners": 8, "sessions": 1, "attempts": 1}
    retention.turn(database, settings, late)
    assert _rows(database) == (2, 8, 3, 1)
    retention.turn(database, settings, late + timedelta(hours=1))
    assert _rows(database) == (2, 8, 3, 1)
    retention.turn(database, settings, late + timedelta(days=1))
    assert _rows(database) == (0, 0, 2, 0)
    with database.connect() as connection:
        lines = select(Audit.detail).where(Audit.action == "retention").order_by(Audit.id)
        told = [json.loads(line or "") for line in connection.scalars(lines)]
        assert connection.scalar(select(func.count()).select_from(Dossier)) == 8
    assert told == [{**count, "dry_run": True}, count]
    # A full import later brings no owner back.
    taken(planted(10))
    assert _rows(database)[1] == 0
    assert retention.run(database, settings, NOW, actor=LAN) == []


def _people(database: Engine, now: datetime) -> None:
    """Two accounts with three sign-ins, of which two are of one, and an attempt."""
    moments = {"created_at": now, "seen_at": now, "expires_at": now}
    with write_transaction(database) as connection:
        for number in (1, 2):
            account = {"id": number, "name": f"a{number}", "full_name": "A", "role": "leader"}
            connection.execute(
                insert(Account).values(**account, passphrase_hash="x", created_at=now)
            )
        for account_id in (1, 1, 2):
            connection.execute(insert(SignedIn).values(account_id=account_id, **moments))
        attempt = {"at": now, "boot": "b", "ticks": 1.0, "name_hash": "h", "address": "-"}
        connection.execute(insert(SignInAttempt).values(**attempt, counter="elsewhere"))


def _rows(database: Engine) -> tuple[int | None, ...]:
    """Rejected rows, owners with something personal, sign-ins, attempts."""
    queries = (
        select(func.count()).select_from(RejectedRow),
        select(func.count()).select_from(Owner).where(Owner.name.is_not(None)),
        select(func.count()).select_from(SignedIn),
        select(func.count()).select_from(SignInAttempt),
    )
    with database.connect() as connection:
        return tuple(connection.scalar(query) for query in queries)
