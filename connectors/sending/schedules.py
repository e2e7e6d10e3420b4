"""Schedules of reports that administrators keep on the screen: in the database, with history.

Beside them an installation may have SENDING_FILE; a name that stands there is the file's, whatever
the database says of it, and cannot be given to a schedule. What may be scheduled (reports,
receivers) is decided above (reports.schedules).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final, Unpack, cast

from sqlalchemy import Connection, Engine, Row, Table, insert, select, update

from connectors import audit
from connectors.database.registers import ChangeLog
from connectors.database.sending import ScheduleRow
from connectors.database.session import read_transaction, write_transaction
from connectors.intake.report import IntakeRefused
from connectors.said import Said
from connectors.sending.plan import (
    Every,
    Receiver,
    Sending,
    plain_address,
    plain_name,
    problem,
    sendings,
)
from connectors.settings import Settings, SettingsError

_TABLE: Final = cast(Table, ScheduleRow.__table__)
_LOG: Final = cast(Table, ChangeLog.__table__)
_REGISTER: Final = "report_schedule"
_MOST_RECEIVERS: Final = 200
FOLDERS: Final = "bao-cao-gui"
"""The folder of DATA_DIR that schedules put their reports below."""

LABELS: Final = {
    "*": "lịch gửi",
    "report": "báo cáo",
    "period": "loại kỳ",
    "formats": "định dạng",
    "every": "gửi mỗi",
    "day": "ngày",
    "at": "lúc",
    "unit_id": "đơn vị",
    "folder": "thư mục",
    "receivers": "người nhận",
    "is_paused": "tạm dừng",
}
"""What changes are called; ``*``: the schedule itself."""


class ScheduleRefused(IntakeRefused):
    """A schedule that cannot be kept so; nothing was written (Vietnamese)."""


@dataclass(frozen=True)
class Given:
    """A schedule as it is typed. ``at``: 07:00; ``receivers``: a line each, account, address."""

    name: str
    report: str
    period: str
    formats: tuple[str, ...]
    every: str
    day: int
    at: str
    unit_id: int | None
    folder: str | None
    receivers: str


@dataclass(frozen=True)
class Kept:
    """A schedule in the database; moments are UTC. ``given``: as it is typed."""

    id: int
    given: Given
    sending: Sending
    is_paused: bool
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True)
class Change:
    """What somebody changed: which value (:data:`LABELS`), from what to what; UTC."""

    at: datetime
    by: str
    label: str
    old: str | None
    new: str | None


def checked(settings: Settings, given: Given, since: datetime | None = None) -> Sending:
    """A schedule as it would be sent. Raises ScheduleRefused."""
    try:
        found = Sending(
            name=plain_name(given.name),
            report=given.report,
            period=given.period,
            formats=given.formats,
            every=cast(Every, given.every),
            day=given.day,
            at=time.fromisoformat(given.at),
            unit=None if given.unit_id is None else str(given.unit_id),
            folder=_folder(settings, given.folder),
            receivers=_receivers(given.receivers),
            since=since,
        )
    except ValueError as error:
        raise ScheduleRefused(_wrong(error, given)) from error
    if found.at.second or len(given.at) != len("07:00"):
        raise ScheduleRefused("Giờ gửi ghi như 07:00.")
    wrong = problem(found)
    if wrong:
        raise ScheduleRefused(f"Chưa ghi được lịch gửi: {wrong}")
    names = [one.account for one in found.receivers]
    if len(set(names)) < len(names) or len(names) > _MOST_RECEIVERS:
        raise ScheduleRefused(
            f"Mỗi tài khoản nhận một lần trong một lịch, nhiều nhất {_MOST_RECEIVERS} người nhận."
        )
    return found


def _wrong(error: ValueError, given: Given) -> str:
    try:
        time.fromisoformat(given.at)
    except ValueError:
        return "Giờ gửi ghi như 07:00."
    return f"Chưa ghi được lịch gửi: {error}."


def _folder(settings: Settings, name: str | None) -> Path | None:
    return None if not name else settings.data_dir / FOLDERS / plain_name(name)


def _receivers(text: str) -> tuple[Receiver, ...]:
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        account, _, address = line.partition(",")
        found.append(Receiver(account.strip(), plain_address(address.strip())))
    return tuple(found)


# -- reading ------------------------------------------------------------------------------


def kept(database: Engine, settings: Settings) -> list[Kept]:
    """The schedules that stand, paused ones too, by name."""
    query = select(_TABLE).where(_TABLE.c.removed_at.is_(None)).order_by(_TABLE.c.name)
    with read_transaction(database) as connection:
        return [_kept(row, settings) for row in connection.execute(query)]


def every(database: Engine, settings: Settings) -> tuple[Sending, ...]:
    """All that is sent by itself: the file's, and of the database what has another name and is
    not paused. Raises SettingsError (the file cannot be used)."""
    own = sendings(settings)
    names = {one.name for one in own}
    stored = (one.sending for one in kept(database, settings) if not one.is_paused)
    return (*own, *(one for one in stored if one.name not in names))


def changes(database: Engine, schedule: int) -> list[Change]:
    """What was changed of a schedule, newest first."""
    query = (
        select(_LOG)
        .where(_LOG.c.register == _REGISTER, _LOG.c.row_key == str(schedule))
        .order_by(_LOG.c.id.desc())
    )
    with read_transaction(database) as connection:
        return [
            Change(row.at, row.by, LABELS.get(row.column_name, row.column_name),
                   row.old_value, row.new_value)
            for row in connection.execute(query)
        ]  # fmt: skip


def _kept(row: Row[Any], settings: Settings) -> Kept:
    given = Given(
        row.name, row.report, row.period, tuple(row.formats.split(",")), row.every, row.day,
        row.at, row.unit_id, row.folder, row.receivers,
    )  # fmt: skip
    sending = checked(settings, given, row.since)
    return Kept(row.id, given, sending, row.is_paused, row.changed_at, row.changed_by)


# -- writing ------------------------------------------------------------------------------


def keep(database: Engine, settings: Settings, given: Given, **said: Unpack[Said]) -> int:
    """Keep a new schedule; its number. Nothing that was due before is made up.

    Raises ScheduleRefused.
    """
    checked(settings, given)
    _not_the_files(settings, given.name)
    values = _values(given)
    with write_transaction(database) as connection:
        mine = (_TABLE.c.name == given.name) & _TABLE.c.removed_at.is_(None)
        if connection.execute(select(_TABLE.c.id).where(mine)).first() is not None:
            raise ScheduleRefused(f"Đã có lịch gửi “{given.name}”; hãy đặt tên khác.")
        row = {"name": given.name, **values, "is_paused": False, **_now(said, starts=True)}
        made = insert(_TABLE).values(**row).returning(_TABLE.c.id)
        number: int = connection.execute(made).scalar_one()
        _log(connection, settings, number, given.name, {"*": (None, "thêm")}, said)
        for name, value in values.items():
            if value is not None:
                _log_line(connection, number, name, None, value, said)
    return number


def change(
    database: Engine, settings: Settings, schedule: int, given: Given, **said: Unpack[Said]
) -> None:
    """Keep other values of a schedule; its name stays. From now on it goes by them.

    Raises ScheduleRefused: wrong; nothing is changed; it does not stand any more.
    """
    with write_transaction(database) as connection:
        row = _standing(connection, schedule)
        given = Given(**{**given.__dict__, "name": row.name})
        checked(settings, given)
        changed = {
            n: (getattr(row, n), v) for n, v in _values(given).items() if getattr(row, n) != v
        }
        if not changed:
            raise ScheduleRefused("Chưa có gì thay đổi.")
        _write(connection, settings, row, changed, said, starts=True)


def pause(
    database: Engine, settings: Settings, schedule: int, *, is_paused: bool, **said: Unpack[Said]
) -> None:
    """Let a schedule rest, or take it up again. Raises ScheduleRefused."""
    with write_transaction(database) as connection:
        row = _standing(connection, schedule)
        if row.is_paused == is_paused:
            raise ScheduleRefused("Lịch gửi đã như vậy rồi; hãy tải lại trang.")
        changed = {"is_paused": (row.is_paused, is_paused)}
        _write(connection, settings, row, changed, said, starts=not is_paused)


def remove(database: Engine, settings: Settings, schedule: int, **said: Unpack[Said]) -> None:
    """Send nothing by a schedule any more; it and its history are kept. Raises ScheduleRefused."""
    with write_transaction(database) as connection:
        row = _standing(connection, schedule)
        mine = _TABLE.c.id == schedule
        connection.execute(
            update(_TABLE).where(mine).values(removed_at=said["at"], **_now(said, starts=False))
        )
        _log(connection, settings, schedule, row.name, {"*": ("đang gửi", "bỏ")}, said)


def _standing(connection: Connection, schedule: int) -> Row[Any]:
    mine = (_TABLE.c.id == schedule) & _TABLE.c.removed_at.is_(None)
    row = connection.execute(select(_TABLE).where(mine)).one_or_none()
    if row is None:
        raise ScheduleRefused("Lịch gửi này không còn; hãy tải lại trang.")
    return row


def _write(
    connection: Connection,
    settings: Settings,
    row: Row[Any],
    changed: Mapping[str, tuple[Any, Any]],
    said: Said,
    *,
    starts: bool,
) -> None:
    values = {name: new for name, (_, new) in changed.items()} | _now(said, starts=starts)
    connection.execute(update(_TABLE).where(_TABLE.c.id == row.id).values(**values))
    _log(connection, settings, row.id, row.name, changed, said)


def _values(given: Given) -> dict[str, Any]:
    return {
        "report": given.report,
        "period": given.period,
        "formats": ",".join(given.formats),
        "every": given.every,
        "day": given.day,
        "at": given.at,
        "unit_id": given.unit_id,
        "folder": given.folder or None,
        "receivers": "\n".join(
            ", ".join(filter(None, (one.account, one.address)))
            for one in _receivers(given.receivers)
        ),
    }


def _now(said: Said, *, starts: bool) -> dict[str, Any]:
    since = {"since": said["at"]} if starts else {}
    return {**since, "changed_at": said["at"], "changed_by": said["by"][:255]}


def _log(
    connection: Connection,
    settings: Settings,
    schedule: int,
    name: str,
    changed: Mapping[str, tuple[Any, Any]],
    said: Said,
) -> None:
    """Lines of the history, and one of the audit, in which nobody's address stands."""
    for column, (old, new) in changed.items():
        _log_line(connection, schedule, column, old, new, said)
    detail = {"schedule": schedule, "changed": ", ".join(LABELS[column] for column in changed)}
    if "*" in changed:
        detail["now"] = changed["*"][1]
    audit.append(
        connection,
        "schedule",
        actor=said["actor"],
        subject=name,
        detail=detail,
        keys=settings.audit_keys,
    )


def _log_line(
    connection: Connection, schedule: int, column: str, old: Any, new: Any, said: Said
) -> None:
    connection.execute(
        insert(_LOG).values(
            at=said["at"],
            by=said["by"][:255],
            register=_REGISTER,
            row_key=str(schedule),
            column_name=column,
            old_value=_text(old),
            new_value=_text(new),
        )
    )


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "có" if value else "không"
    return None if value is None else str(value)


def _not_the_files(settings: Settings, name: str) -> None:
    try:
        taken = name in {one.name for one in sendings(settings)}
    except SettingsError as error:
        raise ScheduleRefused(str(error)) from error
    if taken:
        raise ScheduleRefused(f"SENDING_FILE đã có lịch “{name}”; hãy đặt tên khác.")
