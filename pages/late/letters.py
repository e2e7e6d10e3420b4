"""Letters of apology as DOCX and PDF, of the open dossier and of many.

A citizen's name and address stand in a letter only for those who may reveal an owner, after the
audit has the reason of each; they go into that one file and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import streamlit as st

from connectors import audit
from connectors.letters import Issued, issued
from connectors.privacy import ReasonRefused, VaultLocked, reveal_owners
from metrics.core.vietnamese import number
from reports.apology import Citizen, Late
from reports.apology import letters as arranged
from reports.render import render
from ui.kit import writing
from ui.shell import data, guarded, identity
from ui.shell.context import Frame
from ui.shell.guarded import DOCX, PDF, Made, Unmade

MOST: Final = 500
"""Letters in one file."""
_FORMATS: Final = (("docx", DOCX), ("pdf", PDF))
Dossiers = Callable[[], list[int]]


def letters(frame: Frame, dossiers: Dossiers, key: str, subject: str) -> None:
    """The buttons that make the letters of those dossiers that have an apology.

    Args:
        dossiers: which, read when a button is clicked.
        key: tells these buttons from others of the screen.
        subject: what the audit calls them.
    """
    with st.container(horizontal=True, gap="small"):
        _buttons(frame, dossiers, key, subject, None)
        if identity.may("reveal_owner"):
            _named(frame, dossiers, key, subject)


def _named(frame: Frame, dossiers: Dossiers, key: str, subject: str) -> None:
    """Asks for the reason, and then has the buttons of letters that name the citizen."""
    with st.popover("Điền họ tên, địa chỉ người nhận", icon=":material/lock_open:"):
        # Cleared when sent: the reason belongs into the audit, and into no session.
        with st.form(f"letters_{key}", clear_on_submit=True, border=False):
            reason = st.text_input(
                "Lý do điền họ tên", key=f"letters_reason_{key}", max_chars=500,
                placeholder="Ví dụ: gửi văn bản xin lỗi cho công dân",
            )  # fmt: skip
            st.caption("Ít nhất 10 ký tự; được ghi vào nhật ký cùng tên bạn và từng hồ sơ.")
            sent = st.form_submit_button("Tiếp tục", icon=":material/lock_open:")
        if sent:
            st.caption("Tệp có dữ liệu cá nhân: chỉ gửi cho người nhận, xóa khi đã in.")
            _buttons(frame, dossiers, f"{key}_named", subject, reason)


def _buttons(frame: Frame, dossiers: Dossiers, key: str, subject: str, reason: str | None) -> None:
    names = _Names(frame)
    for layout, mime in _FORMATS:
        guarded.download_button(
            f"Văn bản xin lỗi {layout.upper()}",
            writing.RECORD,
            subject,
            partial(_made, names, dossiers, layout, reason, identity.later()),
            file_name=f"van-ban-xin-loi-{frame.ask.as_of_day:%Y%m%d}.{layout}",
            mime=mime,
            key=f"letters_{key}_{layout}",
            unit_id=frame.view.unit,
        )


class _Names:
    """What units and procedures are called; read while the screen is drawn."""

    def __init__(self, frame: Frame) -> None:
        places = frame.place_names
        parents = dict(frame.facts.units.select("unit_id", "parent_id").iter_rows())
        self.units = places
        self.above = {unit: places.get(parent) for unit, parent in parents.items()}
        self.procedures = frame.procedure_names


def _made(
    names: _Names,
    dossiers: Dossiers,
    layout: str,
    reason: str | None,
    ask: Callable[[str], identity.Identity],
) -> Made:
    """The file. Raises Unmade where there is nothing to write, or too much."""
    present = ask(writing.RECORD)
    found = issued(data.database(), data.settings(), dossiers(), present.scope)
    if not found:
        raise Unmade("Chưa ghi văn bản xin lỗi của hồ sơ nào; hãy ghi rồi lập văn bản.")
    if len(found) > MOST:
        many = number(len(found))
        raise Unmade(f"Có {many} văn bản, mỗi tệp nhiều nhất {number(MOST)}; hãy lọc thêm.")
    citizens = dict[int, Citizen]()
    if reason is not None:
        who = ask("reveal_owner")
        numbers = [each.dossier_id for each in found]
        try:
            owners = reveal_owners(data.database(), numbers, who.scope, who.reader.actor, reason)
        except (ReasonRefused, audit.AuditRefused, VaultLocked) as refused:
            raise Unmade(str(refused)) from refused
        citizens = {one: Citizen(owner.name, owner.address) for one, owner in owners.items()}
    report = arranged([_late(each, names, citizens.get(each.dossier_id)) for each in found])
    try:
        content = render(report, layout)
    except RuntimeError as problem:
        raise Unmade(str(problem)) from problem
    return Made(content, {"letters": len(found), "with_citizens": reason is not None})


def _late(each: Issued, names: _Names, citizen: Citizen | None) -> Late:
    return Late(
        code=each.code,
        unit=names.units.get(each.unit_id, f"Đơn vị {each.unit_id}"),
        above=names.above.get(each.unit_id),
        procedure=names.procedures.get(each.procedure_id or 0),
        received_on=each.received_on,
        due_at=each.due_at,
        issued_on=each.issued_on,
        number=each.number,
        reason=each.reason,
        signer=each.signer,
        new_due_at=each.new_due_at,
        citizen=citizen,
    )
