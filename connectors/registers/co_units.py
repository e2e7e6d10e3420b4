"""Which units co-operate on a task (đơn vị phối hợp)."""

from __future__ import annotations

from sqlalchemy import Engine, select

from connectors.database.registers import TaskUnit


def co_units(database: Engine, task_id: int) -> tuple[int, ...]:
    """Ids of the units that co-operate on a task, in order of id; none known: empty."""
    query = select(TaskUnit.unit_id).where(TaskUnit.task_id == task_id).order_by(TaskUnit.unit_id)
    with database.connect() as connection:
        return tuple(connection.execute(query).scalars())
