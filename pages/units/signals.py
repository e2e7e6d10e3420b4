"""What is more than chance: units among their like, and a unit's weeks among each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import streamlit as st

from metrics.core.periods import period_of
from metrics.core.vietnamese import day as on
from metrics.core.vietnamese import level, number, percent
from metrics.dossiers.events import heard
from metrics.signals.charts import Chart
from metrics.signals.funnel import ZONES, Placed, zone_words
from metrics.signals.rules import rules_on
from metrics.signals.told import standing_sentence, unit_sentence
from pages.units import data as units_data
from pages.units.control import NOWHERE, control
from pages.units.screen import Screen, unit_href, unit_params
from ui.kit.charts import plot
from ui.kit.events import bands, column, listed
from ui.kit.filters import switch
from ui.kit.links import link
from ui.kit.marks import MARKS, Html
from ui.kit.signals import control_chart, funnel_chart, interval_of, rules_of, verdict_html
from ui.kit.table import Column, Opens, Row, twin
from ui.shell.text import safe

_FUNNEL: Final = "so-voi-muc-chung"
_CONTROL: Final = "bien-dong-tuan"
_TO_SUNDAY: Final = timedelta(days=6)
_STANDING: Final = "so-voi-cung-loai"
_FEWEST: Final = 3
"""Fewer units make no funnel."""


# -- several units ------------------------------------------------------------------------


def among(screen: Screen) -> None:
    """Units against their pooled rate, with limits for each one's own number of dossiers."""
    rows = screen.ranking.table
    found = units_data.placed(screen.frame, rows)
    if found.pooled is None or len(found.placed) < _FEWEST:
        return
    frame, rules = screen.frame, rules_on(screen.frame.ask.as_of_day)
    st.header("Khác mức chung hay chỉ do ít hồ sơ", anchor=_FUNNEL)
    names = dict(rows.select("unit_id", "name").iter_rows())
    st.html(_signals(screen, found.pooled, found.placed, names))
    target = frame.ask.threshold("on_time_target").value
    event = plot(
        funnel_chart(found, rules, names, target),
        key="units_funnel",
        on_select="rerun",
        selection_mode="points",
        alt="Biểu đồ phễu: tỷ lệ đúng hạn của từng đơn vị theo số hồ sơ được tính, với giới hạn "
        f"{level(rules.funnel_inner)} và {level(rules.funnel_outer)} quanh mức chung",
        title="Tỷ lệ đúng hạn của các đơn vị theo số hồ sơ",
    )
    chosen = event["selection"]["points"]
    if chosen and chosen[0].get("customdata") and chosen[0]["customdata"][0] is not None:
        unit = int(chosen[0]["customdata"][0])
        st.switch_page(frame.pages["units"], query_params=unit_params(frame, unit))
    st.caption(
        f"Đường liền: giới hạn {level(rules.funnel_outer)}; đường chấm: "
        f"{level(rules.funnel_inner)} quanh mức chung. Trong phễu, đơn vị khác mức chung không quá "
        "mức ngẫu nhiên với số hồ sơ ấy. Bấm một điểm để mở đơn vị."
    )
    _twin(screen, found.pooled, found.placed, names)


def _signals(
    screen: Screen, pooled: float, placed: tuple[Placed, ...], names: dict[int | None, str]
) -> str:
    """The units beyond the outer limits in one sentence each; or that there is none."""
    beyond = sorted((one for one in placed if one.is_signal), key=lambda one: one.rate)
    if not beyond:
        words = f"Không đơn vị nào khác mức chung {percent(pooled, edges=())} quá mức ngẫu nhiên."
        return f"<p>{MARKS['funnel']['within'].html(words)}</p>"
    return "".join(
        f"<p>{MARKS['funnel'][one.zone].html('')}{_name(screen, one, names)}: "
        f"{safe(unit_sentence(one, pooled))}.</p>"
        for one in beyond
    )


def _name(screen: Screen, one: Placed, names: dict[int | None, str]) -> str:
    key, name = one.unit.key, names.get(one.unit.key, "")
    return safe(name) if key is None else link(name, unit_href(screen.frame, key))


def _twin(
    screen: Screen, pooled: float, placed: tuple[Placed, ...], names: dict[int | None, str]
) -> None:
    rules = rules_on(screen.frame.ask.as_of_day)
    words = zone_words(rules)
    rows = [
        {
            "unit_id": one.unit.key,
            "name": names.get(one.unit.key, ""),
            "on_time": one.unit.numerator,
            "judged": one.unit.denominator,
            "rate": one.rate,
            "low": one.interval[0],
            "high": one.interval[1],
            "zone": one.zone,
            "place": ZONES.index(one.zone),
            "sentence": unit_sentence(one, pooled),
        }
        for one in sorted(placed, key=lambda one: (ZONES.index(one.zone), one.rate))
    ]
    inner = level(rules.interval)

    def zone(row: Row) -> Html:
        return MARKS["funnel"][row["zone"]].html(words[row["zone"]])

    def opened(row: Row) -> str | None:
        return None if row["unit_id"] is None else unit_href(screen.frame, row["unit_id"])

    twin(
        "các đơn vị so với mức chung",
        rows,
        (
            Column("Đơn vị", "name", is_name=True),
            Column("So với giới hạn", zone, order="place"),
            Column("Đúng hạn", "on_time", "count"),
            Column("Được tính", "judged", "count"),
            Column("Tỷ lệ", lambda row: percent(row["rate"], edges=()), order="rate",
                   is_number=True, in_file=(Column("Tỷ lệ", "rate", "rate"),)),
            Column(f"Khoảng tin cậy {inner}", _interval, order="low", is_number=True,
                   in_file=(Column("Khoảng tin cậy, từ", "low", "rate"),
                            Column("Khoảng tin cậy, đến", "high", "rate"))),
            Column("Nhận xét", "sentence", is_minor=True),
        ),
        "Các đơn vị so với mức chung, thấp hơn giới hạn xếp trước",
        opens=Opens(href=opened),
    )  # fmt: skip


