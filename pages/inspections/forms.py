"""Entering on the screen: visits, findings, reported fixes, re-inspections; files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.registers import Entry, RegisterRefused, SnapshotNotRefreshed
from metrics.core.ask import Ask
from metrics.core.vietnamese import day
from metrics.inspections.review import KINDS, visit_span
from pages.inspections import data as inspections_data
from ui.kit import register_files, writing
from ui.shell.context import Frame
from ui.shell.scopebar import unit_options
from ui.shell.text import plain

_NOTE: Final = "inspections_told"
_DATE: Final = "DD/MM/YYYY"
_CHANNELS: Final[dict[str, bool | None]] = {
    "Trực tiếp": False,
    "Môi trường số": True,
    "Chưa rõ": None,
}
_PRECISIONS: Final = {"day": "Biết ngày", "month": "Chỉ biết tháng"}
_KINDS: Final = (
    "Một cửa",
    "Liên thông",
    "Quy trình nội bộ",
    "Quy trình thủ tục hành chính",
    "Kỷ luật, kỷ cương",
    "Khác",
)
"""Kinds of findings that are offered; others can be typed."""

_NEW: Final = "new"
_PAPER: Final = "paper"


def finding_refusals(values: Mapping[str, Any], without_due: bool) -> list[str]:
    """Why a finding cannot be taken in, one sentence each; empty: all that must be said is there.

    A finding has a fix-by date, or somebody says that it has none; never neither, never both.
    """
    asked = {
        "inspection": "Hãy chọn cuộc kiểm tra đã nêu tồn tại.",
        "code": "Hãy ghi mã tồn tại, không trùng với tồn tại khác.",
        "kind": "Hãy chọn hoặc ghi nhóm lỗi.",
        "description": "Hãy mô tả tồn tại.",
        "responsible": "Hãy ghi người hoặc đơn vị chịu trách nhiệm.",
        "recommendation": "Hãy ghi kiến nghị khắc phục.",
        "source": "Hãy ghi nguồn (biên bản, kết luận).",
    }
    found = [text for name, text in asked.items() if not str(values.get(name) or "").strip()]
    if values.get("fix_by") is None and not without_due:
        found.append("Hãy chọn hạn khắc phục, hoặc đánh dấu “Không định hạn”.")
    if values.get("fix_by") is not None and without_due:
        found.append("Đã chọn hạn khắc phục thì bỏ đánh dấu “Không định hạn”.")
    return found


# -- writing ------------------------------------------------------------------------------


def told() -> None:
    """What the last form did, once."""
    note = st.session_state.pop(_NOTE, None)
    if note:
        level, text = note
        (st.success if level == "ok" else st.warning)(plain(text))


def _refused(problems: list[str]) -> None:
    st.error("Chưa ghi được:  \n" + "  \n".join(map(plain, problems)))


def _write(register: str, values: Mapping[str, Any], row: int | None = None) -> int | None:
    """Writes one row; its id, or None when it was refused (said beside the form)."""
    return _write_all([Entry(register, values, None if row is None else {"id": row})])


def _write_all(entries: list[Entry]) -> int | None:
    """Writes rows that belong together, all or none; the last one's id, or None when refused."""
    try:
        return writing.write(entries)
    except RegisterRefused as refused:
        _refused(str(refused).splitlines())
        return None
    except SnapshotNotRefreshed as behind:
        st.session_state[_NOTE] = ("warn", str(behind))
        return behind.row_id


def _done(ask: Ask, text: str, on: date | None) -> None:
    """Tells what was written and runs the page anew."""
    late = on is not None and on > ask.as_of_day
    more = (
        f" Ngày {day(on)} ở sau thời điểm số liệu đang xem nên các số trên màn hình chưa đổi; hãy "
        "chọn thời điểm muộn hơn ở thanh trên."
    )
    st.session_state.setdefault(_NOTE, ("warn" if late else "ok", text + (more if late else "")))
    st.rerun()


def _text(value: str) -> str | None:
    return value.strip() or None


# -- an open finding ----------------------------------------------------------------------


def forms(frame: Frame, ask: Ask, finding: Mapping[str, Any]) -> None:
    """What the reader may do with an open finding: report its fix, confirm it."""
    if writing.may_report():
        report_fix(frame, ask, finding)
    if writing.may_edit():
        close(frame, ask, finding)


