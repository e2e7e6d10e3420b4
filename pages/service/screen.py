"""The screen of service quality: Decision 766 by month and unit, each point explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import streamlit as st

from metrics.core.periods import period_of
from metrics.core.vietnamese import as_of, number, percent, signed
from metrics.dossiers.events import heard
from metrics.dossiers.units import breaks_between
from metrics.service.decision766 import TOTAL, Scorecard, method
from metrics.service.review import Month, shown_month
from metrics.service.told import (
    HOW,
    GroupRow,
    arithmetic,
    change,
    every_key,
    gap,
    group_rows,
    most,
    most_lost,
    names,
    points_and_portal,
    portal_words,
    total_words,
    two,
)
from pages.service import data as service_data
from pages.service import forms as service_forms
from pages.service.charts import group_chart, month_chart, month_end
from ui.kit import query as asks
from ui.kit import screen as kit
from ui.kit.card import Told, told
from ui.kit.charts import plot
from ui.kit.events import column
from ui.kit.filters import widget
from ui.kit.marks import Html, moved
from ui.kit.parts import empty, source_note
from ui.kit.table import Column, twin
from ui.shell.context import Frame
from ui.shell.events import on_line
from ui.shell.text import plain, safe

PARTS: Final = {
    "missing": "Hồ sơ làm mất điểm",
    "numerator": "Hồ sơ ở tử số",
    "denominator": "Hồ sơ ở mẫu số",
}
QUERY: Final = asks.Query(
    "service",
    asks.month("month", label="Tháng"),
    asks.one_of("component", label="Diễn biến và chi tiết của"),
    asks.one_of("part", PARTS, usual="missing", label="Hồ sơ đứng sau", of="component"),
    asks.row_of("service_component", "survey"),
)
"""The screen's parameters, beside those of the frame."""
NOTE: Final = "Tính lại để giải thích, điểm trên Cổng DVCQG là chính thức."
_PROGRESS: Final = "2.1"
"""The component of progress: dossiers in time."""


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: a month of the view's unit, and the months before it."""

    month: date
    months: list[Month]

    @property
    def now(self) -> Month:
        return self.months[-1]

    @property
    def card(self) -> Scorecard | None:
        return self.now.card

    @property
    def before(self) -> Scorecard | None:
        return self.months[-2].card if len(self.months) > 1 else None

    @property
    def label(self) -> str:
        return f"tháng {self.month:%m/%Y}"

    @cached_property
    def names(self) -> dict[str, str]:
        return names(method(self.month))

    @cached_property
    def chosen(self) -> str:
        """What the trend shows: as asked, else the total where any month has one, else 2.1."""
        if self.asked["component"] is not None:
            return str(self.asked["component"])
        cards = [each.card for each in self.months if each.card is not None]
        known = any(card.total.is_whole or TOTAL in card.portal for card in cards)
        return TOTAL if known else _PROGRESS


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    asked = QUERY.read(component=every_key(frame.ask.as_of_day))
    month = asked["month"] or shown_month(frame.view.period, frame.ask)
    return Screen(frame, asked, "service", month, service_data.monthly(frame, month))


def heading(screen: Screen) -> None:
    """The title, what it is and what it is not; the month."""
    frame = screen.frame
    kit.heading(screen, "Chất lượng phục vụ")
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        held = method(screen.month)
        label = held.label if held else "Quyết định 766/QĐ-TTg"
        top = None if frame.view.unit else service_data.subject(frame)
        of = f" Số đã nhập: của {plain(frame.unit_names[top])}." if top else ""
        is_running = period_of("month", screen.month).last > frame.ask.as_of_day
        running = " Tháng chưa hết, số còn thay đổi." if is_running else ""
        st.caption(f"Bộ chỉ số phục vụ theo {label}, {screen.label}. **{NOTE}**{of}{running}")
    with right:
        months = sorted({*service_data.months(frame), screen.month}, reverse=True)
        words = {month: f"Tháng {month:%m/%Y}" for month in months}
        look = {"label_visibility": "collapsed", "width": "stretch"}
        widget(screen.asked, "month", words, shown=screen.month, **look)


def nothing(screen: Screen) -> None:
    """Nothing is known of the month."""
    card = screen.card
    if card is None:
        empty(
            f"Chưa có bộ chỉ số phục vụ cho {screen.label}",
            "Bộ chỉ số theo Quyết định 766/QĐ-TTg được theo dõi từ tháng 8/2022.",
            "Hãy chọn tháng khác ở trên.",
        )
        return
    empty(
        f"Chưa có số liệu chất lượng phục vụ của {screen.label}",
        "Đơn vị đang xem không có hồ sơ tiếp nhận trong tháng, và chưa ai nhập thành phần nào: "
        "điểm là chưa biết, không phải bằng 0.",
        "Tử số, mẫu số và điểm trên Cổng của từng thành phần được nạp từ tệp ở mục “Nhập liệu” "
        "dưới đây (có tệp mẫu); thành phần tính được từ hồ sơ thì cần hồ sơ của tháng ấy.",
    )
    widget(screen.asked, "component", screen.names, shown=screen.chosen)
    service_forms.component(screen.frame, card.method, screen.chosen, screen.month)


