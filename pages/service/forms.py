"""Entering service quality on the screen: a component or portal score, a survey, files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from connectors.registers import Entry
from metrics.registers.shared import COVERAGES
from metrics.service.decision766 import TOTAL
from pages.service import data as service_data
from pages.service.screen import Screen, choose, names_of
from ui.kit import register_files, writing
from ui.shell.context import Frame
from ui.shell.scopebar import unit_options
from ui.shell.text import plain

_NOTE: Final = "service_told"
_DATE: Final = "DD/MM/YYYY"
_COMPONENT: Final = "service_component"


def told() -> None:
    """What the last form did, once."""
    writing.told(_NOTE)


def _save(entry: Entry, done: str) -> None:
    writing.save([entry], done, note=_NOTE, turn="entered_service")


def component(screen: Screen) -> None:
    """The form of what is open, for the month and unit: both sides, and the portal's score."""
    unit = service_data.subject(screen.frame)
    if unit is None or not writing.may_edit():
        return
    if screen.is_empty:
        if screen.card is None:
            return
        choose(screen)
    key = screen.chosen
    held = service_data.held(screen.frame, unit, screen.month, key)
    name, whose = names_of(screen)[key], plain(screen.frame.unit_names[unit])
    end = f"_{key}_{screen.month:%Y%m}_{unit}_{st.session_state.get('entered_service', 0)}"
    has_sides = screen.card is not None and key in {
        each.component.key for each in screen.card.scored
    }
    with st.expander(f"Nhập, sửa “{name}” {screen.label} của {whose}", icon=":material/edit:"):
        with st.form(f"component{end}", border=False):
            left, middle, right = st.columns(3)
            values: dict[str, Any] = {}
            if has_sides:
                values["numerator"] = _number(left, "Tử số", held, "numerator", end)
                values["denominator"] = _number(middle, "Mẫu số", held, "denominator", end)
            values["portal_score"] = _number(right, "Điểm trên Cổng", held, "portal_score", end)
            values["source"] = (
                st.text_input(
                    "Nguồn, văn bản", held.get("source") or "Nhập trên màn hình",
                    key=f"component_source{end}",
                ).strip()
                or None
            )  # fmt: skip
            sent = writing.submit("Ghi")
        if sent:
            row = {"unit_id": unit, "month": screen.month, "component": key}
            # What is there is mended; its history keeps what it was.
            entry = (
                Entry(_COMPONENT, values, row) if held else Entry(_COMPONENT, row | values, None)
            )
            _save(entry, f"Đã ghi “{name}” {screen.label}.")


def _number(column: Any, label: str, held: Mapping[str, Any], name: str, end: str) -> str | None:
    """A number as it is typed (1.234 or 8,3); the register reads it."""
    value = held.get(name)
    usual = "" if value is None else f"{value:.10g}".replace(".", ",")
    typed: str = column.text_input(label, usual, key=f"component_{name}{end}")
    return typed.strip() or None


def entry(frame: Frame) -> None:
    """A survey's count, and files of components, portal scores and surveys; for those who may."""
    if not writing.may_edit():
        return
    st.header("Nhập liệu")
    with st.expander("Thêm số đếm khảo sát", icon=":material/how_to_vote:"):
        _survey(frame)
    with st.expander("Nhập từ tệp", icon=":material/upload_file:"):
        st.caption(
            "Thành phần ghi theo mã ở bảng trên (ví dụ 3.6); điểm của nhóm trên Cổng: N1–N6, tổng "
            f"điểm: {TOTAL}; hồ sơ có phản ánh hoặc không hài lòng: 5.4.pa."
        )
        register_files.draw(frame, (_COMPONENT, "survey"))


def _survey(frame: Frame) -> None:
    end = f"_{st.session_state.get('entered_service', 0)}"
    options, words = unit_options(frame.facts.units)
    coverages = {choice.value: choice.word for choice in COVERAGES}
    with st.form(f"survey{end}", border=False):
        left, right = st.columns(2)
        with left:
            code = st.text_input("Mã khảo sát", key=f"survey_code{end}", max_chars=64)
            unit = st.selectbox(
                "Đơn vị", [option for option in options if option], format_func=words.__getitem__,
                index=None, placeholder="Chọn đơn vị", key=f"survey_unit{end}",
            )  # fmt: skip
            responses = st.text_input("Số lượt trả lời", key=f"survey_responses{end}")
            channel = st.text_input("Kênh", "QR-Code", key=f"survey_channel{end}")
        with right:
            name = st.text_input("Tên khảo sát", key=f"survey_name{end}", max_chars=512)
            coverage = st.selectbox(
                "Phạm vi", list(coverages), format_func=coverages.__getitem__,
                key=f"survey_coverage{end}",
            )  # fmt: skip
            satisfied = st.text_input(
                "Số lượt hài lòng (để trống khi chưa rõ)", key=f"survey_satisfied{end}"
            )
            day = st.date_input("Số liệu đến ngày", None, format=_DATE, key=f"survey_day{end}")
        source = st.text_input("Nguồn", "Nhập trên màn hình", key=f"survey_source{end}")
        sent = writing.submit("Thêm số đếm", type="primary")
    if sent:
        values = {
            "code": code.strip() or None,
            "name": name.strip() or None,
            "unit": unit,
            "coverage": coverage,
            "as_of": day,
            "channel": channel.strip() or None,
            "responses": responses.strip() or None,
            "satisfied": satisfied.strip() or None,
            "source": source.strip() or None,
        }
        _save(Entry("survey", values, None), f"Đã thêm số đếm của “{name.strip()}”.")
