"""Chỉ số: where the province stands in PAPI, PCI, PAR INDEX and SIPAS, and how that changed."""

from pages.indices import components as index_components
from pages.indices import forms as index_forms
from pages.indices import screen as indices
from ui.kit import record
from ui.shell import context

here = context.current()
screen = indices.read(here)

indices.heading(screen)
record.opened(screen, index_forms.FORMS)
if screen.held is None:
    indices.nothing()
else:
    indices.choices(screen, screen.held)
    indices.headline(screen.held)
    indices.trends(screen.held)
    index_components.components(screen.held)
    indices.all_values(screen, screen.held)
record.entry(screen, index_forms.FORMS, index_forms.FILES, here.ask.moment)
indices.footer(screen.held)
