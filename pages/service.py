"""Chất lượng phục vụ: Decision 766 by month and unit, each point explained; surveys apart."""

from ui import context, service, service_forms, service_parts, service_units

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
