"""Parts of the screen of slides: what is shown, and what starts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import streamlit as st

from connectors.engine import SnapshotMissing
from connectors.meetings import Decision, Meeting, Of, Slide
from pages.presenting import data as read_data
from pages.presenting.slides import slide
from reports.blocks import Link, Report, Section
from reports.deck import in_order, prepared, with_meetings
from reports.material import Meetings
from reports.registry import REPORTS
from reports.render import render
from ui.kit.links import href
from ui.kit.sheet import file_stem
from ui.shell import guarded
from ui.shell.context import Frame
from ui.shell.guarded import DOCX, PDF, PPTX, Made, Unmade
from ui.shell.text import plain, safe

PREPARE: Final = "prepare_meeting"
_SECONDS: Final = 30
_MIMES: Final = {"pptx": PPTX, "pdf": PDF, "docx": DOCX}
_KEYS: Final = (
    ("→ ↓ PageDown, phím cách", "trang sau"),
    ("← ↑ PageUp", "trang trước"),
    ("Home, End", "trang đầu, trang cuối"),
    ("số rồi Enter", "đến trang số đó"),
    ("Enter hoặc O", "mở màn hình số liệu của trang; O lần nữa để về"),
    ("N", "ghi việc giao; O để về trang chiếu"),
    ("S", "cửa sổ của người nói"),
    ("A", f"tự chuyển trang, {_SECONDS} giây một trang"),
    ("D", "nền sáng, nền tối"),
    ("F", "toàn màn hình"),
    ("Esc", "kết thúc"),
)


@dataclass(frozen=True)
class Desk:
    """What is prepared: the deck in its order, and the meeting as it is kept."""

    frame: Frame
    of: Of
    report: Report
    meeting: Meeting
    before: tuple[Decision, ...] | None
    is_lost: bool

    @property
    def may_prepare(self) -> bool:
        return not self.is_lost and self.frame.may(PREPARE)

    @cached_property
    def sections(self) -> list[Section]:
        """All slides in the meeting's order, those left out, too."""
        return in_order(self.report.sections, [each.slide for each in self.meeting.slides])

    @cached_property
    def slides(self) -> dict[str, Slide]:
        """Key → how the slide was prepared, of every slide that there is, in order."""
        known = {each.slide: each for each in self.meeting.slides}
        return {each.key: known.get(each.key, Slide(each.key)) for each in self.sections}

    @property
    def shown(self) -> Report:
        """The deck as it is presented, and printed."""
        return prepared(self.report, list(self.slides.values()))

    def live(self, link: Link | None) -> str:
        """The address of the screen behind a slide; "": none that the reader may open."""
        if link is None or not self.frame.may(f"page:{link.screen}"):
            return ""
        return href(self.frame, link.screen, {**self.frame.params(), **link.params})


def read(frame: Frame) -> Desk:
    """The deck of the view and the meeting over it."""
    of = read_data.which(frame)
    kept = read_data.kept(of)
    before = None if kept is None else read_data.earlier(of)
    meeting = kept or Meeting()
    report = with_meetings(
        read_data.figures(frame), Meetings(before, meeting.decisions), frame.place_names
    )
    return Desk(frame, of, report, meeting, before, kept is None)


def heading(desk: Desk) -> None:
    """What is presented, of whom."""
    frame = desk.frame
    st.title(f"Trình chiếu · {plain(frame.whose)}")
    if desk.is_lost:
        st.warning(
            "Chưa đọc được cuộc họp đã chuẩn bị vì mất kết nối cơ sở dữ liệu: các trang đang theo "
            "thứ tự thường dùng.",
            icon=":material/cloud_off:",
        )


def controls(desk: Desk) -> None:
    """The buttons that begin the show, and the deck as files."""
    st.html(
        '<div class="dh-s-controls">'
        '<button type="button" class="dh-present">Trình chiếu</button>'
        '<button type="button" class="dh-present" data-speaker="true">'
        "Trình chiếu, mở cửa sổ người nói</button></div>"
    )
    _files(desk)
    with st.expander("Phím dùng khi trình chiếu", icon=":material/keyboard:"):
        rows = "".join(
            f'<tr><th scope="row">{safe(k)}</th><td>{safe(w)}</td></tr>' for k, w in _KEYS
        )
        st.html(f'<table class="dh-facts"><tbody>{rows}</tbody></table>')


def _files(desk: Desk) -> None:
    """The deck as it was prepared, and the chair's briefing; each is made when it is asked for."""
    frame = desk.frame
    if not frame.may("export"):
        return
    brief = read_data.briefing_maker(frame)
    with st.container(horizontal=True, gap="small"):
        for layout in ("pptx", "pdf"):
            _download(desk, "trinh-chieu", "Bản trình chiếu", layout, lambda: desk.shown)
        for layout in ("pdf", "docx"):
            _download(desk, "bao-cao-tuan", "Báo cáo nhanh", layout, brief)


def _download(desk: Desk, key: str, label: str, layout: str, made: Callable[[], Report]) -> None:
    frame = desk.frame
    period = frame.view.period.label.split(" (")[0]
    stem = file_stem(f"{label} {period[0].lower()}{period[1:]}", frame.whose, frame.ask.as_of_day)

    def make() -> Made:
        try:
            report = made()
            return Made(render(report, layout), {"sections": len(report.sections)})
        except (SnapshotMissing, RuntimeError) as problem:
            raise Unmade(str(problem)) from problem

    guarded.download_button(
        f"Tải {label.lower()} {layout.upper()}",
        "export",
        f"{REPORTS[key].title}, {frame.view.period.label}",
        make,
        file_name=f"{stem}.{layout}",
        mime=_MIMES[layout],
        key=f"presenting_{key}_{layout}",
        unit_id=frame.view.unit,
    )


def deck(desk: Desk) -> None:
    """All slides, small; the script shows them large (ui/kit/slides.js)."""
    shown = [key for key, each in desk.slides.items() if not each.is_hidden]
    html = "".join(
        slide(
            each,
            desk.report.head,
            _place(shown, each.key),
            desk.live(each.link),
            desk.slides[each.key].words,
            desk.slides[each.key].is_hidden,
        )
        for each in desk.sections
    )
    here = href(desk.frame, "presenting", desk.frame.params())
    st.html(f'<div class="dh-deck" data-here="{safe(here)}" data-seconds="{_SECONDS}">{html}</div>')


def _place(shown: list[str], key: str) -> str:
    return f"{shown.index(key) + 1}/{len(shown)}" if key in shown else "ẩn"
