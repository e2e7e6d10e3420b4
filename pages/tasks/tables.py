"""Totals of tasks: by programme, area and unit, by due date; the six "rõ"."""

from __future__ import annotations

from typing import Final

import streamlit as st

from metrics.core.vietnamese import UNKNOWN, number
from metrics.tasks.figures import TASK_FIGURE
from metrics.tasks.review import SIX, programme_table, timeline
from pages.tasks import charts
from pages.tasks import data as task_data
from pages.tasks.screen import AREA_NAMES, KIND_NAMES, TOTALS, Screen, state_mark
from ui.kit import listing
from ui.kit.cells import fraction_text
from ui.kit.charts import plot
from ui.kit.parts import empty
from ui.kit.query import UNKNOWN as NO_AREA
from ui.kit.table import Column, Row, table, twin


def tables(screen: Screen) -> None:
    """By programme, area, unit; due dates; the six "rõ"."""
    st.header("Tổng hợp", anchor=TOTALS)
    names = ("Chương trình", "Lĩnh vực cải cách", "Đơn vị", "Thời hạn", "“6 rõ”")
    programme, area, unit, due, six = st.tabs(names)
    with programme:
        _programmes(screen)
    with area:
        _areas(screen)
    with unit:
        _units(screen)
    with due:
        _timeline(screen)
    with six:
        _six_table(screen)


def _launched(row: Row) -> str | None:
    if not row["tasks_assigned"]:
        return None
    sides = {"numerator": row["tasks_launched"], "denominator": row["tasks_assigned"]}
    return "chưa rõ" if row["tasks_launched"] is None else fraction_text(sides)


def _done(row: Row) -> str | None:
    if not row["tasks_assigned"]:
        return None
    if row["tasks_completed"] is None:
        return "chưa rõ"
    return ("≥ " if row["tasks_completion_unknown"] else "") + number(row["tasks_completed"])


def _of(key: str, label: str) -> Column:
    return Column(label, key, "count", help=TASK_FIGURE[key].meaning)


_COUNTED: Final = (
    Column("Triển khai", _launched, order="tasks_launched",
           help="Được triển khai trên được giao; triển khai chưa phải là hoàn thành",
           in_file=(_of("tasks_launched", "Triển khai"),)),
    Column("Hoàn thành", _done, order="tasks_completed",
           help="“chưa rõ”: chưa ai báo cáo; “≥”: còn nhiệm vụ chưa rõ",
           in_file=(_of("tasks_completed", "Hoàn thành"),
                    _of("tasks_completion_unknown", "Chưa rõ hoàn thành hay chưa"))),
    _of("tasks_in_time", "Trong hạn"),
    _of("tasks_past_due", "Quá hạn"),
    _of("tasks_no_due", "Không rõ hạn"),
    _of("tasks_not_updated", "Chậm cập nhật"),
    _of("task_reminders", "Đôn đốc"),
)  # fmt: skip


def _programmes(screen: Screen) -> None:
    def entered(row: Row) -> str:
        known, announced = row["tasks_assigned"], row["announced_tasks"]
        return number(known) + (f"/{number(announced)} đã nhập" if announced is not None else "")

    table(
        programme_table(screen.chosen, screen.review),
        (
            Column("Chương trình, kế hoạch", "name", is_name=True),
            Column("Loại", lambda row: KIND_NAMES[row["kind"]]),
            Column(
                "Nhiệm vụ",
                entered,
                order="tasks_assigned",
                in_file=(
                    _of("tasks_assigned", "Nhiệm vụ đã nhập"),
                    Column("Nhiệm vụ theo văn bản", "announced_tasks", "count"),
                ),
            ),
            *_COUNTED,
            Column("Đến ngày", "period_to", "day"),
            Column("Văn bản", "document", is_minor=True),
        ),
        alt="Chương trình với số nhiệm vụ",
        opens=listing.narrows(screen, lambda row: {"programme": row["programme_id"]}),
    )
    st.caption("“9/10 đã nhập”: văn bản công bố 10 nhiệm vụ, sổ mới có 9.")


def _areas(screen: Screen) -> None:
    table(
        task_data.areas(screen.review),
        (
            Column("Lĩnh vực", lambda row: AREA_NAMES[row["area"] or NO_AREA], is_name=True),
            _of("tasks_assigned", "Nhiệm vụ"),
            *_COUNTED,
        ),
        alt="Nhiệm vụ theo lĩnh vực",
        opens=listing.narrows(screen, lambda row: {"area": row["area"] or NO_AREA}),
    )


def _units(screen: Screen) -> None:
    names = screen.frame.unit_names
    table(
        screen.review.table("unit_id"),
        (
            Column("Đơn vị chủ trì", lambda row: names.get(row["unit_id"], UNKNOWN), is_name=True),
            _of("tasks_assigned", "Nhiệm vụ"),
            *_COUNTED,
        ),
        alt="Nhiệm vụ theo đơn vị, việc cần đôn đốc nhiều xếp trước",
        opens=listing.narrows(screen, lambda row: {"units": (row["unit_id"],)}),
    )


def _timeline(screen: Screen) -> None:
    rows = task_data.rows(screen.key, screen.among)
    counted = timeline(rows, screen.ask.as_of_day)
    without = rows["due_on"].null_count()
    if counted.is_empty():
        empty(
            "Không có nhiệm vụ đến hạn trong 12 tháng trước và sau",
            f"{number(without)} nhiệm vụ không có ngày đến hạn (thường xuyên hoặc chưa rõ).",
        )
        return
    plot(
        charts.due_dates(counted.to_dicts(), screen.ask.as_of_day),
        key="tasks_timeline",
        alt="Số nhiệm vụ đến hạn từng tháng, theo tình trạng",
        title="Nhiệm vụ đến hạn từng tháng, theo tình trạng",
    )
    if without:
        st.caption(f"{number(without)} nhiệm vụ không có ngày đến hạn không có trong biểu đồ.")
    twin(
        "nhiệm vụ đến hạn theo tháng",
        counted,
        (
            Column("Tháng", "month", "month", is_name=True),
            Column("Tình trạng", state_mark, order="state"),
            Column("Nhiệm vụ", "tasks", "count"),
        ),
        alt="Nhiệm vụ đến hạn theo tháng và tình trạng",
    )


def _six_table(screen: Screen) -> None:
    table(
        [{"word": word} | screen.review.cell(f"tasks_{column}") for column, word in SIX.items()],
        (
            Column("Yêu cầu", lambda row: row["word"].capitalize(), is_name=True),
            Column(
                "Đủ",
                fraction_text,
                in_file=(
                    Column("Đủ", "numerator", "count"),
                    Column("Nhiệm vụ", "denominator", "count"),
                ),
            ),
            Column("Tỷ lệ", "rate", "rate"),
        ),
        alt="Độ đủ sáu rõ",
    )
    st.caption("Nhiệm vụ thường xuyên không có ngày đến hạn vẫn là rõ thời gian.")
