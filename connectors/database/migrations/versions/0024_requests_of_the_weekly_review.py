"""requests of the weekly review

Revision: 0024, after 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_BEFORE = ("programme", "plan", "task_list", "assigned", "working_group")


def _kinds(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_programme_kind"), type_="check")
        listed = ", ".join(f"'{kind}'" for kind in kinds)
        batch_op.create_check_constraint(op.f("ck_programme_kind"), f"kind IN ({listed})")


def upgrade() -> None:
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", sa.Text(), nullable=True))
    _kinds((*_BEFORE, "weekly"))


def downgrade() -> None:
    op.execute("UPDATE programme SET kind = 'assigned' WHERE kind = 'weekly'")
    _kinds(_BEFORE)
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_column("about")
