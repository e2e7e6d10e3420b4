"""Tables of closed periods: who froze what and when, and the frozen figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base, BigId
from connectors.database.types import UtcMoment


class Closing(Base):
    """A period that was closed for a unit and all below it (chốt số liệu).

    Never deleted: one that was taken back has ``reopened_at``, and the period may be closed again.
    """

    __tablename__ = "closing"
    __table_args__ = (Index("ix_closing_period", "period"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # NULL: all units.
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    # As in an address: week:2026-W47, month15:2026-11 …
    period: Mapped[str] = mapped_column(String(64))
    first_day: Mapped[date]
    last_day: Mapped[date]
    # T, and which due date the classes go by (current, original).
    as_of: Mapped[datetime] = mapped_column(UtcMoment)
    due: Mapped[str] = mapped_column(String(16))
    # What was counted from: the version of the figures, and the last batch in it (K).
    data_version: Mapped[str] = mapped_column(String(128))
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    at: Mapped[datetime] = mapped_column(UtcMoment)
    by: Mapped[str] = mapped_column(String(255))
    note: Mapped[str | None] = mapped_column(Text)
    reopened_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    reopened_by: Mapped[str | None] = mapped_column(String(255))
    reopen_reason: Mapped[str | None] = mapped_column(Text)


CLOSED_FIGURE: Final = Table(
    "closed_figure",
    Base.metadata,
    Column("closing_id", ForeignKey("closing.id", ondelete="CASCADE"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    # Numbers of unit and field without foreign keys: a figure stays what it was.
    Column("unit_id", Integer),
    Column("field_id", Integer),
    Column("figure", String(64), nullable=False),
    Column("part", String(64), nullable=False),
    Column("count", BigId, nullable=False),
)
"""The frozen cells (metrics/dossiers/form_cells.py, CELL)."""

CLOSED_UNIT: Final = Table(
    "closed_unit",
    Base.metadata,
    Column("closing_id", ForeignKey("closing.id", ondelete="CASCADE"), primary_key=True),
    # Numbers of units without foreign keys, as of the cells.
    Column("unit_id", Integer, primary_key=True, autoincrement=False),
    Column("parent_id", Integer),
    # As forms printed it: with the parent or the last day where several share a name.
    Column("name", String(512), nullable=False),
    Column("level", String(16)),
)
"""The units of the frozen cells and those above them, as they were when it was closed."""
