"""Classes over the registers' tables, for tests that write and read single rows."""

from __future__ import annotations

from typing import Any

from connectors.database.models import Base
from connectors.database.registers import TABLES, TASK_UNIT


def _over(name: str) -> Any:
    table = TASK_UNIT if name == "task_unit" else TABLES[name]
    return type(name.title().replace("_", ""), (Base,), {"__table__": table})


Commitment = _over("commitment")
Field = _over("field")
Finding = _over("finding")
FormRow = _over("form_row")
IndexScore = _over("index_score")
IndicatorValue = _over("indicator_value")
Inspection = _over("inspection")
Procedure = _over("procedure")
Programme = _over("programme")
Reminder = _over("reminder")
ServiceComponent = _over("service_component")
Target = _over("target")
Task = _over("task")
TaskUnit = _over("task_unit")
TaskUpdate = _over("task_update")
