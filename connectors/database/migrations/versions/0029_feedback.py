"""feedback

Revision: 0029, after 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connectors.database.types import UtcMoment

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("is_urgent", sa.Boolean(), nullable=True),
        sa.Column("received_at", UtcMoment(), nullable=False),
        sa.Column("accepted_at", UtcMoment(), nullable=True),
        sa.Column("due_at", UtcMoment(), nullable=True),
        sa.Column("extended_to", UtcMoment(), nullable=True),
        sa.Column("extended_at", UtcMoment(), nullable=True),
        sa.Column("ended_at", UtcMoment(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("is_published", sa.Boolean(), nullable=True),
        sa.Column("is_again", sa.Boolean(), nullable=True),
        sa.Column("rating", sa.String(length=16), nullable=True),
        sa.Column("rated_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=512), nullable=False),
        sa.CheckConstraint(
            "channel IN ('portal', 'app', 'hotline', 'direct', 'letter', 'other')",
            name=op.f("ck_feedback_channel"),
        ),
        sa.CheckConstraint(
            "kind IN ('scene', 'procedure', 'regulation', 'conduct', 'other')",
            name=op.f("ck_feedback_kind"),
        ),
        sa.CheckConstraint(
            "outcome IN ('answered', 'refused', 'transferred')", name=op.f("ck_feedback_outcome")
        ),
        sa.CheckConstraint(
            "rating IN ('satisfied', 'accepted', 'unsatisfied')", name=op.f("ck_feedback_rating")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_feedback_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("code", name=op.f("uq_feedback_code")),
    )


def downgrade() -> None:
    op.drop_table("feedback")
