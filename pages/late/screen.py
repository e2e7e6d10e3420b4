"""Parts of the screen "Hồ sơ trễ hạn": the rows behind every figure, narrowed and opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors.engine import Scope, open_facts
from metrics.core.names import CHANNELS, END_KINDS
from metrics.core.report_forms import told
from metrics.core.vietnamese import as_of, day, number, percent
from metrics.dossiers.catalogue import figure
from metrics.dossiers.late_time import WAITS, TimeSpent
from metrics.dossiers.lateness import (
    ACCEPTANCE,
    GROUPS,
    Band,
    Filters,
    bands,
    cause_name,
    cause_names,
    group_of,
    switch_of,
)
from metrics.dossiers.listing import Listing, vital_few
from metrics.dossiers.units import folded
from pages.late import data as late_data
from pages.late import dossier as dossier_panel
from pages.late.charts import cause_chart, count_chart, time_chart
from pages.late.export import Names, Order, to_csv, to_xlsx
from pages.late.query import KEYS, Known, Query, is_ratio, read_query
from ui.kit.charts import CONFIG
from ui.kit.parts import empty, explain, go, twin
from ui.shell import data, guarded, identity
from ui.shell.answers import DatabaseLost
from ui.shell.context import Frame
from ui.shell.fresh import fresh
from ui.shell.guarded import CSV, XLSX
from ui.shell.text import plain

_MOST_CHIPS: Final = 3
"""So many values of one filter get a chip each; more share one."""

_WORDS: Final = {
    "units": "Đơn vị",
    "fields": "Lĩnh vực",
    "procedures": "Thủ tục",
    "channels": "Kênh",
    "steps": "Bước hiện tại",
    "officers": "Cán bộ thụ lý",
    "bands": "Số ngày trễ",
    "causes": "Nguyên nhân",
}


# -- what is asked ------------------------------------------------------------------------


@dataclass(frozen=True)
class Screen:
    """The frame, and the list that the URL asks for."""

    frame: Frame
    query: Query
    problems: tuple[str, ...]

    @cached_property
    def bands(self) -> tuple[Band, ...]:
        return bands(self.frame.ask.as_of_day)

    @property
    def tokens(self) -> dict[int, str]:
        return {band.low: band.token for band in self.bands}

    @cached_property
    def listing(self) -> Listing:
        query = self.query
        return late_data.listing(*self._view, query.figure, query.part, query.filters)

    @cached_property
    def facets(self) -> dict[str, list[tuple[Any, int]]]:
        return late_data.facets(*self._view, self.query.figure, self.query.part)

    @property
    def _view(self) -> tuple[str, Any, frozenset[int] | None]:
        return self.frame.version, self.frame.view, self.frame.units_in_view

    @cached_property
    def time_spent(self) -> TimeSpent:
        query = self.query
        return late_data.time_spent(*self._view, query.figure, query.part, query.filters)

    @cached_property
    def held(self) -> pl.DataFrame:
        query = self.query
        return late_data.held_at(*self._view, query.figure, query.part, query.filters)

    @cached_property
    def told_late(self) -> int:
        return late_data.told_late(*self._view, self.query.filters)

    @cached_property
    def is_small(self) -> bool:
        """Whether the list is of so few that this reader may only know how many."""
        return self.frame.is_small(self.listing.total)

    @property
    def is_acceptance(self) -> bool:
        return set(group_of(self.query.figure).figures) <= ACCEPTANCE

    def go(self, query: Query) -> None:
        """Puts another query into the URL (called from widgets)."""
        params = query.params(self.tokens)
        for key in KEYS:
            if key in params:
                st.query_params[key] = params[key]
            elif key in st.query_params:
                del st.query_params[key]

    def name(self, of: str, value: Any) -> str:
        """How a value of a filter is called."""
        frame = self.frame
        known: dict[str, Callable[[], dict[Any, str]]] = {
            "units": lambda: frame.unit_names,
            "fields": lambda: frame.field_names | {None: "Chưa rõ lĩnh vực"},
            "procedures": lambda: frame.procedure_names | {None: "Chưa rõ thủ tục"},
            "channels": lambda: CHANNELS,
            "officers": lambda: late_data.officers(frame.version) | {None: "Chưa rõ cán bộ"},
            "bands": lambda: {band.low: band.label for band in self.bands},
        }
        if of == "causes":
            return cause_name(value)
        if of == "steps":
            return str(value)
        return known[of]().get(value, f"Mã {value}")


def read(frame: Frame) -> Screen:
    """The screen that the URL asks for."""
    scope = data.scope_of_reader().units
    scale = bands(frame.ask.as_of_day)
    known = Known(
        units=frame.unit_names,
        fields=frame.field_names,
        procedures=frame.procedure_names,
        officers=_when(frame, "officer", late_data.seen_officers, scope),
        steps=_when(frame, "step", late_data.seen_steps, scope),
        channels=[key for key in CHANNELS if key],
        causes=cause_names(),
        bands={band.token: band.low for band in scale},
    )
    params = {key: st.query_params.get_all(key) for key in KEYS if key in st.query_params}
    refused = _refused(frame, params)
    query, problems = read_query(params, known)
    return Screen(frame, query, (*refused, *problems))


_GATED: Final = {
    "dossier": ("open_dossier", "Vai trò của bạn không mở từng hồ sơ."),
    "officer": ("see_officers", "Vai trò của bạn không xem theo cán bộ."),
}
"""Parameters that not every role may use: the action, and what is said to the others."""


def _refused(frame: Frame, params: dict[str, list[str]]) -> list[str]:
    """Takes out what the role may not ask for, whatever it names, and says so once."""
    said = []
    for key, (action, sentence) in _GATED.items():
        if key in params and not frame.may(action):
            del params[key]
            del st.query_params[key]
            identity.note_refusal(action)
            said.append(sentence)
    return said


def _when(
    frame: Frame,
    key: str,
    seen: Callable[[str, frozenset[int] | None], frozenset[Any]],
    scope: frozenset[int] | None,
) -> frozenset[Any]:
    """Looked up only where the URL names any."""
    return seen(frame.version, scope) if key in st.query_params else frozenset()


# -- heading, switch, filters -------------------------------------------------------------


def heading(screen: Screen) -> None:
    """The title, and the switch between the lists with their counts."""
    for problem in screen.problems:
        st.warning(problem, icon=":material/link_off:")
    st.title("Hồ sơ trễ hạn")
    _switch(screen)
    _parts(screen)


def _number(screen: Screen) -> str:
    found, query = screen.listing, screen.query
    label = group_of(query.figure).label.lower()
    cell = found.cell
    if not is_ratio(query.figure):
        left = "" if query.filters.left is None else f", còn {query.filters.left} ngày làm việc"
        return (
            f'<span class="dh-count"><b>{number(found.total)}</b> hồ sơ {label}{left}</span> '
            f'<span class="dh-muted">– số liệu đến {as_of(screen.frame.ask.moment)}</span>'
        )
    is_share = figure(query.figure).unit == "rate"
    part = f" ở {_PARTS[query.part]}" if is_share else ""
    return (
        f'<span class="dh-count"><b>{_rate(screen)}</b> {label} ({number(cell.numerator)}/'
        f"{number(cell.denominator)}); đang mở {number(found.total)} hồ sơ{part}</span>"
    )


_PARTS: Final = {"numerator": "tử số", "denominator": "mẫu số", "missing": "phần còn thiếu"}


def _rate(screen: Screen) -> str:
    rate = screen.listing.cell.rate
    is_share = figure(screen.query.figure).unit == "rate"
    return percent(rate) if is_share else number(rate, 1)


def _explain(screen: Screen) -> None:
    keys = group_of(screen.query.figure).figures
    if len(keys) == 1:
        cell = screen.listing.cell
        explain(keys[0], screen.frame.ask, cell.numerator, cell.denominator)
        return
    with st.popover("Cách tính", icon=":material/info:", type="tertiary", key="explain_group"):
        day = screen.frame.ask.last_day
        for key in keys:
            wanted = figure(key)
            st.markdown(
                f"**{wanted.label}.** {wanted.meaning}\n- Căn cứ: {told(wanted.basis, day)}"
            )


def _switch(screen: Screen) -> None:
    found = screen.listing
    now = switch_of(screen.query.figure)
    options = list(GROUPS)
    if now not in GROUPS:
        options.append(now)
    st.session_state["late_group"] = now

    def label(key: str) -> str:
        if is_ratio(key):
            return f"{group_of(key).label} · {_rate(screen)}"
        return f"{group_of(key).label} · {number(found.counts.get(key, found.total))}"

    def changed() -> None:
        chosen = st.session_state["late_group"] or now
        filters = replace(screen.query.filters, left=None)
        screen.go(Query(figure=chosen, filters=filters))

    st.segmented_control(
        "Danh sách",
        options,
        format_func=label,
        key="late_group",
        on_change=changed,
        required=True,
        label_visibility="collapsed",
    )


def _parts(screen: Screen) -> None:
    """The parts of a list: of the acceptance, by days left, or of a rate."""
    query = screen.query
    if switch_of(query.figure) == "acceptance":
        _acceptance_parts(screen)
    elif query.figure == "due_soon":
        _left_parts(screen)
    elif is_ratio(query.figure) and figure(query.figure).unit == "rate":
        _choice(
            screen,
            {part: f"Hồ sơ ở {word}" for part, word in _PARTS.items()},
            query.part,
            lambda part: replace(query, part=part, dossier=None),
        )


def _acceptance_parts(screen: Screen) -> None:
    found = screen.listing
    labels = {"acceptance": f"Tất cả · {number(found.counts['acceptance'])}"}
    words = {"accepted_late": "Đã tiếp nhận trễ", "acceptance_overdue": "Chưa tiếp nhận, quá 8 giờ"}
    labels |= {key: f"{word} · {number(found.parts[key])}" for key, word in words.items()}
    _choice(
        screen,
        labels,
        screen.query.figure,
        lambda key: replace(screen.query, figure=key, dossier=None),
    )


def _left_parts(screen: Screen) -> None:
    found = screen.listing
    labels = {"": f"Tất cả · {number(found.counts['due_soon'])}"}
    for left in range(screen.frame.ask.within + 1):
        words = f"Còn {left} ngày" if left else "Trong ngày"
        labels[str(left)] = f"{words} · {number(found.left.get(left, 0))}"
    now = screen.query.filters.left
    _choice(
        screen,
        labels,
        "" if now is None else str(now),
        lambda left: screen.query.narrowed(left=int(left) if left else None),
    )


def _choice(screen: Screen, labels: dict[str, str], now: str, then: Callable[[str], Query]) -> None:
    st.session_state["late_part"] = now if now in labels else next(iter(labels))

    def changed() -> None:
        screen.go(then(st.session_state["late_part"]))

    st.pills(
        "Phần của danh sách",
        list(labels),
        format_func=labels.__getitem__,
        key="late_part",
        on_change=changed,
        required=True,
        label_visibility="collapsed",
    )


def controls(screen: Screen) -> None:
    """The number itself and what it means; search, filters, files; chips of what is set."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="late_bar"):
        st.html(_number(screen), width="content")
        _explain(screen)
        _search(screen)
        with st.popover("Lọc", icon=":material/filter_list:", key="late_filter"):
            _filters(screen)
        _files(screen)
    _chips(screen)


