"""Hồ sơ trễ hạn: the rows behind every figure, why they are late, and one dossier's course."""

from ui import context, late, parts

here = context.current()
screen = late.read(here)

late.heading(screen)
late.controls(screen)
late.charts(screen)
late.body(screen)
late.registers(screen)
parts.footer(here)
