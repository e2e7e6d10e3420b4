"""Entering on the screen: programmes, tasks with their six "rõ", updates, reminders, files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import streamlit as st

from connectors.registers import Entry, RegisterRefused, SnapshotNotRefreshed
from metrics.registers.tasks import AREAS, PROGRAMME_KINDS
from pages.tasks import data as task_data
from ui.kit import asking, register_files, writing
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.scopebar import unit_options
from ui.shell.text import plain

_NOTE: Final = "tasks_told"
_SAID: Final[dict[str, bool | None]] = {"Có": True, "Chưa": False, "Chưa rõ": None}
_WORDS: Final = {value: word for word, value in _SAID.items()}
_DATE: Final = "DD/MM/YYYY"

REQUIRED: Final[dict[str, str]] = {
    "name": "Rõ việc: hãy ghi tên nhiệm vụ.",
    "person": "Rõ người: hãy ghi người phụ trách.",
    "product": "Rõ sản phẩm: hãy ghi sản phẩm phải có.",
    "responsibility": "Rõ trách nhiệm: hãy ghi trách nhiệm của đơn vị, người chủ trì.",
    "authority": "Rõ thẩm quyền: hãy ghi cấp có thẩm quyền quyết định.",
    "programme": "Hãy chọn chương trình, kế hoạch của nhiệm vụ.",
    "code": "Hãy ghi mã nhiệm vụ, không trùng trong chương trình.",
    "unit": "Hãy chọn đơn vị chủ trì.",
}
"""What a task entered on the screen must say; a file may bring less, and it is shown."""


def refusals(values: Mapping[str, Any]) -> list[str]:
    """Why a task cannot be taken in, one sentence each; empty: all six "rõ" are there."""
    found = [
        sentence
        for name, sentence in REQUIRED.items()
        if values.get(name) is None or not str(values[name]).strip()
    ]
    if values.get("due_on") is None and not values.get("is_standing"):
        found.insert(1, "Rõ thời gian: hãy chọn hạn hoàn thành, hoặc đánh dấu “Thường xuyên”.")
    return found


def told() -> None:
    """What the last form did, once."""
    note = st.session_state.pop(_NOTE, None)
    if note:
        level, text = note
        (st.success if level == "ok" else st.warning)(plain(text))


def _round(register: str) -> str:
    """What the keys of a register's form end with: after each entry the form is a fresh one."""
    entered = st.session_state.get(f"entered_{register}", 0)
    return f"_{entered}" if entered else ""


def _entered(register: str) -> None:
    st.session_state[f"entered_{register}"] = st.session_state.get(f"entered_{register}", 0) + 1


def _save(
    frame: Frame,
    register: str,
    values: Mapping[str, Any],
    done: str,
    at: datetime | None,
    key: Mapping[str, Any] | None = None,
) -> None:
    """Writes, tells, and runs the page anew; a refusal stays beside the form."""
    try:
        writing.write([Entry(register, values, key)])
    except RegisterRefused as refused:
        st.error("Chưa ghi được:  \n" + "  \n".join(map(plain, str(refused).splitlines())))
        return
    except SnapshotNotRefreshed as behind:
        _entered(register)
        st.session_state[_NOTE] = ("warn", str(behind))
        st.rerun()
    _entered(register)
    late = at is not None and at >= asking.question(frame).moment
    more = (
        " Thời điểm ghi ở sau thời điểm số liệu đang xem nên các số trên màn hình chưa đổi; hãy "
        "chọn kỳ muộn hơn ở thanh trên."
    )
    st.session_state[_NOTE] = ("warn" if late else "ok", done + (more if late else ""))
    st.rerun()


# -- an open task -------------------------------------------------------------------------


def forms(frame: Frame, task: Mapping[str, Any]) -> None:
    """What the reader may do with an open task: say how it stands, remind, mend."""
    if writing.may_report():
        update(frame, task)
    if writing.may_edit():
        remind(frame, task)
        edit(frame, task)


def update(frame: Frame, task: Mapping[str, Any]) -> None:
    """The form that says how a task stands; what was said before stands in it."""
    number = task["task_id"]
    key = f"{number}{_round('task_update')}"
    with st.expander("Cập nhật tình hình", icon=":material/edit_note:"):
        with st.form(f"task_update_{key}", border=False):
            left, middle, right = st.columns(3)
            with left:
                at = _moment(f"update_at_{key}")
            with middle:
                launched = _said("Được triển khai", task["is_launched"], f"launched_{key}")
                completed = _said("Đã hoàn thành", task["is_completed"], f"completed_{key}")
            with right:
                done_on = st.date_input(
                    "Ngày hoàn thành", task["completed_on"], format=_DATE, key=f"done_on_{key}"
                )
                evidence = st.text_input("Minh chứng", key=f"evidence_{key}")
            note = st.text_area("Tình hình, vướng mắc", key=f"note_{key}", height=80)
            sent = writing.submit("Ghi tình hình", type="primary")
        if sent:
            values = {
                "programme": task["programme_id"],
                "task": number,
                "at": at,
                "is_launched": launched,
                "is_completed": completed,
                "completed_on": done_on,
                "note": note.strip() or None,
                "evidence": evidence.strip() or None,
            }
            _save(frame, "task_update", values, "Đã ghi tình hình nhiệm vụ.", at)


