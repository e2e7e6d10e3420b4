"""What the home screen shows of alerts: that there are new ones."""

from __future__ import annotations

import streamlit as st

from metrics.core.vietnamese import number
from pages.alerts import data as alerts
from ui.kit.links import href, link
from ui.kit.marks import WARN
from ui.shell.context import Frame


def news(frame: Frame) -> None:
    """One line with the way to them; nothing where there is none."""
    count = alerts.unread(frame)
    if count:
        to = link(f"{number(count)} cảnh báo mới", href(frame, "alerts", frame.params()))
        st.html(f'<p class="dh-source">{WARN.html("")}{to}</p>')
