"""Parts of the screen "Đơn vị", first state: several units ranked, side by side, on a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.boundaries import BoundaryError, Rings, read_boundaries
from connectors.engine import descendants
from metrics.core.ask import just_after
from metrics.core.on_time import spoken
from metrics.core.periods import Period
from metrics.core.verdict import STATES, State, words
from metrics.core.vietnamese import day as day_text
from metrics.core.vietnamese import level, number, percent, points
from metrics.dossiers.review import Review, unit_table
from metrics.dossiers.units import (
    CLASSES,
    active_days,
    breaks_between,
    folded,
    last_full_period,
    rate_floor,
    resolving_units,
    unit_classes,
    with_state,
)
from metrics.dossiers.units import sides_of as unit_sides
from ui.kit.charts import CONFIG, MARKS, Place, share_of, small_multiple, unit_map
from ui.kit.links import href
from ui.kit.marks import Html
from ui.kit.parts import empty, explain, left_out, opens, spark_line, twin
from ui.kit.rate import rate_cell, shown_rate, sides_of, whole_text
from ui.kit.table import Column, Opens, Row, table
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.text import plain, safe
from ui.shell.view import View

_PER_PAGE: Final = 12
_ALL: Final = "all"
_LONGEST_SEARCH: Final = 64
_WORDS: Final = {"week": "tuần", "month": "tháng", "month15": "tháng"}

MISSED: Final = "Không đúng"
"""Header of the dossiers that the rate judged and did not find on time, by the chosen reading."""


# -- what the screen is about ---------------------------------------------------------------


@dataclass(frozen=True)
class Subject:
    """What the screen shows: one unit that works itself, or the units below the chosen one."""

    frame: Frame
    unit: dict[str, Any] | None
    """The chosen unit's row; None: everything in the reader's scope."""
    has_parts: bool
    is_single: bool

    @cached_property
    def name(self) -> str:
        return (
            self.frame.everything
            if self.unit is None
            else self.frame.unit_names[self.unit["unit_id"]]
        )

    @property
    def alone(self) -> int | None:
        return self.unit["unit_id"] if self.unit and self.has_parts else None

    @property
    def ids(self) -> frozenset[int]:
        """The units whose dossiers are looked at, within the reader's scope."""
        if self.unit is not None and self.is_single:
            allowed = data.scope_of_reader().units
            alone = frozenset({int(self.unit["unit_id"])})
            return alone if allowed is None else alone & allowed
        within = self.frame.units_in_view
        return frozenset(self.frame.facts.units["unit_id"]) if within is None else within

    def params(self, **more: Any) -> dict[str, str]:
        """The URL's parameters that lead to the same subject, with others added."""
        only = 1 if self.is_single and self.has_parts else None
        return self.frame.params(only=only, **more)


def subject(frame: Frame) -> Subject:
    """What the frame's unit and the parameter ``only`` (this unit, without those below) name."""
    chosen = frame.view.unit
    if chosen is None:
        return Subject(frame, None, has_parts=True, is_single=False)
    row = frame.facts.units.filter(pl.col("unit_id") == chosen).row(0, named=True)
    parts = _parts(frame, chosen)
    alone = not parts or (st.query_params.get("only") == "1" and _works(frame, chosen))
    return Subject(frame, row, has_parts=bool(parts), is_single=alone)


@st.cache_data(max_entries=4, show_spinner=False)
def _working(version: str, scope: data.Units) -> frozenset[int]:
    return resolving_units(data.facts(version, scope, None))


def _works(frame: Frame, unit: int) -> bool:
    """Whether a unit resolves dossiers itself."""
    return unit in _working(frame.version, data.scope_of_reader().units)


def _parts(frame: Frame, unit: int) -> frozenset[int]:
    """The units below a unit that resolve dossiers."""
    below = descendants(frame.facts.units, unit) - {unit}
    return below & _working(frame.version, data.scope_of_reader().units)


