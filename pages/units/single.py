"""Parts of the screen "Đơn vị", second state: one unit that resolves dossiers itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

import polars as pl
import streamlit as st

from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.core.names import CHANNELS
from metrics.core.on_time import missed_word
from metrics.core.periods import Period, period_of
from metrics.core.verdict import Sides
from metrics.core.vietnamese import as_of, level, number, percent, signed
from metrics.core.vietnamese import day as day_text
from metrics.dossiers.catalogue import figure
from metrics.dossiers.comparison import with_previous
from metrics.dossiers.units import (
    CLASSES,
    LENGTHS,
    READINGS,
    RELATIONS,
    UnitFigures,
    breaks_between,
    default_length,
    first_day,
    rate_series,
    relatives,
    report_reading,
    series_periods,
    unit_figures,
    with_state,
)
from metrics.registers.reported import FORM_COLUMNS
from metrics.targets.review import Signed
from metrics.targets.terms import STATES
from pages.late import data as late_data
from pages.targets import data as target_data
from pages.units.several import (
    MISSED,
    Subject,
    change_text,
    data_class,
    missed_help,
    no_dossiers,
    unit_params,
)
from ui.kit.cells import fraction_text
from ui.kit.charts import CONFIG, MARKS, Curve, rate_chart
from ui.kit.marks import MARKS as STATE_MARKS
from ui.kit.parts import empty, explain, go, left_out, twin
from ui.kit.rate import rate_text, shown_rate, sides_of, state_html, unknown_html
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.text import plain, safe
from ui.shell.view import View

_SHOWN_COMMITMENTS: Final = 6
_LABELS: Final = {
    "received": "Tiếp nhận",
    "resolved": "Đã giải quyết",
    "on_time": "Tỷ lệ đúng hạn",
    "pending": "Đang giải quyết",
    "pending_overdue": "Quá hạn đang tồn",
    "due_soon": "Sắp đến hạn",
    "late_without_apology": "Quá hạn chưa xin lỗi",
}

_FORM_LABELS: Final = {
    "c3": "(3) Tổng số tiếp nhận",
    "c4": "(4) Tiếp nhận trực tuyến",
    "c5": "(5) Trực tiếp, bưu chính",
    "c6": "(6) Từ kỳ trước chuyển sang",
    "c7": "(7) Tổng số đã giải quyết",
    "c8": "(8) Trước hạn",
    "c9": "(9) Đúng hạn",
    "c10": "(10) Quá hạn",
    "c11": "(11) Tổng số đang giải quyết",
    "c12": "(12) Trong hạn",
    "c13": "(13) Quá hạn",
}

_COVERAGE: Final = {
    "own": "Bộ phận Một cửa của đơn vị",
    "communes": "Bộ phận Một cửa các phường, xã trực thuộc",
}


# -- reading --------------------------------------------------------------------------------


@st.cache_data(max_entries=64, show_spinner="Đang tính số liệu của đơn vị…")
def _figures(version: str, view: View, units: tuple[int, ...]) -> UnitFigures:
    open_facts = partial(data.facts, version, frozenset(units))
    return unit_figures(open_facts, data.question(version, view), view.period)


@st.cache_data(max_entries=4, show_spinner=False)
def _first_day(version: str, scope: data.Units) -> date | None:
    return first_day(data.facts(version, scope, None))


@st.cache_data(max_entries=64, show_spinner="Đang tính chuỗi số liệu…")
def _series(
    version: str,
    view: View,
    units: tuple[int, ...],
    peers: tuple[int, ...],
    length: str,
    since: date | None,
) -> tuple[tuple[Period, ...], pl.DataFrame]:
    ask = data.question(version, view)
    # Up to the period on the screen, and not into weeks and months that T has not reached.
    last = min(view.period.last, period_of(LENGTHS[length][0], ask.as_of_day).last)
    periods = series_periods(length, last, since)
    unit = partial(data.facts, version, frozenset(units))
    beside = partial(data.facts, version, frozenset(peers))
    return periods, rate_series(unit, beside, ask, periods)


@st.cache_data(max_entries=4, show_spinner=False)
def _forms(version: str, scope: data.Units, moment: datetime) -> pl.DataFrame:
    """Reported lines, newest period first, those without one last."""
    frame = data.facts(version, scope, None).registers.at(moment)["form_row"]
    found: pl.DataFrame = frame.collect(backend="polars").to_native()
    return found.sort("period_from", descending=True, nulls_last=True, maintain_order=True)


@st.cache_data(max_entries=64, show_spinner=False)
def _received_here(version: str, scope: data.Units, view: View, unit: int) -> int:
    """Dossiers received at this unit, whoever resolves them."""
    ask = data.question(version, view)
    facts = data.facts(version, scope, ask.alive)
    found = measure(facts, [figure("received")], [ask], where={"receiving_unit_id": unit})
    return int(found["numerator"][0])


@dataclass(frozen=True)
class Peers:
    """The units of the same kind under the same parent, within the reader's scope."""

    name: str
    ids: frozenset[int]


