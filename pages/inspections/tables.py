"""Tables of the screen of inspections: coverage by unit, the visits, findings by group."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from metrics.core.vietnamese import UNKNOWN, day, number, percent
from metrics.inspections.figures import INSPECTION_FIGURE
from metrics.inspections.review import (
    COVERED_KINDS,
    KINDS,
    STATES,
    InspectionReview,
    visit_span,
)
from pages.inspections import data as inspections_data
from pages.inspections.screen import TABS, VISITS, Screen
from ui.kit import filters, listing, record
from ui.kit.marks import BAD, GOOD
from ui.kit.parts import empty
from ui.kit.table import Column, Row, table
from ui.shell.text import plain

TOTALS: Final = "tong-hop"
"""Id of the heading of the tables of totals."""
_CHANNELS: Final = {False: "Trực tiếp", True: "Môi trường số", None: "chưa rõ"}


def tables(screen: Screen) -> None:
    """Coverage by unit; the visits; findings by kind, unit and state."""
    st.header("Tổng hợp", anchor=TOTALS)
    who, visits, groups = st.tabs(
        list(TABS.values()),
        default=TABS[screen.asked["tab"]],
        key=f"insp_tabs_{screen.asked['tab']}",
    )
    with who:
        _coverage(screen)
    with visits:
        _visits(screen)
    with groups:
        _groups(screen)


def _coverage(screen: Screen) -> None:
    found, names = screen.coverage, screen.frame.unit_names
    with st.container(horizontal=True, vertical_alignment="bottom", key="insp_coverage"):
        kinds = {kind: word.capitalize() for kind, word in COVERED_KINDS.items()}
        filters.widget(screen.asked, "kinds", kinds, width=420)
        st.html(
            f'<p class="dh-source"><b>{number(found.inspected)}/{number(found.due)}</b> đơn vị '
            f"đã kiểm tra {screen.days} ({percent(found.rate)}); đơn vị có hiệu lực "
            f"ngày {day(found.day)}.</p>"
        )
    if not found.due:
        everything = f", hoặc “{plain(screen.frame.everything)}”" if screen.frame.view.unit else ""
        empty(
            "Không có đơn vị nào như vậy trong phạm vi",
            f"Ngày {day(found.day)} không có đơn vị loại này trong phạm vi đang xem.",
            f"Hãy chọn loại đơn vị khác{everything}.",
        )
        return
    table(
        found.units,
        (
            Column("Tình trạng", lambda row: GOOD.html("Đã kiểm tra") if row["is_inspected"]
                   else BAD.html("Chưa kiểm tra"), order="is_inspected"),
            Column("Đơn vị", lambda row: names.get(row["unit_id"], UNKNOWN), is_name=True),
            Column("Số cuộc", "visits", "count"),
            Column("Đột xuất", "surprise_visits", "count"),
            Column("Lần cuối", "last_on", "month"),
        ),
        alt="Đơn vị đã và chưa được kiểm tra; chưa kiểm tra trước",
    )  # fmt: skip
    if found.outside:
        others = ", ".join(plain(names.get(unit, UNKNOWN)) for unit in found.outside[:8])
        st.caption(
            f"Ngoài mẫu số còn {number(len(found.outside))} đơn vị đã kiểm tra (không còn hiệu lực "
            f"ngày {day(found.day)}, hoặc không thuộc loại đang chọn): {others}."
        )


def _visits(screen: Screen) -> None:
    review, asked = screen.review, screen.asked
    options = {
        key: f"{INSPECTION_FIGURE[key].label} ({number(review.count(key))})"
        for key in VISITS
        if review.count(key) or key in ("visits", asked["visits"])
    }
    filters.widget(asked, "visits", options)
    rows = inspections_data.visits(screen.key, asked["visits"])
    if rows.is_empty():
        empty(
            "Không có cuộc kiểm tra nào như vậy",
            f"Không có trong khoảng {screen.days}.",
            "Hãy chọn khoảng dài hơn ở đầu trang, hoặc thêm cuộc kiểm tra ở cuối trang.",
        )
    else:
        _visit_table(screen, rows)
    month = inspections_data.visits(screen.key, "visits_month_only")
    if not month.is_empty() and asked["visits"] != "visits_month_only":
        st.markdown("**Chỉ biết tháng** – một phần nằm ngoài khoảng đang xem nên không tính vào.")
        _visit_table(screen, month)
    _channels(review)


def _visit_table(screen: Screen, rows: inspections_data.Table) -> None:
    names = screen.frame.unit_names
    table(
        rows,
        (
            Column(
                "Thời gian",
                visit_span,
                order="first_on",
                in_file=(
                    Column("Thời gian", visit_span),
                    Column("Sớm nhất từ", "first_on", "day"),
                ),
            ),
            Column("Đơn vị", lambda row: names.get(row["unit_id"]), is_name=True),
            Column("Loại", lambda row: KINDS[row["kind"]]),
            Column("Cơ sở", "subject"),
            Column("Hình thức", lambda row: _CHANNELS[row["is_digital"]]),
            Column("Nội dung", "topics"),
            Column("Kết luận", "conclusion_no", is_minor=True),
            Column("Đợt", "campaign", is_minor=True),
            Column("Mã", "code", is_minor=True),
            Column("Nguồn", "source", is_minor=True),
        ),
        alt="Các cuộc kiểm tra, mới nhất trước",
        opens=record.rows(screen, "inspection", "inspection_id"),
    )


def _channels(review: InspectionReview) -> None:
    def said(key: str) -> str:
        count = review.count(key)
        return "chưa rõ" if count is None else number(count)

    again = review.cell("rechecked_fixed")
    checked = (
        f"Tái kiểm tra: {number(again['numerator'])}/{number(again['denominator'])} lượt tồn tại "
        "được kết luận đã khắc phục."
        if again["denominator"]
        else "Chưa có kết quả tái kiểm tra trong khoảng này."
    )
    st.caption(
        f"Hình thức: trực tiếp {said('visits_direct')}, môi trường số {said('visits_digital')}, "
        f"chưa ghi {said('visits_channel_unknown')}. {checked}"
    )


def _groups(screen: Screen) -> None:
    names = screen.frame.unit_names
    left, middle, right = st.columns(3, gap="medium")
    with left:
        _group(screen, "Nhóm lỗi", "kind", "fkind", lambda row: row["kind"])
    with middle:
        _group(screen, "Đơn vị", "unit_id", "units", lambda row: names.get(row["unit_id"], UNKNOWN))
    with right:
        _group(screen, "Tình trạng", "state", "state", lambda row: STATES[row["state"]])


def _group(screen: Screen, label: str, by: str, parameter: str, name: Any) -> None:
    rows = inspections_data.table(screen.key, by)
    if rows.is_empty():
        st.caption(f"{label}: chưa có tồn tại nào.")
        return

    def change(row: Row) -> dict[str, Any]:
        value = (row[by],) if parameter == "units" else row[by]
        return {"figure": "findings", parameter: value}

    table(
        rows,
        (
            Column(label, name, is_name=True),
            Column("Tồn tại", "findings", "count"),
            Column("Chưa xong", "findings_open", "count"),
            Column("Quá hạn", "findings_past_due", "count"),
            Column("Lặp lại", "findings_repeated", "count"),
        ),
        alt=f"Tồn tại theo {label.lower()}",
        opens=listing.narrows(screen, change),
    )
