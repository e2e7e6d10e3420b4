"""units of closed periods, as they were called and stood when it was closed

Revision: 0022, after 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closed_unit",
        sa.Column("closing_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["closing_id"],
            ["closing.id"],
            name=op.f("fk_closed_unit_closing_id_closing"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("closing_id", "unit_id", name=op.f("pk_closed_unit")),
    )


def downgrade() -> None:
    op.drop_table("closed_unit")