def report_fix(frame: Frame, ask: Ask, finding: Mapping[str, Any]) -> None:
    """The form for the unit's own report of a fix; it confirms nothing."""
    number = finding["finding_id"]
    with st.expander("Ghi báo cáo khắc phục của đơn vị", icon=":material/description:"):
        st.caption("Báo cáo chưa phải là xác nhận: tồn tại vẫn tính là chưa khắc phục.")
        with st.form(f"fix_{number}", border=False):
            left, right = st.columns(2)
            on = left.date_input(
                "Ngày báo cáo", finding["reported_on"], format=_DATE, key=f"fix_on_{number}"
            )
            paper = right.text_input(
                "Văn bản báo cáo", finding["report_document"] or "", key=f"fix_paper_{number}"
            )
            evidence = st.text_area(
                "Minh chứng", finding["evidence"] or "", key=f"fix_evidence_{number}", height=80
            )
            sent = writing.submit("Ghi báo cáo")
        if not sent:
            return
        if on is None:
            _refused(["Hãy chọn ngày báo cáo."])
            return
        values = {
            "reported_on": on, "report_document": _text(paper), "evidence": _text(evidence),
        }  # fmt: skip
        if _write("finding", values, number) is not None:
            _done(ask, "Đã ghi báo cáo khắc phục; chờ xác nhận.", on)


def close(frame: Frame, ask: Ask, finding: Mapping[str, Any]) -> None:
    """The form that confirms a fix, or denies it: by a re-inspection, or on paper."""
    number = finding["finding_id"]
    visits = inspections_data.register(
        inspections_data.version_of(frame), frame.units_in_view, "inspection"
    )
    again = visits.filter(
        (pl.col("kind") == "recheck") & (pl.col("parent_id") == finding["inspection_id"])
    )
    options = {_NEW: "Cuộc tái kiểm tra mới"} | {
        row["inspection_id"]: f"{row['code']} ({visit_span(row)})"
        for row in again.iter_rows(named=True)
    }
    options[_PAPER] = "Xác nhận qua văn bản"
    with st.expander("Tái kiểm tra, xác nhận khắc phục", icon=":material/fact_check:"):
        with st.form(f"check_{number}", border=False):
            left, middle, right = st.columns(3)
            how = left.selectbox(
                "Xác nhận bằng", list(options), format_func=lambda one: options[one],
                key=f"check_how_{number}",
            )  # fmt: skip
            code = left.text_input(
                "Mã cuộc tái kiểm tra",
                f"{finding['inspection_code']}-T{again.height + 1}",
                key=f"check_code_{number}",
                help="Dùng khi chọn “Cuộc tái kiểm tra mới”.",
            )
            on = middle.date_input("Ngày xác nhận", None, format=_DATE, key=f"check_on_{number}")
            outcome = middle.radio(
                "Kết quả", ["Đã khắc phục", "Chưa khắc phục"], key=f"check_fixed_{number}",
                horizontal=True, index=None,
            )  # fmt: skip
            source = right.text_input("Biên bản, văn bản", key=f"check_source_{number}")
            note = st.text_area("Ghi chú", key=f"check_note_{number}", height=80)
            sent = writing.submit("Ghi kết quả", type="primary")
        if not sent:
            return
        problems = _check_problems(on, outcome, source if how == _NEW else "-", finding)
        problems += _checked_already(frame, ask, number, on)
        if problems:
            _refused(problems)
            return
        # A new visit is written with its result: neither is there without the other.
        visit = [_new_recheck(finding, code, on, source)] if how == _NEW else []
        said = [text for text in (_text(source), _text(note)) if text]
        values = {
            "finding": number,
            "inspection": {_NEW: _text(code), _PAPER: None}.get(how, how),
            "checked_on": on,
            "is_fixed": outcome == "Đã khắc phục",
            "note": "; ".join(said) or None,
        }
        if _write_all([*visit, Entry("finding_check", values)]) is not None:
            _done(ask, f"Đã ghi kết quả: {str(outcome).lower()}.", on)


