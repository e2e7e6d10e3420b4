"""Administration: adding, changing, locking accounts; one-time pass-phrases.

A one-time pass-phrase is on the screen in the run that made it, and nowhere afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import streamlit as st

from connectors import access
from connectors.access import AccountRecord, Reader
from pages.admin import screen as admin
from ui.shell import data, installation
from ui.shell.context import Frame
from ui.shell.scopebar import unit_options
from ui.shell.text import plain

_ONCE: Final = "admin_once"
_ROUND: Final = "account_round"
_TURN: Final = "account_turn"
# Places where what a write came to is told.
_NEW, _OPEN, _EDIT = "new", "open", "edit"
_OWN: Final = "Tôi hiểu: đây là tài khoản tôi đang dùng"


def _once(at: str) -> None:
    """What the last write of a place came to, and a pass-phrase that it made, in a box to copy
    from; gone with the next run."""
    admin.told(at)
    found: tuple[str, str] | None = st.session_state.pop(_ONCE + at, None)
    if found is None:
        return
    name, passphrase = found
    with st.container(key="once", border=True):
        st.markdown(f"**Mật khẩu dùng một lần của {plain(name)}**")
        st.code(passphrase, language=None)
        st.caption(
            "▲ Chỉ hiện lần này: bấm vào bất cứ đâu là mất. Chép ngay và giao tận tay, không gửi "
            "qua thư điện tử, tin nhắn nhóm. Người dùng phải đổi ở lần đăng nhập đầu."
        )


def _field(key: str) -> Any:
    return st.session_state.get(key)


def _text(key: str) -> str:
    return str(_field(key) or "").strip()


# -- adding -------------------------------------------------------------------------------


def add(frame: Frame) -> None:
    """The form for a new account; what was typed stays when it is refused."""
    end = st.session_state.get(_ROUND, 0)
    roles = access.table().roles
    with (
        st.expander("Thêm tài khoản", icon=":material/person_add:"),
        st.form("account_add", border=False),
    ):
        left, right = st.columns(2)
        with left:
            st.text_input(
                "Tên đăng nhập", key=f"add_name_{end}", max_chars=64, autocomplete="off",
                help="Chữ thường không dấu, số, dấu chấm, gạch; không đổi được về sau.",
            )  # fmt: skip
            st.text_input("Họ tên", key=f"add_full_name_{end}", max_chars=255)
            _external(f"add_external_{end}", None)
        with right:
            st.selectbox(
                "Vai trò", list(roles), format_func=roles.__getitem__, index=None,
                placeholder="Chọn vai trò", key=f"add_role_{end}",
            )  # fmt: skip
            _unit(frame, f"add_unit_{end}", frame.reader.unit_id)
            st.caption("Tài khoản thấy số liệu của đơn vị này và các đơn vị bên dưới.")
        st.form_submit_button("Thêm tài khoản", type="primary", on_click=_add, args=(end,))
    _once(_NEW)


def _unit(frame: Frame, key: str, present: int | None) -> None:
    """Which unit's figures the account sees; 0 stands for all."""
    options, labels = unit_options(frame.facts.units, frame.scope)
    if frame.scope is not None:
        options = [option for option in options if option]
    st.selectbox(
        "Đơn vị được xem",
        options,
        format_func=labels.__getitem__,
        index=options.index(present or 0) if (present or 0) in options else None,
        placeholder="Chọn đơn vị",
        key=key,
    )


def _external(key: str, present: str | None) -> None:
    st.text_input(
        "Định danh ở hệ thống đăng nhập một lần",
        present or "",
        key=key,
        max_chars=255,
        placeholder="thư điện tử, nếu dùng OpenID Connect",
    )


