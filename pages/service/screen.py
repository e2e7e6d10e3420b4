"""Parts of the screen of service quality: Decision 766 by month and unit, each point explained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

import polars as pl
import streamlit as st

from metrics.core.periods import period_of
from metrics.core.vietnamese import UNKNOWN, as_of, number, percent, signed
from metrics.dossiers.units import breaks_between
from metrics.service.decision766 import (
    TOTAL,
    Group,
    Portal,
    Scorecard,
    Scored,
    Sum,
    added,
    band,
    method,
)
from metrics.service.review import Month, shown_month
from pages.service import data as service_data
from pages.service.charts import Bar, group_chart, month_chart
from pages.service.data import KEYS, Query
from ui.kit.charts import CONFIG
from ui.kit.parts import empty, how, put_query, source_note, twin
from ui.shell.context import Frame
from ui.shell.text import plain, safe

NOTE: Final = "Tính lại để giải thích, điểm trên Cổng DVCQG là chính thức."
_LOAD: Final = (
    "Tử số, mẫu số và điểm trên Cổng của từng thành phần được nạp từ tệp ở mục “Nhập liệu” dưới "
    "đây (có tệp mẫu); thành phần tính được từ hồ sơ thì cần hồ sơ của tháng ấy."
)
_HOW: Final = {
    "imported": "đã nhập",
    "summed": "cộng từ các thành phần đã nhập",
    "left_over": "suy ra: tổng trừ các nhóm khác",
}


@dataclass(frozen=True)
class Screen:
    """What the page shows: a month of the view's unit, and the months before it."""

    frame: Frame
    query: Query
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
    def is_empty(self) -> bool:
        return self.now.is_empty or self.card is None

    @property
    def label(self) -> str:
        return f"tháng {self.month:%m/%Y}"

    @property
    def is_running(self) -> bool:
        """The month has not ended at the figures' moment."""
        return period_of("month", self.month).last > self.frame.ask.as_of_day

    @cached_property
    def chosen(self) -> str:
        """What the trend shows: as asked, else the total where any month has one, else 2.1."""
        if self.query.component is not None:
            return self.query.component
        cards = [each.card for each in self.months if each.card is not None]
        known = any(card.total.is_whole or TOTAL in card.portal for card in cards)
        return TOTAL if known else "2.1"


def read(frame: Frame) -> Screen:
    """The screen of the view and the URL; what in the URL means nothing is named."""
    held = method(frame.ask.as_of_day)
    keys = [TOTAL]
    if held is not None:
        keys += [group.key for group in held.groups]
        keys += [component.key for component in held.components]
    params = {name: st.query_params[name] for name in KEYS if name in st.query_params}
    query, problems = service_data.read_query(params, keys)
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")
    month = query.month or shown_month(frame.view.period, frame.ask)
    return Screen(frame, query, month, service_data.monthly(frame, month))


def go_to(screen: Screen, **changes: Any) -> None:
    """Puts another query into the URL (called from widgets)."""
    put_query(KEYS, replace(screen.query, **changes).params())


# -- heading ------------------------------------------------------------------------------


def heading(screen: Screen) -> None:
    """The title, what it is and what it is not; the month."""
    frame = screen.frame
    st.title(f"Chất lượng phục vụ · {plain(frame.whose)}")
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        held = method(screen.month)
        label = held.label if held else "Quyết định 766/QĐ-TTg"
        top = service_data.subject(frame)
        of = ""
        if top and not frame.view.unit:
            of = f" Số đã nhập: của {plain(frame.unit_names[top])}."
        running = " Tháng chưa hết, số còn thay đổi." if screen.is_running else ""
        st.caption(f"Bộ chỉ số phục vụ theo {label}, {screen.label}. **{NOTE}**{of}{running}")
    with right:
        _months(screen)


