"""Nhiệm vụ: what was assigned, launched, completed; what is late, silent or unclear."""

from pages.tasks import forms as task_forms
from pages.tasks import screen as tasks
from ui.shell import context

here = context.current()
screen = tasks.read(here)

tasks.heading(screen)
if screen.is_empty:
    tasks.nothing(screen)
else:
    tasks.headline(screen)
    tasks.tables(screen)
    tasks.task_list(screen)
    tasks.panel(screen)
task_forms.entry(here)
tasks.footer(screen)
