"""Charts of chance and change: control chart and funnel; marks and words of a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from math import log10
from typing import Any, Final

import plotly.graph_objects as go

from metrics.core.periods import period_of
from metrics.core.vietnamese import level, number, percent
from metrics.dossiers.events import Event
from metrics.signals.chance import wilson
from metrics.signals.charts import Chart, Point
from metrics.signals.funnel import Funnel, Placed, Zone, zone_words
from metrics.signals.rules import Rules
from metrics.signals.runs import KINDS, Kind
from metrics.signals.told import Verdict, written
from ui.kit import marks
from ui.kit.charts import apart
from ui.kit.events import LINE, draw, room
from ui.kit.marks import MARKS, Html, Mark
from ui.shell.text import chart as drawn
from ui.shell.text import safe
from ui.shell.theme import NEUTRAL, SERIES, WARN

_FONT: Final = 14
_SYMBOLS: Final = {"◆": "diamond", "▲": "triangle-up", "●": "circle", "◇": "diamond-open"}
_RULE_WORDS: Final[dict[Kind, str]] = {
    "outside": "ngoài giới hạn",
    "trend": "tăng, giảm liên tiếp",
    "one_side": "nhiều tuần liền một phía của trung bình",
    "near": "nhiều tuần sát giới hạn",
}
"""Rule → what a marked week is part of."""
_NAMED: Final = 8
"""So many units at most carry their name in a funnel; the others tell it under the pointer."""
_LINE: Final = 18
"""Height of a line of text, in pixels."""
_PIXELS: Final = 230
"""About so many pixels stand for the axis of a control chart."""
_DATES: Final = 4
_THIN: Final = {"color": NEUTRAL, "width": 1.2, "dash": "dot"}


_FUNNEL_LINES: Final = (
    ("low_outer", "solid"),
    ("low_inner", "dot"),
    ("high_inner", "dot"),
    ("high_outer", "solid"),
)
"""Limit → how it is drawn."""


# -- verdict ------------------------------------------------------------------------------


def mark_of(found: Verdict) -> Mark:
    """A verdict's shape: a signal for the worse, for the better, of neither; or none."""
    if not found.is_signal:
        return marks.NONE if found.kind in ("none", "short", "few") else marks.GOING
    return {False: marks.BAD, True: marks.GOOD, None: marks.WARN}[found.is_better]


def verdict_html(found: Verdict) -> Html:
    """The verdict's sentence with its shape."""
    mark = mark_of(found)
    return Html(f'<span class="{mark.style}">{mark.shape} {safe(found.sentence)}.</span>')


def rules_of(point: Point) -> str:
    """The rules that a week is part of, in words; empty: none."""
    return "; ".join(_RULE_WORDS[kind] for kind in KINDS if kind in point.marks)


# -- control chart ------------------------------------------------------------------------


def control_chart(
    chart: Chart, name: str, events: Sequence[Event] = (), target: float | None = None
) -> go.Figure:
    """A weekly series with mean, limits, and the weeks that are part of a signal.

    Args:
        events: what stands on the line, those at which it begins anew among them.
        target: drawn as a thin line with its name.
    """
    figure = go.Figure()
    for phase in chart.phases:
        points = chart.points[phase.first : phase.last + 1]
        for trace in _limit_lines(points):
            figure.add_trace(trace)
    figure.add_trace(_series(chart, name))
    for trace in _signals(chart):
        figure.add_trace(trace)
    low, high = _range(chart, target)
    _ends(figure, chart, target, high - low)
    if chart.points:
        first, last = chart.points[0].week, chart.points[-1].week + timedelta(days=6)
        draw(figure, events, first, last)
    figure.update_layout(
        height=300 + max(0, room(events) - LINE),
        margin={"l": 58, "r": 118, "t": 12 + room(events), "b": 8},
        showlegend=False,
        hovermode="closest",
        xaxis={"showgrid": False, **_dates([point.week for point in chart.points])},
        yaxis={"range": [low, high], "tickformat": ",.0%" if chart.is_rate else ",d", "nticks": 6},
    )
    return figure