def _months(screen: Screen) -> None:
    options = service_data.months(screen.frame)
    if screen.month not in options:
        options = sorted({*options, screen.month}, reverse=True)
    st.session_state["service_month"] = screen.month

    def changed() -> None:
        go_to(screen, month=st.session_state["service_month"])

    st.selectbox(
        "Tháng",
        options,
        format_func=lambda month: f"Tháng {month:%m/%Y}",
        key="service_month",
        on_change=changed,
        label_visibility="collapsed",
    )


def nothing(screen: Screen) -> None:
    """Nothing is known of the month."""
    if screen.card is None:
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
        _LOAD,
    )


# -- headline -----------------------------------------------------------------------------


def headline(screen: Screen) -> None:
    """Points, the portal's score, progress, and where most points are lost."""
    cards = [
        ("total", f"Điểm {screen.label}", *_total_card(screen)),
        ("portal", "Điểm trên Cổng DVCQG", *_portal_card(screen)),
        ("progress", "Tiến độ giải quyết (2.1)", *_progress_card(screen)),
        ("lost", "Mất nhiều điểm nhất", *_lost_card(screen)),
    ]
    for column, (key, label, value, words) in zip(st.columns(4, gap="small"), cards, strict=True):
        with column, st.container(key=f"card_service_{key}"):
            st.html(
                f'<div class="dh-label">{label}</div><div class="dh-value">{value}</div>'
                f'<div class="dh-change">{words}</div>'
            )
            with how(f"service_{key}"):
                st.markdown(_EXPLAINED[key])
                st.caption(f"Nguồn: {plain(_sources(screen))}.")


_EXPLAINED: Final = {
    "total": (
        "**Tổng điểm** chỉ có khi biết đủ các thành phần. Khi chưa đủ: điểm của những thành phần "
        "đã biết trên điểm tối đa của chính chúng; thành phần chưa biết không được tính là 0. "
        "Thành phần không áp dụng cho cấp xã được điểm tối đa (danh sách chưa đối chiếu với văn "
        "bản). Mức xếp loại đọc được trên báo chí, chưa đối chiếu với văn bản."
    ),
    "portal": (
        "**Điểm trên Cổng Dịch vụ công quốc gia** là điểm chính thức, được nhập từ tệp và không "
        "bao giờ bị ghi đè. Chênh lệch = điểm tính lại − điểm trên Cổng, chỉ khi tính lại được đủ "
        "thành phần."
    ),
    "progress": (
        "**2.1 Hồ sơ xử lý trước hạn, đúng hạn**: 20 × hồ sơ tiếp nhận trong tháng đã giải quyết "
        "đúng hạn hoặc đang giải quyết còn trong hạn / hồ sơ tiếp nhận trong tháng (tháng dương "
        "lịch, theo định nghĩa của Cổng, khác biểu II.06a)."
    ),
    "lost": (
        "**Điểm mất** = điểm tối đa − điểm đạt được, của thành phần đã biết có khoảng cách lớn "
        "nhất. Thành phần chưa biết không được xét."
    ),
}


def _out_of(points: float, of: float) -> str:
    return f'{number(points, 1)}<span class="dh-muted dh-of">/{number(of)}</span>'


_NONE: Final = '<span class="dh-none dh-muted">chưa có</span>'


def _total_card(screen: Screen) -> tuple[str, str]:
    card = screen.card
    if card is None or not card.total.known:
        return _NONE, "chưa biết thành phần nào"
    total = card.total
    words = []
    if total.is_whole:
        found = band(total.points, screen.month)
        if found is not None:
            caution = "" if found.verified else " (mức theo báo chí, chưa đối chiếu)"
            words.append(f"“{found.label}”{caution}")
    else:
        words.append(f"{total.known}/{total.count} thành phần đã biết, chưa thành tổng điểm")
        bounds = sum(each.state == "at_most" for each in card.scored)
        if bounds:
            words.append(f"{bounds} thành phần chỉ biết cận trên")
    if total.other is not None and abs(total.other - total.points) >= 0.05:
        words.append(f"{number(total.other, 1)} theo cách đọc khác của 4.2")
    return _out_of(total.points, total.of), "; ".join(words)