def _interval(row: Row) -> str:
    return "–".join(percent(row[end], edges=()) for end in ("low", "high"))


# -- one unit -----------------------------------------------------------------------------


def stands(screen: Screen) -> None:
    """A unit among its like: their pooled rate, its limits, and itself; no other one is shown."""
    if screen.unit is None:
        return
    frame, unit = screen.frame, screen.unit["unit_id"]
    found = units_data.stands(frame, unit)
    if found is None:
        return
    st.header("So với các đơn vị cùng loại", anchor=_STANDING)
    words = standing_sentence(found, units_data.class_of(frame, unit))
    st.html(f"<p>{MARKS['funnel'][found.placed.zone].html(words)}.</p>")
    rules = rules_on(frame.ask.as_of_day)
    target = frame.ask.threshold("on_time_target").value
    plot(
        funnel_chart(found.funnel, rules, {unit: screen.name}, target),
        key="unit_standing",
        alt=f"{screen.name} giữa {number(found.like)} đơn vị cùng loại: {words}",
        title=f"{screen.name} so với {number(found.like)} đơn vị cùng loại",
    )


def weeks(screen: Screen) -> None:
    """A weekly rate with limits of chance, the weeks that are signals, what it says, what happened.

    The reader may choose from which event on it is counted anew.
    """
    unit = screen.unit["unit_id"] if screen.unit else None
    found = control(screen.frame, screen.ids, unit, screen.asked["rebase"])
    chart = found.chart
    if not chart.points:
        return
    st.header("Biến động từng tuần: bình thường hay không", anchor=_CONTROL)
    last = period_of("week", chart.points[-1].week)
    st.html(f"<p>{safe(last.label)}: {verdict_html(found.verdict)}</p>")
    _from_where(screen, found.offered)
    target = screen.frame.ask.threshold("on_time_target").value
    plot(
        control_chart(chart, screen.name, found.events, target),
        key="unit_control",
        alt=f"Biểu đồ kiểm soát tỷ lệ đúng hạn từng tuần của {screen.name}: "
        f"{found.verdict.sentence}{heard(found.events)}",
        title=f"Tỷ lệ đúng hạn từng tuần của {screen.name}",
    )
    st.caption(_how(chart) + bands(found.events))
    names = screen.frame.place_names
    listed(screen.frame, found.events, names, unit=unit, day=last.first, key="control")
    rows = [{**row, "point": point} for row, point in zip(
        chart.frame().iter_rows(named=True), chart.points, strict=True
    )]  # fmt: skip
    twin(
        f"từng tuần của {screen.name}",
        rows[::-1],
        (
            Column("Tuần", lambda row: period_of("week", row["week"]).label, is_name=True,
                   order="week"),
            Column("Đúng hạn", "numerator", "count"),
            Column("Được tính", "denominator", "count"),
            _rate("Tỷ lệ", "value"),
            Column("Khoảng tin cậy", lambda row: interval_of(row["point"], chart.rules),
                   is_number=True, in_file=()),
            _rate("Trung bình", "centre"),
            _rate("Giới hạn dưới", "low"),
            _rate("Giới hạn trên", "high"),
            Column("Tín hiệu", lambda row: rules_of(row["point"])),
            *column(found.events, lambda row: (row["week"], row["week"] + _TO_SUNDAY)),
        ),
        f"Tỷ lệ đúng hạn từng tuần của {screen.name} với giới hạn, tuần mới nhất ở trên",
    )  # fmt: skip


def _from_where(screen: Screen, offered: Mapping[date, str]) -> None:
    """From which event on the usual level is counted: each marked one, one of them, or none."""
    if not offered:
        return
    words: dict[str | None, str] = {
        None: "các mốc đánh dấu",
        **{day.isoformat(): f"{on(day)}: {label}" for day, label in offered.items()},
        NOWHERE: "không",
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<span class="dh-source">Tính lại mức bình thường từ</span>', width="content")
        switch(screen, "rebase", words)


def _rate(label: str, name: str) -> Column:
    return Column(
        label,
        lambda row: percent(row[name], edges=()),
        order=lambda row: row[name] if row[name] is not None else -1.0,
        is_number=True,
        in_file=(Column(label, name, "rate"),),
    )


def _how(chart: Chart) -> str:
    """How limits are made, in one line, and where they begin anew."""
    own = any(phase.family == "p" for phase in chart.phases)
    words = (
        "Giới hạn của từng tuần theo số hồ sơ của tuần ấy"
        if own
        else "Giới hạn tính từ mức thay đổi giữa các tuần liền nhau"
    )
    days = ", ".join(on(day) for day in chart.rebased)
    anew = f" Trung bình và giới hạn tính lại từ {days}." if len(chart.phases) > 1 else ""
    return (
        f"{words}, trên {number(chart.phases[-1].weeks)} tuần trọn. Trong giới hạn và không có dấu "
        f"là dao động bình thường. Tuần đang diễn ra chưa tính.{anew}"
    )
