"""Owners and rejected rows: a place for the encrypted form

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_APART = (
    "sealed IS NULL OR (name IS NULL AND phone IS NULL AND address IS NULL AND national_id IS NULL)"
)
_REJECTED = ("rejected_row", "register_rejection")


def upgrade() -> None:
    with op.batch_alter_table("owner", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed", sa.Text(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_owner_sealed_apart"), _APART)
    for name in _REJECTED:
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.add_column(sa.Column("sealed", sa.Text(), nullable=True))


def downgrade() -> None:
    # Without the column the encrypted owners would be gone for ever.
    for name in ("owner", *_REJECTED):
        query = sa.text(f"SELECT 1 FROM {name} WHERE sealed IS NOT NULL LIMIT 1")  # noqa: S608
        if op.get_bind().execute(query).first() is not None:
            raise RuntimeError(f"table {name} holds encrypted rows")
    for name in _REJECTED:
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.drop_column("sealed")
    with op.batch_alter_table("owner", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_owner_sealed_apart"), type_="check")
        batch_op.drop_column("sealed")
