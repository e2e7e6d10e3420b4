"""Triggers and tables of the audit that are not as they were made are told by name."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from connectors import audit
from connectors.__main__ import main
from connectors.audit import fence
from connectors.engine import Scope
from connectors.settings import Settings
from tests.connectors.audit.behind import drop_triggers, restore_triggers

LAN = audit.Actor("Lan")


def _faults(database: Engine) -> list[str]:
    with database.connect() as connection:
        return fence.faults(connection)


def _run(database: Engine, statement: str) -> None:
    with database.begin() as connection:
        for one in statement.split(";;"):
            connection.execute(text(one))


def test_a_migrated_database_is_as_it_was_made(database: Engine) -> None:
    assert _faults(database) == []
    audit.record(database, "export", actor=LAN)
    assert _faults(database) == []


def test_every_trigger_is_missed(database: Engine) -> None:
    with database.begin() as connection:
        drop_triggers(connection)
    missing = [fault for fault in _faults(database) if fault.startswith("Thiếu trigger ")]
    assert len(missing) == {"sqlite": 6 + 3, "postgresql": 6 + 2}[database.dialect.name]
    verdict = audit.verify(database, keys=("k" * 40,))
    assert (verdict.ok, "audit_no_" in verdict.sentence) == (False, True)


_SQLITE = {
    "nothing but a name": (
        "DROP TRIGGER audit_no_update;;"
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN 0 BEGIN SELECT 1; END",
        "audit_no_update bảo vệ nhật ký đã bị thay",
    ),
    "another table's": (
        "DROP TRIGGER audit_no_delete;;"
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON task BEGIN SELECT 1; END",
        "Trigger audit_no_delete bảo vệ nhật ký đã bị thay",
    ),
    "swallows": (
        "CREATE TRIGGER quiet BEFORE INSERT ON audit WHEN NEW.action = 'export'"
        " BEGIN SELECT RAISE(IGNORE); END",
        "trigger lạ quiet",
    ),
    "from elsewhere": (
        'CREATE TRIGGER quiet AFTER INSERT ON signed_in BEGIN DELETE FROM "Audit"; END',
        "trigger lạ quiet",
    ),
    "the history unguarded": (
        "DROP TRIGGER dossier_history_no_delete",
        "Thiếu trigger dossier_history_no_delete bảo vệ lịch sử hồ sơ",
    ),
    "history rewritten from elsewhere": (
        "CREATE TRIGGER quiet AFTER INSERT ON signed_in BEGIN"
        " UPDATE dossier_history SET code = ''; END",
        "trigger lạ quiet động đến lịch sử hồ sơ",
    ),
    "a view": (
        "ALTER TABLE audit RENAME TO kept;;CREATE VIEW audit AS SELECT * FROM kept",
        "Bảng audit đã bị xóa hoặc bị thay",
    ),
    "a view that takes lines": (
        "ALTER TABLE audit RENAME TO kept;;CREATE VIEW audit AS SELECT * FROM kept;;"
        "DROP TRIGGER audit_next;;"
        "CREATE TRIGGER audit_next INSTEAD OF INSERT ON audit BEGIN SELECT 1; END",
        "Bảng audit đã bị xóa hoặc bị thay",
    ),
    "no table": ("DROP TABLE audit", "Bảng audit đã bị xóa"),
    "a table without its key": (
        "ALTER TABLE audit RENAME TO kept;;CREATE TABLE audit AS SELECT * FROM kept",
        "Trigger audit_no_update bảo vệ nhật ký đã bị thay",
    ),
    "one more column": ("ALTER TABLE audit ADD COLUMN note TEXT", "đúng các cột"),
}


@pytest.mark.parametrize("case", _SQLITE)
def test_what_was_put_in_its_place_in_sqlite(sqlite_database: Engine, case: str) -> None:
    statement, says = _SQLITE[case]
    audit.record(sqlite_database, "export", actor=LAN)
    _run(sqlite_database, statement)
    verdict = audit.verify(sqlite_database, keys=())
    assert not verdict.ok
    assert says in verdict.sentence


_POSTGRES = {
    "disabled": ("ALTER TABLE audit DISABLE TRIGGER ALL", "audit_no_change bảo vệ nhật ký đã bị"),
    "for a replica only": (
        "ALTER TABLE audit_head ENABLE REPLICA TRIGGER audit_head_next",
        "Trigger audit_head_next bảo vệ nhật ký đã bị tắt",
    ),
    "the history unguarded": (
        "ALTER TABLE dossier_history DISABLE TRIGGER dossier_history_no_change",
        "Trigger dossier_history_no_change bảo vệ lịch sử hồ sơ đã bị tắt",
    ),
    "another body": (
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN COALESCE(NEW, OLD); END $$",
        "Trigger audit_no_change bảo vệ nhật ký đã bị thay",
    ),
    "another function": (
        "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;;"
        "DROP TRIGGER audit_next ON audit;;CREATE TRIGGER audit_next BEFORE INSERT ON audit"
        " FOR EACH ROW EXECUTE FUNCTION quiet()",
        "Trigger audit_next bảo vệ nhật ký đã bị thay",
    ),
    "with a condition": (
        "DROP TRIGGER audit_no_change ON audit;;"
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW"
        " WHEN (OLD.id < 0) EXECUTE FUNCTION audit_refuse()",
        "Trigger audit_no_change bảo vệ nhật ký đã bị thay",
    ),
    "of one column": (
        "DROP TRIGGER audit_no_change ON audit;;"
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OF actor OR DELETE ON audit FOR EACH ROW"
        " EXECUTE FUNCTION audit_refuse()",
        "Trigger audit_no_change bảo vệ nhật ký đã bị thay",
    ),
    "after instead of before": (
        "DROP TRIGGER audit_no_change ON audit;;"
        "CREATE TRIGGER audit_no_change AFTER UPDATE OR DELETE ON audit FOR EACH ROW"
        " EXECUTE FUNCTION audit_refuse()",
        "Trigger audit_no_change bảo vệ nhật ký đã bị thay",
    ),
    "swallows": (
        "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NULL; END $$;;"
        "CREATE TRIGGER aaa BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION quiet()",
        "trigger lạ aaa",
    ),
    "a rule": ("CREATE RULE quiet AS ON INSERT TO audit DO INSTEAD NOTHING", "rule lạ"),
    "hides": (
        "ALTER TABLE audit ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        "row security",
    ),
    "a child": ("CREATE TABLE child () INHERITS (audit)", "thừa kế"),
    "a view": (
        "ALTER TABLE audit RENAME TO kept;;CREATE VIEW audit AS SELECT * FROM kept",
        "Bảng audit đã bị xóa hoặc bị thay",
    ),
    "not lasting": ("ALTER TABLE audit SET UNLOGGED", "không bền"),
    "no table": ("DROP TABLE audit", "Bảng audit đã bị xóa"),
    "without its key": ("ALTER TABLE audit DROP CONSTRAINT pk_audit", "khóa chính"),
    "several heads": (
        "ALTER TABLE audit_head DROP CONSTRAINT ck_audit_head_single",
        "chỉ có một dòng",
    ),
}


@pytest.mark.postgres
@pytest.mark.parametrize("case", _POSTGRES)
def test_what_was_put_in_its_place_in_postgresql(postgres_database: Engine, case: str) -> None:
    statement, says = _POSTGRES[case]
    audit.record(postgres_database, "export", actor=LAN)
    _run(postgres_database, statement)
    verdict = audit.verify(postgres_database, keys=())
    assert not verdict.ok
    assert says in verdict.sentence


@pytest.mark.postgres
def test_triggers_that_no_session_fires(postgres_database: Engine) -> None:
    name = postgres_database.url.database
    _run(postgres_database, f"ALTER DATABASE {name} SET session_replication_role = replica")
    assert any("session_replication_role" in fault for fault in _faults(postgres_database))
    _run(postgres_database, f"ALTER DATABASE {name} RESET session_replication_role")
    assert _faults(postgres_database) == []


@pytest.mark.postgres
def test_what_was_added_or_changed_goes_when_triggers_are_put_back(
    postgres_database: Engine,
) -> None:
    for case in ("another body", "swallows", "disabled"):
        _run(postgres_database, _POSTGRES[case][0])
    assert len(_faults(postgres_database)) > 3
    restore_triggers(postgres_database)
    assert _faults(postgres_database) == []
    audit.record(postgres_database, "export", actor=LAN)
    assert audit.verify(postgres_database, keys=()).lines == 1


def test_triggers_are_put_back_in_the_open(
    sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["audit", *words])

    assert "không làm gì" in run("protect", "--yes").output
    with sqlite_database.begin() as connection:
        drop_triggers(connection)
    assert run("verify").exit_code == 1
    assert run("protect", "--yes").exit_code == 0
    whole = run("verify")
    assert (whole.exit_code, "nguyên vẹn: 1 dòng" in whole.output) == (0, True)
    line = audit.read(sqlite_database, settings.zone, Scope(None)).row(0, named=True)
    assert line["action"] == "audit_protected"
    assert "audit_head_next" in line["detail"]
