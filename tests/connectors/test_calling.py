"""What is asked of a unit is kept whole, once a week, within the scope, and audited."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from connectors import audit
from connectors.calling import MOST_TEXT, Deed, act
from connectors.database.audit import Audit
from connectors.database.models import Unit
from connectors.database.registers import TABLES
from connectors.engine import Scope
from connectors.registers import RegisterRefused
from connectors.settings import Settings

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)  # Monday 09:00 in Hà Nội
TASK, PROGRAMME, UPDATE = (TABLES[name] for name in ("task", "programme", "task_update"))


def said(units: frozenset[int] | None = None, at: datetime = NOW) -> dict[str, Any]:
    return {
        "by": "Lan (lan)", "at": at, "actor": audit.Actor("lan"), "scope": Scope(units),
        "refresh_snapshot": False,
    }  # fmt: skip


@pytest.fixture
def units(database: Engine) -> tuple[int, int]:
    with database.begin() as connection:
        made = []
        for code, level in (("01", "province"), ("1", "commune")):
            values = {"scheme": "gso", "code": code, "name": f"Đơn vị {code}", "kind": level}
            done = insert(Unit).values(level=level, **values).returning(Unit.id)
            made.append(int(connection.execute(done).scalar_one()))
    return made[0], made[1]


def kept(database: Engine, table: Any) -> list[Any]:
    with database.connect() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def deed(units: tuple[int, int], **more: Any) -> Deed:
    given: dict[str, Any] = {
        "what": "explain", "unit": units[1], "asker": units[0], "text": " Vì sao trễ ",
        "topic": "below_target", "due_on": date(2026, 11, 26), "about": "./ho-so?figure=late",
    }  # fmt: skip
    return Deed(**(given | more))


def test_the_first_one_makes_the_programme_and_later_ones_use_it(
    database: Engine, settings: Settings, units: tuple[int, int]
) -> None:
    first = act(database, settings, deed(units), **said())
    second = act(database, settings, deed(units, what="assign", text="Xử lý dứt điểm"), **said())
    (programme,) = kept(database, PROGRAMME)
    assert (programme.kind, programme.unit_id) == ("weekly", units[0])
    one, two = kept(database, TASK)
    assert (one.id, two.id) == (first, second)
    assert (one.name, one.category, one.unit_id) == ("Vì sao trễ", "Yêu cầu giải trình", units[1])
    assert (one.assigned_on, one.due_on) == (date(2026, 11, 23), date(2026, 11, 26))
    assert one.about == "./ho-so?figure=late"
    assert two.category == "Giao việc"
    assert kept(database, UPDATE) == []
    with database.connect() as connection:
        subjects = list(connection.execute(select(Audit.actor)).scalars())
    assert subjects.count("lan") >= 2


def test_the_same_thing_is_asked_once_a_week(
    database: Engine, settings: Settings, units: tuple[int, int]
) -> None:
    act(database, settings, deed(units), **said())
    sunday = NOW + timedelta(days=6, hours=14)  # still Sunday in Hà Nội
    with pytest.raises(RegisterRefused, match="tuần này đã yêu cầu giải trình về việc này ngày 23"):
        act(database, settings, deed(units, due_on=None), **said(at=sunday))
    assert len(kept(database, TASK)) == 1
    act(database, settings, deed(units, topic="without_apology"), **said())
    act(database, settings, deed(units, due_on=None), **said(at=NOW + timedelta(days=7)))
    assert len(kept(database, TASK)) == 3


def test_a_call_is_done_at_once_and_there_may_be_several(
    database: Engine, settings: Settings, units: tuple[int, int]
) -> None:
    for minute in range(2):
        at = NOW + timedelta(minutes=minute)
        call = deed(units, what="called", text="Hẹn thứ Tư", due_on=None, about="")
        act(database, settings, call, **said(at=at))
    assert [row.category for row in kept(database, TASK)] == ["Đã gọi", "Đã gọi"]
    assert [(row.is_completed, row.note) for row in kept(database, UPDATE)] == [
        (True, "Hẹn thứ Tư")
    ] * 2


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"text": "   "}, "cần từ 1 đến"),
        ({"text": "a" * (MOST_TEXT + 1)}, "cần từ 1 đến"),
        ({"due_on": date(2026, 11, 22)}, "đã qua"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_leaves_nothing(
    database: Engine, settings: Settings, units: tuple[int, int], more: dict[str, Any], why: str
) -> None:
    with pytest.raises(RegisterRefused, match=why):
        act(database, settings, deed(units, **more), **said())
    assert kept(database, TASK) == kept(database, PROGRAMME) == []


def test_nobody_asks_a_unit_outside_the_scope(
    database: Engine, settings: Settings, units: tuple[int, int]
) -> None:
    act(database, settings, deed(units), **said())
    for scope in (frozenset({units[0]}), frozenset[int]()):
        with pytest.raises(RegisterRefused, match="ngoài phạm vi"):
            act(database, settings, deed(units, topic="past_allowed"), **said(scope))
    assert len(kept(database, TASK)) == 1
