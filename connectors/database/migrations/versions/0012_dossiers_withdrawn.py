"""dossiers that are kept and in no figure

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connectors.database.types import UtcMoment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("dossier", "dossier_history"):
        op.add_column(table, sa.Column("withdrawn_at", UtcMoment(), nullable=True))
    _row_id(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    op.execute("DELETE FROM withdrawal WHERE register = 'dossier'")
    _row_id(sa.BigInteger(), sa.Integer())
    for table in ("dossier_history", "dossier"):
        op.drop_column(table, "withdrawn_at")


def _row_id(old: sa.Integer, new: sa.Integer) -> None:
    """A dossier's id is a large number; SQLite has one kind of them."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("withdrawal", "row_id", existing_type=old, type_=new)
