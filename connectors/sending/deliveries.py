"""How each delivery goes: made once for each due moment and receiver, however many look.

A delivery is ``waiting`` until it is made (whoever makes it takes it for a while, so that nobody
else does, and one whose process died meanwhile is made again); ``sending`` from the moment the
message may have left;
``sent``; ``failed`` when nothing more is tried; ``unsure`` where the connection broke, or the
process died, after the message may have left: it is told, and never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast

from sqlalchemy import Engine, Table, insert, select, update

from connectors import audit
from connectors.database.models import Delivery
from connectors.database.session import read_transaction, write_transaction

State = Literal["waiting", "sending", "sent", "failed", "unsure"]

STATES: Final[dict[State, str]] = {
    "waiting": "chờ gửi",
    "sending": "đang gửi",
    "sent": "đã gửi",
    "failed": "không gửi được",
    "unsure": "không rõ đã đến chưa, không tự gửi lại",
}
FOLDER: Final = ""
"""The receiver of what is put into a folder."""

_TABLE: Final = cast(Table, Delivery.__table__)
_WAITS: Final = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240))
"""How long after each failure it is tried again; after the last one no more."""
_LONGEST: Final = 500
UNFINISHED: Final = timedelta(minutes=10)
"""What is being made or sent for longer has lost its process."""


@dataclass(frozen=True)
class Made:
    """A delivery; moments are UTC. ``receiver``: the account's name, or :data:`FOLDER`."""

    id: int
    sending: str
    due_at: datetime
    receiver: str
    state: State
    attempts: int
    next_at: datetime | None
    error: str | None
    changed_at: datetime


def expect(
    database: Engine, sending: str, due: datetime, receivers: Sequence[str], now: datetime
) -> None:
    """Writes down what is to be delivered for a due moment; what stands there stays as it is."""
    mine = (_TABLE.c.sending == sending) & (_TABLE.c.due_at == due)
    query = select(_TABLE.c.receiver).where(mine)
    with read_transaction(database) as connection:
        if set(receivers) <= set(connection.execute(query).scalars()):
            return
    with write_transaction(database, always=True) as connection:
        known = set(connection.execute(query).scalars())
        for receiver in receivers:
            if receiver not in known:
                values = {"state": "waiting", "attempts": 0, "next_at": now, "changed_at": now}
                connection.execute(
                    insert(_TABLE).values(sending=sending, due_at=due, receiver=receiver, **values)
                )


def ready(database: Engine, now: datetime) -> list[Made]:
    """What waits and may be tried now, the oldest first."""
    which = (_TABLE.c.state == "waiting") & (_TABLE.c.next_at <= now)
    query = select(_TABLE).where(which).order_by(_TABLE.c.due_at, _TABLE.c.id)
    with read_transaction(database) as connection:
        return [Made(**row._mapping) for row in connection.execute(query)]


def recent(database: Engine, most: int = 50) -> list[Made]:
    """The newest deliveries, for the screen."""
    query = select(_TABLE).order_by(_TABLE.c.due_at.desc(), _TABLE.c.id.desc()).limit(most)
    with read_transaction(database) as connection:
        return [Made(**row._mapping) for row in connection.execute(query)]


def take(database: Engine, one: Made, now: datetime) -> bool:
    """Whether whoever asks may make it: for a while nobody else may.

    One that was taken too often, and whose process died each time, is given up and told.
    """
    mine = (_TABLE.c.id == one.id) & (_TABLE.c.state == "waiting")
    which = mine & (_TABLE.c.attempts == one.attempts) & (_TABLE.c.next_at <= now)
    values: dict[str, Any] = {"attempts": one.attempts + 1, "next_at": now + UNFINISHED}
    if one.attempts > len(_WAITS):
        told = "Tiến trình lập báo cáo bị dừng nhiều lần; xem nhật ký máy chủ."
        values = {"state": "failed", "error": told}
    with write_transaction(database, always=True) as connection:
        changed = update(_TABLE).where(which).values(**values, changed_at=now)
        return bool(connection.execute(changed).rowcount) and "state" not in values


def begin(database: Engine, one: Made, now: datetime) -> bool:
    """Whether it may be sent by whoever asks: from now on nobody else may."""
    which = (_TABLE.c.id == one.id) & (_TABLE.c.state == "waiting")
    values = {"state": "sending", "changed_at": now}
    with write_transaction(database, always=True) as connection:
        return bool(connection.execute(update(_TABLE).where(which).values(**values)).rowcount)


def end(database: Engine, one: Made, state: State, now: datetime, error: str | None = None) -> None:
    """Writes down how it went; a failure is tried again later, so many times."""
    values: dict[str, Any] = {
        "state": state,
        "error": error and error[:_LONGEST],
        "changed_at": now,
    }
    if state == "failed" and one.attempts < len(_WAITS):
        values |= {"state": "waiting", "next_at": now + _WAITS[one.attempts]}
    with write_transaction(database, always=True) as connection:
        connection.execute(update(_TABLE).where(_TABLE.c.id == one.id).values(**values))
        if state == "sent":
            audit.append(
                connection,
                "report_sent",
                actor=audit.program_actor(),
                subject=one.sending,
                detail={"to": one.receiver or "thư mục"},
            )


def give_up_unfinished(database: Engine, before: datetime, now: datetime) -> int:
    """What was being sent when its process died: nobody knows whether it left; how many."""
    which = (_TABLE.c.state == "sending") & (_TABLE.c.changed_at < before)
    told = "Tiến trình gửi bị dừng giữa chừng; hãy hỏi người nhận trước khi gửi lại."
    values = {"state": "unsure", "error": told, "changed_at": now}
    with read_transaction(database) as connection:
        if connection.execute(select(_TABLE.c.id).where(which).limit(1)).first() is None:
            return 0
    with write_transaction(database, always=True) as connection:
        return connection.execute(update(_TABLE).where(which).values(**values)).rowcount


def again(database: Engine, delivery: int, now: datetime, actor: audit.Actor) -> bool:
    """A person has it sent once more; whether it was one that nothing happens to any more."""
    which = (_TABLE.c.id == delivery) & _TABLE.c.state.in_(("failed", "unsure"))
    values = {"state": "waiting", "attempts": 0, "next_at": now, "error": None, "changed_at": now}
    with write_transaction(database) as connection:
        if not connection.execute(update(_TABLE).where(which).values(**values)).rowcount:
            return False
        audit.append(connection, "report_again", actor=actor, subject=f"gửi {delivery}")
        return True
