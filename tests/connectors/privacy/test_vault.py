"""Owners under lock: imported, read, rotated, and what happens without the key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, create_engine, select, text, update
from sqlalchemy.exc import IntegrityError

from connectors import audit
from connectors.database.bulk import bulk_insert
from connectors.database.models import Base, Dossier, Owner, RejectedRow, Setting
from connectors.database.session import write_transaction
from connectors.engine import Scope
from connectors.intake import ImportReport, IntakeRefused
from connectors.intake.export import rejected_rows, rejected_table
from connectors.privacy import Vault, VaultLocked, missing_key_warning, owner_masked, reveal_owner
from connectors.privacy.rotate import drop_unreadable, rotate, status
from connectors.privacy.vault import HASH_SECRET, SEALED_REASON
from connectors.registers import import_register
from connectors.settings import PROJECT_ROOT, Settings, SettingsError, load_settings
from tests.connectors.privacy.conftest import Planted, planted, with_keys

LAN = audit.Actor("Lan", 7)
WHY = "Gọi công dân bổ sung giấy tờ"
Taken = Callable[..., ImportReport]


def _owners(database: Engine) -> list[Any]:
    with database.connect() as connection:
        query = select(Owner.__table__, Dossier.code, Dossier.content_hash)
        return list(connection.execute(query.join(Dossier).order_by(Owner.dossier_id)))


def _revealed(database: Engine, *keys: str) -> set[tuple[str | None, ...]]:
    found = set[tuple[str | None, ...]]()
    for row in _owners(database):
        owner = reveal_owner(database, row.dossier_id, Scope(None), LAN, WHY, keys=keys)
        assert owner is not None
        found.add((owner.name, owner.phone, owner.address, owner.national_id))
    return found


def _known(owners: list[Planted]) -> set[tuple[str | None, ...]]:
    return set[tuple[str | None, ...]](owner.secrets() for owner in owners if not owner.rejected)


def test_without_a_key_owners_are_kept_as_they_are(database: Engine, taken: Taken) -> None:
    taken(planted(5))
    assert {row.name for row in _owners(database)} == {owner[0] for owner in _known(planted(5))}
    assert all(row.sealed is None for row in _owners(database))
    assert _revealed(database) == _known(planted(5))


def test_with_a_key_only_tokens_are_kept(database: Engine, taken: Taken, key: str) -> None:
    report = taken(planted(10), key)
    assert (report.rows_inserted, report.rows_rejected) == (8, 2)
    for row in _owners(database):
        assert (row.name, row.phone, row.address, row.national_id) == (None,) * 4
        assert row.sealed.startswith("gAAAA")
    assert _revealed(database, key) == _known(planted(10))


def test_a_second_import_of_the_same_changes_nothing(
    database: Engine, taken: Taken, key: str
) -> None:
    taken(planted(10), key)
    again = taken(planted(10), key)
    assert (again.rows_changed, again.rows_unchanged) == (0, 8)


def test_one_owner_never_has_both(database: Engine, taken: Taken, key: str) -> None:
    taken(planted(1), key)
    with pytest.raises(IntegrityError), write_transaction(database) as connection:
        connection.execute(update(Owner).values(name="Nguyễn Văn An"))


def test_a_token_copied_to_another_dossier_does_not_open(
    database: Engine, taken: Taken, key: str
) -> None:
    taken(planted(2), key)
    first, second = _owners(database)
    with write_transaction(database) as connection:
        connection.execute(
            update(Owner).where(Owner.dossier_id == first.dossier_id).values(sealed=second.sealed)
        )
    with pytest.raises(VaultLocked, match="không phải của hồ sơ này"):
        owner_masked(database, first.dossier_id, Scope(None), keys=[key])


def test_hashes_do_not_answer_guesses(database: Engine, taken: Taken, key: str) -> None:
    """Without a key the same dossier has the same hash everywhere: who knows the rest may try."""
    taken(planted(1))
    plain = _owners(database)[0].content_hash
    with write_transaction(database) as connection:
        connection.execute(text("DELETE FROM owner"))
        connection.execute(text("DELETE FROM dossier"))
    taken(planted(1), key)
    locked = _owners(database)[0].content_hash
    assert locked != plain
    assert len(locked) == len(plain)


@pytest.mark.parametrize("wrong", [(), (Fernet.generate_key().decode(),)])
def test_without_the_right_key_nothing_is_written_and_nothing_is_lost(
    database: Engine, taken: Taken, key: str, wrong: tuple[str, ...]
) -> None:
    taken(planted(10), key)
    before = _owners(database)
    with pytest.raises(IntakeRefused, match="OWNER_KEY"):
        taken(planted(20), *wrong)
    assert _owners(database) == before
    for ask in (owner_masked, reveal_owner):
        rest = (LAN, WHY) if ask is reveal_owner else ()
        with pytest.raises(VaultLocked, match="OWNER_KEY"):
            ask(database, before[0].dossier_id, Scope(None), *rest, keys=wrong)
    assert _revealed(database, key) == _known(planted(10))


def test_rejected_rows_are_locked_and_exported_with_the_key(
    database: Engine, taken: Taken, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners = planted(10)
    batch = taken(owners, key).batch_id
    assert batch is not None
    refused = [owner for owner in owners if owner.rejected]
    with database.connect() as connection:
        for row in connection.execute(select(RejectedRow.__table__)):
            assert (row.value, row.reason, row.row) == (None, SEALED_REASON, {})
        (shown, *_) = rejected_rows(connection, batch)
        assert (shown["line_no"], shown["value"], shown["row"]) == (6, None, {})
        with pytest.raises(VaultLocked):
            rejected_table(connection, batch)
        monkeypatch.setenv("OWNER_KEY", key)
        header, rows = rejected_table(connection, batch)
        assert "sealed" not in header
        names = [row[header.index("Chủ hồ sơ")] for row in rows]
        assert names == [owner.name for owner in refused]
        assert "không có" in str(rows[0][-1])


def test_rejected_rows_of_registers_are_locked(
    database: Engine,
    settings: Settings,
    taken: Taken,
    key: str,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "nv.csv"
    path.write_text("Mã chương trình,Tên chương trình,Loại,Đơn vị ban hành,Nguồn\nK,Qzx,lạ,x,y\n")
    taken(planted(1), key)
    given: dict[str, Any] = {"by": "Lan", "refresh_snapshot": False}
    with pytest.raises(IntakeRefused, match="OWNER_KEY"):
        import_register(database, settings, "programme", path, **given)
    report = import_register(database, with_keys(settings, key), "programme", path, **given)
    assert report.batch_id is not None
    monkeypatch.setenv("OWNER_KEY", key)
    with database.connect() as connection:
        stored = connection.execute(text("SELECT * FROM register_rejection")).one()
        assert "Qzx" not in str(stored)
        (row,) = rejected_rows(connection, report.batch_id, register=True)
        assert row["row"]["Tên chương trình"] == "Qzx"


def test_a_key_set_later_locks_what_is_there(
    database: Engine, taken: Taken, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = taken(planted(10)).batch_id
    assert status(database, [key]).readable == 10
    done = rotate(database, [key], actor=LAN)
    assert (done.locked, done.renewed, done.already) == (10, 0, 0)
    assert status(database, [key]).in_order
    assert _revealed(database, key) == _known(planted(10))
    # And the next import of the same file still finds nothing changed.
    again = taken(planted(10), key)
    assert (again.rows_changed, again.rows_unchanged) == (0, 8)
    monkeypatch.setenv("OWNER_KEY", key)
    with database.connect() as connection:
        assert batch is not None
        assert rejected_rows(connection, batch)[0]["row"]["Chủ hồ sơ"]


def test_a_new_key_takes_over(database: Engine, taken: Taken, key: str) -> None:
    taken(planted(10), key)
    new = Fernet.generate_key().decode()
    assert status(database, [new, key]).other_keys == 10
    done = rotate(database, [new, key], actor=LAN, audit_keys=())
    assert (done.renewed, done.cleared) == (10, None)
    assert status(database, [new]).in_order
    assert _revealed(database, new) == _known(planted(10))
    # The old key opens nothing any more, and a process that has only it is refused.
    with pytest.raises(IntakeRefused):
        taken(planted(12), key)
    again = taken(planted(10), new)
    assert again.rows_changed == 0
    assert rotate(database, [new], actor=LAN).already == 12
    lines = audit.read(database, Settings().zone, Scope(None), actions=["key_rotated"])
    assert lines.height == 2


def test_a_rotation_without_the_old_key_changes_nothing(
    database: Engine, taken: Taken, key: str
) -> None:
    taken(planted(3), key)
    before = _owners(database)
    with pytest.raises(VaultLocked):
        rotate(database, [Fernet.generate_key().decode()], actor=LAN)
    with pytest.raises(VaultLocked, match="new-key"):
        rotate(database, [], actor=LAN)
    assert _owners(database) == before


def test_a_rotation_may_be_stopped_half_way(
    database: Engine, taken: Taken, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.privacy.rotate._BLOCK", 3)
    taken(planted(20), key)
    new = Fernet.generate_key().decode()

    def stop(done: int, total: int | None) -> None:
        if done > 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(database, [new, key], actor=LAN, progress=stop)
    half = status(database, [new, key])
    assert (half.first_key, half.other_keys, half.not_opened) == (6, 14, 0)
    assert _revealed(database, new, key) == _known(planted(20))
    with pytest.raises(IntakeRefused):
        taken(planted(21), key)  # a program that knows only the old key adds nothing
    assert rotate(database, [new, key], actor=LAN).renewed == 14
    assert status(database, [new]).in_order


_ROTATE = """
import sys
from connectors import audit
from connectors.database.session import open_database
from connectors.privacy import rotate
rotate._BLOCK = 2
def tell(done, total):
    print(done, flush=True)
