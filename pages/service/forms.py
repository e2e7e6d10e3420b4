"""Entering service quality: a component or portal score, a survey's count, files."""

from __future__ import annotations

from datetime import date
from typing import Final

from metrics.service.decision766 import TOTAL, Method
from metrics.service.told import names
from pages.service import data as service_data
from ui.kit import forms, writing
from ui.kit.forms import Form
from ui.shell.context import Frame

FILES: Final = ("service_component", "survey")
ABOUT: Final = (
    "Thành phần ghi theo mã ở bảng trên (ví dụ 3.6); điểm của nhóm trên Cổng: N1–N6, tổng điểm: "
    f"{TOTAL}; hồ sơ có phản ánh hoặc không hài lòng: 5.4.pa."
)
_SURVEY: Final = Form(
    "survey",
    "Thêm số đếm khảo sát",
    ":material/how_to_vote:",
    "Thêm số đếm",
    "Đã thêm số đếm của “{name}”.",
    labels={"satisfied": "Số lượt hài lòng (để trống khi chưa rõ)"},
)
FORMS: Final = (_SURVEY,)


def component(frame: Frame, held: Method, key: str, month: date) -> None:
    """What is open, for a month and the view's unit: mended where it was entered, else entered."""
    unit = service_data.subject(frame)
    if unit is None or not writing.may_edit():
        return
    row = service_data.entered(frame, unit, month, key)
    if row is not None:
        forms.mend(frame, "service_component", row)
        return
    name = names(held)[key]
    has_sides = key in {each.key for each in held.components}
    title = f"Nhập “{name}” tháng {month:%m/%Y} của {frame.unit_names[unit]}"
    form = Form(
        "service_component",
        title,
        ":material/edit:",
        "Ghi",
        f"Đã ghi “{name}” tháng {month:%m/%Y}.",
        fixed={"unit": unit, "month": month, "component": key},
        only=(*(("numerator", "denominator") if has_sides else ()), "portal_score", "source"),
    )
    forms.fold(frame, form, frame.ask.moment, f"{key}_{month:%Y%m}_{unit}")
