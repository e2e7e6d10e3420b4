"""The first pass-phrase is shown on a screen, or lies in a file of one reader: in no log."""

from __future__ import annotations

import os
import pty
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

import connectors.access.accounts as store
from connectors import audit
from connectors.__main__ import main
from connectors.access.command import FIRST_FILE
from connectors.access.passphrase import matches
from connectors.database.session import open_database
from connectors.settings import PROJECT_ROOT, Settings

_COMMAND = ("-m", "connectors", "account", "first")
UNITS = sorted((PROJECT_ROOT / "ops").glob("*.service"))


def _hash(database: Engine) -> str:
    with database.connect() as connection:
        return str(connection.execute(text("SELECT passphrase_hash FROM account")).scalar_one())


def _first_commands() -> list[tuple[str, list[str]]]:
    """What the shipped units run that is about the first account, with its arguments."""
    found = []
    for unit in UNITS:
        for line in re.findall(r"^Exec\w+=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE):
            words = shlex.split(line)
            if "account" in words:
                found.append((unit.name, words[1:]))
    return found


@pytest.mark.usefixtures("sqlite_database")
def test_what_the_units_run_tells_the_journal_no_pass_phrase(
    settings: Settings, tmp_path: Path
) -> None:
    """Run as systemd runs it, with both outputs going elsewhere."""
    commands = _first_commands()
    assert [name for name, _ in commands] == ["dung-han.service"]
    folder = tmp_path / "data"
    environment = {**os.environ, "DATABASE_URL": settings.database_url, "DATA_DIR": str(folder)}
    (_, words), told = commands[0], ""
    for _ in range(2):  # the second start has nothing to do
        done = subprocess.run(
            [sys.executable, *words], cwd=PROJECT_ROOT, env=environment, capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        told += done.stdout + done.stderr
    path = folder / FIRST_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    once = re.findall(r"Mật khẩu dùng một lần: (\S+)", path.read_text(encoding="utf-8"))[0]
    database = open_database(settings.database_url)
    assert matches(once, _hash(database))
    database.dispose()
    assert once not in told
    assert told.count(str(path)) == 1  # where it lies
    assert [one.name for one in folder.iterdir()] == [FIRST_FILE]


@pytest.mark.usefixtures("sqlite_database")
def test_on_a_screen_it_is_shown_and_kept_nowhere(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    mine, its = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, *_COMMAND], cwd=PROJECT_ROOT, stdout=its, check=True,
            env={**os.environ, "DATABASE_URL": settings.database_url, "DATA_DIR": str(folder)},
        )  # fmt: skip
        said = os.read(mine, 65536).decode()
    finally:
        os.close(mine)
        os.close(its)
    once = re.findall(r"Mật khẩu dùng một lần:\s+(\S+)", said)[0]
    database = open_database(settings.database_url)
    assert matches(once, _hash(database))
    database.dispose()
    assert not (folder / FIRST_FILE).exists()


@pytest.fixture
def path(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Where the file is of an installation without accounts."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data" / FIRST_FILE


def _first(*more: str) -> str:
    done = CliRunner().invoke(main, ["account", "first", *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_file_goes_when_its_pass_phrase_has_been_changed(
    sqlite_database: Engine, path: Path
) -> None:
    assert str(path) in _first()
    assert _first() == ""
    assert path.exists()
    with sqlite_database.begin() as connection:
        connection.execute(text("UPDATE account SET must_change = 0"))
    assert _first() == ""
    assert not path.exists()


def test_it_is_printed_for_whoever_asks(sqlite_database: Engine, path: Path) -> None:
    once = re.findall(r"Mật khẩu dùng một lần:\s+(\S+)", _first("--show"))[0]
    assert matches(once, _hash(sqlite_database))
    assert not path.exists()


def test_no_account_is_made_where_its_pass_phrase_cannot_be_kept(
    sqlite_database: Engine, path: Path
) -> None:
    path.parent.write_text("a file where the folder should be")
    done = CliRunner().invoke(main, ["account", "first"], catch_exceptions=False)
    assert (done.exit_code, "chưa tạo tài khoản" in done.output) == (2, True)
    assert store.all_accounts(sqlite_database) == []


def test_another_process_that_was_first_keeps_its_file(
    sqlite_database: Engine, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that start together: one account, one file, and the pass-phrase in it opens."""
    make = store.first_account

    def later(database: Engine) -> tuple[str, str] | None:
        monkeypatch.setattr(store, "first_account", make)
        _first()
        return make(database)

    monkeypatch.setattr(store, "first_account", later)
    monkeypatch.setattr(os, "getpid", iter(range(1, 100)).__next__)
    assert _first().count("Đã tạo tài khoản") == 0
    once = re.findall(r"lần: (\S+)", path.read_text(encoding="utf-8"))[0]
    assert matches(once, _hash(sqlite_database))
    assert [one.name for one in path.parent.iterdir()] == [FIRST_FILE]
    assert audit.verify(sqlite_database, keys=()).lines == 1