def _at(week: date) -> datetime:
    """A week stands where its middle is."""
    return datetime.combine(week, time()) + timedelta(days=3, hours=12)


def _limit_lines(points: Sequence[Point]) -> list[go.Scatter]:
    """Mean and limits of one phase, in steps: each week has its own."""
    if not points:
        return []
    half = timedelta(days=3, hours=12)
    edges = [_at(point.week) - half for point in points] + [_at(points[-1].week) + half]

    def line(name: str, style: dict[str, Any]) -> go.Scatter:
        values = [getattr(point, name) for point in points]
        return go.Scatter(
            x=edges, y=[*values, values[-1]], mode="lines", line={**style, "shape": "hv"},
            hoverinfo="skip",
        )  # fmt: skip

    found = [line("centre", {"color": NEUTRAL, "width": 1.4})]
    if points[0].low is not None:
        found += [line("low", _THIN), line("high", _THIN)]
    return found


def _series(chart: Chart, name: str) -> go.Scatter:
    return go.Scatter(
        x=[_at(point.week) for point in chart.points],
        y=[point.value for point in chart.points],
        mode="lines+markers",
        name=drawn(name),
        text=[_told(chart, point) for point in chart.points],
        hovertemplate="%{text}<extra></extra>",
        line={"color": SERIES, "width": 2},
        marker={"size": 5},
    )


def _told(chart: Chart, point: Point) -> str:
    """A week's tooltip: value with its sides, interval, limits, and what it is part of."""
    lines = [period_of("week", point.week).label]
    value = f"<b>{written(point.value, chart.is_rate)}</b>"
    if point.numerator is not None and point.denominator is not None:
        value += f" ({number(point.numerator)}/{number(point.denominator)})"
    lines.append(value)
    if interval := interval_of(point, chart.rules):
        lines.append(f"khoảng tin cậy {interval}")
    if point.low is not None:
        low, high = (written(edge, chart.is_rate) for edge in (point.low, point.high))
        lines.append(f"giới hạn {low}–{high}")
    if point.marks:
        lines.append(rules_of(point))
    return "<br>".join(lines)


def interval_of(point: Point, rules: Rules) -> str:
    """Wilson's interval of a week's rate: "91,2%–97,0%"; empty: no rate."""
    if point.numerator is None or point.denominator is None:
        return ""
    found = wilson(point.numerator, point.denominator, rules.interval)
    return "" if found is None else "–".join(percent(end, edges=()) for end in found)


def _signals(chart: Chart) -> list[go.Scatter]:
    """The weeks that are part of a signal, by whether it is for the better."""
    better = _better(chart)
    found = []
    for kind, mark in ((False, marks.BAD), (True, marks.GOOD), (None, marks.WARN)):
        there = [i for i, is_better in better.items() if is_better is kind]
        if there:
            found.append(
                go.Scatter(
                    x=[_at(chart.points[i].week) for i in there],
                    y=[chart.points[i].value for i in there],
                    mode="markers",
                    marker={
                        "symbol": _SYMBOLS[mark.shape],
                        "color": mark.colour,
                        "size": 8 if kind else 10,
                    },
                    hoverinfo="skip",
                )
            )
    return found


def _better(chart: Chart) -> dict[int, bool | None]:
    """Place of a marked week → whether its signal is for the better; the last signal decides."""
    found: dict[int, bool | None] = {}
    for point in chart.points:
        for run in point.ends:
            is_better = None
            if chart.better != "neither":
                is_better = (run.direction > 0) == (chart.better == "up")
            for place in range(run.first, run.last + 1):
                if run.kind in chart.points[place].marks:
                    found[place] = is_better
    return found


