"""Units side by side, and surveys by units themselves, on the screen of service quality."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import streamlit as st

from metrics.core.vietnamese import UNKNOWN, number, percent
from metrics.registers.shared import COVERAGE_WORDS
from metrics.service.told import two
from pages.service import data as service_data
from pages.service.screen import Screen
from ui.kit import record
from ui.kit.links import href
from ui.kit.marks import Html
from ui.kit.parts import empty
from ui.kit.table import Away, Column, Opens, Row, table, twin

_WORST: Final = 12
"""So many units at once; all of them a click below."""
_OWN: Final = "p_"
"""Begins the columns of components' points."""


def units(screen: Screen) -> None:
    """The units below side by side, the least share of the known points first; a row opens it."""
    rows = service_data.units(screen.frame, screen.month)
    if rows.is_empty():
        return
    st.header(f"Đơn vị ({number(rows.height)}), {screen.label}")

    def unit_href(row: Row) -> str:
        frame = screen.frame
        view = replace(frame.view, unit=row["unit_id"]).params(frame.default)
        month = {"month": f"{screen.month:%Y-%m}"}
        return href(frame, "service", {**view, **screen.own, **month})

    keys = [name.removeprefix(_OWN) for name in rows.columns if name.startswith(_OWN)]
    known = "Điểm trên tối đa của thành phần đã biết"
    columns = (
        Column("Đơn vị", "name", is_name=True),
        Column("Đạt", "share", "rate", help=known),
        Column("Điểm", lambda row: f"{two(row['points'], row['of'])}/{number(row['of'])}",
               order="points", help=known, is_number=True,
               in_file=(Column("Điểm", "points", "score", help=known),
                        Column("Điểm tối đa của thành phần đã biết", "of", "score"))),
        Column("Đã biết", lambda row: f"{row['known']}/{row['count']}", order="known",
               help="Thành phần đã biết", is_number=True,
               in_file=(Column("Thành phần đã biết", "known", "count"),
                        Column("Số thành phần", "count", "count"))),
        Column("Cổng", "portal", "score", help="Tổng điểm đã nhập"),
        Column("Hồ sơ", "received", "count", help="Hồ sơ tiếp nhận trong tháng"),
        *(Column(key, f"{_OWN}{key}", "score", help=screen.names[key], is_minor=True)
          for key in keys),
    )  # fmt: skip
    alt, opens = "Đơn vị với điểm đã biết, thấp nhất xếp trước", Opens(unit_href)
    whole = Away(f"Điểm của các đơn vị, {screen.label}", whole=lambda: rows)
    table(rows.head(_WORST), columns, alt=alt, opens=opens, away=whole)
    if rows.height > _WORST:
        twin(f"{number(rows.height)} đơn vị", rows, columns, alt, opens=opens, away=None)
    st.caption(
        "Tỷ lệ thấp nhất xếp trước; chỉ nên so các đơn vị cùng cấp, cùng số thành phần đã biết, "
        "đủ hồ sơ. Điểm cấp xã gồm điểm tối đa của thành phần không áp dụng. Bấm một dòng để xem "
        "đơn vị."
    )


def surveys(screen: Screen) -> None:
    """Surveys by units themselves: how many answered, and only where told how many were content."""
    st.header("Khảo sát của đơn vị (QR, máy chấm điểm, phiếu)")
    st.caption(
        "Số lượt trả lời không phải là tỷ lệ hài lòng. Khảo sát của đơn vị không phải SIPAS, cũng "
        "không phải “hài lòng” của Quyết định 766; ba số không cộng, không so với nhau."
    )
    rows, names = service_data.surveys(screen.frame), screen.frame.unit_names
    if not rows:
        empty(
            "Chưa có khảo sát nào đến thời điểm đang xem",
            "Chưa đơn vị nào trong phạm vi nhập kết quả khảo sát.",
            "Nạp tệp khảo sát ở mục “Nhập liệu” dưới đây, hoặc bộ ví dụ: "
            "`.venv/bin/python -m connectors register examples`.",
        )
        return
    table(
        rows,
        (
            Column("Khảo sát", "name", is_name=True),
            Column("Đơn vị", lambda row: names.get(row["unit_id"], UNKNOWN)),
            Column("Phạm vi", lambda row: COVERAGE_WORDS.get(row["coverage"], ""), is_minor=True),
            Column("Kênh", "channel", is_minor=True),
            Column("Đến ngày", "as_of", "day"),
            Column("Số đếm lần thứ", "counts", "count", is_minor=True),
            Column("Lượt trả lời", lambda row: _or_unknown(row["responses"]), "count",
                   order="responses", in_file=(Column("Lượt trả lời", "responses", "count"),)),
            Column("Lượt hài lòng", lambda row: _or_unknown(row["satisfied"]), "count",
                   order="satisfied", in_file=(Column("Lượt hài lòng", "satisfied", "count"),)),
            Column("Tỷ lệ hài lòng", "rate", "rate"),
            Column("So với hồ sơ đã giải quyết", _beside, order="per_dossier", is_minor=True,
                   help="Số hồ sơ đơn vị báo cáo đã giải quyết; hai kỳ có thể khác nhau",
                   in_file=(Column("So với hồ sơ đã giải quyết", "per_dossier", "rate"),
                            Column("Hồ sơ đơn vị báo cáo đã giải quyết", "reported_resolved",
                                   "count"))),
            Column("Nguồn", "source", is_minor=True),
        ),
        alt="Khảo sát của đơn vị, mới nhất trước",
        opens=record.rows(screen, "survey", "survey_id"),
        is_tall=True,
    )  # fmt: skip


def _or_unknown(count: int | None) -> Html | int:
    return Html('<span class="dh-muted">chưa rõ</span>') if count is None else count


def _beside(row: Row) -> str | None:
    if row["per_dossier"] is None:
        return None
    return f"{percent(row['per_dossier'])} của {number(row['reported_resolved'])}"