def _portal_card(screen: Screen) -> tuple[str, str]:
    card = screen.card
    portal = card.portal.get(TOTAL) if card else None
    if card is None or portal is None:
        return _NONE, "chưa nhập tổng điểm của tháng này"
    words = [_HOW[portal.how]]
    if card.total.is_whole:
        gap = card.total.points - portal.points
        words.append(f"tính lại lệch <b>{signed(round(gap, 2), 2)}</b> điểm")
    earlier = screen.before.portal.get(TOTAL) if screen.before else None
    if earlier is not None:
        words.append(_moved(portal.points - earlier.points))
    return _out_of(portal.points, 100), "; ".join(words)


def _moved(change: float) -> str:
    change = round(change, 2)
    if not change:
        return "không đổi so với tháng trước"
    style, shape = ("good", "▲") if change > 0 else ("bad", "▼")
    return f'<span class="dh-{style}">{shape} {signed(change, 2)}</span> so với tháng trước'


def _progress_card(screen: Screen) -> tuple[str, str]:
    found = screen.card.of("2.1") if screen.card else None
    if found is None or found.points is None:
        return _NONE, found.reason if found else ""
    words = [f"{percent(found.rate)} hồ sơ"]
    if screen.before is not None:
        earlier = screen.before.of("2.1").points
        if earlier is not None:
            words.append(_moved(found.points - earlier))
    return _out_of(found.points, found.component.max), "; ".join(words)


def _lost(card: Scorecard) -> Scored | None:
    known = [each for each in card.scored if each.points is not None and each.component.max]
    losing = [each for each in known if each.component.max - (each.points or 0) > 0.005]
    return max(losing, key=lambda each: each.component.max - (each.points or 0), default=None)


def _lost_card(screen: Screen) -> tuple[str, str]:
    found = _lost(screen.card) if screen.card else None
    if found is None:
        return _NONE, "không thành phần đã biết nào mất điểm"
    lost = found.component.max - (found.points or 0)
    return (
        f'−{number(lost, 1)}<span class="dh-muted dh-of"> điểm</span>',
        f"{found.component.key} {safe(found.component.name)}",
    )


# -- groups and months --------------------------------------------------------------------


def charts(screen: Screen) -> None:
    """Groups out of their maximum; months of what was chosen."""
    left, right = st.columns(2, gap="medium")
    with left:
        _groups(screen)
    with right:
        _trend(screen)


def _bar(card: Scorecard, group: Group) -> Bar:
    found, portal = card.group(group.key), card.portal.get(group.key)
    points = found.points if found.known else None
    return Bar(
        group.name,
        points,
        found.of,
        found.whole,
        found.known,
        found.count,
        portal.points if portal else None,
    )


def _groups(screen: Screen) -> None:
    card = screen.card
    assert card is not None
    st.header(f"Sáu nhóm, {screen.label}")
    bars = [_bar(card, group) for group in card.method.groups]
    told = "; ".join(
        f"{bar.name} {number(bar.points, 1)}/{number(bar.of)}" for bar in bars if bar.known
    )
    st.plotly_chart(
        group_chart(bars),
        config=CONFIG,
        key="service_groups",
        alt=f"Điểm từng nhóm trên điểm tối đa, {screen.label}: {told or 'chưa có'}",
    )
    st.caption(
        "Thanh màu: điểm; nền xám: tối đa của thành phần đã biết; nền kẻ chéo: thành phần chưa "
        "biết; ◆ điểm trên Cổng. (2/3): biết 2 trong 3 thành phần."
    )
    table = pl.DataFrame(
        [
            {
                "Nhóm": bar.name,
                "Điểm": two(bar.points),
                "Trên tối đa đã biết": number(bar.of),
                "Tối đa cả nhóm": number(bar.whole),
                "Thành phần đã biết": f"{bar.known}/{bar.count}",
                "Cổng": _portal_words(card.portal.get(group.key)),
            }
            for bar, group in zip(bars, card.method.groups, strict=True)
        ]
    )
    twin(f"sáu nhóm, {screen.label}", table, alt="Bảng điểm sáu nhóm")


