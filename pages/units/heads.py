"""Who leads a unit: shown to who may call it, entered by who keeps the registers."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import streamlit as st

from pages.units.screen import Screen
from ui.kit import heads, record
from ui.kit.forms import Form

FILES: Final = ("unit_head",)
ABOUT: Final = (
    "Tên, điện thoại người đứng đầu chỉ người được giao chỉ đạo thấy, ở danh sách cần gọi và ở "
    "trang đơn vị; không vào báo cáo, trang trình chiếu."
)
_HEAD: Final = Form(
    "unit_head",
    "Ghi người đứng đầu",
    ":material/person:",
    "Ghi",
    "Đã ghi người đứng đầu đơn vị.",
)
FORMS: Final = (_HEAD,)


def forms(screen: Screen) -> tuple[Form, ...]:
    """The form for the unit on the screen; heads of several units come from a file."""
    if screen.unit is None:
        return ()
    return (replace(_HEAD, fixed={"unit": screen.unit["unit_id"]}),)


def head(screen: Screen) -> None:
    """Who leads the unit today, and for who keeps the registers the way to mend it."""
    if screen.unit is None:
        return
    unit = screen.unit["unit_id"]
    found = heads.of_units([unit]).get(unit)
    if found is not None:
        mend = record.link_to(screen, "unit_head", found.row)
        st.html(f'<p class="dh-source">{heads.said(found)} {mend}</p>')
