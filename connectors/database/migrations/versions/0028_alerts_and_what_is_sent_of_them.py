"""alerts and what is sent of them

Revision: 0028, after 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connectors.database.types import UtcMoment

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("due_at", UtcMoment(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcMoment(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("changed_at", UtcMoment(), nullable=False),
        sa.CheckConstraint("channel IN ('mail', 'hook')", name=op.f("ck_alert_message_channel")),
        sa.CheckConstraint("kind IN ('alerts', 'digest')", name=op.f("ck_alert_message_kind")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'failed', 'dropped')", name=op.f("ck_alert_message_state")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_alert_message_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_message")),
        sa.UniqueConstraint(
            "account_id", "kind", "channel", "due_at", name=op.f("uq_alert_message_account_id")
        ),
        sa.UniqueConstraint("mark", name=op.f("uq_alert_message_mark")),
    )
    with op.batch_alter_table("alert_message", schema=None) as batch_op:
        batch_op.create_index("ix_alert_message_state", ["state", "next_at"], unique=False)

    op.create_table(
        "alert_reader",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("mail", sa.String(length=254), nullable=True),
        sa.Column("hook", sa.String(length=500), nullable=True),
        sa.Column("quiet_from", sa.String(length=5), nullable=True),
        sa.Column("quiet_to", sa.String(length=5), nullable=True),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("digest_since", UtcMoment(), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("looked_at", UtcMoment(), nullable=True),
        sa.Column("looked_with", sa.String(length=255), nullable=True),
        sa.Column("changed_at", UtcMoment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_alert_reader_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_alert_reader")),
        sa.UniqueConstraint("token", name=op.f("uq_alert_reader_token")),
    )
    op.create_table(
        "alert_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("figure", sa.String(length=64), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("is_each", sa.Boolean(), nullable=False),
        sa.Column("period", sa.String(length=64), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("by_hook", sa.Boolean(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("made_at", UtcMoment(), nullable=False),
        sa.Column("changed_at", UtcMoment(), nullable=False),
        sa.Column("removed_at", UtcMoment(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('threshold', 'signal', 'budget', 'stale')", name=op.f("ck_alert_rule_kind")
        ),
        sa.CheckConstraint("side IN ('below', 'above')", name=op.f("ck_alert_rule_side")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_alert_rule_account_id_account")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_alert_rule_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rule")),
    )
    with op.batch_alter_table("alert_rule", schema=None) as batch_op:
        batch_op.create_index("ix_alert_rule_account_id", ["account_id"], unique=False)

    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("thing", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("page", sa.String(length=32), nullable=False),
        sa.Column("params", sa.String(length=500), nullable=False),
        sa.Column("began_at", UtcMoment(), nullable=False),
        sa.Column("ended_at", UtcMoment(), nullable=True),
        sa.Column("read_at", UtcMoment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alert_rule.id"], name=op.f("fk_alert_rule_id_alert_rule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alert_open",
            ["rule_id", "thing"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index("ix_alert_rule_id", ["rule_id", "thing"], unique=False)

    op.create_table(
        "alert_told",
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_alert_told_alert_id_alert")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["alert_message.id"],
            name=op.f("fk_alert_told_message_id_alert_message"),
        ),
        sa.PrimaryKeyConstraint("message_id", "alert_id", name=op.f("pk_alert_told")),
    )


def downgrade() -> None:
    op.drop_table("alert_told")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index("ix_alert_rule_id")
        batch_op.drop_index(
            "ix_alert_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("alert")
    with op.batch_alter_table("alert_rule", schema=None) as batch_op:
        batch_op.drop_index("ix_alert_rule_account_id")

    op.drop_table("alert_rule")
    op.drop_table("alert_reader")
    with op.batch_alter_table("alert_message", schema=None) as batch_op:
        batch_op.drop_index("ix_alert_message_state")

    op.drop_table("alert_message")
