"""Kiểm tra: who was inspected, what was found, what is fixed, what is past its date."""

from pages.inspections import forms as inspections_forms
from pages.inspections import screen as inspections
from ui.shell import context

here = context.current()
screen = inspections.read(here)

inspections.heading(screen)
if screen.is_empty:
    inspections.nothing(screen)
else:
    inspections.headline(screen)
    inspections.tabs(screen)
    inspections.finding_list(screen)
    inspections.panel(screen)
inspections_forms.entry(here, screen.ask)
inspections.footer(screen)
