"""Parts of the data screen: the working calendar that the figures run on, to be read only."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl
import streamlit as st

from connectors.calendar import NamedDay, named_days
from metrics.clock import Calendar
from metrics.vietnamese import UNKNOWN
from ui import data
from ui.batches import asked
from ui.frame import Frame
from ui.parts import empty

_WEEKDAYS: Final = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_ORIGINS: Final = {
    "library": "Ngày lễ theo luật (thư viện)",
    "shipped": "Kèm phần mềm",
    "database": "Đặt tại đơn vị",
}


def calendar(frame: Frame) -> None:
    """Days off and worked weekends of the view's year and of the next."""
    year = frame.view.period.last.year
    st.subheader("Lịch làm việc đang áp dụng")
    for column, shown in zip(st.columns(2, gap="medium"), (year, year + 1), strict=True):
        with column:
            _year(frame.facts.calendar, shown)
    st.caption(
        "Năm của kỳ đang xem và năm sau. Thứ Hai đến thứ Sáu là ngày làm việc, trừ các ngày trên. "
        "Sửa lịch: metrics/data/calendar_overrides.toml hoặc bảng calendar_override, rồi "
        "“Tổng hợp lại”."
    )


def _year(in_force: Calendar, year: int) -> None:
    first, last = date(year, 1, 1), date(year, 12, 31)
    if first < in_force.first or last > in_force.last:
        empty(f"Năm {year}", "Năm này nằm ngoài lịch làm việc của phần mềm.")
        return
    days = asked(lambda: named_days(data.database(), first, last))
    if days is None:
        days = named_days(None, first, last)
    table = year_table(in_force, days)
    off = table.filter(pl.col("Trạng thái").str.starts_with("nghỉ")).height
    st.markdown(f"**Năm {year}**: {off} ngày nghỉ, {table.height - off} ngày làm bù")
    st.dataframe(
        table,
        hide_index=True,
        row_height=32,
        height=min(38 + 32 * max(table.height, 1), 620),
        placeholder=UNKNOWN,
        column_config={
            "Ngày": st.column_config.TextColumn(width=92),
            "Thứ": st.column_config.TextColumn(width=76),
            "Trạng thái": st.column_config.TextColumn(width=84),
            "Tên": st.column_config.TextColumn(width=240),
        },
        alt=f"Ngày nghỉ và ngày làm bù năm {year}",
    )


def year_table(in_force: Calendar, days: list[NamedDay]) -> pl.DataFrame:
    """Named days as the figures treat them; where the files say otherwise by now, it is told."""
    rows = []
    for named in days:
        works = in_force.is_working(named.day)
        applied = works == named.is_working
        rows.append(
            (
                f"{named.day:%d/%m/%Y}",
                _WEEKDAYS[named.day.weekday()],
                "làm việc" if works else "nghỉ",
                named.name if applied else f"{named.name} (chưa áp dụng: cần tổng hợp lại)",
                named.document,
                _ORIGINS[named.origin],
            )
        )
    columns = ("Ngày", "Thứ", "Trạng thái", "Tên", "Văn bản", "Theo")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
