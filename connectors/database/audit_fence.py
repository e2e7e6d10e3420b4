"""The triggers that let nobody change or delete a line of the audit.

A migration makes them, ``connectors.audit.fence`` looks whether they are still these. Whoever
changes one here writes a migration that makes it anew.
"""

from __future__ import annotations

from typing import Final

# INSERT OR REPLACE deletes without asking a DELETE trigger, hence the checks before INSERT too.
SQLITE: Final = (
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

POSTGRESQL: Final = (
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


def statements(dialect: str) -> tuple[str, ...]:
    """What makes them in a database of this kind ('sqlite' or 'postgresql'), in order."""
    return SQLITE if dialect == "sqlite" else POSTGRESQL
