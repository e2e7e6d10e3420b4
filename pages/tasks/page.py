"""Nhiệm vụ: what was assigned, launched, completed; what is late, silent or unclear."""

import streamlit as st

from pages.tasks import forms as task_forms
from pages.tasks import screen as tasks
from pages.tasks import tables as task_tables
from ui.kit import record
from ui.kit import screen as kit
from ui.kit.panel import LIST, panel
from ui.shell import context

here = context.current()
screen = tasks.read(here)

tasks.heading(screen)
record.opened(screen, task_forms.FORMS)
task = tasks.open_task(screen)
if task is not None:
    with panel(screen, "task", f"{task['code']} · {task['name']}"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            tasks.about(screen, task)
        with right:
            tasks.history(screen, task)
        task_forms.of_task(here, task, screen.ask.moment)
if screen.is_empty:
    tasks.nothing(screen)
else:
    kit.contents(screen, {LIST: "Danh sách nhiệm vụ", tasks.TOTALS: "Tổng hợp"})
    tasks.headline(screen)
    tasks.task_list(screen)
    task_tables.tables(screen)
record.entry(screen, task_forms.FORMS, task_forms.FILES, screen.ask.moment)
kit.footer(screen.ask.moment, screen.chosen["source"])
