"""What the home screen shows of inspections: a card, and lines that ask for a decision."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from metrics.core.periods import Period
from metrics.core.vietnamese import as_of, number
from metrics.dossiers.attention import Line
from metrics.inspections.figures import INSPECTION_FIGURE
from pages.inspections import data as inspections_data
from pages.inspections.data import Key
from ui.kit.card import explain
from ui.kit.events import ticks_of
from ui.kit.spark import spark_bars
from ui.shell.context import Frame


def _key(frame: Frame) -> Key:
    return inspections_data.key_of(frame, inspections_data.question(frame))


def lines(frame: Frame) -> list[Line]:
    """Findings past their fix-by date."""
    return inspections_data.lines(_key(frame))


def card(frame: Frame, periods: Sequence[Period], label: str) -> bool:
    """The card of open findings; False (nothing drawn) where nobody has entered any."""
    if not inspections_data.has_findings(inspections_data.version_of(frame), frame.units_in_view):
        return False
    key = _key(frame)
    found = inspections_data.review(key)
    spans = tuple((period.first, period.last) for period in periods)
    series = inspections_data.open_series(key, spans)
    late = found.count("findings_past_due") or 0
    mark = f'<span class="dh-state dh-bad">◆ {number(late)} quá hạn</span>' if late else ""
    fixed, every = found.count("findings_fixed"), found.count("findings")
    words = f"đã khắc phục {number(fixed)}/{number(every)} tồn tại"
    reported = found.count("findings_reported") or 0
    more = f"{number(reported)} báo cáo chờ xác nhận" if reported else "không có báo cáo chờ"
    more = more if late or reported else "không tồn tại nào quá hạn"
    until = as_of(key[4])
    st.html(
        f'<div class="dh-label">{label}</div>'
        f'<div class="dh-value">{number(found.count("findings_open"))} {mark}</div>'
        f'<div class="dh-change">{words}<br><span class="dh-muted">{more}</span></div>'
        f"{spark_bars(series, f'{label}, các kỳ gần nhất', ticks_of(frame, periods))}"
        f'<div class="dh-source">{until[0].upper()}{until[1:]}</div>'
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        figure = "findings_past_due" if late else "findings_open"
        st.page_link(
            frame.pages["inspections"],
            label="Mở tồn tại",
            query_params=frame.params(figure=figure),
            width="content",
        )
        late_one = INSPECTION_FIGURE["findings_past_due"]
        explain(
            INSPECTION_FIGURE["findings_open"],
            found.cell("findings_open"),
            f"Số liệu {until}.",
            [f"{late_one.label}: {number(late)}. {late_one.meaning}"],
            [(period.label, number(v)) for period, v in zip(periods, series, strict=True)],
        )
    return True
