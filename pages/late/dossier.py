"""One dossier: how it stands, why it is late, its course; its owner stands apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from connectors.read import StepRecord, Timeline
from metrics.core.ask import Ask
from metrics.core.names import CHANNELS, END_KINDS
from metrics.core.vietnamese import as_of, moment, number
from metrics.dossiers.dossier import Judged, why
from metrics.dossiers.late_time import WAITS, working_time
from metrics.dossiers.lateness import cause_name
from pages.late.owner import owner
from ui.shell.context import Frame
from ui.shell.text import safe


@dataclass(frozen=True)
class Event:
    """A moment of the course; ``style`` names the mark of the line ("" for a plain one)."""

    at: datetime
    text: str
    style: str = ""


def panel(
    frame: Frame, found: Timeline, judged: Judged | None, is_listed: bool, close: Callable[[], None]
) -> None:
    """The dossier's panel.

    Args:
        judged: as judged at the view's moment; None: the snapshot does not have it yet.
        is_listed: whether the list beside it holds the dossier.
        close: called when the reader closes the panel.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<span class="dh-code">{safe(found.code)}</span>')
        st.button(
            "Đóng", icon=":material/close:", type="tertiary", key="dossier_close", on_click=close
        )
    st.html(_heading(frame, found, judged))
    if judged is None:
        st.info("Hồ sơ vừa được nạp; số liệu tổng hợp chưa có hồ sơ này.", icon=":material/sync:")
    if not is_listed:
        st.caption("Hồ sơ này không có trong danh sách đang lọc.")
    st.html(_course(events(frame, found, judged), frame.ask))
    owner(found.dossier_id)


def _heading(frame: Frame, found: Timeline, judged: Judged | None) -> str:
    procedure = (
        frame.procedure_names.get(found.procedure_id, "Chưa rõ thủ tục")
        if found.procedure_id is not None
        else "Chưa rõ thủ tục"
    )
    unit = frame.unit_names.get(found.unit_id, f"Đơn vị {found.unit_id}")
    told = "" if judged is None else f"<p>{_mark(judged)} {safe(why(judged, frame.ask))}</p>"
    return (
        f'<div class="dh-dossier"><p class="dh-muted">{safe(procedure)}<br>{safe(unit)} · '
        f"{safe(found.source)}</p>{told}</div>"
    )


def _mark(judged: Judged) -> str:
    """The state as a word, a shape and a colour."""
    row = judged.row
    if row["days_late"] is not None:
        word = "Trễ hạn" if row["ended_at"] is not None else "Quá hạn"
        return f'<span class="dh-mark dh-bad">◆ {word}</span>'
    if judged.waiting_for is not None:
        return '<span class="dh-mark dh-warn">▲ Tạm dừng</span>'
    if row["due_at"] is None:
        return '<span class="dh-mark dh-warn">▲ Thiếu ngày hẹn</span>'
    if row["ended_at"] is None and row["days_left"] is not None and row["days_left"] <= 3:
        return '<span class="dh-mark dh-warn">▲ Sắp đến hạn</span>'
    word = "Trong hạn" if row["ended_at"] is None else "Đúng hạn"
    return f'<span class="dh-mark dh-good">● {word}</span>'


# -- the course ---------------------------------------------------------------------------


def events(frame: Frame, found: Timeline, judged: Judged | None) -> list[Event]:
    """Everything that is recorded of the dossier, in the order in which it happened."""
    listed = [
        *_acceptance(frame, found, judged),
        *(_step(frame, found, step, judged) for step in found.steps),
        *_pauses(found),
        *_dues(found, judged),
        *_apologies(found),
        *_end(found, judged),
    ]
    return sorted(listed, key=lambda event: event.at)


def _acceptance(frame: Frame, found: Timeline, judged: Judged | None) -> list[Event]:
    channel = found.channel_source or CHANNELS.get(found.channel, "Chưa rõ kênh")
    told = []
    if found.submitted_at is not None:
        told.append(Event(found.submitted_at, f"<b>Nộp hồ sơ</b> ({safe(channel.lower())})"))
    if found.received_at is None:
        return told
    place = frame.place_names.get(found.receiving_unit_id or 0)
    where = f" tại {safe(place)}" if place else ""
    due = None if judged is None else judged.row["acceptance_due_at"]
    late = due is not None and found.received_at > due
    overdue = f"; trễ, hạn tiếp nhận {moment(due)}" if late else ""
    told.append(
        Event(found.received_at, f"<b>Tiếp nhận</b>{where}{overdue}", "dh-late" if late else "")
    )
    return told


