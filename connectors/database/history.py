"""The table of what dossiers said before: rows are added and never changed (docs/adr/0007)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import JSON, Column, Index, Integer, Table
from sqlalchemy.orm import Mapped
from sqlalchemy.types import TypeEngine

from connectors.database.models import Base, BigId, Dossier

_KEPT: Final = tuple(
    column
    for column in cast(Table, Dossier.__table__).columns
    if column.name not in ("id", "batch_id", "content_hash")
)


def _type(column: Column[Any]) -> TypeEngine[Any]:
    """A key to another table has that one's type, which is not known here yet."""
    return Integer() if column.foreign_keys else column.type


class DossierHistory(Base):
    """A dossier as a batch left it, until another batch changed it or its children.

    The fields of a dossier that an import writes, and its pauses, steps and apologies as lists
    (moments: ms since 1970 UTC; NULL: none), without signer, reason and document. Nothing of the
    owner. No foreign keys: a row stays true when what it names is gone.
    """

    __table__ = Table(
        "dossier_history",
        Base.metadata,
        Column("dossier_id", BigId, primary_key=True, autoincrement=False),
        # The batch that wrote it, and the one that wrote over it.
        Column("batch_id", Integer, primary_key=True, autoincrement=False),
        Column("replaced_by", Integer, nullable=False),
        *(Column(column.name, _type(column), nullable=column.nullable) for column in _KEPT),
        *(Column(name, JSON) for name in ("pauses", "steps", "apologies")),
        Index("ix_dossier_history_replaced_by", "replaced_by"),
    )
    if TYPE_CHECKING:
        dossier_id: Mapped[int]
        batch_id: Mapped[int]
        replaced_by: Mapped[int]


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
