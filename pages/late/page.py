"""Hồ sơ trễ hạn: the rows behind every figure, why they are late, and one dossier's course."""

from pages.late import dossier, drift, reasons, recording
from pages.late import screen as late
from ui.kit import files, parts
from ui.kit.panel import panel
from ui.shell import context

here = context.current()
screen = late.read(here)

late.heading(screen)
found = late.open_dossier(screen)
if found is not None:
    with panel(screen, "dossier", found.code):
        dossier.about(screen, found)
drift.open_drift(screen)
late.which(screen, drift.way(screen))
late.dossiers(screen, recording.tools(screen))
reasons.reasons(screen)
reasons.registers(screen)
parts.footer(here)
files.followed()
