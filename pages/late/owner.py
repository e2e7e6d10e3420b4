"""A dossier's owner: masked; in full once, for one dossier, with a reason that the audit keeps.

What is revealed is drawn in the run of the click and kept nowhere: not in the session, not in a
cache, not in the address. The next click, on whatever, shows the mask again.
"""

from __future__ import annotations

import logging
from typing import Final

import streamlit as st

from connectors import audit
from connectors.privacy import (
    MaskedOwner,
    ReasonRefused,
    RevealedOwner,
    VaultLocked,
    owner_masked,
    reveal_owner,
)
from ui.shell import data, identity
from ui.shell.answers import DatabaseLost, note
from ui.shell.text import plain, safe

_log = logging.getLogger(__name__)

_FIELDS: Final = {
    "name": "Họ tên, tên tổ chức",
    "phone": "Điện thoại",
    "address": "Địa chỉ",
    "national_id": "Số giấy tờ",
}
_LOST: Final = "Không đọc được cơ sở dữ liệu; hãy thử lại sau ít phút."
_NOT_ALLOWED: Final = "đã che; vai trò của bạn không xem chủ hồ sơ."


def owner(dossier_id: int) -> None:
    """The owner of the open dossier, as far as the reader may see."""
    if not identity.may("see_masked_owner"):
        _line(_NOT_ALLOWED)
        return
    try:
        found = owner_masked(data.database(), dossier_id, identity.scope())
    except VaultLocked as locked:
        _line(str(locked))
        return
    except DatabaseLost:
        note(_log, "owner not read")
        _line(_LOST)
        return
    _line(_masked(found))
    if found is not None and found != MaskedOwner() and identity.may("reveal_owner"):
        _reveal(dossier_id)


def _line(text: str) -> None:
    st.html(f'<p class="dh-owner"><b>Chủ hồ sơ:</b> {safe(text)}</p>')


def _masked(found: MaskedOwner | None) -> str:
    known = [part for part in (found.name, found.phone) if part] if found else []
    return " · ".join(known) or "nguồn không gửi"


def _reveal(dossier_id: int) -> None:
    """The form that asks for a reason; what it opens stands under it until the next click."""
    with st.expander("Xem đầy đủ, có lý do", icon=":material/lock_open:"):
        # Cleared when sent: the reason belongs into the audit, and into no session.
        with st.form(f"reveal_{dossier_id}", clear_on_submit=True, border=False):
            reason = st.text_input(
                "Lý do",
                key=f"reveal_reason_{dossier_id}",
                max_chars=500,
                placeholder="Ví dụ: gọi công dân bổ sung giấy tờ theo phiếu hẹn",
            )
            st.caption("Ít nhất 10 ký tự; được ghi vào nhật ký cùng tên bạn và hồ sơ này.")
            sent = st.form_submit_button("Ghi lý do và xem", icon=":material/lock_open:")
        if sent:
            _show(dossier_id, reason)


def _show(dossier_id: int, reason: str) -> None:
    who = identity.require("reveal_owner", f"hồ sơ {dossier_id}")
    try:
        found = reveal_owner(data.database(), dossier_id, identity.scope(), who.actor, reason)
    except (ReasonRefused, audit.AuditRefused, audit.AuditUnavailable, VaultLocked) as refused:
        st.error(plain(str(refused)))
        return
    except DatabaseLost:
        _log.exception("owner not revealed")
        st.error(_LOST)
        return
    if found is None:
        st.warning("Không tìm thấy hồ sơ này trong phạm vi xem.")
        return
    st.html(_full(found))
    st.caption("Đã ghi nhật ký. Thông tin tự che lại ở thao tác tiếp theo.")


def _full(found: RevealedOwner) -> str:
    rows = "".join(
        f"<tr><th>{label}</th><td>{safe(getattr(found, name) or '–')}</td></tr>"
        for name, label in _FIELDS.items()
    )
    return f'<table class="dh-facts dh-revealed">{rows}</table>'
