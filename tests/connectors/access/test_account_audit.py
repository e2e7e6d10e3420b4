"""What an administrator does with accounts shows in the audit, also who could come in by it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from connectors import audit
from connectors.access import (
    AccountRefused,
    add_account,
    all_accounts,
    change_account,
    delete_account,
    find_account,
    reader_of,
)
from connectors.database.audit import Audit
from connectors.database.session import read_transaction
from tests.signing_in import signed_in

ADMIN = audit.Actor("kiem-thu", 1)


def _last(database: Engine) -> dict[str, object]:
    with read_transaction(database) as connection:
        found = connection.execute(
            select(Audit.detail).order_by(Audit.id.desc()).limit(1)
        ).scalar_one()
    return json.loads(found) if found else {}


def test_giving_an_account_to_another_identity_shows_in_the_audit(database: Engine) -> None:
    """An administrator may not see owners; signing in as somebody who may must leave a trace."""
    add_account(database, "lan", "Nguyễn Thị Lan", "reform", actor=ADMIN)
    assert "also" not in _last(database)
    lan = find_account(database, "lan")

    def change(full_name: str, external_id: str | None) -> dict[str, object]:
        change_account(
            database,
            "lan",
            full_name=full_name,
            role=lan.role,
            unit_id=lan.unit_id,
            external_id=external_id,
            actor=ADMIN,
        )
        return _last(database)

    assert change(lan.full_name, "quan-tri-rieng@ubnd.example") == {
        "also": "định danh ở hệ thống đăng nhập một lần"
    }
    assert change("Người khác", "quan-tri-rieng@ubnd.example") == {"also": "họ tên"}
    assert change("Người khác", "quan-tri-rieng@ubnd.example") == {}
    assert change(lan.full_name, None)["also"] == "họ tên, định danh ở hệ thống đăng nhập một lần"


def test_an_account_made_with_an_identity_shows_it(database: Engine) -> None:
    add_account(database, "kim", "Kim", "leader", external_id="kim@ubnd.example", actor=ADMIN)
    assert _last(database)["also"] == "định danh ở hệ thống đăng nhập một lần"
    assert "kim@" not in json.dumps(_last(database))


def test_a_deleted_account_is_gone_and_the_audit_keeps_its_name(database: Engine) -> None:
    token = signed_in(database, "reform", name="lan")
    number = find_account(database, "lan").id
    now = datetime.now(UTC)
    assert reader_of(database, token, now) is not None
    assert delete_account(database, "lan", actor=ADMIN) == 1
    assert reader_of(database, token, now) is None
    assert not all_accounts(database)
    with read_transaction(database) as connection:
        line = connection.execute(select(Audit).order_by(Audit.id.desc()).limit(1)).one()
    assert (line.action, line.subject) == ("account_deleted", "lan")
    assert json.loads(line.detail) == {"number": number, "role": "reform", "ended": 1}
    # Whoever has the name next is somebody else to the audit and to screens left open.
    add_account(database, "lan", "Lan khác", "reform", actor=ADMIN)
    assert find_account(database, "lan").id > number
    delete_account(database, "lan", actor=ADMIN)
    add_account(database, "hai", "Hải", "reform", actor=ADMIN)
    assert find_account(database, "hai").id > number + 1


def test_the_last_administrator_is_not_deleted(database: Engine) -> None:
    add_account(database, "mot", "Một", "admin", actor=ADMIN)
    with pytest.raises(AccountRefused, match="quản trị cuối cùng"):
        delete_account(database, "mot", actor=ADMIN)
    add_account(database, "hai", "Hai", "admin", actor=ADMIN)
    delete_account(database, "mot", actor=ADMIN)
    with pytest.raises(AccountRefused, match="Không có tài khoản"):
        delete_account(database, "mot", actor=ADMIN)
