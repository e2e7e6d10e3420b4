"""The screen of late dossiers: the rows behind every figure, narrowed and opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import streamlit as st

from connectors.read import Timeline
from metrics.core.names import CHANNELS, END_KINDS
from metrics.core.vietnamese import day, in_short, number
from metrics.dossiers.catalogue import figure
from metrics.dossiers.lateness import (
    FIRST,
    GROUPS,
    LISTS,
    Band,
    Group,
    bands,
    cause_name,
    cause_names,
    switch_of,
)
from metrics.dossiers.listing import Listing
from pages.late import data as late_data
from pages.late.export import Names, columns
from ui.kit import files, forms, listing
from ui.kit import query as asks
from ui.kit import screen as kit
from ui.kit.cells import figure_text, fraction_text
from ui.kit.drift import OPENS
from ui.kit.filters import Words, switch
from ui.kit.marks import Html
from ui.kit.parts import explained, how
from ui.kit.query import Query
from ui.kit.rate import sides_of, whole_text
from ui.kit.sheet import Sheet
from ui.kit.table import Column, Row
from ui.shell import data, identity
from ui.shell.answers import DatabaseLost
from ui.shell.context import Frame
from ui.shell.text import safe

QUERY: Final = Query(
    "late",
    asks.one_of("figure", LISTS, usual=FIRST, label="Danh sách", is_listed=False),
    asks.a_part(LISTS, FIRST),
    asks.number("left", 0, 999, label="Số ngày làm việc còn lại",
                only=lambda values: LISTS[values.get("figure", FIRST)].counts_down),
    asks.text("q", label="Tìm mã hồ sơ"),
    asks.ids("units", label="Đơn vị", every="Mọi đơn vị"),
    asks.ids("procedure", label="Thủ tục", every="Mọi thủ tục", may_be_unknown=True),
    asks.some_of("step", label="Bước hiện tại", every="Mọi bước", is_repeated=True),
    asks.ids("field", label="Lĩnh vực", may_be_unknown=True),
    asks.ids("area", label="Địa bàn người nộp", may_be_unknown=True),
    asks.some_of("channel", [key for key in CHANNELS if key], label="Kênh", may_be_unknown=True),
    asks.ids("officer", label="Cán bộ thụ lý", may_be_unknown=True),
    asks.some_of("cause", cause_names(), label="Nguyên nhân", may_be_unknown=True),
    asks.some_of("band", label="Số ngày trễ"),
    asks.one_of("apology", ("issued", "missing"), label="Tình trạng xin lỗi"),
    asks.page(),
    asks.opened("dossier"),
    asks.opened(OPENS, ("1",)),
)  # fmt: skip
"""The screen's parameters, beside those of the frame."""

FACETS: Final = {
    "units": "units",
    "procedure": "procedures",
    "step": "steps",
    "field": "fields",
    "area": "areas",
    "channel": "channels",
    "officer": "officers",
    "cause": "causes",
}
"""Filter, in the order of the widgets → what it chooses from (metrics/dossiers/choices.py)."""

ACCEPTED: Final = {"accepted_late": "Đã tiếp nhận trễ", "acceptance_overdue": "Chưa tiếp nhận"}
"""What the list of late acceptance is made of."""
WHY: Final = "Trễ bao lâu, vì sao"
REGISTERS: Final = "Sổ xin lỗi, trễ hẹn nhiều lần"
PARTS: Final = {
    listing.LIST: "Danh sách",
    "vi-sao": WHY,
    "so-xin-loi": REGISTERS,
}
"""The parts of the screen: anchor → heading."""

