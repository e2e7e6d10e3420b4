"""What plans promise, who signed under it, and how units were graded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from metrics.registers import rules
from metrics.registers.columns import (
    BOOLEAN,
    CHOICE,
    DATE,
    INTEGER,
    NUMBER,
    Choice,
    Column,
    Problem,
    Register,
)
from metrics.registers.shared import WORDING, code, programme, source, unit

OPERATORS: Final = (
    Choice("at_least", "Từ … trở lên", ("≥", ">=", "tối thiểu")),
    Choice("at_most", "Không quá", ("≤", "<=", "tối đa")),
    Choice("between", "Trong khoảng"),
    Choice("label_at_least", "Xếp loại từ"),
    Choice("share_at_label", "Tỷ lệ đơn vị đạt xếp loại"),
    Choice("change_from_baseline", "Tăng, giảm so với năm gốc"),
    Choice("rank_at_most", "Thứ hạng không quá", ("trong nhóm … đầu",)),
    Choice("leading_group", "Nhóm dẫn đầu"),
    # Not to be judged by a number.
    Choice("qualitative", "Định tính"),
)
METRIC_KINDS: Final = (
    Choice("figure", "Số liệu tính từ hồ sơ"),
    Choice("indicator", "Chỉ tiêu báo cáo"),
    Choice("index", "Chỉ số (PAPI, PCI, SIPAS, PAR INDEX)"),
    Choice("rating", "Xếp loại CCHC của đơn vị"),
    Choice("none", "Không đo bằng số"),
)
DEFINITIONS: Final = (
    Choice("form", "Theo biểu II.06a"),
    Choice("portal", "Theo QĐ 766"),
    Choice("carried", "Theo số phải giải quyết"),
    Choice("lenient", "Theo một cửa nội bộ"),
    Choice("fell_due", "Theo số đến hạn trong kỳ"),
    Choice("received", "Theo số tiếp nhận trong kỳ"),
)

_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "at_least": ("low",),
    "at_most": ("high",),
    "between": ("low", "high"),
    "label_at_least": ("label",),
    "share_at_label": ("label", "share"),
    "change_from_baseline": ("baseline_year",),
    "rank_at_most": ("high",),
}
"""Which columns an operator cannot do without."""


def _target_is_whole(row: Mapping[str, Any]) -> Problem | None:
    for column in _NEEDS.get(str(row.get("operator")), ()):
        if row.get(column) is None:
            label = TARGET.label_of(column)
            return Problem(label, None, "phép so sánh này cần giá trị ở cột này; hãy điền.")
    return None


TARGET: Final = Register(
    "target",
    "Chỉ tiêu",
    (
        programme(),
        code("Mã chỉ tiêu", help="Không trùng trong một chương trình."),
        Column("name", "Tên chỉ tiêu", required=True, width=60, length=1024, in_list=True),
        # Whose result is judged.
        unit("Đơn vị được đánh giá"),
        Column("metric_kind", "Đo bằng", CHOICE, True, choices=METRIC_KINDS),
        Column(
            "metric",
            "Mã số liệu",
            help="Mã của số liệu, chỉ tiêu báo cáo hoặc chỉ số.",
            length=64,
        ),
        Column("definition", "Cách tính đúng hạn", CHOICE, choices=DEFINITIONS),
        Column("field", "Lĩnh vực", "field", False, "field_id"),
        Column(
            "operator", "Phép so sánh", CHOICE, True, choices=OPERATORS, length=24, checked=True
        ),
        # Rates as fractions of 1; a change from the baseline as a signed fraction (−0.10).
        Column("low", "Mức dưới", NUMBER, percent="fraction"),
        Column("high", "Mức trên", NUMBER, percent="fraction"),
        Column("label", "Xếp loại", length=64),
        # share_at_label: "60% … trong đó" – of all units, or of those that reach base_label.
        Column("share", "Tỷ lệ đơn vị", NUMBER, percent="fraction", low=0, high=1),
        Column("base_label", "Tính trên đơn vị đạt xếp loại", length=64),
        Column("baseline_year", "Năm gốc", INTEGER, low=1990, high=2100),
        Column("baseline_value", "Giá trị năm gốc", NUMBER),
        Column("period_from", "Từ ngày", DATE, True),
        Column("period_to", "Đến ngày", DATE, True),
        # "Duy trì": to be met in every period, not only at the end.
        Column("every_period", "Duy trì ở mọi kỳ", BOOLEAN, default=False),
        Column("unit_of_measure", "Đơn vị tính", length=64),
        WORDING,
        source(),
    ),
    ("programme_id", "code"),
    ("period_from", "period_to"),
    (
        rules.in_order("period_from", "period_to", "Đến ngày"),
        rules.in_order("low", "high", "Mức trên"),
        _target_is_whole,
    ),
    noun="chỉ tiêu",
    open_to_all=True,
)
"""What a plan promises: a figure, a scope, an operator, a value, a period (chỉ tiêu)."""

COMMITMENT: Final = Register(
    "commitment",
    "Cam kết",
    (
        programme(helper=True),
        Column(
            "target", "Mã chỉ tiêu", "target", True, "target_id", within="programme", belongs=True
        ),
        unit("Đơn vị cam kết"),
        Column("signer", "Người ký"),
        Column("position", "Chức vụ"),
        Column("signed_on", "Ngày ký", DATE),
        source(),
    ),
    ("target_id", "unit_id"),
    ("signed_on",),
    noun="cam kết",
)
"""A signature under a target (cam kết)."""

UNIT_RATING: Final = Register(
    "unit_rating",
    "Xếp loại CCHC của đơn vị",
    (
        Column("scheme", "Bộ chỉ số", required=True, help="Ví dụ: hai-duong-xa.", length=64),
        Column("year", "Năm", INTEGER, True, low=1990, high=2100),
        unit(),
        Column("label", "Xếp loại", length=64, in_list=True),
        Column("label_order", "Thứ bậc xếp loại", INTEGER, help="Số lớn là tốt hơn."),
        Column("score", "Điểm", NUMBER, low=0, high=1000),
        Column("rank", "Thứ hạng", INTEGER, low=1),
        source(),
    ),
    ("scheme", "year", "unit_id"),
    ("year",),
    noun="lần xếp loại",
)
"""A unit's own reform index of a year, as graded above it (xếp loại CCHC của đơn vị)."""