def unit_params(frame: Frame, unit: int, view: View | None = None) -> dict[str, str]:
    """The URL's parameters that open one unit alone, also where others below it work."""
    params = replace(view or frame.view, unit=unit).params(frame.default)
    return params | ({"only": "1"} if _works(frame, unit) and _parts(frame, unit) else {})


def heading(about: Subject) -> None:
    """The title, and what kind of unit it is, since when and under whom."""
    st.title(plain(about.name))
    if about.unit is None:
        return
    unit = about.unit
    facts = [CLASSES[data_class(about.frame, unit["unit_id"])]]
    if unit["scheme"] != "group":
        facts.append(f"mã {unit['code']}")
    facts += _validity(unit)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="unit_facts"):
        st.html(f'<span class="dh-source">{safe(" · ".join(facts))}</span>', width="content")
        parent = about.frame.unit_names.get(unit["parent_id"])
        if parent is not None:
            _go(about.frame, f"{_above(about)} {plain(parent)}", unit["parent_id"])
        if about.has_parts:
            _switch(about)


def _above(about: Subject) -> str:
    """A heading of the tree is no superior."""
    units, unit = about.frame.facts.units, about.unit or {}
    kinds = units.filter(pl.col("unit_id") == unit["parent_id"])["kind"]
    return "Khối" if kinds.to_list() == ["group"] else "Thuộc"


def _validity(unit: dict[str, Any]) -> list[str]:
    since, until = unit["valid_from"], unit["valid_to"]
    return ([f"từ {day_text(since)}"] if since else []) + (
        [f"đến {day_text(until)}"] if until else []
    )


def _go(frame: Frame, label: str, unit: int, **more: Any) -> None:
    params = replace(frame.view, unit=unit).params(frame.default)
    st.page_link(
        frame.pages["units"],
        label=label,
        query_params=params | {key: str(value) for key, value in more.items()},
    )


def _switch(about: Subject) -> None:
    """From the units below to the unit's own dossiers, and back."""
    if about.is_single:
        st.page_link(
            about.frame.pages["units"],
            label="Xem cả các đơn vị trực thuộc",
            query_params=about.frame.params(),
        )
    elif about.unit is not None and _works(about.frame, about.unit["unit_id"]):
        st.page_link(
            about.frame.pages["units"],
            label="Xem riêng đơn vị này",
            query_params=about.frame.params(only=1),
        )


@st.cache_data(max_entries=4, show_spinner=False)
def _classes(version: str, scope: data.Units) -> dict[int, str]:
    return unit_classes(data.facts(version, scope, None).units)


def data_class(frame: Frame, unit: int) -> str:
    """The class of a unit (metrics.dossiers.units.CLASSES)."""
    return _classes(frame.version, data.scope_of_reader().units)[unit]


# -- nothing in the period ------------------------------------------------------------------


@st.cache_data(max_entries=256, show_spinner=False)
def days_with_dossiers(version: str, units: data.Units) -> list[date]:
    """The days on which dossiers of these units were received or ended, oldest first."""
    facts = data.facts(version, units, None)
    until = facts.data_until
    return [] if until is None else active_days(facts, just_after(until))


def no_dossiers(about: Subject) -> None:
    """Why the period is empty, and one click to the last full month and quarter that is not."""
    frame, name = about.frame, plain(about.name)
    days = days_with_dossiers(frame.version, frozenset(about.ids))
    ended = about.unit["valid_to"] if about.unit else None
    if not days:
        empty(
            "Đơn vị không trực tiếp giải quyết hồ sơ",
            f"{name} không là cơ quan giải quyết của hồ sơ nào trong dữ liệu đã nạp.",
            "Nếu đơn vị có giải quyết hồ sơ, hãy kiểm tra bảng ánh xạ đơn vị ở trang Dữ liệu.",
        )
        return
    first, last = frame.view.period.first, frame.view.period.last
    if days[0] > last:
        why = f"Hồ sơ đầu tiên của {name} là ngày {day_text(days[0])}, sau kỳ đang xem."
    elif ended is not None and ended < first:
        why = (
            f"{name} kết thúc hoạt động ngày {day_text(ended)} nên không có hồ sơ trong kỳ "
            f"đang xem: {frame.view.period.label}."
        )
    else:
        why = f"{name} không có hồ sơ nào trong kỳ đang xem: {frame.view.period.label}."
    with st.container(border=True, key="no_dossiers"):
        st.markdown("**Không có hồ sơ trong kỳ này**")
        st.caption(why)
        with st.container(horizontal=True, gap="small"):
            for period, label in _periods_with_dossiers(days, ended):
                _go_period(about, period, label)


