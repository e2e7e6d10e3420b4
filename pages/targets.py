"""Chỉ tiêu, cam kết: whether what was promised will be met, and by what arithmetic."""

from ui import commitments, context, target_forms, targets

here = context.current()
screen = targets.read(here)

targets.heading(screen)
if screen.is_empty:
    targets.nothing(screen)
else:
    targets.headline(screen)
    if screen.is_open:
        targets.panel(screen)
    targets.filters(screen)
    targets.programmes(screen)
    if not screen.is_open:
        targets.panel(screen)
    commitments.by_signer(here, screen.signed_here())
target_forms.entry(here)
targets.footer(screen)
