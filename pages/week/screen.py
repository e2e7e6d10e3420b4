"""Parts of the home screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from metrics.core.ask import Ask
from metrics.core.measure import total
from metrics.core.on_time import missed_word
from metrics.core.periods import period_of
from metrics.core.verdict import words as state_words
from metrics.core.vietnamese import day, number, percent
from metrics.dossiers.comparison import Comparison, moved
from metrics.dossiers.review import Review, unit_table
from metrics.dossiers.units import with_state
from pages.alerts import home as alerts_home
from pages.inspections import home as inspections_home
from pages.tasks import home as task_home
from pages.units.data import days_with_dossiers
from pages.units.several import MISSED, unit_columns
from ui.kit import asking
from ui.kit.drift import changed
from ui.kit.events import ticks_of
from ui.kit.links import href, link
from ui.kit.marks import MARKS, Html
from ui.kit.parts import (
    empty,
    explain,
    go,
    is_stale,
    source_note,
)
from ui.kit.rate import rate_column, sides_of, state_column, state_html, unknown_html
from ui.kit.spark import spark_bars, spark_line
from ui.kit.table import Column, Opens, Row
from ui.kit.table import table as draw
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.text import plain, safe

_REGISTER_CARDS = {"tasks": task_home.card, "findings": inspections_home.card}


def read(frame: Frame) -> Review:
    """The review of the view."""
    return data.weekly_review(frame.version, frame.view)


def title(frame: Frame) -> str:
    """What the screen shows, of whom: also the heading of a printed page."""
    label = frame.view.period.label
    return f"Điều hành {label[0].lower()}{label[1:]} · {plain(frame.whose)}"


def which_week(frame: Frame) -> None:
    """That the period is not over yet; or why the screen opens on the last whole week."""
    period, today = frame.view.period, asking.now().date()
    if period.first <= today <= period.last:
        st.caption("Kỳ đang diễn ra: số liệu chưa trọn kỳ.")
    elif period == frame.default.period and period.kind == "week" and period.last < today:
        running = period_of("week", today)
        view = replace(frame.view, period=running)
        label = running.label
        to = link(f"{label[0].lower()}{label[1:]}", href(frame, "week", view.params(frame.default)))
        st.html(
            '<p class="dh-source">Mở ở tuần trọn vẹn gần nhất mà số liệu đã có; '
            f"{to} đang diễn ra.</p>"
        )


def news(frame: Frame) -> None:
    """That the reader has new alerts."""
    alerts_home.news(frame)


def nothing_yet(frame: Frame) -> None:
    """Why there is nothing, and the one click to where there is something."""
    if days := days_with_dossiers(frame.version, frame.units_in_view):
        _nothing_in_period(frame, days)
    elif days_with_dossiers(frame.version, data.scope_of_reader().units):
        empty(
            f"Chưa có hồ sơ nào của {plain(frame.whose)}",
            "Đơn vị đang chọn không là cơ quan giải quyết của hồ sơ nào trong dữ liệu đã nạp.",
            "Hãy chọn đơn vị khác ở thanh trên.",
        )
    else:
        empty(
            "Chưa có hồ sơ nào trong phạm vi được xem",
            "Chưa nạp hồ sơ nào mà tài khoản này được xem.",
            "Hãy nạp hồ sơ ở màn hình Dữ liệu, hoặc nhờ người được giao nạp.",
        )
        if frame.may("page:data"):
            go(frame, "data", "Mở màn hình Dữ liệu", frame.params())


def _nothing_in_period(frame: Frame, days: list[date]) -> None:
    """There are dossiers, in other periods: the newest of these is one click away."""
    view = frame.view
    kind = "week" if view.period.kind == "custom" else view.period.choice
    newest = replace(view, period=period_of(kind, days[-1]), as_of=None)
    empty(
        "Không có hồ sơ trong kỳ đang xem",
        f"{plain(frame.whose)}: dữ liệu có hồ sơ từ {day(days[0])} đến {day(days[-1])}; không "
        f"có hồ sơ nào trong kỳ đang xem: {view.period.label}.",
    )
    label = newest.period.label
    params = newest.params(frame.default)
    go(frame, "week", f"Mở {label[0].lower()}{label[1:]}", params, icon=":material/history:")


# -- headline -----------------------------------------------------------------------------


def headline(frame: Frame, found: Review) -> None:
    """The band of six figures."""
    series = found.totals()
    before = {row["figure"]: row for row in found.year_before.iter_rows(named=True)}
    drifted = changed(frame, tuple(before), frame.units_in_view)
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
                _card(frame, found, key, label, rows, before[key], drifted.get(key))
            elif not _REGISTER_CARDS[key](frame, found.periods, label):
                _missing(frame, label, key)


def _card(
    frame: Frame,
    found: Review,
    key: str,
    label: str,
    rows: pl.DataFrame,
    before: dict[str, Any],
    drifted: Html | None,
) -> None:
    column = "rate" if key == "on_time" else "numerator"
    values = [
        None if found.is_before_data(period) else value
        for period, value in zip(found.periods, rows[column], strict=True)
    ]
    now = rows.row(-1, named=True)
    value = values[-1]
    of_before = total(found.before).filter(pl.col("figure") == key)[column].to_list()
    earlier = of_before[0] if of_before else None
    target = found.ask.threshold("on_time_target").value if key == "on_time" else None
    printed = partial(percent, edges=found.ask.edges) if key == "on_time" else number
    alt = f"{label}, {len(values)} kỳ gần nhất"
    marks = ticks_of(frame, found.periods)
    spark = (
        spark_line(values, target, alt, marks=marks)
        if key == "on_time"
        else spark_bars(values, alt, marks)
    )
    st.html(
        f'<div class="dh-label">{label}</div>'
        f'<div class="dh-value">{printed(value)} {_state(key, now, found)}</div>'
        f"{unknown_html(frame, sides_of(now, found.ask)) if key == 'on_time' else ''}"
        f'<div class="dh-change">{_change(key, value, earlier, found.previous)}<br>'
        f"{_change(key, value, before[column], found.same_of_last_year)}"
        f"{f'<br>{drifted}' if drifted else ''}</div>{spark}"
        f'<div class="dh-source">{_reach(frame)}</div>'
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        figure = "not_on_time" if key == "on_time" else key
        go(
            frame,
            "late",
            "Mở hồ sơ" if key != "on_time" else missed_word(found.ask),
            frame.params(figure=figure),
            count=_opened(key, now, found.ask),
            width="content",
        )
        explain(
            key,
            found.ask,
            now["numerator"],
            now["denominator"],
            now["unknown"],
            note=source_note(frame),
            series=[(p.label, printed(v)) for p, v in zip(found.periods, values, strict=True)],
        )


def _opened(key: str, now: dict[str, Any], ask: Ask) -> int:
    """How many dossiers a card's link opens: of the rate, those that were not on time."""
    return sides_of(now, ask).missed if key == "on_time" else int(now["numerator"])


