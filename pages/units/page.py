"""Đơn vị: units ranked, side by side and on a map; or one unit in full."""

from pages.units import heads, records, several, signals, single
from pages.units import screen as units
from ui.kit import parts, record
from ui.shell import context

here = context.current()
screen = units.read(here)

units.heading(screen)
heads.head(screen)
record.opened(screen, heads.FORMS)
if screen.is_empty:
    units.nothing(screen)
elif screen.is_single:
    single.headline(screen)
    signals.weeks(screen)
    signals.stands(screen)
    single.series(screen)
    single.groups(screen)
else:
    several.which(screen)
    several.ranking(screen)
    signals.among(screen)
    signals.weeks(screen)
    several.multiples(screen)
records.kin(screen)
records.reported(screen)
records.commitments(screen)
record.entry(screen, heads.forms(screen), heads.FILES, here.ask.moment, heads.ABOUT)
parts.footer(here)
