"""What is done about a unit from the home screen, and what is asked of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

import streamlit as st

from connectors.calling import MOST_TEXT, Deed
from connectors.registers import Entry
from metrics.core.vietnamese import day
from metrics.dossiers.calls import Call, CallList, brief
from metrics.dossiers.catalogue import FIGURES
from metrics.registers.columns import CHOICE, DATE, LONG, Choice, Column
from metrics.registers.tasks import TASK_UPDATE
from metrics.tasks.requests import Request, last_of_units
from pages.tasks import home as task_home
from pages.week import calls
from ui.kit import asking, attached, forms, heads, panel, writing
from ui.kit import screen as kit
from ui.kit.forms import Form
from ui.kit.links import href, link
from ui.kit.listing import open_place, row_place
from ui.kit.marks import Html
from ui.kit.parts import LEVEL_MARKS
from ui.kit.query import Query, one_of, opened
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.text import plain, safe

CALL, ANSWER, ABOUT = "call", "answer", "about"
QUERY: Final = Query(
    "week", opened(CALL), opened(ANSWER), one_of(ABOUT, FIGURES, is_open=True, is_listed=False)
)
"""The unit that something is done about, and the figure that it is about, where it came from one;
the request that is answered."""

_OTHER: Final = "other"
_SHOWN: Final = 5
_DUE: Final = Column("due_on", "Hạn trả lời", DATE, required=True)
_TEXT: Final = Column("text", "Nội dung", required=True, length=LONG)
_ANSWER: Final = tuple(TASK_UPDATE.by_name[name] for name in ("note", "evidence"))
_SIX: Final = (
    Column("person", "Người phụ trách", required=True),
    Column("product", "Sản phẩm", required=True, length=LONG),
    Column("responsibility", "Trách nhiệm", required=True, length=LONG),
    Column("authority", "Thẩm quyền", required=True, length=LONG),
)


@dataclass(frozen=True)
class Screen(kit.Screen):
    """The home screen's own parameters, and what units were asked."""

    requests: tuple[Request, ...]

    @cached_property
    def calls(self) -> CallList:
        """Whom to call; asked for only where there are dossiers."""
        return calls.read(self.frame)

    @property
    def call(self) -> Call | None:
        """The row of the unit that something is done about; None: it is not on the list."""
        return next((c for c in self.calls.calls if c.unit == self.asked[CALL]), None)

    @property
    def answered(self) -> Request | None:
        """The request that is answered."""
        return next((r for r in self.requests if r.task == self.asked[ANSWER]), None)

    @property
    def last(self) -> dict[int, Request]:
        """Unit → what was asked of it last."""
        return last_of_units(self.requests)

    def deed(self, unit: int) -> Html:
        """The link to do something about a unit, for who may."""
        if not writing.may_ask():
            return Html("")
        words = "Yêu cầu giải trình, giao việc, ghi đã gọi"
        own, place = row_place(CALL, unit), open_place(CALL, unit)
        return link(words, self.href(**{CALL: unit}), own=own, place=place)

    def of_unit(self, unit: int) -> list[Request]:
        """What was asked of a unit, the newest first."""
        return [one for one in self.requests if one.unit == unit]


def read(frame: Frame) -> Screen:
    """The home screen of the address."""
    asked_of = tuple(task_home.asked(frame))
    known = {
        ANSWER: {one.task for one in asked_of},
        CALL: set(frame.unit_names) if writing.may_ask() else set(),
    }
    return Screen(frame, QUERY.read(**known), "week", asked_of)


# -- a unit that something is done about ------------------------------------------------------


def opened_call(screen: Screen) -> None:
    """The unit of the address: why, what was asked before, and what can be done."""
    unit = screen.asked[CALL]
    if unit is None or not writing.may_ask():
        return
    frame = screen.frame
    with panel.panel(screen, CALL, frame.unit_names[unit]):
        if head := heads.said(heads.of_units([unit]).get(unit)):
            st.html(head)
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _why(frame, screen.call)
            _before(screen.of_unit(unit))
        with right:
            _forms(screen, unit)


