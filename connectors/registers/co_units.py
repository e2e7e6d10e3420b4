"""Which units co-operate on a task (đơn vị phối hợp)."""

from __future__ import annotations

from sqlalchemy import Engine, select

from connectors.database.registers import Task, TaskUnit
from connectors.database.session import read_transaction
from connectors.engine import Scope


def co_units(database: Engine, task_id: int, scope: Scope) -> tuple[int, ...]:
    """Ids of the units that co-operate on a task, in order of id.

    None known, and of a task outside the scope: empty.
    """
    query = (
        select(TaskUnit.unit_id)
        .join(Task, Task.id == TaskUnit.task_id)
        .where(TaskUnit.task_id == task_id)
        .order_by(TaskUnit.unit_id)
    )
    if scope.units is not None:
        query = query.where(Task.unit_id.in_(sorted(scope.units)))
    with read_transaction(database) as connection:
        return tuple(connection.execute(query).scalars())
