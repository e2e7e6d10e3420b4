"""Thủ tục hành chính: the catalogue by level and field, its versions, and the dossiers under it."""

from pages.procedures import listing as procedures_list
from pages.procedures import screen as procedures
from ui.shell import context

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