def _step(frame: Frame, found: Timeline, step: StepRecord, judged: Judged | None) -> Event:
    ask = frame.ask
    who = [f'<span class="dh-nowrap">{safe(step.officer)}</span>'] if step.officer else []
    if step.unit_id is not None and step.unit_id != found.unit_id:
        who.append(safe(frame.place_names.get(step.unit_id, f"đơn vị {step.unit_id}")))
    spent = None if judged is None else judged.steps.get(step.sequence)
    took, style = "", ""
    if spent is not None:
        own, allotted = spent
        done = step.to_at is not None and step.to_at < ask.moment
        took = f"<br>{'thực hiện' if done else 'đã thực hiện'} {working_time(own, ask)}"
        if allotted is not None:
            took += f", được giao {working_time(allotted, ask)}"
            if own > allotted:
                took += f" – <b>vượt {working_time(own - allotted, ask)}</b>"
                style = "dh-late"
    by = f" – {', '.join(who)}" if who else ""
    return Event(
        step.from_at, f"<b>Bước {number(step.sequence)}. {safe(step.name)}</b>{by}{took}", style
    )


def _pauses(found: Timeline) -> list[Event]:
    told = []
    for pause in found.pauses:
        until = "chưa kết thúc" if pause.to_at is None else f"đến {moment(pause.to_at)}"
        paper = f", văn bản {safe(pause.document_no)}" if pause.document_no else ""
        words = safe(WAITS.get(pause.kind, WAITS["other"]))
        told.append(Event(pause.from_at, f"<b>{words}</b> {until}{paper}", "dh-pause"))
    return told


def _dues(found: Timeline, judged: Judged | None) -> list[Event]:
    told = []
    current = found.due_at
    if found.due_original_at is not None and found.due_original_at != current:
        told.append(Event(found.due_original_at, "<b>Hẹn trả gốc</b>", "dh-due"))
    due = None if judged is None else judged.row["judged_due_at"]
    if current is not None:
        same = due is None or due == current
        words = "Hẹn trả" if same and found.due_original_at == current else "Hẹn trả hiện hành"
        told.append(Event(current, f"<b>{words}</b>", "dh-due"))
    if due is not None and due not in (current, found.due_original_at):
        told.append(Event(due, "<b>Hẹn trả sau khi trừ thời gian tạm dừng</b>", "dh-due"))
    return told


def _apologies(found: Timeline) -> list[Event]:
    told = []
    for apology in found.apologies:
        paper = f" số {safe(apology.number)}" if apology.number else ""
        again = f", đề nghị hẹn lại {moment(apology.new_due_at)}" if apology.new_due_at else ""
        told.append(Event(apology.issued_at, f"<b>Văn bản xin lỗi</b>{paper}{again}"))
    return told


def _end(found: Timeline, judged: Judged | None) -> list[Event]:
    told = []
    late = judged is not None and judged.row["days_late"] is not None
    if found.ended_at is not None:
        words = safe(END_KINDS.get(found.end_kind, "chưa rõ kết quả").lower())
        cause = f"; nguyên nhân: {safe(cause_name(found.late_cause).lower())}" if late else ""
        told.append(
            Event(found.ended_at, f"<b>Kết thúc</b>: {words}{cause}", "dh-late" if late else "")
        )
    if found.recorded_at is not None:
        due = None if judged is None else judged.row["judged_due_at"]
        ended = found.ended_at
        told_late = ended is not None and due is not None and ended <= due < found.recorded_at
        after = " – <b>sau hẹn trả, dù kết thúc đúng hạn</b>" if told_late else ""
        told.append(
            Event(
                found.recorded_at,
                f"Phần mềm ghi nhận kết thúc{after}",
                "dh-late" if told_late else "",
            )
        )
    if found.collected_at is not None:
        told.append(Event(found.collected_at, "Công dân nhận kết quả"))
    return told


def _course(listed: list[Event], ask: Ask) -> str:
    before = [event for event in listed if event.at < ask.moment]
    after = [event for event in listed if event.at >= ask.moment]
    html = _lines(before)
    if after:
        html += (
            f'<p class="dh-muted dh-after">Sau thời điểm số liệu ({as_of(ask.moment)}):</p>'
            + _lines(after)
        )
    return html


def _lines(listed: list[Event]) -> str:
    lines = [
        f'<li{f" class={event.style}" if event.style else ""}><time datetime="'
        f'{event.at.isoformat(timespec="minutes")}">{moment(event.at)}</time> {event.text}</li>'
        for event in listed
    ]
    return f'<ol class="dh-timeline">{"".join(lines)}</ol>'
