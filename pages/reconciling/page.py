"""Đối chiếu: why one place says one number and another another, opened to the dossiers."""

from pages.reconciling import forms, others
from pages.reconciling import screen as reconciling
from ui.kit.parts import footer
from ui.shell import context

here = context.current()
screen = reconciling.read(here)

reconciling.heading(screen)
part = reconciling.part(screen)
if part == "readings":
    reconciling.readings(screen)
elif part == "forms":
    forms.forms(screen)
elif part == "portal":
    others.portal(screen)
elif part == "twice":
    others.twice(screen)
else:
    others.closed(screen)
footer(here)
