"""The audit: lines that can only be added, and a chain by which any other change shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from connectors import audit
from connectors.__main__ import main
from connectors.audit.actions import ACTIONS
from connectors.audit.chain import Line
from connectors.audit.guard import check_text
from connectors.audit.log import LINES
from connectors.database.session import write_transaction
from connectors.engine import Scope
from connectors.settings import Settings
from tests.connectors.audit.behind import restore_triggers, unguarded

LAN = audit.Actor("Nguyễn Thị Lan", 7)
KEY = "k" * 40
OTHER = "o" * 40
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture
def filled(database: Engine) -> Engine:
    """Five lines."""
    for number in range(1, 6):
        audit.record(database, "export", actor=LAN, subject=f"lần {number}", detail={"rows": 5})
    return database


def test_lines_are_numbered_and_read_back(filled: Engine) -> None:
    found = audit.read(filled, ZONE, Scope(None), limit=2)
    assert found["id"].to_list() == [5, 4]
    first = found.row(0, named=True)
    assert (first["actor"], first["actor_id"]) == ("Nguyễn Thị Lan", 7)
    assert (first["label"], first["subject"], first["detail"]) == (
        "Xuất dữ liệu",
        "lần 5",
        '{"rows":5}',
    )
    assert audit.verify(filled, keys=()).lines == 5


def test_a_moment_is_given_in_local_time(database: Engine) -> None:
    at = datetime(2026, 3, 1, 20, tzinfo=UTC)
    audit.record(database, "sign_in", actor=LAN, at=at)
    found = audit.read(database, ZONE, Scope(None))
    assert found["at"].item() == datetime(2026, 3, 2, 3)
    since = datetime(2026, 3, 2)
    assert audit.read(database, ZONE, Scope(None), since=since).height == 1
    assert audit.read(database, ZONE, Scope(None), until=since).height == 0


def test_filters(database: Engine) -> None:
    audit.record(database, "sign_in", actor=LAN, unit_id=3)
    audit.record(database, "edit", actor=audit.Actor("100% %_"), subject="a_b", unit_id=4)
    audit.record(database, "export", actor=audit.Actor("Bình"))

    def ids(**given: Any) -> list[int]:
        return audit.read(database, ZONE, given.pop("scope", Scope(None)), **given)["id"].to_list()

    assert ids() == [3, 2, 1]
    assert ids(before=3) == [2, 1]
    assert ids(actions=["sign_in", "export"]) == [3, 1]
    assert ids(actor="%_") == [2]
    assert ids(subject="a_") == [2]
    assert ids(actor_id=7) == [1]
    # Lines without a unit are for whoever sees everything.
    assert ids(scope=Scope(frozenset({3}))) == [1]
    assert ids(scope=Scope(frozenset())) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x' WHERE id = 2",
        "DELETE FROM audit WHERE id = 2",
        "DELETE FROM audit",
        "UPDATE audit_head SET lines = 2",
        "UPDATE audit_head SET hash = 'x'",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head (id, lines, hash) VALUES (2, 0, 'x')",
        "INSERT INTO audit (id, at, actor, action, prev_hash, hash) SELECT 9, at, actor, action, "
        "prev_hash, hash FROM audit WHERE id = 2",
    ],
)
def test_the_database_refuses_every_change(filled: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError), filled.begin() as connection:
        connection.execute(text(statement))
    assert audit.verify(filled, keys=()).ok


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO audit SELECT id, at, 'x', actor_id, action, subject, unit_id, "
        "detail, key_id, prev_hash, hash FROM audit WHERE id = 2",
        "UPDATE OR REPLACE audit SET id = 3 WHERE id = 2",
        "INSERT OR REPLACE INTO audit_head (id, lines, hash) VALUES (1, 0, 'x')",
    ],
)
def test_sqlite_replaces_nothing(sqlite_database: Engine, statement: str) -> None:
    for _ in range(3):
        audit.record(sqlite_database, "export", actor=LAN)
    with pytest.raises(DBAPIError, match="audit:"), sqlite_database.begin() as connection:
        connection.execute(text(statement))
    assert audit.verify(sqlite_database, keys=()).ok


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["audit", "audit_head"])
def test_postgresql_truncates_nothing(postgres_database: Engine, table: str) -> None:
    audit.record(postgres_database, "export", actor=LAN)
    with pytest.raises(DBAPIError), postgres_database.begin() as connection:
        connection.execute(text(f"TRUNCATE {table}"))
    assert audit.verify(postgres_database, keys=()).ok


@pytest.mark.parametrize(
    ("statements", "broken", "says"),
    [
        (["UPDATE audit SET actor = 'Ai đó' WHERE id = 3"], 3, "bị sửa"),
        (["UPDATE audit SET at = {earlier} WHERE id = 3"], 3, "bị sửa"),
        (["UPDATE audit SET detail = NULL WHERE id = 5"], 5, "bị sửa"),
        (["DELETE FROM audit WHERE id = 3"], 3, "Thiếu dòng 3"),
        (
            ["DELETE FROM audit WHERE id = 3", "UPDATE audit SET id = id - 1 WHERE id > 3"],
            3,
            "không nối tiếp",
        ),
        (["DELETE FROM audit WHERE id > 3"], 4, "bị cắt"),
        (["DELETE FROM audit"], 1, "bị cắt"),
        (["UPDATE audit_head SET lines = 9"], 6, "bị cắt"),
        (["DELETE FROM audit_head"], None, "audit_head"),
        (
            [
                "UPDATE audit SET id = 99 WHERE id = 3",
                "UPDATE audit SET id = 3 WHERE id = 4",
                "UPDATE audit SET id = 4 WHERE id = 99",
            ],
            3,
            "không nối tiếp",
        ),
        (
            [
                "UPDATE audit SET id = id + 100 WHERE id > 2",
                "INSERT INTO audit SELECT 3, at, actor, actor_id, action, subject, unit_id, detail,"
                " key_id, prev_hash, hash FROM audit WHERE id = 2",
                "UPDATE audit SET id = id - 99 WHERE id > 100",
            ],
            3,
            "không nối tiếp",
        ),
    ],
)
def test_what_was_done_behind_its_back_shows(
    filled: Engine, statements: list[str], broken: int | None, says: str
) -> None:
    earlier = "at - 1000" if filled.dialect.name == "sqlite" else "at - interval '1 second'"
    unguarded(filled, [statement.format(earlier=earlier) for statement in statements])
    verdict = audit.verify(filled, keys=())
    assert (verdict.ok, verdict.broken) == (False, broken)
    assert says in verdict.sentence


def test_a_tail_cut_off_together_with_its_head_shows_by_a_noted_mark(filled: Engine) -> None:
    mark = audit.verify(filled, keys=()).mark
    assert audit.verify(filled, keys=(), mark=mark).ok
    audit.record(filled, "export", actor=LAN)
    assert audit.verify(filled, keys=(), mark=mark).ok  # going on is no harm
    unguarded(
        filled,
        [
            "DELETE FROM audit WHERE id > 3",
            "UPDATE audit_head SET lines = 3, hash = (SELECT hash FROM audit WHERE id = 3)",
        ],
    )
    restore_triggers(filled)
    assert audit.verify(filled, keys=()).ok  # that is what a chain alone cannot tell
    assert "Mốc" in audit.verify(filled, keys=(), mark=mark).sentence


def test_with_a_key_nobody_else_can_write_a_line(database: Engine) -> None:
    audit.record(database, "export", actor=LAN, keys=())
    audit.record(database, "export", actor=LAN, keys=(KEY,))
    verdict = audit.verify(database, keys=(KEY,))
    assert (verdict.ok, verdict.unsigned) == (True, 1)
    # A new key first, the old one still known: it goes on signing until it is closed.
    audit.record(database, "export", actor=LAN, keys=(OTHER, KEY))
    assert audit.verify(database, keys=(OTHER, KEY)).ok
    assert audit.verify(database, keys=(KEY,)).ok
    assert "AUDIT_KEY" in audit.verify(database, keys=(OTHER,)).sentence
    # Without the key a line can be written, but not one that passes for signed.
    _forge(database)
    verdict = audit.verify(database, keys=(OTHER, KEY))
    assert (verdict.broken, "không có khóa" in verdict.sentence) == (4, True)
    # ... which is found as well by somebody who has only some of the keys.
    assert audit.verify(database, keys=(OTHER,)).broken == 4


def _forge(database: Engine) -> None:
    """A fourth line with the hash that anybody can compute."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with database.begin() as connection:
        last = connection.execute(text("SELECT hash FROM audit_head")).scalar_one()
        line = Line(4, at, "x", None, "edit", None, None, None, None, last)
        values = {name: getattr(line, name) for name in Line.__slots__}
        connection.execute(LINES.insert().values(**values, hash=line.digest()))
        connection.execute(text("UPDATE audit_head SET lines = 4, hash = :h"), {"h": line.digest()})