_APOLOGY: Final = {"issued": "Đã xin lỗi", "missing": "Chưa xin lỗi"}
_GATED: Final = {
    "dossier": ("open_dossier", "Vai trò của bạn không mở từng hồ sơ."),
    "officer": ("see_officers", "Vai trò của bạn không xem theo cán bộ."),
}
"""Parameters that not every role may use: the action, and what is said to the others."""
_SHORT: Final = 70


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: the list that the address asks for."""

    refused: tuple[str, ...]
    wanted: late_data.Wanted

    @property
    def group(self) -> Group:
        return self.wanted.group

    @cached_property
    def bands(self) -> tuple[Band, ...]:
        return bands(self.frame.ask.as_of_day)

    @cached_property
    def listing(self) -> Listing:
        return late_data.listing(self.wanted)

    @cached_property
    def is_small(self) -> bool:
        """Whether the list is of so few that this reader may only know how many."""
        return self.frame.is_small(self.listing.total)

    @cached_property
    def is_late(self) -> bool:
        """Whether its dossiers are late with the result."""
        return not self.group.is_acceptance and not self.listing.causes.is_empty()

    def name(self, of: str, value: Any) -> str:
        """How a value of a filter is called."""
        if of == "cause":
            return cause_name(value)
        return str(value) if of == "step" else self._names(of).get(value, f"Mã {value}")

    def _names(self, of: str) -> Mapping[Any, str]:
        """Value → name, of one filter: made once, however many values are asked for."""
        if of not in self._known:
            self._known[of] = self._names_of(of)
        return self._known[of]

    @cached_property
    def _known(self) -> dict[str, Mapping[Any, str]]:
        return {}

    def _names_of(self, of: str) -> Mapping[Any, str]:
        frame = self.frame
        known: dict[str, Callable[[], Mapping[Any, str]]] = {
            "units": lambda: frame.unit_names,
            "area": lambda: frame.place_names | {None: "Chưa rõ địa bàn"},
            "field": lambda: frame.field_names | {None: "Chưa rõ lĩnh vực"},
            "procedure": lambda: frame.procedure_names | {None: "Chưa rõ thủ tục"},
            "channel": lambda: CHANNELS,
            "officer": lambda: late_data.officers(frame.version) | {None: "Chưa rõ cán bộ"},
        }
        return known[of]()

    @cached_property
    def words(self) -> Words:
        """The filters: what the list can be narrowed by, most frequent first."""
        facets = late_data.facets(self.wanted)
        found: dict[str, Mapping[Any, str]] = {"q": {}}
        for name, facet in FACETS.items():
            if name == "officer" and not self.frame.may("see_officers"):
                continue
            if name == "area" and {*facets[facet], *self.asked[name]} <= {None}:
                continue  # the sources do not say where applicants live
            # A unit that is unknown cannot be asked for: everything has a resolving unit.
            values = [v for v in facets[facet] if v is not None or name not in ("units", "step")]
            if values := list(dict.fromkeys([*values, *self.asked[name]])):
                found[name] = {value: self.name(name, value) for value in values}
        if not self.group.counts_down:
            found["band"] = {band.token: band.label for band in self.bands}
        return {**found, "apology": _APOLOGY}


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    refused = tuple(_refused(frame))
    scope = data.scope_of_reader().units
    # Looked up only where the address names any.
    officers, steps = (
        seen(frame.version, scope) if name in st.query_params else frozenset()
        for name, seen in (("officer", late_data.seen_officers), ("step", late_data.seen_steps))
    )
    asked = QUERY.read(
        units=frame.unit_names,
        area=frame.place_names,
        field=frame.field_names,
        procedure=frame.procedure_names,
        officer=officers,
        step=steps,
        band={band.token for band in bands(frame.ask.as_of_day)},
    )
    return Screen(frame, asked, "late", refused, late_data.asked_for(frame, asked))


def _refused(frame: Frame) -> list[str]:
    """Takes out what the role may not ask for, whatever it names, and says so once."""
    said = []
    for key, (action, sentence) in _GATED.items():
        if key in st.query_params and not frame.may(action):
            del st.query_params[key]
            identity.note_refusal(action)
            said.append(sentence)
    return said


# -- which list ---------------------------------------------------------------------------


def heading(screen: Screen) -> None:
    """The title; what was just done; what in the address means nothing, or is for others."""
    kit.heading(screen, "Hồ sơ trễ hạn")
    forms.told()
    for sentence in screen.refused:
        st.warning(sentence, icon=":material/link_off:")


def which(screen: Screen, more: Html) -> None:
    """The lists with their counts, the parts of the one that is shown, and how it is counted.

    ``more``: a link that stands beside that.
    """
    found, group = screen.listing, screen.group
    now = switch_of(group.key)
    lists = {key: f"{each.label} · {number(found.counts[key])}" for key, each in GROUPS.items()}
    if now not in lists:
        lists[now] = f"{group.label} · {_number(screen)}"
    switch(screen, "figure", lists, now)
    if group.is_acceptance:
        parts = {key: f"{word} · {_count(found, key)}" for key, word in ACCEPTED.items()}
        switch(screen, "figure", {now: f"Tất cả · {number(found.counts[now])}", **parts})
    elif group.counts_down:
        days = late_data.days_to(screen.frame.ask.within, found.left)
        switch(screen, "left", {
            None: f"Tất cả · {number(found.counts[now])}",
            **{row["left"]: f"{left_words(row)} · {number(row['count'])}" for row in days},
        })  # fmt: skip
    elif group.is_share:
        switch(screen, "part", kit.part_words(screen.asked, LISTS)["part"])
    with st.container(horizontal=True, gap="medium", vertical_alignment="center", key="late_how"):
        _how(screen)
        if more:
            st.html(more, width="content")
        kit.part_links(PARTS)


def _count(found: Listing, key: str) -> str:
    return number(found.cells[key]["numerator"])


def left_words(row: Row) -> str:
    """How many working days are left, in words."""
    return f"còn {number(row['left'])} ngày" if row["left"] else "trong ngày"


def _number(screen: Screen) -> str:
    """The number of a list that is no entry of the switch: of its one figure."""
    [key] = screen.group.figures
    return figure_text(figure(key), screen.listing.cells[key])


def _whole(screen: Screen, key: str) -> str:
    """A rate with its two sides and the unknown beside it; a mean with its two sides."""
    cell, ask = screen.listing.cells[key], screen.frame.ask
    if figure(key).unknown is not None:
        return whole_text(sides_of(cell, ask), ask)
    return f"{figure_text(figure(key), cell)} ({fraction_text(cell)})"


def _how(screen: Screen) -> None:
    """ "Cách tính" of the list's figures; of a rate also its two sides."""
    ask, cells = screen.frame.ask, screen.listing.cells
    with how("list"):
        for key in screen.group.figures:
            sides = (cells[key][side] for side in ("numerator", "denominator", "unknown"))
            st.html(explained(key, ask, *sides))
    if screen.group.is_ratio:
        [key] = screen.group.figures
        st.html(f'<span class="dh-rate">{safe(_whole(screen, key))}</span>', width="content")


