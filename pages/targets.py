"""Chỉ tiêu, cam kết: whether what was promised will be met, and by what arithmetic."""

from ui import frame, target_forms, targets

here = frame.current()
screen = targets.read(here)

targets.heading(screen)
if screen.is_empty:
    targets.nothing(screen)
else:
    targets.headline(screen)
    targets.filters(screen)
    targets.programmes(screen)
    targets.panel(screen)
    targets.commitments(screen)
target_forms.entry(here)
targets.footer(screen)
