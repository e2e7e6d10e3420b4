"""Tables of review meetings (họp giao ban): how their slides are arranged, what they decided."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base
from connectors.database.types import UtcMoment


class MeetingRow(Base):
    """A meeting over a unit (NULL: all units) and a period; one of each."""

    __tablename__ = "meeting"
    __table_args__ = (Index("ix_meeting_unit_id", "unit_id", "first_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    # As in an address: week:2026-W47; its first day, by which meetings follow each other.
    period: Mapped[str] = mapped_column(String(64))
    first_on: Mapped[date]
    held_on: Mapped[date | None]
    at: Mapped[datetime] = mapped_column(UtcMoment)
    by: Mapped[str] = mapped_column(String(255))


class MeetingSlideRow(Base):
    """A slide of a meeting: its place, whether it is left out, the presenter's own words."""

    __tablename__ = "meeting_slide"

    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True
    )
    slide: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[int]
    is_hidden: Mapped[bool]
    words: Mapped[str] = mapped_column(Text)


class DecisionRow(Base):
    """What a meeting asked of a unit (kết luận, việc giao), and what became of it."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_meeting_id", "meeting_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"))
    # The slide that was shown when it was noted; NULL: none.
    slide: Mapped[str | None] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    due_on: Mapped[date | None]
    at: Mapped[datetime] = mapped_column(UtcMoment)
    by: Mapped[str] = mapped_column(String(255))
    # going, done, not_done; NULL: nobody has said.
    outcome: Mapped[str | None] = mapped_column(String(16))
    outcome_note: Mapped[str | None] = mapped_column(Text)
    told_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    told_by: Mapped[str | None] = mapped_column(String(255))
    # Noted by mistake: kept, and shown nowhere.
    struck_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    struck_by: Mapped[str | None] = mapped_column(String(255))
