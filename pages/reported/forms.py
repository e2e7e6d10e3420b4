"""Entering reported values: what the forms know beside the registers' declarations."""

from __future__ import annotations

from typing import Final

from metrics.reported.statements import indicators
from ui.kit.forms import Form

FILES: Final = ("indicator_value", "form_row")
FORMS: Final = (
    Form(
        "indicator_value",
        "Thêm một giá trị",
        ":material/add_chart:",
        "Thêm giá trị",
        "Đã thêm giá trị.",
        offers={"indicator": {key: each.name for key, each in indicators().items()}},
        labels={"indicator": "Chỉ tiêu", "part": "Phần (để trống: toàn bộ)"},
    ),
    Form(
        "form_row", "Thêm một dòng biểu II.06a", ":material/table_rows:", "Thêm dòng",
        "Đã thêm dòng biểu.",
    ),
)  # fmt: skip
VALUE: Final = FORMS[0]
