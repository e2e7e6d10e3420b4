"""Số liệu báo cáo: what units report themselves, with source and day, sums checked."""

from pages.reported import forms as reported_forms
from pages.reported import screen as reported
from ui.shell import context

here = context.current()
screen = reported.read(here)

reported.heading(screen)
if screen.is_empty:
    reported.nothing(screen)
else:
    reported.headline(screen)
    reported.filters(screen)
    reported.values(screen)
    reported.table(screen)
    reported.panel(screen)
    reported.forms(screen)
reported_forms.entry(here)
reported.footer(screen)
