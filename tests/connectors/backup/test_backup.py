"""A back-up, taken while others write, gives back what was committed, table by table."""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import Engine, func, make_url, select, text

from connectors import audit
from connectors.__main__ import main
from connectors.audit.marks import FILE
from connectors.backup import BackupRefused, make_backup, postgres, read_manifest, restore_backup
from connectors.backup.archive import DATABASE, MANIFEST
from connectors.backup.make import kept_files
from connectors.database.models import Base, ImportBatch
from connectors.database.session import (
    migrate,
    migration_config,
    open_database,
    read_transaction,
    write_transaction,
)
from connectors.settings import PROJECT_ROOT, Settings
from connectors.snapshot import read_manifest as read_snapshot
from connectors.version import version
from tests.connectors.backup.conftest import LAN, contents, import_dossiers
from tests.connectors.intake.conftest import add_catalogue
from tests.connectors.privacy.conftest import OWNER_MAPPING, planted
from tests.postgres_server import PostgresServer
from tests.turns import at_each_change


def _opened(settings: Settings) -> Engine:
    return open_database(settings.database_url)


_LATER = ("audit", "audit_head")
"""The restored database has one line more; that nothing before it changed, the chain tells."""


def test_an_empty_machine_gets_everything_back(
    database: Engine, here: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    before = contents(database)
    path, digest = make_backup(database, here, tmp_path / "a.dunghan", actor=LAN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert digest in str(contents(database)["audit"][-1])
    done = restore_backup(elsewhere, path, actor=LAN)
    there = _opened(elsewhere)
    after = contents(there)
    assert {name: after[name] for name in after if name not in _LATER} == {
        name: before[name] for name in before if name not in _LATER
    }
    assert after["audit"][: len(before["audit"])] == before["audit"]
    assert len(after["dossier"]) == 16
    assert done.audit.ok
    assert (done.kept, done.manifest.owners_locked) == (None, True)
    assert audit.verify(there, keys=here.audit_keys).lines == len(before["audit"]) + 1
    assert elsewhere.boundaries.read_text() == here.boundaries.read_text()
    assert read_snapshot(elsewhere.snapshot_dir) is not None
    # Life goes on there: numbers are counted on, the same file changes nothing.
    import_dossiers(there, elsewhere, tmp_path, 30)
    assert len(contents(there)["dossier"]) == 24
    there.dispose()


@pytest.mark.parametrize("revision", at_each_change(("0006", "0009", "0011"), ("0006",)))
def test_a_back_up_of_an_older_schema_is_brought_to_the_newest(
    database: Engine, here: Settings, elsewhere: Settings, tmp_path: Path, revision: str
) -> None:
    """What that schema had is there again; later columns have what a migration gives them."""
    with database.begin() as connection:
        command.downgrade(migration_config(connection), revision)
    path, _ = make_backup(database, here, tmp_path / "a.dunghan", actor=LAN)
    migrate(database)
    before = contents(database)
    done = restore_backup(elsewhere, path, actor=LAN)
    there = _opened(elsewhere)
    after = contents(there)
    assert done.manifest.schema == revision
    assert done.audit.ok
    assert len(after["dossier"]) == 16
    assert {name: after[name] for name in after if name not in _LATER} == {
        name: before[name] for name in before if name not in _LATER
    }
    import_dossiers(there, elsewhere, tmp_path, 30)
    assert len(contents(there)["dossier"]) == 24
    there.dispose()


def test_keys_and_passwords_are_not_in_it(database: Engine, here: Settings, tmp_path: Path) -> None:
    path, _ = make_backup(database, here, tmp_path / "a.dunghan", actor=LAN)
    whole = path.read_bytes()
    with tarfile.open(path) as tar:
        for name in tar.getnames():
            content = tar.extractfile(name)
            assert content is not None
            raw = content.read()
            whole += gzip.decompress(raw) if name.endswith(".gz") else raw
    for key in (*here.owner_keys, *here.audit_keys):
        assert key.encode() not in whole
    for owner in planted(20):
        assert owner.phone.encode() not in whole


_WRITER = """
import sys
from pathlib import Path
from datetime import datetime, UTC
from connectors.database.session import open_database
from connectors.intake import import_file
from connectors.settings import Settings
from tests.connectors.privacy.conftest import file_of, planted
folder, url, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
settings = Settings(database_url=url, data_dir=folder)
database = open_database(url)
path = folder / "stream.csv"
for turn in range(1, rounds + 1):
    path.write_text(file_of(planted(40 * turn)), encoding="utf-8")
    import_file(database, settings, path, folder / "co-chu.toml", refresh_snapshot=False,
                now=datetime(2025, 12, 1, tzinfo=UTC))
    print(turn, flush=True)
if sys.argv[4:] == ["stay"]:
    sys.stdin.read()
"""


def _write_rounds(url: str, folder: Path, rounds: int, *more: str) -> subprocess.Popen[str]:
    """Imports in a process of their own, a line a round; ``stay``: it ends with its input."""
    folder.mkdir(exist_ok=True)
    (folder / "co-chu.toml").write_text(OWNER_MAPPING, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT_ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(folder), url, str(rounds), *more],
        cwd=PROJECT_ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_taken_while_another_process_imports(
    database: Engine,
    settings: Settings,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """The restored state is the one after some whole number of imports, and the chain is whole."""
    here = settings.model_copy(
        update={"database_url": database.url.render_as_string(hide_password=False)}
    )
    add_catalogue(database)
    rounds, taken = 4, list[tuple[int, Path, int]]()
    with _write_rounds(here.database_url, tmp_path / "writer", rounds) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) in (1, 3):
                path = tmp_path / f"{int(line)}.dunghan"
                make_backup(database, here, path, actor=LAN)
                taken.append((int(line), path, _batches(database)))
    assert writer.returncode == 0
    fresh = _Fresh(database, request)
    for at_least, path, at_most in taken:
        there = here.model_copy(
            update={"database_url": fresh.url(), "data_dir": tmp_path / f"there{at_least}"}
        )
        done = restore_backup(there, path, actor=LAN)
        assert done.audit.ok
        restored = _opened(there)
        batches = _batches(restored)
        assert at_least <= batches <= at_most
        again = here.model_copy(update={"database_url": fresh.url()})
        replayed = _opened(again)
        migrate(replayed)
        add_catalogue(replayed)
        with _write_rounds(again.database_url, tmp_path / "again", batches) as writer:
            assert writer.stdout is not None
            writer.stdout.read()
        assert _plain(restored) == _plain(replayed)
        restored.dispose()
        replayed.dispose()
    fresh.drop()


class _Fresh:
    """New, empty databases of the same sort."""

    def __init__(self, database: Engine, request: pytest.FixtureRequest) -> None:
        self._server: PostgresServer | None = None
        if database.dialect.name == "postgresql":
            self._server = request.getfixturevalue("postgres_server")
        self._folder: Path = request.getfixturevalue("tmp_path")
        self._names: list[str] = []

    def url(self) -> str:
        if self._server is not None:
            self._names.append(self._server.create())
            return self._server.url(self._names[-1])
        self._names.append(f"fresh{len(self._names)}")
        return f"sqlite:///{self._folder}/{self._names[-1]}/dung-han.db"

    def drop(self) -> None:
        for name in self._names if self._server is not None else ():
            assert self._server is not None
            self._server.drop(name)


def _batches(database: Engine) -> int:
    with database.connect() as connection:
        return connection.execute(select(func.count(ImportBatch.id))).scalar_one()


def _plain(database: Engine) -> dict[str, Any]:
    """Rows, without the clock: when a batch ended and what the audit says of when."""
    found: dict[str, Any] = contents(database, but=_LATER)
    place = list(Base.metadata.tables["import_batch"].columns.keys()).index("finished_at")
    found["import_batch"] = [row[:place] + row[place + 1 :] for row in found["import_batch"]]
    return found


# -- refusals ------------------------------------------------------------------------------------


def test_an_existing_file_is_not_overwritten(
    database: Engine, here: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "a.dunghan"
    path.write_text("mine")
    with pytest.raises(BackupRefused, match="Đã có tệp"):
        make_backup(database, here, path, actor=LAN)
    assert path.read_text() == "mine"
    with pytest.raises(BackupRefused, match="Không có thư mục"):
        make_backup(database, here, tmp_path / "no" / "a.dunghan", actor=LAN)


def test_only_into_an_empty_database_unless_told(
    database: Engine, here: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    path, _ = make_backup(database, here, tmp_path / "a.dunghan", actor=LAN)
    target = _opened(elsewhere)
    migrate(target)  # tables without rows are still empty
    target.dispose()
    restore_backup(elsewhere, path, actor=LAN)
    with pytest.raises(BackupRefused, match="đã có dữ liệu"):
        restore_backup(elsewhere, path, actor=LAN)
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    done = restore_backup(elsewhere, path, actor=LAN, replace=True, now=at)
    assert done.kept is not None
    if target.dialect.name == "sqlite":
        kept = Path(str(make_url(elsewhere.database_url).database)).with_name(done.kept)
        with closing(sqlite3.connect(kept)) as old:
            assert old.execute("SELECT count(*) FROM dossier").fetchone() == (16,)
    else:
        with target.connect() as connection:
            query = text(f"SELECT count(*) FROM {done.kept}.dossier")
            assert connection.execute(query).scalar_one() == 16
    target.dispose()


@pytest.mark.parametrize("broken", ["no database at all", "broken in its middle"])
def test_a_broken_file_is_put_aside_when_told(
    made: tuple[Settings, Path], tmp_path: Path, broken: str
) -> None:
    here, path = made
    if make_url(here.database_url).get_backend_name() != "sqlite":
        pytest.skip("a file of SQLite")
    target = tmp_path / "hong" / "dung-han.db"
    there = here.model_copy(
        update={"database_url": f"sqlite:///{target}", "data_dir": tmp_path / "hong"}
    )
    empty = open_database(there.database_url)
    migrate(empty)
    empty.dispose()
    content = bytearray(target.read_bytes())
    start = 0 if broken == "no database at all" else 100
    content[start:] = b"\xa5" * (len(content) - start)
    target.write_bytes(content)
    with pytest.raises(BackupRefused, match="--replace"):
        restore_backup(there, path, actor=LAN)
    assert target.read_bytes() == content
    done = restore_backup(there, path, actor=LAN, replace=True)
    assert done.kept is not None
    assert (target.parent / done.kept).read_bytes() == content
    assert done.audit.ok


@pytest.mark.postgres
def test_a_restore_that_fails_leaves_what_was_there(
    postgres_database: Engine,
    postgres_server: PostgresServer,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = postgres_database.url.render_as_string(hide_password=False)
    here = settings.model_copy(update={"database_url": url})
    add_catalogue(postgres_database)
    path, _ = make_backup(postgres_database, here, tmp_path / "a.dunghan", actor=LAN)
    before = contents(postgres_database)

    postgres_database.dispose()  # a restore refuses while anybody is connected

    def fail(*_: object) -> None:
        raise BackupRefused("disk full")

    monkeypatch.setattr(postgres, "load", fail)
    with pytest.raises(BackupRefused, match="disk full"):
        restore_backup(here, path, actor=LAN, replace=True)
    assert contents(postgres_database) == before


@pytest.fixture
def made(sqlite_database: Engine, settings: Settings, tmp_path: Path) -> tuple[Settings, Path]:
    """A back-up of a small SQLite database, and settings of an empty machine."""
    add_catalogue(sqlite_database)
    path, _ = make_backup(sqlite_database, settings, tmp_path / "a.dunghan", actor=LAN)
    folder = tmp_path / "there"
    return (
        settings.model_copy(
            update={"database_url": f"sqlite:///{folder}/dung-han.db", "data_dir": folder}
        ),
        path,
    )


def _rewritten(path: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    with tarfile.open(path) as tar:
        parts = [(info.name, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]
    with tarfile.open(path, "w") as tar:
        for part in parts:
            changed = change(*part)
            if changed is not None:
                info = tarfile.TarInfo(changed[0])
                info.size = len(changed[1])
                tar.addfile(info, io.BytesIO(changed[1]))


def _broken(name: str, content: bytes) -> tuple[str, bytes]:
    return (name, content if name == MANIFEST else content[:-40] + b"x" * 40)


def _newer(name: str, content: bytes) -> tuple[str, bytes]:
    if name != MANIFEST:
        return name, content
    return name, json.dumps(json.loads(content) | {"schema": "9999"}).encode()


def _without_database(name: str, content: bytes) -> tuple[str, bytes] | None:
    return None if name == DATABASE["sqlite"] else (name, content)


def _elsewhere(name: str, content: bytes) -> tuple[str, bytes]:
    return ("../../evil" if name != MANIFEST else name), content


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_broken, "không khớp mã kiểm tra"),
        (_newer, "phiên bản mới hơn"),
        (_without_database, "thiếu database"),
        (_elsewhere, "phần lạ"),
        (lambda name, content: (name.replace("manifest", "other"), content), "không phải"),
        (lambda name, content: (name, b"{}"), "dạng mới hơn"),
        (lambda name, content: (name, b"nonsense"), "không đọc được mục lục"),
    ],
)
def test_a_broken_back_up_is_refused_before_anything_is_touched(
    made: tuple[Settings, Path], change: Any, says: str
) -> None:
    there, path = made
    _rewritten(path, change)
    with pytest.raises(BackupRefused, match=says):
        restore_backup(there, path, actor=LAN)
    assert not Path(str(make_url(there.database_url).database)).exists()


def test_a_cut_off_back_up_is_refused(made: tuple[Settings, Path]) -> None:
    there, path = made
    whole = path.read_bytes()
    for length in (0, 100, 600, len(whole) // 2, len(whole) - 11_000):
        path.write_bytes(whole[:length])
        with pytest.raises(BackupRefused):
            restore_backup(there, path, actor=LAN)
    with pytest.raises(BackupRefused, match="Không tìm thấy"):
        restore_backup(there, path.with_name("none"), actor=LAN)


def test_another_sort_of_database_is_refused(made: tuple[Settings, Path]) -> None:
    there, path = made
    other = there.model_copy(update={"database_url": "postgresql://nobody@nowhere.invalid/x"})
    with pytest.raises(BackupRefused, match="cùng loại"):
        restore_backup(other, path, actor=LAN)


@pytest.mark.parametrize("writes", [False, True])
def test_a_database_in_use_is_not_replaced(
    database: Engine, here: Settings, elsewhere: Settings, tmp_path: Path, writes: bool
) -> None:
    """Also where the other session only waits for its next screen."""
    path, _ = make_backup(database, here, tmp_path / "a.dunghan", actor=LAN)
    restore_backup(elsewhere, path, actor=LAN)
    there = _opened(elsewhere)
    transaction = write_transaction if writes else read_transaction
    with transaction(there) as connection:
        connection.execute(text("SELECT 1 FROM dossier")).all()
        with pytest.raises(BackupRefused, match="đang được dùng"):
            restore_backup(elsewhere, path, actor=LAN, replace=True)
        before = connection.execute(text("SELECT count(*) FROM dossier")).scalar_one()
    assert before == 16
    there.dispose()
    restore_backup(elsewhere, path, actor=LAN, replace=True)


@pytest.mark.slow
def test_a_restore_while_another_process_imports_does_nothing(
    database: Engine,
    settings: Settings,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Its tables are not renamed or replaced under its hands; afterwards all is as it imported."""
    here = settings.model_copy(
        update={"database_url": database.url.render_as_string(hide_password=False)}
    )
    add_catalogue(database)
    path, _ = make_backup(database, here, tmp_path / "a.dunghan", actor=LAN)
    database.dispose()
    rounds = 2
    with _write_rounds(here.database_url, tmp_path / "writer", rounds, "stay") as writer:
        assert writer.stdout is not None
        for _ in range(rounds):
            writer.stdout.readline()
            with pytest.raises(BackupRefused, match="đang được dùng"):
                restore_backup(here, path, actor=LAN, replace=True)
    assert writer.returncode == 0
    fresh = _Fresh(database, request)
    again = here.model_copy(update={"database_url": fresh.url()})
    replayed = _opened(again)
    migrate(replayed)
    add_catalogue(replayed)
    with _write_rounds(again.database_url, tmp_path / "again", rounds) as writer:
        assert writer.stdout is not None
        writer.stdout.read()
    assert _plain(database) == _plain(replayed)
    replayed.dispose()
    fresh.drop()


def test_the_audits_key_is_asked_for_first(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    signed = settings.model_copy(update={"audit_key": SecretStr("a" * 40)})
    audit.record(sqlite_database, "edit", actor=LAN, keys=signed.audit_keys)
    path, _ = make_backup(sqlite_database, signed, tmp_path / "a.dunghan", actor=LAN)
    folder = tmp_path / "there"
    there = settings.model_copy(
        update={"database_url": f"sqlite:///{folder}/dung-han.db", "data_dir": folder}
    )
    with pytest.raises(BackupRefused, match="lost-audit-key"):
        restore_backup(there, path, actor=LAN)
    assert not (folder / "dung-han.db").exists()
    new = there.model_copy(update={"audit_key": SecretStr("b" * 40)})
    with pytest.raises(BackupRefused, match="audit new-key"):
        restore_backup(there, path, actor=LAN, lost_audit_key=True)
    assert not (folder / "dung-han.db").exists()
    done = restore_backup(new, path, actor=LAN, lost_audit_key=True)
    assert done.audit.ok
    assert [stretch.state for stretch in done.audit.stretches] == ["lost", "signed"]
    database = _opened(new)
    assert audit.verify(database, keys=new.audit_keys, shelf=audit.Shelf.of(new)).ok
    database.dispose()


def test_a_changed_audit_is_told(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    audit.record(sqlite_database, "edit", actor=LAN)
    with sqlite_database.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("UPDATE audit SET actor = 'x'"))
    path, _ = make_backup(sqlite_database, settings, tmp_path / "a.dunghan", actor=LAN)
    folder = tmp_path / "there"
    there = settings.model_copy(
        update={"database_url": f"sqlite:///{folder}/dung-han.db", "data_dir": folder}
    )
    verdict = restore_backup(there, path, actor=LAN).audit
    assert (verdict.ok, verdict.broken) == (False, 1)


# -- the rest ------------------------------------------------------------------------------------


def test_sessions_do_not_come_back(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, made: tuple[Settings, Path]
) -> None:
    with sqlite_database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO account (id, name, full_name, role, passphrase_hash, must_change,"
                " created_at) VALUES (1, 'lan', 'Lan', 'admin', 'x', 0, 0)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO signed_in (id, account_id, token_hash, created_at, seen_at,"
                " expires_at) VALUES (1, 1, 'x', 0, 0, 99999999999999)"
            )
        )
    path, _ = make_backup(sqlite_database, settings, tmp_path / "b.dunghan", actor=LAN)
    there, _ = made
    restore_backup(there, path, actor=LAN)
    database = _opened(there)
    with database.connect() as connection:
        found = connection.execute(text("SELECT end_reason FROM signed_in")).scalar_one()
    database.dispose()
    assert found == "revoked"


def test_a_folder_keeps_the_newest(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "dung-han-notes.dunghan").write_text("mine")
    for day in (1, 2, 3):
        at = datetime(2026, 1, day, tzinfo=UTC)
        make_backup(sqlite_database, settings, folder, actor=LAN, keep=2, now=at)
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "dung-han-20260102-000000.dunghan",
        "dung-han-20260103-000000.dunghan",
        "dung-han-notes.dunghan",
    ]


def test_a_back_up_that_the_audit_cannot_take_is_not_kept(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise audit.AuditUnavailable("đang bận")

    monkeypatch.setattr(audit, "record", refuse)
    path = tmp_path / "a.dunghan"
    with pytest.raises(audit.AuditUnavailable):
        make_backup(sqlite_database, settings, path, actor=LAN, wait=lambda _: None)
    assert not path.exists()


def test_every_file_of_an_installation_is_in_it_or_can_be_made_anew(
    made: tuple[Settings, Path],
) -> None:
    there, path = made
    there.data_dir.mkdir(exist_ok=True)
    there.boundaries.write_text("{}")
    restore_backup(there, path, actor=LAN)
    found = {entry.name for entry in there.data_dir.iterdir()}
    database = {f"dung-han.db{ending}" for ending in ("", "-wal", "-shm")}
    # Marks vouch for the database; a copy of them beside it would not.
    assert found - database - {"snapshot", FILE} == set(kept_files(there))


def test_the_command_line(
    made: tuple[Settings, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, path = made
    assert read_manifest(path).database == "sqlite"
    assert read_manifest(path).program == version()
    monkeypatch.setenv("DATABASE_URL", there.database_url)
    monkeypatch.setenv("DATA_DIR", str(there.data_dir))

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, list(words), catch_exceptions=False)

    done = run("restore", str(path))
    assert done.exit_code == 0, done.output
    assert "Nhật ký kiểm soát nguyên vẹn: 0 dòng." in done.output
    again = run("restore", str(path))
    assert (again.exit_code, "--replace" in again.output) == (2, True)
    saved = run("backup", str(tmp_path / "c.dunghan"))
    assert saved.exit_code == 0
    assert "SHA-256: " in saved.output
    assert "dữ liệu cá nhân đọc được" in saved.output
    assert run("audit", "verify").exit_code == 0
