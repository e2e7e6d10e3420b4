"""OWNER_KEY lost for good: owners are taken again from the sources that are pulled."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

from connectors import audit
from connectors.__main__ import main
from connectors.database.session import open_database
from connectors.engine import Scope
from connectors.privacy import reveal_owner
from connectors.privacy.rotate import status
from connectors.settings import Settings
from tests.connectors.intake.conftest import add_catalogue
from tests.connectors.privacy.conftest import Planted, planted

_MAPPING = """
[source]
code = "{code}"
name = "Một cửa điện tử"

[sql]
url = "sqlite:///{path}"
query = "SELECT * FROM ho_so"
watermark = "cap_nhat"
watermark_kind = "number"

[columns]
code = "ma"
received_at = "tiep_nhan"
due_at = "hen_tra"
ended_at = "xong"

[units.resolving]
column = "don_vi"
by = "code"
"""
_OWNER = """
[owner]
name = "chu"
phone = "dien_thoai"
address = "dia_chi"
national_id = "giay_to"
"""
_TABLE = (
    "CREATE TABLE ho_so (ma, tiep_nhan, hen_tra, xong, don_vi, cap_nhat,"
    " chu, dien_thoai, dia_chi, giay_to)"
)
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def _source(
    folder: Path, code: str, owners: list[Planted], mapping: str = _MAPPING + _OWNER
) -> str:
    """Another system's database with these owners; its mapping."""
    path = folder / f"{code}.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(_TABLE)
        connection.executemany(
            "INSERT INTO ho_so VALUES (?, '2025-06-05 08:00', '2025-06-10 16:00', ?, '09556', ?,"
            " ?, ?, ?, ?)",
            [
                (
                    f"{code}-{one.code}", "2025-31-02" if one.rejected else "2025-06-09 10:00",
                    number, one.name, one.phone, one.address, one.national_id,
                )
                for number, one in enumerate(owners, 1)
            ],
        )  # fmt: skip
        connection.commit()
    mapped = folder / f"{code}.toml"
    mapped.write_text(mapping.format(code=code, path=path), encoding="utf-8")
    return str(mapped)


@pytest.fixture
def run(
    database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    return _commands(database, settings, monkeypatch)


def _commands(
    database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Runs a command under these keys of owners; what it has opened is closed afterwards."""
    url = database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    made = list[Engine]()

    def open_(url: str, patience: Any = None, **how: bool) -> Engine:
        made.append(open_database(url, patience, **how))
        return made[-1]

    monkeypatch.setattr("connectors.console.open_database", open_)

    def go(keys: str, *words: str) -> Any:
        monkeypatch.setenv("OWNER_KEY", keys)
        done = CliRunner().invoke(main, [*words], catch_exceptions=False)
        while made:
            made.pop().dispose()
        return done

    return go


def _revealed(database: Engine, key: str) -> dict[str, tuple[str | None, ...]]:
    """Every owner in the clear, as somebody who may see them reads them one by one."""
    with database.connect() as connection:
        dossiers = connection.execute(text("SELECT id, code FROM dossier")).all()
    found = dict[str, tuple[str | None, ...]]()
    for number, code in dossiers:
        owner = reveal_owner(
            database, number, Scope(None), audit.Actor("Lan"), "kiểm tra sau khi lấy lại",
            keys=(key,),
        )  # fmt: skip
        assert owner is not None
        found[code] = (owner.name, owner.phone, owner.address, owner.national_id)
    return found


def test_the_way_back_is_one_command(
    database: Engine, settings: Settings, tmp_path: Path, run: Callable[..., Any]
) -> None:
    add_catalogue(database)
    owners = planted(10)
    source = _source(tmp_path, "mot-cua", owners)
    assert run(OLD, "pull", source, "--no-snapshot").exit_code == 0
    assert status(database, (OLD,)).in_order
    known = {f"mot-cua-{one.code}": one.secrets() for one in owners if not one.rejected}
    # The key is gone. Without another one, or with the source away, nothing is given up.
    without = run("", "owners", "take-again", source, "--yes")
    assert (without.exit_code, "owners new-key" in without.output) == (2, True)
    gone = run("", "owners", "drop-unreadable", "--yes")
    assert (gone.exit_code, "Chưa có gì thay đổi" in gone.output) == (2, True)
    (tmp_path / "mot-cua.db").rename(tmp_path / "away.db")
    away = run(NEW, "owners", "take-again", source, "--yes")
    assert away.exit_code == 2
    (tmp_path / "away.db").rename(tmp_path / "mot-cua.db")
    bare = _source(tmp_path, "khong-chu", [], _MAPPING)
    refused = run(NEW, "owners", "take-again", source, bare, "--yes")
    assert (refused.exit_code, "không có chủ hồ sơ" in refused.output) == (2, True)
    assert run(NEW, "owners", "take-again", source).exit_code == 1  # nobody said yes
    assert status(database, (OLD,)).in_order
    # An ordinary pull is refused, and would read nothing anew.
    assert run(NEW, "pull", source, "--no-snapshot").exit_code == 2
    before = _figures(database)
    done = run(NEW, "owners", "take-again", source, "--yes")
    assert done.exit_code == 0, done.output
    assert "Đã bỏ 10 dòng không mở được." in done.output
    assert "Mọi hồ sơ đã được đọc lại cùng chủ hồ sơ" in done.output
    assert _revealed(database, NEW) == known
    assert status(database, (NEW,)).in_order
    assert run(NEW, "owners", "status").exit_code == 0
    assert _figures(database) == before
    # From here on pulls are as they were: nothing is new.
    again = run(NEW, "pull", source, "--no-snapshot")
    assert "Hồ sơ thay đổi:" not in again.output or _counted(again.output, "Hồ sơ thay đổi") == 0
    assert _revealed(database, NEW) == known


def _counted(told: str, label: str) -> int:
    line = next(line for line in told.splitlines() if label in line)
    return int(line.split()[-1].replace(".", ""))


def _figures(database: Engine) -> list[Any]:
    """What figures are made of."""
    query = "SELECT code, received_at, due_at, ended_at, resolving_unit_id FROM dossier ORDER BY 1"
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_what_other_sources_have_to_give_is_told(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_catalogue(sqlite_database)
    first, second = (_source(tmp_path, code, planted(4)) for code in ("mot-cua", "dat-dai"))
    run = _commands(sqlite_database, settings, monkeypatch)
    for source in (first, second):
        assert run(OLD, "pull", source, "--no-snapshot").exit_code == 0
    half = run(NEW, "owners", "take-again", first, "--yes")
    assert "Còn 4 hồ sơ chưa có lại chủ hồ sơ" in half.output
    both = run(NEW, "owners", "take-again", first, second, "--yes")
    assert "Đã bỏ 0 dòng không mở được." in both.output
    assert "Mọi hồ sơ đã được đọc lại cùng chủ hồ sơ" in both.output
