"""Hồ sơ trễ hạn: the rows behind every figure, why they are late, and one dossier's course."""

from pages.late import screen as late
from ui.kit import parts
from ui.shell import context

here = context.current()
screen = late.read(here)

late.heading(screen)
late.controls(screen)
late.charts(screen)
late.body(screen)
late.registers(screen)
parts.footer(here)
