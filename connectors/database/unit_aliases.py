"""Tables of units that are one: spellings that somebody decided, and what moved because of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base, BigId
from connectors.database.types import UtcMoment


class UnitAlias(Base):
    """A spelling, or another entry of the catalogue, that means this unit (cách gọi khác).

    Without ``merged_unit_id``: a name or code, on the days that it is said for. With it: the
    other entry is the same unit; it stays in the catalogue and is shown nowhere. Never deleted:
    one that was taken back has ``ended_at``.
    """

    __tablename__ = "unit_alias"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    merged_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    text: Mapped[str] = mapped_column(String(255))
    # First and last day of receipt on which it is meant, both inclusive; NULL: without bound.
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    at: Mapped[datetime] = mapped_column(UtcMoment)
    by: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    ended_by: Mapped[str | None] = mapped_column(String(255))


UNIT_MOVED: Final = Table(
    "unit_moved",
    Base.metadata,
    Column("alias_id", ForeignKey("unit_alias.id", ondelete="CASCADE"), primary_key=True),
    # Table and column, or step and its number (then the row is the dossier).
    Column("place", String(64), primary_key=True),
    Column("row_id", BigId, primary_key=True, autoincrement=False),
)
"""Which rows named the other entry before: what taking back moves home."""