def _add(end: int) -> None:
    name, role = _text(f"add_name_{end}"), _field(f"add_role_{end}")
    unit_id = _field(f"add_unit_{end}") or None

    def work(reader: Reader) -> str:
        if role is None:
            raise access.AccountRefused("Hãy chọn vai trò của tài khoản.")
        admin.require_reach(unit_id)
        if installation.uses_identity_provider() and not _text(f"add_external_{end}"):
            raise access.AccountRefused(
                "Mọi người đăng nhập qua hệ thống định danh: hãy ghi định danh của người này, nếu "
                "không sẽ không vào được."
            )
        passphrase = access.add_account(
            data.database(),
            name,
            _text(f"add_full_name_{end}"),
            role,
            unit_id=unit_id,
            external_id=_text(f"add_external_{end}"),
            actor=reader.actor,
        )
        tidied = access.tidy_name(name)
        _keep(_NEW, tidied, passphrase)
        st.query_params["account"] = str(access.find_account(data.database(), tidied).id)
        return f"Đã thêm tài khoản {tidied} ({access.table().roles[role]})."

    if admin.act("manage_accounts", "thêm tài khoản", work, at=_NEW):
        st.session_state[_ROUND] = end + 1


def _keep(at: str, name: str, passphrase: str) -> None:
    """Until the drawing that follows the callback, in the same run (:func:`_once`)."""
    if not installation.uses_identity_provider():
        st.session_state[_ONCE + at] = (name, passphrase)


# -- changing -----------------------------------------------------------------------------


def edit(frame: Frame, record: AccountRecord) -> None:
    """The form that changes person, role, unit; what was there stands in it."""
    # What somebody else has changed meanwhile makes another form.
    state = (record.full_name, record.role, record.unit_id, record.external_id)
    end = f"{record.id}_{hash(state) & 0xFFFFFFFF:08x}"
    roles = access.table().roles
    with st.form(f"account_edit_{end}", border=False):
        st.text_input("Họ tên", record.full_name, key=f"edit_full_name_{end}", max_chars=255)
        st.selectbox(
            "Vai trò", list(roles), format_func=roles.__getitem__,
            index=list(roles).index(record.role), key=f"edit_role_{end}",
        )  # fmt: skip
        _unit(frame, f"edit_unit_{end}", record.unit_id)
        _external(f"edit_external_{end}", record.external_id)
        own = record.id == frame.reader.account_id
        if own:
            st.checkbox(f"{_OWN}, đổi vai trò hoặc đơn vị thì mất quyền ngay", key=f"own_{end}")
        st.form_submit_button("Ghi thay đổi", on_click=_change, args=(record, end))
    admin.told(_EDIT)


def _change(record: AccountRecord, end: str) -> None:
    role, unit_id = _field(f"edit_role_{end}"), _field(f"edit_unit_{end}") or None

    def work(reader: Reader) -> str:
        present = access.find_account(data.database(), record.name)
        admin.require_reach(present.unit_id, unit_id)
        changed = (role, unit_id) != (present.role, present.unit_id)
        if changed and record.id == reader.account_id and not _field(f"own_{end}"):
            raise access.AccountRefused(
                "Bạn đang đổi vai trò hoặc đơn vị của chính mình. Hãy đánh dấu “Tôi hiểu” rồi ghi "
                "lại."
            )
        access.change_account(
            data.database(),
            record.name,
            full_name=_text(f"edit_full_name_{end}"),
            role=str(role),
            unit_id=unit_id,
            external_id=_text(f"edit_external_{end}"),
            actor=reader.actor,
        )
        return f"Đã ghi thay đổi của {record.name}; có hiệu lực ở lần bấm tiếp theo của người ấy."

    admin.act("manage_accounts", f"sửa tài khoản {record.name}", work, at=_EDIT)


# -- locking, resetting, ending sessions --------------------------------------------------