def _reach(frame: Frame) -> str:
    """How far a figure's records reach, in short; what lies behind it is in "Cách tính"."""
    stale = '<span class="dh-warn">▲ chậm</span>'
    sources = stale if is_stale(frame) else f"{number(frame.facts.sources.height)} nguồn"
    return f"Đến {frame.ask.moment:%H:%M %d/%m} · {sources}"


def _state(key: str, now: dict[str, Any], found: Review) -> str:
    """The mark of the rate: the same shapes and words as in the list of units."""
    sides = sides_of(now, found.ask) if key == "on_time" else None
    if sides is None or not sides.all:
        return ""
    overdue = found.totals().filter(
        (pl.col("figure") == "pending_overdue") & (pl.col("ask") == found.last)
    )
    return state_html(sides, found.ask, int(overdue["numerator"].sum()))


def _change(key: str, value: float | None, other: float | None, against: Comparison) -> str:
    found = moved(key, value, other, against)
    if found is None:
        return f'<span class="dh-muted">{safe(against.none(value, other))}</span>'
    word = f'<span title="{safe(against.whole)}">{safe(against.label)}</span>'
    style = {None: "dh-muted", True: "dh-good", False: "dh-bad"}[found.is_better]
    said = f'<span class="{style}">{found.shape} {found.text}</span>'
    return f'{said} <span class="dh-muted">so {word}</span>'


