"""What an administrator does with accounts shows in the audit, also who could come in by it."""

from __future__ import annotations

import json

from sqlalchemy import Engine, select

from connectors import audit
from connectors.access import add_account, change_account, find_account
from connectors.database.audit import Audit
from connectors.database.session import read_transaction

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
