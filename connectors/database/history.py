"""The table of what dossiers said before: rows are added and never changed (docs/adr/0007)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base, BigId
from connectors.database.types import UtcMoment


class DossierHistory(Base):
    """A dossier as a batch left it, until another batch changed it or its children.

    The fields of a dossier that an import writes, and its pauses, steps and apologies as lists
    (moments: ms since 1970 UTC; NULL: none), without signer, reason and document. Nothing of the
    owner. No foreign keys: a row stays true when what it names is gone.
    """

    __tablename__ = "dossier_history"
    __table_args__ = (Index("ix_dossier_history_replaced_by", "replaced_by"),)

    dossier_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    # The batch that wrote it, and the one that wrote over it.
    batch_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    replaced_by: Mapped[int] = mapped_column(Integer)
    source_id: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(64))
    procedure_id: Mapped[int | None]
    receiving_unit_id: Mapped[int | None]
    resolving_unit_id: Mapped[int] = mapped_column(Integer)
    applicant_unit_id: Mapped[int | None]
    channel: Mapped[str | None] = mapped_column(String(16))
    channel_source: Mapped[str | None] = mapped_column(String(64))
    officer_id: Mapped[int | None]
    submitted_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    received_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    due_original_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    due_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    due_changed_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    ended_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    end_kind: Mapped[str | None] = mapped_column(String(16))
    collected_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    recorded_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    status: Mapped[int | None]
    late_cause: Mapped[str | None] = mapped_column(String(32))
    online_payment: Mapped[bool | None] = mapped_column(Boolean)
    digitised: Mapped[bool | None] = mapped_column(Boolean)
    data_reused: Mapped[bool | None] = mapped_column(Boolean)
    pauses: Mapped[Any | None] = mapped_column(JSON)
    steps: Mapped[Any | None] = mapped_column(JSON)
    apologies: Mapped[Any | None] = mapped_column(JSON)


_SQLITE: Final = (
    """CREATE TRIGGER dossier_history_no_update BEFORE UPDATE ON dossier_history
       BEGIN SELECT RAISE(ABORT, 'dossier_history: rows are never changed'); END""",
    """CREATE TRIGGER dossier_history_no_delete BEFORE DELETE ON dossier_history
       BEGIN SELECT RAISE(ABORT, 'dossier_history: rows are never deleted'); END""",
    # INSERT OR REPLACE deletes without asking a DELETE trigger.
    """CREATE TRIGGER dossier_history_no_replace BEFORE INSERT ON dossier_history
       WHEN EXISTS (SELECT 1 FROM dossier_history
                    WHERE dossier_id = NEW.dossier_id AND batch_id = NEW.batch_id)
       BEGIN SELECT RAISE(ABORT, 'dossier_history: rows are never changed'); END""",
)
_POSTGRESQL: Final = (
    """CREATE FUNCTION dossier_history_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'dossier_history: rows are never changed or deleted'; END $$""",
    """CREATE TRIGGER dossier_history_no_change BEFORE UPDATE OR DELETE ON dossier_history
       FOR EACH ROW EXECUTE FUNCTION dossier_history_refuse()""",
    """CREATE TRIGGER dossier_history_no_truncate BEFORE TRUNCATE ON dossier_history
       FOR EACH STATEMENT EXECUTE FUNCTION dossier_history_refuse()""",
)


def fence(dialect: str) -> tuple[str, ...]:
    """The triggers that refuse every change and deletion ('sqlite' or 'postgresql')."""
    return _SQLITE if dialect == "sqlite" else _POSTGRESQL
