"""The screen of citizens' feedback: what it shows, and its parts in the page's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import streamlit as st

from metrics.core.ask import Ask
from metrics.core.vietnamese import UNKNOWN, as_of, day, moment, number
from metrics.feedback.figures import FEEDBACK_FIGURE
from metrics.feedback.limits import documents
from metrics.feedback.review import By, FeedbackReview
from metrics.feedback.states import (
    ACCEPTANCES,
    CHANNELS,
    KINDS,
    OUTCOME_WORDS,
    RATING_WORDS,
    STATES,
)
from pages.feedback import data as feedback_data
from pages.feedback import forms as feedback_forms
from ui.kit import forms, listing, panel, writing
from ui.kit import screen as kit
from ui.kit.card import Deck, Part, Shown, cards
from ui.kit.marks import MARKS, Html
from ui.kit.parts import empty
from ui.kit.query import Query, a_part, ids, one_of, page, row_of
from ui.kit.query import opened as opened_row
from ui.kit.table import Column, Row, table
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.text import plain

TOTALS: Final = "tong-hop"
"""Id of the heading of the tables of totals."""
QUERY: Final = Query(
    "feedback",
    one_of("figure", FEEDBACK_FIGURE, usual="feedback_received", label="Xem"),
    a_part(FEEDBACK_FIGURE, "feedback_received"),
    one_of("fkind", KINDS, label="Loại", every="Mọi loại"),
    one_of("channel", CHANNELS, label="Nguồn", every="Mọi nguồn"),
    one_of("state", STATES, label="Tình trạng", every="Mọi tình trạng"),
    ids("units", label="Đơn vị", every="Mọi đơn vị"),
    page(),
    opened_row("feedback"),
    row_of("feedback"),
)
"""The screen's parameters, beside those of the frame."""

