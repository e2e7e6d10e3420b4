"""Tables of what was erased on purpose: which dossiers, and traces by which it is known again.

Nothing of a person stands in them: a dossier's number, and hashes that only the installation's own
secret makes (:class:`connectors.privacy.erased.Tracer`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base
from connectors.database.types import UtcMoment


class OwnerErased(Base):
    """A dossier whose owner was erased: an import does not bring the owner back."""

    __tablename__ = "owner_erased"

    dossier_id: Mapped[int] = mapped_column(
        ForeignKey("dossier.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(UtcMoment)
    # Because the person asked; else because it was kept long enough.
    asked: Mapped[bool]


class ErasedTrace(Base):
    """By what a rejected row is known to speak of somebody who was erased: it is not kept."""

    __tablename__ = "erased_trace"

    trace: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcMoment)
