"""The administration screen as a whole: its parts, and how each of its writes is done.

A write asks who looks at the moment it is done (:func:`act`), not when its button was drawn: an
administrator who was locked meanwhile can do no last thing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import streamlit as st

from connectors.access import AccountRefused, Reader
from connectors.audit import AuditRefused, AuditUnavailable
from connectors.overrides import OverrideRefused
from metrics.core.vietnamese import UNKNOWN, moment
from ui.kit import segments
from ui.shell import data, identity
from ui.shell.answers import DatabaseLost
from ui.shell.text import plain

_log = logging.getLogger(__name__)

PARTS: Final = {
    "accounts": "Tài khoản",
    "sessions": "Phiên đăng nhập",
    "roles": "Vai trò",
    "audit": "Nhật ký",
    "thresholds": "Ngưỡng",
    "calendar": "Lịch làm việc",
    "health": "Vận hành",
}
"""Parameter ``part`` → label; the first one needs no parameter."""
_SAID: Final = "admin_said"


@dataclass(frozen=True)
class _Note:
    done: bool
    text: str


def part() -> str:
    """The chosen part, kept in the URL."""
    return segments.part(PARTS, "admin_part")


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
    except DatabaseLost:
        _log.exception("%s was not done", action)
        _say(
            at,
            _Note(
                False,
                "Chưa ghi được: cơ sở dữ liệu đang bận hoặc mất kết nối, không có gì thay đổi. "
                "Hãy thử lại sau ít phút.",
            ),
        )
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


def reaches(unit_id: int | None) -> bool:
    """Whether an account of this unit is the reader's to manage: within the reader's own scope."""
    units = identity.scope().units
    return units is None or (unit_id is not None and unit_id in units)


def require_reach(*unit_ids: int | None) -> None:
    """Raises NotAllowed where an account lies, or would lie, beyond the reader's own scope."""
    if not all(reaches(unit_id) for unit_id in unit_ids):
        raise identity.NotAllowed(
            "Tài khoản quản trị của bạn gắn với một đơn vị nên chỉ quản lý được tài khoản của đơn "
            "vị ấy và các đơn vị bên dưới."
        )


# -- words ----------------------------------------------------------------------------------


def local(at: datetime | None) -> str:
    """A UTC moment in the installation's zone: 08:15 03/02/2026; "–" for none."""
    return UNKNOWN if at is None else moment(at.astimezone(data.settings().zone))


def mark(state: str, text: str) -> str:
    """A state as HTML, with a shape: ``good`` ●, ``warn`` ▲, ``bad`` ◆, ``none`` ○."""
    shape = {"good": "●", "warn": "▲", "bad": "◆", "none": "○"}[state]
    style = "dh-muted" if state == "none" else f"dh-{state}"
    return f'<span class="dh-state {style}">{shape} {text}</span>'
