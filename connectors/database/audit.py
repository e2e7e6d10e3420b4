"""Tables of the audit: its lines, and how many there are.

A migration adds what a model cannot say: triggers that refuse every change and every deletion
(:mod:`connectors.audit` tells how a line is made). A later migration must not rebuild these
tables in SQLite's batch mode, or it has to make the triggers again.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base, BigId
from connectors.database.types import UtcMoment


class Audit(Base):
    """One line of the audit (nhật ký kiểm soát). Lines are numbered 1, 2, 3 … without a gap.

    No foreign keys: a line stays true when the account or the unit it speaks of is gone.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcMoment)
    # Who: the name as it was then, and the account's number where there is an account.
    actor: Mapped[str] = mapped_column(String(255))
    actor_id: Mapped[int | None]
    # A key of connectors.audit.ACTIONS.
    action: Mapped[str] = mapped_column(String(32))
    # What was acted on: "hồ sơ 12", "lô 3", an account …
    subject: Mapped[str | None] = mapped_column(String(255))
    unit_id: Mapped[int | None]
    # JSON as it was hashed, hence text; NULL: nothing more to say.
    detail: Mapped[str | None] = mapped_column(Text)
    # Which key the hash was made with (its public name); NULL: none.
    key_id: Mapped[str | None] = mapped_column(String(8))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """How many lines there are and the last one's hash: a cut-off tail shows by it. One row."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    lines: Mapped[int] = mapped_column(BigId)
    hash: Mapped[str] = mapped_column(String(64))
