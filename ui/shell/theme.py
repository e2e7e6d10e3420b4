"""The look: one style sheet, put in once a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st

BAD: Final = "#c0392b"
WARN: Final = "#b7791f"
GOOD: Final = "#2f855a"
NEUTRAL: Final = "#8795a1"
SERIES: Final = "#2f8fb3"
"""Colours of charts: mid tones that hold on light and dark ground alike."""


@cache
def _css() -> str:
    return (Path(__file__).parent / "theme.css").read_text("utf-8")


def apply() -> None:
    """Puts the style sheet into the page."""
    st.html(f"<style>{_css()}</style>")
