"""Số liệu báo cáo: what units report themselves, with source and day, sums checked."""

from pages.reported import forms as reported_forms
from pages.reported import screen as reported
from ui.kit import forms, record
from ui.kit import screen as kit
from ui.kit.panel import panel
from ui.shell import context

here = context.current()
screen = reported.read(here)

reported.heading(screen)
record.opened(screen, reported_forms.FORMS)
if screen.opened is not None:
    with panel(screen, "value", screen.opened[0].indicator.name):
        reported.about(screen)
        forms.mend(here, "indicator_value", screen.asked["value"], reported_forms.VALUE)
if screen.is_empty:
    reported.nothing()
else:
    reported.headline(screen)
    reported.values(screen)
    reported.value_list(screen)
    reported.forms(screen)
record.entry(screen, reported_forms.FORMS, reported_forms.FILES, screen.ask.moment)
kit.footer(screen.ask.moment, screen.sources)
