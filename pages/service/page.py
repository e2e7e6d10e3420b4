"""Chất lượng phục vụ: Decision 766 by month and unit, each point explained; surveys apart."""

from pages.service import components as service_parts
from pages.service import forms as service_forms
from pages.service import screen as service
from pages.service import units as service_units
from ui.shell import context

here = context.current()
screen = service.read(here)

service.heading(screen)
service_forms.told()
if screen.is_empty:
    service.nothing(screen)
    service_forms.component(screen)
else:
    service.headline(screen)
    service.charts(screen)
    service_parts.components(screen)
    service_parts.panel(screen)
    service_forms.component(screen)
    service_units.units(screen)
service_units.surveys(screen)
service_forms.entry(here)
service.footer(screen)
