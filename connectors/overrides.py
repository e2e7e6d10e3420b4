"""What an installation sets itself, with dates: days of the calendar, thresholds.

Each change and its line in the audit are one transaction. The figures follow with the next
refresh of the snapshot (connectors.snapshot.refresh).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select, update

from connectors import audit
from connectors.calendar import FIRST_DAY, LAST_DAY, load_calendar
from connectors.database.models import CalendarOverride
from connectors.database.models import ThresholdOverride as Stored
from connectors.database.session import read_transaction, write_transaction
from metrics.core.thresholds import SHIPPED, Override, Thresholds, problem_with

_WIDTHS: Final = {"name": 255, "document": 255, "threshold": 512}


class OverrideRefused(ValueError):
    """The value cannot be set; the message says why in Vietnamese."""


@dataclass(frozen=True)
class StoredThreshold:
    """A threshold that the installation has set: who set it and when (UTC)."""

    id: int
    key: str
    value: float
    valid_from: date
    document: str
    by: str
    at: datetime


# -- days of the calendar -----------------------------------------------------------------


def set_day(
    database: Engine,
    day: date,
    *,
    is_working: bool,
    name: str,
    document: str,
    actor: audit.Actor,
) -> None:
    """Makes a day a day off, or one that is worked; a day set before is set anew.

    Raises OverrideRefused without a name or a document, for a day that is so anyway, and for one
    outside the calendar.
    """
    name, document = name.strip(), document.strip()
    if not FIRST_DAY <= day <= LAST_DAY:
        raise OverrideRefused(f"Lịch làm việc có từ năm {FIRST_DAY.year} đến {LAST_DAY.year}.")
    if not name or not document:
        raise OverrideRefused("Hãy ghi tên ngày và văn bản làm căn cứ.")
    _fits("name", name)
    _fits("document", document)
    if load_calendar(None).is_working(day) == is_working:
        what = "ngày làm việc" if is_working else "ngày nghỉ"
        raise OverrideRefused(f"Ngày {day:%d/%m/%Y} vốn đã là {what}; không có gì để đặt riêng.")
    with write_transaction(database) as connection:
        before = _day(connection, day)
        values = {"is_working": is_working, "name": name, "document": document}
        if before is None:
            connection.execute(insert(CalendarOverride).values(day=day, **values))
        else:
            connection.execute(
                update(CalendarOverride).where(CalendarOverride.day == day).values(**values)
            )
        audit.append(
            connection,
            "setting",
            actor=actor,
            subject=f"lịch làm việc, ngày {day:%d/%m/%Y}",
            detail={"before": before, "value": _word(is_working), "document": document},
        )


def remove_day(database: Engine, day: date, *, actor: audit.Actor) -> None:
    """Takes back what was set for a day. Raises OverrideRefused where nothing was."""
    with write_transaction(database) as connection:
        before = _day(connection, day)
        if before is None:
            raise OverrideRefused(f"Ngày {day:%d/%m/%Y} không được đặt riêng, hoặc đã bỏ rồi.")
        connection.execute(delete(CalendarOverride).where(CalendarOverride.day == day))
        audit.append(
            connection,
            "setting",
            actor=actor,
            subject=f"lịch làm việc, ngày {day:%d/%m/%Y}",
            detail={"before": before, "value": "bỏ đặt riêng"},
        )


def _day(connection: Connection, day: date) -> str | None:
    found = connection.execute(
        select(CalendarOverride.is_working).where(CalendarOverride.day == day)
    ).scalar()
    return None if found is None else _word(found)


def _word(is_working: bool) -> str:
    return "làm việc" if is_working else "nghỉ"


# -- thresholds ---------------------------------------------------------------------------


def stored_thresholds(database: Engine) -> list[StoredThreshold]:
    """Every threshold that was set here, by key and day."""
    columns = (getattr(Stored, name) for name in StoredThreshold.__dataclass_fields__)
    query = select(*columns).order_by(Stored.key, Stored.valid_from)
    with read_transaction(database) as connection:
        return [StoredThreshold(*row) for row in connection.execute(query)]


def set_threshold(
    database: Engine,
    key: str,
    value: float,
    valid_from: date,
    document: str,
    *,
    actor: audit.Actor,
) -> None:
    """Sets a threshold from a day on; one of the same day is set anew.

    Raises OverrideRefused without a document and for what ``metrics.core.thresholds.problem_with``
    says no to.
    """
    document = document.strip()
    if not document:
        raise OverrideRefused("Hãy ghi văn bản làm căn cứ.")
    _fits("threshold", document)
    with write_transaction(database) as connection:
        own = _own(connection)
        problem = problem_with(Thresholds(own), Override(key, value, valid_from, document))
        if problem is not None:
            raise OverrideRefused(problem)
        before = next(
            (one.value for one in own if (one.key, one.valid_from) == (key, valid_from)), None
        )
        same = (Stored.key == key, Stored.valid_from == valid_from)
        connection.execute(delete(Stored).where(*same))
        connection.execute(
            insert(Stored).values(
                key=key,
                value=value,
                valid_from=valid_from,
                document=document,
                by=actor.name[:255],
                at=datetime.now(UTC),
            )
        )
        audit.append(
            connection,
            "setting",
            actor=actor,
            subject=_subject(key, valid_from),
            detail={
                "threshold": key,
                "before": before,
                "value": value,
                "valid_from": f"{valid_from:%d/%m/%Y}",
                "document": document,
            },
        )


def remove_threshold(database: Engine, threshold_id: int, *, actor: audit.Actor) -> None:
    """Takes back a threshold that was set here; what held before it holds again.

    Raises OverrideRefused where it is gone already.
    """
    with write_transaction(database) as connection:
        found = connection.execute(
            select(Stored.key, Stored.value, Stored.valid_from).where(Stored.id == threshold_id)
        ).one_or_none()
        if found is None:
            raise OverrideRefused("Ngưỡng này đã được bỏ rồi.")
        connection.execute(delete(Stored).where(Stored.id == threshold_id))
        audit.append(
            connection,
            "setting",
            actor=actor,
            subject=_subject(found.key, found.valid_from),
            detail={
                "threshold": found.key,
                "before": found.value,
                "value": "bỏ đặt riêng",
                "valid_from": f"{found.valid_from:%d/%m/%Y}",
            },
        )


def _subject(key: str, day: date) -> str:
    return f"ngưỡng “{SHIPPED.on(key, day).label}”"


def thresholds_in(connection: Connection) -> Thresholds:
    """What holds in this installation: its own values before the file's."""
    return Thresholds(_own(connection))


def _own(connection: Connection) -> tuple[Override, ...]:
    rows = connection.execute(select(Stored.key, Stored.value, Stored.valid_from, Stored.document))
    return tuple(Override(*row) for row in rows)


def _fits(field: str, text: str) -> None:
    if len(text) > _WIDTHS[field]:
        raise OverrideRefused(f"Nội dung dài {len(text)} ký tự, tối đa {_WIDTHS[field]}.")