def _check_problems(
    on: date | None, outcome: str | None, source: str, finding: Mapping[str, Any]
) -> list[str]:
    problems = []
    if on is None:
        problems.append("Hãy chọn ngày xác nhận.")
    elif on < finding["found_on"]:
        problems.append(f"Ngày xác nhận trước ngày nêu tồn tại ({day(finding['found_on'])}).")
    if outcome is None:
        problems.append("Hãy chọn kết quả: đã khắc phục hay chưa.")
    if not source.strip():
        problems.append("Hãy ghi biên bản, văn bản của cuộc tái kiểm tra.")
    return problems


def _checked_already(frame: Frame, ask: Ask, finding: int, on: date | None) -> list[str]:
    """One result a day: said before a re-inspection is written for it."""
    known = inspections_data.checks(inspections_data.key_of(frame, ask), finding)
    if on is None or on not in known["checked_on"].to_list():
        return []
    return [f"Ngày {day(on)} đã có một kết quả của tồn tại này; hãy chọn ngày khác."]


def _new_recheck(finding: Mapping[str, Any], code: str, on: date | None, source: str) -> Entry:
    """The visit of a re-inspection, linked to the one that found it."""
    values = {
        "code": code.strip(),
        "kind": "recheck",
        "unit": finding["unit_id"],
        "from_on": on,
        "to_on": on,
        "parent": finding["inspection_id"],
        "source": source.strip(),
    }
    return Entry("inspection", values)


# -- new visits and findings, files -------------------------------------------------------


def entry(frame: Frame, ask: Ask) -> None:
    """Below the list: add a visit, add a finding, import from a file; for those who may."""
    if not writing.may_edit():
        return
    st.header("Nhập liệu")
    visits = inspections_data.register(
        inspections_data.version_of(frame), frame.units_in_view, "inspection"
    )
    visits = visits.sort("from_on", "code", descending=[True, False])
    with st.expander("Thêm cuộc kiểm tra", icon=":material/add_location_alt:"):
        _new_visit(frame, ask, visits)
    with st.expander("Thêm tồn tại", icon=":material/add_alert:"):
        if visits.is_empty():
            st.caption("Tồn tại thuộc một cuộc kiểm tra: hãy thêm cuộc kiểm tra trước.")
        else:
            _new_finding(frame, ask, visits)
    with st.expander("Nhập từ tệp", icon=":material/upload_file:"):
        register_files.draw(frame, ("inspection", "finding", "finding_check"))


def _labels(frame: Frame, visits: pl.DataFrame) -> dict[int, str]:
    names = frame.unit_names
    return {
        row["inspection_id"]: f"{row['code']} – {names.get(row['unit_id'], '')}, {visit_span(row)}"
        for row in visits.iter_rows(named=True)
    }


def _new_visit(frame: Frame, ask: Ask, visits: pl.DataFrame) -> None:
    parents = _labels(frame, visits)
    with st.form("new_visit", border=False):
        left, middle, right = st.columns(3)
        with left:
            code = st.text_input("Mã cuộc kiểm tra", key="new_visit_code", max_chars=64)
            kind = st.selectbox(
                "Loại", list(KINDS), format_func=KINDS.__getitem__, key="new_visit_kind"
            )
            parent = st.selectbox(
                "Tái kiểm tra của cuộc", list(parents), format_func=parents.__getitem__,
                index=None, placeholder="Chỉ với tái kiểm tra", key="new_visit_parent",
            )  # fmt: skip
            channel = st.radio(
                "Hình thức", list(_CHANNELS), index=2, key="new_visit_channel", horizontal=True
            )
        with middle:
            unit = _unit(frame)
            subject = st.text_input(
                "Cơ sở được kiểm tra", key="new_visit_subject",
                help="Nơi không có trong cây đơn vị, ví dụ một trường học thuộc đơn vị.",
            )  # fmt: skip
            first = st.date_input("Từ ngày", None, format=_DATE, key="new_visit_from")
            last = st.date_input("Đến ngày", None, format=_DATE, key="new_visit_to")
            precision = st.radio(
                "Độ chính xác", list(_PRECISIONS), format_func=_PRECISIONS.__getitem__,
                key="new_visit_precision", horizontal=True,
            )  # fmt: skip
        with right:
            campaign = st.text_input("Đợt kiểm tra", key="new_visit_campaign")
            basis = st.text_input("Căn cứ (kế hoạch, quyết định)", key="new_visit_basis")
            team = st.text_input("Thành phần đoàn", key="new_visit_team")
            conclusion = st.text_input("Số kết luận", key="new_visit_conclusion")
            concluded = st.date_input(
                "Ngày kết luận", None, format=_DATE, key="new_visit_concluded"
            )
        topics = st.text_area("Nội dung kiểm tra", key="new_visit_topics", height=80)
        source = st.text_input("Nguồn", key="new_visit_source", help="Văn bản, biên bản.")
        sent = writing.submit("Thêm cuộc kiểm tra", type="primary")
    if not sent:
        return
    values = {
        "code": _text(code), "kind": kind, "parent": parent,
        "is_digital": _CHANNELS[channel or "Chưa rõ"], "unit": unit, "subject": _text(subject),
        "from_on": first, "to_on": last, "date_precision": precision, "campaign": _text(campaign),
        "basis": _text(basis), "team": _text(team), "conclusion_no": _text(conclusion),
        "concluded_on": concluded, "topics": _text(topics), "source": _text(source),
    }  # fmt: skip
    if _write("inspection", values) is not None:
        _done(ask, "Đã thêm cuộc kiểm tra.", first)