def _range(chart: Chart, target: float | None) -> tuple[float, float]:
    """The axis: every value, and limits without those of the smallest weeks; no rate above 100%.

    The limits of a week with two dossiers would flatten all others.
    """
    lows = sorted(point.low for point in chart.points if point.low is not None)
    highs = sorted(point.high for point in chart.points if point.high is not None)
    skipped = len(lows) // 10
    values = [point.value for point in chart.points] + lows[skipped:]
    values += highs[: len(highs) - skipped] + ([target] if target is not None else [])
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = max((high - low) * 0.08, 0.01 if chart.is_rate else 1)
    low, high = max(0.0, low - room), high + room
    return low, min(high, 1.009) if chart.is_rate else high


def _ends(figure: go.Figure, chart: Chart, target: float | None, span: float) -> None:
    """Names of mean, limits and target at the right; the value itself stands in the sentence."""
    last = chart.last
    if last is None:
        return
    told = [(last.centre, f"trung bình {written(last.centre, chart.is_rate)}", NEUTRAL)]
    for edge, word in ((last.low, "dưới"), (last.high, "trên")):
        if edge is not None:
            told.append((edge, f"{word} {written(edge, chart.is_rate)}", NEUTRAL))
    if target is not None:
        told.append((target, f"mục tiêu {level(target)}", WARN))
        figure.add_shape(
            type="line", xref="paper", x0=0, x1=1, y0=target, y1=target,
            line={"color": WARN, "width": 1, "dash": "dash"},
        )  # fmt: skip
    scale = _PIXELS / span
    heights = apart([value * scale for value, _, _ in told], _LINE)
    for (value, text, colour), height in zip(told, heights, strict=True):
        figure.add_annotation(
            xref="paper", x=1, y=value, text=text, showarrow=False, xanchor="left", xshift=6,
            yshift=height - value * scale, font={"size": _FONT, "color": colour},
        )  # fmt: skip