def remind(frame: Frame, task: Mapping[str, Any]) -> None:
    """The form for a reminder."""
    number = task["task_id"]
    key = f"{number}{_round('reminder')}"
    with st.expander("Ghi một lần đôn đốc", icon=":material/notifications:"):
        with st.form(f"task_remind_{key}", border=False):
            left, right = st.columns(2)
            with left:
                at = _moment(f"remind_at_{key}")
            with right:
                document = st.text_input("Văn bản đôn đốc", key=f"remind_document_{key}")
            sent = writing.submit("Ghi đôn đốc")
        if sent:
            values = {
                "programme": task["programme_id"],
                "task": number,
                "at": at,
                "document": document.strip() or None,
            }
            _save(frame, "reminder", values, "Đã ghi một lần đôn đốc.", at)


def edit(frame: Frame, task: Mapping[str, Any]) -> None:
    """The form that completes or mends a task; each change is kept with who and when."""
    number = task["task_id"]
    key = f"{number}{_round('task')}"
    with st.expander("Sửa nhiệm vụ, bổ sung “6 rõ”", icon=":material/edit:"):
        with st.form(f"task_edit_{key}", border=False):
            name = st.text_input("Tên nhiệm vụ (rõ việc)", task["name"], key=f"edit_name_{key}")
            left, right = st.columns(2)
            with left:
                person = _text("Người phụ trách (rõ người)", task["person"], f"edit_person_{key}")
                area = _choice("Lĩnh vực cải cách", AREAS, f"edit_area_{key}", task["area"])
                due = st.date_input(
                    "Hạn hoàn thành (rõ thời gian)", task["due_on"], format=_DATE,
                    key=f"edit_due_{key}",
                )  # fmt: skip
                standing = st.checkbox(
                    "Thường xuyên, không có hạn", task["is_standing"], key=f"edit_standing_{key}"
                )
            with right:
                product = _text("Sản phẩm (rõ sản phẩm)", task["product"], f"edit_product_{key}")
                duty = _text(
                    "Trách nhiệm (rõ trách nhiệm)", task["responsibility"], f"edit_duty_{key}"
                )
                authority = _text(
                    "Thẩm quyền (rõ thẩm quyền)", task["authority"], f"edit_authority_{key}"
                )
            sent = writing.submit("Ghi sửa đổi")
        if sent:
            values = {
                "name": name.strip() or None,
                "person": person,
                "area": area,
                "due_on": due,
                "is_standing": standing,
                "product": product,
                "responsibility": duty,
                "authority": authority,
            }
            _save(frame, "task", values, "Đã ghi sửa đổi.", None, {"id": number})


def _text(label: str, present: str | None, key: str) -> str | None:
    return str(st.text_input(label, present or "", key=key)).strip() or None


def _moment(key: str) -> datetime | None:
    now = datetime.now(data.settings().zone).replace(tzinfo=None, second=0, microsecond=0)
    # The value of the first run stays, so that the clock does not undo what is being typed.
    usual: datetime = st.session_state.setdefault(f"{key}_usual", now)
    return st.datetime_input("Thời điểm", usual, format=_DATE, step=60, key=key)


def _said(label: str, present: bool | None, key: str) -> bool | None:
    picked = st.radio(
        label, list(_SAID), index=list(_SAID).index(_WORDS[present]), key=key, horizontal=True
    )
    return _SAID[picked or "Chưa rõ"]


# -- new programmes and tasks, files ------------------------------------------------------


def entry(frame: Frame) -> None:
    """Below the list: add a task, add a programme, import from a file; for those who may."""
    if not writing.may_edit():
        return
    st.header("Nhập liệu")
    programmes = task_data.all_programmes(frame.looking_at("programme"))
    if not programmes.is_empty():
        with st.expander("Thêm nhiệm vụ", icon=":material/add_task:"):
            _new_task(frame, dict(programmes.select("programme_id", "name").iter_rows()))
    with st.expander("Thêm chương trình, kế hoạch", icon=":material/playlist_add:"):
        _new_programme(frame)
    with st.expander("Nhập từ tệp", icon=":material/upload_file:"):
        register_files.draw(frame, ("programme", "task", "task_update", "reminder"))