def _search(screen: Screen) -> None:
    st.session_state["late_code"] = screen.query.filters.code

    def changed() -> None:
        screen.go(screen.query.narrowed(code=st.session_state["late_code"].strip()))

    st.text_input(
        "Tìm mã hồ sơ",
        key="late_code",
        on_change=changed,
        placeholder="Tìm mã hồ sơ",
        icon=":material/search:",
        max_chars=64,
        label_visibility="collapsed",
        width=210,
    )


def _filters(screen: Screen) -> None:
    st.caption("Số trong ngoặc: hồ sơ của danh sách khi chưa lọc.")
    for name in ("units", "fields", "procedures", "channels", "steps", "officers", "causes"):
        if name != "officers" or screen.frame.may("see_officers"):
            _multiselect(screen, name, screen.facets[name])
    if screen.query.figure != "due_soon":
        _multiselect(screen, "bands", [(band.low, None) for band in screen.bands])
    _apology(screen)


def _multiselect(screen: Screen, name: str, counted: Sequence[tuple[Any, int | None]]) -> None:
    chosen = list(getattr(screen.query.filters, name))
    # A unit that is unknown cannot be asked for: everything has a resolving unit.
    counts = {value: count for value, count in counted if value is not None or name != "units"}
    options = [*counts, *(value for value in chosen if value not in counts)]
    if not options:
        return
    key = fresh(f"late_{name}", chosen)

    def label(value: Any) -> str:
        count = counts.get(value, 0)
        return screen.name(name, value) + ("" if count is None else f" ({number(count)})")

    def changed() -> None:
        screen.go(screen.query.narrowed(**{name: tuple(st.session_state[key])}))

    st.multiselect(
        _WORDS[name],
        options,
        format_func=label,
        key=key,
        on_change=changed,
        placeholder="Tất cả",
    )


