"""Đơn vị: units ranked, side by side and on a map; or one unit in full."""

from pages.units import several as units
from pages.units import single as unit
from ui.kit import parts
from ui.shell import context

here = context.current()
about = units.subject(here)

units.heading(about)
if about.is_single:
    unit.single(about)
else:
    units.several(about)
unit.register(about)
parts.footer(here)
