"""Administration: the order of "Cần chỉ đạo" as it is in force, to be read only."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import streamlit as st

from metrics.core.urgency import ALARM, BY_RATE, WARNING, Rank, order
from metrics.core.vietnamese import day, number
from ui.kit.marks import BAD, WARN
from ui.kit.table import Column, table
from ui.shell import data
from ui.shell.text import plain

_LEVELS: Final = {
    ALARM: BAD.html("Gấp"),
    WARNING: WARN.html("Lưu ý"),
    BY_RATE: "theo mức báo động",
}


def urgency() -> None:
    """Each kind of line, the most urgent first, and since when that order holds."""
    held = order(datetime.now(data.settings().zone).date())
    st.header("Thứ tự “Cần chỉ đạo”")
    table(
        [vars(one) | {"rank": one} for one in held.ranks],
        (
            Column("Mức", lambda row: _LEVELS[row["level"]]),
            Column("Việc", "label", is_name=True),
            Column("Độ gấp", lambda row: _points(row["rank"])),
        ),
        alt="Thứ tự “Cần chỉ đạo”, gấp nhất ở trên",
        sorts=False,
    )
    st.caption(
        f"Việc gấp hơn đứng trước; gấp như nhau thì theo tên. Có hiệu lực từ "
        f"{day(held.valid_from)}. Căn cứ: {plain(held.document)}. Bảng nằm trong "
        "metrics/core/urgency.toml; sửa bằng cách thêm một bảng có ngày hiệu lực mới."
    )


def _points(one: Rank) -> str:
    """ "75, thêm 0,5 mỗi nhiệm vụ (tính đến 20)"."""
    if not one.each:
        return number(one.base)
    decimals = 0 if one.each == int(one.each) else 1
    most = "" if one.most is None else f" (tính đến {number(one.most)})"
    return f"{number(one.base)}, thêm {number(one.each, decimals)} mỗi {one.amount}{most}"
