"""Files of the registers on any screen: template to fill in, trial, import, what was rejected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from connectors.intake.report import IntakeRefused
from connectors.registers import REGISTERS, RegisterReport, template
from connectors.workspace import WorkingFolder
from metrics.vietnamese import number
from ui import writing
from ui.frame import Frame

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def draw(frame: Frame, registers: Sequence[str]) -> None:
    """Template and import of some registers.

    A trial checks everything and writes nothing. Rows that cannot be taken are named with line,
    column and reason, and kept.
    """
    key = f"files_{registers[0]}"
    register = st.selectbox(
        "Sổ", list(registers), format_func=lambda name: REGISTERS[name].label, key=f"{key}_register"
    )
    st.download_button(
        "Tải tệp mẫu (XLSX)",
        _template(register),
        file_name=f"mau-{register}.xlsx",
        mime=_XLSX,
        icon=":material/download:",
        key=f"{key}_template",
    )
    uploaded = st.file_uploader("Tệp XLSX hoặc CSV", ["xlsx", "csv"], key=f"{key}_file")
    with st.container(horizontal=True):
        trial = st.button("Kiểm tra thử", key=f"{key}_trial", disabled=uploaded is None)
        real = st.button(
            "Nhập vào sổ", key=f"{key}_import", type="primary", disabled=uploaded is None
        )
    if uploaded is None or not (trial or real):
        return
    _take(register, uploaded.name, uploaded.getvalue(), dry_run=trial)


@st.cache_data(max_entries=16, show_spinner=False)
def _template(register: str) -> bytes:
    return template(register)


def _take(register: str, name: str, content: bytes, *, dry_run: bool) -> None:
    with WorkingFolder() as folder, st.spinner("Đang kiểm tra và nhập tệp…"):
        path = folder.path / Path(name).name
        path.write_bytes(content)
        try:
            report = writing.take(register, path, dry_run=dry_run)
        except IntakeRefused as refused:
            st.error("Không nhập được tệp này:  \n" + "  \n".join(str(refused).splitlines()))
            return
    _tell(report)


def _tell(report: RegisterReport) -> None:
    head = "Kiểm tra thử, chưa ghi gì" if report.dry_run else "Đã nhập"
    text = (
        f"{head}: {number(report.rows_read)} dòng; {number(report.rows_inserted)} mới, "
        f"{number(report.rows_changed)} thay đổi, {number(report.rows_unchanged)} không đổi, "
        f"{number(report.rows_rejected)} bị loại."
    )
    (st.warning if report.rows_rejected else st.success)(text)
    for warning in report.warnings:
        st.warning(warning)
    for rejection in report.first_rejected:
        st.markdown(f"- {rejection.sentence()}")
    if not report.dry_run and (report.rows_inserted or report.rows_changed):
        st.button("Xem số liệu mới", key=f"files_{report.register}_again")
