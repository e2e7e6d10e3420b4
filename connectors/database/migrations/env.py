"""Run by Alembic; the connection is handed over by :func:`connectors.database.session.migrate`."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from connectors.database.models import Base
from connectors.database.types import UtcMoment


def render_item(type_: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """How a new migration writes the project's own column type."""
    if type_ != "type" or not isinstance(item, UtcMoment):
        return False
    autogen_context.imports.add("\nfrom connectors.database.types import UtcMoment")
    return "UtcMoment()"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=render_item,
    # SQLite cannot alter a column: its tables are copied instead.
    render_as_batch=True,
    transactional_ddl=True,
)
# The caller holds the transaction, so that a failed step leaves nothing behind.
context.run_migrations()
