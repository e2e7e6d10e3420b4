"""Trình chiếu: the slides of the review meeting, prepared, presented, and what was decided."""

import streamlit as st

from pages.presenting import forms
from pages.presenting import screen as presenting
from ui.kit import forms as kit
from ui.kit import parts
from ui.shell import context

here = context.current()
desk = presenting.read(here)

presenting.heading(desk)
kit.told()
presenting.controls(desk)
presenting.deck(desk)
if desk.may_prepare:
    left, right = st.columns(2, gap="large")
    with left:
        forms.arrange(desk)
    with right:
        forms.note(desk)
        forms.noted(desk)
        forms.earlier(desk)
parts.footer(here)
