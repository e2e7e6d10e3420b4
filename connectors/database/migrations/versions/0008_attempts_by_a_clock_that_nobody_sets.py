"""attempts to sign in by a clock that nobody sets; the places where accounts came in

Revision: 0008, after 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connectors.database.types import UtcMoment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # What was counted so far is let go: it lies some hours back at most.
    op.drop_table("sign_in_attempt")
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", UtcMoment(), nullable=False),
        sa.Column("boot", sa.String(length=36), nullable=False),
        sa.Column("ticks", sa.Double(), nullable=False),
        sa.Column("name_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("counter", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_address", "sign_in_attempt", ["address"])
    op.create_index("ix_sign_in_attempt_name_hash", "sign_in_attempt", ["name_hash", "counter"])
    op.add_column("signed_in", sa.Column("place", sa.String(length=64), nullable=True))
    # An IPv4 address is its own place; who came from IPv6 is known again after the next sign-in.
    op.execute("UPDATE signed_in SET place = address WHERE address NOT LIKE '%:%'")


def downgrade() -> None:
    with op.batch_alter_table("signed_in", schema=None) as batch_op:
        batch_op.drop_column("place")
    op.drop_table("sign_in_attempt")
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", UtcMoment(), nullable=False),
        sa.Column("name_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_address", "sign_in_attempt", ["address", "at"])
    op.create_index("ix_sign_in_attempt_name_hash", "sign_in_attempt", ["name_hash", "at"])
