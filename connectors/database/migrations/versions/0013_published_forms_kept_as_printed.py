"""published forms kept as printed

Revision: 0013, after 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("form_row", schema=None) as batch_op:
        batch_op.add_column(sa.Column("in_time", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("as_printed", sa.Boolean(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("form_row", schema=None) as batch_op:
        batch_op.drop_column("as_printed")
        batch_op.drop_column("in_time")
