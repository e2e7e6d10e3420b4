"""The commands: what they print and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select

from connectors.__main__ import last_sunday, main
from connectors.database.models import Setting
from connectors.database.session import migrate, open_database
from connectors.settings import load_settings
from tests.connectors.intake.conftest import GOOD, add_catalogue, dossiers, file_of


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command on a SQLite installation that has the small source's units."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'lenh.db'}")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "lenh"))
    engine = open_database(load_settings().database_url)
    migrate(engine)
    add_catalogue(engine)
    engine.dispose()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, list(arguments), catch_exceptions=False)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ho-so.csv"
    bad = GOOD.replace("HS-1", "HS-2").replace("05/06/2025", "31/02/2025")
    path.write_text(file_of(GOOD, bad), encoding="utf-8")
    return path


def test_an_import_says_what_it_did(
    command: Callable[..., Result], file: Path, mapping_file: Path, tmp_path: Path
) -> None:
    result = command("import", str(file), "--mapping", str(mapping_file))
    assert result.exit_code == 0
    for part in (
        "Lô nhập 1: ho-so.csv, ánh xạ thu-nghiem",
        "Hồ sơ mới:",
        "Dòng 3, cột “Tiếp nhận”, giá trị “31/02/2025 08:00”: ngày 31/02/2025 không có",
        "python -m connectors rejected 1",
    ):
        assert part in result.stdout
    assert (tmp_path / "lenh" / "snapshot").is_dir()
    listed = command("rejected")
    assert "31/02/2025" in listed.stdout
    exported = tmp_path / "tu-choi.xlsx"
    command("rejected", "1", "--output", str(exported))
    assert exported.read_bytes().startswith(b"PK")
    rows = json.loads(command("rejected", "--json").stdout)
    assert rows[0]["row"]["Mã hồ sơ"] == "HS-2"


def test_an_import_as_json(command: Callable[..., Result], file: Path, mapping_file: Path) -> None:
    result = command("import", str(file), "--mapping", str(mapping_file), "--json", "--dry-run")
    report = json.loads(result.stdout)
    assert (report["rows_inserted"], report["rows_rejected"], report["dry_run"]) == (1, 1, True)
    assert report["first_rejected"][0]["line"] == 3
    assert dossiers(open_database(load_settings().database_url)) == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "khong-co.csv", "--mapping", "coselog"),
        ("import", "khong-co.csv", "--mapping", "khong-co"),
        ("pull", "coselog"),
        ("pull", "khong-co"),
    ],
)
def test_what_is_refused_ends_with_two(
    arguments: tuple[str, ...], command: Callable[..., Result]
) -> None:
    result = command(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip().endswith((".", "pull."))


def test_the_template_and_the_list_of_mappings(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "mau.xlsx"
    assert command("template", "--output", str(path)).exit_code == 0
    assert path.read_bytes().startswith(b"PK")
    plain = tmp_path / "mau-2.xlsx"
    assert command("template", str(plain)).exit_code == 0
    assert plain.read_bytes().startswith(b"PK")
    assert "truc-lien-thong" in command("mappings").stdout
    assert "mới nhất" in command("migrate").stdout


def test_no_sample_where_there_are_dossiers(
    command: Callable[..., Result], file: Path, mapping_file: Path
) -> None:
    command("import", str(file), "--mapping", str(mapping_file), "--no-snapshot")
    result = command("sample", "--if-empty")
    assert "đã có hồ sơ" in result.stdout
    assert command("sample").exit_code == 2


def test_a_trial_beside_sample_data_goes_on_with_a_note(
    command: Callable[..., Result], file: Path, mapping_file: Path
) -> None:
    database = open_database(load_settings().database_url)
    with database.begin() as connection:
        connection.execute(insert(Setting).values(key="data_kind", value="sample"))
    asked = ("import", str(file), "--mapping", str(mapping_file))
    tried = command(*asked, "--dry-run")
    assert tried.exit_code == 0
    assert "Hồ sơ mới:" in tried.stdout
    assert "khi nhập thật hãy thêm --replace-sample" in tried.stdout
    assert command(*asked).exit_code == 2
    with database.connect() as connection:
        kind = connection.execute(select(Setting.value).where(Setting.key == "data_kind"))
        assert kind.scalar_one() == "sample"


def test_a_pull_reports_like_an_import(command: Callable[..., Result], tmp_path: Path) -> None:
    import sqlite3

    source = tmp_path / "nguon.db"
    with sqlite3.connect(source) as connection:
        connection.execute("CREATE TABLE h (ma TEXT, nhan TEXT, don_vi TEXT)")
        connection.execute("INSERT INTO h VALUES ('A', '2025-06-05 08:00:00', '09556')")
    connection.close()
    mapping = tmp_path / "n.toml"
    mapping.write_text(
        f"""
        [source]
        code = "n"
        name = "N"
        [sql]
        url = "sqlite:///{source}"
        query = "SELECT * FROM h"
        [columns]
        code = "ma"
        received_at = "nhan"
        [units.resolving]
        column = "don_vi"
        """,
        encoding="utf-8",
    )
    result = command("pull", str(mapping), "--no-snapshot", "--json")
    assert json.loads(result.stdout)["rows_inserted"] == 1


def test_the_last_full_week_ends_before_today() -> None:
    assert last_sunday(date(2025, 6, 9)) == date(2025, 6, 8)  # a Monday
    assert last_sunday(date(2025, 6, 8)) == date(2025, 6, 1)  # a Sunday is not over
