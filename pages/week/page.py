"""Điều hành tuần: which units need a phone call, about what, and what became of the last one."""

import streamlit as st

from pages.week import calls, deeds, own
from pages.week import screen as home
from ui.kit import forms, parts
from ui.shell import context

here = context.current()
review = home.read(here)

st.title(home.title(here))
home.which_week(here)
home.news(here)
screen = deeds.read(here)
forms.told()
deeds.opened_answer(screen)
deeds.asked_of_own(screen)
if review.series.is_empty():
    home.nothing_yet(here)
    st.stop()
deeds.opened_call(screen)
home.headline(here, review)
own.own_unit(here)
left, right = st.columns(2, gap="medium")
with left:
    calls.attention_list(here, screen.calls, screen.last, screen.deed)
with right:
    home.units(here, review)
parts.footer(here)
