"""What a trial or an import came to, below the form."""

from __future__ import annotations

from typing import Final

import streamlit as st

from connectors.intake import ImportReport
from metrics.core.vietnamese import moment, number
from pages.records.rejected import NOT_SEEN, mask_of, may_see_rejected, rejected_table
from pages.records.screen import Screen
from pages.records.taking import OUTCOME, Outcome
from ui.kit.links import link
from ui.kit.listing import open_place
from ui.kit.panel import facts
from ui.shell import data, jobs
from ui.shell.text import plain

_COUNTED: Final = ("Dòng đã đọc", "Hồ sơ mới", "Thay đổi", "Không đổi", "Dòng bị từ chối")


def outcome(screen: Screen) -> None:
    """What this session's last trial or import came to."""
    found: Outcome | None = st.session_state.get(OUTCOME)
    if found is None or jobs.busy():
        return
    with st.container(border=True, key="intake_outcome_box"):
        if found.report is None:
            st.error(plain(found.problem or ""), icon=":material/block:")
            return
        _report(screen, found, found.report)


def _report(screen: Screen, outcome: Outcome, report: ImportReport) -> None:
    name = f"“{report.file_name}”"
    if outcome.dry_run:
        st.markdown(f"#### Kết quả chạy thử tệp {plain(name)} – chưa ghi gì")
        if outcome.over_sample:
            st.caption("Thử như khi dữ liệu minh họa đã được xóa; thực tế chưa xóa gì.")
    else:
        st.markdown(f"#### Đã nhập tệp {plain(name)} – lô {report.batch_id}")
    facts(zip(_COUNTED, map(number, report.counts.values()), strict=True))
    if not outcome.dry_run:
        _figures(outcome)
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in remarks(report)))
    if told := report.told():
        with st.expander("Cách đọc tệp, những gì để ngoài và cần xem lại", expanded=True):
            st.markdown("\n".join(f"- **{head}:** {plain(text)}" for head, text in told))
    for warning in report.warnings:
        st.warning(plain(warning), icon=":material/warning:")
    _first_rejected(screen, outcome, report)


def remarks(report: ImportReport) -> list[str]:
    """What else a report has to say, in sentences."""
    said = [
        (report.rows_folded, "thông điệp được gộp vào hồ sơ của nó."),
        (report.events_read, "dòng của tệp thứ hai đã đọc."),
        (report.without_due, "hồ sơ không có ngày hẹn trả: chưa phân loại được."),
        (report.ended_before_received, "hồ sơ kết thúc trước khi tiếp nhận: đã đánh dấu."),
        (report.officers_created, "cán bộ mới."),
    ]
    found = [f"{number(count)} {text}" for count, text in said if count]
    for label, names in (
        ("đơn vị mới", report.units_created),
        ("thủ tục mới", report.procedures_created),
    ):
        if names:
            shown = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
            found.append(f"{number(len(names))} {label}: {shown}.")
    seconds = f"{report.seconds:.1f}".replace(".", ",")
    return [*found, f"Xong sau {seconds} giây."]


def _figures(outcome: Outcome) -> None:
    """Whether the screens show the new records already."""
    if outcome.stale:
        st.warning(
            "Hồ sơ đã được ghi, nhưng chưa tổng hợp được số liệu mới: các màn hình vẫn hiện số "
            "liệu cũ. Mở mục “Bản tổng hợp” và bấm “Tổng hợp lại”.",
            icon=":material/sync_problem:",
        )
        return
    manifest = data.manifest()
    if manifest is not None:
        st.success(
            f"Số liệu trên các màn hình đã mới: {number(manifest.dossiers)} hồ sơ, đến "
            f"{moment(manifest.data_until)}.",
            icon=":material/check_circle:",
        )


def _first_rejected(screen: Screen, outcome: Outcome, report: ImportReport) -> None:
    if not report.rows_rejected:
        return
    st.markdown(f"**Các dòng bị từ chối đầu tiên** (trong {number(report.rows_rejected)} dòng)")
    if not may_see_rejected():
        st.caption(NOT_SEEN)
        return
    first = [(row.line, row.column, row.value, row.reason) for row in report.first_rejected]
    st.html(rejected_table(first, mask_of(outcome.mapping)))
    if outcome.dry_run:
        st.caption(
            "Có thể nhập luôn: các dòng đúng được ghi, các dòng này được giữ lại để tải về, sửa "
            "và nạp lại."
        )
    elif report.batch_id is not None:
        to = screen.href(part=None, batch=report.batch_id)
        words = "Xem và tải các dòng bị từ chối"
        st.html(link(words, to, place=open_place("batch", report.batch_id)))
