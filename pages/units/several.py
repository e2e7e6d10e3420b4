"""Several units: ranked, on a map, side by side through time."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from metrics.core.on_time import spoken
from metrics.core.verdict import words
from metrics.core.vietnamese import UNKNOWN, day, level, number, percent
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.events import heard
from metrics.dossiers.review import unit_table
from metrics.dossiers.units import CLASSES, rate_floor, sides_of
from pages.units import data as units_data
from pages.units.screen import Screen, mark, unit_href, unit_params
from ui.kit import rate
from ui.kit.charts import pictures, plot, share_of, small_multiple, unit_map
from ui.kit.files import narrowed
from ui.kit.filters import Words, chips, filters, switch
from ui.kit.links import href, link
from ui.kit.listing import page_links, pages_of
from ui.kit.marks import MARKS, Html
from ui.kit.parts import empty, explain, opens
from ui.kit.rate import printed_column, rate_column, whole_text
from ui.kit.spark import spark_line, ticks
from ui.kit.table import Away, Column, Opens, Row, table
from ui.shell import data
from ui.shell import events as held
from ui.shell.context import Frame
from ui.shell.text import plain, safe

MISSED: Final = "Không đúng"
"""Header of the dossiers that the rate judged and did not find on time, by the chosen reading."""

RATE: Final = FIGURES["on_time"]
"""What units are ranked and drawn by."""

COUNTED: Final = (
    ("Nhận", "received", "received", "Tiếp nhận trong kỳ"),
    ("Xong", "resolved", "resolved", "Đã giải quyết trong kỳ"),
    (MISSED, "missed", "not_on_time", ""),
    ("Quá hạn", "overdue", "pending_overdue", "Đang giải quyết, đã quá hạn"),
)
"""Counts of a unit or of a group: header, column, the figure whose dossiers it opens, meaning."""

_PER_PAGE: Final = 12
_EVERY: Final = "tung-don-vi"
_WORDS: Final = {"week": "tuần", "month": "tháng", "month15": "tháng"}


def missed_help(frame: Frame) -> str:
    """What the column :data:`MISSED` counts."""
    return f"Không đúng hạn ({spoken(frame.ask)}): phân loại được mà không đúng hạn"


def counted(frame: Frame, own: dict[str, Any] | None, of: Any, without: str = "") -> list[Column]:
    """The columns :data:`COUNTED`; each number opens its dossiers.

    Args:
        own: parameters that every link has beside the view's; None: numbers open nothing.
        of: a row → the parameters that cut the list to it.
        without: a column that is left out.
    """

    def column(label: str, name: str, figure: str, words: str) -> Column:
        def to(row: Row) -> str | None:
            if own is None or not row[name] or not opens(frame, "late", row[name]):
                return None
            return href(frame, "late", {**frame.params(), **own, "figure": figure, **of(row)})

        return Column(label, name, "count", help=words or missed_help(frame), href=to)

    return [column(*each) for each in COUNTED if each[1] != without]


def unit_columns(frame: Frame) -> tuple[Column, ...]:
    """A unit's name, rate, change, counts and strip; the counts open their dossiers.

    Rows: ``name`` and :func:`metrics.dossiers.review.unit_table`.
    """
    found = data.weekly_review(frame.version, frame.view)
    before = found.previous

    def own(row: Row) -> dict[str, Any]:
        return {"units": row["unit_id"]}

    def change(row: Row) -> Any:
        if row["change"] is not None:
            return row["change"]
        why = found.previous_of(row["unit_id"]).none(row["rate"], None)
        return Html(f'<span title="{safe(why)}">{UNKNOWN}</span>')

    target = frame.ask.threshold("on_time_target").value
    floor, periods = rate_floor(unit_table(found)["strip"].to_list(), target), found.periods
    of = held.lines(frame, periods[0].first, periods[-1].last)

    def strip(row: Row) -> Html:
        known = f"{row['name']}: tỷ lệ đúng hạn các kỳ qua"
        marks = ticks(of(row["unit_id"]), periods)
        return Html(spark_line(row["strip"], target, known, floor=floor, marks=marks))

    return (
        Column("Đơn vị", "name", is_name=True),
        rate_column(frame, own),
        Column("±", change, "points", help=f"Tăng, giảm điểm % so với {before.named}",
               order="change"),
        *counted(frame, {}, own, without="received"),
        Column("Các kỳ qua", strip, is_minor=True, width="88px", order="rate",
               help=f"Thang chung {percent(floor, 0)}–100%; gạch ngang: mục tiêu "
               f"{level(target)}; chấm: kỳ này; vạch đỏ ở đáy: dưới thang; vạch trên: sự kiện"),
    )  # fmt: skip


# -- which units --------------------------------------------------------------------------


def which(screen: Screen) -> None:
    """What narrows the units; the rate of all of them, and how many are in each state."""
    kinds = screen.ranking.kinds
    if len(kinds) > 1:
        words = {key: f"{CLASSES[key]} ({number(count)})" for key, count in kinds.items()}
        every = f"Tất cả ({number(screen.ranking.whole.height)})"
        switch(screen, "kind", {None: every, **words})
    filters(screen, _words(screen))
    chips(screen, _words(screen))
    _summary(screen)


def _words(screen: Screen) -> Words:
    return {"q": {}, "units": screen.ranking.names}


def _summary(screen: Screen) -> None:
    shown, total = screen.ranking.table.height, screen.ranking.total
    ask = screen.frame.ask
    states = "".join(
        MARKS["rate"][state].html(f"{words(ask)[state]}: {number(count)}")
        for state, count in screen.ranking.states.items()
    )
    among = f" trong {number(screen.ranking.whole.height)}" if screen.asked.values else ""
    told = (
        f"<span>{safe(screen.name)} đúng hạn "
        f"<b>{safe(whole_text(rate.sides_of(total, ask), ask))}</b></span>"
        if total
        else ""
    )
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", key="units_summary"
    ):
        st.html(
            f'<p class="dh-units-summary">{told}<span>{number(shown)}{among} đơn vị</span>'
            f"{states}</p>",
            width="content",
        )
        if total:
            sides = (total[side] for side in ("numerator", "denominator", "unknown"))
            explain(RATE.key, ask, *sides)


# -- ranking and map ----------------------------------------------------------------------


def ranking(screen: Screen) -> None:
    """Units with rate, counts, change, strip and state, worst need first; where they lie."""
    if screen.ranking.table.is_empty():
        empty(
            "Không có đơn vị nào khớp",
            "Bộ lọc loại đơn vị, tên hoặc danh sách chọn không khớp đơn vị nào có hồ sơ trong kỳ.",
            "Hãy bỏ bớt điều kiện lọc ở trên.",
        )
        return
    with st.container(key="grid_first_units"):
        with st.container(gap="small"):
            _table(screen)
        with st.container(gap="small"):
            _map(screen)


def _table(screen: Screen) -> None:
    frame = screen.frame
    few = number(frame.ask.threshold("few_dossiers").value)
    target = level(frame.ask.threshold("on_time_target").value)

    def goal(row: Row) -> Html:
        is_known = row["state"] != "unknown"
        state = mark(frame, row["state"]) if is_known else MARKS["rate"]["unknown"].shape
        return Html(state + (" (ít)" if row["few"] else ""))

    named, *others = unit_columns(frame)
    columns = (
        named,
        Column("Mục tiêu", goal, order="rate",
               help=f"Mục tiêu {target}. “ít” là dưới {few} hồ sơ: dễ dao động"),
        Column("Tử/mẫu", lambda row: f"{number(row['on_time'])}/{number(row['judged'])}",
               help="Hồ sơ đúng hạn trên hồ sơ được tính", order="judged", is_minor=True,
               in_file=()),
        *others,
    )  # fmt: skip
    rows = screen.ranking.table
    table(
        rows,
        columns,
        alt="Đơn vị, xếp theo số hồ sơ không đúng hạn và quá hạn",
        opens=Opens(href=lambda row: unit_href(frame, row["unit_id"])),
        is_tall=True,
        away=Away(f"Xếp hạng đơn vị · {screen.name}", (narrowed(screen, _words(screen)),)),
    )
    st.caption(
        "Xếp theo số hồ sơ không đúng hạn và quá hạn, nhiều nhất ở trên. Bấm dòng để mở đơn vị, "
        "bấm số để mở hồ sơ của ô đó."
    )


def _map(screen: Screen) -> None:
    frame, shown = screen.frame, screen.ranking.table
    places = units_data.places(frame, shown)
    if not places:
        empty(
            "Chưa có bản đồ",
            "Các đơn vị trong danh sách chưa có tọa độ (kinh độ, vĩ độ) trong danh mục đơn vị.",
        )
        return
    known, problem = units_data.borders()
    if problem is not None:
        st.warning(plain(problem), icon=":material/map:")
    event = plot(
        unit_map(places, words(frame.ask), units_data.rings_by_state(frame, shown, known)),
        key="units_map",
        on_select="rerun",
        selection_mode="points",
        alt="Bản đồ đơn vị: cỡ theo số hồ sơ đã giải quyết, màu và hình theo mức đạt mục tiêu",
        title="Bản đồ đơn vị theo mức đạt mục tiêu đúng hạn",
    )
    chosen = event["selection"]["points"]
    if chosen and chosen[0].get("customdata"):
        unit = int(chosen[0]["customdata"][0])
        st.switch_page(frame.pages["units"], query_params=unit_params(frame, unit))
    without = shown.height - len(places)
    note = f" {number(without)} đơn vị chưa có tọa độ nên không có trên bản đồ." if without else ""
    st.caption(
        "Cỡ theo số hồ sơ đã giải quyết trong kỳ; số liệu là của bảng xếp hạng. Bấm để mở đơn "
        f"vị.{note}"
    )


# -- small multiples ----------------------------------------------------------------------


def multiples(screen: Screen) -> None:
    """Each unit's rate through the periods, all on one scale, the scope's line behind it."""
    found, rows = screen.ranking, screen.ranking.table
    if rows.is_empty():
        return
    periods = found.review.periods
    st.header(f"Từng đơn vị qua {len(periods)} {_WORDS.get(periods[-1].kind, 'kỳ')}", anchor=_EVERY)
    target = screen.frame.ask.threshold("on_time_target").value
    low, breaks = rate_floor(rows["strip"].to_list(), target), units_data.breaks(found)
    at = [share_of(each.day, periods) for each in breaks]
    of = held.lines(screen.frame, periods[0].first, periods[-1].last)
    pages, place = pages_of(screen, rows.height, _PER_PAGE)
    shown = rows.slice((place - 1) * _PER_PAGE, _PER_PAGE)

    def picture(row: Row) -> str:
        value = whole_text(sides_of(row, screen.frame.ask), screen.frame.ask)
        events = of(row["unit_id"])
        ticks_at = [share_of(each.day, periods) for each in events]
        alt = f"{row['name']}: tỷ lệ đúng hạn {len(row['strip'])} kỳ gần nhất, kỳ này {value}"
        alt += heard(events)
        state = "" if row["state"] == "unknown" else mark(screen.frame, row["state"])
        return (
            f"<div>{link(row['name'], unit_href(screen.frame, row['unit_id']))}"
            f"{small_multiple(row['strip'], found.line, target, low, at, ticks_at, alt)}"
            f'<div class="dh-multiple-foot"><span>{safe(value)}</span>{state}</div></div>'
        )

    drawn = "".join(map(picture, shown.iter_rows(named=True)))
    grid = f'{_legend(screen, target, low, breaks)}<div class="dh-multiples">{drawn}</div>'
    first, last = (place - 1) * _PER_PAGE + 1, min(rows.height, place * _PER_PAGE)
    title = f"Tỷ lệ đúng hạn của từng đơn vị, {number(first)}–{number(last)}"
    st.html(f'<div class="dh-picture">{grid}</div>{pictures(".dh-picture", title)}')
    st.caption(f"Đơn vị {number(first)}–{number(last)} trong {number(rows.height)}")
    page_links(screen, place, pages, _EVERY)
    with st.expander("Xem bảng số liệu: các đơn vị qua từng kỳ", icon=":material/table:"):
        table(
            found.periods_of(shown),
            (
                Column("Đơn vị", "name", is_name=True),
                Column("Kỳ", "period"),
                Column("Đúng hạn", "numerator", "count"),
                Column("Được tính", "denominator", "count"),
                Column("Chưa phân loại", "unknown", "count"),
                printed_column(screen.frame.ask, "Tỷ lệ"),
            ),
            alt="Tỷ lệ đúng hạn của các đơn vị qua từng kỳ",
            away=Away(
                "Tỷ lệ đúng hạn của các đơn vị qua từng kỳ",
                (narrowed(screen, _words(screen)),),
                lambda: found.periods_of(rows),
            ),
        )


def _legend(screen: Screen, target: float, low: float, breaks: Any) -> str:
    dates = "".join(
        f'<span><i class="dh-key dh-key-break"></i>{day(each.day)}: {safe(each.label)}</span>'
        for each in breaks
    )
    below = f"Thang {percent(low, 0)}–100%" + ("; ▼ thấp hơn đáy thang" if low > 0 else "")
    return (
        '<p class="dh-legend"><span><i class="dh-key dh-key-unit"></i>đơn vị</span>'
        f'<span><i class="dh-key dh-key-scope"></i>{safe(screen.name)} (chung)</span>'
        f'<span><i class="dh-key dh-key-target"></i>mục tiêu {level(target)}</span>{dates}'
        f'<span class="dh-muted">{below}.</span></p>'
    )
