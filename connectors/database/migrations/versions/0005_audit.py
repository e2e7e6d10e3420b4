"""Audit: lines that can only be added

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connectors.database.types import UtcMoment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BEFORE_ALL = "0" * 64

# INSERT OR REPLACE deletes without asking a DELETE trigger, hence the checks before INSERT too.
_SQLITE = (
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
       BEGIN SELECT RAISE(ABORT, 'audit: lines are never changed'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
       BEGIN SELECT RAISE(ABORT, 'audit: lines are never deleted'); END""",
    """CREATE TRIGGER audit_next BEFORE INSERT ON audit
       WHEN NOT EXISTS (SELECT 1 FROM audit_head
                        WHERE lines = NEW.id - 1 AND hash = NEW.prev_hash)
       BEGIN SELECT RAISE(ABORT, 'audit: a line follows the last one'); END""",
    """CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
       BEGIN SELECT RAISE(ABORT, 'audit: the head stays'); END""",
    """CREATE TRIGGER audit_head_one BEFORE INSERT ON audit_head
       BEGIN SELECT RAISE(ABORT, 'audit: there is one head'); END""",
    """CREATE TRIGGER audit_head_next BEFORE UPDATE ON audit_head
       WHEN NEW.lines IS NOT OLD.lines + 1 OR NOT EXISTS
            (SELECT 1 FROM audit WHERE id = NEW.lines AND hash = NEW.hash)
       BEGIN SELECT RAISE(ABORT, 'audit: the head follows the lines'); END""",
)

_POSTGRESQL = (
    """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'audit: lines are never changed or deleted'; END $$""",
    """CREATE FUNCTION audit_next() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NOT EXISTS (SELECT 1 FROM audit_head
                        WHERE lines = NEW.id - 1 AND hash = NEW.prev_hash) THEN
           RAISE EXCEPTION 'audit: a line follows the last one';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE FUNCTION audit_head_next() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.lines IS DISTINCT FROM OLD.lines + 1 OR NOT EXISTS
            (SELECT 1 FROM audit WHERE id = NEW.lines AND hash = NEW.hash) THEN
           RAISE EXCEPTION 'audit: the head follows the lines';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_next BEFORE INSERT ON audit
       FOR EACH ROW EXECUTE FUNCTION audit_next()""",
    """CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_head_next BEFORE UPDATE ON audit_head
       FOR EACH ROW EXECUTE FUNCTION audit_head_next()""",
)


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit",
        sa.Column("id", big, autoincrement=False, nullable=False),
        sa.Column("at", UtcMoment(), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("key_id", sa.String(length=8), nullable=True),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_at", ["at"], unique=False)
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lines", big, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.bulk_insert(head, [{"id": 1, "lines": 0, "hash": _BEFORE_ALL}])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("audit_head")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_at")
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("audit_refuse", "audit_next", "audit_head_next"):
            op.execute(f"DROP FUNCTION {name}()")
