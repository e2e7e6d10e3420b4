"""Every kind of element that draws Markdown, with every hostile text in it (a script, no test)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from tests.e2e.hostile_texts import FAMILIES
from ui.shell.text import plain, safe

KINDS: dict[str, Callable[[str, str], Any]] = {
    "markdown": lambda text, key: st.markdown(text),
    "within": lambda text, key: st.markdown(f"- **Tên “{text}”**: {text}, {text}. Hết:"),
    "cell": lambda text, key: st.markdown(f"| a | b |\n|---|---|\n| {text} | 1 |"),
    "caption": lambda text, key: st.caption(text),
    "heading": lambda text, key: st.subheader(text),
    "notice": lambda text, key: st.warning(text),
    "button": lambda text, key: st.button(text, key=key),
    "expander": lambda text, key: st.expander(text).write("x"),
    "popover": lambda text, key: st.popover(text),
    "metric": lambda text, key: st.metric(text, text, text),
    "label": lambda text, key: st.text_input(text, key=key),
    "tick": lambda text, key: st.checkbox(text, key=key),
    "pills": lambda text, key: st.pills("x", [text, "y"], key=key),
    "segments": lambda text, key: st.segmented_control("x", [text, "y"], key=key),
    "radio": lambda text, key: st.radio("x", [text, "y"], key=key),
    "tabs": lambda text, key: st.tabs([text, "y"]),
    "link": lambda text, key: st.page_link("https://own.example", label=text),
    "progress": lambda text, key: st.progress(0.5, text=text),
}

if __name__ == "__main__":
    for place, family in enumerate(FAMILIES):
        for kind, draw in KINDS.items():
            with st.container(key=f"case-{place}-{kind}"):
                draw(plain(family), f"{kind}{place}")
        with st.container(key=f"case-{place}-html"):
            st.html(f'<p title="{safe(family)}">{safe(family)}</p>')
    with st.container(key="all-drawn"):
        st.progress(1.0, text="Hết")