def actions(frame: Frame, record: AccountRecord, live: int) -> None:
    """The buttons for an account; each says what follows before it is done."""
    own = record.id == frame.reader.account_id
    with st.container(horizontal=True, gap="small", key="account_actions"):
        if record.is_locked:
            st.button(
                "Mở khóa", icon=":material/lock_open:", key="account_unlock",
                on_click=_unlock, args=(record,),
            )  # fmt: skip
        else:
            _confirmed(
                "lock",
                "Khóa",
                ":material/lock:",
                f"{record.name} không đăng nhập được nữa, {live} phiên đang mở kết thúc ngay. "
                "Không mất gì; mở khóa lại được.",
                (record, own, _lock),
            )
        if not own and not installation.uses_identity_provider():
            _confirmed(
                "reset",
                "Cấp lại mật khẩu",
                ":material/key:",
                f"Mật khẩu hiện tại của {record.name} mất hiệu lực, {live} phiên đang mở kết thúc "
                "ngay. Mật khẩu dùng một lần mới hiện một lần trên màn hình.",
                (record, own, _reset),
            )
        if live:
            _confirmed(
                "revoke",
                "Kết thúc phiên",
                ":material/logout:",
                f"{record.name} bị đăng xuất khỏi {live} phiên; đăng nhập lại được ngay.",
                (record, own, _revoke),
            )
        _confirmed(
            "delete",
            "Xóa tài khoản",
            ":material/delete:",
            f"{record.name} bị xóa hẳn, {live} phiên đang mở kết thúc ngay; không lấy lại được. "
            "Nhật ký và các sổ vẫn giữ tên như đã ghi. Chỉ tạm ngừng thì dùng “Khóa”.",
            (record, own, _delete),
        )
    _once(_OPEN)


_Work = Callable[[AccountRecord, Reader], str]


def _confirmed(
    key: str, label: str, icon: str, consequence: str, what: tuple[AccountRecord, bool, _Work]
) -> None:
    record, own, work = what
    # Done once, it is another popover, which is closed: the open one would hide what came of it.
    turn = st.session_state.get(_TURN, 0)
    with st.popover(label, icon=icon, key=f"account_{key}_menu_{turn}"):
        st.markdown(consequence)
        if own:
            st.checkbox(f"{_OWN}, tôi sẽ bị đăng xuất", key=f"own_{key}_{record.id}")
        st.button(
            label, type="primary", key=f"account_{key}",
            on_click=_do, args=(key, record, work),
        )  # fmt: skip


def _do(key: str, record: AccountRecord, work: _Work) -> None:
    def checked(reader: Reader) -> str:
        admin.require_reach(access.find_account(data.database(), record.name).unit_id)
        if record.id == reader.account_id and not _field(f"own_{key}_{record.id}"):
            raise access.AccountRefused(
                "Đây là tài khoản bạn đang dùng. Hãy đánh dấu “Tôi hiểu” rồi bấm lại."
            )
        return work(record, reader)

    gone = work is _delete
    at = "" if gone else _OPEN  # its panel goes with it
    if admin.act("manage_accounts", f"tài khoản {record.name}", checked, at=at):
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        if gone:
            st.query_params.pop("account", None)


def _lock(record: AccountRecord, reader: Reader) -> str:
    ended = access.lock_account(data.database(), record.name, actor=reader.actor)
    return f"Đã khóa {record.name}; {ended} phiên bị kết thúc."


def _delete(record: AccountRecord, reader: Reader) -> str:
    ended = access.delete_account(data.database(), record.name, actor=reader.actor)
    return f"Đã xóa tài khoản {record.name}; {ended} phiên bị kết thúc."


def _unlock(record: AccountRecord) -> None:
    def work(reader: Reader) -> str:
        admin.require_reach(access.find_account(data.database(), record.name).unit_id)
        access.unlock_account(data.database(), record.name, actor=reader.actor)
        return f"Đã mở khóa {record.name}; mật khẩu vẫn như cũ."

    admin.act("manage_accounts", f"tài khoản {record.name}", work, at=_OPEN)


def _reset(record: AccountRecord, reader: Reader) -> str:
    if record.id == reader.account_id:
        # It would end this session, and with it the only place where the new one is shown.
        raise access.AccountRefused(
            "Mật khẩu của chính bạn đổi ở mục “Tài khoản” trên thanh phạm vi."
        )
    _keep(
        _OPEN,
        record.name,
        access.reset_passphrase(data.database(), record.name, actor=reader.actor),
    )
    return f"Đã cấp lại mật khẩu cho {record.name}."


def _revoke(record: AccountRecord, reader: Reader) -> str:
    ended = access.revoke_all(data.database(), record.id, datetime.now(UTC), actor=reader.actor)
    return f"Đã kết thúc {ended} phiên của {record.name}."
