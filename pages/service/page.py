"""Chất lượng phục vụ: Decision 766 by month and unit, each point explained; surveys apart."""

from pages.service import components, units
from pages.service import forms as service_forms
from pages.service import screen as service
from ui.kit import record
from ui.shell import context

here = context.current()
screen = service.read(here)

service.heading(screen)
record.opened(screen, service_forms.FORMS)
if screen.card is None or screen.now.is_empty:
    service.nothing(screen)
else:
    components.opened(screen, screen.card)
    service.headline(screen, screen.card)
    service.charts(screen, screen.card)
    components.components(screen, screen.card)
    units.units(screen)
units.surveys(screen)
record.entry(screen, service_forms.FORMS, service_forms.FILES, here.ask.moment, service_forms.ABOUT)
service.footer(screen)
