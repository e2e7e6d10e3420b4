"""Parts of the screen of targets: states, programmes with their targets, one target, signers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from metrics.core.on_time import on_time_definition
from metrics.core.report_forms import told
from metrics.core.vietnamese import UNKNOWN, as_of, day, number
from metrics.dossiers.catalogue import FIGURES
from metrics.registers.targets import METRIC_KINDS, OPERATORS
from metrics.targets.evidence import definition_of
from metrics.targets.review import Judged, Signed, counted
from metrics.targets.terms import STATES, State
from metrics.targets.wording import limit
from pages.targets import commitments
from pages.targets import data as target_data
from pages.targets import forms as target_forms
from pages.targets.data import SHAPES, Query
from ui.kit import writing
from ui.kit.parts import empty, go, put_query
from ui.shell.context import Frame
from ui.shell.text import plain, safe

EVERY: Final = "every"
"""Stands for "no filter" in the select boxes."""

_KINDS: Final = {choice.value: choice.word for choice in METRIC_KINDS}
_OPERATORS: Final = {choice.value: choice.word for choice in OPERATORS}


@dataclass(frozen=True)
class Screen:
    """What the page shows: targets in view, signatures, and what the URL cuts them to."""

    frame: Frame
    query: Query
    judged: list[Judged]
    signed: list[Signed]

    @property
    def is_empty(self) -> bool:
        return not self.judged

    @property
    def is_open(self) -> bool:
        """Whether one target is looked at."""
        return self.query.target is not None

    @property
    def programme_rows(self) -> dict[int, dict[str, Any]]:
        rows = target_data.all_programmes(self.frame.looking_at(*target_data.REGISTERS)).to_dicts()
        return {row["programme_id"]: row for row in rows}

    def signed_here(self) -> list[Signed]:
        """The signatures under the targets that the filters leave, whatever their state."""
        wanted = {one.row["target_id"] for one in self.chosen(any_state=True)}
        return [one for one in self.signed if one.row["target_id"] in wanted]

    def chosen(self, *, any_state: bool = False) -> list[Judged]:
        """The targets that the filters leave."""
        return [
            one
            for one in self.judged
            if self.query.programme in (None, one.row["programme_id"])
            and self.query.whose in (None, one.row["unit_id"])
            and (any_state or self.query.state in (None, one.judgement.state))
        ]


def read(frame: Frame) -> Screen:
    """The screen of the view and the URL; what in the URL means nothing is named."""
    judged, signed = target_data.review(frame.looking_at(*target_data.REGISTERS), frame.view)
    params = {name: st.query_params[name] for name in target_data.KEYS if name in st.query_params}
    known = {
        "programme": frozenset(one.row["programme_id"] for one in judged),
        "whose": frozenset(one.row["unit_id"] for one in judged),
        "target": frozenset(one.row["target_id"] for one in judged),
    }
    query, problems = target_data.read_query(params, known)
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")
    return Screen(frame, query, judged, signed)


def go_to(screen: Screen, **changes: Any) -> None:
    """Puts another query into the URL (called from widgets)."""
    put_query(target_data.KEYS, replace(screen.query, **changes).params())


def heading(screen: Screen) -> None:
    """The title, and as of when."""
    frame = screen.frame
    st.title(f"Chỉ tiêu, cam kết · {plain(frame.whose)}")
    target_forms.told()
    st.caption(
        f"Đánh giá tại thời điểm {as_of(frame.ask.moment)}, mỗi chỉ tiêu trong kỳ của chính nó."
    )


def nothing(screen: Screen) -> None:
    """The register is empty, or nothing of it concerns the units in view."""
    if target_data.all_targets(screen.frame.looking_at(*target_data.REGISTERS)).is_empty():
        empty(
            "Chưa có chỉ tiêu nào",
            "Sổ chỉ tiêu, cam kết chưa được nạp nên chưa có gì để đánh giá.",
            "Tải mẫu, điền và nạp tệp ở mục “Nhập từ tệp” dưới đây; hoặc thêm chỉ tiêu ngay trên "
            "màn hình; hoặc nạp bộ ví dụ: `.venv/bin/python -m connectors register examples`.",
        )
        return
    empty(
        "Không có chỉ tiêu trong phạm vi đang xem",
        f"{plain(screen.frame.whose)} không có chỉ tiêu, cũng chưa ký cam kết nào.",
        None
        if screen.frame.view.unit is None
        else f"Hãy chọn “{plain(screen.frame.everything)}” ở thanh trên.",
    )


# -- states and filters -------------------------------------------------------------------


def mark(state: State) -> str:
    """A state as HTML: shape and word."""
    shape, style = SHAPES[state]
    return f'<span class="dh-state {style}">{shape} {STATES[state]}</span>'


def headline(screen: Screen) -> None:
    """How many targets are in which state; each number cuts the list to it."""
    among = screen.chosen(any_state=True)
    counts = counted([one.judgement.state for one in among])
    row = st.container(horizontal=True, gap="small", key="target_cards")
    for state, count in counts.items():
        with row.container(key=f"target_card_{state}", width=160, gap=None):
            st.html(
                f'{mark(state)}<div class="dh-value">{number(count)}</div>'
                f'<div class="dh-change dh-muted">trong {number(len(among))} chỉ tiêu</div>'
            )
            same = screen.query.state == state
            st.button(
                "Bỏ lọc" if same else "Xem",
                key=f"target_state_{state}",
                type="tertiary",
                disabled=not count and not same,
                on_click=go_to,
                args=(screen,),
                kwargs={"state": None if same else state, "target": None},
            )


def filters(screen: Screen) -> None:
    """Programme, unit and state."""
    rows, names = screen.programme_rows, screen.frame.unit_names
    of_programmes = {
        one.row["programme_id"]: rows[one.row["programme_id"]]["name"] for one in screen.judged
    }
    of_units = {one.row["unit_id"]: names.get(one.row["unit_id"], "") for one in screen.judged}
    left, middle, right = st.columns(3)
    with left:
        _filter(screen, "programme", "Chương trình, kế hoạch", of_programmes, "Tất cả")
    with middle:
        _filter(screen, "whose", "Đơn vị được đánh giá", of_units, "Tất cả đơn vị")
    with right:
        _filter(screen, "state", "Tình trạng", STATES, "Mọi tình trạng")


def _filter(screen: Screen, key: str, label: str, names: Mapping[Any, str], every: str) -> None:
    widget = f"targets_{key}"
    # Not None: Streamlit takes that for "nothing chosen" and shows its own English words.
    st.session_state[widget] = getattr(screen.query, key) or EVERY
    words = {EVERY: every, **names}

    def changed() -> None:
        picked = st.session_state[widget]
        go_to(screen, **{key: None if picked == EVERY else picked}, target=None)

    st.selectbox(label, list(words), format_func=words.__getitem__, key=widget, on_change=changed)


# -- programmes and their targets ---------------------------------------------------------


def programmes(screen: Screen) -> None:
    """Each programme with its targets: state, value against target, arithmetic."""
    chosen = screen.chosen()
    if not chosen:
        empty("Không có chỉ tiêu khớp với bộ lọc", "Hãy bỏ bớt điều kiện lọc ở trên.")
        return
    rows, signers = screen.programme_rows, _signers(screen)
    # What is settled or at risk first: long lists of what nobody has reported come after.
    order = list(STATES)
    chosen = sorted(chosen, key=lambda one: order.index(one.judgement.state))
    for programme in dict.fromkeys(one.row["programme_id"] for one in chosen):
        mine = [one for one in chosen if one.row["programme_id"] == programme]
        judged = [one for one in mine if one.judgement.state != "unknown"]
        rest = [one for one in mine if one.judgement.state == "unknown"]
        with st.container(border=True, key=f"target_programme_{programme}"):
            _programme(screen, rows[programme], mine)
            if judged:
                st.html("".join(_line(screen, one, signers) for one in judged))
            if rest:
                _unjudged(screen, rest, signers)
            for one in mine:
                _dossiers(screen, one)


def _unjudged(screen: Screen, rest: list[Judged], signers: dict[int, list[str]]) -> None:
    """What cannot be judged, one click away; open where it was asked for."""
    lines = "".join(_line(screen, one, signers) for one in rest)
    is_open = " open" if screen.query.state == "unknown" else ""
    st.html(
        f'<details class="dh-details"{is_open}><summary>{number(len(rest))} chỉ tiêu chưa đánh giá '
        f"được, xem lý do</summary>{lines}</details>"
    )


def _programme(screen: Screen, row: dict[str, Any], mine: list[Judged]) -> None:
    counts = counted([one.judgement.state for one in mine])
    told = " · ".join(
        f"{SHAPES[state][0]} {number(count)} {STATES[state].lower()}"
        for state, count in counts.items()
        if count
    )
    whose = screen.frame.place_names.get(row["unit_id"], UNKNOWN)
    document = row["document"] or "chưa ghi số văn bản"
    issued = f", ngày {day(row['issued_on'])}" if row["issued_on"] else ""
    st.html(
        f'<h2 class="dh-target-programme">{safe(row["name"])}</h2>'
        f'<div class="dh-muted">{safe(whose)} · {safe(document)}{issued}</div><div>{told}</div>'
    )


def _signers(screen: Screen) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for one in screen.signed:
        unit = screen.frame.place_names.get(one.row["unit_id"], UNKNOWN)
        who = f"{unit} ({one.row['signer']})" if one.row["signer"] else unit
        found.setdefault(one.row["target_id"], []).append(who)
    return found


def _is_rate(one: Judged) -> bool:
    if one.target.metric_kind == "figure":
        figure = FIGURES.get(one.target.metric or "")
        return figure is not None and figure.unit == "rate"
    edges = [edge for edge in (one.target.low, one.target.high) if edge is not None]
    return one.target.metric_kind == "indicator" and bool(edges) and max(edges) <= 1


def _line(screen: Screen, one: Judged, signers: dict[int, list[str]]) -> str:
    row, found = one.row, one.judgement
    whose = screen.frame.place_names.get(row["unit_id"], UNKNOWN)
    who = signers.get(row["target_id"], [])
    signed = f" · {number(len(who))} đơn vị ký: {safe(', '.join(who[:2]))}" if who else ""
    signed += "…" if len(who) > 2 else ""
    every = ", ở mọi kỳ" if row["every_period"] else ""
    return (
        f'<div class="dh-target"><div>{mark(found.state)}</div>'
        f"<div><b>{safe(row['code'])}. {safe(row['name'])}</b>"
        f'<div class="dh-muted">{safe(whose)} · {day(row["period_from"])}–'
        f"{day(row['period_to'])}{signed}</div></div>"
        f'<div class="dh-target-value"><span class="dh-muted">Hiện tại</span> '
        f"<b>{safe(found.shown)}</b><br>"
        f'<span class="dh-muted">Phải đạt</span> {safe(limit(one.target, _is_rate(one)))}{every}'
        f'</div><div class="dh-target-why">{safe(found.sentence)}</div></div>'
    )


def _dossiers(screen: Screen, one: Judged) -> None:
    """The way to the dossiers that a live figure's target is judged by."""
    if one.target.metric_kind != "figure" or one.judgement.shown == UNKNOWN:
        return
    go(
        screen.frame,
        "late",
        f"Mở hồ sơ của chỉ tiêu {plain(one.row['code'])}",
        target_data.dossier_params(screen.frame, one.target),
        icon=":material/folder_open:",
    )


