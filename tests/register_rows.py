"""A row in every register: what the shipped examples lack."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, select

from connectors.database.registers import TABLES
from connectors.registers import RegisterRefused, add, amend
from connectors.settings import Settings


def what_the_examples_lack(database: Engine, settings: Settings, how: dict[str, Any]) -> None:
    """Rows of the registers that the shipped examples leave empty. ``how``: by whom and when."""
    with database.connect() as connection:
        [task] = connection.execute(select(TABLES["task"]).limit(1)).mappings()
        [visit] = connection.execute(select(TABLES["inspection"]).limit(1)).mappings()
        [target] = connection.execute(select(TABLES["target"]).limit(1)).mappings()
    unit, given = visit["unit_id"], {"source": "BC 1"}
    add(database, settings, "field", {"code": "F1", "name": "Hộ tịch"}, **how)
    add(database, settings, "procedure", {"code": "P1", "name": "Khai sinh"}, **how)
    said = {"programme": task["programme_id"], "task": task["id"], "at": datetime(2022, 5, 1, 8)}
    add(database, settings, "task_update", {**said, "note": "Đang làm"}, **how)
    add(database, settings, "reminder", {**said, "document": "CV 2"}, **how)
    for code in ("TT-1", "TT-2"):
        finding = {"code": code, "inspection": visit["id"], "kind": "Một cửa", "description": "Lỗi"}
        add(database, settings, "finding", {**finding, **given}, **how)
    amend(database, settings, "finding", {"repeats": "TT-1"}, key={"code": "TT-2"}, **how)
    again = {
        "code": "KT-LAI", "kind": "recheck", "unit": unit, "from_on": date(2023, 9, 1),
        "parent": visit["id"], **given,
    }  # fmt: skip
    recheck = add(database, settings, "inspection", again, **how)
    led = {"unit": unit, "since": date(2023, 1, 3), "name": "Trần Thị An"}
    add(database, settings, "unit_head", {**led, **given}, **how)
    for turn, (code, by_visit) in enumerate((("TT-1", None), ("TT-2", recheck)), start=2):
        check = {"finding": code, "inspection": by_visit, "checked_on": date(2023, 9, turn)}
        add(database, settings, "finding_check", {**check, "is_fixed": True}, **how)
    event = {"name": "Phần mềm mới", "kind": "software", "from_on": date(2022, 5, 2), **given}
    add(database, settings, "event", {**event, "unit": unit}, **how)
    said_of = {"code": "PA-1", "received_at": datetime(2023, 9, 4, 8), **given}
    add(database, settings, "feedback", {**said_of, "unit": unit}, **how)
    signed = {"programme": target["programme_id"], "target": target["id"], "unit": unit}
    with suppress(RegisterRefused):  # the examples have it
        add(database, settings, "commitment", {**signed, **given}, **how)