def _periods_with_dossiers(days: list[Any], ended: Any) -> list[tuple[Period, str]]:
    until = min(days[-1], ended) if ended is not None else days[-1]
    # A unit that ended on the last day of a month has that month whole, whenever it worked last.
    until = max(until, ended) if ended is not None else until
    found = []
    for kind, name in (("month", "tháng trọn cuối cùng"), ("quarter", "quý trọn cuối cùng")):
        period = last_full_period(kind, days, until)
        if period is not None:
            found.append((period, f"Xem {name} có hồ sơ: {period.label}"))
    return found


def _go_period(about: Subject, period: Period, label: str) -> None:
    params = replace(about.frame.view, period=period, as_of=None).params(about.frame.default)
    only = {"only": "1"} if about.is_single and about.has_parts else {}
    st.page_link(
        about.frame.pages["units"],
        label=label,
        icon=":material/history:",
        query_params=params | only,
    )


# -- the units and what narrows them --------------------------------------------------------


@dataclass(frozen=True)
class Ranking:
    """The units on the screen, worst need first, after the screen's own filters.

    ``table``: :func:`metrics.dossiers.review.unit_table` with ``name``, ``class``, ``state``,
    ``few``.
    """

    review: Review
    table: pl.DataFrame
    all_units: int


def read(about: Subject) -> Ranking:
    """The ranking of the view; its filters are drawn where there is anything to filter."""
    frame = about.frame
    found = data.weekly_review(frame.version, frame.view)
    classes = _classes(frame.version, data.scope_of_reader().units)
    whole = with_state(unit_table(found), found.ask).with_columns(
        pl.col("unit_id").replace_strict(frame.unit_names, return_dtype=pl.String).alias("name"),
        pl.col("unit_id").replace_strict(classes, return_dtype=pl.String).alias("class"),
    )
    table = whole if whole.is_empty() else _filtered(frame, whole)
    return Ranking(found, table, whole.height)


def _filtered(frame: Frame, table: pl.DataFrame) -> pl.DataFrame:
    present = [key for key in CLASSES if key in set(table["class"])]
    with st.container(
        key="unit_filters", horizontal=True, gap="small", vertical_alignment="center"
    ):
        kind = _kind_filter(table, present)
        text = _search()
        among = _among_chip(frame)
    if among is not None:
        table = table.filter(pl.col("unit_id").is_in(sorted(among)))
    if kind is not None:
        table = table.filter(pl.col("class") == kind)
    if text:
        wanted = folded(text)
        table = table.filter(
            pl.col("name").map_elements(lambda name: wanted in folded(name), pl.Boolean)
        )
    return table


def _kind_filter(table: pl.DataFrame, present: list[str]) -> str | None:
    if len(present) < 2:
        return None
    chosen = st.query_params.get("kind")
    if chosen not in (None, _ALL, *present):
        left_out("kind")
    if chosen not in present:
        chosen = None
    counts: dict[str, int] = dict(table.group_by("class").len().iter_rows())
    st.session_state["units_kind"] = chosen or _ALL

    def changed() -> None:
        _remember("kind", st.session_state["units_kind"], _ALL)

    def label(key: str) -> str:
        whole = table.height
        return (
            f"Tất cả ({number(whole)})"
            if key == _ALL
            else f"{CLASSES[key]} ({number(counts[key])})"
        )

    st.segmented_control(
        "Loại đơn vị",
        [_ALL, *present],
        required=True,
        format_func=label,
        key="units_kind",
        on_change=changed,
        label_visibility="collapsed",
        wrap=True,
    )
    return chosen