# -- headline -----------------------------------------------------------------------------


def headline(screen: Screen, card: Scorecard) -> None:
    """Points, the portal's score, progress, and where most points are lost."""
    shown = (_total(screen, card), _portal(screen, card), _progress(screen, card), _lost(card))
    told("service", shown, f"Nguồn: {_sources(screen)}.")


def _points(row: GroupRow) -> str:
    """A group's points out of those of its known components."""
    return f"{two(row.points, row.sum.of)}/{number(row.sum.of)}"


def _out_of(points: float, of: float) -> Html:
    return Html(f'{two(points, of)}<span class="dh-muted dh-of">/{number(of)}</span>')


def _since(
    screen: Screen, now: float | None, before: float | None, *, published: bool = False
) -> Html:
    """Since the month before."""
    against = service_data.month_before(screen.frame, screen.month, published=published)
    more = change(now, against.of(before))
    if more is None:
        return Html(f'<span class="dh-muted">{safe(against.none(now, before))}</span>')
    if not more:
        return Html(f"không đổi so với {safe(against.label)}")
    text = moved(more, f"{'▲' if more > 0 else '▼'} {signed(more, 2)}")
    return Html(f"{text} so với {safe(against.label)}")


def _total(screen: Screen, card: Scorecard) -> Told:
    total = card.total
    return Told(
        "total",
        f"Điểm {screen.label}",
        _out_of(total.points, total.of) if total.known else None,
        total_words(card, screen.month) if total.known else ["chưa biết thành phần nào"],
        "**Tổng điểm** chỉ có khi biết đủ các thành phần. Khi chưa đủ: điểm của những thành phần "
        "đã biết trên điểm tối đa của chính chúng; thành phần chưa biết không được tính là 0. "
        "Thành phần không áp dụng cho cấp xã được điểm tối đa (danh sách chưa đối chiếu với văn "
        "bản). Mức xếp loại đọc được trên báo chí, chưa đối chiếu với văn bản.",
    )


def _portal(screen: Screen, card: Scorecard) -> Told:
    ours, portal = points_and_portal(card, TOTAL)
    words = ["chưa nhập tổng điểm của tháng này"]
    if portal is not None:
        words = [HOW[card.portal[TOTAL].how]]
        if ours is not None:
            words.append(Html(f"tính lại lệch <b>{gap(change(ours, portal))}</b> điểm"))
        before = points_and_portal(screen.before, TOTAL)[1]
        words.append(_since(screen, portal, before, published=True))
    return Told(
        "portal",
        "Điểm trên Cổng DVCQG",
        None if portal is None else _out_of(portal, most(card, TOTAL)),
        words,
        "**Điểm trên Cổng Dịch vụ công quốc gia** là điểm chính thức, được nhập từ tệp và không "
        "bao giờ bị ghi đè. Chênh lệch = điểm tính lại − điểm trên Cổng, chỉ khi tính lại được đủ "
        "thành phần.",
    )


def _progress(screen: Screen, card: Scorecard) -> Told:
    found = card.of(_PROGRESS)
    value, words = None, [found.reason]
    if found.points is not None:
        value = _out_of(found.points, found.component.max)
        before = points_and_portal(screen.before, _PROGRESS)[0]
        words = [f"{percent(found.rate)} hồ sơ", _since(screen, found.points, before)]
    return Told(
        "progress",
        "Tiến độ giải quyết (2.1)",
        value,
        words,
        "**2.1 Hồ sơ xử lý trước hạn, đúng hạn**: 20 × hồ sơ tiếp nhận trong tháng đã giải quyết "
        "đúng hạn hoặc đang giải quyết còn trong hạn / hồ sơ tiếp nhận trong tháng (tháng dương "
        "lịch, theo định nghĩa của Cổng, khác biểu II.06a).",
    )


def _lost(card: Scorecard) -> Told:
    found = most_lost(card)
    value, words = Html("không có"), "không thành phần đã biết nào mất điểm"
    if found is not None:
        part, lost = found[0].component, found[1]
        value = Html(f'−{two(lost)}<span class="dh-muted dh-of"> điểm</span>')
        words = f"{part.key} {part.name}"
    return Told(
        "lost",
        "Mất nhiều điểm nhất",
        value,
        [words],
        "**Điểm mất** = điểm tối đa − điểm đạt được, của thành phần đã biết có khoảng cách lớn "
        "nhất. Thành phần chưa biết không được xét.",
    )


