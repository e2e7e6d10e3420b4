"""Asking a unit from the weekly review: to explain, to do something; or noting that it was called.

Each is a task of a programme of the kind ``weekly`` (metrics/tasks/requests.py), made where it is
first needed, one a unit that asks. Written with history and audit by the store of the registers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Unpack

from sqlalchemy import Connection, Engine, select

from connectors.database.registers import TABLES
from connectors.database.session import read_transaction
from connectors.registers import Entry, RegisterRefused, Writing, save_all
from connectors.settings import Settings
from metrics.registers.columns import Problem
from metrics.registers.tasks import DEEDS, WEEKLY
from metrics.registers.tasks import Deed as What

_TASK, _PROGRAMME = TABLES["task"], TABLES["programme"]
_PREFIXES: Final[dict[What, str]] = {"explain": "GT", "assign": "GV", "called": "DG"}
"""How the codes of the tasks begin."""
_SOURCE: Final = "Điều hành tuần, ghi trên màn hình"
MOST_TEXT: Final = 1000


@dataclass(frozen=True)
class Deed:
    """What is done about a unit.

    ``asker``: the unit in whose name. ``topic``: what it is about, a key of a kind of line: the
    same thing is asked once a week. ``about``: the address of the screen with the figures.
    ``more``: further columns of the task (person, product, responsibility, authority).
    """

    what: What
    unit: int
    asker: int
    text: str
    topic: str = "other"
    due_on: date | None = None
    about: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def act(database: Engine, settings: Settings, deed: Deed, **how: Unpack[Writing]) -> int:
    """Keep what was done about a unit; the task's id.

    Raises RegisterRefused (Vietnamese; nothing is written): no text, the same thing was asked in
    this week, a unit outside the scope; SnapshotNotRefreshed.
    """
    text = deed.text.strip()
    if not 0 < len(text) <= MOST_TEXT:
        raise _refused("Nội dung", f"cần từ 1 đến {MOST_TEXT} ký tự; hãy ghi lại.")
    today = how["at"].astimezone(settings.zone).date()
    if deed.what != "called" and deed.due_on is not None and deed.due_on < today:
        raise _refused("Hạn trả lời", "đã qua; hãy chọn ngày từ hôm nay.")
    programme = f"DHT-{deed.asker}"
    with read_transaction(database) as connection:
        known = _programme(connection, programme)
        code = _code(deed, today, how)
        if known is not None and (before := _asked(connection, known, code)) is not None:
            word = DEEDS[deed.what].lower()
            why = (
                f"tuần này đã {word} về việc này ngày {before:%d/%m}; hãy đôn đốc thay vì hỏi lại."
            )
            raise _refused("Việc", why)
    entries = [] if known is not None else [_first(programme, deed.asker)]
    values = {
        "programme": programme,
        "code": code,
        "name": text,
        "unit_id": deed.unit,
        "category": DEEDS[deed.what],
        "assigned_on": today,
        "due_on": deed.due_on,
        "about": deed.about or None,
        "source": _SOURCE,
        **deed.more,
    }
    entries.append(Entry("task", values))
    if deed.what == "called":
        done = {"is_launched": True, "is_completed": True, "completed_on": today}
        news = {"programme": programme, "task": code, "at": how["at"], "note": text, **done}
        entries.append(Entry("task_update", {**news, "by": how["by"]}))
    ids = save_all(database, settings, entries, **how)
    return ids[1] if known is None else ids[0]


def _first(code: str, asker: int) -> Entry:
    name = "Yêu cầu, giao việc, liên hệ của điều hành tuần"
    values = {"code": code, "name": name, "kind": WEEKLY, "unit_id": asker, "source": _SOURCE}
    return Entry("programme", values)


def _programme(connection: Connection, code: str) -> int | None:
    found = select(_PROGRAMME.c.id).where(_PROGRAMME.c.code == code)
    return connection.execute(found).scalar_one_or_none()


def _asked(connection: Connection, programme: int, code: str) -> date | None:
    found = select(_TASK.c.assigned_on).where(
        _TASK.c.programme_id == programme, _TASK.c.code == code
    )
    return connection.execute(found).scalar_one_or_none()


def _code(deed: Deed, today: date, how: Writing) -> str:
    """Unlike that of any other thing asked in the week; of calls there may be several a day."""
    year, week, _ = today.isocalendar()
    code = f"{_PREFIXES[deed.what]}-{year}W{week:02}-{deed.unit}"
    if deed.what == "called" or deed.topic == "other":
        return f"{code}-{how['at']:%d%H%M%S%f}"
    return f"{code}-{deed.topic}"


def _refused(column: str, why: str) -> RegisterRefused:
    return RegisterRefused.of([Problem(column, None, why)])
