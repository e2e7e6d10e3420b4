"""how fetching goes

Revision: 0015, after 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connectors.database.types import UtcMoment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_fetch",
        sa.Column("mapping", sa.String(length=255), nullable=False),
        sa.Column("tried_at", UtcMoment(), nullable=False),
        sa.Column("good_at", UtcMoment(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("files_refused", sa.Integer(), nullable=True),
        sa.Column("full_at", UtcMoment(), nullable=True),
        sa.Column("vanished", sa.Integer(), nullable=True),
        sa.Column("vanished_codes", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("mapping", name=op.f("pk_source_fetch")),
    )
    op.add_column("rejected_row", sa.Column("code", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("rejected_row", "code")
    op.drop_table("source_fetch")
