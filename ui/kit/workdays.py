"""Parts of the data screen: the working calendar that the figures run on, to be read only."""

from __future__ import annotations

from datetime import date
from typing import Final

import streamlit as st

from connectors.calendar import named_days
from metrics.core.clock import Calendar
from ui.kit.cells import with_note
from ui.kit.marks import GOING, GOOD, WARN, Html
from ui.kit.parts import empty
from ui.kit.table import Column, Row, table
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.text import safe

_WEEKDAYS: Final = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_ORIGINS: Final = {
    "shipped": "Theo tệp lịch của phần mềm",
    "database": "Đặt riêng tại đơn vị",
}
_PENDING: Final = WARN.html("chưa áp dụng, cần tổng hợp lại")


def calendar(frame: Frame) -> None:
    """Days off and worked weekends of the view's year and of the next."""
    year = frame.view.period.last.year
    st.header("Lịch làm việc đang áp dụng")
    for column, shown in zip(st.columns(2, gap="medium"), (year, year + 1), strict=True):
        with column:
            _year(frame.facts.calendar, shown)
    st.caption(
        "Năm của kỳ đang xem và năm sau. Thứ Hai đến thứ Sáu là ngày làm việc, trừ các ngày trên; "
        "ngày không ghi văn bản là ngày nghỉ lễ theo quy định chung. Quản trị hệ thống sửa lịch ở "
        "màn hình Quản trị, mục Lịch làm việc."
    )


def _year(in_force: Calendar, year: int) -> None:
    first, last = date(year, 1, 1), date(year, 12, 31)
    if first < in_force.first or last > in_force.last:
        empty(f"Năm {year}", "Năm này nằm ngoài lịch làm việc của phần mềm.")
        return
    days = asked(lambda: named_days(data.database(), first, last))
    if days is None:
        days = named_days(None, first, last)
    off = sum(not in_force.is_working(day.day) for day in days)
    st.markdown(f"**Năm {year}**: {off} ngày nghỉ, {len(days) - off} ngày làm bù")
    table(
        [
            {
                "day": each.day,
                "name": each.name,
                "works": in_force.is_working(each.day),
                "pending": in_force.is_working(each.day) != each.is_working,
                "basis": each.document or _ORIGINS.get(each.origin),
            }
            for each in days
        ],
        (
            Column(
                "Ngày",
                lambda row: on(row["day"]),
                order="day",
                is_name=True,
                in_file=(
                    Column("Ngày", "day", "day"),
                    Column("Thứ", lambda row: _WEEKDAYS[row["day"].weekday()]),
                ),
            ),
            Column("Trạng thái", lambda row: works(row["works"]), order="works"),
            Column("Tên, văn bản", _name, order="name"),
        ),
        alt=f"Ngày nghỉ và ngày làm bù năm {year}",
    )


def on(day: date) -> str:
    """Thứ Bảy 10/01/2026."""
    return f"{_WEEKDAYS[day.weekday()]} {day:%d/%m/%Y}"


def works(is_working: bool) -> str:
    """Whether a day is worked, with its shape."""
    return GOOD.text("làm việc") if is_working else GOING.text("nghỉ")


def _name(row: Row) -> Html:
    late = f" {_PENDING}" if row["pending"] else ""
    return with_note(Html(f"{safe(row['name'])}{late}"), row["basis"])
