"""what dossiers said before, kept

Revision: 0010, after 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connectors.database import history
from connectors.database.types import UtcMoment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOMENTS = (
    "submitted_at",
    "received_at",
    "due_original_at",
    "due_at",
    "due_changed_at",
    "ended_at",
    "collected_at",
    "recorded_at",
)


def upgrade() -> None:
    op.add_column("dossier", sa.Column("due_changed_at", UtcMoment(), nullable=True))
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    texts = {"channel": 16, "channel_source": 64, "end_kind": 16, "late_cause": 32}
    op.create_table(
        "dossier_history",
        sa.Column("dossier_id", big, autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("replaced_by", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("resolving_unit_id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=True)
            for name in (
                "procedure_id",
                "receiving_unit_id",
                "applicant_unit_id",
                "officer_id",
                "status",
            )
        ),
        *(sa.Column(name, sa.String(length=n), nullable=True) for name, n in texts.items()),
        *(sa.Column(name, UtcMoment(), nullable=True) for name in _MOMENTS),
        *(
            sa.Column(name, sa.Boolean(), nullable=True)
            for name in ("online_payment", "digitised", "data_reused")
        ),
        *(sa.Column(name, sa.JSON(), nullable=True) for name in ("pauses", "steps", "apologies")),
        sa.PrimaryKeyConstraint("dossier_id", "batch_id", name=op.f("pk_dossier_history")),
    )
    op.create_index("ix_dossier_history_replaced_by", "dossier_history", ["replaced_by"])
    for statement in history.fence(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("dossier_history")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION dossier_history_refuse()")
    op.drop_column("dossier", "due_changed_at")
