"""Signing in: streamlit-authenticator's form and bcrypt check, and nothing else of it.

What the library does beside that is off or replaced: its cookie (readable by scripts, and good
after sign-out), its counting of attempts (never trips), its dictionary of accounts (answers an
unknown name at once). Instead: accounts in the database, an opaque session behind an HttpOnly
cookie, delays that grow, and equal work for every name.
"""

from __future__ import annotations

import logging
import math
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import streamlit as st
import streamlit_authenticator as stauth
from sqlalchemy.exc import SQLAlchemyError
from streamlit_authenticator.controllers import AuthenticationController

from connectors import access
from connectors.access import AccountRefused, Moment, PassphraseRefused, Reader, Visitor
from connectors.access.passphrase import one_time, tidy
from connectors.addresses import LOCAL
from ui.shell import identity, installation
from ui.shell.text import plain, safe

_log = logging.getLogger(__name__)

_LEFT_BY_LIBRARY: Final = (
    "authentication_status",
    "username",
    "name",
    "email",
    "roles",
    "logout",
    "password_hint",
)
_TICKET: Final = "signin_ticket"
_SAID: Final = "signin_said"
_REFUSED: Final = (
    "Tên đăng nhập hoặc mật khẩu không đúng. Sau nhiều lần sai, mỗi lần thử tiếp phải chờ lâu hơn."
)
_LOST: Final = (
    "Không kết nối được cơ sở dữ liệu nên chưa thể đăng nhập. Hãy thử lại sau ít phút; nếu vẫn "
    "vậy, báo quản trị hệ thống."
)


def form(*, database_lost: bool) -> None:
    """What anybody sees who is not signed in, at any address: the form and nothing else."""
    ticket = st.session_state.pop(_TICKET, None)
    if ticket is not None:
        _exchange(ticket)
        return
    with st.container(key="signin", width=420):
        st.html('<h1 class="dh-brand">Đúng&nbsp;Hạn</h1>')
        if said := st.session_state.pop(_SAID, None):
            st.info(said, icon=":material/info:")
        if database_lost:
            st.error(_LOST, icon=":material/cloud_off:")
            return
        if installation.uses_identity_provider():
            _provider()
            return
        _Form(_visitor()).draw()
        st.caption("Quên mật khẩu? Quản trị hệ thống của cơ quan cấp lại mật khẩu dùng một lần.")


def _provider() -> None:
    """Signing in at an identity provider; from there on the session is one of ours."""
    if not st.user.is_logged_in:
        st.button("Đăng nhập qua hệ thống định danh", type="primary", on_click=st.login)
        return
    try:
        ticket = _vouched()
    except SQLAlchemyError:
        _log.exception("nobody could sign in")
        st.error(_LOST, icon=":material/cloud_off:")
        return
    if ticket is not None:
        _exchange(ticket)
        return
    st.error(
        "Hệ thống định danh không xác nhận được tài khoản nào đang mở ở đây, hoặc lần đăng nhập đó "
        "đã được kết thúc. Hãy đăng nhập lại; nếu vẫn vậy, liên hệ quản trị hệ thống.",
        icon=":material/lock:",
    )
    st.button("Đăng nhập lại", type="primary", on_click=st.logout)


def _vouched() -> str | None:
    email, issued = st.user.get("email"), st.user.get("iat")
    # An address that the provider does not say it has verified is anybody's claim.
    if not isinstance(email, str) or st.user.get("email_verified") not in (True, "true"):
        return None
    if not isinstance(issued, int | float):
        return None
    return access.let_in_vouched(
        installation.database(),
        email,
        datetime.fromtimestamp(issued, UTC),
        _visitor(),
        datetime.now(UTC),
    )


def _visitor() -> Visitor:
    # The door has seen to it that this is the visitor's (addresses.py); None: this machine.
    address = st.context.ip_address
    return Visitor(
        address if isinstance(address, str) else LOCAL,
        st.context.headers.get("User-Agent"),
        identity.presented_token(),
    )


# -- the library's form, wrapped ------------------------------------------------------------


class _NoCookie:
    """In place of the library's cookie, which scripts can read and which outlives sign-out."""

    def get_cookie(self) -> None:
        return None

    def set_cookie(self) -> None:
        return None


