"""Tables of the registers, each made from its declaration in metrics/registers; their history.

The same habits as in :mod:`connectors.database.models`: UTC moments, NULL for unknown. Each
register is imported by mapping or edited on the screen; ``change_log`` keeps who changed what,
when, and ``withdrawal`` which rows no longer count.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from connectors.database.models import Base, BigId, one_of
from connectors.database.types import UtcMoment
from metrics.registers import REGISTERS
from metrics.registers import columns as declared

SAMPLE_SOURCE = "Dữ liệu minh họa (giả lập)"
"""Source of the sample's rows in registers that people fill, too: they go when the sample goes."""

SAMPLE_TABLES: Final = (
    "dossier",
    "pause",
    "step",
    "apology",
    "dossier_record",
    "owner",
    "officer",
    "form_row",
    "source",
    "import_batch",
    "rejected_row",
)
"""Tables that an import which replaces the sample empties."""

_TYPES: Final[dict[str, type[TypeEngine[Any]]]] = {
    declared.INTEGER: Integer,
    declared.NUMBER: Double,
    declared.BOOLEAN: Boolean,
    declared.DATE: Date,
    declared.MOMENT: UtcMoment,
}


def _type(column: declared.Column) -> TypeEngine[Any]:
    if column.kind in (declared.TEXT, declared.CHOICE):
        return Text() if column.most == declared.LONG else String(column.most)
    return _TYPES.get(column.kind, Integer)()


def _column(column: declared.Column) -> Column[Any]:
    keys = []
    if column.kind == declared.UNIT or column.is_reference:
        ondelete = "CASCADE" if column.deleted_along else None
        keys = [ForeignKey(f"{column.kind}.id", ondelete=ondelete)]
    return Column(
        column.target, _type(column), *keys, nullable=column.is_nullable, default=column.default
    )


def table_of(register: declared.Register, metadata: MetaData) -> Table:
    """A register's table as its declaration has it."""
    columns = [column for column in register.columns if column.in_table]
    return Table(
        register.name,
        metadata,
        Column("id", Integer, primary_key=True),
        *map(_column, columns),
        *([UniqueConstraint(*register.key)] if register.is_unique else []),
        *(
            one_of(str(column.target), tuple(choice.value for choice in column.choices))
            for column in columns
            if column.checked
        ),
        *(Index(f"ix_{register.name}_{name}", *of) for name, of in register.indexes.items()),
    )


TABLES: Final[dict[str, Table]] = {
    name: table_of(each, Base.metadata) for name, each in REGISTERS.items()
}
"""Register → its table."""

TASK_UNIT: Final = Table(
    "task_unit",
    Base.metadata,
    Column("task_id", ForeignKey("task.id", ondelete="CASCADE"), primary_key=True),
    Column("unit_id", ForeignKey("unit.id"), primary_key=True),
)
"""Units that co-operate on a task (đơn vị phối hợp)."""

WITHDRAWAL: Final = Table(
    "withdrawal",
    Base.metadata,
    Column("register", String(32), primary_key=True),
    Column("row_id", BigId, primary_key=True, autoincrement=False),
    # When it was said, and from which moment on figures do without the row.
    Column("at", UtcMoment, nullable=False),
    Column("since", UtcMoment, nullable=False),
    Column("by", String(255), nullable=False),
    Column("reason", Text, nullable=False),
)
"""Rows and dossiers that are kept, and count no more (rút khỏi sổ). What is restored has none."""


class ChangeLog(Base):
    """Who changed which value of a register row, when (lịch sử thay đổi). Append-only."""

    __tablename__ = "change_log"
    __table_args__ = (Index("ix_change_log_row", "register", "row_key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcMoment)
    by: Mapped[str] = mapped_column(String(255))
    register: Mapped[str] = mapped_column(String(32))
    row_key: Mapped[str] = mapped_column(String(128))
    column_name: Mapped[str] = mapped_column(String(64))
    old_value: Mapped[str | None] = mapped_column(Text)
    new_value: Mapped[str | None] = mapped_column(Text)


class RegisterBatch(Base):
    """One import into a register: all of it or nothing."""

    __tablename__ = "register_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    register: Mapped[str] = mapped_column(String(32))
    file_name: Mapped[str | None] = mapped_column(String(255))
    by: Mapped[str] = mapped_column(String(255))
    finished_at: Mapped[datetime] = mapped_column(UtcMoment)
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_inserted: Mapped[int] = mapped_column(default=0)
    rows_changed: Mapped[int] = mapped_column(default=0)
    rows_unchanged: Mapped[int] = mapped_column(default=0)
    rows_rejected: Mapped[int] = mapped_column(default=0)


class RegisterRejection(Base):
    """A row of a register's file that could not be taken in, whole, with the reason."""

    __tablename__ = "register_rejection"
    __table_args__ = (Index("ix_register_rejection_batch_id", "batch_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("register_batch.id"))
    line_no: Mapped[int]
    column_name: Mapped[str | None] = mapped_column(String(255))
    value: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    row: Mapped[dict[str, Any]] = mapped_column(JSON)
    # With a key set: value, reason and row, encrypted; those columns then say nothing.
    sealed: Mapped[str | None] = mapped_column(Text)