def peers_of(about: Subject) -> Peers:
    """Whom a unit is compared with; its own line alone where the reader sees no other."""
    unit = about.unit or {}
    units = about.frame.facts.units
    same = units.filter(
        (pl.col("kind") == unit["kind"]) & pl.col("parent_id").eq_missing(unit["parent_id"])
    )
    allowed = data.scope_of_reader().units
    ids = frozenset(same["unit_id"])
    parent = units.filter(pl.col("unit_id") == unit["parent_id"])
    label = CLASSES[data_class(about.frame, unit["unit_id"])]
    below_group = parent.is_empty() or parent["kind"][0] in ("group", "province")
    name = label if below_group else f"{label} thuộc {about.frame.unit_names[unit['parent_id']]}"
    return Peers(name, ids if allowed is None else ids & allowed)


# -- headline -------------------------------------------------------------------------------


def headline(about: Subject, found: UnitFigures) -> None:
    """Seven figures, each with its change, the way to its dossiers, and how it is made."""
    with st.container(key="unit_cards"):
        for key, label in _LABELS.items():
            with st.container(key=f"card_unit_{key}", gap=None):
                _card(about, found, key, label)


def _card(about: Subject, found: UnitFigures, key: str, label: str) -> None:
    now, before = found.cell(key), found.cell(key, 0)
    sides = sides_of(now, about.frame.ask) if key == "on_time" else None
    column = "rate" if sides else "numerator"
    text = rate_text(sides, about.frame.ask) if sides else number(now["numerator"])
    st.html(
        f'<div class="dh-label">{label}</div><div class="dh-value">{text}</div>'
        f'<div class="dh-change">{_beside(about, found, sides)}'
        f"{_change(about, key, now[column], before[column])}</div>"
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        go(
            about.frame,
            "late",
            missed_word(about.frame.ask) if sides else "Mở hồ sơ",
            _late(about, figure="not_on_time" if sides else key),
            count=sides.missed if sides else now["numerator"],
            width="content",
        )
        explain(key, about.frame.ask, now["numerator"], now["denominator"], now["unknown"])


def _beside(about: Subject, found: UnitFigures, sides: Sides | None) -> str:
    if sides is None:
        return ""
    state = state_html(sides, about.frame.ask, found.cell("pending_overdue")["numerator"])
    unknown = unknown_html(about.frame, sides, units=about.alone)
    return f"{number(sides.numerator)}/{number(sides.denominator)} {state}<br>{unknown}"


def _change(about: Subject, key: str, value: float | None, before: float | None) -> str:
    since = _first_day(about.frame.version, about.ids)
    against = with_previous(about.frame.ask, about.frame.view.period, since)
    if value is None or before is None or against.reason:
        return f'<span class="dh-muted">{safe(against.none)}</span>'
    change = value - before
    side = change * {"on_time": 1, "pending_overdue": -1, "late_without_apology": -1}.get(key, 0)
    style = "dh-muted" if side == 0 else "dh-good" if side > 0 else "dh-bad"
    shape = "▲" if change > 0 else "▼" if change < 0 else "▬"
    text = change_text(change) if key == "on_time" else f"{shape} {signed(change)}"
    return f'<span class="{style}">{text}</span> <span class="dh-muted">so {against.label}</span>'


def _late(about: Subject, **more: Any) -> dict[str, str]:
    """Parameters of the screen of dossiers for this unit alone."""
    return about.frame.params(units=about.alone, **more)


# -- series ---------------------------------------------------------------------------------


def series(about: Subject) -> None:
    """The unit's rate through time beside its peers', with the break where units changed."""
    frame, peers = about.frame, peers_of(about)
    length = _length(frame)
    ids = tuple(sorted(about.ids))
    beside = tuple(sorted(peers.ids))
    since = _first_day(frame.version, data.scope_of_reader().units)
    periods, found = _series(frame.version, frame.view, ids, beside, length, since)
    unit = _curve(found, "unit", "đơn vị", frame.ask)
    others = _curve(found, "peers", "chung", frame.ask) if peers.ids - about.ids else None
    kin = frame.facts.successions.filter(
        pl.col("new_unit_id").is_in(list(ids)) | pl.col("old_unit_id").is_in(list(ids))
    )
    breaks = breaks_between(periods[0].first, periods[-1].last, kin)
    target = frame.ask.threshold("on_time_target").value
    volume = _counts(found, "resolved"), _counts(found, "resolved_late")
    st.plotly_chart(
        rate_chart(periods, unit, others, target, breaks, volume),
        config=CONFIG,
        key="unit_series",
        alt=f"Tỷ lệ đúng hạn của {about.name} qua {LENGTHS[length][2]}, "
        f"bên cạnh {peers.name} và mục tiêu {level(target)}",
    )
    note = f"“Chung” là {plain(peers.name)} ({number(len(peers.ids))} đơn vị). " if others else ""
    if breaks:
        note += "Hai bên đường đứt đoạn không phải cùng một cách tổ chức, không nối để so sánh."
    if note:
        st.caption(note)
    twin("chuỗi tỷ lệ đúng hạn", _twin(periods, found, peers.name, frame.ask))


def _length(frame: Frame) -> str:
    usual = default_length(frame.view.period.kind)
    chosen = st.query_params.get("series", usual)
    if chosen not in LENGTHS:
        left_out("series")
        chosen = usual
    st.session_state["unit_length"] = chosen

    def changed() -> None:
        wanted = st.session_state["unit_length"]
        if wanted != usual:
            st.query_params["series"] = wanted
        elif "series" in st.query_params:
            del st.query_params["series"]

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header("Tỷ lệ đúng hạn qua thời gian", width="content")
        st.segmented_control(
            "Độ dài chuỗi",
            list(LENGTHS),
            required=True,
            format_func=lambda key: LENGTHS[key][2],
            key="unit_length",
            on_change=changed,
            label_visibility="collapsed",
        )
    return chosen


def _of(found: pl.DataFrame, line: str, key: str) -> pl.DataFrame:
    return found.filter((pl.col("line") == line) & (pl.col("figure") == key)).sort("ask")


def _curve(found: pl.DataFrame, line: str, name: str, ask: Ask) -> Curve:
    rows = _of(found, line, "on_time").iter_rows(named=True)
    return Curve(name, [sides_of(row, ask) for row in rows], ask.edges)


def _counts(found: pl.DataFrame, key: str) -> list[int]:
    return list(_of(found, "unit", key)["numerator"])


def _twin(periods: Sequence[Period], found: pl.DataFrame, peers: str, ask: Ask) -> pl.DataFrame:
    unit, others = _of(found, "unit", "on_time"), _of(found, "peers", "on_time")
    return pl.DataFrame(
        {
            "Kỳ": [period.label for period in periods],
            "Đúng hạn": unit["numerator"],
            "Được tính": unit["denominator"],
            "Chưa phân loại": unit["unknown"],
            "Tỷ lệ": unit.select(shown_rate("rate", ask))["rate"],
            "Đã giải quyết": _counts(found, "resolved"),
            "Quá hạn": _counts(found, "resolved_late"),
            peers: others.select(shown_rate("rate", ask))["rate"],
            f"{peers}, tử/mẫu": [fraction_text(row) for row in others.iter_rows(named=True)],
        }
    )


# -- groups ---------------------------------------------------------------------------------


def by_field(about: Subject, found: UnitFigures) -> None:
    """By field, most late first."""
    names = about.frame.field_names
    _groups(about, found, "field_id", "Lĩnh vực", names.get, "field")


def by_procedure(about: Subject, found: UnitFigures) -> None:
    """By procedure, most late first."""
    names = about.frame.procedure_names
    _groups(about, found, "procedure_id", "Thủ tục", names.get, "procedure")


def by_channel(about: Subject, found: UnitFigures) -> None:
    """By channel: the source's own words where it has any, else the three of the forms."""
    worded = found.groups["channel_source"]
    if worded["channel_source"].null_count() < worded.height:
        _groups(about, found, "channel_source", "Kênh", lambda key: key, None)
    else:
        _groups(about, found, "channel", "Kênh", CHANNELS.get, "channel")


def officers_visible(frame: Frame) -> bool:
    """Whether the reader may see figures by officer."""
    return frame.may("see_officers")


def by_officer(about: Subject, found: UnitFigures) -> None:
    """By officer, as codes only: for those who manage the work."""
    if not officers_visible(about.frame):
        return
    codes = late_data.officers(about.frame.version)
    _groups(about, found, "officer_id", "Cán bộ", codes.get, "officer")
    st.caption(
        "Cho quản lý: chỉ hiện mã cán bộ theo hệ thống nguồn, để phân việc và hỗ trợ; không dùng "
        "làm bảng xếp hạng công khai."
    )


def _groups(
    about: Subject,
    found: UnitFigures,
    column: str,
    title: str,
    name_of: Callable[[Any], str | None],
    param: str | None,
) -> None:
    table = found.groups[column]
    st.header(f"Theo {title[0].lower()}{title[1:]}")
    if table.is_empty():
        empty("Không có hồ sơ trong kỳ", "Chưa có hồ sơ nào để chia nhóm trong kỳ này.")
        return
    names = [
        f"Chưa rõ {title.lower()}" if key is None else name_of(key) or f"Mã {key}"
        for key in table[column]
    ]
    as_ = st.column_config
    event = st.dataframe(
        _shown(table, title, names, about.frame),
        hide_index=True,
        height=min(38 + 32 * table.height, 330),
        row_height=32,
        key=f"unit_by_{column}",
        on_select="rerun",
        selection_mode="single-cell",
        column_config={
            title: as_.TextColumn(width=400 if param == "procedure" else 136),
            "Đạt": as_.TextColumn(width=36, help="● đạt, ▲ dưới mục tiêu, ◆ dưới mức báo động"),
            "Đúng hạn": as_.TextColumn(width=68),
            "Chưa phân loại": as_.NumberColumn(width=72, help="Thiếu ngày hẹn trả"),
            "Tử/mẫu": as_.TextColumn(width=60, help="Hồ sơ đúng hạn trên hồ sơ được tính"),
            "Nhận": as_.NumberColumn(width=46, help="Tiếp nhận trong kỳ"),
            "Xong": as_.NumberColumn(width=46, help="Đã giải quyết trong kỳ"),
            MISSED: as_.NumberColumn(width=84, help=missed_help(about.frame)),
            "Quá hạn": as_.NumberColumn(width=60, help="Đang giải quyết, đã quá hạn"),
        },
        placeholder="–",
        alt=f"{about.name} theo {title.lower()}, nhiều hồ sơ trễ nhất ở trên",
    )
    cells = event["selection"]["cells"]
    if cells and param is not None:
        row, cell = cells[0]
        _open(about, param, table[column][row], cell)


def _shown(table: pl.DataFrame, title: str, names: list[str], frame: Frame) -> pl.DataFrame:
    states = with_state(table, frame.ask)["state"]
    return pl.DataFrame(
        {
            title: names,
            "Đạt": [MARKS[state].shape for state in states],
            "Đúng hạn": table.select(shown_rate("rate", frame.ask))["rate"],
            "Chưa phân loại": table["unknown"],
            "Tử/mẫu": [
                f"{number(row['on_time'])}/{number(row['judged'])}"
                for row in table.iter_rows(named=True)
            ],
            "Nhận": table["received"],
            "Xong": table["resolved"],
            MISSED: table["missed"],
            "Quá hạn": table["overdue"],
        }
    )


def _open(about: Subject, param: str, key: Any, cell: str) -> None:
    """Opens the dossiers that a clicked cell counts."""
    figures = {
        "Đạt": "not_on_time",
        "Đúng hạn": "not_on_time",
        "Tử/mẫu": "not_on_time",
        "Nhận": "received",
        "Xong": "resolved",
        MISSED: "not_on_time",
        "Quá hạn": "pending_overdue",
    }
    params = _late(
        about, figure=figures.get(cell, "late"), **{param: "none" if key is None else key}
    )
    st.switch_page(about.frame.pages["late"], query_params=params)


# -- kin ------------------------------------------------------------------------------------


def kin(about: Subject) -> None:
    """The units it came from and went into, each with how much, when, and by what act."""
    if about.unit is None:
        return
    frame = about.frame
    found = relatives(frame.facts.successions, about.unit["unit_id"], frame.unit_names)
    if found.is_empty():
        return
    st.header("Kế thừa đơn vị")
    for direction, title in (("predecessor", "Tiền thân"), ("successor", "Đơn vị kế thừa")):
        rows = found.filter(pl.col("direction") == direction)
        if rows.height:
            with st.container(key=f"kin_{direction}", gap=None):
                st.markdown(f"**{title}** ({number(rows.height)})")
                for row in rows.iter_rows(named=True):
                    _relative(frame, row, direction)
    bases = sorted({basis for basis in found["basis"] if basis})
    st.caption(
        f"Căn cứ: {plain('; '.join(bases)) or 'chưa ghi'}. Hồ sơ trước ngày sắp xếp giữ nguyên ở "
        "đơn vị cũ: số liệu quá khứ của đơn vị bị chia tách không phân bổ lại cho đơn vị mới."
    )


def _relative(frame: Frame, row: dict[str, Any], direction: str) -> None:
    view = replace(
        frame.view,
        period=_suitable(frame.view.period, row["effective_on"], direction),
        as_of=None,
    )
    st.page_link(
        frame.pages["units"],
        label=f"{plain(frame.unit_names[row['unit_id']])} – {RELATIONS[row['relation']]}, "
        f"từ {day_text(row['effective_on'])}",
        query_params=unit_params(frame, row["unit_id"], view),
    )


def _suitable(period: Period, effective: Any, direction: str) -> Period:
    """A period in which the other unit was at work: the one on the screen, or the next to it."""
    if direction == "predecessor":
        return period if period.last < effective else period_of("month", effective - _DAY)
    return period if period.first >= effective else period_of("month", effective)


_DAY: Final = timedelta(days=1)


# -- reported forms -------------------------------------------------------------------------


def reported(about: Subject) -> None:
    """What the unit reported itself, as the report says it; nothing is filled in."""
    if about.unit is None:
        return
    frame, scope = about.frame, data.scope_of_reader().units
    lines = _forms(frame.looking_at("form_row"), scope, frame.ask.moment).filter(
        pl.col("unit_id") == about.unit["unit_id"]
    )
    if lines.is_empty():
        return
    st.header("Số liệu báo cáo")
    st.caption(
        "Do đơn vị báo cáo theo biểu, không tính từ hồ sơ và không cộng vào số liệu ở trên. "
        "“–” là báo cáo không nêu."
    )
    rows = list(lines.iter_rows(named=True))
    for row in rows:
        st.html(_report(row))
    st.html(_report_table(rows))


def _report(row: dict[str, Any]) -> str:
    reading = report_reading(row)
    style = "dh-warn" if reading == "ambiguous" else "dh-muted"
    shape = "▲ " if reading == "ambiguous" else ""
    rate = "–" if row["reported_rate"] is None else percent(row["reported_rate"] / 100)
    return (
        f'<div class="dh-report"><b>{safe(_coverage(row))}</b>: đã giải quyết '
        f"<b>{number(row['c7'])}</b> hồ sơ; tỷ lệ báo cáo <b>{rate}</b> "
        f'<span class="dh-state {style}">{shape}{READINGS[reading]}</span>'
        f"<blockquote>“{safe(row['wording'] or '–')}”</blockquote>"
        f'<span class="dh-source">Nguồn: {safe(row["source"])}. Kỳ: {_span(row)}. '
        f"Biểu {safe(row['form'])}.</span></div>"
    )


def _coverage(row: dict[str, Any]) -> str:
    return _COVERAGE.get(row["coverage"], str(row["coverage"]))


def _span(row: dict[str, Any]) -> str:
    since, until = row["period_from"], row["period_to"]
    if since is None and until is None:
        return "– (báo cáo không ghi ngày)"
    return f"{day_text(since)}–{day_text(until)}"


def _report_table(rows: list[dict[str, Any]]) -> str:
    head = "".join(f"<th>{safe(_coverage(row))}</th>" for row in rows)
    body = "".join(
        f"<tr><th>{_FORM_LABELS[column]}</th>"
        + "".join(f"<td>{number(row[column])}</td>" for row in rows)
        + "</tr>"
        for column in FORM_COLUMNS
    )
    return (
        '<details class="dh-details"><summary>Các cột của biểu II.06a</summary>'
        f'<table class="dh-table"><thead><tr><th>Cột</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></details>"
    )


# -- commitments ----------------------------------------------------------------------------


def commitments(about: Subject) -> None:
    """What the unit signed and what became of it, what needs a decision first."""
    if about.unit is None or not about.is_single:
        return
    frame, unit = about.frame, about.unit["unit_id"]
    _, signatures = target_data.review(
        frame.looking_at(*target_data.REGISTERS), replace(frame.view, unit=unit)
    )
    mine = sorted(
        (one for one in signatures if one.row["unit_id"] == unit),
        key=lambda one: list(STATES).index(one.state),
    )
    st.header(f"Cam kết ({number(len(mine))})" if mine else "Cam kết")
    if not mine:
        empty(
            f"Chưa ghi nhận cam kết nào của {plain(about.name)}",
            f"Tính đến {as_of(frame.ask.moment)}, sổ cam kết không có dòng nào do đơn vị này ký. "
            "Chưa nhập nên chưa biết, không phải là đơn vị không cam kết.",
            "Nạp tệp cam kết ở màn hình Chỉ tiêu, mục “Nhập từ tệp”.",
        )
    for one in mine[:_SHOWN_COMMITMENTS]:
        _commitment(about, one)
    if len(mine) != 1 and frame.may("page:targets"):
        label = f"Mở cả {number(len(mine))} cam kết" if mine else "Mở màn hình Chỉ tiêu"
        params = replace(frame.view, unit=unit).params(frame.default)
        go(frame, "targets", label, params, icon=":material/flag:")


def _commitment(about: Subject, one: Signed) -> None:
    """One signature as a sentence, which is the link to the target's arithmetic."""
    judgement = one.judged.judgement
    shape = STATE_MARKS["target"][one.state].shape
    why = (judgement.brief or judgement.sentence).rstrip(".")
    params = replace(about.frame.view, unit=one.row["unit_id"]).params(about.frame.default)
    go(
        about.frame,
        "targets",
        f"{shape} {STATES[one.state]} · **{plain(one.judged.row['name'])}**: {plain(why)}.",
        params | {"target": str(one.row["target_id"])},
    )


# -- the whole state ------------------------------------------------------------------------


def single(about: Subject) -> None:
    """The screen for one unit."""
    frame = about.frame
    found = _figures(frame.version, frame.view, tuple(sorted(about.ids)))
    if found.is_empty:
        no_dossiers(about)
        _only_receives(about)
        return
    headline(about, found)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        series(about)
    with right:
        by_field(about, found)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        by_procedure(about, found)
    with right:
        by_channel(about, found)
        by_officer(about, found)


def _only_receives(about: Subject) -> None:
    """A one-stop point that hands dossiers on has a figure of its own: what it received."""
    if about.unit is None:
        return
    frame, scope = about.frame, data.scope_of_reader().units
    count = _received_here(frame.version, scope, frame.view, about.unit["unit_id"])
    if not count:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Là nơi tiếp nhận: **{number(count)}** hồ sơ trong kỳ, do cơ quan khác giải quyết.",
            width="content",
        )
        explain("received", about.frame.ask)


def register(about: Subject) -> None:
    """What stands beside the dossiers: kin, reported forms, commitments."""
    kin(about)
    reported(about)
    commitments(about)
