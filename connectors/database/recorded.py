"""The table of what people record of dossiers: apologies, new dates, causes. Rows are only added.

What holds is worked out of them (:mod:`connectors.intake.recorded`) and stands in the dossier and
its apologies, where figures find it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base, BigId, one_of
from connectors.database.types import UtcMoment

APOLOGY = "apology"
CAUSE = "cause"
KINDS = (APOLOGY, CAUSE)
"""Văn bản xin lỗi (with a new date or without), nguyên nhân trễ hạn."""


class DossierRecord(Base):
    """One thing that a person said of a dossier, by a batch of its own.

    ``of_id``: the row that it says anew (mended) or takes back (``is_withdrawn``), always the
    first one of them; NULL: it is the first.
    """

    __tablename__ = "dossier_record"
    __table_args__ = (
        one_of("kind", KINDS),
        Index("ix_dossier_record_dossier_id", "dossier_id"),
        Index("ix_dossier_record_batch_id", "batch_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id", ondelete="CASCADE"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    of_id: Mapped[int | None] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(String(16))
    is_withdrawn: Mapped[bool] = mapped_column(default=False)
    issued_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    number: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    new_due_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    signer: Mapped[str | None] = mapped_column(String(255))
    # A code of metrics/dossiers/late_causes.toml.
    late_cause: Mapped[str | None] = mapped_column(String(32))
    # What the source says of the due date and the cause, as long as it says nothing newer.
    source_due_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    source_cause: Mapped[str | None] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(UtcMoment)
    # Why it was mended or withdrawn.
    why: Mapped[str | None] = mapped_column(Text)
