"""Thủ tục hành chính: the catalogue by level and field, its versions, and the dossiers under it."""

from pages.procedures import forms as catalogue
from pages.procedures import screen as procedures
from ui.kit import record
from ui.kit.panel import panel
from ui.kit.parts import footer
from ui.shell import context

here = context.current()
screen = procedures.read(here)

procedures.heading(screen)
record.opened(screen, catalogue.FORMS)
if screen.asked["code"] is not None:
    with panel(screen, "code", procedures.title(screen)):
        procedures.about(screen)
        procedures.expired(screen)
if screen.is_empty:
    procedures.nothing()
else:
    procedures.headline(screen)
    procedures.catalogue(screen)
    procedures.expired_of_all(screen)
    procedures.tables(screen)
record.entry(
    screen,
    catalogue.FORMS,
    catalogue.FILES,
    here.ask.moment,
    catalogue.ABOUT,
    whole=True,
)
footer(here)
