"""Placeholder while the screen is being built."""

import streamlit as st

from ui import frame

here = frame.current()
st.title("data")
