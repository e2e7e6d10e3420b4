"""Administration: who must wait before the next try, where, and ending it."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final

import streamlit as st

from connectors import access
from connectors.access import Moment, Reader, Wait
from metrics.core.vietnamese import number
from pages.admin import screen as admin
from pages.admin.data import reaches
from ui.kit.table import Column, table
from ui.shell import data, identity
from ui.shell.answers import asked
from ui.shell.text import plain

_PLACES: Final = {
    "elsewhere": "nơi chưa quen",
    "address": "địa chỉ quen",
    "browser": "trình duyệt quen",
}
_HERE: Final = "waits"


def waits() -> None:
    """The waits in force that the reader may end, the longest first."""
    st.header("Đang phải chờ vì gõ sai mật khẩu")
    admin.told(_HERE)
    database = data.database()
    every = asked(lambda: access.waits(database, Moment.now()))
    if every is None:
        admin.lost()
        return
    found = [one for one in every if _may_see(one)]
    if not found:
        st.caption("Không ai đang phải chờ.")
        return
    table(
        [{"wait": one} for one in found],
        (
            Column("Tài khoản", lambda row: _who(row["wait"]), is_name=True),
            Column("Nơi", lambda row: _where(row["wait"])),
            Column("Địa chỉ", lambda row: row["wait"].address),
            Column("Lần sai", lambda row: row["wait"].failures, "count"),
            Column("Phải chờ", lambda row: _how_long(row["wait"])),
        ),
        alt="Các tên và địa chỉ đang phải chờ, lâu nhất ở trên",
        sorts=False,
        away=None,  # who sits where is for this screen alone
    )
    words = {place: f"{_who(one)}, {_where(one)}, {one.address}" for place, one in enumerate(found)}
    key = hash(tuple((one.name_hash, one.counter) for one in found)) & 0xFFFFFFFF
    picked = st.multiselect(
        "Gỡ chờ cho",
        list(words),
        format_func=lambda place: plain(words[place]),
        key=f"waits_{key:08x}",
        placeholder="Chọn dòng",
    )
    if picked:
        st.button(
            f"Gỡ chờ cho {len(picked)} dòng đã chọn",
            type="primary",
            icon=":material/lock_open:",
            key="waits_clear",
            on_click=_clear,
            args=(tuple(found[place] for place in picked),),
        )
    st.caption(
        "Tên đã gõ chỉ hiện khi có tài khoản ấy. Gỡ xong, người ấy thử lại được ngay; ai đó đang "
        "dò mật khẩu cũng vậy."
    )


def _may_see(one: Wait) -> bool:
    """Accounts that the reader manages; names that nobody has, and addresses, concern everybody."""
    if one.account is None:
        return identity.scope().units is None
    return reaches(one.unit_id)


def _where(one: Wait) -> str:
    return _PLACES[one.place] if one.name_hash else "cả địa chỉ"


def _who(one: Wait) -> str:
    if one.name_hash is None:
        return "mọi tên"
    return one.account or "tên không có tài khoản"


def _how_long(one: Wait) -> str:
    if one.name_hash is None:
        return f"trả lời chậm {number(one.left.total_seconds(), 1)} giây, không chặn"
    return f"còn {_words(one.left)}"


def _words(left: timedelta) -> str:
    seconds = left.total_seconds()
    return f"{math.ceil(seconds)} giây" if seconds < 90 else f"{math.ceil(seconds / 60)} phút"


def _clear(picked: tuple[Wait, ...]) -> None:
    def work(reader: Reader) -> str:
        whole = any(one.account is None for one in picked)
        admin.require_reach(
            *(None for _ in range(whole)),
            *(_unit(one.account) for one in picked if one.account is not None),
        )
        gone = access.clear(data.database(), picked, actor=reader.actor)
        return f"Đã gỡ chờ; {number(gone)} lần gõ sai không còn tính."

    admin.act("manage_accounts", "gỡ thời gian chờ đăng nhập", work, at=_HERE)


def _unit(name: str) -> int | None:
    """The account's unit as it is now, not as the list was drawn."""
    return access.find_account(data.database(), name).unit_id
