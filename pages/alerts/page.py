"""Cảnh báo: what the reader wants to be told of, what is so now, how it is told."""

import streamlit as st

from pages.alerts import forms, screen
from ui.kit import forms as kit
from ui.kit import parts
from ui.shell import context

here = context.current()
mine = screen.read(here)

screen.heading(mine)
kit.told()
screen.opened_alert(mine)
forms.opened_rule(mine)
screen.alert_list(mine)
forms.mark_read(mine)
left, right = st.columns([3, 2], gap="large")
with left:
    screen.rule_list(mine)
    forms.remind(mine)
with right:
    forms.how(mine)
    screen.sent(mine)
parts.footer(here)