_APOLOGY: Final = {None: "Tất cả", True: "Đã xin lỗi", False: "Chưa xin lỗi"}


def _apology(screen: Screen) -> None:
    key = fresh("late_apology", screen.query.filters.apology)

    def changed() -> None:
        screen.go(screen.query.narrowed(apology=st.session_state[key]))

    st.radio(
        "Tình trạng xin lỗi",
        list(_APOLOGY),
        format_func=_APOLOGY.__getitem__,
        key=key,
        on_change=changed,
        horizontal=True,
    )


def _chips(screen: Screen) -> None:
    chips = _set(screen)
    if not chips:
        return
    with st.container(key="late_chips", horizontal=True, gap="small", vertical_alignment="center"):
        for position, (label, without) in enumerate(chips):
            st.button(
                label,
                icon=":material/close:",
                key=f"late_chip_{position}",
                help="Bỏ bộ lọc này",
                on_click=screen.go,
                args=(without,),
            )
        st.button(
            "Bỏ lọc",
            key="late_chip_reset",
            type="tertiary",
            icon=":material/filter_list_off:",
            on_click=screen.go,
            args=(replace(screen.query, filters=Filters(), dossier=None),),
        )


def _set(screen: Screen) -> list[tuple[str, Query]]:
    """What narrows the list: a label each, and the query without it."""
    query, filters = screen.query, screen.query.filters
    chips: list[tuple[str, Query]] = []
    for name, word in _WORDS.items():
        values = getattr(filters, name)
        if len(values) > _MOST_CHIPS:
            chips.append((f"{word}: {number(len(values))} giá trị", query.narrowed(**{name: ()})))
            continue
        for value in values:
            rest = tuple(other for other in values if other != value)
            label = f"{word}: {plain(_short(screen.name(name, value), 40))}"
            chips.append((label, query.narrowed(**{name: rest})))
    if filters.apology is not None:
        chips.append((_APOLOGY[filters.apology], query.narrowed(apology=None)))
    if filters.left is not None:
        chips.append((f"Còn {filters.left} ngày làm việc", query.narrowed(left=None)))
    if filters.code:
        chips.append((f"Mã có “{plain(filters.code)}”", query.narrowed(code="")))
    return chips


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