def _search() -> str:
    text = st.query_params.get("q", "")
    if len(text) > _LONGEST_SEARCH or not text.isprintable():
        left_out("q")
        text = ""
    st.session_state["units_search"] = text

    def changed() -> None:
        _remember("q", st.session_state["units_search"].strip(), "")

    st.text_input(
        "Tìm đơn vị",
        key="units_search",
        on_change=changed,
        placeholder="Tìm theo tên, không cần dấu",
        icon=":material/search:",
        label_visibility="collapsed",
        width=260,
    )
    return text.strip()


def _among_chip(frame: Frame) -> frozenset[int] | None:
    """The units that the URL restricts the list to, shown as a chip that takes it off."""
    text = st.query_params.get("units")
    if text is None:
        return None
    given = {part.strip() for part in text.split(",")}
    known = frozenset(unit for unit in frame.unit_names if str(unit) in given)
    if {str(unit) for unit in known} != given:
        left_out("units")
    if not known:
        return None

    def remove() -> None:
        del st.query_params["units"]

    label = (
        plain(frame.unit_names[next(iter(known))])
        if len(known) == 1
        else f"Chỉ {number(len(known))} đơn vị được chọn"
    )
    st.button(label, icon=":material/close:", key="units_chip", help="Bỏ giới hạn", on_click=remove)
    return known


def _remember(key: str, value: str, usual: str) -> None:
    """Puts a filter into the URL; the first page of the small charts comes with it."""
    if value and value != usual:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]
    if key != "p" and "p" in st.query_params:
        del st.query_params["p"]


# -- summary and ranking --------------------------------------------------------------------


def state_words(frame: Frame) -> dict[State, str]:
    """Each state's mark and word, with the levels valid on the day of the figures."""
    return {state: f"{MARKS[state].shape} {word}" for state, word in words(frame.ask).items()}


def summary(about: Subject, ranking: Ranking) -> None:
    """The scope's own rate, and how many units are in each state."""
    total = ranking.review.totals().filter(
        (pl.col("figure") == "on_time") & (pl.col("ask") == ranking.review.last)
    )
    whole = total.row(0, named=True) if total.height else None
    told = state_words(about.frame)
    counts: dict[str, int] = dict(ranking.table.group_by("state").len().iter_rows())
    parts = [
        f'<span class="{MARKS[state].style}">{told[state]}: <b>{number(counts[state])}</b></span>'
        for state in STATES
        if counts.get(state)
    ]
    rate = (
        f"<span>{safe(about.name)} đúng hạn "
        f"<b>{safe(whole_text(sides_of(whole, about.frame.ask), about.frame.ask))}</b></span>"
        if whole
        else ""
    )
    shown = f"{number(ranking.table.height)} đơn vị"
    if ranking.table.height < ranking.all_units:
        shown = f"{number(ranking.table.height)} trong {number(ranking.all_units)} đơn vị"
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", key="units_summary"
    ):
        st.html(
            f'<p class="dh-units-summary">{rate}<span>{shown}</span>{"".join(parts)}</p>',
            width="content",
        )
        if whole:
            sides = (whole[side] for side in ("numerator", "denominator", "unknown"))
            explain("on_time", about.frame.ask, *sides)


