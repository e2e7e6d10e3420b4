"""What a restore puts aside: in no later back-up, told where keys change, dropped by command."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from connectors import audit
from connectors.__main__ import main
from connectors.backup import BackupRefused, archive, make, make_backup, postgres, restore_backup
from connectors.backup.restore import Restored
from connectors.database.aside import put_aside
from connectors.database.session import open_database, write_transaction
from connectors.privacy.rotate import rotate, status
from connectors.settings import PROJECT_ROOT, Settings
from tests.connectors.backup.conftest import LAN, contents, import_dossiers

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_OWN = ("audit", "audit_head", "signed_in")
"""The restored audit is longer by the restore's own lines."""


def _in_place(database: Engine, here: Settings, path: Path, at: datetime = AT) -> Restored:
    database.dispose()  # a restore refuses while anybody is connected
    done = restore_backup(here, path, actor=LAN, replace=True, now=at)
    database.dispose()
    return done


def test_restored_in_place_twice_in_a_row(database: Engine, here: Settings, tmp_path: Path) -> None:
    """Each back-up taken after a restore can be restored in place again, row for row."""
    first, _ = make_backup(database, here, tmp_path / "1.dunghan", actor=LAN)
    before = contents(database, but=_OWN)
    import_dossiers(database, here, tmp_path, 40)
    assert _in_place(database, here, first).kept is not None
    assert contents(database, but=_OWN) == before
    size = first.stat().st_size
    for turn in (1, 2):
        path, _ = make_backup(database, here, tmp_path / f"again{turn}.dunghan", actor=LAN)
        done = _in_place(database, here, path, AT + timedelta(minutes=turn))
        assert done.audit.ok
        assert contents(database, but=_OWN) == before
        # What was put aside is not in it; it would be twice the size.
        assert path.stat().st_size < 1.4 * size
    assert len(put_aside(database)) == 3
    assert audit.verify(database, keys=here.audit_keys).ok


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.postgres
def test_a_back_up_that_still_carries_what_was_put_aside(
    database: Engine, here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As earlier releases made them, and beside a schema of somebody else's."""
    with database.begin() as connection:
        connection.execute(text("CREATE SCHEMA cua_ai_do CREATE TABLE t (a int)"))
    first, _ = make_backup(database, here, tmp_path / "1.dunghan", actor=LAN)
    before = contents(database, but=_OWN)
    _in_place(database, here, first)
    monkeypatch.setattr(postgres, "_only", lambda schema: "--no-comments")
    old, _ = make_backup(database, here, tmp_path / "old.dunghan", actor=LAN)
    monkeypatch.undo()
    _in_place(database, here, old, AT + timedelta(minutes=1))
    assert contents(database, but=_OWN) == before
    assert len(put_aside(database)) == 2
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM cua_ai_do.t")).scalar_one() == 0


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.postgres
def test_tables_in_a_schema_of_the_accounts_own(
    database: Engine, here: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    """Neither another schema is saved in its place, nor nothing; and none is restored elsewhere."""
    own = '"của ""tôi"""'
    with database.begin() as connection:
        connection.execute(text(f"ALTER SCHEMA public RENAME TO {own}"))
        connection.execute(text("CREATE SCHEMA public CREATE TABLE dossier (not_ours int)"))
        place = f"ALTER DATABASE {database.url.database} SET search_path = {own}"
        connection.execute(text(place))
    database.dispose()
    before = contents(database, but=_OWN)
    assert len(before["dossier"]) == 16
    path, _ = make_backup(database, here, tmp_path / "1.dunghan", actor=LAN)
    with pytest.raises(BackupRefused, match="search_path"):
        restore_backup(elsewhere, path, actor=LAN)
    for turn in range(2):
        assert _in_place(database, here, path, AT + timedelta(minutes=turn)).audit.ok
        assert contents(database, but=_OWN) == before
    with database.connect() as connection:
        assert connection.execute(text("SELECT not_ours FROM public.dossier")).all() == []


def test_two_restores_of_one_second_keep_both(
    database: Engine, here: Settings, tmp_path: Path
) -> None:
    path, _ = make_backup(database, here, tmp_path / "1.dunghan", actor=LAN)
    kept = [_in_place(database, here, path).kept for _ in range(2)]
    assert sorted(map(str, kept)) == [one.name for one in put_aside(database)]
    assert len(set(kept)) == 2


@pytest.fixture
def run(here: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("DATABASE_URL", here.database_url)
    monkeypatch.setenv("DATA_DIR", str(here.data_dir))
    monkeypatch.setenv("AUDIT_KEY", ",".join(here.audit_keys))
    monkeypatch.setenv("OWNER_KEY", ",".join(here.owner_keys))
    return _commands(monkeypatch)


def _commands(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs commands; what one has opened is closed afterwards, as when its process ends."""
    made = list[Engine]()

    def open_(url: str, patience: Any = None, **how: bool) -> Engine:
        made.append(open_database(url, patience, **how))
        return made[-1]

    def run(*words: str) -> Any:
        done = CliRunner().invoke(main, [*words], catch_exceptions=False)
        while made:
            made.pop().dispose()
        return done

    monkeypatch.setattr("connectors.console.open_database", open_)
    return run


def test_it_is_listed_and_dropped_by_command(
    database: Engine, here: Settings, tmp_path: Path, run: Callable[..., Any]
) -> None:
    assert "Không có dữ liệu nào" in run("aside", "list").output
    path, _ = make_backup(database, here, tmp_path / "1.dunghan", actor=LAN)
    first = str(_in_place(database, here, path).kept)
    second = str(_in_place(database, here, path, AT + timedelta(hours=1)).kept)
    listed = run("aside", "list").output
    assert listed.index(first) < listed.index(second)
    assert "02/01/2026 10:04:05" in listed  # local time
    before = contents(database, but=_OWN)
    for wrong in ("public", "dung-han.db", first[:-1], f"{first}x"):
        refused = run("aside", "drop", wrong, "--yes")
        assert (refused.exit_code, "Chưa có gì được xóa" in refused.output) == (2, True)
    assert run("aside", "drop", first).exit_code == 1  # nobody said yes
    assert len(put_aside(database)) == 2
    done = run("aside", "drop", first, "--yes")
    assert (done.exit_code, done.stdout) == (0, f"Đã xóa {first}.\n")
    assert [one.name for one in put_aside(database)] == [second]
    assert contents(database, but=_OWN) == before
    said = run("audit", "list", "--action", "aside_dropped").output
    assert f"Xóa dữ liệu cất khi phục hồi · {first}" in said
    assert audit.verify(database, keys=here.audit_keys).ok
    database.dispose()


def test_a_change_of_keys_says_what_it_leaves(
    database: Engine,
    here: Settings,
    tmp_path: Path,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, _ = make_backup(database, here, tmp_path / "1.dunghan", actor=LAN)
    kept = str(_in_place(database, here, path).kept)
    assert run("owners", "status").exit_code == 0
    new = Fernet.generate_key().decode()
    monkeypatch.setenv("OWNER_KEY", ",".join((new, *here.owner_keys)))
    done = run("owners", "rotate-key")
    old_rows = status(database, here.owner_keys).not_opened
    assert old_rows > 0
    assert f"{kept}: 0 dòng chưa mã hóa, {old_rows} dòng của khóa khác" in done.output
    assert "aside drop" in done.output
    assert "Có thể bỏ khóa cũ" not in done.output
    told = run("owners", "status")
    assert (told.exit_code, kept in told.output) == (1, True)
    assert run("aside", "drop", kept, "--yes").exit_code == 0
    assert run("owners", "status").exit_code == 0
    assert "Có thể bỏ khóa cũ" in run("owners", "rotate-key").output
    database.dispose()


def test_readable_rows_put_aside_are_told_at_the_first_key(
    database: Engine, here: Settings, tmp_path: Path, run: Callable[..., Any]
) -> None:
    open_ = here.model_copy(update={"owner_key": None})
    with write_transaction(database) as connection:
        connection.execute(text("UPDATE owner SET sealed = NULL, name = 'Nguyễn Văn An'"))
        connection.execute(text("DELETE FROM rejected_row"))
        connection.execute(text("DELETE FROM setting WHERE key = 'owner_hash_secret'"))
    path, _ = make_backup(database, open_, tmp_path / "1.dunghan", actor=LAN)
    kept = str(_in_place(database, open_, path).kept)
    rotate(database, here.owner_keys, actor=LAN, audit_keys=here.audit_keys)
    told = run("owners", "status")
    assert told.exit_code == 1
    assert f"{kept}: 16 dòng chưa mã hóa, 0 dòng của khóa khác" in told.output
    database.dispose()


def test_a_broken_file_that_was_put_aside_is_told_as_unreadable(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = settings.model_copy(update={"owner_key": SecretStr(Fernet.generate_key().decode())})
    path, _ = make_backup(sqlite_database, here, tmp_path / "1.dunghan", actor=LAN)
    sqlite_database.dispose()
    (tmp_path / "dung-han.db").write_bytes(b"\xa5" * 4096)
    kept = str(_in_place(sqlite_database, here, path).kept)
    assert (tmp_path / kept).read_bytes() == b"\xa5" * 4096
    monkeypatch.setenv("DATABASE_URL", here.database_url)
    monkeypatch.setenv("OWNER_KEY", here.owner_keys[0])
    told = _commands(monkeypatch)("owners", "status")
    assert (told.exit_code, f"{kept}: không đọc được" in told.output) == (1, True)


# -- a full disk ---------------------------------------------------------------------------------


def _no_room(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


def _left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("place", ["copy", "archive"])
def test_a_back_up_without_room_is_called_that_and_leaves_nothing(
    database: Engine,
    here: Settings,
    tmp_path: Path,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    """Programs of the databases that really meet a full device, and the program's own writing."""
    folder = tmp_path / "full"
    folder.mkdir()
    if place == "archive":
        monkeypatch.setattr(archive, "_add_file", _no_room)
    elif database.dialect.name == "postgresql":
        dump = postgres.dump
        monkeypatch.setattr(
            postgres, "dump", lambda url, _, *more: dump(url, Path("/dev/full"), *more)
        )
    else:
        monkeypatch.setattr(make, "closing", _growing_no_more)
    refused = run("backup", str(folder))
    assert refused.exit_code == 2
    assert f"Đĩa chứa thư mục {folder} đã đầy" in refused.output
    assert "Traceback" not in refused.output
    assert _left(folder) == set()
    database.dispose()


def _growing_no_more(connection: sqlite3.Connection) -> Any:
    """The copy's file may have one page, as on a disk that is full."""
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        connection.execute("PRAGMA max_page_count = 1")
    return closing(connection)


def test_a_database_that_cannot_take_the_line_keeps_no_back_up(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is told at once as full, not as busy."""
    folder = tmp_path / "backups"
    folder.mkdir()
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def refuse(*_: object, **__: object) -> NoReturn:
        raise OperationalError("INSERT", None, full)

    monkeypatch.setattr("connectors.audit.log.append", refuse)
    waits = list[float]()
    with pytest.raises(audit.AuditUnavailable, match="đã đầy"):
        make_backup(sqlite_database, settings, folder, actor=LAN, wait=waits.append)
    assert (_left(folder), waits) == (set(), [])


@pytest.mark.parametrize("step", ["unpacking", "borders", "database", "afterwards"])
def test_a_restore_without_room_says_what_stands(
    database: Engine, here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path, _ = make_backup(database, here, tmp_path / "1.dunghan", actor=LAN)
    before, borders = contents(database, but=_OWN), here.boundaries.read_text()
    there = _left(here.data_dir)
    if step == "unpacking":
        monkeypatch.setattr("connectors.backup.archive.shutil.copyfileobj", _no_room)
    elif step == "borders":
        monkeypatch.setattr("connectors.backup.restore.shutil.copyfile", _no_room)
    elif step == "afterwards":
        monkeypatch.setattr("connectors.backup.restore.snapshot.rebuild", _no_room)
    elif database.dialect.name == "postgresql":
        monkeypatch.setattr(postgres, "load", _no_room)
    else:
        monkeypatch.setattr(Path, "replace", _no_room)
    with pytest.raises(BackupRefused) as refused:
        _in_place(database, here, path)
    monkeypatch.undo()
    if step == "afterwards":
        assert "restore với --replace" in str(refused.value)
        assert put_aside(database)[0].name in str(refused.value)
        database.dispose()
        assert _in_place(database, here, path, AT + timedelta(minutes=1)).audit.ok
        return
    assert "chưa có gì được phục hồi; dữ liệu hiện có còn nguyên" in str(refused.value)
    assert contents(database, but=_OWN) == before
    assert here.boundaries.read_text() == borders
    assert put_aside(database) == []
    assert {name for name in _left(here.data_dir) - there if "-" not in name[-4:]} == set()
    database.dispose()


def test_a_log_that_has_no_room_to_be_settled_is_no_use_by_others_and_no_broken_file(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = make_backup(sqlite_database, settings, tmp_path / "1.dunghan", actor=LAN)
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def refuse(*_: object) -> NoReturn:
        raise full

    connect = sqlite3.connect

    def settling(*given: Any, **more: Any) -> Any:
        return _only_closing(refuse) if more.get("timeout") == 1 else connect(*given, **more)

    monkeypatch.setattr("connectors.backup.restore.sqlite3.connect", settling)
    sqlite_database.dispose()
    before = (tmp_path / "dung-han.db").read_bytes()
    with pytest.raises(BackupRefused, match="Đĩa đã đầy nên chưa có gì được phục hồi"):
        _in_place(sqlite_database, settings, path)
    assert (tmp_path / "dung-han.db").read_bytes() == before
    assert put_aside(sqlite_database) == []


def _only_closing(refuse: Callable[..., NoReturn]) -> Any:
    """A connection that can do nothing but end."""

    class Connection:
        execute = staticmethod(refuse)

        def close(self) -> None:
            """Ends."""

    return Connection()


def test_on_a_disk_that_is_really_full(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    """A file system of 512 KB in a name space of the test's own."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    on_small = 'mount -t tmpfs -o size=512k none "$0" && '
    if (
        shutil.which("unshare") is None
        or subprocess.run(
            [*mount, f"{on_small} true", str(small)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no file system can be mounted here")
    with sqlite_database.begin() as connection:
        connection.execute(text("CREATE TABLE big AS SELECT randomblob(2000000) AS x"))
    done = subprocess.run(
        [*mount, f'{on_small} {{ "$@"; echo "code $?"; ls "$0"; }}', str(small), sys.executable,
         "-m", "connectors", "backup", str(small)],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "DATABASE_URL": settings.database_url},
    )  # fmt: skip
    assert done.stdout == "code 2\n"  # and no file is left
    assert "đã đầy nên chưa có bản sao lưu" in done.stderr
    assert "Traceback" not in done.stderr