def _why(frame: Frame, call: Call | None) -> None:
    if call is None:
        st.caption("Đơn vị không ở trong danh sách cần gọi của kỳ này.")
        return
    rows = "".join(
        f"<li>{LEVEL_MARKS[line.level]} {calls.reason(frame, line)}.</li>" for line in call.lines
    )
    st.html(f'<ul class="dh-calls">{rows}</ul>')


def _before(found: Sequence[Request]) -> None:
    st.subheader("Đã yêu cầu, đã gọi")
    if not found:
        st.caption("Chưa có yêu cầu nào với đơn vị này.")
        return
    shown = found[:_SHOWN]
    rows = "".join(f"<li>{_said(one)}</li>" for one in shown)
    st.html(f'<ul class="dh-calls">{rows}</ul>')
    files = attached.of_tasks([one.task for one in shown])
    attached.buttons([each for one in shown for each in files.get(one.task, ())], "before")


def _said(one: Request) -> str:
    told = safe(one.sentence)
    return (
        told
        if one.what == "called"
        else f"{told}<br><span class='dh-muted'>{safe(one.text)}</span>"
    )


def _forms(screen: Screen, unit: int) -> None:
    frame, call = screen.frame, screen.call
    topics = _topics(call)
    due = frame.facts.calendar.add_working_days(
        asking.now().date(), int(frame.ask.threshold("answer_days").value)
    )
    name = frame.unit_names[unit]
    about = "" if call is None else calls.address(frame, call.lines[0])
    first = topics[0].value
    why = "" if call is None else call.lines[0].text
    if figure := FIGURES.get(screen.asked[ABOUT] or ""):
        # From a figure's "Cách tính": about that one, with its filters, and no other reason.
        listed = "not_on_time" if figure.key == "on_time" else figure.key
        about = href(frame, "late", frame.params(unit=unit, figure=listed))
        first, why = _OTHER, f"{figure.label}, {frame.view.period.label}."

    def write(what: Any) -> Callable[[Mapping[str, Any]], object]:
        def act(typed: Mapping[str, Any]) -> object:
            more = {each.name: typed[each.name] for each in _SIX if each.name in typed}
            deed = Deed(
                what,
                unit,
                _asker(frame),
                typed["text"],
                typed.get("topic") or _OTHER,
                typed.get("due_on"),
                about,
                more,
            )
            return writing.act(deed)

        return act

    topic = Column("topic", "Về việc", CHOICE, required=True, choices=topics)
    usual = {"topic": first, "due_on": due}
    explain = Form(
        "explain", "Yêu cầu giải trình", button="Gửi yêu cầu", columns=(topic, _DUE, _TEXT),
        usual=usual | {"text": f"Đề nghị giải trình: {why}" if why else ""},
        done=f"Đã yêu cầu {name} giải trình.", labels={"text": "Nội dung yêu cầu"},
        refuse=_too_long,
    )  # fmt: skip
    assign = Form(
        "assign", "Giao việc", button="Giao việc", columns=(topic, _DUE, _TEXT, *_SIX),
        usual=usual | _six(frame, name, day(due)), done=f"Đã giao việc cho {name}.",
        labels={"text": "Việc giao", "due_on": "Hạn hoàn thành"}, refuse=_too_long,
        about="Đủ “6 rõ”; số liệu và bộ lọc đang xem đi kèm việc.",
    )  # fmt: skip
    called = Form(
        "called", "Đã gọi", button="Ghi đã gọi", columns=(_TEXT,),
        done=f"Đã ghi là đã gọi {name}.", labels={"text": "Đã trao đổi"}, refuse=_too_long,
    )  # fmt: skip
    for form, icon in ((explain, "help"), (assign, "add_task"), (called, "call")):
        with st.expander(plain(form.title), icon=f":material/{icon}:", expanded=form is explain):
            forms.entry(frame, form, write(form.register), key=str(unit))