class _Everybody(dict[str, dict[str, Any]]):
    """The library's dictionary of accounts: whatever name is asked for is there.

    A name that may not sign in has a hash that no pass-phrase matches and that costs the same.
    """

    def __contains__(self, _name: object) -> bool:
        return True

    def __missing__(self, name: str) -> dict[str, Any]:
        found = access.credential(installation.database(), name)
        self[name] = {"name": name, "password": found.passphrase_hash, "account": found}
        return self[name]


class _Controller(AuthenticationController):  # type: ignore[misc]
    """The library's check, behind the delays; the pass-phrase tidied as it was when it was set."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__({"usernames": {}}, auto_hash=False)
        self._visitor = visitor
        self.said: str | None = None

    def login(
        self, username: str | None = None, password: str | None = None, *_: Any, **__: Any
    ) -> bool | None:
        if not username or not password:
            self.said = "Hãy nhập tên đăng nhập và mật khẩu."
            return None
        name, database = access.tidy_name(username), installation.database()
        time.sleep(access.pause(database, name, self._visitor, Moment.now()).total_seconds())
        now = Moment.now()
        left = access.begin(database, name, self._visitor, now)
        if left:
            self.said = f"{_REFUSED} Hãy đợi {_words(left.total_seconds())} rồi thử lại."
            return False
        everybody = _Everybody()
        self.authentication_model.credentials = {"usernames": everybody}
        typed = tidy(password)
        if len(typed.encode()) > access.policy().most_bytes or "\0" in typed:
            typed = one_time()  # bcrypt would refuse it: somebody else's, at the same cost
        right = super().login(name, typed)
        found = everybody[name]["account"]
        for key in _LEFT_BY_LIBRARY:
            st.session_state.pop(key, None)
        if right and found.account_id is not None:
            with suppress(ValueError):  # changed or locked while it was being checked
                st.session_state[_TICKET] = access.let_in(database, found, self._visitor, now)
                return True
        access.turn_away(database, name, self._visitor)
        self.said = _REFUSED
        return False


class _Form(stauth.Authenticate):  # type: ignore[misc]
    """The library's form, with our controller and without its cookie."""

    def __init__(self, visitor: Visitor) -> None:
        # Not the library's own: it would put a frame with a script for its cookie on the page.
        self.path = None
        self.attrs = {"login_sleep_time": 0}
        self.cookie_controller = _NoCookie()
        self.authentication_controller = _Controller(visitor)

    def draw(self) -> None:
        """Draws the form; after a right pass-phrase the run begins anew with a ticket."""
        controller = self.authentication_controller
        try:
            self.login(
                fields={
                    "Form name": "Đăng nhập",
                    "Username": "Tên đăng nhập",
                    "Password": "Mật khẩu",
                    "Login": "Đăng nhập",
                },
                key="signin_form",
            )
        except SQLAlchemyError:
            _log.exception("nobody could sign in")
            st.error(_LOST, icon=":material/cloud_off:")
            return
        if _TICKET in st.session_state:
            st.rerun()
        if controller.said:
            st.error(controller.said, icon=":material/lock:")


def _words(seconds: float) -> str:
    if seconds < 90:
        return f"{math.ceil(seconds)} giây"
    return f"{math.ceil(seconds / 60)} phút"


def _exchange(ticket: str) -> None:
    """Has the browser exchange the ticket for its cookie, then open the same address again."""
    st.html(
        f'<div id="dh-ticket" data-ticket="{safe(ticket)}">Đang vào…</div>'
        '<script src="/vao/vao.js"></script>',
        unsafe_allow_javascript=True,
    )


# -- signed in --------------------------------------------------------------------------------


def must_change(who: Reader) -> None:
    """After the first sign-in, or one with a pass-phrase that somebody else has set."""
    with st.container(key="signin", width=460):
        st.html('<h1 class="dh-brand">Đúng&nbsp;Hạn</h1>')
        st.subheader("Đặt mật khẩu của bạn")
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
            st.error(f"Hãy đợi {_words(left.total_seconds())} rồi thử lại.")
            return
        access.change_passphrase(database, who.account_id, old, new, keep_session=who.session_id)
    except AccountRefused as refused:
        access.turn_away(database, who.name, _visitor())
        st.error(plain(refused))
    except PassphraseRefused as refused:
        _proved(who, now)
        st.error(plain(refused))
    except SQLAlchemyError:
        _log.exception("pass-phrase not changed")
        st.error("Chưa đổi được mật khẩu do lỗi cơ sở dữ liệu; hãy thử lại sau ít phút.")
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
    st.session_state[_SAID] = "Đã đăng xuất."
    if installation.uses_identity_provider():
        st.logout()
