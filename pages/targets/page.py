"""Chỉ tiêu, cam kết: whether what was promised will be met, and by what arithmetic."""

from pages.targets import commitments
from pages.targets import forms as target_forms
from pages.targets import screen as targets
from ui.shell import context

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
