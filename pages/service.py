"""Chất lượng phục vụ: Decision 766 by month and unit, each point explained; surveys apart."""

from ui import frame, service, service_parts, service_units

here = frame.current()
screen = service.read(here)

service.heading(screen)
if screen.is_empty:
    service.nothing(screen)
else:
    service.headline(screen)
    service.charts(screen)
    service_parts.components(screen)
    service_parts.panel(screen)
    service_units.units(screen)
service_units.surveys(screen)
service.entry(here)
service.footer(screen)
