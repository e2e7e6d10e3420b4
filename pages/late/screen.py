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
from ui.kit import files, listing
from ui.kit import query as asks
from ui.kit import screen as kit
from ui.kit.cells import figure_text, fraction_text
from ui.kit.filters import Words, switch
from ui.kit.marks import Html
from ui.kit.parts import explained, how
from ui.kit.query import Query
from ui.kit.rate import sides_of, whole_text
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
    asks.some_of("channel", [key for key in CHANNELS if key], label="Kênh", may_be_unknown=True),
    asks.ids("officer", label="Cán bộ thụ lý", may_be_unknown=True),
    asks.some_of("cause", cause_names(), label="Nguyên nhân", may_be_unknown=True),
    asks.some_of("band", label="Số ngày trễ"),
    asks.one_of("apology", ("issued", "missing"), label="Tình trạng xin lỗi"),
    asks.page(),
    asks.opened("dossier"),
)  # fmt: skip
"""The screen's parameters, beside those of the frame."""

FACETS: Final = {
    "units": "units",
    "procedure": "procedures",
    "step": "steps",
    "field": "fields",
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
        frame = self.frame
        known: dict[str, Callable[[], Mapping[Any, str]]] = {
            "units": lambda: frame.unit_names,
            "field": lambda: frame.field_names | {None: "Chưa rõ lĩnh vực"},
            "procedure": lambda: frame.procedure_names | {None: "Chưa rõ thủ tục"},
            "channel": lambda: CHANNELS,
            "officer": lambda: late_data.officers(frame.version) | {None: "Chưa rõ cán bộ"},
        }
        if of == "cause":
            return cause_name(value)
        return str(value) if of == "step" else known[of]().get(value, f"Mã {value}")

    @cached_property
    def words(self) -> Words:
        """The filters: what the list can be narrowed by, most frequent first."""
        facets = late_data.facets(self.wanted)
        found: dict[str, Mapping[Any, str]] = {"q": {}}
        for name, facet in FACETS.items():
            if name == "officer" and not self.frame.may("see_officers"):
                continue
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
    """The title; what in the address means nothing, or is not for this reader."""
    kit.heading(screen, "Hồ sơ trễ hạn")
    for sentence in screen.refused:
        st.warning(sentence, icon=":material/link_off:")


def which(screen: Screen) -> None:
    """The lists with their counts, the parts of the one that is shown, and how it is counted."""
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
        kit.part_links(PARTS)


def _count(found: Listing, key: str) -> str:
    return number(found.cells[key]["numerator"])


def left_words(row: Row) -> str:
    """How many working days are left, in words."""
    return f"còn {number(row['left'])} ngày" if row["left"] else "trong ngày"


def _number(screen: Screen) -> str:
<<<<<<< HEAD
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
=======
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
    known = frame.view.known
    procedures = frame.procedures.select("procedure_id", "code", "name").iter_rows()
    return Order(
        # Opened anew: the files of an older snapshot may be gone when the button is clicked.
        open_facts=lambda: open_facts(settings, Scope(units), alive=alive, as_known=known),
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
>>>>>>> 7af9d8d (As known and drift: screens by the address, command line, tests by replaying imports; T beyond the data has no answer on screens)


# -- the list -----------------------------------------------------------------------------


def dossiers(screen: Screen) -> None:
    """The dossiers, worst first, narrowed by the filters; a row opens its course."""
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
        Column("Tình trạng", _stands, help="Bước đang xử lý, hoặc ngày và cách kết thúc"),
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
    return row["step_name"] or "Đang giải quyết"


def _file(screen: Screen) -> files.Sheet | None:
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
    return files.Sheet(
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
