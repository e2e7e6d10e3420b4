"""Charts of service quality: groups out of their maximum, and months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import plotly.graph_objects as go

from metrics.core.vietnamese import number
from ui.shell.text import chart
from ui.shell.theme import NEUTRAL, SERIES, WARN

_FONT: Final = 14


@dataclass(frozen=True)
class Bar:
    """A group: points that are known, the maximum of what is known, the whole maximum."""

    name: str
    points: float | None
    of: float
    whole: float
    known: int
    count: int
    portal: float | None


def group_chart(bars: Sequence[Bar]) -> go.Figure:
    """A bar a group from zero; behind it the maximum, the part of which nothing is known hatched.

    The portal's score is a diamond.
    """
    names = [_wrap(bar.name) for bar in bars][::-1]
    rows = list(bars)[::-1]
    figure = go.Figure()
    figure.add_trace(
        go.Bar(
            y=names, x=[bar.whole - bar.of for bar in rows], base=[bar.of for bar in rows],
            orientation="h", width=0.62, name="chưa biết", hoverinfo="skip",
            marker={
                "color": "rgba(135,149,161,0.08)",
                "line": {"width": 0},
                "pattern": {"shape": "/", "fgcolor": "rgba(135,149,161,0.5)", "size": 7},
            },
        )
    )  # fmt: skip
    figure.add_trace(
        go.Bar(
            y=names, x=[bar.of for bar in rows], orientation="h", width=0.62, name="đã biết",
            marker={"color": "rgba(135,149,161,0.30)", "line": {"width": 0}}, hoverinfo="skip",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Bar(
            y=names, x=[bar.points for bar in rows], orientation="h", width=0.36, name="điểm",
            marker={"color": SERIES}, text=[chart(_words(bar)) for bar in rows],
            hovertemplate="%{text}<extra></extra>", textposition="none",
        )
    )  # fmt: skip
    shown = [(name, bar.portal) for name, bar in zip(names, rows, strict=True) if bar.portal]
    if shown:
        figure.add_trace(
            go.Scatter(
                y=[name for name, _ in shown], x=[points for _, points in shown], mode="markers",
                name="Cổng", marker={"symbol": "diamond", "size": 11, "color": WARN},
                hovertemplate="Điểm trên Cổng: %{x:.2f}<extra></extra>",
            )
        )  # fmt: skip
    for name, bar in zip(names, rows, strict=True):
        figure.add_annotation(
            y=name, x=bar.whole, text=_label(bar), showarrow=False, xanchor="left", xshift=6,
            font={"size": _FONT},
        )  # fmt: skip
    figure.update_layout(
        height=330, barmode="overlay", showlegend=False, dragmode=False, separators=",.",
        margin={"l": 8, "r": 8, "t": 8, "b": 8}, font={"size": _FONT},
        hoverlabel={"font": {"size": _FONT}},
        xaxis={"range": [0, 30], "tickvals": [0, 5, 10, 15, 20], "fixedrange": True,
               "zeroline": False, "title": {"text": "điểm", "standoff": 4}},
        yaxis={"fixedrange": True, "automargin": True, "tickfont": {"size": _FONT}},
    )  # fmt: skip
    return figure


def _wrap(name: str, width: int = 22) -> str:
    lines, line = [], ""
    for word in name.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "<br>".join([*lines, line])


def _label(bar: Bar) -> str:
    if bar.points is None:
        return "chưa có"
    more = "" if bar.known == bar.count else f" ({bar.known}/{bar.count})"
    return f"<b>{number(bar.points, 1)}</b>/{number(bar.of)}{more}"


def _words(bar: Bar) -> str:
    if bar.points is None:
        return f"{bar.name}: chưa có, tối đa {number(bar.whole)} điểm"
    return (
        f"{bar.name}: {number(bar.points, 2)}/{number(bar.of)} điểm của {bar.known}/{bar.count} "
        f"thành phần đã biết; tối đa cả nhóm {number(bar.whole)}"
    )


def month_chart(
    months: Sequence[date],
    points: Sequence[float | None],
    portal: Sequence[float | None],
    top: float,
    breaks: Sequence[tuple[date, str]],
) -> go.Figure:
    """Points month by month on a scale from 0 to the maximum; gaps where nothing is known."""
    labels = [f"T{month.month}/{month.year % 100:02d}" for month in months]
    places = list(range(len(months)))
    figure = go.Figure()
    series: list[tuple[str, Sequence[float | None], str, dict[str, Any]]] = [
        ("tính lại", points, SERIES, {"width": 2.6}),
        ("trên Cổng", portal, WARN, {"width": 1.8, "dash": "dot"}),
    ]
    for name, values, colour, line in series:
        known = [(place, value) for place, value in enumerate(values) if value is not None]
        if not known:
            continue
        figure.add_trace(
            go.Scatter(
                x=places, y=list(values), mode="lines+markers", name=name, connectgaps=False,
                line={"color": colour, **line},
                marker={"size": 7, "symbol": "circle" if name == "tính lại" else "diamond"},
                hovertemplate=f"{name}: %{{y:.2f}}<extra></extra>",
            )
        )  # fmt: skip
        place, value = known[-1]
        figure.add_annotation(
            x=place, y=value, text=f"<b>{number(value, 1)}</b> {name}", showarrow=False,
            xanchor="left", xshift=8, font={"size": _FONT, "color": colour},
            yshift=8 if name == "tính lại" else -10,
        )  # fmt: skip
    figure.add_hline(
        y=top, line={"color": NEUTRAL, "width": 1, "dash": "dash"},
        annotation={"text": f"tối đa {number(top)}", "font": {"size": _FONT, "color": NEUTRAL},
                    "x": 0, "xanchor": "left", "yanchor": "top"},
    )  # fmt: skip
    for day, label in breaks:
        if months and months[0] < day <= months[-1]:
            at = sum(month < day for month in months) - 0.5
            figure.add_vline(x=at, line={"color": WARN, "width": 1.4, "dash": "dot"})
            figure.add_annotation(
                x=at, yref="paper", y=1, text=f"{day:%d/%m/%Y}: {chart(label)}",
                showarrow=False, xanchor="left" if at < len(months) / 2 else "right",
                yanchor="bottom", font={"size": _FONT, "color": WARN},
            )  # fmt: skip
    step = 1 if len(months) <= 7 else 2
    ticks = places[::-1][::step][::-1]
    figure.update_layout(
        height=330, showlegend=False, dragmode=False, separators=",.", hovermode="x unified",
        margin={"l": 8, "r": 104, "t": 26, "b": 8}, font={"size": _FONT},
        hoverlabel={"font": {"size": _FONT}},
        xaxis={"tickvals": ticks, "ticktext": [labels[place] for place in ticks],
               "fixedrange": True, "showgrid": False,
               "range": [-0.4, max(len(months) - 0.6, 0.6)]},
        yaxis={"range": [0, top * 1.08], "fixedrange": True, "zeroline": False, "nticks": 6},
    )  # fmt: skip
    return figure