# -- files --------------------------------------------------------------------------------


def _files(screen: Screen) -> None:
    if not screen.frame.may("export"):
        return
    order, frame, query = _order(screen), screen.frame, screen.query
    stem = file_stem(group_of(query.figure).label, frame.ask.as_of_day)
    for kind, mime, write in (("xlsx", XLSX, to_xlsx), ("csv", CSV, to_csv)):
        guarded.download_button(
            f"Tải {kind.upper()}",
            "export",
            f"Danh sách hồ sơ: {group_of(query.figure).label}, {frame.view.period.label}",
            partial(write, order),
            file_name=f"{stem}.{kind}",
            mime=mime,
            key=f"late_{kind}",
            unit_id=frame.view.unit,
            disabled=screen.listing.total == 0 or screen.is_small,
            help="Toàn bộ danh sách đang lọc, không có dữ liệu cá nhân",
        )


def file_stem(label: str, day_: date) -> str:
    """A list's file name without its ending: what it lists, in plain Vietnamese letters, and when.

    >>> file_stem("Đang giải quyết quá hạn", date(2026, 11, 16))
    'ho-so-dang-giai-quyet-qua-han-20261116'
    """
    return f"ho-so-{'-'.join(re.findall('[a-z0-9]+', folded(label)))}-{day_:%Y%m%d}"


def _order(screen: Screen) -> Order:
    frame, query = screen.frame, screen.query
    settings, units, alive = data.settings(), frame.units_in_view, frame.ask.alive
    procedures = frame.procedures.select("procedure_id", "code", "name").iter_rows()
    return Order(
        # Opened anew: the files of an older snapshot may be gone when the button is clicked.
        open_facts=lambda: open_facts(settings, Scope(units), alive=alive),
        figure=query.figure,
        part=query.part,
        ask=frame.ask,
        filters=query.filters,
        names=Names(
            units=frame.place_names,
            fields=frame.field_names,
            procedures={key: (code, name) for key, code, name in procedures},
            officers=late_data.officers(frame.version),
            sources=dict(frame.facts.sources.select("source_id", "name").iter_rows()),
        ),
        about=_about(screen),
        with_officers=frame.may("see_officers"),
    )


def _about(screen: Screen) -> tuple[tuple[str, str], ...]:
    """What stands above the table of a file."""
    frame, query = screen.frame, screen.query
    ask, group = frame.ask, group_of(query.figure)
    kind = "DỮ LIỆU MINH HỌA" if frame.facts.data_kind == "sample" else "Dữ liệu thật"
    return (
        ("Danh sách", group.label),
        ("Định nghĩa", " ".join(figure(key).meaning for key in group.figures)),
        (
            "Căn cứ",
            "; ".join(
                dict.fromkeys(told(figure(key).basis, ask.last_day) for key in group.figures)
            ),
        ),
        ("Phạm vi", frame.whose),
        ("Kỳ", frame.view.period.label),
        ("Số liệu đến", as_of(ask.moment)),
        ("So với hẹn trả", _comparison(screen)),
        ("Bộ lọc", "; ".join(label for label, _ in _set(screen)) or "Không lọc"),
        ("Loại dữ liệu", kind),
    )


def _comparison(screen: Screen) -> str:
    ask = screen.frame.ask
    by = "theo giờ, phút" if ask.comparison == "timestamp" else "theo ngày"
    return f"{by}, {'hẹn trả hiện hành' if ask.due == 'current' else 'hẹn trả gốc'}"


