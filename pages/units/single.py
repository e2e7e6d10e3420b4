"""One unit that resolves dossiers itself: its figures, its rate through time, its groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from metrics.core.ask import Ask
from metrics.core.change import change
from metrics.core.names import CHANNELS
from metrics.core.on_time import as_read, spoken
from metrics.core.vietnamese import as_of, level, number, points, signed
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.events import heard
from metrics.dossiers.units import HEADLINE, LENGTHS, default_length
from pages.late import data as late_data
from pages.units import data as units_data
from pages.units.screen import Screen
from pages.units.several import RATE, counted
from ui.kit.card import Deck, Part, Shown, cards
from ui.kit.charts import Curve, plot, rate_chart
from ui.kit.drift import changed
from ui.kit.events import bands, column
from ui.kit.filters import switch
from ui.kit.marks import Html
from ui.kit.parts import opens
from ui.kit.rate import (
    printed_column,
    rate_column,
    sides_of,
    state_column,
    state_html,
    unknown_html,
)
from ui.kit.table import Column, Opens, Row, table
from ui.shell.text import plain, safe

SHOWN: Final = tuple(Shown(key) for key in HEADLINE)
"""The cards."""

OVERDUE: Final = "pending_overdue"
"""While any stands, the rate does not look all right."""
LATE: Final = "late"
"""Whose dossiers a group's row opens."""
_SERIES: Final = "qua-thoi-gian"


# -- headline -----------------------------------------------------------------------------


def headline(screen: Screen) -> None:
    """The unit's figures, each with its change, the way to its dossiers, and how it is made."""
    ask, found = screen.frame.ask, screen.figures
    figures = {key: as_read(FIGURES[key], ask) for key in HEADLINE}

    def rows(key: str, part: Part) -> str | None:
        cell = found.cell(key)
        count = sides_of(cell, ask).missed if part == "missing" else cell["numerator"]
        if not count or not opens(screen.frame, "late", count):
            return None
        return screen.late(key, part=None if part == "numerator" else part)

    notes = {key: _change(screen, key) for key in HEADLINE}
    sides = sides_of(found.cell(RATE.key), ask)
    state = state_html(sides, ask, found.cell(OVERDUE)["numerator"])
    own = {"units": screen.unit["unit_id"]} if screen.unit and screen.has_parts else {}
    beside = unknown_html(screen.frame, sides, **own)
    notes[RATE.key] = Html(f"{state}{beside}<div>{notes[RATE.key]}</div>")
    for key, line in changed(screen.frame, HEADLINE, screen.ids, **own).items():
        notes[key] = Html(f"{notes[key]}<div>{line}</div>")
    about = f"Kỳ {screen.frame.view.period.label}, số liệu đến {as_of(ask.moment)}."
    lines = {RATE.key: (f"Cách xét: {spoken(ask)}",)}
    cards("unit", SHOWN, Deck(figures, found.cell, rows, about, notes, lines))


def _change(screen: Screen, key: str) -> Html:
    """Against the period before: a shape, a number, and whether it is for the better."""
    against = units_data.previous(screen.frame, screen.ids)
    word = f"so {against.label}"
    now, before = screen.figures.cell(key), screen.figures.cell(key, 0)
    found = change(FIGURES[key], now, before)
    if found is None or against.reason:
        of = "rate" if FIGURES[key].is_ratio else "numerator"
        return Html(f'<span class="dh-muted">{safe(against.none(now[of], before[of]))}</span>')
    style = {True: "dh-good", False: "dh-bad", None: "dh-muted"}[found.is_better]
    shape = "▲" if found.by > 0 else "▼" if found.by < 0 else "▬"
    rate = points(abs(found.by)).removeprefix("+")  # the shape says which way
    text = f"{rate} điểm" if FIGURES[key].is_ratio else signed(found.by)
    return Html(f'<span class="{style}">{shape} {text}</span> <span class="dh-muted">{word}</span>')


# -- series -------------------------------------------------------------------------------


