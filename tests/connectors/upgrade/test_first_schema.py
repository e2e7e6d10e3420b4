"""A database of the first schema, upgraded: nothing is lost, figures stand, the same files change
nothing.

FIGURES is what the program of then answered itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from click.testing import CliRunner
from sqlalchemy import Engine, inspect, text

from connectors.__main__ import main
from connectors.database.session import migration_config, open_database
from connectors.settings import Settings
from connectors.snapshot import read_manifest
from metrics.__main__ import main as figures
from tests.connectors.upgrade.first_schema import HELD, first_schema

HERE = Path(__file__).parent
FILES = {"ho-so.xlsx": ("mau-nhap-ho-so", 40), "thong-diep.jsonl": ("truc-lien-thong", 20)}
FIGURES = {"received": (60, None), "resolved": (39, None), "on_time": (31, 39)}
OLD_SNAPSHOT = '{"data_version": "2-bb84ff116890", "schema_version": "1-03058fe6b824"}'


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def first(
    request: pytest.FixtureRequest,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Settings:
    """An installation as the first schema's program left it, the way commands find it."""
    url = settings.database_url
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        url = server.url(server.create())
    first_schema(url)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    here = settings.model_copy(update={"database_url": url})
    here.snapshot_dir.mkdir()
    (here.snapshot_dir / "manifest.json").write_text(OLD_SNAPSHOT, encoding="utf-8")
    return here


Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs commands; what one has opened is closed afterwards, as when its process ends."""
    made = list[Engine]()

    def open_(url: str, patience: Any = None, **how: bool) -> Engine:
        made.append(open_database(url, patience, **how))
        return made[-1]

    def run(*words: str) -> str:
        done = CliRunner().invoke(main, words, catch_exceptions=False)
        while made:
            made.pop().dispose()
        assert done.exit_code == 0, done.output
        return done.stdout

    monkeypatch.setattr("connectors.console.open_database", open_)
    return run


def _figure(key: str) -> tuple[float, float | None]:
    asked = ["show", key, "--from", "2025-08-01", "--to", "2025-09-30", "--format", "json"]
    done = CliRunner().invoke(figures, asked, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    return row["numerator"], row["denominator"]


def test_from_the_first_schema_to_now(first: Settings, run: Run) -> None:
    """One command: the tables, the rows in them, and the snapshot."""
    told = run("migrate")
    manifest = read_manifest(first.snapshot_dir)
    assert manifest is not None
    assert manifest.data_version in told
    assert manifest.dossiers == 60
    assert {key: _figure(key) for key in FIGURES} == FIGURES
    database = open_database(first.database_url)
    for table in ("dossier", "owner", "pause", "apology", "unit", "procedure", "officer"):
        assert _count(database, table) == len(HELD[table]), table

    for name, (mapping, known) in FILES.items():
        report = json.loads(run("import", str(HERE / name), "--mapping", mapping, "--json"))
        counts = {key: report[key] for key in ("rows_inserted", "rows_changed")}
        assert (counts, report["rows_unchanged"]) == (
            {"rows_inserted": 0, "rows_changed": 0},
            known,
        )
    assert _count(database, "dossier_history") == 0
    assert {key: _figure(key) for key in FIGURES} == FIGURES
    assert "nguyên vẹn" in run("audit", "verify")
    database.dispose()


@pytest.mark.parametrize("first", ["sqlite"], indirect=True)
def test_what_really_changes_after_an_upgrade_is_a_change(
    first: Settings, run: Run, tmp_path: Path
) -> None:
    """Older hashes are looked behind, not forgotten: one message of twenty is new."""
    lines = (HERE / "thong-diep.jsonl").read_text(encoding="utf-8").splitlines()
    lines[0] = lines[0].replace("20250809", "20250812")  # a new due date
    later = tmp_path / "sau.jsonl"
    later.write_text("\n".join(lines), encoding="utf-8")
    run("migrate")
    for changed in (1, 0):
        told = run("import", str(later), "--mapping", "truc-lien-thong", "--json")
        assert json.loads(told)["rows_changed"] == changed
    database = open_database(first.database_url)
    assert _count(database, "dossier_history") == 1
    database.dispose()


@pytest.mark.proof
def test_down_to_the_first_schema_what_it_held_is_there(first: Settings, run: Run) -> None:
    """What alembic's way back keeps; it is no way for an installation (docs/operations.md)."""
    run("migrate")
    database = open_database(first.database_url)
    with database.begin() as connection:
        command.downgrade(migration_config(connection), "0001")
    assert set(inspect(database).get_table_names()) == {*HELD, "alembic_version"}
    for table, rows in HELD.items():
        assert _count(database, table) == len(rows), table
    database.dispose()


def _count(database: Engine, table: str) -> int:
    with database.connect() as connection:
        return int(connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one())