# -- charts -------------------------------------------------------------------------------


def charts(screen: Screen) -> None:
    """How late, why, and where the time went; of dossiers that are not late: where they are."""
    found = screen.listing
    if found.total == 0 or screen.is_small:
        return
    is_late = not screen.is_acceptance and not found.causes.is_empty()
    parts = [_ageing, _causes, _time] if is_late else [_ageing, _held, _units]
    with st.container(key="late_charts"):
        columns = st.columns([4, 5, 6], gap="medium")
    for column, part in zip(columns, parts, strict=True):
        with column:
            part(screen)


def _counted(
    title: str, key: str, of: str, labels: list[str], counts: list[int], note: str = ""
) -> None:
    """A chart of the first few counts with the table of them all."""
    st.header(title)
    shown, drawn = labels[:_MOST_BARS], counts[:_MOST_BARS]
    st.plotly_chart(
        count_chart(shown, drawn),
        config=CONFIG,
        key=f"late_chart_{key}",
        alt=f"{title}: " + ", ".join(f"{a} {b}" for a, b in zip(shown, drawn, strict=True)),
    )
    if len(labels) > _MOST_BARS:
        rest = number(sum(counts[_MOST_BARS:]))
        note = f"Và {number(len(labels) - _MOST_BARS)} {of.lower()} khác: {rest} hồ sơ."
    if note:
        st.caption(note)
    twin(title.lower(), pl.DataFrame({of: labels, "Số hồ sơ": counts}))


_MOST_BARS: Final = 6


def _ageing(screen: Screen) -> None:
    found = screen.listing
    if screen.query.figure == "due_soon":
        within = range(screen.frame.ask.within + 1)
        labels = [f"còn {left} ngày" if left else "trong ngày" for left in within]
        counts = [found.left.get(left, 0) for left in within]
        _counted("Còn mấy ngày làm việc", "ageing", "Còn lại", labels, counts)
        return
    title = "Trễ tiếp nhận" if screen.is_acceptance else "Trễ bao lâu"
    late = found.ageing.filter(pl.col("low").is_not_null())
    rest = found.total - int(late["count"].sum())
    note = f"{number(rest)} hồ sơ không trễ hoặc chưa tính được." if rest else ""
    _counted(
        f"{title} (ngày làm việc)",
        "ageing",
        "Khoảng",
        late["label"].to_list(),
        late["count"].to_list(),
        note,
    )
    if not found.causes.is_empty() and screen.told_late:
        go(
            screen.frame,
            "late",
            f"{number(screen.told_late)} hồ sơ đúng hạn nhưng nhập muộn",
            _link(screen, screen.query.narrowed(bands=(), left=None), "late_entry"),
            count=screen.told_late,
            help="Giải quyết đúng hạn, phần mềm chỉ được cập nhật sau hẹn trả; không nằm trong "
            "danh sách này",
        )


def _held(screen: Screen) -> None:
    held = screen.held
    if held.is_empty():
        st.header("Đang ở bước nào")
        empty(
            "Không có hồ sơ đang xử lý",
            "Hồ sơ của danh sách này đã kết thúc hoặc chưa được tiếp nhận.",
        )
        return
    labels = [name or "Chưa rõ bước" for name in held["step_name"]]
    _counted("Đang ở bước nào", "held", "Bước", labels, held["count"].to_list())


def _units(screen: Screen) -> None:
    found = screen.listing.units
    labels = [screen.name("units", unit) for unit in found["unit_id"]]
    _counted("Đơn vị nhiều nhất", "units", "Đơn vị", labels, found["count"].to_list())


def _causes(screen: Screen) -> None:
    causes = screen.listing.causes
    st.header("Nguyên nhân")
    st.plotly_chart(
        cause_chart(causes),
        config=CONFIG,
        key="late_chart_causes",
        alt="Nguyên nhân quá hạn, nhiều nhất ở trên; chưa ghi nguyên nhân ở dưới cùng",
    )
    few = vital_few(causes)
    if few is not None:
        st.caption(
            f"{number(few[0])} nguyên nhân đầu chiếm {percent(few[1], 0)} số hồ sơ có ghi "
            "nguyên nhân."
        )
    twin(
        "nguyên nhân",
        causes.select(
            pl.col("label").alias("Nguyên nhân"),
            pl.col("count").alias("Số hồ sơ"),
            pl.col("share").round(3).alias("Tỷ trọng"),
            pl.col("cumulative").round(3).alias("Cộng dồn"),
        ),
        column_config={
            "Tỷ trọng": st.column_config.NumberColumn(format="percent"),
            "Cộng dồn": st.column_config.NumberColumn(format="percent"),
        },
    )


