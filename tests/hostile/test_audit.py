"""Somebody who may do everything with the database, and what `audit verify` then says.

Seen before: triggers dropped, or the tail cut off and the head set back, and the answer was
"nguyên vẹn", with AUDIT_KEY too.
"""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from connectors import audit
from connectors.__main__ import main
from connectors.settings import Settings
from tests.connectors.audit.behind import cut, unguarded

LAN = audit.Actor("Lan")


@pytest.fixture(params=["with a key", "without"])
def keys(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    if request.param == "without":
        return ()
    monkeypatch.setenv("AUDIT_KEY", "k" * 40)
    return ("k" * 40,)


@pytest.fixture
def verify(
    sqlite_database: Engine,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    keys: tuple[str, ...],
) -> Any:
    """Ten lines, verified once in the morning as the timer does; verifies again."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    for number in range(10):
        audit.record(sqlite_database, "export", actor=LAN, subject=f"{number}", keys=keys)

    def run() -> Any:
        return CliRunner().invoke(main, ["audit", "verify"], catch_exceptions=False)

    assert (run().exit_code, run().exit_code) == (0, 0)
    return run


def test_triggers_dropped(sqlite_database: Engine, verify: Any) -> None:
    unguarded(sqlite_database, [])
    said = verify()
    assert said.exit_code == 1
    assert "Thiếu trigger audit_no_delete" in said.output
    assert "nguyên vẹn" not in said.output


def test_tail_cut_off_and_head_set_back(sqlite_database: Engine, verify: Any) -> None:
    cut(sqlite_database, 7)
    said = verify()
    assert said.exit_code == 1
    assert "đã thấy 10 dòng, nay chỉ còn 7" in said.output
    assert "nguyên vẹn" not in said.output


def test_tail_cut_off_and_other_lines_in_its_place(
    sqlite_database: Engine, verify: Any, keys: tuple[str, ...]
) -> None:
    cut(sqlite_database, 7)
    for number in range(9):
        audit.record(sqlite_database, "export", actor=LAN, subject=f"{number}", keys=keys)
    said = verify()
    assert (said.exit_code, "không khớp mốc 1" in said.output) == (1, True)


def test_marks_thrown_away_with_the_tail(
    sqlite_database: Engine, settings: Settings, verify: Any
) -> None:
    cut(sqlite_database, 7)
    audit.Shelf.of(settings).path.unlink()
    said = verify()
    assert (said.exit_code, "đã bị xóa" in said.output) == (1, True)
