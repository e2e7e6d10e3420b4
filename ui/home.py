"""Parts of the home screen."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from metrics.ask import Ask
from metrics.attention import Line, attention
from metrics.review import Review, unit_table
from metrics.thresholds import threshold
from metrics.vietnamese import as_of, number, percent, points, signed
from ui import data
from ui.frame import Frame
from ui.parts import MARKS, empty, explain, safe, source_note, spark_bars, spark_line

_SHOWN_LINES = 7


def read(frame: Frame) -> Review:
    """The review of the view."""
    return data.weekly_review(frame.version, frame.view)


# -- headline -----------------------------------------------------------------------------


def headline(frame: Frame, found: Review) -> None:
    """The band of six figures."""
    series = found.totals()
    before = {row["figure"]: row for row in found.year_before.iter_rows(named=True)}
    for column, (key, label) in zip(
        st.columns(6, gap="small"),
        [
            ("received", "Tiếp nhận"),
            ("resolved", "Đã giải quyết"),
            ("on_time", "Tỷ lệ đúng hạn"),
            ("pending_overdue", "Quá hạn đang tồn"),
            ("tasks", "Nhiệm vụ được triển khai"),
            ("findings", "Tồn tại kiểm tra chưa khắc phục"),
        ],
        strict=True,
    ):
        with column, st.container(key=f"card_{key}"):
            if key in before:
                rows = series.filter(pl.col("figure") == key).sort("ask")
                _card(frame, found, key, label, rows, before[key])
            else:
                _missing(label, key)


def _card(
    frame: Frame,
    found: Review,
    key: str,
    label: str,
    rows: pl.DataFrame,
    before: dict[str, Any],
) -> None:
    column = "rate" if key == "on_time" else "numerator"
    values = rows[column].to_list()
    now = rows.row(-1, named=True)
    value, earlier = values[-1], values[-2] if len(values) > 1 else None
    target = threshold("on_time_target", found.ask.as_of_day).value if key == "on_time" else None
    text = percent(value) if key == "on_time" else number(value)
    spark = spark_line(values, target) if key == "on_time" else spark_bars(values)
    st.html(
        f'<div class="dh-label">{label}</div>'
        f'<div class="dh-value">{text} {_state(key, value, target)}</div>'
        f'<div class="dh-change">{_change(key, value, earlier, "kỳ trước", found)}<br>'
        f"{_change(key, value, before[column], 'cùng kỳ năm trước', found)}</div>{spark}"
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        figure = "not_on_time" if key == "on_time" else key
        st.page_link(
            frame.pages["late"],
            label="Mở hồ sơ" if key != "on_time" else "Hồ sơ trễ",
            query_params=frame.params(figure=figure),
        )
        explain(key, found.ask, now["numerator"], now["denominator"])


def _state(key: str, value: float | None, target: float | None) -> str:
    if target is None or value is None:
        return ""
    if value >= target:
        return f'<span class="dh-state dh-good">● đạt {percent(target, 0)}</span>'
    return f'<span class="dh-state dh-bad">◆ dưới {percent(target, 0)}</span>'


def _change(
    key: str, value: float | None, earlier: float | None, against: str, found: Review
) -> str:
    word = "tuần trước" if against == "kỳ trước" and found.periods[-1].kind == "week" else against
    if value is None or earlier is None:
        return f'<span class="dh-muted">– so với {word}</span>'
    change = value - earlier
    shape = "▲" if change > 0 else "▼" if change < 0 else "▬"
    style = _style(key, change)
    if key == "on_time":
        text = f"{points(abs(change)).removeprefix('+')} điểm"
    elif key == "pending_overdue":
        text = number(abs(change))
    else:
        text = percent(abs(change) / earlier, 0) if earlier else signed(change)
    return (
        f'<span class="{style}">{shape} {text}</span> <span class="dh-muted">so với {word}</span>'
    )


def _style(key: str, change: float) -> str:
    """Only figures that have a better side are coloured."""
    if change == 0 or key not in ("on_time", "pending_overdue"):
        return "dh-muted"
    better = change > 0 if key == "on_time" else change < 0
    return "dh-good" if better else "dh-bad"


def _missing(label: str, key: str) -> None:
    """A register that has not been loaded yet: unknown is not 0."""
    what = "nhiệm vụ" if key == "tasks" else "kết luận kiểm tra"
    st.html(
        f'<div class="dh-label">{label}</div><div class="dh-value dh-none">chưa có dữ liệu</div>'
        f'<div class="dh-change dh-muted">Sổ theo dõi {what} chưa được nạp.</div>'
    )


# -- Cần chỉ đạo --------------------------------------------------------------------------


def attention_list(frame: Frame, found: Review) -> None:
    """Sentences that ask for a decision, each with its rows one click away."""
    lines = attention(found, frame.unit_names, frame.field_names, frame.facts.sources)
    st.subheader(f"Cần chỉ đạo ({len(lines)})" if lines else "Cần chỉ đạo")
    if not lines:
        empty(
            "Không có việc cần chỉ đạo",
            "Không đơn vị nào dưới mục tiêu và không có hồ sơ chờ xử lý gấp trong kỳ này.",
        )
        return
    for position, line in enumerate(lines[:_SHOWN_LINES]):
        _line(frame, line, position)
    if len(lines) > _SHOWN_LINES:
        with st.expander(f"Xem thêm {len(lines) - _SHOWN_LINES} việc"):
            for position, line in enumerate(lines[_SHOWN_LINES:], _SHOWN_LINES):
                _line(frame, line, position)


def _line(frame: Frame, line: Line, position: int) -> None:
    style, word = MARKS[line.level]
    with st.container(key=f"line_{position}", gap=None):
        st.html(
            f'<p class="dh-line"><span class="dh-mark {style}">{word}</span>'
            f"<b>{safe(line.subject)}</b> {safe(line.text)}</p>"
        )
        page, label, params = _target(frame, line)
        st.page_link(
            frame.pages[page], label=label, icon=":material/arrow_forward:", query_params=params
        )


def _target(frame: Frame, line: Line) -> tuple[str, str, dict[str, str]]:
    if line.kind == "stale_source":
        return "data", "Xem nguồn", frame.params()
    units = line.where.get("unit_id")
    chosen = units if isinstance(units, list) else [units] if units is not None else []
    among = ",".join(str(unit) for unit in chosen) or None
    if line.figure == "unit_list":
        return "units", f"Xem {number(line.count)} đơn vị", frame.params(units=among)
    return "late", f"Xem {number(line.count)} hồ sơ", frame.params(figure=line.figure, units=among)


# -- units --------------------------------------------------------------------------------


def units(frame: Frame, found: Review) -> None:
    """Units with rate, counts, change and strip; worst need first."""
    table = unit_table(found)
    st.subheader(f"Đơn vị ({table.height})")
    if table.is_empty():
        empty(
            "Không có hồ sơ trong kỳ",
            "Không đơn vị nào trong phạm vi có hồ sơ trong kỳ này.",
            "Hãy chọn kỳ khác hoặc đơn vị khác ở thanh trên.",
        )
        return
    names = frame.unit_names
    target = threshold("on_time_target", found.ask.as_of_day).value
    shown = table.select(
        pl.col("unit_id").replace_strict(names, return_dtype=pl.String).alias("Đơn vị"),
        (pl.col("rate") * 100).round(1).alias("Đúng hạn %"),
        pl.when(pl.col("rate").is_null())
        .then(pl.lit("–"))
        .when(pl.col("rate") >= target)
        .then(pl.lit("● đạt"))
        .otherwise(pl.lit("◆ dưới"))
        .alias("Mục tiêu"),
        pl.col("resolved").alias("Giải quyết"),
        pl.col("late").alias("Trễ"),
        pl.col("overdue").alias("Đang quá hạn"),
        (pl.col("change") * 100).round(1).alias("± điểm"),
        pl.col("strip").alias("13 kỳ"),
    )
    event = st.dataframe(
        shown,
        hide_index=True,
        height=430,
        key="home_units",
        on_select="rerun",
        selection_mode="single-cell",
        column_config={
            "Đơn vị": st.column_config.TextColumn(pinned=True, width="medium"),
            "Đúng hạn %": st.column_config.NumberColumn(format="localized", width="small"),
            "± điểm": st.column_config.NumberColumn(width="small"),
            "13 kỳ": st.column_config.LineChartColumn(width="small", y_min=0.5, y_max=1.0),
        },
        alt="Đơn vị, xếp theo số hồ sơ trễ và quá hạn",
    )
    cells = event["selection"]["cells"]
    if cells:
        row, column = cells[0]
        open_unit(frame, table["unit_id"][row], column)
    st.caption("Xếp theo số hồ sơ trễ và quá hạn. Bấm một ô để mở đơn vị hoặc hồ sơ của ô đó.")


def open_unit(frame: Frame, unit: int, column: str) -> None:
    """Opens what a clicked cell stands for: the unit, or the dossiers of its number."""
    figures = {"Giải quyết": "resolved", "Trễ": "resolved_late", "Đang quá hạn": "pending_overdue"}
    if column in figures:
        st.switch_page(
            frame.pages["late"], query_params=frame.params(figure=figures[column], units=unit)
        )
    st.switch_page(frame.pages["units"], query_params=frame.params() | {"unit": str(unit)})


def footer(frame: Frame) -> None:
    """As of when, and from where."""
    ask: Ask = frame.ask
    note = f"{frame.view.period.note}. " if frame.view.period.note else ""
    st.html(
        f'<span class="dh-source">{note}Số liệu đến {as_of(ask.moment)}.</span> {source_note(frame)}'
    )