rotate.rotate(open_database(sys.argv[1]), sys.argv[2].split(","), actor=audit.Actor("x"),
              progress=tell)
"""


def test_a_rotation_may_be_killed(sqlite_database: Engine, settings: Settings, key: str) -> None:
    new = Fernet.generate_key().decode()
    _fill(sqlite_database, key)
    arguments = [sys.executable, "-c", _ROTATE, settings.database_url, f"{new},{key}"]
    with subprocess.Popen(
        arguments, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    assert status(sqlite_database, [new, key]).not_opened == 0
    rotate(sqlite_database, [new, key], actor=LAN)
    assert status(sqlite_database, [new]).in_order
    assert audit.verify(sqlite_database, keys=()).ok


def _fill(database: Engine, key: str, count: int = 60) -> None:
    with write_transaction(database) as connection:
        vault = Vault.for_writing(connection, [key])
        connection.execute(text("INSERT INTO source (id, code, name) VALUES (1, 's', 's')"))
        connection.execute(
            text(
                "INSERT INTO unit (id, scheme, code, name, kind, sort_order)"
                " VALUES (1, 's', '1', 'A', 'commune', 0)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO import_batch (id, source_id, kind, started_at, finished_at,"
                " rows_read, rows_inserted, rows_changed, rows_unchanged, rows_rejected)"
                " VALUES (1, 1, 'file', 0, 0, 0, 0, 0, 0, 0)"
            )
        )
        for number in range(1, count + 1):
            connection.execute(
                text(
                    "INSERT INTO dossier (id, source_id, code, resolving_unit_id, content_hash,"
                    " batch_id) VALUES (:n, 1, :n, 1, 'x', 1)"
                ),
                {"n": number},
            )
        numbers = range(1, count + 1)
        names = [f"Qzx {number}" for number in numbers]
        owners = vault.owners(pl.DataFrame({"dossier_id": numbers, "name": names}))
        bulk_insert(connection, Base.metadata.tables["owner"], owners)


def test_a_lost_key_can_be_given_up(database: Engine, taken: Taken, key: str) -> None:
    taken(planted(10), key)
    new = Fernet.generate_key().decode()
    assert drop_unreadable(database, [new], actor=LAN) == 10
    assert all(row.sealed is None for row in _owners(database))
    report = taken(planted(10), new)
    assert report.rows_changed == 8
    assert _revealed(database, new) == _known(planted(10))


def test_nothing_is_given_up_that_opens(database: Engine, taken: Taken, key: str) -> None:
    taken(planted(5), key)
    assert drop_unreadable(database, [key], actor=LAN) == 0
    assert _revealed(database, key) == _known(planted(5))


def test_settings_refuse_what_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNER_KEY", "mat-khau-cua-toi")
    with pytest.raises(SettingsError, match="owners new-key") as refusal:
        load_settings()
    assert "mat-khau" not in str(refusal.value)
    monkeypatch.setenv("OWNER_KEY", "")
    assert load_settings().owner_keys == ()


def test_keys_come_from_the_secrets_file(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    path = tmp_path / "secrets.toml"
    monkeypatch.setattr("connectors.settings.SECRETS_FILE", path)
    path.write_text(f'[privacy]\nowner_key = "{key}"\naudit_key = "{"a" * 32}"\n')
    settings = load_settings()
    assert settings.owner_keys == (key,)
    assert settings.audit_keys == ("a" * 32,)
    assert key not in repr(settings)
    assert missing_key_warning(settings, create_engine("sqlite://")) is None


def test_the_missing_key_is_said(database: Engine, settings: Settings) -> None:
    assert "đọc được" in (missing_key_warning(settings, database) or "")


def test_owners_under_lock_are_not_called_readable_and_no_new_key_is_advised(
    database: Engine, settings: Settings, taken: Taken, key: str
) -> None:
    taken(planted(1), key)
    warning = missing_key_warning(settings, database) or ""
    assert "đã được mã hóa, nhưng chưa đặt OWNER_KEY. Hãy đặt đúng khóa đã dùng." in warning
    assert "đọc được" not in warning
    assert "new-key" not in warning


def test_the_hash_secret_is_locked_too(database: Engine, taken: Taken, key: str) -> None:
    taken(planted(1), key)
    with database.connect() as connection:
        query = select(Setting.value).where(Setting.key == HASH_SECRET)
        assert connection.execute(query).scalar_one().startswith("gAAAA")
