"""One's own mappings: what is wrong with them, told above the screen; which there are."""

from __future__ import annotations

import streamlit as st

from connectors.intake import IntakeRefused
from connectors.mappings import WORDS
from pages.records import taking
from ui.shell import data
from ui.shell.text import plain


def notice() -> None:
    """Says which of one's own mappings cannot be used and why, to whoever may take files in."""
    if not taking.offered():
        return
    try:
        faults = [one.fault for one in taking.own_mappings() if one.fault is not None]
    except IntakeRefused as error:
        faults = [str(error)]
    if faults:
        told = "\n\n".join("  \n".join(map(plain, fault.splitlines())) for fault in faults)
        st.warning(
            f"**Ánh xạ của đơn vị chưa dùng được** (thư mục {plain(_folder())} của máy chủ). "
            f"Sửa tệp rồi tải lại trang.\n\n{told}",
            icon=":material/rule_settings:",
        )


def listed() -> None:
    """Which there are, of what kind, and where one puts them."""
    found = taking.own_mappings()
    st.markdown(f"**Ánh xạ của đơn vị ({len(found)})**")
    for one in found:
        told = "chưa dùng được" if one.kind is None else f"{one.label} ({WORDS[one.kind]})"
        more = "; thay ánh xạ kèm theo cùng tên" if one.replaces else ""
        st.markdown(f"- {plain(one.name)}: {plain(told)}{more}")
    st.caption(
        f"Tệp .toml đặt vào thư mục {plain(_folder())} của máy chủ có ngay ở đây, không phải khởi "
        "động lại; lệnh import, pull và bộ hẹn giờ gọi bằng tên tệp, không kèm đuôi. Trùng tên với "
        "ánh xạ kèm theo thì tệp của đơn vị được dùng."
    )


def _folder() -> str:
    return str(data.settings().mappings_dir)
