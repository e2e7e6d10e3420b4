"""The figures of all other registers, beside those of dossiers in metrics/catalogue.py."""

from __future__ import annotations

from typing import Final

from metrics.figure import Figure
from metrics.figures_inspections import INSPECTION_FIGURES
from metrics.figures_tasks import TASK_FIGURES

REGISTER_FIGURES: Final[tuple[Figure, ...]] = (
    *TASK_FIGURES,
    *INSPECTION_FIGURES,
)  # fmt: skip
