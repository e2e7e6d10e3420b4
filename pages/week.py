"""Điều hành tuần: which units need a phone call, and about what."""

import streamlit as st

from ui import frame, home

here = frame.current()
review = home.read(here)

st.title(f"Điều hành {here.view.period.label[0].lower()}{here.view.period.label[1:]}")
home.headline(here, review)
left, right = st.columns([6, 5], gap="medium")
with left:
    home.attention_list(here, review)
with right:
    home.units(here, review)
home.footer(here)
