"""Administration: the working calendar, and the days that the installation sets itself."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Final

import streamlit as st

from connectors.access import Reader
from connectors.calendar import NamedDay, named_days
from connectors.overrides import OverrideRefused, remove_day, set_day
from metrics.core.vietnamese import day as day_word
from pages.admin import screen as admin
from pages.admin import settings as admin_settings
from pages.admin.screen import Screen
from ui.kit import workdays
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.text import safe

_ROUND: Final = "day_round"
_KINDS: Final = {False: "Ngày nghỉ", True: "Ngày làm bù"}


def calendar(screen: Screen) -> None:
    """The days that were set here, the form to set one, and the calendar in force."""
    frame = screen.frame
    admin_settings.told()
    database = data.database()
    first, last = frame.facts.calendar.first, frame.facts.calendar.last
    known = asked(lambda: named_days(database, first, last))
    if known is None:
        admin.lost()
        return
    own = [one for one in known if one.origin == "database"]
    if frame.may("edit_settings", whole=True):
        _form()
    else:
        st.caption("Chỉ quản trị của toàn hệ thống sửa được lịch làm việc.")
    _own(frame, own)
    workdays.calendar(frame)


def _form() -> None:
    end = st.session_state.get(_ROUND, 0)
    with (
        st.expander("Đặt ngày nghỉ hoặc ngày làm bù", icon=":material/edit_calendar:"),
        st.form(f"day_{end}", border=False),
    ):
        left, right = st.columns(2)
        with left:
            st.date_input("Ngày", None, format="DD/MM/YYYY", key=f"day_day_{end}")
            st.radio(
                "Là", list(_KINDS), format_func=_KINDS.__getitem__, horizontal=True,
                key=f"day_working_{end}",
            )  # fmt: skip
        with right:
            st.text_input("Tên ngày", key=f"day_name_{end}", max_chars=255,
                          placeholder="Nghỉ do bão, làm bù cho ngày …")  # fmt: skip
            st.text_input("Văn bản làm căn cứ", key=f"day_document_{end}", max_chars=255)
        st.caption(
            "Cả số liệu cũ được tính lại theo lịch mới: số ngày quá hạn, hạn tiếp nhận, hạn theo "
            "Cổng. Với nhiều triệu hồ sơ, tổng hợp lại mất vài phút; số liệu cũ vẫn xem được."
        )
        st.form_submit_button("Ghi và tổng hợp lại", type="primary", on_click=_set, args=(end,))


def _set(end: int) -> None:
    day = st.session_state.get(f"day_day_{end}")
    is_working = bool(st.session_state.get(f"day_working_{end}"))
    name = str(st.session_state.get(f"day_name_{end}") or "")
    document = str(st.session_state.get(f"day_document_{end}") or "")

    def write(reader: Reader) -> None:
        if not isinstance(day, date):
            raise OverrideRefused("Hãy chọn ngày.")
        set_day(
            data.database(), day, is_working=is_working, name=name, document=document,
            actor=reader.actor,
        )  # fmt: skip

    done = f"Đã đặt {day_word(day)} là {_KINDS[is_working].lower()}."
    if admin_settings.change("lịch làm việc", write, done, day):
        st.session_state[_ROUND] = end + 1


def _own(frame: Frame, own: list[NamedDay]) -> None:
    st.header(f"Ngày đặt riêng tại đơn vị ({len(own)})")
    if not own:
        st.caption("Chưa đặt riêng ngày nào: lịch theo quy định chung.")
        return
    may_drop = frame.may("edit_settings", whole=True)
    for one in reversed(own):
        admin.own_row(
            f"day_drop_{one.day}",
            f"<b>{workdays.on(one.day)}</b>: {workdays.works(one.is_working)}, {safe(one.name)}",
            one.document or "không ghi văn bản",
            partial(_drop, one.day) if may_drop else None,
        )


def _drop(day: date) -> None:
    def write(reader: Reader) -> None:
        remove_day(data.database(), day, actor=reader.actor)

    done = f"Đã bỏ ngày đặt riêng {day_word(day)}; ngày này theo lịch chung."
    admin_settings.change("lịch làm việc", write, done, day)
