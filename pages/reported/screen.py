"""The screen of reported figures: each value with its source and day, sums checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import streamlit as st

from metrics.core.ask import Ask
from metrics.core.on_time import II06A
from metrics.core.report_forms import NO_RECEIVER, receiver_on, told
from metrics.core.vietnamese import UNKNOWN, as_of, as_told, number
from metrics.core.vietnamese import told_number as count
from metrics.registers.shared import COVERAGE_WORDS
from metrics.reported.review import (
    STATEMENT_FIGURE,
    cells,
    gravest,
    is_in,
    lacking,
    rows_of,
    shown_first,
)
from metrics.reported.statements import CHECKS, Statement, groups, period_words, units_of
from pages.reported import data as reported_data
from pages.reported.data import Table
from pages.reported.lines import form_line, line, listed, texts
from ui.kit import listing, panel, record, writing
from ui.kit import query as asks
from ui.kit import screen as kit
from ui.kit.asking import question
from ui.kit.card import Deck, Part, Shown, cards
from ui.kit.filters import chips, filters
from ui.kit.links import link
from ui.kit.marks import Html
from ui.kit.parts import empty
from ui.kit.table import Column, Row, table, twin
from ui.shell.context import Frame
from ui.shell.text import plain, safe

SHOWN: Final = (
    Shown("all", beside=("sums",)),
    Shown("off", urges="cần làm rõ", alarm=True, none="không có"),
    Shown("rest", urges="cần làm rõ", none="không có"),
    Shown("old", urges="cần cập nhật", none="không có"),
    Shown("untold", urges="cần bổ sung", none="không có"),
)
"""The cards."""
STATES: Final = {
    shown.key: STATEMENT_FIGURE[shown.key].label for shown in SHOWN if shown.key != SHOWN[0].key
}
"""What the values can be cut to."""
QUERY: Final = asks.Query(
    "reported",
    asks.an_id("whose", label="Đơn vị báo cáo", every="Tất cả đơn vị"),
    asks.one_of("group", groups(), label="Nhóm", every="Mọi nhóm"),
    asks.one_of("state", STATES, label="Tình trạng", every="Mọi tình trạng"),
    asks.page(),
    asks.opened("value"),
    asks.row_of("indicator_value", "form_row"),
)
"""The screen's parameters, beside those of the frame."""
_MOST: Final = 150
"""So many statements one by one; the list has all."""


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: statements of the units in view, and what the address cuts them to."""

    ask: Ask
    held: list[Statement]
    forms: Table

    @property
    def is_empty(self) -> bool:
        return not self.held and self.forms.is_empty()

    @property
    def sources(self) -> list[str]:
        return [one.first["source"] for one in self.held]

    @cached_property
    def opened(self) -> tuple[Statement, Row] | None:
        """The value that is open, with the statement that it belongs to."""
        every = ((one, row) for one in self.held for row in rows_of(one, earlier=True))
        wanted = self.asked["value"]
        return next((each for each in every if each[1]["indicator_value_id"] == wanted), None)

    def name(self, unit: int) -> str:
        return self.frame.unit_names.get(unit, UNKNOWN)

    def chosen(self, *, any_state: bool = False) -> list[Statement]:
        """The statements that the filters leave."""
        whose, group, state = (self.asked[name] for name in ("whose", "group", "state"))
        return [
            one
            for one in self.held
            if whose in (None, one.unit_id)
            and group in (None, one.indicator.group)
            and (any_state or state is None or is_in(one, state, self.ask.as_of_day))
        ]


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    held = reported_data.held(frame)
    values = {row["indicator_value_id"] for one in held for row in rows_of(one, earlier=True)}
    asked = QUERY.read(whose=units_of(held), value=values)
    return Screen(frame, asked, "reported", question(frame), held, reported_data.forms(frame))


def heading(screen: Screen) -> None:
    """The title, and what these numbers are."""
    kit.heading(screen, "Số liệu báo cáo")
    st.caption(
        "Số do đơn vị báo cáo, không tính từ hồ sơ; mỗi giá trị có nguồn và ngày riêng. Như đã "
        f"biết đến {as_of(screen.ask.moment)}; không cộng qua các cấp."
    )


def nothing() -> None:
    """Nobody in view has reported anything."""
    empty(
        "Chưa có số liệu báo cáo nào trong phạm vi đang xem",
        "Chưa đơn vị nào trong phạm vi nhập số liệu báo cáo: số là chưa biết, không phải bằng 0.",
        "Tải mẫu, điền và nạp tệp ở mục “Nhập liệu” dưới đây; hoặc thêm từng giá trị ngay trên "
        "màn hình; hoặc nạp bộ ví dụ: `.venv/bin/python -m connectors register examples`.",
    )


def headline(screen: Screen) -> None:
    """How much is reported, what does not add up, what is left unnamed, what is old."""
    among = screen.chosen(any_state=True)

    def rows(key: str, part: Part) -> str | None:
        return screen.href(state=key) if key in STATES else screen.href(state=None)

    notes = {state: _gravest(screen, among, state) for state in STATES}
    notes[SHOWN[0].key] = f"của {number(len(units_of(among)))} đơn vị"
    about = f"Như đã biết đến {as_of(screen.ask.moment)}. Nguồn: {kit.sources_text(screen.sources)}"
    found = cells(among, screen.ask)
    cards("reported", SHOWN, Deck(STATEMENT_FIGURE, found.__getitem__, rows, about, notes))


def _gravest(screen: Screen, among: list[Statement], state: str) -> str:
    """The one to look at first, in a few words."""
    one = gravest(among, state, screen.ask.as_of_day)
    if one is None:
        return ""
    lack = lacking(one) if state in ("off", "rest") else ""
    return (
        f"{one.indicator.name}: {lack}"
        if lack
        else (f"{one.indicator.name}, {screen.name(one.unit_id)}")
    )


# -- values -------------------------------------------------------------------------------


def _words(screen: Screen) -> dict[str, Mapping[Any, str]]:
    units = {unit: screen.name(unit) for unit in units_of(screen.held)}
    return {"whose": units, "group": groups(), "state": STATES}


def values(screen: Screen) -> None:
    """The statements by group: number, parts and their sum, when and by whom told."""
    filters(screen, _words(screen))
    chips(screen, _words(screen))
    chosen = screen.chosen()
    shown = shown_first(chosen, _MOST)
    if len(shown) < len(chosen):
        st.caption(
            f"Đang hiện {number(len(shown))} trong {number(len(chosen))} chỉ tiêu, việc cần xem "
            "xét trước. Hãy lọc theo đơn vị hoặc nhóm để xem đủ; danh sách dưới đây có tất cả."
        )
    for key, name in groups().items():
        mine = [one for one in shown if one.indicator.group == key]
        if mine:
            with st.container(border=True, key=f"reported_group_{key}"):
                st.html(f'<h2 class="dh-target-programme">{safe(name)}</h2>{_group(screen, mine)}')


def _group(screen: Screen, mine: list[Statement]) -> str:
    lists = [one for one in mine if one.indicator.kind == "list"]
    said = [one for one in mine if one.indicator.kind == "text"]
    lines = (
        line(screen.name, one, _link(screen, one))
        for one in mine
        if one.indicator.kind in ("count", "rate", "mean")
    )
    return "".join(lines) + listed(screen.name, lists) + texts(screen.name, said)


def _link(screen: Screen, one: Statement) -> Html:
    row = one.first["indicator_value_id"]
    to = screen.href(value=row)
    return link(one.indicator.name, to, place=listing.open_place("value", row))


def value_list(screen: Screen) -> None:
    """Every value in a row of its own; it opens with wording, earlier ones, history, mending."""
    listing.listing(
        screen,
        reported_data.value_rows(screen.chosen()),
        (
            Column("Chỉ tiêu", "indicator", is_name=True),
            Column("Đơn vị", lambda row: screen.name(row["unit_id"])),
            Column("Phần", lambda row: row["part"] or "toàn bộ"),
            Column("Giá trị", _value, "count", order="value", in_file=_VALUES),
            Column("Tử số", _side("numerator"), "count", order="numerator",
                   is_minor=True, in_file=(Column("Tử số", "numerator"),)),
            Column("Mẫu số", _side("denominator"), "count", order="denominator",
                   is_minor=True, in_file=(Column("Mẫu số", "denominator"),)),
            Column("Kiểm tra", lambda row: CHECKS.get(row["check"], ""), is_minor=True),
            Column("Thời gian", "told"),
            Column("Nhóm", lambda row: groups().get(row["group"]), is_minor=True),
            Column("Nguồn", "source", is_minor=True),
        ),
        title="Mọi giá trị",
        noun="giá trị",
        alt="Mọi giá trị báo cáo đang xem",
        words={},
        opens="value",
        by="indicator_value_id",
    )  # fmt: skip


def _side(name: str) -> Callable[[Row], Html]:
    return lambda row: Html(count(row[name]))


_VALUES: Final = (
    Column("Giá trị", lambda row: None if row["is_rate"] else row["value"]),
    Column("Tỷ lệ", lambda row: row["value"] if row["is_rate"] else None, "told"),
)


def _value(row: Row) -> Html:
    is_rate = row["is_rate"] and row["value"] is not None
    return Html(as_told(row["value"]) if is_rate else count(row["value"]))


# -- one value ----------------------------------------------------------------------------


def about(screen: Screen) -> None:
    """The open value: what it says, in which words, what was said before, who changed it."""
    if screen.opened is None:
        return
    one, row = screen.opened
    panel.facts(
        [
            ("Đơn vị báo cáo", screen.name(one.unit_id)),
            ("Phần", row["part"] or "toàn bộ"),
            ("Giá trị", count(row["value"])),
            ("Tử số / mẫu số", _sides(row)),
            ("Thời gian", period_words(row)),
            ("Nội dung", row["text"]),
            ("Ý nghĩa", one.indicator.meaning),
            ("Căn cứ", told(one.indicator.basis, _period_end(screen, row))),
            ("Nguồn", row["source"]),
        ]
    )
    panel.quote(row["wording"])
    if one.earlier:
        table(
            [*([one.whole] if one.whole else []), *one.earlier],
            (
                Column("Thời gian", period_words, is_name=True),
                Column(
                    "Giá trị",
                    lambda each: count(each["value"]),
                    in_file=(Column("Giá trị", "value"),),
                ),
                Column("Nguồn", "source"),
            ),
            alt=f"{one.indicator.name} qua các lần báo cáo",
        )
    key = row["indicator_value_id"]
    writing.show_history("indicator_value", key, "Lịch sử thay đổi của giá trị")


def _sides(row: Row) -> str | None:
    if row["numerator"] is None and row["denominator"] is None:
        return None
    return f"{count(row['numerator'])} / {count(row['denominator'])}"


def _period_end(screen: Screen, row: Row) -> date:
    """The day that decides what a form was called: the row's own, else the view's."""
    told_on: date | None = row["period_to"] or row["as_of"]
    return told_on or screen.frame.ask.last_day


# -- forms --------------------------------------------------------------------------------


def forms(screen: Screen) -> None:
    """Lines of form II.06a as reported: sums checked, what the printed rate can mean."""
    st.header("Số liệu theo cột của biểu II.06a do đơn vị báo cáo")
    day = screen.frame.ask.last_day
    kstt = receiver_on("kstt", day)
    st.caption(
        f"Kỳ kết thúc {day:%d/%m/%Y}: {told(II06A, day)}. Nơi nhận báo cáo kiểm soát thủ tục hành "
        f"chính: {plain(kstt.name) if kstt else NO_RECEIVER}."
    )
    rows = [row for row in screen.forms.iter_rows(named=True)
            if screen.asked["whose"] in (None, row["unit_id"])]  # fmt: skip
    if not rows:
        empty(
            "Chưa có biểu nào do đơn vị báo cáo",
            "Các đơn vị trong phạm vi chưa nhập biểu II.06a.",
            "Nạp tệp “Số liệu báo cáo (biểu II.06a)” ở mục “Nhập liệu” dưới đây.",
        )
        return
    st.html("".join(form_line(screen.name, row, screen.frame.field_names) for row in rows))
    twin(
        "biểu II.06a do đơn vị báo cáo",
        rows,
        (
            Column("Đơn vị", lambda row: screen.name(row["unit_id"]), is_name=True),
            Column("Phạm vi", lambda row: COVERAGE_WORDS.get(row["coverage"], row["coverage"])),
            Column("Kỳ", period_words),
            *(Column(f"({each})", f"c{each}", "count") for each in range(3, 14)),
            Column("(8)+(9)", "in_time", "count"),
            Column("Tỷ lệ in", "reported_rate", "mean", unit="%"),
            Column("Nguồn", "source"),
        ),
        alt="Bảng biểu II.06a",
        opens=record.rows(screen, "form_row", "form_row_id"),
    )
