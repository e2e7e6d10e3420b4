"""A command knows its installation: the service's settings file, its database, its account."""

from __future__ import annotations

import os
import pwd
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, inspect

from connectors.__main__ import main
from connectors.database.session import open_database
from connectors.read import officer_codes
from connectors.settings import Settings, SettingsError, load_settings, variable
from tests.postgres_server import PostgresServer

NOBODY = 65534
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the settings file's installation keeps its data; not there yet."""
    return tmp_path / "lib"


@pytest.fixture
def file(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's settings file, which nobody has named."""
    path = tmp_path / "etc" / "env"
    path.parent.mkdir()
    path.write_text(f"DATABASE_URL=sqlite:///{place}/a.db\nDATA_DIR={place}\n", encoding="utf-8")
    monkeypatch.setattr("connectors.settings.SETTINGS_FILE", path)
    monkeypatch.delenv("SETTINGS_FILE")
    monkeypatch.delenv("DATA_DIR")
    return path


@pytest.fixture(autouse=True)
def _closes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a command has opened is closed in the end, as when its process ends."""
    made = list[Engine]()

    def open_(*what: Any, **how: Any) -> Engine:
        made.append(open_database(*what, **how))
        return made[-1]

    monkeypatch.setattr("connectors.console.open_database", open_)
    yield
    for engine in made:
        engine.dispose()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


# -- where settings come from ------------------------------------------------------------------


def test_a_shell_has_the_services_file_and_the_environment_wins(
    file: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(
        f"DATA_DIR={place}\nPUBLIC_URL='https://dung-han.example.vn'\nbehind_proxy=1\n"
        "TIMEZONE=\nNGUON=postgresql://nguon\n",
        encoding="utf-8",
    )
    settings = load_settings()
    assert settings.data_dir == place
    assert settings.database_url == f"sqlite:///{place}/dung-han.db"
    assert (settings.public_url, settings.behind_proxy) == ("https://dung-han.example.vn", True)
    assert settings.timezone == "Asia/Ho_Chi_Minh"
    assert (variable("NGUON"), variable("KHONG_CO")) == ("postgresql://nguon", "")
    monkeypatch.setenv("PUBLIC_URL", "https://khac.example.vn")
    monkeypatch.setenv("NGUON", "sqlite:///khac")
    assert load_settings().public_url == "https://khac.example.vn"
    assert variable("NGUON") == "sqlite:///khac"


def test_the_file_wins_over_streamlits_secrets(
    file: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('[connections.dossiers]\nurl = "postgresql://secrets/x"\n')
    monkeypatch.setattr("connectors.settings.SECRETS_FILE", secrets)
    assert load_settings().database_url == f"sqlite:///{place}/a.db"
    file.write_text(f"DATA_DIR={place}\n")
    assert load_settings().database_url == "postgresql://secrets/x"


def test_another_file_is_named_by_the_environment(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "khac"
    other.write_text("PUBLIC_URL=https://khac.example.vn\n")
    monkeypatch.setenv("SETTINGS_FILE", str(other))
    assert load_settings().public_url == "https://khac.example.vn"
    monkeypatch.setenv("SETTINGS_FILE", os.devnull)
    assert load_settings().public_url == ""
    monkeypatch.setenv("SETTINGS_FILE", str(tmp_path / "khong-co"))
    with pytest.raises(SettingsError, match="Không đọc được tệp cấu hình"):
        load_settings()


def test_a_source_of_a_mapping_has_its_address_from_the_file(
    file: Path, place: Path, tmp_path: Path
) -> None:
    run("migrate")
    file.write_text(f"{file.read_text()}NGUON=sqlite:///{tmp_path}/khong-co.db\n")
    mapping = tmp_path / "keo.toml"
    mapping.write_text(
        '[source]\ncode = "k"\nname = "K"\n[sql]\nurl = "env:NGUON"\nquery = "SELECT 1"\n'
        '[columns]\ncode = "a"\nreceived_at = "b"\n'
        '[units.resolving]\ncolumn = "c"\nscheme = "H26"\n',
        encoding="utf-8",
    )
    said = run("pull", str(mapping))
    assert said.exit_code == 2
    assert "khong-co.db" in said.stderr
    file.write_text(file.read_text().replace("NGUON=", "NGUON2="))
    del os.environ["NGUON"]  # the command's own, gone with its process
    assert "Chưa đặt NGUON," in run("pull", str(mapping)).stderr


def test_a_shell_has_what_the_file_sets_for_others_as_the_service_has_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``PGPASSWORD`` in the file is read by the driver, not by us."""
    monkeypatch.setenv("PGSSLMODE", "require")
    file.write_text(f"{file.read_text()}PGPASSWORD='a b'\nPGSSLMODE=disable\nTIMEZONE=Asia/Tokyo\n")
    load_settings()
    assert (os.environ["PGPASSWORD"], os.environ["PGSSLMODE"]) == ("a b", "require")
    assert "TIMEZONE" not in os.environ, "ours are read where they stand"


# -- which database, and never a new one in silence -------------------------------------------


def test_with_the_file_a_command_says_nothing_of_the_database(file: Path, place: Path) -> None:
    done = run("migrate")
    assert done.exit_code == 0, done.stderr
    assert "dùng cơ sở dữ liệu" not in done.stderr
    assert (place / "a.db").is_file()
    assert run("account", "first").exit_code == 0


def test_a_command_that_finds_no_file_says_which_database_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = tmp_path / "installation" / "dung-han.db"
    said = run("migrate")
    assert said.exit_code == 0
    assert (
        f"Không có tệp cấu hình (/etc/dung-han/env); dùng cơ sở dữ liệu SQLite {default} (mặc định)"
        in said.stderr
    )
    monkeypatch.setenv("DATABASE_URL", "postgresql://lan:bi-mat@127.0.0.1:1/x?passfile=kin")
    named = run("account", "list").stderr
    assert "dùng cơ sở dữ liệu PostgreSQL postgresql://lan:***@127.0.0.1:1/x" in named
    assert "(môi trường)" in named
    assert "bi-mat" not in named
    assert "kin" not in named


def test_the_services_own_environment_is_no_other_one(
    file: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("migrate")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{place}/a.db")  # as EnvironmentFile= gives it
    monkeypatch.setenv("DATA_DIR", str(place))
    assert "dùng cơ sở dữ liệu" not in run("account", "list").stderr
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/thu.db")
    said = run("migrate").stderr
    assert f"Môi trường đặt khác tệp cấu hình {file}; dùng cơ sở dữ liệu SQLite" in said
    monkeypatch.delenv("DATABASE_URL")
    file.write_text(f"DATA_DIR={place}\n")
    assert f"Tệp cấu hình {file} không đặt DATABASE_URL" in run("migrate").stderr


COMMANDS = [
    ("account", "reset", "quantri"),
    ("account", "first"),
    ("account", "list"),
    ("import", "x.csv", "--mapping", "coselog"),
    ("pull", "coselog"),
    ("snapshot",),
    ("units",),
    ("rejected",),
    ("register", "examples"),
    ("owners", "status"),
    ("audit", "verify"),
    ("backup", "x.dhb"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_makes_a_database_in_silence(
    file: Path, place: Path, command: tuple[str, ...]
) -> None:
    said = run(*command)
    assert said.exit_code == 2
    assert f"Chưa có cơ sở dữ liệu để dùng ở SQLite {place}/a.db" in said.stderr
    assert f"tệp {file}, dòng 1" in said.stderr
    assert ".venv/bin/python -m connectors migrate" in said.stderr
    assert not place.exists()


def test_an_empty_file_or_somebody_elses_is_no_database_either(file: Path, place: Path) -> None:
    place.mkdir()
    (place / "a.db").touch()
    said = run("account", "list")
    assert (said.exit_code, "Tệp đó rỗng." in said.stderr) == (2, True)
    assert (place / "a.db").stat().st_size == 0
    with closing(sqlite3.connect(place / "a.db")) as connection:
        connection.execute("CREATE TABLE of_somebody_else (x)")
    said = run("account", "list")
    assert (said.exit_code, "chưa có bảng nào của Đúng Hạn" in said.stderr) == (2, True)


@pytest.mark.postgres
def test_on_postgresql_only_migrate_makes_tables(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = postgres_server.create()
    monkeypatch.setenv("DATABASE_URL", postgres_server.url(name))
    try:
        said = run("account", "reset", "quantri")
        assert (said.exit_code, "chưa có bảng nào của Đúng Hạn" in said.stderr) == (2, True)
        engine = open_database(postgres_server.url(name))
        assert inspect(engine).get_table_names() == []
        engine.dispose()
        assert run("migrate").exit_code == 0
        assert run("account", "list").exit_code == 0
    finally:
        postgres_server.drop(name)


def test_what_reads_for_a_moment_makes_nothing(tmp_path: Path) -> None:
    from sqlalchemy.exc import OperationalError

    with pytest.raises(OperationalError):
        officer_codes(Settings(data_dir=tmp_path / "x"))
    assert not (tmp_path / "x").exists()


def test_sample_makes_one(file: Path, place: Path) -> None:
    done = run("sample", "--dossiers", "200", "--no-registers")
    assert done.exit_code == 0, done.stderr
    assert (place / "a.db").is_file()


# -- the service's account --------------------------------------------------------------------


@AS_ROOT
def test_root_leaves_nothing_behind_that_the_service_cannot_read(file: Path, place: Path) -> None:
    os.chown(file, 0, NOBODY)
    missing = run("migrate")
    assert missing.exit_code == 2
    assert "Thư mục dữ liệu" in missing.stderr
    assert "install -d -o nogroup -g nogroup -m 0700" in missing.stderr
    assert not place.exists()
    place.mkdir()
    os.chown(place, NOBODY, NOBODY)
    refused = run("migrate")
    assert refused.exit_code == 2
    assert f"{place} là của tài khoản nobody, còn lệnh này đang chạy bằng tài khoản root" in (
        refused.stderr
    )
    assert "sudo -u nobody .venv/bin/python -m connectors" in refused.stderr
    assert list(place.iterdir()) == []


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every module that a command loads is there, whoever may read it afterwards."""
    with monkeypatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/loaded/a.db")
        patch.setenv("DATA_DIR", f"{tmp_path}/loaded")
        for command in (("migrate",), ("account", "list")):
            assert run(*command).exit_code == 0


@AS_ROOT
@pytest.mark.usefixtures("loaded")
def test_the_service_itself_may(file: Path, place: Path) -> None:
    place.mkdir(mode=0o700)
    os.chown(place, NOBODY, NOBODY)
    _let_pass(file)
    done = _as_nobody("migrate")
    assert done.exit_code == 0, done.stderr
    assert (place / "a.db").stat().st_uid == NOBODY


@AS_ROOT
@pytest.mark.usefixtures("loaded")
def test_a_file_that_the_account_may_not_read_leads_to_no_other_database(
    file: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _let_pass(file)
    file.chmod(0o600)
    refused = _as_nobody("account", "list")
    assert refused.exit_code == 2
    assert f"Không có quyền đọc tệp cấu hình {file}" in refused.stderr
    assert "sudo -u dung-han" in refused.stderr
    file.parent.chmod(0o700)
    assert f"Không có quyền đọc tệp cấu hình {file}" in _as_nobody("account", "list").stderr
    assert not place.exists()
    # As systemd starts the service, which may not read the file itself: it has been told already.
    place.mkdir(mode=0o700)
    os.chown(place, NOBODY, NOBODY)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{place}/a.db")
    monkeypatch.setenv("DATA_DIR", str(place))
    assert _as_nobody("migrate").exit_code == 0


@AS_ROOT
@pytest.mark.usefixtures("loaded")
def test_what_the_account_may_not_write_is_told_in_words(file: Path, place: Path) -> None:
    _let_pass(file)
    refused = _as_nobody("migrate")
    assert refused.exit_code == 2
    assert f"Không có quyền với {place}" in refused.stderr


def _let_pass(file: Path) -> None:
    """Others may go to where the test's files are; pytest keeps its folders to itself."""
    file.chmod(0o644)
    for folder in file.parents:
        if folder.is_relative_to(gettempdir()) and folder != Path(gettempdir()):
            folder.chmod(0o755)


def _as_nobody(*arguments: str) -> Result:
    """The same command of an account without any rights."""
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        return run(*arguments)
    finally:
        os.seteuid(0)
        os.setegid(0)


@AS_ROOT
def test_an_owner_without_a_name_is_no_account_to_run_as(
    file: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.mkdir()
    os.chown(place, 54_321, 0)
    with pytest.raises(KeyError):
        pwd.getpwuid(54_321)
    assert run("migrate").exit_code == 0
