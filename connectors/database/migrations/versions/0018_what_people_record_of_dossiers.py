"""what people record of dossiers

Revision: 0018, after 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connectors.database.types import UtcMoment

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dossier_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "dossier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("issued_at", UtcMoment(), nullable=True),
        sa.Column("number", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("new_due_at", UtcMoment(), nullable=True),
        sa.Column("signer", sa.String(length=255), nullable=True),
        sa.Column("late_cause", sa.String(length=32), nullable=True),
        sa.Column("source_due_at", UtcMoment(), nullable=True),
        sa.Column("source_cause", sa.String(length=32), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("at", UtcMoment(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('apology', 'cause')", name=op.f("ck_dossier_record_kind")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_dossier_record_batch_id_import_batch")
        ),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["dossier.id"],
            name=op.f("fk_dossier_record_dossier_id_dossier"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_record")),
    )
    for name in ("batch_id", "dossier_id"):
        op.create_index(f"ix_dossier_record_{name}", "dossier_record", [name], unique=False)
    op.add_column("apology", sa.Column("record_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM apology WHERE record_id IS NOT NULL")
    op.drop_column("apology", "record_id")
    op.drop_table("dossier_record")
