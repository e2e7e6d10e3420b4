"""Đơn vị: units ranked, side by side and on a map; or one unit in full."""

from ui import context, parts, unit, units

here = context.current()
about = units.subject(here)

units.heading(about)
if about.is_single:
    unit.single(about)
else:
    units.several(about)
unit.register(about)
parts.footer(here)
