"""Administration: the accounts, who needs a look, and the open one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors import access
from connectors.access import AccountRecord
from metrics.core.vietnamese import UNKNOWN, number
from pages.admin import forms as admin_forms
from pages.admin import screen as admin
from ui.kit.parts import empty, remember
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.text import safe

ALL: Final = "mọi đơn vị"
_STATES: Final = {
    "open": ("good", "đang mở"),
    "one_time": ("warn", "chờ đổi mật khẩu"),
    "locked": ("bad", "đã khóa"),
}
_SHAPES: Final = {"good": "●", "warn": "▲", "bad": "◆"}


@dataclass(frozen=True)
class Listed:
    """An account with what the list says of it beside its own words."""

    record: AccountRecord
    unit: str
    unit_ended: bool
    last_in: datetime | None
    live: int

    @property
    def state(self) -> str:
        if self.record.is_locked:
            return "locked"
        return "one_time" if self.record.must_change else "open"


def accounts(frame: Frame) -> None:
    """All accounts that the reader may manage; the chosen one, kept in the URL, beside them."""
    listed = _listed(frame)
    if listed is None:
        admin.lost()
        return
    _summary(listed)
    _worth_a_look(listed)
    chosen = _chosen(listed)
    if chosen is None:
        _table(listed, None)
    else:
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _table(listed, chosen)
        with right:
            _panel(frame, chosen)
    admin_forms.add(frame)


def _listed(frame: Frame) -> list[Listed] | None:
    database, now = data.database(), datetime.now(UTC)
    found = asked(
        lambda: (
            access.all_accounts(database),
            access.last_sign_ins(database),
            access.live_sessions(database, now),
        )
    )
    if found is None:
        return None
    records, last, live = found
    today = datetime.now(data.settings().zone).date()
    units = frame.facts.units.select("unit_id", "valid_to")
    ended = {unit for unit, until in units.iter_rows() if until is not None and until < today}
    return [
        Listed(
            record,
            unit_word(frame.unit_names, record.unit_id),
            record.unit_id in ended,
            last.get(record.id),
            sum(one.account_id == record.id for one in live),
        )
        for record in records
        if admin.reaches(record.unit_id)
    ]


def unit_word(names: Mapping[int, str], unit_id: int | None) -> str:
    """What an account sees, in words."""
    return ALL if unit_id is None else names.get(unit_id, "đơn vị không còn trong danh mục")


def _summary(listed: list[Listed]) -> None:
    counts = {state: sum(one.state == state for one in listed) for state in _STATES}
    words = [f"<span><b>{number(len(listed))}</b> tài khoản</span>"]
    words += [
        f"<span>{admin.mark(mark, f'{number(counts[state])} {word}')}</span>"
        for state, (mark, word) in _STATES.items()
        if counts[state]
    ]
    live = sum(one.live for one in listed)
    words.append(f"<span>{number(live)} phiên đang đăng nhập</span>")
    st.html(f'<p class="dh-units-summary">{"".join(words)}</p>')


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


def _chosen(listed: list[Listed]) -> Listed | None:
    text = st.query_params.get("account")
    if text is None:
        return None
    for one in listed:
        if str(one.record.id) == text:
            return one
    remember("account", None)
    st.warning(
        "Tài khoản trong đường dẫn không có hoặc ngoài phạm vi quản lý.", icon=":material/link_off:"
    )
    return None


def _table(listed: list[Listed], chosen: Listed | None) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="account_filters"
    ):
        text = st.text_input(
            "Tìm", key="account_text", placeholder="Tìm theo tên, đơn vị", width=260,
            label_visibility="collapsed",
        )  # fmt: skip
        state = st.segmented_control(
            "Tình trạng",
            list(_STATES),
            format_func=lambda key: _STATES[key][1],
            key="account_state",
            label_visibility="collapsed",
        )
    shown = [one for one in listed if _fits(one, text, state)]
    if not shown:
        empty("Không có tài khoản khớp bộ lọc", "Không tài khoản nào thỏa các bộ lọc đang đặt.")
        return
    ids = [one.record.id for one in shown]
    narrow = ["Tên đăng nhập", "Họ tên", "Vai trò", "Tình trạng"] if chosen is not None else None
    key = f"accounts_{hash((*ids, chosen is None)) & 0xFFFFFFFF:08x}"
    marked = [ids.index(chosen.record.id)] if chosen and chosen.record.id in ids else []

    def changed() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        remember("account", str(ids[rows[0]]) if rows and rows[0] < len(ids) else None)

    st.dataframe(
        _rows(shown),
        hide_index=True,
        height=min(38 + 32 * len(shown), 38 + 32 * 15),
        row_height=32,
        key=key,
        column_order=narrow,
        on_select=changed,
        selection_mode="single-row",
        selection_default={"selection": {"rows": marked}},
        placeholder=UNKNOWN,
        column_config={
            "Tên đăng nhập": st.column_config.TextColumn(width=150),
            "Họ tên": st.column_config.TextColumn(width=190),
            "Đơn vị": st.column_config.TextColumn(width=230),
            "Phiên": st.column_config.NumberColumn(width=60, help="Số phiên đang đăng nhập"),
            "Đăng nhập gần nhất": st.column_config.DatetimeColumn(format="DD/MM/YYYY HH:mm"),
            "Tạo ngày": st.column_config.DatetimeColumn(format="DD/MM/YYYY"),
        },
        alt="Các tài khoản theo tên đăng nhập",
    )
    st.caption("Chọn một dòng để sửa, khóa, hoặc cấp lại mật khẩu.")


def _fits(one: Listed, text: str, state: str | None) -> bool:
    words = f"{one.record.name} {one.record.full_name} {one.unit}".casefold()
    return text.strip().casefold() in words and state in (None, one.state)


def _rows(shown: list[Listed]) -> pl.DataFrame:
    zone, roles = data.settings().zone, access.table().roles

    def at(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)

    def word(one: Listed) -> str:
        mark, text = _STATES[one.state]
        return f"{_SHAPES[mark]} {text}"

    columns: dict[str, list[Any]] = {
        "Tên đăng nhập": [one.record.name for one in shown],
        "Họ tên": [one.record.full_name for one in shown],
        "Vai trò": [roles[one.record.role] for one in shown],
        "Đơn vị": [one.unit for one in shown],
        "Tình trạng": [word(one) for one in shown],
        "Đăng nhập gần nhất": [at(one.last_in) for one in shown],
        "Phiên": [one.live for one in shown],
        "Tạo ngày": [at(one.record.created_at) for one in shown],
    }
    moments = {"Đăng nhập gần nhất": pl.Datetime("ms"), "Tạo ngày": pl.Datetime("ms")}
    return pl.DataFrame(columns, schema_overrides=moments, strict=False)


# -- the open account ---------------------------------------------------------------------


def _panel(frame: Frame, one: Listed) -> None:
    record = one.record

    def close() -> None:
        for key in [key for key in st.session_state if str(key).startswith("accounts_")]:
            del st.session_state[key]
        remember("account", None)

    with st.container(key="account_panel", border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(f'<span class="dh-code">{safe(record.name)}</span>')
            st.button(
                "Đóng", icon=":material/close:", type="tertiary", key="account_close",
                on_click=close,
            )  # fmt: skip
        st.html(_facts(frame, one))
        if record.id == frame.reader.account_id:
            st.caption("▲ Đây là tài khoản bạn đang dùng.")
        admin_forms.actions(frame, record, one.live)
        admin_forms.edit(frame, record)


def _facts(frame: Frame, one: Listed) -> str:
    record = one.record
    state, word = _STATES[one.state]
    last = "chưa lần nào" if one.last_in is None else admin.local(one.last_in)
    since = f" từ {admin.local(record.locked_at)}" if record.is_locked else ""
    rows = {
        "Người dùng": safe(record.full_name),
        "Tình trạng": admin.mark(state, word) + since,
        "Vai trò": access.table().roles[record.role],
        "Xem số liệu": safe(one.unit) + (" (đã hết hiệu lực)" if one.unit_ended else ""),
        "Đăng nhập": f"{last}; {number(one.live)} phiên đang mở",
        "Tạo lúc": admin.local(record.created_at),
    }
    if record.external_id:
        rows["Định danh"] = safe(record.external_id)
    body = "".join(f"<tr><th>{label}</th><td>{text}</td></tr>" for label, text in rows.items())
    return f'<table class="dh-facts">{body}</table>'