# -- groups and months --------------------------------------------------------------------


def charts(screen: Screen, card: Scorecard) -> None:
    """Groups out of their maximum; months of what was chosen."""
    left, right = st.columns(2, gap="medium")
    with left:
        _groups(screen, card)
    with right:
        _trend(screen, card)


def _groups(screen: Screen, card: Scorecard) -> None:
    st.header(f"Sáu nhóm, {screen.label}")
    rows = group_rows(card)
    said = "; ".join(f"{row.name} {_points(row)}" for row in rows if row.sum.known)
    plot(
        group_chart(rows),
        key="service_groups",
        alt=f"Điểm từng nhóm trên điểm tối đa, {screen.label}: {said or 'chưa có'}",
        title=f"Điểm sáu nhóm chất lượng phục vụ, {screen.label}",
    )
    st.caption(
        "Thanh màu: điểm; nền xám: tối đa của thành phần đã biết; nền kẻ chéo: thành phần chưa "
        "biết; ◆ điểm trên Cổng. (2/3): biết 2 trong 3 thành phần."
    )
    twin(
        f"sáu nhóm, {screen.label}",
        [{"row": row} for row in rows],
        (
            Column("Nhóm", lambda each: each["row"].name, is_name=True),
            Column("Điểm", lambda each: _points(each["row"]),
                   help="Trên tối đa của thành phần đã biết", is_number=True,
                   in_file=(Column("Điểm", lambda each: each["row"].sum.points, "score"),
                            Column("Tối đa của thành phần đã biết",
                                   lambda each: each["row"].sum.of, "score"))),
            Column("Tối đa cả nhóm", lambda each: each["row"].sum.whole, "count"),
            Column("Thành phần đã biết",
                   lambda each: f"{each['row'].sum.known}/{each['row'].sum.count}", is_number=True,
                   in_file=(Column("Thành phần đã biết", lambda each: each["row"].sum.known,
                                   "count"),
                            Column("Số thành phần", lambda each: each["row"].sum.count, "count"))),
            Column("Cổng", lambda each: portal_words(each["row"].portal)),
            Column("Lệch", lambda each: gap(each["row"].gap), is_number=True,
                   in_file=(Column("Lệch", lambda each: each["row"].gap, "score"),)),
        ),
        "Bảng điểm sáu nhóm",
    )  # fmt: skip


def _trend(screen: Screen, card: Scorecard) -> None:
    st.header("Theo tháng")
    key, name = screen.chosen, screen.names[screen.chosen]
    widget(screen.asked, "component", screen.names, shown=key, width="stretch")
    pairs = [points_and_portal(each.card, key) for each in screen.months]
    ours, portal = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    top = most(card, key)
    if not top or all(value is None for value in (*ours, *portal)):
        empty(
            f"Chưa có điểm của “{name}” theo tháng",
            "Thành phần này chỉ theo dõi, không tính điểm."
            if not top
            else "Chưa tháng nào biết đủ thành phần, cũng chưa nhập điểm trên Cổng.",
            "Chọn thành phần khác để xem diễn biến, hoặc nạp số liệu ở mục “Nhập liệu”.",
        )
        return
    months = [each.month for each in screen.months]
    found = on_line(
        screen.frame,
        screen.frame.view.unit,
        months[0],
        month_end(months[-1]),
        breaks_between(months[0], months[-1]),
    )
    known = "; ".join(two(value) for value in ours if value is not None)
    plot(
        month_chart(months, ours, portal, top, found),
        key="service_months",
        alt=f"{name} qua {len(months)} tháng, tối đa {number(top)}: {known}{heard(found)}",
        title=f"{name} qua {len(months)} tháng",
    )
    rows = [
        {"month": each.month, "ours": pair[0], "portal": pair[1], "how": arithmetic(each.card, key)}
        for each, pair in zip(screen.months, pairs, strict=True)
    ]
    twin(
        f"{name}, theo tháng",
        rows,
        (
            Column("Tháng", "month", "month", is_name=True),
            Column("Tính lại", "ours", "score"),
            Column("Trên Cổng", "portal", "score"),
            Column("Cách tính", "how"),
            *column(found, lambda row: (row["month"], month_end(row["month"]))),
        ),
        f"Bảng {name} theo tháng",
    )


# -- footer -------------------------------------------------------------------------------


def _sources(screen: Screen) -> str:
    found = ["hồ sơ một cửa (theo các nguồn ở chân trang)"] if screen.now.has_dossiers else []
    return kit.sources_text([*found, *screen.now.sources])


def footer(screen: Screen) -> None:
    """As of when, and from where."""
    moment, of = as_of(screen.frame.ask.moment), safe(_sources(screen))
    st.html(
        f'<span class="dh-source">Số liệu đến {moment}. {NOTE} Nguồn: {of}.</span> '
        f"{source_note(screen.frame)}"
    )
