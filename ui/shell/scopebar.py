"""The bar above every screen: unit, period, moment, definition; and the chips of what is set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st

from metrics.core.collation import place
from metrics.core.on_time import ON_TIME_DEFINITIONS
from metrics.core.periods import Period, choices, period_of
from metrics.core.report_forms import told
from metrics.core.searching import folded
from metrics.core.vietnamese import as_of
from ui.shell import printing, signin
from ui.shell.fresh import fresh
from ui.shell.text import plain
from ui.shell.view import View

if TYPE_CHECKING:
    from ui.shell.context import Frame

Remember = Callable[[View, View], None]

_ALL: Final = 0
_NOW: Final = 0
_BATCHES: Final = 60
"""How many of the last batches can be chosen; any other by the address."""
_OUT_OF_SIGHT: Final = "\u2003" * 60
_COMPARE: Final = {
    None: "Theo định nghĩa",
    "timestamp": "Theo giờ, phút",
    "day": "Theo ngày",
}
_DUE: Final = {"current": "Hẹn trả hiện hành", "original": "Hẹn trả gốc"}
_OVER: Final = {"classified": "Hồ sơ phân loại được", "all": "Tất cả, kể cả chưa phân loại"}
_READINGS: Final[Mapping[str, tuple[str, Mapping[Any, str]]]] = {
    "definition": (
        "Đúng hạn tính theo",
        {key: each.label for key, each in ON_TIME_DEFINITIONS.items()},
    ),
    "compare": ("So với hẹn trả", _COMPARE),
    "due": ("Hẹn trả", _DUE),
    "over": ("Tỷ lệ tính trên", _OVER),
}
"""What the reading of "đúng hạn" is chosen by: its label and its words."""


def draw(frame: Frame, remember: Remember) -> None:
    """Draws the bar and the chips."""
    with st.container(key="scopebar", horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<span class="dh-brand">Đúng&nbsp;Hạn</span>', width="content")
        _unit(frame, remember)
        _period(frame, remember)
        _moment(frame, remember)
        _definition(frame, remember)
        signin.menu(frame.reader, frame.everything)
    if frame.facts.data_kind == "sample":
        st.html(
            '<div class="dh-band" role="note"><b>DỮ LIỆU MINH HỌA</b> – hồ sơ là số liệu giả lập '
            "để làm quen; dòng của các sổ lấy từ nguồn đã công bố có ghi nguồn.</div>"
        )
    _chips(frame, remember)
    _behind(frame)
    printing.draw(frame)


def _unit(frame: Frame, remember: Remember) -> None:
    options, labels = _options(frame.version, frame.scope, frame.facts.units)
    labels = labels | {_ALL: frame.everything}
    # The reader's own unit is everything, and two options of one name cannot be told apart.
    own = frame.reader.unit_id
    options = [option for option in options if option != own]
    st.session_state["scope_unit"] = frame.view.unit if frame.view.unit in options else _ALL

    def changed() -> None:
        chosen = st.session_state["scope_unit"]
        remember(replace(frame.view, unit=chosen or None), frame.default)

    st.selectbox(
        "Đơn vị",
        options,
        format_func=labels.__getitem__,
        key="scope_unit",
        on_change=changed,
        label_visibility="collapsed",
        filter_mode="contains",
        width=250,
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _options(
    version: str, scope: frozenset[int] | None, _units: pl.DataFrame
) -> tuple[list[int], dict[int, str]]:
    options, labels = unit_options(_units, scope)
    return options, {unit: searchable(label) for unit, label in labels.items()}


def searchable(label: str) -> str:
    """A label that a select box (filter "contains") also finds when it is typed without tones.

    The box looks for what is typed in the label itself, so the plain letters stand behind the
    name, too far to the right to be seen.
    """
    bare = folded(label)
    return label if bare == label.casefold() else f"{label}{_OUT_OF_SIGHT}{bare.strip()}"


def unit_options(
    units: pl.DataFrame, scope: frozenset[int] | None = None
) -> tuple[list[int], dict[int, str]]:
    """The unit tree as a flat list: ids in tree order, and labels indented by depth.

    Beside each other, what ended stands behind what is there still.

    ``scope``: only these are offered; what stands above them is nobody's figure.
    """
    if scope is not None:
        units = units.filter(pl.col("unit_id").is_in(sorted(scope)))
    children: dict[int | None, list[dict[str, Any]]] = {}
    known = set(units["unit_id"])
    ended = pl.col("valid_to").is_not_null()
    for unit in units.sort(ended, "sort_order", place("name"), "unit_id").iter_rows(named=True):
        parent = unit["parent_id"] if unit["parent_id"] in known else None
        children.setdefault(parent, []).append(unit)
    options, labels = [_ALL], {_ALL: "Tất cả đơn vị"}

    def walk(parent: int | None, depth: int) -> None:
        for unit in children.get(parent, ()):
            ended = f" (đến {unit['valid_to']:%d/%m/%Y})" if unit["valid_to"] else ""
            options.append(unit["unit_id"])
            labels[unit["unit_id"]] = "\u2003" * depth + unit["name"] + ended
            walk(unit["unit_id"], depth + 1)

    walk(None, 0)
    return options, labels


def _period(frame: Frame, remember: Remember) -> None:
    view = frame.view

    def go(period: Period) -> None:
        # A moment chosen for one period says nothing about another.
        remember(replace(view, period=period, as_of=None), frame.default)

    with st.container(key="scope_period", horizontal=True, gap=None, width="content"):
        st.button(
            "",
            icon=":material/chevron_left:",
            key="period_back",
            help="Kỳ trước",
            on_click=go,
            args=(view.period.previous,),
            type="tertiary",
        )
        with st.popover(view.period.label, icon=":material/calendar_month:", help="Chọn kỳ"):
            _period_form(frame, go)
        st.button(
            "",
            icon=":material/chevron_right:",
            key="period_next",
            help="Kỳ sau",
            on_click=go,
            args=(view.period.shifted(1),),
            type="tertiary",
        )


def _period_form(frame: Frame, go: Callable[[Period], None]) -> None:
    view = frame.view
    key, kinds = fresh("period_kind", view.period.choice), choices()

    def kind_changed() -> None:
        kind = st.session_state[key]
        if kind == "custom":
            go(Period("custom", view.period.first, view.period.last))
        else:
            go(period_of(kind, view.period.last))

    st.selectbox(
        "Loại kỳ",
        list(kinds),
        format_func=kinds.__getitem__,
        key=key,
        on_change=kind_changed,
    )
    if view.period.kind == "custom":
        _custom_form(view, go)
    else:
        _day_form(view, go)
    if view.period.note:
        st.caption(plain(view.period.note))


def _day_form(view: View, go: Callable[[Period], None]) -> None:
    key = fresh("period_day", view.period.first)

    def day_changed() -> None:
        chosen = st.session_state[key]
        if chosen is not None:
            go(period_of(view.period.choice, chosen))

    st.date_input("Kỳ có ngày", key=key, format="DD/MM/YYYY", on_change=day_changed)


def _custom_form(view: View, go: Callable[[Period], None]) -> None:
    key = fresh("period_span", (view.period.first, view.period.last))

    def span_changed() -> None:
        chosen = st.session_state[key]
        if len(chosen) == 2:
            go(Period("custom", *chosen))

    st.date_input("Từ ngày – đến ngày", key=key, format="DD/MM/YYYY", on_change=span_changed)


def _moment(frame: Frame, remember: Remember) -> None:
    moment = frame.ask.moment
    day_key = fresh("asof_day", moment.date())
    time_key = fresh("asof_time", moment.time().replace(second=0, microsecond=0))

    def changed() -> None:
        day = st.session_state[day_key] or moment.date()
        hour: time = st.session_state[time_key] or time()
        remember(replace(frame.view, as_of=datetime.combine(day, hour)), frame.default)

    def latest() -> None:
        remember(replace(frame.view, as_of=None), frame.default)

    with st.popover(
        f"Số liệu đến {as_of(moment)}",
        icon=":material/update:",
        help="Thời điểm số liệu",
        key="scope_moment",
    ):
        st.caption("Hồ sơ được xét như tại thời điểm này; 00:00 nghĩa là hết ngày hôm trước.")
        st.date_input("Ngày", key=day_key, format="DD/MM/YYYY", on_change=changed)
        st.time_input("Giờ", key=time_key, step=timedelta(minutes=30), on_change=changed)
        st.button(
            "Cuối kỳ hoặc mới nhất",
            on_click=latest,
            disabled=frame.view.as_of is None,
            icon=":material/restart_alt:",
        )
        _known(frame, remember)


def _known(frame: Frame, remember: Remember) -> None:
    """What the records said after a batch: the answers of then, to be told again."""
    finished = dict(
        frame.facts.batches.select("batch_id", "finished_at").tail(_BATCHES).iter_rows()
    )
    # To Streamlit None is no choice at all.
    chosen = _NOW if frame.view.known is None else frame.view.known
    options = [_NOW, *reversed(finished), *({chosen} - {_NOW, *finished})]
    key = fresh("scope_known", chosen)

    def changed() -> None:
        known = st.session_state[key]
        remember(replace(frame.view, known=None if known == _NOW else known), frame.default)

    def label(known: datetime | int) -> str:
        at = finished.get(known)
        if at is not None:
            return f"Lô #{known}, {as_of(at)}"
        return "Hiện nay" if known == _NOW else _known_words(known)

    st.selectbox(
        "Theo ghi nhận đến",
        options,
        format_func=label,
        key=key,
        on_change=changed,
        help="Chỉ tính các lô nhập xong đến lúc đó, như màn hình đã hiện khi ấy.",
    )


def _known_words(known: datetime | int) -> str:
    return f"sau lô #{known}" if isinstance(known, int) else as_of(known)


def _behind(frame: Frame) -> None:
    """The sources that end before T, and since when."""
    names = dict(frame.facts.sources.select("source_id", "name").iter_rows())
    told = [f"{names[source]} (đến {as_of(own.moment)})" for source, own in frame.ask.behind()]
    if told:
        st.caption(
            f"Nguồn chưa có số liệu đến thời điểm đang xem: {plain('; '.join(told))}. Hồ sơ của "
            "các nguồn này được tính tại thời điểm số liệu của chính nguồn."
        )


def _definition(frame: Frame, remember: Remember) -> None:
    view = frame.view
    keys = {name: fresh(f"scope_{name}", getattr(view, name)) for name in _READINGS}

    def changed() -> None:
        chosen = {name: st.session_state[key] for name, key in keys.items()}
        remember(replace(view, **chosen), frame.default)

    reading = ON_TIME_DEFINITIONS[view.definition]
    with st.popover(
        f"Đúng hạn: {reading.short}",
        icon=":material/rule:",
        help="Định nghĩa",
        key="scope_reading",
    ):
        for name, (label, words) in _READINGS.items():
            st.radio(
                label,
                list(words),
                format_func=words.__getitem__,
                key=keys[name],
                on_change=changed,
                horizontal=name != "definition",
            )
        st.caption(
            f"Tử số: {reading.numerator_meaning}.  \nMẫu số: {reading.denominator_meaning}.  \n"
            f"Chưa phân loại được: {reading.unknown_meaning}.  \n"
            f"Căn cứ: {told(reading.basis, view.period.last)}."
        )


def _chips(frame: Frame, remember: Remember) -> None:
    """What differs from the default, each to be taken off with one click."""
    view, usual = frame.view, frame.default
    chips: list[tuple[str, View]] = []
    if view.unit is not None:
        chips.append((plain(frame.unit_names[view.unit]), replace(view, unit=None)))
    if view.period != usual.period:
        chips.append((view.period.label, replace(view, period=usual.period, as_of=None)))
    if view.as_of is not None:
        chips.append((f"Số liệu đến {as_of(view.as_of)}", replace(view, as_of=None)))
    if view.known is not None:
        label = f"Theo ghi nhận đến {_known_words(view.known)}"
        chips.append((label, replace(view, known=None)))
    if view.definition != usual.definition:
        label = f"Đúng hạn: {ON_TIME_DEFINITIONS[view.definition].short}"
        chips.append((label, replace(view, definition=usual.definition)))
    if view.compare is not None:
        chips.append((_COMPARE[view.compare], replace(view, compare=None)))
    if view.due != usual.due:
        chips.append((_DUE[view.due], replace(view, due=usual.due)))
    if view.over != usual.over:
        chips.append((_OVER[view.over], replace(view, over=usual.over)))
    if not chips:
        return
    with st.container(key="chips", horizontal=True, gap="small", vertical_alignment="center"):
        for position, (label, without) in enumerate(chips):
            st.button(
                label,
                icon=":material/close:",
                key=f"chip_{position}",
                help="Bỏ lựa chọn này",
                on_click=remember,
                args=(without, usual),
            )
        st.button(
            "Đặt lại",
            key="chip_reset",
            type="tertiary",
            icon=":material/restart_alt:",
            on_click=remember,
            args=(usual, usual),
        )
