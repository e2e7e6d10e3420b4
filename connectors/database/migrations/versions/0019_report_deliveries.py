"""report deliveries

Revision: 0019, after 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connectors.database.types import UtcMoment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sending", sa.String(length=64), nullable=False),
        sa.Column("due_at", UtcMoment(), nullable=False),
        sa.Column("receiver", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcMoment(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("changed_at", UtcMoment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed', 'unsure')",
            name=op.f("ck_report_delivery_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_delivery")),
        sa.UniqueConstraint(
            "sending", "due_at", "receiver", name=op.f("uq_report_delivery_sending")
        ),
    )


def downgrade() -> None:
    op.drop_table("report_delivery")
