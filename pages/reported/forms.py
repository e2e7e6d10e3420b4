"""Entering reported values on the screen: a new one, mending one, files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from connectors.registers import Entry
from metrics.reported.statements import indicators
from ui.kit import register_files, writing
from ui.shell.context import Frame
from ui.shell.scopebar import unit_options

_NOTE: Final = "reported_told"
_DATE: Final = "DD/MM/YYYY"
_REGISTER: Final = "indicator_value"


def told() -> None:
    """What the last form did, once."""
    writing.told(_NOTE)


def _save(values: Mapping[str, Any], done: str, key: Mapping[str, Any] | None) -> None:
    writing.save([Entry(_REGISTER, values, key)], done, note=_NOTE, turn="entered_value")


def entry(frame: Frame) -> None:
    """Below the values: add one, import from a file; for those who may."""
    if not writing.may_edit():
        return
    st.header("Nhập liệu")
    with st.expander("Thêm một giá trị", icon=":material/add_chart:"):
        _new(frame)
    with st.expander("Nhập từ tệp", icon=":material/upload_file:"):
        register_files.draw(frame, (_REGISTER, "form_row"))


def edit(frame: Frame, row: Mapping[str, Any]) -> None:
    """The form that mends a value; each change is kept with who and when; for those who may."""
    if not writing.may_edit():
        return
    end = f"_{row['indicator_value_id']}_{st.session_state.get('entered_value', 0)}"
    with st.expander("Sửa giá trị", icon=":material/edit:"):
        with st.form(f"value_edit{end}", border=False):
            values = _values(row, end)
            sent = writing.submit("Ghi sửa đổi")
        if sent:
            _save(values, "Đã ghi sửa đổi giá trị.", {"id": row["indicator_value_id"]})


def _new(frame: Frame) -> None:
    end = f"_new_{st.session_state.get('entered_value', 0)}"
    options, words = unit_options(frame.facts.units, frame.scope)
    names = {key: each.name for key, each in indicators().items()}
    with st.form(f"value{end}", border=False):
        left, right = st.columns(2)
        with left:
            indicator = st.selectbox(
                "Chỉ tiêu", list(names), format_func=names.__getitem__, index=None,
                placeholder="Chọn chỉ tiêu", key=f"value_indicator{end}",
            )  # fmt: skip
            first = st.date_input("Từ ngày", None, format=_DATE, key=f"value_from{end}")
            until = st.date_input("Đến thời điểm", None, format=_DATE, key=f"value_as_of{end}")
        with right:
            unit = st.selectbox(
                "Đơn vị báo cáo", [option for option in options if option],
                format_func=words.__getitem__, index=None, placeholder="Chọn đơn vị",
                key=f"value_unit{end}",
            )  # fmt: skip
            last = st.date_input("Đến ngày", None, format=_DATE, key=f"value_to{end}")
            part = st.text_input("Phần (để trống: toàn bộ)", key=f"value_part{end}", max_chars=128)
        values = _values({}, end)
        sent = writing.submit("Thêm giá trị", type="primary")
    if sent:
        more = {
            "indicator": indicator,
            "unit": unit,
            "part": part.strip(),
            "period_from": first,
            "period_to": last,
            "as_of": until,
        }
        name = names.get(indicator or "", "")
        _save(more | values, f"Đã thêm giá trị của “{name}”.", None)


def _values(row: Mapping[str, Any], end: str) -> dict[str, Any]:
    """The number as it is typed (7.211, 87,11%), or its two sides; text and source."""
    left, middle, right = st.columns(3)
    value = left.text_input("Giá trị", _typed(row.get("value")), key=f"value_value{end}")
    numerator = middle.text_input("Tử số", _typed(row.get("numerator")), key=f"value_n{end}")
    denominator = right.text_input("Mẫu số", _typed(row.get("denominator")), key=f"value_d{end}")
    text = st.text_input("Nội dung", row.get("text") or "", key=f"value_text{end}")
    source = st.text_input(
        "Nguồn, văn bản", row.get("source") or "Nhập trên màn hình", key=f"value_source{end}"
    )
    return {
        "value": value.strip() or None,
        "numerator": numerator.strip() or None,
        "denominator": denominator.strip() or None,
        "text": text.strip() or None,
        "source": source.strip() or None,
    }


def _typed(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else repr(value).replace(".", ",")