def series(screen: Screen) -> None:
    """The unit's rate through time beside its peers', with the break where units changed."""
    frame, unit = screen.frame, screen.unit or {}
    st.header("Tỷ lệ đúng hạn qua thời gian", anchor=_SERIES)
    length = screen.asked["series"] or default_length(frame.view.period.kind)
    switch(screen, "series", {key: words for key, (_, _, words) in LENGTHS.items()}, length)
    peers = units_data.peers(frame, unit)
    found = units_data.series(frame, screen.ids, peers.ids, length)
    rows = found.table
    own = _curve("đơn vị", rows, "", frame.ask)
    others = _curve("chung", rows, "peers_", frame.ask) if peers.ids - screen.ids else None
    target = frame.ask.threshold("on_time_target").value
    volume = (list(rows["resolved"]), list(rows["resolved_late"]))
    plot(
        rate_chart(found.periods, own, others, target, found.events, volume),
        key="unit_series",
        alt=f"Tỷ lệ đúng hạn của {screen.name} qua {LENGTHS[length][2]}, "
        f"bên cạnh {peers.name} và mục tiêu {level(target)}{heard(found.events)}",
        title=f"Tỷ lệ đúng hạn của {screen.name} qua {LENGTHS[length][2]}",
    )
    note = f"“Chung” là {plain(peers.name)} ({number(len(peers.ids))} đơn vị). " if others else ""
    if found.breaks:
        note += "Hai bên đường đứt đoạn không phải cùng một cách tổ chức, không nối để so sánh."
    note += bands(found.events)
    if note:
        st.caption(note)
    periods = found.periods
    with st.expander("Xem bảng số liệu: chuỗi tỷ lệ đúng hạn", icon=":material/table:"):
        table(
            [{"at": at, **row} for at, row in zip(periods, rows.to_dicts(), strict=True)],
            (
                Column("Kỳ", lambda row: row["at"].label, is_name=True),
                Column("Đúng hạn", "numerator", "count"),
                Column("Được tính", "denominator", "count"),
                Column("Chưa phân loại", "unknown", "count"),
                printed_column(frame.ask, "Tỷ lệ"),
                Column("Đã giải quyết", "resolved", "count"),
                Column("Quá hạn", "resolved_late", "count"),
                printed_column(frame.ask, peers.name, "peers_rate"),
                Column("Tử/mẫu chung",
                       lambda row: _fraction(row, "peers_numerator", "peers_denominator"),
                       in_file=(Column("Đúng hạn, chung", "peers_numerator", "count"),
                                Column("Được tính, chung", "peers_denominator", "count"))),
                *column(found.events, lambda row: (row["at"].first, row["at"].last)),
            ),
            alt=f"Tỷ lệ đúng hạn của {screen.name} qua {LENGTHS[length][2]}",
            sorts=False,
        )  # fmt: skip


def _curve(name: str, rows: units_data.Table, whose: str, ask: Ask) -> Curve:
    """A line of the chart; ``whose``: what its columns begin with."""
    sides = ("numerator", "denominator", "unknown")
    cells = rows.select(f"{whose}{side}" for side in sides).iter_rows()
    return Curve(name, [sides_of(dict(zip(sides, cell, strict=True)), ask) for cell in cells],
                 ask.edges)  # fmt: skip


def _fraction(row: Row, numerator: str, denominator: str) -> str:
    return f"{number(row[numerator])}/{number(row[denominator])}"


# -- groups -------------------------------------------------------------------------------


def groups(screen: Screen) -> None:
    """By field, procedure, channel, applicants' area and officer, most late first."""
    frame = screen.frame
    with st.container(key="grid_wide_groups"):
        _group(screen, "field_id", "lĩnh vực", frame.field_names.get, "field")
        _group(screen, "procedure_id", "thủ tục", frame.procedure_names.get, "procedure")
        # The source's own words where it has any, else the three of the forms.
        if units_data.is_told(screen.figures.groups["channel_source"], "channel_source"):
            _group(screen, "channel_source", "kênh", lambda key: key)
        else:
            _group(screen, "channel", "kênh", CHANNELS.get, "channel")
        if units_data.is_told(screen.figures.groups["applicant_unit_id"], "applicant_unit_id"):
            _group(screen, "applicant_unit_id", "địa bàn người nộp", frame.place_names.get, "area")
        if frame.may("see_officers"):
            codes = late_data.officers(frame.version)
            _group(
                screen, "officer_id", "cán bộ", codes.get, "officer",
                "Cho quản lý: chỉ hiện mã cán bộ theo hệ thống nguồn, để phân việc và hỗ trợ; "
                "không dùng làm bảng xếp hạng công khai.",
            )  # fmt: skip


def _group(
    screen: Screen,
    column: str,
    title: str,
    name_of: Callable[[Any], str | None],
    param: str = "",
    note: str = "",
) -> None:
    frame = screen.frame

    def name(row: Row) -> str:
        key = row[column]
        return f"Chưa rõ {title}" if key is None else name_of(key) or f"Mã {key}"

    def cut(row: Row) -> dict[str, Any]:
        return {param: "none" if row[column] is None else row[column]}

    own = {"units": screen.unit["unit_id"]} if screen.unit and screen.has_parts else {}
    with st.container(gap="small"):
        st.header(f"Theo {title}")
        table(
            screen.figures.groups[column],
            (
                Column(title.capitalize(), name, is_name=True),
                rate_column(frame, lambda row: own | cut(row) if param else None),
                state_column(frame),
                Column("Tử/mẫu", lambda row: _fraction(row, "on_time", "judged"),
                       help="Hồ sơ đúng hạn trên hồ sơ được tính", order="judged", is_minor=True,
                       in_file=()),
                *counted(frame, own if param else None, cut),
            ),
            alt=f"{screen.name} theo {title}, nhiều hồ sơ trễ nhất ở trên",
            opens=Opens(href=lambda row: screen.late(LATE, **cut(row))) if param else None,
            is_tall=True,
        )  # fmt: skip
        if note:
            st.caption(note)