def _time(screen: Screen) -> None:
    st.header("Thời gian đi đâu")
    spent = screen.time_spent
    if spent.steps.is_empty():
        empty(
            "Chưa có số liệu từng bước",
            "Nguồn dữ liệu không gửi các bước xử lý của những hồ sơ này.",
            "Hãy bổ sung cột bước xử lý vào tệp nạp hoặc vào ánh xạ của nguồn.",
        )
        return
    ask = screen.frame.ask
    st.plotly_chart(
        time_chart(spent, ask),
        config=CONFIG,
        key="late_chart_time",
        alt="Ngày làm việc bình quân của từng bước so với thời gian được giao",
    )
    rest = spent.share(spent.unexplained)
    unknown = f" {percent(rest, 0)} chưa rõ do bước nào." if rest and rest >= 0.005 else ""
    st.caption(
        f"Ngày làm việc bình quân thực hiện/được giao (vạch) · phần trong thời gian trễ của "
        f"{number(spent.dossiers)} hồ sơ.{unknown}"
    )
    twin("thời gian từng bước", _time_table(screen), column_config=_PERCENT)


def _link(screen: Screen, query: Query, key: str) -> dict[str, str | list[str]]:
    """The URL's parameters of another figure under the same filters."""
    other = replace(query, figure=key, part="numerator")
    return {**screen.frame.params(), **other.params(screen.tokens)}


_PERCENT: Final = {"Phần thời gian trễ": st.column_config.NumberColumn(format="percent")}


def _time_table(screen: Screen) -> pl.DataFrame:
    spent, ask = screen.time_spent, screen.frame.ask
    minutes = ask.calendar.hours.day_ms / 60_000
    whole = spent.late or None
    steps = spent.steps.select(
        pl.col("step_name").alias("Bước"),
        pl.col("dossiers").alias("Số hồ sơ"),
        (pl.col("spent") / minutes).round(1).alias("Thực hiện (ngày)"),
        (pl.col("allotted") / minutes).round(1).alias("Được giao (ngày)"),
        pl.col("overran").alias("Số hồ sơ vượt"),
        (pl.col("late") / whole).round(3).alias("Phần thời gian trễ"),
    )
    waits = spent.waits.select(
        pl.col("kind").replace_strict(WAITS, return_dtype=pl.String).alias("Bước"),
        pl.col("dossiers").alias("Số hồ sơ"),
        (pl.col("waited") / minutes).round(1).alias("Thực hiện (ngày)"),
        (pl.col("late") / whole).round(3).alias("Phần thời gian trễ"),
    )
    return pl.concat([steps, waits], how="diagonal")


# -- the list -----------------------------------------------------------------------------


def body(screen: Screen) -> None:
    """The list, and beside it the dossier that is open."""
    with st.container(horizontal=True, gap="medium", key="late_body"):
        with st.container(key="late_list"):
            _list(screen)
        if screen.query.dossier is not None:
            with st.container(key="late_dossier", border=True):
                _dossier(screen, screen.query.dossier)


def _list(screen: Screen) -> None:
    found = screen.listing
    if found.total == 0:
        _nothing(screen)
        return
    if screen.is_small:
        _too_small(screen)
        return
    shown = _table(screen)
    st.dataframe(
        shown,
        hide_index=True,
        height=min(38 + 32 * shown.height, 480),
        row_height=32,
        column_config=_columns(screen),
        placeholder="–",
        lazy=False,
        alt=f"{group_of(screen.query.figure).label}, trễ nhiều nhất ở trên",
        **_choosing(screen),
    )
    if found.total > shown.height:
        st.caption(
            f"Đang hiện {number(shown.height)} trong {number(found.total)} hồ sơ; "
            "lọc thêm hoặc xuất tệp để xem hết."
        )
    elif screen.frame.may("open_dossier"):
        st.caption("Chọn một dòng để mở diễn biến của hồ sơ.")


def _too_small(screen: Screen) -> None:
    least = number(screen.frame.ask.threshold("small_group").value)
    empty(
        f"Nhóm dưới {least} hồ sơ không mở thành danh sách",
        "Số hồ sơ vẫn được tính; từng hồ sơ không hiện ra để không nhận ra được người dân.",
        "Hãy bỏ bớt bộ lọc, hoặc chọn kỳ dài hơn.",
    )


def _choosing(screen: Screen) -> dict[str, Any]:
    """What makes the list's rows open a dossier, for those who may."""
    ids = tuple(screen.listing.top["dossier_id"])
    key = f"late_rows_{_digest(screen)}"
    if not screen.frame.may("open_dossier"):
        return {"key": key}

    def changed() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        screen.go(replace(screen.query, dossier=ids[rows[0]] if rows else None))

    return {
        "key": key,
        "on_select": changed,
        "selection_mode": "single-row",
        "selection_default": _first_selection(screen, key, ids),
    }