def two(value: float | None) -> str:
    """Points with two decimals."""
    return UNKNOWN if value is None else number(value, 2)


def _portal_words(portal: Portal | None) -> str:
    return UNKNOWN if portal is None else f"{number(portal.points, 2)} ({_HOW[portal.how]})"


def names_of(screen: Screen) -> dict[str, str]:
    """Key → name of the total, the groups and the components."""
    held = screen.card.method if screen.card else method(screen.month)
    names = {TOTAL: "Tổng điểm"}
    if held is not None:
        for group in held.groups:
            names[group.key] = f"Nhóm: {group.name}"
            names |= {
                each.key: f"{each.key} {each.name}"
                for each in held.components
                if each.group == group.key
            }
    return names


def choose(screen: Screen) -> None:
    """What the trend and the panel are of: the total, a group, a component."""
    names = names_of(screen)
    st.session_state["service_component"] = screen.chosen

    def changed() -> None:
        go_to(screen, component=st.session_state["service_component"], part="missing")

    st.selectbox(
        "Diễn biến và chi tiết của",
        list(names),
        format_func=names.__getitem__,
        key="service_component",
        on_change=changed,
    )


def _value(card: Scorecard | None, key: str) -> tuple[float | None, float | None]:
    """Our points and the portal's, of a component, a group or in total."""
    if card is None:
        return None, None
    portal = card.portal.get(key)
    if key == TOTAL or key in {group.key for group in card.method.groups}:
        total: Sum = card.total if key == TOTAL else added(card.of_group(key))
        return (total.points if total.is_whole else None), (portal.points if portal else None)
    found = card.of(key)
    return found.points, found.portal


def _top(card: Scorecard, key: str) -> float:
    if key == TOTAL:
        return 100
    group = next((each.max for each in card.method.groups if each.key == key), None)
    return card.method.component(key).max if group is None else group


def _trend(screen: Screen) -> None:
    st.header("Theo tháng")
    choose(screen)
    key, name = screen.chosen, names_of(screen)[screen.chosen]
    pairs = [_value(each.card, key) for each in screen.months]
    ours, portal = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert screen.card is not None
    top = _top(screen.card, key)
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
    breaks = [(each.day, each.label) for each in breaks_between(months[0], months[-1])]
    known = [number(value, 1) for value in ours if value is not None]
    st.plotly_chart(
        month_chart(months, ours, portal, top, breaks),
        config=CONFIG,
        key="service_months",
        alt=f"{name} qua {len(months)} tháng, tối đa {number(top)}: {'; '.join(known)}",
    )
    table = pl.DataFrame(
        {
            "Tháng": [f"{month:%m/%Y}" for month in months],
            "Tính lại": [two(value) for value in ours],
            "Trên Cổng": [two(value) for value in portal],
            "Cách tính": [_told(each.card, key) for each in screen.months],
        }
    )
    twin(f"{name}, theo tháng", table, alt=f"Bảng {name} theo tháng")


def _told(card: Scorecard | None, key: str) -> str:
    if card is None:
        return ""
    known = {each.component.key: each for each in card.scored}
    if key in known:
        return known[key].arithmetic or known[key].reason
    total = card.total if key == TOTAL else card.group(key)
    return f"{total.known}/{total.count} thành phần đã biết"


# -- footer --------------------------------------------------------------------------------


def _sources(screen: Screen) -> str:
    found = ["hồ sơ một cửa (theo các nguồn ở chân trang)"] if screen.now.has_dossiers else []
    found += screen.now.sources
    return "; ".join(found[:3]) or "chưa có"


def footer(screen: Screen) -> None:
    """As of when, and from where."""
    st.html(
        f'<span class="dh-source">Số liệu đến {as_of(screen.frame.ask.moment)}. {NOTE} Nguồn: '
        f"{safe(_sources(screen))}.</span> {source_note(screen.frame)}"
    )