def _missing(frame: Frame, label: str, key: str) -> None:
    """A register that has not been loaded yet: unknown is not 0."""
    what = "nhiệm vụ" if key == "tasks" else "kết luận kiểm tra"
    why = (
        f"Sổ theo dõi {what} chưa được nạp."
        if frame.reader.unit_id is None
        else f"Sổ theo dõi {what} chưa có dòng nào của đơn vị."
    )
    st.html(
        f'<div class="dh-label">{label}</div><div class="dh-value dh-none">chưa có dữ liệu</div>'
        f'<div class="dh-change dh-muted">{why}</div>'
    )


# -- units --------------------------------------------------------------------------------


def units(frame: Frame, found: Review) -> None:
    """Units with rate, counts, change and strip, worst need first; of one unit, its fields."""
    table = unit_table(found)
    if table.height == 1:
        _fields(frame, found)
        return
    st.header(f"Đơn vị ({table.height})")
    if table.is_empty():
        empty(
            "Không có hồ sơ trong kỳ",
            "Không đơn vị nào trong phạm vi có hồ sơ trong kỳ này.",
            "Hãy chọn kỳ khác hoặc đơn vị khác ở thanh trên.",
        )
        return
    names, words = frame.unit_names, state_words(found.ask)
    named, *others = unit_columns(frame)

    def goal(row: Row) -> Html:
        mark = MARKS["rate"][row["state"]]
        word = f'<span class="dh-heard"> {words[row["state"]]}</span>'
        return Html(f'<span class="{mark.style}">{mark.shape}{word}</span>')

    marked = ", ".join(f"{MARKS['rate'][state].shape} {words[state]}" for state in words)
    draw(
        [row | {"name": names[row["unit_id"]]} for row in with_state(table, found.ask).to_dicts()],
        (named, Column("Đạt", goal, order="rate", help=marked), *others),
        alt="Đơn vị, xếp theo số hồ sơ không đúng hạn và quá hạn",
        opens=Opens(
            href=lambda row: href(frame, "units", frame.params() | {"unit": row["unit_id"]})
        ),
        is_tall=True,
    )
    st.caption(
        "Xếp theo số hồ sơ không đúng hạn và quá hạn. Bấm dòng để mở đơn vị, bấm số để mở hồ sơ."
    )


def _fields(frame: Frame, found: Review) -> None:
    """The fields of a single unit, most late first."""
    table = data.fields_of(frame.version, frame.view)
    st.header(f"Theo lĩnh vực ({table.height})")
    names = frame.field_names

    def cut(row: Row) -> dict[str, Any]:
        return {"field": "none" if row["field_id"] is None else row["field_id"]}

    def to(figure: str) -> Callable[[Row], str | None]:
        def address(row: Row) -> str:
            return href(frame, "late", frame.params(figure=figure, **cut(row)))

        return address

    draw(
        table,
        (
            Column("Lĩnh vực", lambda row: names.get(row["field_id"], "Chưa rõ lĩnh vực"),
                   is_name=True),
            rate_column(frame, cut),
            state_column(frame),
            Column("Xong", "judged", "count"),
            Column(MISSED, "missed", "count", href=to("not_on_time")),
            Column("Quá hạn", "overdue", "count", href=to("pending_overdue")),
        ),
        alt="Lĩnh vực của đơn vị, xếp theo số hồ sơ không đúng hạn và quá hạn",
        opens=Opens(href=to("late")),
    )  # fmt: skip
    st.caption("Bấm dòng để mở hồ sơ trễ của lĩnh vực, bấm số để mở hồ sơ của ô đó.")
