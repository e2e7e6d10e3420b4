"""What a register is: the columns of its frame, and what it may name."""

from metrics.registers.frames import (
    COMMITMENT,
    FINDING,
    FINDING_CHECK,
    FORM_ROW,
    INDEX_SCORE,
    INDICATOR_VALUE,
    INSPECTION,
    OPEN_TO_ALL,
    PROGRAMME,
    REGISTERS,
    REMINDER,
    SERVICE_COMPONENT,
    SURVEY,
    TARGET,
    TASK,
    TASK_UPDATE,
    UNIT_RATING,
)
from metrics.registers.service import service_maxima

__all__ = [
    "COMMITMENT",
    "FINDING",
    "FINDING_CHECK",
    "FORM_ROW",
    "INDEX_SCORE",
    "INDICATOR_VALUE",
    "INSPECTION",
    "OPEN_TO_ALL",
    "PROGRAMME",
    "REGISTERS",
    "REMINDER",
    "SERVICE_COMPONENT",
    "SURVEY",
    "TARGET",
    "TASK",
    "TASK_UPDATE",
    "UNIT_RATING",
    "service_maxima",
]