def _digest(screen: Screen) -> str:
    """Another list is another table: a row chosen in one says nothing about the other."""
    query = replace(screen.query, dossier=None)
    view = (screen.frame.version, screen.frame.view, screen.frame.units_in_view)
    closed = st.session_state.get("late_closed", 0)
    return f"{hash((query, view, closed)) & 0xFFFFFFFF:08x}"


def _first_selection(screen: Screen, key: str, ids: Sequence[int]) -> Any:
    """The dossier of the URL is marked when its table is first shown, and left alone later."""
    at, default = st.session_state.get("late_marked", (None, None))
    if at != key:
        open_one = screen.query.dossier
        rows = [ids.index(open_one)] if open_one in ids else []
        default = {"selection": {"rows": rows}} if rows else None
        st.session_state["late_marked"] = (key, default)
    return default


def _nothing(screen: Screen) -> None:
    label = group_of(screen.query.figure).label
    if _set(screen):
        empty(
            "Không có hồ sơ khớp bộ lọc",
            f"Danh sách “{label}” không có hồ sơ nào thỏa các bộ lọc đang đặt.",
            "Hãy bỏ bớt bộ lọc.",
        )
        return
    empty(
        "Không có hồ sơ",
        f"Không có hồ sơ nào thuộc danh sách “{label}” trong phạm vi và kỳ đang xem.",
        "Hãy chọn danh sách khác, hoặc kỳ và đơn vị khác ở thanh trên.",
    )


def _table(screen: Screen) -> pl.DataFrame:
    frame, top = screen.frame, screen.listing.top
    officers = late_data.officers(frame.version)
    names = dict(frame.procedures.select("procedure_id", "name").iter_rows())
    rows = list(top.iter_rows(named=True))
    columns: dict[str, Any] = {"Mã hồ sơ": top["code"]}
    if screen.query.figure == "due_soon":
        columns["Còn"] = top["days_left"]
    else:
        columns["Trễ"] = top["days_late"]
    columns["Đơn vị"] = [frame.unit_names.get(row["unit_id"]) for row in rows]
    columns["Thủ tục"] = [_short(names.get(row["procedure_id"], "–"), 70) for row in rows]
    if screen.is_acceptance:
        columns |= {"Nộp": top["submitted_at"], "Hạn tiếp nhận": top["acceptance_due_at"]}
    columns["Tiếp nhận"] = top["received_at"]
    if not screen.is_acceptance:
        columns["Hẹn trả"] = top["judged_due_at"]
    columns["Tình trạng"] = [_state(row) for row in rows]
    if frame.may("see_officers"):
        columns["Cán bộ"] = [_officer(row, officers) for row in rows]
    columns["Xin lỗi"] = top["apology_at"].dt.date()
    columns["Nguyên nhân"] = [
        cause_name(row["late_cause"]) if row["late_cause"] else None for row in rows
    ]
    return pl.DataFrame(columns, strict=False)


def _state(row: dict[str, Any]) -> str:
    if row["ended_at"] is not None:
        return f"Xong {day(row['ended_at'])}: {END_KINDS.get(row['end_kind'], '–').lower()}"
    if row["received_at"] is None:
        return "Chưa tiếp nhận"
    return row["step_name"] or "Đang giải quyết"


def _officer(row: dict[str, Any], officers: dict[int, str]) -> str | None:
    """In whose hands it is: the officer of the running step, else the one in charge."""
    at = row["step_officer_id"] if row["step_officer_id"] is not None else row["officer_id"]
    return None if at is None else officers.get(at)


def _columns(screen: Screen) -> dict[str, Any]:
    as_ = st.column_config
    moment = partial(as_.DatetimeColumn, format="DD/MM/YYYY HH:mm", width=130)
    late = (
        "Ngày làm việc từ hạn tiếp nhận (8 giờ làm việc sau khi nộp); 0: trễ trong ngày"
        if screen.is_acceptance
        else "Ngày làm việc quá hẹn trả, đã trừ tạm dừng; 0: trễ trong ngày"
    )
    return {
        "Mã hồ sơ": as_.TextColumn(width=180, pinned=True),
        "Trễ": as_.NumberColumn(width=50, help=late),
        "Còn": as_.NumberColumn(width=50, help="Số ngày làm việc đến hẹn trả"),
        "Đơn vị": as_.TextColumn(width=160),
        "Thủ tục": as_.TextColumn(width=230),
        "Nộp": moment(),
        "Hạn tiếp nhận": moment(),
        "Tiếp nhận": moment(),
        "Hẹn trả": moment(help="Đã trừ thời gian tạm dừng"),
        "Tình trạng": as_.TextColumn(width=150, help="Bước đang xử lý, hoặc ngày và cách kết thúc"),
        "Cán bộ": as_.TextColumn(width=90, help="Mã cán bộ đang giữ, hoặc thụ lý"),
        "Xin lỗi": as_.DateColumn(format="DD/MM/YYYY", width=100, help="Văn bản xin lỗi đầu tiên"),
        "Nguyên nhân": as_.TextColumn(width=240),
    }


