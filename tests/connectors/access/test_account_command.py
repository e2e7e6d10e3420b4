"""``account``: what its commands do, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, insert, select

from connectors.__main__ import main
from connectors.access import passphrase
from connectors.database.access import Account
from connectors.database.models import Unit
from connectors.database.session import migrate, open_database, write_transaction
from tests.signing_in import signed_in


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An installation with four units: a code in two schemes, a name of two of them."""
    url = f"sqlite:///{tmp_path / 'dung-han.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    engine = open_database(url)
    migrate(engine)
    ended = datetime(2025, 6, 30, tzinfo=UTC).date()
    units = [
        {"id": 11, "scheme": "gso", "code": "268", "name": "Phường Hà Đông"},
        {"id": 12, "scheme": "old", "code": "268", "name": "Quận Hà Đông", "valid_to": ended},
        {"id": 13, "scheme": "gso", "code": "300", "name": "Xã Tân Lập"},
        {"id": 14, "scheme": "gso", "code": "301", "name": "Xã Tân Lập"},
    ]
    with write_transaction(engine) as connection:
        for unit in units:
            connection.execute(insert(Unit).values(kind="commune", level="commune", **unit))
    yield engine
    engine.dispose()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["account", *arguments], catch_exceptions=False)


def _one_time(said: Result) -> str:
    assert said.exit_code == 0, said.output
    found = re.search(r"[Mm]ật khẩu dùng một lần.*: (\S+)$", said.stdout.strip())
    assert found, said.stdout
    return found[1]


def _unit_of(database: Engine, name: str) -> int | None:
    with database.connect() as connection:
        found: int | None = connection.execute(
            select(Account.unit_id).where(Account.name == name)
        ).scalar_one()
    return found


def _fits(database: Engine, name: str, once: str) -> bool:
    with database.connect() as connection:
        kept = connection.execute(
            select(Account.passphrase_hash).where(Account.name == name)
        ).scalar_one()
    return passphrase.matches(once, kept)


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("gso:268", 11),
        ("old:268", 12),
        ("268", 11),  # of two the one that is still there
        ("Phường Hà Đông", 11),
        ("Quận Hà Đông", 12),
        ("13", 13),
    ],
)
def test_a_unit_by_code_scheme_name_or_number(database: Engine, written: str, unit: int) -> None:
    said = run("add", "lan", "--full-name", "Lan", "--role", "Lãnh đạo", "--unit", written)
    assert _fits(database, "lan", _one_time(said))
    assert _unit_of(database, "lan") == unit


def test_a_unit_that_may_be_two_or_none_adds_nobody(database: Engine) -> None:
    for written, words in (
        ("Xã Tân Lập", "Xã Tân Lập = 13; Xã Tân Lập = 14"),
        ("Xã Không Có", "Không có đơn vị “Xã Không Có”"),
    ):
        said = run("add", "lan", "--full-name", "Lan", "--role", "unit", "--unit", written)
        assert said.exit_code == 2
        assert words in said.stderr
    assert run("list").stdout == ""


def test_list_lock_unlock_reset_and_sessions(database: Engine) -> None:
    for name, role in (("quan-tri", "admin"), ("lan", "leader")):
        run("add", name, "--full-name", name.title(), "--role", role)
    assert run("list").stdout.splitlines()[0].split()[0] == "lan"
    assert run("list").stdout.count("phải đổi mật khẩu") == 2
    signed_in(database, "leader", name="lan")
    assert "lan" in run("sessions").stdout

    assert run("lock", "lan").stdout == "Đã khóa lan; 1 phiên bị đăng xuất.\n"
    assert run("sessions").stdout == ""
    assert "đã khóa" in run("list").stdout
    last = run("lock", "quan-tri")
    assert (last.exit_code, "quản trị" in last.stderr) == (2, True)

    assert run("unlock", "lan").stdout == "Đã mở khóa lan.\n"
    signed_in(database, "leader", name="lan")
    once = _one_time(run("reset", "lan"))
    assert _fits(database, "lan", once)
    assert run("sessions").stdout == ""
    assert run("reset", "ai-do").exit_code == 2
