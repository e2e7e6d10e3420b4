"""Đối chiếu: why one place says one number and another another, opened to the dossiers."""

from pages.reconciling import screen as reconciling
from ui.kit.parts import footer
from ui.shell import context

here = context.current()
screen = reconciling.read(here)

reconciling.heading(screen)
reconciling.open_step(screen)
if screen.is_empty:
    reconciling.nothing(screen)
else:
    reconciling.side_by_side(screen)
    reconciling.walk(screen)
footer(here)