def _dates(weeks: Sequence[date]) -> dict[str, Any]:
    """Few dates below the axis, so that they fit on a phone; the year where it changes."""
    steps = max(1, -(-len(weeks) // _DATES))
    shown = list(weeks[::-1][::steps])[::-1]
    years = [None, *(week.year for week in shown)]
    texts = [
        f"{week:%d/%m}" + (f"<br>{week.year}" if week.year != before else "")
        for week, before in zip(shown, years, strict=False)
    ]
    return {"tickvals": [_at(week) for week in shown], "ticktext": texts, "tickangle": 0}


# -- funnel -------------------------------------------------------------------------------


def funnel_chart(
    found: Funnel, rules: Rules, names: Mapping[int | None, str], target: float | None = None
) -> go.Figure:
    """Units by how many dossiers were judged and their rate, within limits of chance.

    Args:
        names: unit → its name.
        target: drawn as a thin line with its name.
    """
    figure = go.Figure()
    volumes = [limits.volume for limits in found.curve]
    for name, dash in _FUNNEL_LINES:
        figure.add_trace(
            go.Scatter(
                x=volumes, y=[getattr(limits, name) for limits in found.curve], mode="lines",
                line={"color": NEUTRAL, "width": 1.2, "dash": dash}, hoverinfo="skip",
                showlegend=False,
            )
        )  # fmt: skip
    words = zone_words(rules)
    for zone in reversed(tuple(MARKS["funnel"])):
        there = [one for one in found.placed if one.zone == zone]
        if there:
            figure.add_trace(_dots(there, zone, words[zone], names, rules))  # type: ignore[arg-type, index]
    _names(figure, found, names)
    rates = [one.rate for one in found.placed]
    low = max(0.0, min(rates, default=0.0) - 0.03)
    _levels(figure, found, target, volumes)
    figure.update_layout(
        height=430,
        margin={"l": 58, "r": 20, "t": 10, "b": 8},
        hovermode="closest",
        xaxis={"type": "log", "title": {"text": "Số hồ sơ được tính (thang lô-ga-rít)"},
               "tickvals": _ticks(volumes), "tickformat": ",d", "showgrid": False,
               "range": _across(found)},
        yaxis={"range": [low, 1.009], "tickformat": ",.0%", "nticks": 7},
        legend={"orientation": "h", "x": 0, "y": -0.22, "yanchor": "top", "itemclick": False,
                "itemdoubleclick": False, "font": {"size": _FONT}, "traceorder": "reversed"},
    )  # fmt: skip
    return figure


def _dots(
    there: Sequence[Placed], zone: Zone, word: str, names: Mapping[int | None, str], rules: Rules
) -> go.Scatter:
    mark = MARKS["funnel"][zone]
    return go.Scatter(
        x=[one.unit.denominator for one in there],
        y=[one.rate for one in there],
        mode="markers",
        name=f"{word} ({number(len(there))})",
        customdata=[[one.unit.key, _unit_told(one, names, rules)] for one in there],
        hovertemplate="%{customdata[1]}<extra></extra>",
        marker={
            "symbol": _SYMBOLS.get(mark.shape, "circle-open"),
            "color": mark.colour,
            "size": 10 if _stands_out(zone) else 7,
        },
    )


def _stands_out(zone: Zone) -> bool:
    """Whether units of a zone are drawn larger."""
    return zone in ("below_outer", "above_outer")


def _unit_told(one: Placed, names: Mapping[int | None, str], rules: Rules) -> str:
    sides = f"{number(one.unit.numerator)}/{number(one.unit.denominator)}"
    low, high = (percent(end, edges=()) for end in one.interval)
    return (
        f"<b>{drawn(names.get(one.unit.key, ''))}</b><br>{percent(one.rate, edges=())} ({sides})"
        f"<br>khoảng tin cậy {level(rules.interval)}: {low}–{high}"
    )


def _names(figure: go.Figure, found: Funnel, names: Mapping[int | None, str]) -> None:
    """The names of the units beyond the outer limits, those for the worse first."""
    beyond = sorted((one for one in found.placed if one.is_signal), key=lambda one: one.rate)
    for place, one in enumerate(beyond[:_NAMED]):
        # Left of those with the most dossiers: right of them is no room.
        right = one.unit.denominator * 3 < max(each.volume for each in found.curve)
        figure.add_annotation(
            x=_log(one.unit.denominator), y=one.rate, text=drawn(names.get(one.unit.key, "")),
            showarrow=False, xanchor="left" if right else "right", xshift=8 if right else -8,
            yshift=0 if place % 2 else -4, font={"size": _FONT},
        )  # fmt: skip


def _log(volume: int) -> float:
    """Where an annotation stands on a logarithmic axis."""
    return log10(volume)


def _levels(figure: go.Figure, found: Funnel, target: float | None, volumes: Sequence[int]) -> None:
    lines = [(found.pooled, f"chung {percent(found.pooled, edges=())}", NEUTRAL, "solid")]
    if target is not None:
        lines.append((target, f"mục tiêu {level(target)}", WARN, "dash"))
    for value, text, colour, dash in lines:
        figure.add_shape(
            type="line", xref="paper", x0=0, x1=1, y0=value, y1=value,
            line={"color": colour, "width": 1.2, "dash": dash},
        )  # fmt: skip
        below = value == min(one[0] for one in lines if one[0] is not None)
        figure.add_annotation(
            xref="paper", x=0, y=value, text=text, showarrow=False, xanchor="left",
            yanchor="top" if below else "bottom", font={"size": _FONT, "color": colour},
        )  # fmt: skip


def _across(found: Funnel) -> list[float]:
    """The axis of volumes, from the smallest to the largest unit with some room."""
    volumes = [one.unit.denominator for one in found.placed]
    if len(volumes) == 1:  # a unit alone among its like: with the limits around it
        return [log10(max(1, volumes[0] / 4)), log10(volumes[0] * 2)]
    return [log10(min(volumes) * 0.9), log10(max(volumes) * 1.15)]


def _ticks(volumes: Sequence[int]) -> list[int]:
    most = max(volumes, default=1)
    steps = [1, 2, 5]
    every = [step * 10**power for power in range(7) for step in steps]
    return [value for value in every if value <= most * 1.1]
