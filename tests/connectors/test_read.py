"""One dossier's course from the database: within the scope, without its owner, in local time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event, insert

from connectors.database.models import (
    Apology,
    Dossier,
    ImportBatch,
    Officer,
    Owner,
    Pause,
    Source,
    Step,
    Unit,
)
from connectors.engine import Scope
from connectors.read import dossier_timeline

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
EVERYTHING = Scope(None)


def moment(day: int, hour: int) -> datetime:
    """A moment of March 2026, in UTC."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.fixture
def course(database: Engine) -> Engine:
    """One dossier with two steps, a pause, two apologies and an owner."""
    rows: list[tuple[Any, list[dict[str, Any]]]] = [
        (Source, [{"id": 1, "code": "mc", "name": "Một cửa"}]),
        (
            Unit,
            [
                {"id": unit, "scheme": "t", "code": str(unit), "name": f"Phường {unit}"}
                | {"kind": "commune"}
                for unit in (1, 2)
            ],
        ),
        (Officer, [{"id": 7, "source_id": 1, "code": "CB-07", "name": "Một tên người"}]),
        (
            ImportBatch,
            [
                {"id": 1, "source_id": 1, "kind": "file", "started_at": moment(1, 0)}
                | {"finished_at": moment(1, 1)}
            ],
        ),
        (
            Dossier,
            [
                {"id": 5, "source_id": 1, "code": "H01-5", "resolving_unit_id": 1, "batch_id": 1}
                | {"officer_id": 7, "received_at": moment(2, 1), "content_hash": "0" * 32}
                | {"due_original_at": moment(3, 10), "due_at": moment(4, 10)}
            ],
        ),
        (
            Step,
            [
                {"dossier_id": 5, "sequence": 2, "name": "Thẩm tra", "from_at": moment(2, 3)}
                | {"to_at": None, "officer_id": 7, "unit_id": 2, "due_at": moment(3, 3)},
                {"dossier_id": 5, "sequence": 1, "name": "Tiếp nhận", "from_at": moment(2, 1)}
                | {"to_at": moment(2, 3), "officer_id": None, "unit_id": None, "due_at": None},
            ],
        ),
        (Pause, [{"dossier_id": 5, "kind": "finance", "from_at": moment(2, 5)}]),
        (
            Apology,
            [
                {"dossier_id": 5, "issued_at": moment(day, 2), "reason": "Nhà ông X vắng"}
                | {"signer": "Một người ký", "number": f"{day}/VBXL"}
                for day in (6, 5)
            ],
        ),
        (Owner, [{"dossier_id": 5, "name": "Nguyễn Văn A", "phone": "0912345678"}]),
    ]
    with database.begin() as connection:
        for table, values in rows:
            connection.execute(insert(table), values)
    return database


def test_the_course_is_in_order_and_in_local_time(course: Engine) -> None:
    found = dossier_timeline(course, ZONE, 5, EVERYTHING)
    assert found is not None
    assert (found.code, found.source, found.officer) == ("H01-5", "Một cửa", "CB-07")
    assert found.received_at == datetime(2026, 3, 2, 8)
    assert (found.due_original_at, found.due_at) == (
        datetime(2026, 3, 3, 17),
        datetime(2026, 3, 4, 17),
    )
    assert [(s.sequence, s.name, s.officer, s.to_at) for s in found.steps] == [
        (1, "Tiếp nhận", None, datetime(2026, 3, 2, 10)),
        (2, "Thẩm tra", "CB-07", None),
    ]
    assert found.steps[1].allotted_until == datetime(2026, 3, 3, 10)
    assert [(p.kind, p.to_at) for p in found.pauses] == [("finance", None)]
    assert [a.number for a in found.apologies] == ["5/VBXL", "6/VBXL"]


@pytest.mark.parametrize("number", [4, 0, -1, 2**70])
def test_an_unknown_dossier_is_none(course: Engine, number: int) -> None:
    assert dossier_timeline(course, ZONE, number, EVERYTHING) is None


def test_outside_the_scope_it_is_as_if_there_were_none(course: Engine) -> None:
    assert dossier_timeline(course, ZONE, 5, Scope(frozenset({1, 9}))) is not None
    # The unit of one of its steps is not the unit that resolves it.
    assert dossier_timeline(course, ZONE, 5, Scope(frozenset({2}))) is None
    assert dossier_timeline(course, ZONE, 5, Scope(frozenset())) is None


def test_nothing_personal_is_read(course: Engine) -> None:
    statements: list[str] = []

    def remember(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement.lower())

    event.listen(course, "before_cursor_execute", remember)
    found = dossier_timeline(course, ZONE, 5, EVERYTHING)
    event.remove(course, "before_cursor_execute", remember)
    assert any("from dossier" in statement for statement in statements)
    assert not any(
        word in statement for statement in statements for word in ("owner", "signer", "reason")
    )
    for secret in ("Nguyễn Văn A", "0912345678", "Một tên người", "Một người ký", "ông X"):
        assert secret not in repr(found)