SHOWN: Final = (
    Shown("feedback_received", beside=("feedback_ended", "feedback_refused",
          "feedback_transferred"), none="không có phản ánh nào"),
    Shown("feedback_on_time", beside=("feedback_late",)),
    Shown("feedback_past_due", beside=("feedback_open", "feedback_no_due"),
          urges="cần đôn đốc", alarm=True, none="không phản ánh nào quá hạn"),
    Shown("feedback_accepted_on_time", beside=("feedback_not_accepted",)),
    Shown("feedback_satisfied", beside=("feedback_accepted_rating", "feedback_unsatisfied")),
)  # fmt: skip
"""The cards."""


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: the question of the view."""

    ask: Ask
    key: feedback_data.Key

    @property
    def version(self) -> str:
        return feedback_data.version_of(self.frame)

    @cached_property  # asked for by each number of each card
    def review(self) -> FeedbackReview:
        return feedback_data.review(self.key)

    @property
    def is_empty(self) -> bool:
        return feedback_data.is_empty(self.version, self.frame.units_in_view)

    @property
    def sources(self) -> list[str]:
        return feedback_data.rows(self.key)["source"].to_list()


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    ask = feedback_data.question(frame)
    asked = QUERY.read(units=frame.unit_names)
    return Screen(frame, asked, "feedback", ask, feedback_data.key_of(frame, ask))


def heading(screen: Screen) -> None:
    """The title, and over which days is counted."""
    kit.heading(screen, "Phản ánh, kiến nghị")
    if not screen.is_empty:
        st.html(
            f'<span class="dh-source">Đến và xử lý xong: từ {day(screen.ask.first_day)} đến '
            f"{day(screen.ask.last_day)}; đang xử lý, quá hạn: {as_of(screen.ask.moment)}.</span>"
        )


def nothing(screen: Screen) -> None:
    """The register holds nothing of the units in view."""
    frame, seen = screen.frame, data.scope_of_reader().units
    if frame.view.unit is not None and not feedback_data.is_empty(screen.version, seen):
        empty(
            f"Chưa có phản ánh nào của {plain(frame.whose)}",
            "Sổ đã có phản ánh của đơn vị khác, chưa có dòng nào của đơn vị đang chọn.",
            f"Hãy chọn “{plain(frame.everything)}” ở thanh trên.",
        )
        return
    kit.not_loaded(
        screen,
        "Chưa có phản ánh, kiến nghị nào trong phạm vi đang xem",
        "số phản ánh",
        "Tải mẫu, điền và nạp tệp ở mục “Nhập từ tệp” dưới đây, hoặc thêm ngay trên màn hình.",
    )


def headline(screen: Screen) -> None:
    """The cards; each number opens what it counts."""

    def rows(key: str, part: Part) -> str:
        change = {"figure": key, "part": part}
        return screen.to("feedback", screen.asked.reset().but(**change).params())

    rest = "; ".join(documents(screen.ask.as_of_day))
    about = f"Số liệu {as_of(screen.ask.moment)}. Thời hạn: {rest}. "
    about += f"Nguồn: {kit.sources_text(screen.sources)}."
    cards("feedback", SHOWN, Deck(FEEDBACK_FIGURE, screen.review.cell, rows, about))


# -- totals -------------------------------------------------------------------------------


def tables(screen: Screen) -> None:
    """By unit, kind and source; a row cuts the list."""
    names = screen.frame.unit_names
    st.header("Tổng hợp", anchor=TOTALS)
    _table(screen, "Đơn vị", "unit_id", lambda row: names.get(row["unit_id"], UNKNOWN))
    left, right = st.columns(2, gap="medium")
    with left:
        _table(screen, "Loại", "kind_key", lambda row: KINDS[row["kind_key"]])
    with right:
        _table(screen, "Nguồn", "channel_key", lambda row: CHANNELS[row["channel_key"]])
    st.caption(
        "Đánh giá là của người gửi về một lần xử lý phản ánh; không cộng với khảo sát, SIPAS hay "
        "thành phần 5.4 của Quyết định 766."
    )


def _table(screen: Screen, label: str, by: By, name: Any) -> None:
    parameter = {"unit_id": "units", "kind_key": "fkind", "channel_key": "channel"}[by]

    def change(row: Row) -> dict[str, Any]:
        value = (row[by],) if parameter == "units" else row[by]
        # What a row counts first: of the period, or what is still open.
        figure = "feedback_received" if row["feedback_received"] else "feedback_open"
        return {"figure": figure, parameter: value}

    columns = (
        Column(label, name, is_name=True),
        Column("Đến", "feedback_received", "count"),
        Column("Xong", "feedback_ended", "count"),
        Column("Đúng hạn", "on_time_rate", "rate"),
        Column("Đang xử lý", "feedback_open", "count", is_minor=True),
        Column("Quá hạn", "feedback_past_due", "count"),
        Column("Chưa hài lòng", "feedback_unsatisfied", "count", is_minor=True),
    )
    rows = feedback_data.table(screen.key, by)
    if rows.is_empty():
        st.caption(f"{label}: không có phản ánh nào trong kỳ.")
        return
    table(
        rows,
        columns,
        alt=f"Phản ánh theo {label.lower()}, quá hạn nhiều trước",
        opens=listing.narrows(screen, change),
    )


# -- the list -----------------------------------------------------------------------------


def feedback_list(screen: Screen) -> None:
    """The rows behind a figure, cut by kind, source, state and unit; a row opens."""
    asked, review, names = screen.asked, screen.review, screen.frame.unit_names
    words: dict[str, Mapping[Any, str]] = {
        "figure": {
            key: f"{figure.label} ({number(review.count(key))})"
            for key, figure in FEEDBACK_FIGURE.items()
            if review.count(key) or key in ("feedback_received", asked["figure"])
        },
        **kit.part_words(asked, FEEDBACK_FIGURE),
        "fkind": KINDS,
        "channel": CHANNELS,
        "state": STATES,
        "units": {
            unit: names.get(unit, UNKNOWN)
            for unit in feedback_data.table(screen.key, "unit_id")["unit_id"]
        },
    }
    where = {
        "kind_key": (asked["fkind"],) if asked["fkind"] else (),
        "channel_key": (asked["channel"],) if asked["channel"] else (),
        "state": (asked["state"],) if asked["state"] else (),
        "unit_id": asked["units"],
    }
    wanted = tuple((column, tuple(values)) for column, values in where.items() if values)
    listing.listing(
        screen,
        feedback_data.rows(screen.key, asked["figure"], wanted, asked["part"]),
        (
            Column("Tình trạng", _state, order="state"),
            Column("Tóm tắt", lambda row: row["subject"] or row["code"], is_name=True),
            Column("Đơn vị", lambda row: names.get(row["unit_id"])),
            Column("Loại", lambda row: KINDS[row["kind_key"]]),
            Column("Nguồn", lambda row: CHANNELS[row["channel_key"]], is_minor=True),
            Column("Đến lúc", "received_at", "moment"),
            Column("Hạn", _due, order="judged_due", in_file=(
                Column("Hạn", "judged_due", "moment"),)),
            Column("Quá (ngày)", "days_past", "count", is_minor=True),
            Column("Xong lúc", "ended_at", "moment", is_minor=True),
            Column("Mã", "code", is_minor=True),
            Column("Đánh giá", lambda row: RATING_WORDS.get(row["rating"], "")),
        ),
        title="Danh sách",
        noun="phản ánh",
        alt="Phản ánh, kiến nghị, quá hạn trước",
        words=words,
        opens="feedback",
        by="feedback_id",
        nothing="Hãy bỏ bớt bộ lọc, hoặc chọn kỳ khác ở đầu trang.",
    )  # fmt: skip


def _state(row: Row) -> Html:
    return MARKS["feedback"][row["state"]].html(STATES[row["state"]])


def _due(row: Row) -> str:
    if row["judged_due"] is None:
        return "chưa rõ"
    return moment(row["judged_due"]) + (" (thời hạn chung)" if row["is_due_counted"] else "")


# -- one feedback -------------------------------------------------------------------------


def opened(screen: Screen) -> None:
    """The feedback that the address opens: what it is, its course, who changed what, mending it."""
    if screen.asked["feedback"] is None:
        return
    row = feedback_data.one(screen.key, screen.asked["feedback"])
    if row is None:
        empty(
            "Không mở được phản ánh này",
            "Phản ánh không có trong phạm vi đang xem, hoặc chưa đến tại thời điểm số liệu.",
        )
        return
    title = f"{row['code']} · {row['subject'] or KINDS[row['kind_key']]}"
    with panel.panel(screen, "feedback", title):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _about(screen, row)
        with right:
            _course(screen, row)
        forms.mend(screen.frame, "feedback", row["feedback_id"], feedback_forms.NEW)


def _about(screen: Screen, row: Row) -> None:
    past = f", đã quá {number(row['days_past'])} ngày" if row["days_past"] else ""
    st.html(f"<p>{_state(row)}{past}</p>")
    told = {True: "Có", False: "Không", None: None}
    panel.facts(
        [
            ("Đơn vị xử lý", screen.frame.unit_names.get(row["unit_id"])),
            ("Loại", KINDS[row["kind_key"]]),
            ("Nguồn tiếp nhận", CHANNELS[row["channel_key"]]),
            ("Khẩn", told[row["is_urgent"]]),
            ("Hạn xử lý", _due(row)),
            ("Tiếp nhận xử lý", ACCEPTANCES[row["acceptance"]]),
            ("Kết quả", OUTCOME_WORDS.get(row["outcome"])),
            ("Đã công khai", told[row["is_published"]]),
            ("Phản ánh tiếp", told[row["is_again"]]),
            ("Đánh giá của người gửi", RATING_WORDS.get(row["rating"])),
            ("Nguồn", row["source"]),
        ]
    )


def _course(screen: Screen, row: Row) -> None:
    """What happened to it when; who changed what of it."""
    st.markdown("**Diễn biến**")
    happened = [
        (row["received_at"], "Nhận phản ánh"),
        (row["accepted_at"], "Đơn vị tiếp nhận xử lý"),
        (row["extended_at"] if row["extended_to"] else None, "Gia hạn"),
        (row["ended_at"], OUTCOME_WORDS.get(row["outcome"], "Kết thúc")),
    ]
    for at, what in happened:
        if at is not None:
            st.html(f'<p class="dh-source">{moment(at)} – {what}</p>')
    writing.show_history("feedback", row["feedback_id"], "Lịch sử thay đổi của phản ánh")
