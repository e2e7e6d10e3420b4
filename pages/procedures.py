"""Thủ tục hành chính: the catalogue by level and field, its versions, and the dossiers under it."""

from ui import context, procedures, procedures_list

here = context.current()
screen = procedures.read(here)

procedures.heading(screen)
if screen.is_empty:
    procedures.nothing()
else:
    procedures.headline(screen)
    procedures.charts(screen)
    procedures_list.catalogue(screen)
    procedures_list.panel(screen)
    procedures_list.expired(screen)
procedures.entry(here)
procedures.footer(screen)