def ranking_table(about: Subject, ranking: Ranking) -> None:
    """Units with rate, counts, change, strip and state; worst need first; rows and numbers open."""
    frame = about.frame
    few = number(frame.ask.threshold("few_dossiers").value)
    target = level(frame.ask.threshold("on_time_target").value)
    told = state_words(frame)

    def goal(row: Row) -> Html:
        mark = "–" if row["state"] == "unknown" else told[row["state"]]
        return Html(
            f'<span class="dh-state {MARKS[row["state"]].style}">{mark}</span>'
            + (" (ít)" if row["few"] else "")
        )

    named, *others = unit_columns(frame)
    table(
        ranking.table,
        (
            named,
            Column("Mục tiêu", goal, order="rate",
                   help=f"Mục tiêu {target}. “ít” là dưới {few} hồ sơ: dễ dao động"),
            Column("Tử/mẫu", lambda row: f"{number(row['on_time'])}/{number(row['judged'])}",
                   help="Hồ sơ đúng hạn trên hồ sơ được tính", order="judged", is_minor=True),
            *others,
        ),
        alt="Đơn vị, xếp theo số hồ sơ không đúng hạn và quá hạn",
        opens=Opens(href=lambda row: href(frame, "units", unit_params(frame, row["unit_id"]))),
        is_tall=True,
    )  # fmt: skip
    st.caption(
        "Xếp theo số hồ sơ không đúng hạn và quá hạn, nhiều nhất ở trên. Bấm dòng để mở đơn vị, "
        "bấm số để mở hồ sơ của ô đó."
    )


def unit_columns(frame: Frame) -> tuple[Column, ...]:
    """A unit's name, rate, change, counts and strip; the counts open their dossiers.

    Rows: ``name``, ``unit_id``, ``rate``, ``change``, ``resolved``, ``missed``, ``overdue``,
    ``strip`` (:func:`metrics.dossiers.review.unit_table`).
    """
    before = data.weekly_review(frame.version, frame.view).previous.whole

    def counted(label: str, of: str, figure: str, help: str) -> Column:
        def to(row: Row) -> str | None:
            if not row[of] or not opens(frame, "late", row[of]):
                return None
            return href(frame, "late", frame.params(figure=figure, units=row["unit_id"]))

        return Column(label, of, "count", help=help, href=to)

    def strip(row: Row) -> Html:
        known = f"{row['name']}: tỷ lệ đúng hạn các kỳ qua"
        return Html(spark_line(row["strip"], None, known))

    return (
        Column("Đơn vị", "name", is_name=True),
        Column(
            "Đúng hạn",
            partial(rate_cell, ask=frame.ask),
            order="rate",
            is_number=True,
            help=f"Tỷ lệ {spoken(frame.ask)}",
        ),
        Column("±", "change", "points", help=f"Tăng, giảm điểm % so với {before}"),
        counted("Xong", "resolved", "resolved", "Đã giải quyết trong kỳ"),
        counted(MISSED, "missed", "not_on_time", missed_help(frame)),
        counted("Quá hạn", "overdue", "pending_overdue", "Đang giải quyết, đã quá hạn"),
        Column("Các kỳ qua", strip, is_minor=True, width="88px"),
    )


def missed_help(frame: Frame) -> str:
    """What the column :data:`MISSED` counts."""
    return f"Không đúng hạn ({spoken(frame.ask)}): phân loại được mà không đúng hạn"


def open_unit(frame: Frame, unit: int) -> None:
    """Opens one unit alone, also where there are others below it."""
    st.switch_page(frame.pages["units"], query_params=unit_params(frame, unit))


# -- small multiples ------------------------------------------------------------------------


