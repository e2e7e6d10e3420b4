"""What Decision 766 measures of a unit (Bộ chỉ số phục vụ), and surveys by units themselves."""

from __future__ import annotations

from typing import Final

from metrics.registers import rules
from metrics.registers.columns import DATE, INTEGER, NUMBER, Column, Register
from metrics.registers.shared import code, coverage, source, unit

SURVEY: Final = Register(
    "survey",
    "Khảo sát của đơn vị",
    (
        code("Mã khảo sát"),
        Column("name", "Tên khảo sát", required=True, width=48, length=512, in_list=True),
        unit(),
        coverage(),
        Column("as_of", "Số liệu đến ngày", DATE, True),
        Column("channel", "Kênh", length=32),
        # How many answered; how many of them were satisfied is another thing, often not told.
        Column("responses", "Số lượt trả lời", INTEGER, low=0, in_list=True),
        Column("satisfied", "Số lượt hài lòng", INTEGER, low=0, help="Để trống khi chưa rõ."),
        source(),
    ),
    ("code", "unit_id", "as_of"),
    ("as_of",),
    (rules.not_more("satisfied", "responses", "Số lượt hài lòng", "số lượt trả lời"),),
    noun="khảo sát",
)
"""A survey of citizens by a unit itself (QR, kiosk, paper): never SIPAS."""

SERVICE_COMPONENT: Final = Register(
    "service_component",
    "Chất lượng phục vụ (QĐ 766)",
    (
        unit(),
        # The first day of the month.
        Column("month", "Tháng", DATE, True, month="first", help="Ví dụ 03/2025."),
        # A key of metrics/service/decision766.toml.
        Column(
            "component",
            "Thành phần",
            required=True,
            help="Ví dụ 2.1; điểm nhóm trên Cổng: N1–N6; tổng điểm: TONG.",
            length=16,
        ),
        Column("numerator", "Tử số", NUMBER, low=0, in_list=True),
        Column("denominator", "Mẫu số", NUMBER, low=0, in_list=True),
        # What the national portal says: official, never overwritten by what is computed here.
        Column("portal_score", "Điểm trên Cổng", NUMBER, low=0, high=100, in_list=True),
        source(),
    ),
    ("unit_id", "month", "component"),
    ("month",),
    (
        rules.known_component,
        rules.not_more("numerator", "denominator", "Tử số", "mẫu số"),
    ),
    noun="thành phần",
)
"""A component of Decision 766 for a unit and a calendar month."""