# -- one target ---------------------------------------------------------------------------


def panel(screen: Screen) -> None:
    """One target: wording, how it is judged, history, mending."""
    chosen = {one.row["target_id"]: one for one in screen.judged}
    st.session_state["targets_open"] = screen.query.target or EVERY
    words: dict[int | str, str] = {EVERY: "Chọn một chỉ tiêu để xem, sửa"} | {
        key: f"{one.row['code']}. {one.row['name']}" for key, one in chosen.items()
    }

    def changed() -> None:
        picked = st.session_state["targets_open"]
        go_to(screen, target=None if picked == EVERY else picked)

    st.selectbox(
        "Chi tiết một chỉ tiêu",
        list(words),
        format_func=words.__getitem__,
        key="targets_open",
        on_change=changed,
    )
    if screen.query.target is None:
        return
    one = chosen[screen.query.target]
    with st.container(border=True, key="target_panel"):
        _about(screen, one)
        _dossiers(screen, one)
        commitments.of_target(screen.frame, one, screen.signed)
        writing.show_history("target", one.row["target_id"], "Lịch sử thay đổi của chỉ tiêu")
        target_forms.edit(screen.frame, one.row)


def _about(screen: Screen, one: Judged) -> None:
    row, found = one.row, one.judgement
    figure = FIGURES.get(row["metric"] or "") if row["metric_kind"] == "figure" else None
    of_time = row["metric_kind"] == "figure" and row["metric"] == "on_time"
    reading = on_time_definition(definition_of(one.target)).label if of_time else None
    programme = screen.programme_rows[row["programme_id"]]
    pairs = [
        ("Cách đánh giá", found.sentence),
        ("Phải đạt", limit(one.target, _is_rate(one))),
        ("Hiện tại", found.shown),
        ("Đo bằng", _KINDS.get(row["metric_kind"], UNKNOWN)),
        ("Số liệu", figure.label if figure else row["metric"]),
        (
            "Cách tính",
            f"{figure.meaning} Căn cứ: {told(figure.basis, screen.frame.ask.last_day)}"
            if figure
            else None,
        ),
        ("Định nghĩa đúng hạn", reading),
        ("Phép so sánh", _OPERATORS.get(row["operator"], UNKNOWN)),
        ("Văn bản", programme["document"] or programme["name"]),
        ("Nguồn của chỉ tiêu", row["source"]),
        ("Nguồn của số liệu", found.source),
    ]
    rows = "".join(
        f"<tr><th>{label}</th><td>{safe(value)}</td></tr>" for label, value in pairs if value
    )
    wording = f"<blockquote>“{safe(row['wording'])}”</blockquote>" if row["wording"] else ""
    st.html(
        f"<p>{mark(found.state)} <b>{safe(row['code'])}. {safe(row['name'])}</b></p>"
        f'<table class="dh-facts">{rows}</table>{wording}'
    )


def footer(screen: Screen) -> None:
    """As of when, and from where."""
    found = sorted({one.row["source"] for one in screen.judged})
    more = f" và {number(len(found) - 2)} nguồn khác" if len(found) > 2 else ""
    sources = "; ".join(found[:2]) + more if found else "chưa có"
    st.html(
        f'<span class="dh-source">Số liệu đến {as_of(screen.frame.ask.moment)}. Nguồn: '
        f"{safe(sources)}.</span>"
    )
