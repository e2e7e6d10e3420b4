"""What is written of a meeting: order, choice, own words; decisions and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import streamlit as st

from connectors import meetings
from connectors.meetings import Decision, Slide
from metrics.core.vietnamese import day, in_short, number
from pages.presenting.screen import PREPARE, Desk
from reports.deck.beginning import OUTCOMES
from ui.kit import fields, forms, writing
from ui.shell import data
from ui.shell.text import plain

_CHOSEN: Final = "presenting_slide"


def arrange(desk: Desk) -> None:
    """One slide at a time: its place, whether it is shown, the presenter's own words."""
    st.header("Chuẩn bị")
    names = {each.key: each.name for each in desk.sections}
    keys = list(desk.slides)
    if st.session_state.get(_CHOSEN) not in keys:
        st.session_state.pop(_CHOSEN, None)
    key = st.selectbox(
        "Trang cần sửa",
        keys,
        placeholder="Chọn",
        # Without its number: a label that changes is a choice that is lost.
        format_func=names.__getitem__,
        key=_CHOSEN,
    )
    chosen, at = desk.slides[key], keys.index(key)
    st.caption(f"Thứ {at + 1} trong {len(keys)} trang, kể cả trang ẩn.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Lên trước", icon=":material/arrow_upward:", disabled=at == 0):
            _keep(desk, _swapped(desk, at, at - 1), "Đã chuyển trang lên trước.")
        if st.button("Xuống sau", icon=":material/arrow_downward:", disabled=at == len(keys) - 1):
            _keep(desk, _swapped(desk, at, at + 1), "Đã chuyển trang xuống sau.")
        label = "Hiện trang" if chosen.is_hidden else "Ẩn trang"
        if st.button(label, icon=":material/visibility:"):
            done = "Đã hiện trang." if chosen.is_hidden else "Đã ẩn trang khỏi buổi trình chiếu."
            _keep(desk, _with(desk, replace(chosen, is_hidden=not chosen.is_hidden)), done)
    with st.form(f"presenting_words_{key}", border=False):
        words = st.text_area(
            "Lời của người trình bày trên trang này",
            chosen.words,
            max_chars=meetings.MOST_WORDS,
            height=110,
            key=f"presenting_own_{key}",
            help="Hiện ở cuối trang và trong tệp PPTX, PDF. Không ghi thông tin cá nhân.",
        )
        if writing.submit("Ghi lời"):
            _keep(desk, _with(desk, replace(chosen, words=words.strip())), "Đã ghi lời của trang.")


def _with(desk: Desk, changed: Slide) -> list[Slide]:
    return [changed if one.slide == changed.slide else one for one in desk.slides.values()]


def _swapped(desk: Desk, one: int, other: int) -> list[Slide]:
    found = list(desk.slides.values())
    found[one], found[other] = found[other], found[one]
    return found


def _keep(desk: Desk, slides: list[Slide], done: str) -> None:
    def write() -> None:
        with writing.writes(PREPARE, f"cuộc họp {desk.of.period}") as said:
            meetings.prepare(data.database(), data.settings(), desk.of, slides, **said)

    forms.written(write, done)


# -- decisions ----------------------------------------------------------------------------


def note(desk: Desk) -> None:
    """A form for what the meeting decides, empty again after each."""
    st.header("Việc giao tại cuộc họp")
    turn = ("note", "decision", desk.of.period)
    named = forms.key_of(*turn)
    units = fields.units(desk.frame, None)
    names = {each.key: each.name for each in desk.sections}
    with st.form(named, border=False):
        text = st.text_area(
            "Việc giao *", max_chars=meetings.MOST_TEXT, height=80, key=f"{named}_text"
        )
        left, right = st.columns(2)
        with left:
            unit = st.selectbox(
                "Đơn vị được giao *", list(units), index=None, format_func=units.__getitem__,
                placeholder="Chọn", key=f"{named}_unit",
            )  # fmt: skip
        with right:
            due = st.date_input("Hạn", None, format="DD/MM/YYYY", key=f"{named}_due")
        slide = st.selectbox(
            "Ghi khi chiếu trang", list(names), index=None, format_func=names.__getitem__,
            placeholder="Không theo trang nào", key=f"{named}_slide",
        )  # fmt: skip
        sent = writing.submit("Ghi việc giao", type="primary")
    if not sent:
        return
    if unit is None or not text.strip():
        forms.refused(["Hãy ghi việc giao và chọn đơn vị được giao."])
        return

    def write() -> None:
        with writing.writes(PREPARE, f"cuộc họp {desk.of.period}") as said:
            meetings.decide(
                data.database(), data.settings(), desk.of, text, unit, due, slide, **said
            )

    forms.written(write, "Đã ghi việc giao.", turn)


def noted(desk: Desk) -> None:
    """What this meeting has decided so far; what was noted by mistake is taken out."""
    for each in desk.meeting.decisions:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(_words(desk, each))
            if st.button("Bỏ", key=f"strike_{each.id}", help="Bỏ việc ghi nhầm"):
                forms.written(_strike(each.id), "Đã bỏ việc ghi nhầm.")


def _strike(decision: int) -> Callable[[], None]:
    def write() -> None:
        with writing.writes(PREPARE, f"việc giao {decision}") as said:
            meetings.strike(data.database(), data.settings(), decision, **said)

    return write


def earlier(desk: Desk) -> None:
    """What earlier meetings asked, each with a form for what became of it."""
    if not desk.before:
        return
    with st.expander(f"Kết quả việc đã giao trước ({number(len(desk.before))})", expanded=True):
        for each in desk.before:
            st.markdown(_words(desk, each))
            _outcome(each)


def _outcome(decision: Decision) -> None:
    named = f"outcome_{decision.id}"
    with st.form(named, border=False):
        left, right = st.columns(2)
        with left:
            outcome = st.selectbox(
                "Kết quả",
                list(OUTCOMES),
                index=list(OUTCOMES).index(decision.outcome),
                format_func=OUTCOMES.__getitem__,
                key=f"{named}_state",
            )
        with right:
            note_ = st.text_input(
                "Nói rõ", decision.outcome_note, max_chars=meetings.MOST_TEXT, key=f"{named}_note"
            )
        sent = writing.submit("Ghi kết quả")
    if not sent:
        return

    def write() -> None:
        with writing.writes(PREPARE, f"việc giao {decision.id}") as said:
            meetings.tell(data.database(), data.settings(), decision.id, outcome, note_, **said)

    forms.written(write, "Đã ghi kết quả.")


def _words(desk: Desk, each: Decision) -> str:
    unit = "" if each.unit_id is None else desk.frame.place_names.get(each.unit_id, "Đơn vị khác")
    due = f", hạn {day(each.due_on)}" if each.due_on else ""
    return f"**{plain(in_short(each.text, 200))}** – {plain(unit)}{due}"
