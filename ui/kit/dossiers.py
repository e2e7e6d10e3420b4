"""The dossiers behind a number, where it is not the list of late ones that shows them."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import streamlit as st

from metrics.core.vietnamese import number
from ui.kit.screen import Screen
from ui.kit.table import Away, Column, Opens, table


def dossiers(
    screen: Screen,
    count: int,
    found: pl.DataFrame,
    third: Column,
    *,
    alt: str,
    whole: Callable[[], pl.DataFrame],
) -> None:
    """The dossiers received last; each opens with its course. For those who may open any.

    Args:
        count: how many there are.
        found: the first of them: ``dossier_id``, ``code``, ``unit_id``, ``received_at``,
            ``due_at``, ``ended_at`` and what ``third``, a column of the screen's own, needs.
        whole: reads all of them, for a file.
    """
    frame = screen.frame
    if not frame.may("open_dossier") or frame.is_small(count):
        st.caption("Tài khoản của bạn chỉ xem số lượng, không mở danh sách hồ sơ.")
        return
    may = frame.may("page:late")
    table(
        found,
        (
            Column("Mã hồ sơ", "code", is_name=True),
            Column("Đơn vị giải quyết",
                   lambda row: frame.unit_names.get(row["unit_id"], "Chưa rõ đơn vị")),
            third,
            Column("Tiếp nhận", "received_at", "moment"),
            Column("Hẹn trả", "due_at", "moment"),
            Column("Kết thúc", "ended_at", "moment"),
        ),
        alt=alt,
        opens=Opens(lambda row: screen.to("late", {"dossier": row["dossier_id"]}) if may else None),
        is_tall=True,
        away=Away(whole=whole, noun="hồ sơ"),
    )  # fmt: skip
    if count > found.height:
        st.caption(f"{number(found.height)} hồ sơ tiếp nhận gần nhất trong {number(count)}.")
