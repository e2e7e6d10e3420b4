"""Read-only for the time of maintenance: a line of table ``setting`` that every writer looks at.

What is still written then (``always`` of :func:`connectors.database.session.write_transaction`):
attempts to sign in, sessions, and lines of the audit that witness nothing but themselves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, delete, insert, select
from sqlalchemy.exc import OperationalError

from connectors.database.models import Setting

_SETTING: Final = cast(Table, Setting.__table__)
_KEY: Final = "maintenance"


@dataclass(frozen=True)
class Maintenance:
    """Since when (UTC), and why in an administrator's words ("": not said)."""

    since: datetime
    reason: str

    def sentence(self, zone: ZoneInfo | None = None) -> str:
        """What everybody is told (Vietnamese)."""
        at = f" từ {self.since.astimezone(zone):%H:%M %d/%m/%Y}" if zone else ""
        why = f": {self.reason.rstrip('.')}" if self.reason else ""
        return f"Hệ thống đang bảo trì{at}{why}. Chỉ xem được số liệu, chưa nhập, sửa được gì."


class UnderMaintenance(OperationalError):
    """Nothing was written, because nothing may be now; ``sentence`` says so in Vietnamese."""

    def __init__(self, found: Maintenance) -> None:
        super().__init__(None, None, RuntimeError("maintenance"))
        self.sentence = f"{found.sentence()} Hãy thử lại khi hết bảo trì; chưa có gì được ghi."


def state(connection: Connection) -> Maintenance | None:
    """The maintenance under way; None: there is none."""
    found = connection.scalar(select(_SETTING.c.value).where(_SETTING.c.key == _KEY))
    if found is None:
        return None
    said = json.loads(found)
    return Maintenance(datetime.fromisoformat(said["since"]), said["reason"])


def begin(connection: Connection, now: datetime, reason: str) -> None:
    """From this transaction on nothing else is written."""
    end(connection)
    said = {"since": now.isoformat(timespec="seconds"), "reason": reason}
    value = json.dumps(said, ensure_ascii=False)
    connection.execute(insert(_SETTING).values(key=_KEY, value=value))


def end(connection: Connection) -> bool:
    """Let everybody write again; whether there was a maintenance."""
    return bool(connection.execute(delete(_SETTING).where(_SETTING.c.key == _KEY)).rowcount)


def refuse(connection: Connection) -> None:
    """Raise UnderMaintenance while there is one; for the beginning of a writer's transaction."""
    found = state(connection)
    if found is not None:
        raise UnderMaintenance(found)
