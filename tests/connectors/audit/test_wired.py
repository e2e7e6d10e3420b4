"""What is written is witnessed: imports and edits leave their line in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from connectors import audit
from connectors.__main__ import main
from connectors.engine import Scope
from connectors.intake import ImportReport, IntakeRefused
from connectors.registers import RegisterRefused, add, amend, import_register
from connectors.settings import Settings
from tests.connectors.intake.conftest import GOOD, HEADER, add_catalogue, file_of
from tests.connectors.intake.conftest import mapping_file as mapping_file
from tests.connectors.intake.conftest import take as take

NOW = datetime(2025, 8, 1, 9, 0, tzinfo=UTC)
LAN = audit.Actor("Nguyễn Thị Lan", 7)
PROGRAMME = {
    "code": "KH-1",
    "name": "Kế hoạch CCHC 2025",
    "kind": "Kế hoạch",
    "unit": "Phường Hà Đông",
    "source": "KH 12/KH-UBND",
}


FILE = """Mã chương trình,Tên chương trình,Loại,Đơn vị ban hành,Nguồn
KH-1,Kế hoạch,Kế hoạch,Phường Hà Đông,KH 1
"""


def lines(database: Engine) -> list[dict[str, Any]]:
    found = audit.read(database, ZoneInfo("UTC"), Scope(None))
    assert audit.verify(database, keys=()).ok
    return [
        {**row, "detail": json.loads(row["detail"] or "{}")}
        for row in found.reverse().iter_rows(named=True)
    ]


Take = Callable[..., ImportReport]


def test_an_import_leaves_one_line_with_its_counts(database: Engine, take: Take) -> None:
    report = take(file_of(GOOD, GOOD.replace("HS-1", "HS-2").replace("05/06", "31/02")), actor=LAN)
    (line,) = lines(database)
    assert (line["action"], line["actor"], line["actor_id"]) == ("import", LAN.name, 7)
    assert line["subject"] == f"lô {report.batch_id}"
    assert line["detail"]["file"] == "ho-so.csv"
    assert (line["detail"]["read"], line["detail"]["rejected"]) == (2, 1)
    assert line["detail"]["inserted"] == report.rows_inserted == 1


def test_nobody_named_is_the_program(database: Engine, take: Take) -> None:
    take(file_of(GOOD))
    assert lines(database)[0]["actor"].startswith("chương trình: ")


def test_a_trial_and_a_refusal_leave_none(database: Engine, take: Take) -> None:
    take(file_of(GOOD), dry_run=True)
    with pytest.raises(IntakeRefused):
        take(HEADER + "\n")
    assert lines(database) == []


def test_no_line_no_import(database: Engine, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise RuntimeError("disk full")

    monkeypatch.setattr(audit, "append", refuse)
    with pytest.raises(RuntimeError, match="disk full"):
        take(file_of(GOOD))
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM dossier")).scalar_one() == 0


def test_an_edit_leaves_a_line_and_an_edit_that_changes_nothing_none(
    database: Engine, settings: Settings
) -> None:
    add_catalogue(database)
    given: dict[str, Any] = {"by": "Lan", "at": NOW, "refresh_snapshot": False}
    number = add(database, settings, "programme", PROGRAMME, **given)
    amend(database, settings, "programme", PROGRAMME, key={"id": number}, **given)
    changed = {"name": "Kế hoạch khác"}
    amend(database, settings, "programme", changed, key={"id": number}, actor=LAN, **given)
    with pytest.raises(RegisterRefused):
        add(database, settings, "programme", PROGRAMME, **given)
    made, edited = lines(database)
    assert (made["action"], made["actor"], made["actor_id"]) == ("edit", "Lan", None)
    assert made["detail"] == {"register": "programme", "row": number, "outcome": "inserted"}
    assert (edited["actor_id"], edited["detail"]["outcome"]) == (7, "changed")
    assert "Kế hoạch khác" not in json.dumps(edited, default=str, ensure_ascii=False)


def test_a_register_import_leaves_a_line(
    database: Engine, settings: Settings, tmp_path: Path
) -> None:
    add_catalogue(database)
    path = tmp_path / "ct.csv"
    path.write_text(FILE, encoding="utf-8")
    for dry_run in (True, False):
        import_register(
            database,
            settings,
            "programme",
            path,
            by="Lan",
            dry_run=dry_run,
            refresh_snapshot=False,
        )
    (line,) = lines(database)
    assert (line["action"], line["actor"]) == ("import", "Lan")
    assert (line["detail"]["register"], line["detail"]["inserted"]) == ("programme", 1)


def test_the_command_line_is_named_with_its_user(
    sqlite_database: Engine,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setattr("getpass.getuser", lambda: "lan")
    add_catalogue(sqlite_database)
    path = tmp_path / "ct.csv"
    path.write_text(FILE, encoding="utf-8")
    words = ["register", "import", "programme", str(path), "--by", "Bình"]
    assert CliRunner().invoke(main, words, catch_exceptions=False).exit_code == 0
    (line,) = lines(sqlite_database)
    assert (line["actor"], line["detail"]["by"]) == ("dòng lệnh: lan", "Bình")
