"""What units report themselves: values that are not computed, lines of form II.06a."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from metrics.registers import rules
from metrics.registers.columns import DATE, INTEGER, LONG, NUMBER, Column, Problem, Register
from metrics.registers.shared import PERIOD, PRECISION, WORDING, coverage, source, unit


def _value_or_sides(row: Mapping[str, Any]) -> Problem | None:
    if row.get("denominator") == 0:
        return Problem("Mẫu số", "0", "mẫu số bằng 0 thì không có tỷ lệ; hãy để trống cả hai.")
    return None


INDICATOR_VALUE: Final = Register(
    "indicator_value",
    "Chỉ tiêu báo cáo",
    (
        # A key of metrics/reported/indicators.toml.
        Column("indicator", "Mã chỉ tiêu báo cáo", required=True, also=("chỉ tiêu",), length=64),
        unit(),
        # A part of the whole: cấp, nguồn văn bản, lĩnh vực …
        Column("part", "Phần", default="", help="Để trống: toàn bộ.", length=128),
        *PERIOD,
        Column("as_of", "Đến thời điểm", DATE),
        PRECISION,
        Column("value", "Giá trị", NUMBER, percent="fraction", in_list=True),
        # A ratio's two sides, where the report gives them.
        Column("numerator", "Tử số", NUMBER),
        Column("denominator", "Mẫu số", NUMBER),
        Column("text", "Nội dung", length=LONG),
        WORDING,
        source(),
    ),
    ("indicator", "unit_id", "part", "period_from", "period_to", "as_of"),
    ("as_of", "period_to", "period_from"),
    (rules.in_order("period_from", "period_to", "Đến ngày"), _value_or_sides),
    noun="giá trị báo cáo",
    is_unique=False,
    indexes={"indicator": ("indicator", "unit_id")},
)
"""A value that is reported, not computed: documents received, people trained, staff …"""

FORM_COLUMNS: Final = tuple(f"c{number}" for number in range(3, 14))
"""Columns (3) to (13) of form II.06a."""

_FORM_LABELS: Final = (
    "Số nhận giải quyết: tổng số",
    "Trong kỳ, trực tuyến",
    "Trong kỳ, trực tiếp và bưu chính",
    "Từ kỳ trước",
    "Đã giải quyết: tổng số",
    "Trước hạn",
    "Đúng hạn",
    "Đã giải quyết quá hạn",
    "Đang giải quyết: tổng số",
    "Trong hạn",
    "Đang giải quyết quá hạn",
)

FORM_ROW: Final = Register(
    "form_row",
    "Số liệu báo cáo (biểu II.06a)",
    (
        Column("form", "Biểu", default="II.06a", length=32),
        unit("Đơn vị báo cáo"),
        coverage(),
        Column("field", "Lĩnh vực", "field", False, "field_id"),
        *PERIOD,
        # Column numbers are the form's own. What the report does not say is null.
        *(
            Column(name, f"({name[1:]}) {label}", INTEGER, low=0, also=(f"({name[1:]})",))
            for name, label in zip(FORM_COLUMNS, _FORM_LABELS, strict=True)
        ),
        # As printed, in per cent.
        Column("reported_rate", "Tỷ lệ in trong báo cáo (%)", NUMBER, percent="keep", high=100),
        WORDING,
        source(),
    ),
    ("form", "unit_id", "coverage", "field_id", "period_from", "period_to"),
    ("period_from", "period_to"),
    (rules.in_order("period_from", "period_to", "Đến ngày"), *rules.FORM_SUMS),
    noun="dòng biểu báo cáo",
    is_unique=False,
)
"""A line of form II.06a that a unit reported, instead of dossiers (số liệu báo cáo)."""