def _new_task(frame: Frame, programmes: dict[int, str]) -> None:
    end = _round("task")
    st.caption(
        "Đủ “6 rõ”: rõ người, rõ việc, rõ thời gian, rõ trách nhiệm, rõ sản phẩm, rõ thẩm quyền."
    )
    with st.form(f"new_task{end}", border=False):
        programme = st.selectbox(
            "Chương trình, kế hoạch", list(programmes), format_func=programmes.__getitem__,
            index=None, placeholder="Chọn chương trình", key=f"new_task_programme{end}",
        )  # fmt: skip
        left, right = st.columns([1, 3])
        code = left.text_input("Mã nhiệm vụ", key=f"new_task_code{end}", max_chars=64)
        name = right.text_input("Tên nhiệm vụ (rõ việc)", key=f"new_task_name{end}", max_chars=1024)
        left, right = st.columns(2)
        with left:
            unit = _unit(frame, "Đơn vị chủ trì", f"new_task_unit{end}")
            co_units = _units(frame, "Đơn vị phối hợp", f"new_task_co_units{end}")
            person = st.text_input("Người phụ trách (rõ người)", key=f"new_task_person{end}")
            area = _choice("Lĩnh vực cải cách", AREAS, f"new_task_area{end}")
            assigned = st.date_input("Ngày giao", None, format=_DATE, key=f"new_task_assigned{end}")
            due = st.date_input(
                "Hạn hoàn thành (rõ thời gian)", None, format=_DATE, key=f"new_task_due{end}"
            )
            standing = st.checkbox("Thường xuyên, không có hạn", key=f"new_task_standing{end}")
        with right:
            product = st.text_area(
                "Sản phẩm (rõ sản phẩm)", key=f"new_task_product{end}", height=80
            )
            duty = st.text_area(
                "Trách nhiệm (rõ trách nhiệm)", key=f"new_task_duty{end}", height=80
            )
            authority = st.text_area(
                "Thẩm quyền (rõ thẩm quyền)", key=f"new_task_authority{end}", height=80
            )
            source = st.text_input(
                "Nguồn, văn bản giao", "Nhập trên màn hình", key=f"new_task_source{end}"
            )
        sent = writing.submit("Thêm nhiệm vụ", type="primary")
    if not sent:
        return
    values = {
        "programme": programme,
        "code": code.strip(),
        "name": name.strip(),
        "unit": unit,
        "co_units": tuple(co_units),
        "person": person.strip(),
        "area": area,
        "assigned_on": assigned,
        "due_on": due,
        "is_standing": standing,
        "product": product.strip(),
        "responsibility": duty.strip(),
        "authority": authority.strip(),
        "source": source.strip(),
    }
    wrong = refusals(values)
    if wrong:
        st.error("Chưa thêm được nhiệm vụ:  \n" + "  \n".join(wrong))
        return
    _save(frame, "task", values, f"Đã thêm nhiệm vụ “{values['name']}”.", None)


def _new_programme(frame: Frame) -> None:
    end = _round("programme")
    with st.form(f"new_programme{end}", border=False):
        left, right = st.columns([1, 3])
        code = left.text_input("Mã chương trình", key=f"new_programme_code{end}", max_chars=64)
        name = right.text_input("Tên chương trình, kế hoạch", key=f"new_programme_name{end}")
        left, right = st.columns(2)
        with left:
            kind = _choice("Loại", PROGRAMME_KINDS, f"new_programme_kind{end}")
            unit = _unit(frame, "Đơn vị ban hành", f"new_programme_unit{end}")
            first = st.date_input("Từ ngày", None, format=_DATE, key=f"new_programme_from{end}")
            last = st.date_input("Đến ngày", None, format=_DATE, key=f"new_programme_to{end}")
        with right:
            document = st.text_input("Số, ký hiệu văn bản", key=f"new_programme_document{end}")
            issued = st.date_input(
                "Ngày ban hành", None, format=_DATE, key=f"new_programme_issued{end}"
            )
            announced = st.number_input(
                "Số nhiệm vụ công bố", 0, value=None, step=1, key=f"new_programme_announced{end}"
            )
        sent = writing.submit("Thêm chương trình")
    if sent:
        values = {
            "code": code.strip(),
            "name": name.strip(),
            "kind": kind,
            "unit": unit,
            "document": document.strip() or None,
            "issued_on": issued,
            "period_from": first,
            "period_to": last,
            "announced_tasks": announced,
            "source": document.strip() or "Nhập trên màn hình",
        }
        _save(frame, "programme", values, f"Đã thêm chương trình “{values['name']}”.", None)


def _units_of(frame: Frame) -> tuple[list[int], Callable[[int], str]]:
    options, labels = unit_options(frame.facts.units, frame.scope)
    return [option for option in options if option], labels.__getitem__


def _unit(frame: Frame, label: str, key: str) -> int | None:
    options, words = _units_of(frame)
    return st.selectbox(
        label, options, format_func=words, index=None, placeholder="Chọn đơn vị", key=key
    )


def _units(frame: Frame, label: str, key: str) -> list[int]:
    options, words = _units_of(frame)
    return st.multiselect(
        label, options, format_func=words, placeholder="Chọn đơn vị (nếu có)", key=key
    )


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
