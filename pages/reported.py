"""Số liệu báo cáo: what units report themselves, with source and day, sums checked."""

from ui import context, reported, reported_forms

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
