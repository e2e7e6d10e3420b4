"""Widgets that take their value from the address, where the browser may not draw them at once.

A widget inside a closed popover is not drawn again when its value changes from elsewhere (a chip,
‹ ›, back in the browser). The browser keeps its old value and sends it along with the reader's
next click, where it looks like a choice: the definition or the moment would change by itself.
A widget under a new key has no old value.
"""

from __future__ import annotations

from typing import Any

import streamlit as st


def fresh(name: str, value: Any) -> str:
    """The key for a widget that is to show ``value``: a new one unless the browser has it so.

    A choice in the widget itself keeps the key, and with it the keyboard's focus.
    """
    count = f"{name}_count"
    turn: int = st.session_state.get(count, 0)
    key = f"{name}_{turn}"
    if key not in st.session_state or st.session_state[key] != value:
        turn += 1
        key = f"{name}_{turn}"
    st.session_state[count] = turn
    st.session_state[key] = value
    return key
