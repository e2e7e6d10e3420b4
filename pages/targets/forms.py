"""Entering targets on the screen: a new one, mending one, files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from connectors.registers import Entry
from metrics.registers.targets import DEFINITIONS, METRIC_KINDS, OPERATORS
from pages.targets import data as target_data
from ui.kit import register_files, writing
from ui.shell.context import Frame
from ui.shell.scopebar import unit_options

_NOTE: Final = "targets_told"
_DATE: Final = "DD/MM/YYYY"


def told() -> None:
    """What the last form did, once."""
    writing.told(_NOTE)


def _save(values: Mapping[str, Any], done: str, key: Mapping[str, Any] | None) -> None:
    writing.save([Entry("target", values, key)], done, note=_NOTE, turn="entered_target")


def entry(frame: Frame) -> None:
    """Below the list: add a target, import from a file; for those who may."""
    if not writing.may_edit():
        return
    st.header("Nhập liệu")
    programmes = target_data.all_programmes(frame.looking_at(*target_data.REGISTERS))
    if not programmes.is_empty():
        with st.expander("Thêm chỉ tiêu", icon=":material/flag:"):
            _new(frame, dict(programmes.select("programme_id", "name").iter_rows()))
    with st.expander("Nhập từ tệp", icon=":material/upload_file:"):
        register_files.draw(frame, ("target", "commitment", "unit_rating", "programme"))


def edit(frame: Frame, row: Mapping[str, Any]) -> None:
    """The form that mends a target; each change is kept with who and when; for those who may."""
    if not writing.may_edit():
        return
    end = f"_{row['target_id']}_{st.session_state.get('entered_target', 0)}"
    with st.expander("Sửa chỉ tiêu", icon=":material/edit:"):
        with st.form(f"target_edit{end}", border=False):
            name = st.text_input("Tên chỉ tiêu", row["name"], key=f"target_name{end}")
            values = _measure(row, end) | {"name": name.strip() or None}
            sent = writing.submit("Ghi sửa đổi")
        if sent:
            _save(values, "Đã ghi sửa đổi chỉ tiêu.", {"id": row["target_id"]})


def _new(frame: Frame, programmes: dict[int, str]) -> None:
    end = f"_new_{st.session_state.get('entered_target', 0)}"
    options, words = unit_options(frame.facts.units, frame.scope)
    with st.form(f"target{end}", border=False):
        programme = st.selectbox(
            "Chương trình, kế hoạch", list(programmes), format_func=programmes.__getitem__,
            index=None, placeholder="Chọn chương trình", key=f"target_programme{end}",
        )  # fmt: skip
        left, right = st.columns([1, 3])
        code = left.text_input("Mã chỉ tiêu", key=f"target_code{end}", max_chars=64)
        name = right.text_input("Tên chỉ tiêu", key=f"target_name{end}", max_chars=1024)
        unit = st.selectbox(
            "Đơn vị được đánh giá", [option for option in options if option],
            format_func=words.__getitem__, index=None, placeholder="Chọn đơn vị",
            key=f"target_unit{end}",
        )  # fmt: skip
        values = _measure({}, end)
        source = st.text_input("Nguồn, văn bản", "Nhập trên màn hình", key=f"target_source{end}")
        sent = writing.submit("Thêm chỉ tiêu", type="primary")
    if sent:
        more = {
            "programme": programme,
            "code": code.strip() or None,
            "name": name.strip() or None,
            "unit": unit,
            "source": source.strip() or None,
        }
        _save(values | more, f"Đã thêm chỉ tiêu “{name.strip()}”.", None)


def _measure(row: Mapping[str, Any], end: str) -> dict[str, Any]:
    """What it is judged by, the operator with its values, and the period."""
    left, right = st.columns(2)
    with left:
        kind = _choice("Đo bằng", METRIC_KINDS, f"target_kind{end}", row.get("metric_kind"))
        metric = _text("Mã số liệu (ví dụ on_time, PAPI)", row.get("metric"), f"target_metric{end}")
        definition = _choice(
            "Cách tính đúng hạn", DEFINITIONS, f"target_definition{end}", row.get("definition")
        )
        operator = _choice("Phép so sánh", OPERATORS, f"target_operator{end}", row.get("operator"))
        first = st.date_input(
            "Từ ngày", row.get("period_from"), format=_DATE, key=f"target_from{end}"
        )
        last = st.date_input("Đến ngày", row.get("period_to"), format=_DATE, key=f"target_to{end}")
    with right:
        low = _limit("Mức dưới (ví dụ 98% hoặc 0,98)", row, "low", end)
        high = _limit("Mức trên", row, "high", end)
        label = _text("Xếp loại", row.get("label"), f"target_label{end}")
        share = _limit("Tỷ lệ đơn vị đạt xếp loại (ví dụ 60%)", row, "share", end)
        base = _text(
            "Chỉ tính trên đơn vị đạt xếp loại", row.get("base_label"), f"target_base{end}"
        )
        year = st.number_input(
            "Năm gốc", 1990, 2100, row.get("baseline_year"), 1, key=f"target_year{end}"
        )
    every = st.checkbox(
        "Duy trì: phải đạt ở mọi kỳ", bool(row.get("every_period")), key=f"target_every{end}"
    )
    return {
        "metric_kind": kind,
        "metric": metric,
        "definition": definition,
        "operator": operator,
        "low": low,
        "high": high,
        "label": label,
        "share": share,
        "base_label": base,
        "baseline_year": year,
        "period_from": first,
        "period_to": last,
        "every_period": every,
    }


def _text(label: str, present: str | None, key: str) -> str | None:
    return str(st.text_input(label, present or "", key=key)).strip() or None


def _limit(label: str, row: Mapping[str, Any], name: str, end: str) -> str | None:
    """A limit as it is typed; the register reads "98%" and "0,98" alike."""
    present = row.get(name)
    usual = "" if present is None else f"{present:g}".replace(".", ",")
    return _text(label, usual, f"target_{name}{end}")


def _choice(
    label: str, choices: tuple[Any, ...], key: str, present: str | None = None
) -> str | None:
    words = {choice.value: choice.word for choice in choices}
    picked: str | None = st.selectbox(
        label,
        list(words),
        format_func=words.__getitem__,
        index=list(words).index(present) if present in words else None,
        placeholder="Chọn",
        key=key,
    )
    return picked