def _dossier(screen: Screen, dossier_id: int) -> None:
    frame = screen.frame

    def close() -> None:
        st.session_state["late_closed"] = st.session_state.get("late_closed", 0) + 1
        screen.go(replace(screen.query, dossier=None))

    try:
        found = late_data.timeline(dossier_id)
    except DatabaseLost:
        st.error(
            "Không đọc được cơ sở dữ liệu hồ sơ. Danh sách vẫn dùng số liệu tổng hợp gần nhất; "
            "hãy thử mở lại hồ sơ sau ít phút.",
            icon=":material/error:",
        )
        return
    if found is None:
        _note_not_found(dossier_id)
        st.warning("Không tìm thấy hồ sơ này trong phạm vi xem.", icon=":material/link_off:")
        st.button("Đóng", icon=":material/close:", type="tertiary", on_click=close)
        return
    scope = data.scope_of_reader().units
    judged = late_data.judged(frame.version, frame.view, scope, dossier_id)
    is_listed = dossier_id in screen.listing.top["dossier_id"]
    dossier_panel.panel(frame, found, judged, is_listed, close)


def _note_not_found(dossier_id: int) -> None:
    """Numbers tried one after the other stand in the audit, whether there is such a dossier."""
    if st.session_state.get("late_not_found") != dossier_id:
        st.session_state["late_not_found"] = dossier_id
        identity.note_refusal("open_dossier", f"hồ sơ {dossier_id}")


# -- registers ----------------------------------------------------------------------------


def registers(screen: Screen) -> None:
    """The register of apologies, and units that were late more often than allowed."""
    with st.expander("Sổ văn bản xin lỗi và trễ hẹn nhiều lần", icon=":material/history_edu:"):
        left, right = st.columns(2, gap="medium")
        with left:
            _apologies(screen)
        with right:
            _repeated(screen)


def _apologies(screen: Screen) -> None:
    frame = screen.frame
    found = late_data.apologies(
        frame.version, frame.view, frame.units_in_view, screen.query.filters
    )
    st.header("Văn bản xin lỗi theo đơn vị")
    if found.is_empty():
        empty("Không có hồ sơ trễ hạn", "Không hồ sơ nào phải xin lỗi trong phạm vi và kỳ này.")
        return
    issued, late = int(found["issued"].sum()), int(found["late"].sum())
    st.caption(
        f"{number(late)} hồ sơ trễ hạn: đã ban hành {number(issued)}, "
        f"chưa ban hành {number(late - issued)}."
    )
    st.dataframe(
        found.select(
            pl.col("unit_id")
            .replace_strict(frame.unit_names, default=None, return_dtype=pl.String)
            .alias("Đơn vị"),
            pl.col("late").alias("Trễ hạn"),
            pl.col("issued").alias("Đã ban hành"),
            pl.col("missing").alias("Chưa"),
            pl.col("rate").round(3).alias("Tỷ lệ"),
        ),
        hide_index=True,
        height=min(38 + 35 * found.height, 320),
        column_config={"Tỷ lệ": st.column_config.NumberColumn(format="percent")},
        alt="Sổ văn bản xin lỗi theo đơn vị, còn thiếu nhiều nhất ở trên",
    )


def _repeated(screen: Screen) -> None:
    frame = screen.frame
    found = late_data.repeated(frame.version, frame.view, frame.units_in_view)
    st.header("Trễ hẹn nhiều lần")
    span = f"{day(found.first_day)}–{day(found.last_day)}"
    if found.units.is_empty():
        empty(
            "Không đơn vị nào vượt mức",
            f"Không đơn vị nào có quá {number(found.allowed)} hồ sơ giải quyết quá hạn, {span}.",
        )
        return
    st.caption(
        f"{number(found.units.height)} đơn vị có quá {number(found.allowed)} hồ sơ giải quyết quá "
        f"hạn, {span}. {plain(found.document)}."
    )
    st.dataframe(
        found.units.select(
            pl.col("unit_id")
            .replace_strict(frame.unit_names, default=None, return_dtype=pl.String)
            .alias("Đơn vị"),
            pl.col("late").alias("Lần trễ hẹn"),
        ),
        hide_index=True,
        height=min(38 + 35 * found.units.height, 320),
        alt="Đơn vị trễ hẹn quá số lần cho phép, nhiều nhất ở trên",
    )
