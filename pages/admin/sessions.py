"""Administration: who is signed in now, from where; ending sessions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import streamlit as st

from connectors import access
from connectors.access import Reader, SessionRecord
from metrics.core.vietnamese import UNKNOWN, number
from pages.admin import screen as admin
from pages.admin.data import here, local, reaches
from pages.admin.screen import Screen
from ui.kit.marks import GOING, GOOD
from ui.kit.table import Column, table
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.text import plain

# ``seen_at`` is written every two minutes at most.
_NOW: Final = timedelta(minutes=5)
_BROWSERS: Final = (
    ("Cốc Cốc", r"coc_coc"),
    ("Edge", r"Edg"),
    ("Opera", r"OPR"),
    ("Firefox", r"Firefox"),
    ("Chrome", r"Chrom"),
    ("Safari", r"Safari"),
)
_SYSTEMS: Final = (
    ("Android", r"Android"),
    ("iPhone, iPad", r"iPhone|iPad"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS"),
    ("Linux", r"Linux"),
)


def browser_word(agent: str | None) -> str:
    """Chrome · Windows, as far as the browser says so; "–" when it says nothing known."""
    found = (
        next((name for name, pattern in kinds if agent and re.search(pattern, agent)), None)
        for kinds in (_BROWSERS, _SYSTEMS)
    )
    return " · ".join(name for name in found if name) or UNKNOWN


def sessions(screen: Screen) -> None:
    """The live sessions that the reader may end, last seen first."""
    now = datetime.now(UTC)
    database = data.database()
    found = asked(lambda: access.live_sessions(database, now))
    if found is None:
        admin.lost()
        return
    live = [one for one in found if reaches(one.unit_id)]
    people = len({one.account_id for one in live})
    rules = access.policy()
    admin.summary(
        f"<b>{number(len(live))}</b> phiên đang mở của {number(people)} tài khoản",
        GOOD.html(f"{number(sum(_is_here(one, now) for one in live))} đang xem"),
    )
    if live:
        _table(screen.frame, live, now)
        _end_some(screen.frame, live)
    st.caption(
        f"Phiên tự hết sau {_minutes(rules.idle)} không thao tác, và {_minutes(rules.absolute)} "
        "kể từ lúc đăng nhập. Kết thúc phiên có hiệu lực ở lần bấm tiếp theo của người ấy."
    )


def _minutes(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} giờ" if minutes % 60 == 0 else f"{minutes} phút"


def _is_here(one: SessionRecord, now: datetime) -> bool:
    return now - one.seen_at < _NOW


def _table(frame: Frame, live: list[SessionRecord], now: datetime) -> None:
    def state(one: SessionRecord) -> str:
        if one.id == frame.reader.session_id:
            return "★ phiên này"
        return GOOD.text("đang xem") if _is_here(one, now) else GOING.text("vắng")

    table(
        [
            {
                "account": one.account,
                "person": one.full_name,
                "state": state(one),
                "since": here(one.created_at),
                "seen": here(one.seen_at),
                "until": here(one.expires_at),
                "address": one.address,
                "browser": browser_word(one.browser),
            }
            for one in live
        ],
        (
            Column("Tài khoản", "account", is_name=True),
            Column("Người dùng", "person"),
            Column("Tình trạng", "state"),
            Column("Từ lúc", "since", "moment"),
            Column("Thấy lần cuối", "seen", "moment"),
            Column("Tự hết lúc", "until", "moment", is_minor=True),
            Column("Địa chỉ", "address"),
            Column("Trình duyệt", "browser"),
        ),
        alt="Các phiên đang đăng nhập, thấy gần nhất ở trên",
        away=None,  # who sits where is for this screen alone
    )


def _end_some(frame: Frame, live: list[SessionRecord]) -> None:
    by_id = {one.id: one for one in live}

    def word(session: int) -> str:
        one = by_id[session]
        return plain(f"{one.account}, từ {local(one.created_at)}, {browser_word(one.browser)}")

    # Another list is another widget: what was chosen in one says nothing about the other.
    key = f"sessions_{hash(tuple(by_id)) & 0xFFFFFFFF:08x}"
    chosen = st.multiselect(
        "Phiên cần kết thúc", list(by_id), format_func=word, key=key, placeholder="Chọn phiên"
    )
    picked = [by_id[session] for session in chosen]
    if not picked:
        return
    own = any(one.id == frame.reader.session_id for one in picked)
    if own:
        st.warning(
            "Trong các phiên đã chọn có phiên bạn đang dùng: kết thúc là bạn bị đăng xuất.",
            icon=":material/logout:",
        )
    accounts = {one.account_id: one.account for one in picked}
    with st.container(horizontal=True, gap="small", key="session_buttons"):
        st.button(
            f"Kết thúc {len(picked)} phiên đã chọn",
            type="primary",
            icon=":material/logout:",
            key="sessions_end",
            on_click=_end,
            args=(tuple(picked),),
        )
        for account_id, name in accounts.items():
            if account_id != frame.reader.account_id and len(accounts) <= 3:
                st.button(
                    f"Kết thúc mọi phiên của {name}",
                    key=f"sessions_end_{account_id}",
                    on_click=_end_all,
                    args=(account_id, name),
                )


def _end(picked: tuple[SessionRecord, ...]) -> None:
    def work(reader: Reader) -> str:
        admin.require_reach(*_units(one.account for one in picked))
        now, database = datetime.now(UTC), data.database()
        ended = sum(access.revoke(database, one.id, now, actor=reader.actor) for one in picked)
        gone = len(picked) - ended
        return f"Đã kết thúc {ended} phiên." + (f" {gone} phiên đã hết từ trước." if gone else "")

    admin.act("manage_accounts", "kết thúc phiên đăng nhập", work)


def _end_all(account_id: int, name: str) -> None:
    def work(reader: Reader) -> str:
        admin.require_reach(*_units((name,)))
        ended = access.revoke_all(
            data.database(), account_id, datetime.now(UTC), actor=reader.actor
        )
        return f"Đã kết thúc {ended} phiên của {name}."

    admin.act("manage_accounts", f"kết thúc phiên của {name}", work)


def _units(names: Iterable[str]) -> list[int | None]:
    """The accounts' units as they are now, not as the list was drawn."""
    return [access.find_account(data.database(), name).unit_id for name in set(names)]
