"""Administration: one person's data found, given out, erased; how long personal data is kept.

What is typed is cleared when it is sent, and what was found is drawn in that run and kept nowhere.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from connectors.access import AccountRefused, Reader
from connectors.audit import AuditRefused, AuditUnavailable
from connectors.personal import erase as work
from connectors.personal import retention
from connectors.personal.find import Found
from connectors.personal.wanted import PersonRefused, Wanted, wanted
from connectors.privacy import ReasonRefused, VaultLocked, mask_name, mask_phone
from metrics.core.vietnamese import number
from pages.admin import screen as admin
from pages.admin.data import local
from ui.kit.table import Column, table
from ui.shell import data, guarded, identity
from ui.shell.answers import DatabaseLost, asked
from ui.shell.guarded import Made
from ui.shell.text import plain

_log = logging.getLogger(__name__)
_ACTION: Final = "person_data"
_SUBJECT: Final = "dữ liệu của một người"
_HERE: Final = "personal"
_BUSY: Final = "Không đọc được cơ sở dữ liệu; hãy thử lại sau ít phút."
_REFUSALS: Final = (
    PersonRefused, ReasonRefused, AuditRefused, AuditUnavailable, VaultLocked,
)  # fmt: skip


def personal() -> None:
    """The form for one person, what it found, and the terms of keeping."""
    st.subheader("Dữ liệu của một người")
    if identity.may(_ACTION, whole=True):
        _one()
    else:
        st.info("Chỉ quản trị xem mọi đơn vị mới tìm, cấp, xóa được dữ liệu của một người.")
    st.subheader("Thời hạn giữ dữ liệu cá nhân")
    _terms()


def _one() -> None:
    st.caption(
        "Khi người có dữ liệu yêu cầu (Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15). Tìm bằng số giấy "
        "tờ, hoặc điện thoại, hoặc họ tên cùng một mã hồ sơ của người đó. Nhật ký ghi ai làm, bao "
        "nhiêu hồ sơ, lý do; không ghi người đó là ai."
    )
    with st.form("person", clear_on_submit=True):
        first, second = st.columns(2), st.columns(2)  # below each other on a phone
        typed = {
            "number": first[0].text_input("Số giấy tờ", key="person_number", max_chars=32),
            "phone": first[1].text_input("Điện thoại", key="person_phone", max_chars=32),
            "name": second[0].text_input("Họ tên", key="person_name", max_chars=255),
            "code": second[1].text_input("Một mã hồ sơ", key="person_code", max_chars=64),
        }
        reason = st.text_input(
            "Lý do", key="person_reason", max_chars=500,
            placeholder="Ví dụ: theo đơn số 12/2026 ngày 03/11/2026",
        )  # fmt: skip
        sent = st.form_submit_button("Tìm", icon=":material/person_search:")
    admin.told(_HERE)
    if sent:
        _look(typed, reason)


def _look(typed: dict[str, str], reason: str) -> None:
    who = identity.require(_ACTION, _SUBJECT, whole=True)
    try:
        person = wanted(**typed)
        with st.spinner("Đang tìm trong mọi dữ liệu…"):
            found = work.look(data.database(), data.settings(), person, actor=who.actor)
    except _REFUSALS as refused:
        st.error(plain(str(refused)))
        return
    except DatabaseLost:
        _log.exception("a person was not looked for")
        st.error(_BUSY)
        return
    if found.nothing:
        st.info("Không có dữ liệu nào của người này.")
        return
    _found(found)
    _buttons(person, reason, found.counts)


def _found(found: Found) -> None:
    st.markdown(f"**Đang giữ {work.counted(found.counts)}**")
    rows = [
        {
            "what": f"Hồ sơ {one.code}",
            "who": " · ".join(
                part
                for part in (mask_name(one.owner["name"]), mask_phone(one.owner["phone"]))
                if part
            ),
        }
        for one in found.dossiers
    ]
    rows += [
        {"what": f"Dòng bị từ chối: lô {row.batch}, dòng {row.line}", "who": ""}
        for row in found.rejected
    ]
    rows += [
        {"what": f"Ghi chú: {note.table}, dòng {note.key[0]}", "who": ""} for note in found.notes
    ]
    columns = (Column("Ở đâu", "what", is_name=True), Column("Chủ hồ sơ (đã che)", "who"))
    table(rows, columns, alt="Dữ liệu đang giữ của một người", sorts=False, away=None)


def _buttons(person: Wanted, reason: str, counts: dict[str, int]) -> None:
    actor = identity.reader().actor

    def make() -> Made:
        database, settings = data.database(), data.settings()
        try:
            given = work.export(database, settings, person, reason, actor=actor)
        except _REFUSALS as refused:
            raise guarded.Unmade(str(refused)) from refused
        text = json.dumps(given, ensure_ascii=False, indent=2, default=str)
        return Made(text.encode(), counts)

    with st.container(horizontal=True, gap="small"):
        guarded.download_button(
            "Tải dữ liệu (JSON)", _ACTION, _SUBJECT, make,
            file_name="du-lieu-ca-nhan.json", mime="application/json", key="person_file",
        )  # fmt: skip
        with st.popover("Xóa dữ liệu của người này", icon=":material/delete:"):
            st.markdown(
                "Họ tên, điện thoại, địa chỉ, số giấy tờ bị xóa hẳn khỏi hồ sơ, dòng bị từ chối, "
                "ghi chú; lần nạp sau không đưa trở lại. Hồ sơ và mọi số liệu vẫn như cũ. Không "
                "lấy lại được."
            )
            st.button(
                "Xóa", type="primary", key="person_erase", on_click=_erase, args=(person, reason)
            )


def _erase(person: Wanted, reason: str) -> None:
    def run(reader: Reader) -> str:
        database, settings = data.database(), data.settings()
        try:
            done = work.erase(database, settings, person, reason, actor=reader.actor)
        except _REFUSALS as refused:
            raise AccountRefused(str(refused)) from refused
        head = f"Đã xóa {work.counted(done.counts)}; số liệu vẫn như cũ."
        return " ".join((head, *done.sentences(settings.zone)))

    admin.act(_ACTION, _SUBJECT, run, whole=True, at=_HERE)


def _terms() -> None:
    settings, database, now = data.settings(), data.database(), datetime.now(UTC)
    found = asked(lambda: (retention.due(database, settings, now), retention.last_turn(database)))
    if found is None:
        admin.lost()
        return
    counts = {one.rule.what: one.count for one in found[0]}
    rules = retention.rules_on(now.astimezone(settings.zone).date(), settings)
    table(
        [
            {
                "label": rule.label,
                "days": f"{number(rule.days)} ngày" if rule.days else "không thời hạn",
                "from": rule.valid_from,
                "due": counts.get(what),
                "source": rule.source,
            }
            for what, rule in rules.items()
        ],
        (
            Column("Dữ liệu", "label", is_name=True),
            Column("Giữ", "days"),
            Column("Từ ngày", "from", "day"),
            Column("Đã hết hạn", "due", "count"),
            Column("Căn cứ", "source"),
        ),
        alt="Thời hạn giữ dữ liệu cá nhân đang có hiệu lực",
        sorts=False,
    )
    st.caption(
        f"Ứng dụng xóa mỗi ngày một lần những gì đã hết hạn; lần gần nhất: {local(found[1])}. Lần "
        "đầu chỉ báo trước trong Nhật ký. Thời hạn riêng: RETENTION_FILE (docs/operations.md)."
    )