# -- the list -----------------------------------------------------------------------------


def dossiers(screen: Screen, beside: Callable[[], None]) -> None:
    """The dossiers, worst first, narrowed by the filters; a row opens its course.

    ``beside``: draws what can be done with all of them.
    """
    found, may_open = screen.listing, screen.frame.may("open_dossier")
    facets = late_data.facets(screen.wanted)
    words = screen.words
    listing.listing(
        screen,
        found.top,
        _columns(screen),
        title=screen.group.label,
        noun="hồ sơ",
        alt=f"{screen.group.label}, trễ nhiều nhất ở trên",
        words=words,
        counts={name: facets[facet] for name, facet in FACETS.items()},
        opens="dossier" if may_open else "",
        by="dossier_id",
        total=found.total,
        file=_file(screen),
        instead=_instead(screen),
        beside=beside,
    )


def _instead(screen: Screen) -> tuple[str, str, str] | None:
    """What stands in place of the list, where there is none to show."""
    if screen.is_small:
        least = number(screen.frame.ask.threshold("small_group").value)
        return (
            f"Nhóm dưới {least} hồ sơ không mở thành danh sách",
            "Số hồ sơ vẫn được tính; từng hồ sơ không hiện ra để không nhận ra được người dân.",
            "Hãy bỏ bớt bộ lọc, hoặc chọn kỳ dài hơn.",
        )
    is_narrowed = any(screen.asked.is_set(name) for name in (*screen.words, "left"))
    if screen.listing.total or is_narrowed:
        return None
    return (
        "Không có hồ sơ",
        f"Không có hồ sơ nào thuộc danh sách “{screen.group.label}” trong phạm vi và kỳ đang xem.",
        "Hãy chọn danh sách khác, hoặc kỳ và đơn vị khác ở thanh trên.",
    )


