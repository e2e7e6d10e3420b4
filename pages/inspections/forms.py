"""Entering on the screen of inspections: what its forms know beside the declarations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.registers import Entry
from metrics.core.ask import Ask
from metrics.core.vietnamese import day
from metrics.inspections.review import visit_span
from pages.inspections import data as inspections_data
from ui.kit import forms, writing
from ui.kit.forms import Form
from ui.shell.context import Frame
from ui.shell.text import plain

FILES: Final = ("inspection", "finding", "finding_check")
_DATE: Final = "DD/MM/YYYY"
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


def finding_refusals(values: Mapping[str, Any]) -> list[str]:
    """Why a finding cannot be taken in, beside what is missing.

    It has a fix-by date, or somebody says that it has none (``without``); never neither or both.
    """
    asked = {
        "responsible": "Hãy ghi người hoặc đơn vị chịu trách nhiệm.",
        "recommendation": "Hãy ghi kiến nghị khắc phục.",
    }
    found = [text for name, text in asked.items() if not values.get(name)]
    is_dated, without = values.get("fix_by") is not None, bool(values.get("without"))
    if not is_dated and not without:
        found.append("Hãy chọn hạn khắc phục, hoặc đánh dấu “Không định hạn”.")
    if is_dated and without:
        found.append("Đã chọn hạn khắc phục thì bỏ đánh dấu “Không định hạn”.")
    return found


VISIT: Final = Form(
    "inspection",
    "Thêm cuộc kiểm tra",
    ":material/add_location_alt:",
    done="Đã thêm cuộc kiểm tra.",
    when="from_on",
)
FINDING: Final = Form(
    "finding",
    "Thêm tồn tại",
    ":material/add_alert:",
    done="Đã thêm tồn tại.",
    only=("inspection", "code", "kind", "responsible", "fix_by", "repeats", "source",
          "description", "recommendation"),
    offers={"kind": _KINDS},
    refuse=finding_refusals,
    also={"without": "Không định hạn"},
)  # fmt: skip
_FIX: Final = Form(
    "finding",
    "Ghi báo cáo khắc phục của đơn vị",
    ":material/description:",
    "Ghi báo cáo",
    "Đã ghi báo cáo khắc phục; chờ xác nhận.",
    only=("reported_on", "report_document", "evidence"),
    refuse=lambda values: [] if values["reported_on"] else ["Hãy chọn ngày báo cáo."],
    when="reported_on",
    about="Báo cáo chưa phải là xác nhận: tồn tại vẫn tính là chưa khắc phục.",
)
"""What a unit says of a finding of its own; it confirms nothing."""


FORMS: Final = (VISIT, FINDING)


def of_finding(frame: Frame, ask: Ask, finding: Mapping[str, Any]) -> None:
    """What the reader may do with an open finding: report its fix, confirm it, mend, withdraw."""
    row = finding["finding_id"]
    kept = writing.kept("finding", row) if writing.may_report() else None
    if kept is not None:
        with st.expander(plain(_FIX.title), icon=_FIX.icon):
            st.caption(_FIX.about)
            forms.amend(frame, _FIX, row, kept, ask.moment)
    if writing.may_edit():
        _confirm(frame, ask, finding)
    forms.mend(frame, "finding", row, FINDING)


def _confirm(frame: Frame, ask: Ask, finding: Mapping[str, Any]) -> None:
    """The form that confirms a fix, or denies it: by a re-inspection, or on paper."""
    number = finding["finding_id"]
    turn = ("check", "finding", str(number))
    key = forms.key_of(*turn)
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
        with st.form(key, border=False):
            left, middle, right = st.columns(3)
            how = left.selectbox(
                "Xác nhận bằng", list(options), format_func=lambda one: options[one],
                key=f"{key}_how",
            )  # fmt: skip
            code = left.text_input(
                "Mã cuộc tái kiểm tra",
                f"{finding['inspection_code']}-T{again.height + 1}",
                key=f"{key}_code",
                help="Dùng khi chọn “Cuộc tái kiểm tra mới”.",
            )
            on = middle.date_input("Ngày xác nhận", None, format=_DATE, key=f"{key}_on")
            outcome = middle.radio(
                "Kết quả", ["Đã khắc phục", "Chưa khắc phục"], key=f"{key}_fixed",
                horizontal=True, index=None,
            )  # fmt: skip
            source = right.text_input("Biên bản, văn bản", key=f"{key}_source")
            note = st.text_area("Ghi chú", key=f"{key}_note", height=80)
            sent = writing.submit("Ghi kết quả", type="primary")
        if not sent:
            return
        problems = _check_problems(on, outcome, source if how == _NEW else "-", finding)
        problems += _checked_already(frame, ask, number, on)
        if problems:
            forms.refused(problems)
            return
        # A new visit is written with its result: neither is there without the other.
        visit = [_new_recheck(finding, code, on, source)] if how == _NEW else []
        said = [text for text in (source.strip(), note.strip()) if text]
        values = {
            "finding": number,
            "inspection": {_NEW: code.strip() or None, _PAPER: None}.get(how, how),
            "checked_on": on,
            "is_fixed": outcome == "Đã khắc phục",
            "note": "; ".join(said) or None,
        }
        forms.save(
            [*visit, Entry("finding_check", values)],
            f"Đã ghi kết quả: {str(outcome).lower()}.",
            turn=turn,
            happened=on,
            until=ask.moment,
        )


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
