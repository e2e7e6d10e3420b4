"""The figures of all other registers, beside those of dossiers in metrics/dossiers/catalogue.py."""

from __future__ import annotations

import difflib
from typing import Final

from metrics.core.figure import Figure
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.figures_procedures import PROCEDURE_FIGURES
from metrics.dossiers.form_cells import FORM_FIGURES
from metrics.feedback.figures import FEEDBACK_FIGURES
from metrics.inspections.figures import INSPECTION_FIGURES
from metrics.reported.figures import REPORTED_FIGURES
from metrics.service.figures import SERVICE_FIGURES
from metrics.tasks.figures import TASK_FIGURES

REGISTER_FIGURES: Final[tuple[Figure, ...]] = (
    *TASK_FIGURES,
    *INSPECTION_FIGURES,
    *FEEDBACK_FIGURES,
    *REPORTED_FIGURES,
)  # fmt: skip
"""Every figure of a register, in the order of the screens."""

SCREEN_FIGURES: Final[dict[str, Figure]] = {
    key: figure
    for key, figure in (SERVICE_FIGURES | PROCEDURE_FIGURES | FORM_FIGURES).items()
    if key not in FIGURES
}
"""Figures of dossiers that one screen or form asks for beside the catalogue's."""

ALL_FIGURES: Final[dict[str, Figure]] = {
    **FIGURES,
    **SCREEN_FIGURES,
    **{figure.key: figure for figure in REGISTER_FIGURES},
}
"""Key → figure: dossiers first, then the registers."""


def any_figure(key: str) -> Figure:
    """The figure of that key, of dossiers or of a register.

    Raises:
        KeyError: no such figure; the message, in Vietnamese, names the nearest ones.
    """
    if key not in ALL_FIGURES:
        near = difflib.get_close_matches(key, ALL_FIGURES, n=3) or list(ALL_FIGURES)[:3]
        raise KeyError(
            f"Không có chỉ tiêu “{key}”. Có phải: {', '.join(near)}? "
            "Xem toàn bộ bằng: .venv/bin/python -m metrics list"
        )
    return ALL_FIGURES[key]
