"""Thủ tục hành chính: the catalogue by level and field, its versions, and the dossiers under it."""

from ui import frame, procedures

here = frame.current()
screen = procedures.read(here)

procedures.heading(screen)
if screen.is_empty:
    procedures.nothing()
else:
    procedures.headline(screen)
    procedures.charts(screen)
    procedures.catalogue(screen)
    procedures.panel(screen)
    procedures.expired(screen)
procedures.entry(here)
procedures.footer(screen)
