"""The administration screen as a whole: its parts, and how each of its writes is done.

A write asks who looks at the moment it is done (:func:`act`), not when its button was drawn: an
administrator who was locked meanwhile can do no last thing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import streamlit as st

from connectors.access import AccountRefused, Reader
from connectors.audit import ACTIONS, AuditRefused, AuditUnavailable
from connectors.overrides import OverrideRefused
from pages.admin import data as admin_data
from pages.admin.data import Listed
from ui.kit import screen as kit
from ui.kit.query import Query, a_room, one_of, opened, page, some_of, text
from ui.shell import identity
from ui.shell.answers import DatabaseLost, not_written
from ui.shell.context import Frame
from ui.shell.text import plain, safe

_log = logging.getLogger(__name__)

PARTS: Final = {
    "accounts": "Tài khoản",
    "sessions": "Phiên đăng nhập",
    "roles": "Vai trò",
    "audit": "Nhật ký",
    "personal": "Dữ liệu cá nhân",
    "thresholds": "Ngưỡng",
    "calendar": "Lịch làm việc",
    "health": "Vận hành",
}
"""Parameter ``part`` → label."""
_SAID: Final = "admin_said"


STATES: Final = {"open": "đang mở", "one_time": "chờ đổi mật khẩu", "locked": "đã khóa"}
"""How an account stands → word."""
SPANS: Final = {
    "today": "Hôm nay",
    "week": "7 ngày gần đây",
    "month": "30 ngày gần đây",
    "all": "Mọi lúc",
    "custom": "Chọn ngày…",
}
"""How far back the audit is read → word."""
QUERY: Final = Query(
    "admin",
    a_room(PARTS),
    text("q", label="Tìm theo tên, đơn vị"),
    one_of("state", STATES, label="Tình trạng"),
    opened("account"),
    one_of("span", SPANS, usual="week", label="Thời gian"),
    some_of("actions", ACTIONS, label="Việc", every="Mọi việc"),
    text("actor", label="Ai"),
    text("text", label="Chữ trong đối tượng, chi tiết"),
    page(),
)


@dataclass(frozen=True)
class Screen(kit.Screen):
    """``listed``: the accounts, where they are looked at; None: the database does not answer."""

    listed: list[Listed] | None


def read(frame: Frame) -> Screen:
    """The screen of the address."""
    asked = QUERY.read(part=PARTS)
    listed = admin_data.listed(frame) if asked["part"] == "accounts" else []
    if listed is not None:
        asked = QUERY.read(part=PARTS, account={one.record.id for one in listed})
    return Screen(frame, asked, "admin", listed)


def heading(screen: Screen) -> None:
    """The title, and what in the address means nothing."""
    st.title("Quản trị")
    screen.asked.warn()


def part(screen: Screen) -> str:
    """The control for the parts; the chosen one; what the last write without a place came to."""
    chosen = kit.choose_part(screen, PARTS)
    told()
    return chosen


@dataclass(frozen=True)
class _Note:
    done: bool
    text: str


def act(
    action: str,
    subject: str,
    work: Callable[[Reader], str | None],
    *,
    whole: bool = False,
    at: str = "",
) -> bool:
    """Does a write for whoever looks now, if the role may; whether it was done.

    ``work`` returns what to say afterwards (None: nothing). A refusal and a database that does not
    answer are said, too, where :func:`told` is called for the place ``at``: beside the button, for
    the page does not scroll to its top. ``whole``: it concerns all units. To be called from a
    widget's callback.
    """
    try:
        said = work(identity.require(action, subject, whole=whole))
    except (
        identity.NotAllowed,
        AccountRefused,
        OverrideRefused,
        AuditRefused,
        AuditUnavailable,
    ) as refused:
        if str(refused) != identity.ENDED:  # the run that follows shows the form, and nothing else
            _say(at, _Note(False, str(refused)))
        return False
    except DatabaseLost as error:
        _log.exception("%s was not done", action)
        busy = (
            "Chưa ghi được: cơ sở dữ liệu đang bận hoặc mất kết nối, không có gì thay đổi. "
            "Hãy thử lại sau ít phút."
        )
        _say(at, _Note(False, not_written(error, busy)))
        return False
    if said:
        _say(at, _Note(True, said))
    return True


def _say(at: str, note: _Note) -> None:
    st.session_state[_SAID + at] = note


def told(at: str = "") -> None:
    """What the last write of a place came to, once."""
    note: _Note | None = st.session_state.pop(_SAID + at, None)
    if note is None:
        return
    if note.done:
        st.success(plain(note.text), icon=":material/check_circle:")
    else:
        st.error(plain(note.text), icon=":material/block:")


def lost() -> None:
    """Says that the database cannot be asked."""
    st.error(
        "**Không đọc được cơ sở dữ liệu** (mất kết nối hoặc đang bị khóa), nên chưa xem, chưa sửa "
        "được phần này. Hãy kiểm tra máy chủ cơ sở dữ liệu rồi tải lại trang.",
        icon=":material/cloud_off:",
    )


# -- how far an administrator reaches -------------------------------------------------------


def require_reach(*unit_ids: int | None) -> None:
    """Raises NotAllowed where an account lies, or would lie, beyond the reader's own scope."""
    if not all(admin_data.reaches(unit_id) for unit_id in unit_ids):
        raise identity.NotAllowed(
            "Tài khoản quản trị của bạn gắn với một đơn vị nên chỉ quản lý được tài khoản của đơn "
            "vị ấy và các đơn vị bên dưới."
        )


# -- drawing --------------------------------------------------------------------------------


def summary(*parts: str) -> None:
    """Counts beside each other, each HTML."""
    spans = "".join(f"<span>{each}</span>" for each in parts)
    st.html(f'<p class="dh-units-summary">{spans}</p>')


def own_row(key: str, head: str, note: str, drop: Callable[[], None] | None) -> None:
    """A setting of the installation's own, with the button that takes it off.

    ``head`` is HTML, ``note`` text. ``drop``: None where the reader may not.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"own_{key}"):
        st.html(
            f"<div>{head}<br><small class='dh-muted'>{safe(note)}</small></div>", width="content"
        )
        if drop is not None:
            st.button("Bỏ", icon=":material/undo:", key=key, type="tertiary", on_click=drop)
