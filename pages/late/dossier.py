"""One dossier: how it stands, why it is late, its course; its owner stands apart."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from connectors.read import StepRecord, Timeline
from metrics.core.names import CHANNELS, END_KINDS
from metrics.core.vietnamese import moment, number
from metrics.dossiers.dossier import STATES, Judged, why
from metrics.dossiers.late_time import WAITS, working_time
from metrics.dossiers.lateness import cause_name
from pages.late import data as late_data
from pages.late import recording
from pages.late.owner import owner
from pages.late.screen import Screen
from ui.kit import withdrawn, writing
from ui.kit.links import href, link
from ui.kit.listing import open_place
from ui.kit.marks import MARKS, Html
from ui.kit.panel import Event, timeline
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.text import safe


def about(screen: Screen, found: Timeline) -> None:
    """What the open dossier is, how it stands, and everything that happened to it."""
    frame, scope = screen.frame, data.scope_of_reader().units
    _neighbours(screen, found.dossier_id)
    judged = late_data.judged(frame.version, frame.view, scope, found.dossier_id)
    st.html(_standing(frame, found, judged))
    is_withdrawn = judged is None and withdrawn.is_told(found.dossier_id)
    if judged is None and not is_withdrawn:
        st.info("Hồ sơ vừa được nạp; số liệu tổng hợp chưa có hồ sơ này.", icon=":material/sync:")
    if found.dossier_id not in screen.listing.top["dossier_id"]:
        st.caption("Hồ sơ này không có trong danh sách đang lọc.")
    timeline(course(frame, found, judged), frame.ask.moment, is_course=True)
    owner(found.dossier_id)
    if not is_withdrawn:
        recording.one(screen, found)
        withdrawn.dossier(found.dossier_id)


def _neighbours(screen: Screen, number: int) -> None:
    """The dossiers before and after it in the list; also by the arrow keys (document.js)."""
    ids = screen.listing.top["dossier_id"].to_list()
    if number not in ids:
        return
    at = ids.index(number)
    ways = [
        (ids[at - 1] if at else None, "← Hồ sơ trước", "dh-link dh-before"),
        (ids[at + 1] if at + 1 < len(ids) else None, "Hồ sơ sau →", "dh-link dh-after"),
    ]
    links = "".join(
        link(words, screen.href(dossier=one), style=style, place=open_place("dossier", one))
        for one, words, style in ways
        if one is not None
    )
    st.html(f'<nav class="dh-contents" aria-label="Hồ sơ trước, sau trong danh sách">{links}</nav>')


def _standing(frame: Frame, found: Timeline, judged: Judged | None) -> str:
    procedure = frame.procedure_names.get(found.procedure_id or 0, "Chưa rõ thủ tục")
    unit = frame.unit_names.get(found.unit_id, f"Đơn vị {found.unit_id}")
    told = ""
    if judged is not None:
        state = judged.state(frame.ask)
        mark = MARKS["dossier"][state].html(STATES[state])
        told = f"<p>{mark} {safe(why(judged, frame.ask))}</p>"
    ask = ""
    if writing.may_ask() and found.unit_id in frame.unit_names:
        params = frame.params() | {"unit": None, "call": found.unit_id}
        ask = f" · {link('Yêu cầu đơn vị giải trình', href(frame, 'week', params))}"
    return (
        f'<p class="dh-muted">{safe(procedure)}<br>{safe(unit)} · {safe(found.source)}{ask}</p>'
        f"{told}"
    )


# -- the course ---------------------------------------------------------------------------


def course(frame: Frame, found: Timeline, judged: Judged | None) -> Iterator[Event]:
    """Everything that is recorded of the dossier."""
    yield from _acceptance(frame, found, judged)
    for step in found.steps:
        yield _step(frame, found, step, judged)
    yield from _pauses(found)
    yield from _dues(found, judged)
    for apology in found.apologies:
        paper = f" số {safe(apology.number)}" if apology.number else ""
        again = f", đề nghị hẹn lại {moment(apology.new_due_at)}" if apology.new_due_at else ""
        yield Event(apology.issued_at, Html(f"<b>Văn bản xin lỗi</b>{paper}{again}"))
    yield from _end(found, judged)


def _acceptance(frame: Frame, found: Timeline, judged: Judged | None) -> Iterator[Event]:
    channel = found.channel_source or CHANNELS.get(found.channel, "Chưa rõ kênh")
    if found.submitted_at is not None:
        words = Html(f"<b>Nộp hồ sơ</b> ({safe(channel.lower())})")
        yield Event(found.submitted_at, words)
    if found.received_at is None:
        return
    place = frame.place_names.get(found.receiving_unit_id or 0)
    where = f" tại {safe(place)}" if place else ""
    due = None if judged is None else judged.row["acceptance_due_at"]
    late = due is not None and found.received_at > due
    overdue = f"; trễ, hạn tiếp nhận {moment(due)}" if late else ""
    words = Html(f"<b>Tiếp nhận</b>{where}{overdue}")
    yield Event(found.received_at, words, "dh-late" if late else "")


def _step(frame: Frame, found: Timeline, step: StepRecord, judged: Judged | None) -> Event:
    ask = frame.ask
    who = [f'<span class="dh-nowrap">{safe(step.officer)}</span>'] if step.officer else []
    if step.unit_id is not None and step.unit_id != found.unit_id:
        who.append(safe(frame.place_names.get(step.unit_id, f"đơn vị {step.unit_id}")))
    spent = None if judged is None else judged.steps.get(step.sequence)
    took, style = "", ""
    if spent is not None:
        done = step.to_at is not None and step.to_at < ask.moment
        took = f"<br>{'thực hiện' if done else 'đã thực hiện'} {working_time(spent.own, ask)}"
        if spent.allotted is not None:
            took += f", được giao {working_time(spent.allotted, ask)}"
        if spent.over:
            took += f" – <b>vượt {working_time(spent.over, ask)}</b>"
            style = "dh-late"
    by = f" – {', '.join(who)}" if who else ""
    words = Html(f"<b>Bước {number(step.sequence)}. {safe(step.name)}</b>{by}{took}")
    return Event(step.from_at, words, style)


def _pauses(found: Timeline) -> Iterator[Event]:
    for pause in found.pauses:
        until = "chưa kết thúc" if pause.to_at is None else f"đến {moment(pause.to_at)}"
        paper = f", văn bản {safe(pause.document_no)}" if pause.document_no else ""
        words = safe(WAITS.get(pause.kind, WAITS["other"]))
        yield Event(pause.from_at, Html(f"<b>{words}</b> {until}{paper}"), "dh-pause")


def _dues(found: Timeline, judged: Judged | None) -> Iterator[Event]:
    current, original = found.due_at, found.due_original_at
    if original is not None and original != current:
        yield Event(original, Html("<b>Hẹn trả gốc</b>"), "dh-due")
    due = None if judged is None else judged.row["judged_due_at"]
    if current is not None:
        same = due is None or due == current
        words = "Hẹn trả" if same and original == current else "Hẹn trả hiện hành"
        yield Event(current, Html(f"<b>{words}</b>"), "dh-due")
    if due is not None and due not in (current, original):
        yield Event(due, Html("<b>Hẹn trả sau khi trừ thời gian tạm dừng</b>"), "dh-due")


def _end(found: Timeline, judged: Judged | None) -> Iterator[Event]:
    ended, recorded = found.ended_at, found.recorded_at
    if ended is not None:
        late = judged is not None and judged.row["days_late"] is not None
        result = safe(END_KINDS.get(found.end_kind, "chưa rõ kết quả").lower())
        cause = f"; nguyên nhân: {safe(cause_name(found.late_cause).lower())}" if late else ""
        words = Html(f"<b>Kết thúc</b>: {result}{cause}")
        yield Event(ended, words, "dh-late" if late else "")
    if recorded is not None:
        due = None if judged is None else judged.row["judged_due_at"]
        late = ended is not None and due is not None and ended <= due < recorded
        after = " – <b>sau hẹn trả, dù kết thúc đúng hạn</b>" if late else ""
        words = Html(f"Phần mềm ghi nhận kết thúc{after}")
        yield Event(recorded, words, "dh-late" if late else "")
    if found.collected_at is not None:
        yield Event(found.collected_at, Html("Công dân nhận kết quả"))
