"""The table of schedules by which reports go out (lịch gửi báo cáo), made on screen Dữ liệu."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base
from connectors.database.types import UtcMoment


class ScheduleRow(Base):
    """A report that goes out again and again (connectors/sending/plan.py, Sending).

    Never deleted: one that was removed has ``removed_at``; what was changed stands in change_log.
    """

    __tablename__ = "report_schedule"
    __table_args__ = (Index("ix_report_schedule_name", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    report: Mapped[str] = mapped_column(String(64))
    period: Mapped[str] = mapped_column(String(64))
    # One after the other, with a comma: pdf,xlsx.
    formats: Mapped[str] = mapped_column(String(64))
    every: Mapped[str] = mapped_column(String(16))
    day: Mapped[int]
    # Local time: 07:00.
    at: Mapped[str] = mapped_column(String(5))
    # NULL: all that the receiver may see.
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    # Below DATA_DIR/bao-cao-gui; NULL: none.
    folder: Mapped[str | None] = mapped_column(String(64))
    # A line each: the account's sign-in name, its address (may be missing).
    receivers: Mapped[str] = mapped_column(Text)
    is_paused: Mapped[bool]
    # Nothing that was due before is made up: when it was made, changed or taken up again.
    since: Mapped[datetime] = mapped_column(UtcMoment)
    changed_at: Mapped[datetime] = mapped_column(UtcMoment)
    changed_by: Mapped[str] = mapped_column(String(255))
    removed_at: Mapped[datetime | None] = mapped_column(UtcMoment)