def _unit(frame: Frame) -> int | None:
    options, labels = unit_options(frame.facts.units, frame.scope)
    known = options[1:]  # the first stands for all units
    usual = frame.view.unit
    return st.selectbox(
        "Đơn vị được kiểm tra", known, format_func=lambda unit: labels[unit].strip("\u2003"),
        index=known.index(usual) if usual in known else None, placeholder="Chọn đơn vị",
        key="new_visit_unit",
    )  # fmt: skip


def _new_finding(frame: Frame, ask: Ask, visits: pl.DataFrame) -> None:
    labels = _labels(frame, visits)
    findings = inspections_data.register(
        inspections_data.version_of(frame), frame.units_in_view, "finding"
    )
    earlier = {
        row["finding_id"]: f"{row['code']} – {row['description'][:70]}"
        for row in findings.iter_rows(named=True)
    }
    known = list(dict.fromkeys([*_KINDS, *findings["kind"].unique().sort().to_list()]))
    with st.form("new_finding", border=False):
        visit = st.selectbox(
            "Cuộc kiểm tra", list(labels), format_func=labels.__getitem__, index=None,
            placeholder="Chọn cuộc kiểm tra", key="new_finding_visit",
        )  # fmt: skip
        left, right = st.columns(2)
        with left:
            code = st.text_input("Mã tồn tại", key="new_finding_code", max_chars=64)
            kind = st.selectbox(
                "Nhóm lỗi", known, index=None, placeholder="Chọn hoặc gõ nhóm khác",
                accept_new_options=True, key="new_finding_kind",
            )  # fmt: skip
            responsible = st.text_input(
                "Người, đơn vị chịu trách nhiệm", key="new_finding_responsible", max_chars=255
            )
            repeats = st.selectbox(
                "Lặp lại tồn tại", list(earlier), format_func=earlier.__getitem__, index=None,
                placeholder="Không lặp lại", key="new_finding_repeats",
            )  # fmt: skip
        with right:
            due = st.date_input("Hạn khắc phục", None, format=_DATE, key="new_finding_due")
            without = st.checkbox("Không định hạn", key="new_finding_without")
            source = st.text_input(
                "Nguồn (biên bản, kết luận)", key="new_finding_source", max_chars=512
            )
        description = st.text_area("Mô tả tồn tại", key="new_finding_description", height=80)
        advice = st.text_area("Kiến nghị", key="new_finding_recommendation", height=80)
        sent = writing.submit("Thêm tồn tại", type="primary")
    if not sent:
        return
    values = {
        "inspection": visit, "code": _text(code), "kind": _text(kind or ""),
        "description": _text(description), "responsible": _text(responsible),
        "recommendation": _text(advice), "fix_by": due, "repeats": repeats,
        "source": _text(source),
    }  # fmt: skip
    problems = finding_refusals(values, without)
    if problems:
        _refused(problems)
        return
    if _write("finding", values) is not None:
        found = visits.filter(pl.col("inspection_id") == visit).row(0, named=True)
        _done(ask, "Đã thêm tồn tại.", found["to_on"] or found["from_on"])
