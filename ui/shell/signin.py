"""Signed in: the reader's own menu, a new pass-phrase, and out again.

The way in is no screen: ui/shell/entry.py.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Final

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from connectors import access
from connectors.access import AccountRefused, Moment, PassphraseRefused, Reader, Visitor
from connectors.access.passphrase import tidy
from connectors.addresses import LOCAL
from ui.shell import entry, identity, installation
from ui.shell.answers import not_written
from ui.shell.text import plain

_log = logging.getLogger(__name__)

_SAID: Final = "signin_said"
_NOT_CHANGED: Final = (
    "Chưa đổi được mật khẩu do lỗi cơ sở dữ liệu; mật khẩu cũ vẫn dùng được. Hãy thử lại sau ít "
    "phút."
)
_LEAVING: Final = "signin_leaving"
"""Where the browser goes after signing out; empty: it is told by the identity provider's way."""


def away(*, database_lost: bool) -> None:
    """What a screen's run draws when its session has ended: nothing, and the browser goes to the
    form, which is at the same address."""
    if database_lost:
        st.error(entry.LOST, icon=":material/cloud_off:")
        return
    to = st.session_state.pop(_LEAVING, None)
    if to == "":
        return
    where = f' data-to="{to}"' if to else ""
    st.html(
        f'<div id="dh-away"{where}>{entry.ENDED}</div><script src="/vao/vao.js"></script>',
        unsafe_allow_javascript=True,
    )


def _visitor() -> Visitor:
    # The door has seen to it that this is the visitor's (addresses.py); None: this machine.
    address = st.context.ip_address
    return Visitor(
        address if isinstance(address, str) else LOCAL,
        st.context.headers.get("User-Agent"),
        identity.presented_token(),
    )


# -- signed in --------------------------------------------------------------------------------


def must_change(who: Reader) -> None:
    """After the first sign-in, or one with a pass-phrase that somebody else has set."""
    with st.container(key="signin", width=460):
        st.html('<h1 class="dh-brand">Đúng&nbsp;Hạn</h1>')
        st.header("Đặt mật khẩu của bạn")
        st.caption(
            f"Xin chào {plain(who.full_name)}. Mật khẩu vừa dùng chỉ để vào lần đầu; hãy đặt mật "
            f"khẩu riêng, ít nhất {access.policy().least_characters} ký tự. Một câu dễ nhớ, có dấu "
            "cũng được, là tốt nhất."
        )
        change_form(who)
        st.button("Đăng xuất", type="tertiary", on_click=_leave, args=(who, False))


def change_form(who: Reader) -> None:
    """Old and new pass-phrase; what cannot be taken is said, and nothing is changed."""
    with st.form("passphrase", border=False):
        old = st.text_input("Mật khẩu hiện tại", type="password", autocomplete="current-password")
        new = st.text_input("Mật khẩu mới", type="password", autocomplete="new-password")
        again = st.text_input("Nhập lại mật khẩu mới", type="password", autocomplete="new-password")
        sent = st.form_submit_button("Đổi mật khẩu", type="primary")
    if not sent:
        return
    if tidy(new) != tidy(again):
        st.error("Hai lần nhập mật khẩu mới không giống nhau.")
        return
    database, now = installation.database(), Moment.now()
    try:
        # Attempts count here, too: a browser left open must not be a place to guess.
        left = access.begin(database, who.name, _visitor(), now)
        if left:
            st.error(f"Hãy đợi {entry.words(left.total_seconds())} rồi thử lại.")
            return
        access.change_passphrase(database, who.account_id, old, new, keep_session=who.session_id)
    except AccountRefused as refused:
        access.turn_away(database, who.name, _visitor())
        st.error(plain(refused))
    except PassphraseRefused as refused:
        _proved(who, now)
        st.error(plain(refused))
    except SQLAlchemyError as error:
        _log.exception("pass-phrase not changed")
        st.error(not_written(error, _NOT_CHANGED))
    else:
        _proved(who, now)
        st.session_state[_SAID] = "Đã đổi mật khẩu. Các phiên khác của bạn đã được đăng xuất."
        st.rerun()


def _proved(who: Reader, now: Moment) -> None:
    try:
        access.proved(installation.database(), who.name, _visitor(), now)
    except SQLAlchemyError:
        _log.warning("an attempt that was right goes on being counted")


def menu(who: Reader, unit: str) -> None:
    """The reader's own menu: who is signed in, pass-phrase, signing out."""
    roles = access.table().roles
    name = plain(who.full_name)
    with st.popover("Tài khoản", icon=":material/person:", help=name, key="account_menu"):
        st.markdown(f"**{name}** ({plain(who.name)})  \n{roles[who.role]} · {plain(unit)}")
        if not installation.uses_identity_provider():
            with st.expander("Đổi mật khẩu"):
                change_form(who)
        st.button("Đăng xuất mọi nơi", on_click=_leave, args=(who, True), key="sign_out_everywhere")
        st.button(
            "Đăng xuất",
            icon=":material/logout:",
            on_click=_leave,
            args=(who, False),
            key="sign_out",
        )


def told() -> str | None:
    """What is to be said once after a change of the account."""
    said: str | None = st.session_state.pop(_SAID, None)
    return said


def _leave(who: Reader, everywhere: bool) -> None:
    try:
        access.sign_out(installation.database(), who, datetime.now(UTC), everywhere=everywhere)
    except SQLAlchemyError:
        _log.exception("nobody could sign out")
        st.session_state[_SAID] = "Chưa đăng xuất được do lỗi cơ sở dữ liệu; hãy thử lại."
        return
    # Whoever signs in next in this window starts with nothing of this reader's.
    for key in list(st.session_state):
        del st.session_state[key]
    st.session_state[_LEAVING] = "" if installation.uses_identity_provider() else entry.LEAVE
    if installation.uses_identity_provider():
        st.logout()
