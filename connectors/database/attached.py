"""The table of files that units send with what they report of a task."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base
from connectors.database.types import UtcMoment


class TaskFile(Base):
    """A file as it was sent, with the report that it came with; never changed."""

    __tablename__ = "task_file"
    __table_args__ = (Index("ix_task_file_task_id", "task_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    update_id: Mapped[int] = mapped_column(ForeignKey("task_update.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))
    # One of connectors/attached.toml: by its content, not by what its name says.
    kind: Mapped[str] = mapped_column(String(8))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcMoment)
    by: Mapped[str] = mapped_column(String(255))