@pytest.mark.parametrize("keys", [(), (OTHER,)])
def test_a_process_without_the_key_adds_nothing(database: Engine, keys: tuple[str, ...]) -> None:
    """It would break the chain for good, by nothing worse than a forgotten environment."""
    audit.check_keys(database, keys)
    audit.record(database, "export", actor=LAN, keys=(KEY,))
    with pytest.raises(audit.AuditKeyMissing, match="AUDIT_KEY"):
        audit.record(database, "export", actor=LAN, keys=keys)
    with pytest.raises(audit.AuditKeyMissing):
        audit.check_keys(database, keys)
    audit.check_keys(database, (OTHER, KEY))
    verdict = audit.verify(database, keys=(KEY,))
    assert (verdict.ok, verdict.lines) == (True, 1)


def test_a_line_and_what_it_witnesses_go_together(database: Engine) -> None:
    with pytest.raises(RuntimeError), write_transaction(database) as connection:
        audit.append(connection, "edit", actor=LAN)
        raise RuntimeError("power cut")
    assert audit.verify(database, keys=()).lines == 0


@pytest.mark.parametrize(
    "detail",
    [
        {"password": "x"},
        {"Mật khẩu": "x"},
        {"one_time_passphrase": "x"},
        {"session_token": "x"},
        {"owner_name": "Nguyễn Văn An"},
        {"name": "Nguyễn Văn An"},
        {"Điện thoại": "1"},
        {"note": "gọi số 0912 345 678 nhé"},
        {"note": "+84912345678"},
        {"note": "căn cước 001099012345"},
        {"note": "an@example.vn"},
        {"note": "$2b$12$abcdefghijklmnopqrstuv"},
        {"note": "gAAAAABn0123456789abcdefghijklmn"},
        {"note": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx"},
        {"note": "postgresql://dung_han:bimat@db/x"},
        {"note": "9f86d081884c7d659a2feaa0c55ad015"},
        {"note": ["ok", "Xk29dkeLq0sPZmx83hfQpw7T"]},
        {"note": {"nested": 1}},
        {"note": "x" * 5000},
    ],
)
def test_secrets_and_personal_data_are_refused(database: Engine, detail: dict[str, Any]) -> None:
    with pytest.raises(audit.AuditRefused):
        audit.record(database, "edit", actor=LAN, detail=detail)
    assert audit.verify(database, keys=()).lines == 0


@pytest.mark.parametrize(
    "value",
    [
        "000.00.12.H26-250605-0001",
        "H26.35-20250605-0012",
        "Phường Hà Đông, quý 3/2025",
        "ho-so-20250605123000.csv",
        "kiểm tra phản ánh của công dân ngày 05/06/2025",
        "unit-scorecard-definition-2025",
        5_998,
        True,
        None,
        ["a", 1],
    ],
)
def test_ordinary_words_are_taken(database: Engine, value: object) -> None:
    audit.record(database, "edit", actor=LAN, detail={"note": value, "sha256": "ab" * 32})


def test_a_file_name_is_covered_instead_of_refused(database: Engine) -> None:
    name = audit.plain("ho so 0912345678.csv")
    assert name == "ho so [đã che].csv"
    audit.record(database, "import", actor=LAN, detail={"file": name})


def test_odd_letters_are_stored_as_both_databases_can(database: Engine) -> None:
    odd = audit.Actor("An\x00\nBình\udce9 " + "x" * 400)
    audit.record(database, "edit", actor=odd, subject="a\x00b", detail={"note": "\x00 \ud800 𠮷"})
    assert audit.verify(database, keys=()).ok
    found = audit.read(database, ZONE, Scope(None)).row(0, named=True)
    assert found["actor"].startswith("An Bình xxx")
    assert len(found["actor"]) == 255


def test_an_unknown_action_is_a_mistake_of_the_program(database: Engine) -> None:
    with pytest.raises(ValueError, match="no such action"):
        audit.record(database, "dance", actor=LAN)


def test_actions_fit_their_column() -> None:
    assert max(map(len, ACTIONS)) <= 32


def test_a_busy_database_is_said(
    sqlite_database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "connectors.database.session._PRAGMAS", ("PRAGMA busy_timeout = 1",), raising=True
    )
    sqlite_database.dispose()
    other = sqlite3.connect(tmp_path / "dung-han.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(audit.AuditUnavailable, match="đang bận"):
        audit.record(sqlite_database, "reveal", actor=LAN)
    other.close()


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    return lambda *words: CliRunner().invoke(main, ["audit", *words])


def test_the_command_line(sqlite_database: Engine, run: Callable[..., Any]) -> None:
    audit.record(sqlite_database, "export", actor=LAN, subject="ba dòng", detail={"rows": 3})
    listed = run("list")
    assert "Nguyễn Thị Lan  Xuất dữ liệu · ba dòng" in listed.output
    whole = run("verify")
    assert whole.exit_code == 0
    assert "nguyên vẹn: 1 dòng" in whole.output
    mark = whole.output.split(": ")[-1].strip()
    assert run("verify", "--mark", mark).exit_code == 0
    assert run("verify", "--mark", "nothing").exit_code == 2
    unguarded(sqlite_database, ["UPDATE audit SET subject = 'hai dòng'"])
    broken = run("verify")
    assert broken.exit_code == 1
    assert "Nội dung dòng 1 đã bị sửa." in broken.output
    assert len(run("new-key").output.strip()) > 40


def test_a_lost_key_is_given_up_in_the_open(
    sqlite_database: Engine, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    audit.record(sqlite_database, "export", actor=LAN, keys=(KEY,))
    assert run("accept-key", "--yes").exit_code == 2
    monkeypatch.setenv("AUDIT_KEY", OTHER)
    migrated = CliRunner().invoke(main, ["migrate"])
    assert (migrated.exit_code, "accept-key" in migrated.output) == (2, True)
    assert run("accept-key", "--yes").exit_code == 0
    audit.record(sqlite_database, "export", actor=LAN)
    assert CliRunner().invoke(main, ["migrate"]).exit_code == 0
    found = audit.read(sqlite_database, ZONE, Scope(None))
    assert found["action"].to_list() == ["export", "audit_key_lost", "export"]
    verdict = run("verify")
    assert verdict.exit_code == 0
    assert "Dòng 1: khóa 1 (" in verdict.output
    assert "khóa đã mất: không kiểm tra được chữ ký" in verdict.output
    assert "Dòng 2–3: khóa 2 (" in verdict.output
    again = run("accept-key", "--yes")
    assert (again.exit_code, "Không có khóa nào bị mất" in again.output) == (2, True)


@given(st.text(max_size=200))
@example("0912345678 0912345678")
@example("a@b.c$2b$12$abcdefghijkl")
def test_what_was_covered_is_taken(name: str) -> None:
    check_text(audit.plain(name) or "")


_MIXED = st.text(alphabet="0912384+. -@abXY$eyJgAAAA_:/", max_size=80)


@given(_MIXED)
def test_what_was_covered_is_taken_also_of_odd_mixtures(name: str) -> None:
    check_text(audit.plain(name) or "")


def test_lines_are_counted_found_by_text_and_paged(filled: Engine) -> None:
    audit.record(filled, "sign_in_refused", actor=LAN, detail={"ip": "10.0.0.7"}, unit_id=3)
    everything = Scope(None)

    def counts(scope: Scope = everything, **wanted: Any) -> dict[str, int]:
        return audit.tally(filled, ZONE, scope, audit.Wanted(**wanted))

    assert counts() == {"export": 5, "sign_in_refused": 1}
    assert counts(Scope(frozenset({3}))) == {"sign_in_refused": 1}
    assert counts(text="10.0.0") == {"sign_in_refused": 1}
    assert counts(text="lần 2") == {"export": 1}
    assert counts(text="%") == {}
    assert counts(actions=("export",), actor="thị") == {"export": 5}
    pages = [audit.read(filled, ZONE, everything, limit=4, offset=start) for start in (0, 4, 8)]
    assert [page["id"].to_list() for page in pages] == [[6, 5, 4, 3], [2, 1], []]
    found = audit.read(filled, ZONE, everything, text="lần 4")
    assert found["subject"].to_list() == ["lần 4"]
