"""While maintenance goes on nothing is written, in words; figures, sign-in and the audit go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, func, select

from connectors import audit
from connectors.__main__ import main
from connectors.access import Moment, Visitor, add_account, begin, credential, let_in, redeem
from connectors.database.access import SignInAttempt
from connectors.database.maintenance import UnderMaintenance
from connectors.database.models import Dossier
from connectors.intake import import_file
from connectors.overrides import set_threshold
from connectors.personal import retention
from connectors.registers import Entry, save_all
from connectors.settings import Settings
from tests.connectors.intake.conftest import GOOD, HEADER, MAPPING, add_catalogue
from ui.shell.answers import not_written

LAN = audit.Actor("lan", 1)
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def test_every_write_is_refused_in_words_and_people_come_in(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = sqlite_database
    monkeypatch.setenv("DATABASE_URL", str(database.url))
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    add_catalogue(database)
    add_account(database, "lan", "Lan", "leader", actor=LAN)
    file, mapping = tmp_path / "a.csv", tmp_path / "a.toml"
    file.write_text(f"{HEADER}\n{GOOD}\n", "utf-8")
    mapping.write_text(MAPPING, "utf-8")
    command = ("account", "lock", "lan")
    assert "bảo trì từ" in _run("maintenance", "on", "--reason", "Chuyển máy chủ").stdout
    writes: dict[str, Callable[[], object]] = {
        "import": lambda: import_file(database, settings, file, mapping),
        "form": lambda: save_all(
            database, settings, [Entry("field", {"code": "1", "name": "A"})], by="Lan", at=NOW
        ),
        "account": lambda: add_account(database, "hai", "Hải", "leader", actor=LAN),
        "setting": lambda: set_threshold(
            database, "due_soon_days", 4, date(2026, 1, 1), "QĐ 1", actor=LAN
        ),
        "turn": lambda: retention.turn(database, settings, NOW),
    }
    for name, write in writes.items():
        with pytest.raises(UnderMaintenance) as refused:
            write()
        assert "đang bảo trì: Chuyển máy chủ." in not_written(refused.value, "bận"), name
    told = _run(*command, ends=2).stderr
    assert "chưa có gì được ghi" in told
    assert "connectors maintenance off" in told
    # Attempts, sessions and lines that witness only themselves are written all the same.
    moment = Moment.now()
    assert not begin(database, "lan", Visitor("10.0.0.7"), moment)
    ticket = let_in(database, credential(database, "lan"), Visitor("10.0.0.7"), moment)
    assert redeem(database, ticket, moment.at)
    audit.record(database, "export", actor=LAN, subject="danh sách")
    with database.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Dossier)) == 0
        assert connection.scalar(select(func.count()).select_from(SignInAttempt)) == 0
    assert "Không bảo trì" in _run("maintenance", "off").stdout
    import_file(database, settings, file, mapping, refresh_snapshot=False)
    assert "Bảo trì (chỉ đọc)" in _run("audit", "list").stdout


def _run(*words: str, ends: int = 0) -> Result:
    done = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert done.exit_code == ends, done.output
    return done
