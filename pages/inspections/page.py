"""Kiểm tra: who was inspected, what was found, what is fixed, what is past its date."""

import streamlit as st

from pages.inspections import forms as inspections_forms
from pages.inspections import screen as inspections
from pages.inspections import tables
from ui.kit import record
from ui.kit import screen as kit
from ui.kit.panel import LIST, panel
from ui.shell import context

here = context.current()
screen = inspections.read(here)

inspections.heading(screen)
record.opened(screen, inspections_forms.FORMS)
finding = inspections.open_finding(screen)
if finding is not None:
    with panel(screen, "finding", f"{finding['code']} · {finding['description']}"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            inspections.about(screen, finding)
        with right:
            inspections.history(screen, finding)
        inspections_forms.of_finding(here, screen.ask, finding)
if screen.is_empty:
    inspections.nothing(screen)
else:
    kit.contents(screen, {LIST: "Tồn tại", tables.TOTALS: "Tổng hợp"})
    inspections.headline(screen)
    inspections.finding_list(screen)
    tables.tables(screen)
record.entry(screen, inspections_forms.FORMS, inspections_forms.FILES, screen.ask.moment)
kit.footer(screen.ask.moment, screen.sources)