def multiples(about: Subject, ranking: Ranking) -> None:
    """Each unit's rate through the periods, all on one scale, the scope's line behind it."""
    found, table = ranking.review, ranking.table
    length = len(found.periods)
    word = _WORDS.get(found.periods[-1].kind, "kỳ")
    low = rate_floor(table["strip"].to_list())
    st.header(f"Từng đơn vị qua {length} {word}")
    target = about.frame.ask.threshold("on_time_target").value
    breaks = breaks_between(found.periods[0].first, found.periods[-1].last)
    st.html(_legend(about, target, low, breaks))
    place = _page(-(-table.height // _PER_PAGE))
    shown = table.slice((place - 1) * _PER_PAGE, _PER_PAGE)
    scope = _scope_line(found)
    at = share_of(breaks[-1].day, found.periods) if breaks else None
    with st.container(key="multiples"):
        for row in shown.iter_rows(named=True):
            _multiple(about, row, scope, target, low, at)
    _pages(table.height, place)
    twin("các đơn vị qua từng kỳ", _twin_of(ranking, shown))


def _legend(about: Subject, target: float, low: float, breaks: Any) -> str:
    dates = "".join(
        f'<span><i class="dh-key dh-key-break"></i>{day_text(each.day)}: {safe(each.label)}</span>'
        for each in breaks
    )
    below = f"Thang {percent(low, 0)}–100%" + ("; ▼ thấp hơn đáy thang" if low > 0 else "")
    return (
        '<p class="dh-legend"><span><i class="dh-key dh-key-unit"></i>đơn vị</span>'
        f'<span><i class="dh-key dh-key-scope"></i>{safe(about.name)} (chung)</span>'
        f'<span><i class="dh-key dh-key-target"></i>mục tiêu {level(target)}</span>{dates}'
        f'<span class="dh-muted">{below}.</span></p>'
    )


def _scope_line(found: Review) -> list[float | None]:
    rates = found.totals().filter(pl.col("figure") == "on_time").sort("ask")
    return list(rates["rate"])


def _multiple(
    about: Subject,
    row: dict[str, Any],
    scope: list[float | None],
    target: float,
    low: float,
    break_at: float | None,
) -> None:
    told = state_words(about.frame)
    state = MARKS[row["state"]]
    ask = about.frame.ask
    value = whole_text(unit_sides(row, ask), ask)
    word = "" if row["state"] == "unknown" else told[row["state"]]
    alt = f"{row['name']}: tỷ lệ đúng hạn {len(row['strip'])} kỳ gần nhất, kỳ này {value}"
    with st.container(key=f"multiple_{row['unit_id']}", gap=None):
        st.page_link(
            about.frame.pages["units"],
            label=plain(row["name"]),
            query_params=unit_params(about.frame, row["unit_id"]),
        )
        st.html(
            small_multiple(row["strip"], scope, target, low, break_at, alt)
            + f'<div class="dh-multiple-foot"><span>{value}</span>'
            f'<span class="{state.style}">{word}</span></div>'
        )


def _page(pages: int) -> int:
    text = st.query_params.get("p", "1")
    if not text.isdecimal() or len(text) >= 10:
        left_out("p")
        return 1
    return min(max(int(text), 1), max(pages, 1))


def _pages(height: int, place: int) -> None:
    pages = -(-height // _PER_PAGE)
    if pages < 2:
        return
    # A key for each page: the widget always starts at the URL's page, also after "back".
    key = f"units_page_{place}"

    def changed() -> None:
        _remember("p", str(st.session_state[key]), "1")

    first = (place - 1) * _PER_PAGE + 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.pagination(pages, default=place, key=key, on_change=changed)
        last = min(height, first + _PER_PAGE - 1)
        st.caption(f"Đơn vị {number(first)}–{number(last)} trong {number(height)}")


def _twin_of(ranking: Ranking, shown: pl.DataFrame) -> pl.DataFrame:
    """Numerator, denominator and rate of each unit on the page and period."""
    found = ranking.review
    labels = {place: period.label for place, period in enumerate(found.periods)}
    order = shown.select("unit_id", "name").with_row_index("place")
    return (
        found.series.filter(pl.col("figure") == "on_time")
        .join(order, on="unit_id")
        .sort("place", "ask")
        .select(
            pl.col("name").alias("Đơn vị"),
            pl.col("ask").replace_strict(labels, return_dtype=pl.String).alias("Kỳ"),
            pl.col("numerator").alias("Đúng hạn"),
            pl.col("denominator").alias("Được tính"),
            pl.col("unknown").alias("Chưa phân loại"),
            shown_rate("rate", found.ask).alias("Tỷ lệ"),
        )
    )


# -- map ------------------------------------------------------------------------------------


@st.cache_resource(max_entries=2, show_spinner=False)
def _borders(path: str, changed: float) -> dict[str, Rings]:
    return read_boundaries(Path(path))


def borders() -> tuple[dict[str, Rings], str | None]:
    """The borders that the installation brought, and what is wrong with their file."""
    path = data.settings().boundaries
    try:
        return _borders(str(path), path.stat().st_mtime), None
    except OSError:
        missing = data.settings().boundary_file is not None
        return {}, f"Không mở được tệp ranh giới {path.name}." if missing else None
    except BoundaryError as error:
        return {}, str(error)


def unit_places(frame: Frame, table: pl.DataFrame) -> list[Place]:
    """The units of a ranking that have coordinates."""
    located = table.join(
        frame.facts.units.select("unit_id", "latitude", "longitude"), on="unit_id"
    ).filter(pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null())
    return [
        Place(
            row["unit_id"],
            row["name"],
            row["longitude"],
            row["latitude"],
            row["resolved"],
            row["state"],
            f"{whole_text(unit_sides(row, frame.ask), frame.ask)}, "
            f"đã giải quyết {number(row['resolved'])}, đang quá hạn {number(row['overdue'])}",
        )
        for row in located.iter_rows(named=True)
    ]


def rings_by_state(
    frame: Frame, table: pl.DataFrame, known: Mapping[str, Rings]
) -> dict[State, list[Any]]:
    """Rings of the communes now in force, by the state that the ranking gives them.

    Codes were given to other places on 1 July 2025, so only units valid today are matched.
    """
    today = frame.facts.units.filter(
        (pl.col("kind") == "commune") & (pl.col("scheme") == "gso") & pl.col("valid_to").is_null()
    )
    states: dict[int, State] = dict(table.select("unit_id", "state").iter_rows())
    found: dict[State, list[Any]] = {}
    for unit, code in today.select("unit_id", "code").iter_rows():
        if unit in states and code in known:
            found.setdefault(states[unit], []).extend(known[code])
    return found


def map_of_units(about: Subject, ranking: Ranking) -> None:
    """Where the units lie; a click opens one."""
    frame, table = about.frame, ranking.table
    places = unit_places(frame, table)
    if not places:
        empty(
            "Chưa có bản đồ",
            "Các đơn vị trong danh sách chưa có tọa độ (kinh độ, vĩ độ) trong danh mục đơn vị.",
        )
        return
    known, problem = borders()
    if problem is not None:
        st.warning(problem, icon=":material/map:")
    figure = unit_map(places, state_words(frame), rings_by_state(frame, table, known))
    event = st.plotly_chart(
        figure,
        config=CONFIG,
        key="units_map",
        on_select="rerun",
        selection_mode="points",
        alt="Bản đồ đơn vị: cỡ theo số hồ sơ đã giải quyết, màu và hình theo mức đạt mục tiêu",
    )
    chosen = event["selection"]["points"]
    if chosen and chosen[0].get("customdata"):
        open_unit(frame, int(chosen[0]["customdata"][0]))
    without = table.height - len(places)
    note = f" {number(without)} đơn vị chưa có tọa độ nên không có trên bản đồ." if without else ""
    st.caption(
        "Cỡ theo số hồ sơ đã giải quyết trong kỳ; số liệu là của bảng xếp hạng. Bấm để mở đơn "
        f"vị.{note}"
    )


# -- the whole state ------------------------------------------------------------------------


def several(about: Subject) -> None:
    """The screen for several units."""
    ranking = read(about)
    if ranking.all_units == 0:
        no_dossiers(about)
        return
    if ranking.table.is_empty():
        empty(
            "Không có đơn vị nào khớp",
            "Bộ lọc loại đơn vị, tên hoặc danh sách chọn không khớp đơn vị nào có hồ sơ trong kỳ.",
            "Hãy bỏ bớt điều kiện lọc ở trên.",
        )
        return
    summary(about, ranking)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        ranking_table(about, ranking)
    with right:
        map_of_units(about, ranking)
    multiples(about, ranking)


def change_text(change: float | None) -> str:
    """A change of a rate with its direction: ▲ 0,8 điểm."""
    if change is None:
        return "–"
    shape = "▲" if change > 0 else "▼" if change < 0 else "▬"
    return f"{shape} {points(abs(change)).removeprefix('+')} điểm"
