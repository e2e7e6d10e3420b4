"""Administration: the accounts, who needs a look, and the open one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import streamlit as st

from connectors import access
from metrics.core.vietnamese import number
from pages.admin import forms as admin_forms
from pages.admin import screen as admin
from pages.admin.data import Listed, here, local
from pages.admin.screen import STATES, Screen
from ui.kit import panel
from ui.kit.listing import listing
from ui.kit.marks import BAD, GOOD, WARN, Html
from ui.kit.table import Column, Row
from ui.shell.text import safe

_MARKS: Final = {"open": GOOD, "one_time": WARN, "locked": BAD}


def accounts(screen: Screen) -> None:
    """All accounts that the reader may manage; the open one above them; the form for a new one."""
    if screen.listed is None:
        admin.lost()
        return
    for one in screen.listed:
        if one.record.id == screen.asked["account"]:
            _panel(screen, one)
    _summary(screen.listed)
    _worth_a_look(screen.listed)
    admin_forms.add(screen.frame)
    _list(screen, screen.listed)


def _summary(listed: list[Listed]) -> None:
    counts = {state: sum(one.state == state for one in listed) for state in STATES}
    live = sum(one.live for one in listed)
    admin.summary(
        f"<b>{number(len(listed))}</b> tài khoản",
        *(
            _MARKS[state].html(f"{number(counts[state])} {word}")
            for state, word in STATES.items()
            if counts[state]
        ),
        f"{number(live)} phiên đang đăng nhập",
    )


def _worth_a_look(listed: list[Listed]) -> None:
    """What an administrator should do something about; nothing when there is nothing."""
    now, rules = datetime.now(UTC), access.policy()
    open_ones = [one for one in listed if not one.record.is_locked]
    admins = [one for one in open_ones if one.record.role == "admin"]
    unused = [
        one
        for one in open_ones
        if not one.record.must_change
        and (one.last_in or one.record.created_at) < now - rules.unused
    ]
    waiting = [
        one
        for one in open_ones
        if one.record.must_change and one.record.created_at < now - rules.one_time
    ]
    orphaned = [one for one in open_ones if one.unit_ended]
    lines = []
    if len(admins) == 1:
        lines.append(
            f"Chỉ còn một tài khoản quản trị đang mở ({admins[0].record.name}). Nếu người này vắng "
            "hoặc quên mật khẩu thì phải cấp lại trên máy chủ; hãy thêm một tài khoản dự phòng."
        )
    lines += [
        f"{number(len(group))} tài khoản {what}: {_names(group)}. {then}"
        for group, what, then in (
            (
                unused,
                f"không đăng nhập quá {rules.unused.days} ngày",
                "Khóa nếu không còn dùng.",
            ),
            (
                waiting,
                f"chưa đổi mật khẩu dùng một lần sau {rules.one_time.days} ngày",
                "Hỏi xem mật khẩu đã đến tay người dùng chưa.",
            ),
            (
                orphaned,
                "gắn với đơn vị đã hết hiệu lực",
                "Chỉ xem được hồ sơ cũ; hãy chuyển sang đơn vị kế thừa.",
            ),
        )
        if group
    ]
    if lines:
        items = "".join(f"<li>{safe(line)}</li>" for line in lines)
        st.html(f'<ul class="dh-look" aria-label="Cần để ý">{items}</ul>')


def _names(group: list[Listed]) -> str:
    shown = ", ".join(one.record.name for one in group[:5])
    return shown if len(group) <= 5 else f"{shown}…"


def _list(screen: Screen, listed: list[Listed]) -> None:
    roles = access.table().roles
    rows = [
        {
            "id": one.record.id,
            "name": one.record.name,
            "full_name": one.record.full_name,
            "role": roles[one.record.role],
            "unit": one.unit,
            "state": one.state,
            "last_in": one.last_in and here(one.last_in),
            "live": one.live,
            "created": here(one.record.created_at).date(),
        }
        for one in listed
        if _fits(one, screen.asked["q"], screen.asked["state"])
    ]
    listing(
        screen,
        rows,
        (
            Column("Tình trạng", _state, order="state"),
            Column("Tên đăng nhập", "name", is_name=True),
            Column("Họ tên", "full_name"),
            Column("Vai trò", "role"),
            Column("Đơn vị", "unit"),
            Column("Đăng nhập gần nhất", "last_in", "moment", is_minor=True),
            Column("Phiên", "live", "count", help="Số phiên đang đăng nhập", is_minor=True),
            Column("Tạo ngày", "created", "day", is_minor=True),
        ),
        title="Tài khoản",
        noun="tài khoản",
        alt="Các tài khoản theo tên đăng nhập",
        words={"q": {}, "state": STATES},
        opens="account",
        by="id",
    )


def _fits(one: Listed, text: str, state: str | None) -> bool:
    words = f"{one.record.name} {one.record.full_name} {one.unit}".casefold()
    return text.casefold() in words and state in (None, one.state)


def _state(row: Row) -> Html:
    return _MARKS[row["state"]].html(STATES[row["state"]])


# -- the open account ---------------------------------------------------------------------


def _panel(screen: Screen, one: Listed) -> None:
    record = one.record
    since = f" từ {local(record.locked_at)}" if record.is_locked else ""
    last = "chưa lần nào" if one.last_in is None else local(one.last_in)
    with panel.panel(screen, "account", record.name):
        panel.facts(
            [
                ("Người dùng", record.full_name),
                ("Tình trạng", Html(_MARKS[one.state].html(STATES[one.state]) + since)),
                ("Vai trò", access.table().roles[record.role]),
                ("Xem số liệu", one.unit + (" (đã hết hiệu lực)" if one.unit_ended else "")),
                ("Đăng nhập", f"{last}; {number(one.live)} phiên đang mở"),
                ("Tạo lúc", local(record.created_at)),
                *([("Định danh", record.external_id)] if record.external_id else []),
            ]
        )
        if record.id == screen.frame.reader.account_id:
            st.caption("▲ Đây là tài khoản bạn đang dùng.")
        admin_forms.actions(screen.frame, record, one.live)
        admin_forms.edit(screen.frame, record)
