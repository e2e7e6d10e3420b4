"""Điều hành tuần: which units need a phone call, and about what."""

import streamlit as st

from pages.week import calls
from pages.week import screen as home
from ui.kit import parts
from ui.shell import context

here = context.current()
review = home.read(here)

st.title(home.title(here))
if review.series.is_empty():
    home.nothing_yet(here)
    st.stop()
home.headline(here, review)
left, right = st.columns(2, gap="medium")
with left:
    calls.attention_list(here)
with right:
    home.units(here, review)
parts.footer(here)
