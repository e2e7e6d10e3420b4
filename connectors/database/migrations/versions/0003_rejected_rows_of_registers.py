"""Rejected rows of registers

Revision: 0003, after 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "register_rejection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("column_name", sa.String(length=255), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["register_batch.id"],
            name=op.f("fk_register_rejection_batch_id_register_batch"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_rejection")),
    )
    with op.batch_alter_table("register_rejection", schema=None) as batch_op:
        batch_op.create_index("ix_register_rejection_batch_id", ["batch_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("register_rejection", schema=None) as batch_op:
        batch_op.drop_index("ix_register_rejection_batch_id")
    op.drop_table("register_rejection")
