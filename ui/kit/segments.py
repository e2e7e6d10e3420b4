"""The parts of a screen: which one is chosen stands in the URL."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui.kit.parts import left_out, remember


def part(parts: Mapping[str, str], key: str) -> str:
    """The chosen part of a screen, by the parameter ``part``; the control to choose another.

    Args:
        parts: parameter → label; the first one needs no parameter. An unknown one is said to be.
        key: the control's key.
    """
    usual = next(iter(parts))
    given = st.query_params.get("part", usual)
    chosen = given if given in parts else usual
    if given != chosen:
        left_out("part")
    st.session_state[key] = chosen

    def changed() -> None:
        picked = st.session_state[key]
        remember("part", None if picked == usual else picked)

    st.segmented_control(
        "Mục",
        list(parts),
        required=True,
        format_func=parts.__getitem__,
        key=key,
        on_change=changed,
        label_visibility="collapsed",
        wrap=True,
    )
    return chosen
