"""Dossiers out of every figure: entered twice, cancelled. With a reason, and with the way back."""

from __future__ import annotations

from typing import Any

import streamlit as st

from metrics.core.vietnamese import moment, number
from ui.kit import forms, writing
from ui.shell import identity
from ui.shell.text import plain

_SHOWN = 50


def is_told(dossier_id: int) -> bool:
    """Says that the open dossier is withdrawn, with the way back; whether it is."""
    found = writing.withdrawn_dossiers(dossier_id)
    for row in found.iter_rows(named=True):
        st.warning("Hồ sơ này đã rút khỏi mọi số liệu.", icon=":material/delete:")
        _line(row)
    return not found.is_empty()


def dossier(dossier_id: int) -> None:
    """The form that withdraws the open dossier, for whoever may."""
    if not identity.may(writing.WITHDRAW):
        return
    named = forms.key_of("withdraw", "dossier", str(dossier_id))
    with st.expander("Rút hồ sơ khỏi số liệu", icon=":material/delete:"):
        st.caption(
            "Cho hồ sơ nhập trùng hoặc đã hủy: từ nay không còn trong số liệu của kỳ nào; nội "
            "dung, lịch sử và lý do vẫn giữ, và khôi phục được."
        )
        with st.form(named, border=False):
            reason = st.text_area("Lý do rút *", key=f"{named}_reason", height=80, max_chars=1000)
            sent = writing.submit("Rút hồ sơ")
    if sent:
        forms.written(lambda: writing.withdraw_dossier(dossier_id, reason), "Đã rút hồ sơ.")


def dossiers() -> None:
    """The withdrawn dossiers, each with the way back; nothing where there is none."""
    if not identity.may(writing.WITHDRAW):
        return
    found = writing.withdrawn_dossiers()
    if found.is_empty():
        return
    label = f"Hồ sơ đã rút khỏi số liệu ({number(found.height)})"
    with st.expander(label, icon=":material/restore_from_trash:"):
        for row in found.head(_SHOWN).iter_rows(named=True):
            _line(row)
        if found.height > _SHOWN:
            st.caption(f"Đang hiện {_SHOWN} hồ sơ rút gần nhất; mở hồ sơ theo mã để khôi phục.")


def _line(row: dict[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**{plain(row['code'])}** – rút {moment(row['at'])}, {plain(row['by'])}: "
            f"{plain(row['reason'])}"
        )
        if not identity.may(writing.WITHDRAW):
            return
        if st.button("Khôi phục", key=f"restore_dossier_{row['dossier_id']}"):
            again = row["dossier_id"]
            forms.written(lambda: writing.restore_dossier(again), "Đã khôi phục hồ sơ.")