def _columns(screen: Screen) -> tuple[Column, ...]:
    frame, group = screen.frame, screen.group
    officers, procedures = late_data.officers(frame.version), late_data.procedure_codes(frame)

    def procedure(row: Row) -> Html | None:
        _, name = procedures.get(row["procedure_id"], ("", ""))
        short = f'<span title="{safe(name)}">{safe(in_short(name, _SHORT))}</span>'
        return Html(short) if name else None

    def officer(row: Row) -> str | None:
        """In whose hands it is: the officer of the running step, else the one in charge."""
        at = row["step_officer_id"] if row["step_officer_id"] is not None else row["officer_id"]
        return officers.get(at)

    late = (
        "Ngày làm việc từ hạn tiếp nhận (8 giờ làm việc sau khi nộp); 0: trễ trong ngày"
        if group.is_acceptance
        else "Ngày làm việc quá hẹn trả, đã trừ tạm dừng; 0: trễ trong ngày"
    )
    days = (
        Column("Còn", "days_left", "count", help="Số ngày làm việc đến hẹn trả")
        if group.counts_down
        else Column("Trễ", "days_late", "count", help=late)
    )
    moments = (
        (Column("Nộp", "submitted_at", "moment", is_minor=True),
         Column("Hạn tiếp nhận", "acceptance_due_at", "moment"))
        if group.is_acceptance
        else (Column("Hẹn trả", "judged_due_at", "moment", help="Đã trừ thời gian tạm dừng"),)
    )  # fmt: skip
    held = (Column("Cán bộ", officer, help="Mã cán bộ đang giữ, hoặc thụ lý", is_minor=True),)
    return (
        Column("Mã hồ sơ", "code", is_name=True),
        days,
        Column("Đơn vị", lambda row: frame.unit_names.get(row["unit_id"])),
        Column("Thủ tục", procedure),
        *moments,
        Column("Tình trạng", _stands,
               help="Bước đang xử lý và từ ngày nào, hoặc ngày và cách kết thúc"),
        Column("Nguyên nhân", lambda row: row["late_cause"] and cause_name(row["late_cause"]),
               is_minor=True),
        Column("Tiếp nhận", "received_at", "moment", is_minor=True),
        *(held if frame.may("see_officers") else ()),
        Column("Xin lỗi", lambda row: row["apology_at"] and row["apology_at"].date(), "day",
               help="Văn bản xin lỗi đầu tiên", is_minor=True),
    )  # fmt: skip


def _stands(row: Row) -> str:
    if row["ended_at"] is not None:
        return f"Xong {day(row['ended_at'])}: {END_KINDS.get(row['end_kind'], '–').lower()}"
    if row["received_at"] is None:
        return "Chưa tiếp nhận"
    if row["step_name"] is None:
        return "Đang giải quyết"
    return f"{row['step_name']}, từ {day(row['step_since'])}"


def _file(screen: Screen) -> Sheet | None:
    frame, wanted, group = screen.frame, screen.wanted, screen.group
    if not screen.listing.total or screen.is_small:
        return None
    names = Names(
        units=frame.place_names,
        fields=frame.field_names,
        procedures=late_data.procedure_codes(frame),
        officers=late_data.officers(frame.version),
        sources=late_data.sources(frame),
    )
    left = {"left": {screen.asked["left"]: number(screen.asked["left"])}}
    said = {"figure": group.key} | ({"part": wanted.part} if screen.asked.is_set("part") else {})
    return Sheet(
        group.label,
        columns(names, frame.may("see_officers")),
        late_data.every_row(frame, wanted),
        files.about(
            screen, group.label, [figure(key) for key in group.figures], frame.ask,
            {**screen.words, **left, **kit.part_words(screen.asked, LISTS)},
        ),
        detail=said,
    )  # fmt: skip


# -- one dossier --------------------------------------------------------------------------


def open_dossier(screen: Screen) -> Timeline | None:
    """The dossier that the address opens; None: none is, or it cannot be opened."""
    dossier_id: int | None = screen.asked["dossier"]
    if dossier_id is None:
        return None
    try:
        found = late_data.timeline(dossier_id)
    except DatabaseLost:
        st.error(
            "Không đọc được cơ sở dữ liệu hồ sơ. Danh sách vẫn dùng số liệu tổng hợp gần nhất; "
            "hãy thử mở lại hồ sơ sau ít phút.",
            icon=":material/error:",
        )
        return None
    if found is None:
        _note_not_found(dossier_id)
        st.warning("Không tìm thấy hồ sơ này trong phạm vi xem.", icon=":material/link_off:")
    return found


def _note_not_found(dossier_id: int) -> None:
    """Numbers tried one after the other stand in the audit, whether there is such a dossier."""
    if st.session_state.get("late_not_found") != dossier_id:
        st.session_state["late_not_found"] = dossier_id
        identity.note_refusal("open_dossier", f"hồ sơ {dossier_id}")
