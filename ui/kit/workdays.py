"""Parts of the data screen: the working calendar that the figures run on, to be read only."""

from __future__ import annotations

from datetime import date
from typing import Final

import streamlit as st

from connectors.calendar import NamedDay, named_days
from metrics.core.clock import Calendar
from ui.kit.parts import empty
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.text import safe

WEEKDAYS: Final = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_ORIGINS: Final = {
    "shipped": "Theo tệp lịch của phần mềm",
    "database": "Đặt riêng tại đơn vị",
}
_PENDING: Final = '<span class="dh-state dh-warn">▲ chưa áp dụng, cần tổng hợp lại</span>'


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
    st.html(year_table(in_force, days))


def year_table(in_force: Calendar, days: list[NamedDay]) -> str:
    """Named days as the figures treat them, as HTML; what is not applied yet is told."""
    rows = "".join(_row(named, works=in_force.is_working(named.day)) for named in days)
    return (
        '<table class="dh-days"><thead><tr><th>Ngày</th><th>Trạng thái</th><th>Tên, văn bản</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(named: NamedDay, *, works: bool) -> str:
    state = "● làm việc" if works else "○ nghỉ"
    basis = named.document or _ORIGINS.get(named.origin)
    told = "" if basis is None else f"<small>{safe(basis)}</small>"
    pending = "" if works == named.is_working else f" {_PENDING}"
    return (
        f"<tr><td>{WEEKDAYS[named.day.weekday()]} {named.day:%d/%m/%Y}</td><td>{state}</td>"
        f"<td>{safe(named.name)}{pending}{told}</td></tr>"
    )
