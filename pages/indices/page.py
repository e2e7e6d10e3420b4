"""Chỉ số: where the province stands in PAPI, PCI, PAR INDEX and SIPAS, and how that changed."""

from pages.indices import screen as indices
from ui.shell import context

here = context.current()
screen = indices.read(here)

indices.heading(screen)
if screen.is_empty:
    indices.nothing(screen)
else:
    indices.choices(screen)
    indices.headline(screen)
    indices.trends(screen)
    indices.components(screen)
    indices.all_values(screen)
indices.entry(here)
indices.footer(screen)
