"""The registers beside the dossiers: what each one is, and their frames as at a moment.

Like :mod:`metrics.core.contracts`: local moments, ids for units, null for unknown. Small, so they
are read whole; still lazy Narwhals frames, so that figures are declared on them as on dossiers.
"""

from __future__ import annotations

from typing import Final

from metrics.registers.columns import Frame, Register
from metrics.registers.events import EVENT
from metrics.registers.feedback import FEEDBACK
from metrics.registers.heads import UNIT_HEAD
from metrics.registers.indices import INDEX_SCORE
from metrics.registers.inspections import FINDING, FINDING_CHECK, INSPECTION
from metrics.registers.procedures import FIELD, PROCEDURE
from metrics.registers.reported import FORM_ROW, INDICATOR_VALUE
from metrics.registers.rules import service_maxima
from metrics.registers.service import SERVICE_COMPONENT, SURVEY
from metrics.registers.targets import COMMITMENT, TARGET, UNIT_RATING
from metrics.registers.tasks import PROGRAMME, REMINDER, TASK, TASK_UPDATE

__all__ = ["FRAMES", "REGISTERS", "service_maxima"]

REGISTERS: Final[dict[str, Register]] = {
    register.name: register
    for register in (
        FIELD,
        PROCEDURE,
        PROGRAMME,
        TASK,
        TASK_UPDATE,
        REMINDER,
        INSPECTION,
        FINDING,
        FINDING_CHECK,
        TARGET,
        COMMITMENT,
        UNIT_RATING,
        INDEX_SCORE,
        INDICATOR_VALUE,
        SURVEY,
        SERVICE_COMPONENT,
        FORM_ROW,
        UNIT_HEAD,
        EVENT,
        FEEDBACK,
    )
}
"""Every register by name, parents before children (the order in which examples are loaded)."""

FRAMES: Final[dict[str, Frame]] = {
    name: register.frame
    for name, register in REGISTERS.items()
    if name not in ("field", "procedure")
}
"""Register → its frame's columns; fields and procedures travel with the dossiers, which name them
(metrics/core/contracts.py)."""
