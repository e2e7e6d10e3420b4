"""hashes made in an older way

Revision: 0014, after 0013

What a row said is hashed otherwise than in earlier releases. Dossiers of the batches so far are
compared by their values when they come again (connectors/intake/known.py), so that the same file
changes nothing.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_KEY = "hashes_since_batch"


def upgrade() -> None:
    op.execute(
        f"INSERT INTO setting (key, value) SELECT '{_KEY}', CAST(MAX(id) AS VARCHAR(32)) "  # noqa: S608
        "FROM import_batch HAVING MAX(id) IS NOT NULL"
    )


def downgrade() -> None:
    op.execute(f"DELETE FROM setting WHERE key = '{_KEY}'")  # noqa: S608