def _topics(call: Call | None) -> tuple[Choice, ...]:
    kinds = {} if call is None else {line.kind: brief(line) for line in call.lines}
    found = tuple(Choice(kind, words[0].upper() + words[1:]) for kind, words in kinds.items())
    return (*found, Choice(_OTHER, "Việc khác"))


def _six(frame: Frame, name: str, due: str) -> dict[str, str]:
    return {
        "person": f"Người đứng đầu {name}",
        "product": f"Báo cáo kết quả khắc phục trước ngày {due}",
        "responsibility": f"Người đứng đầu {name} chịu trách nhiệm về kết quả",
        "authority": f"Thẩm quyền của {name}",
    }


def _asker(frame: Frame) -> int:
    """In whose name: the account's own unit, else that which the installation works for."""
    own = frame.reader.unit_id
    root = data.own_root(frame.version)
    found = own if own is not None else root
    return found if found is not None else min(frame.unit_names)


def _too_long(typed: Mapping[str, Any]) -> list[str]:
    text = (typed.get("text") or "").strip()
    return [] if len(text) <= MOST_TEXT else [f"Nội dung dài quá {MOST_TEXT} ký tự; hãy rút ngắn."]


# -- what is asked of one's own unit ----------------------------------------------------------


def asked_of_own(screen: Screen) -> None:
    """What the unit in view was asked and has not answered, with the way to answer."""
    unit = screen.frame.view.unit or screen.frame.reader.unit_id
    mine = [one for one in screen.of_unit(unit) if one.is_open] if unit is not None else []
    if not mine:
        return
    st.header(f"Được yêu cầu ({len(mine)})")
    rows = "".join(f"<li>{_mine(screen, one)}</li>" for one in mine)
    st.html(f'<ul class="dh-calls" aria-label="Được yêu cầu">{rows}</ul>')


def _mine(screen: Screen, one: Request) -> str:
    mark = LEVEL_MARKS["alarm" if one.days_past else "warning"]
    answer = Html("")
    if writing.may_report():
        answer = link(
            "Trả lời", screen.href(**{ANSWER: one.task}), own=row_place(ANSWER, one.task),
            place=open_place(ANSWER, one.task),
        )  # fmt: skip
    return f"{mark} <strong>{safe(one.sentence)}</strong><div>{safe(one.text)} {answer}</div>"


def opened_answer(screen: Screen) -> None:
    """The form that answers the request of the address."""
    one = screen.answered
    if one is None or not writing.may_report():
        return
    with panel.panel(screen, ANSWER, "Trả lời yêu cầu"):
        st.html(f"<p><strong>{safe(one.sentence)}</strong></p><p>{safe(one.text)}</p>")
        if not one.is_open:
            attached.buttons(attached.of_tasks([one.task]).get(one.task, ()), "answer")
            return
        today = asking.now().date()
        form = Form(
            "task_update", "Trả lời", button="Gửi trả lời", done="Đã gửi trả lời.",
            columns=_ANSWER, fixed=_answer(one) | {"completed_on": today},
            labels={"note": "Nội dung trả lời"}, refuse=_said_nothing, takes_files=True,
        )  # fmt: skip
        forms.entry(screen.frame, form, _report, key=str(one.task))


def _report(typed: Mapping[str, Any]) -> object:
    values = dict(typed)
    files = values.pop("files")
    return writing.report(Entry("task_update", values), files)


def _answer(one: Request) -> dict[str, Any]:
    return {
        "programme": one.programme,
        "task": one.task,
        # This minute: the next one is where what is known ends.
        "at": asking.now() - timedelta(minutes=1),
        "is_launched": True,
        "is_completed": True,
    }


def _said_nothing(typed: Mapping[str, Any]) -> list[str]:
    return [] if (typed.get("note") or "").strip() else ["Hãy ghi nội dung trả lời."]
