"""Charts of service quality: groups out of their maximum, and months."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from textwrap import wrap
from typing import Any, Final

import plotly.graph_objects as go

from metrics.core.vietnamese import number
from metrics.dossiers.events import Event
from metrics.service.told import GroupRow, two
from ui.kit.charts import FONT
from ui.kit.events import draw, room
from ui.shell.text import chart
from ui.shell.theme import NEUTRAL, SERIES, WARN

_LAYOUT: Final[dict[str, Any]] = {"height": 330, "showlegend": False}


def group_chart(groups: Sequence[GroupRow]) -> go.Figure:
    """A bar a group from zero; behind it the maximum, the part of which nothing is known hatched.

    The portal's score is a diamond.
    """
    rows = groups[::-1]
    names = ["<br>".join(wrap(row.name, 22)) for row in rows]
    of = [row.sum.of for row in rows]
    figure = go.Figure()
    hatched = {"shape": "/", "fgcolor": "rgba(135,149,161,0.5)", "size": 7}
    figure.add_bar(
        y=names, x=[row.sum.whole - row.sum.of for row in rows], base=of, orientation="h",
        width=0.62, name="chưa biết", hoverinfo="skip",
        marker={"color": "rgba(135,149,161,0.08)", "line": {"width": 0}, "pattern": hatched},
    )  # fmt: skip
    figure.add_bar(
        y=names, x=of, orientation="h", width=0.62, name="đã biết", hoverinfo="skip",
        marker={"color": "rgba(135,149,161,0.30)", "line": {"width": 0}},
    )  # fmt: skip
    figure.add_bar(
        y=names, x=[row.points for row in rows], orientation="h", width=0.36, name="điểm",
        marker={"color": SERIES}, text=[chart(_words(row)) for row in rows],
        hovertemplate="%{text}<extra></extra>", textposition="none",
    )  # fmt: skip
    figure.add_scatter(
        y=names, x=[row.portal and row.portal.points for row in rows], mode="markers", name="Cổng",
        marker={"symbol": "diamond", "size": 11, "color": WARN},
        hovertemplate="Điểm trên Cổng: %{x:.2f}<extra></extra>",
    )  # fmt: skip
    for name, row in zip(names, rows, strict=True):
        figure.add_annotation(
            y=name, x=row.sum.whole, text=_label(row), showarrow=False, xanchor="left", xshift=6,
            font={"size": FONT},
        )  # fmt: skip
    figure.update_layout(
        **_LAYOUT, barmode="overlay", margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"range": [0, 30], "tickvals": [0, 5, 10, 15, 20],
               "title": {"text": "điểm", "standoff": 4}},
        yaxis={"automargin": True},
    )  # fmt: skip
    return figure


def _label(row: GroupRow) -> str:
    if row.points is None:
        return "chưa có"
    more = "" if row.sum.is_whole else f" ({row.sum.known}/{row.sum.count})"
    return f"<b>{two(row.points, row.sum.of)}</b>/{number(row.sum.of)}{more}"


def _words(row: GroupRow) -> str:
    found = row.sum
    if row.points is None:
        return f"{row.name}: chưa có, tối đa {number(found.whole)} điểm"
    return (
        f"{row.name}: {number(row.points, 2)}/{number(found.of)} điểm của {found.known}/"
        f"{found.count} thành phần đã biết; tối đa cả nhóm {number(found.whole)}"
    )


def month_chart(
    months: Sequence[date],
    points: Sequence[float | None],
    portal: Sequence[float | None],
    top: float,
    events: Sequence[Event],
) -> go.Figure:
    """Points month by month on a scale from 0 to the maximum; gaps where nothing is known.

    ``events``: what stands on the line.
    """
    places = list(range(len(months)))
    figure = go.Figure()
    solid, dotted = {"color": SERIES, "width": 2.6}, {"color": WARN, "width": 1.8, "dash": "dot"}
    for name, values, line, symbol, shift in (
        ("tính lại", points, solid, "circle", 8),
        ("trên Cổng", portal, dotted, "diamond", -10),
    ):
        known = [(place, value) for place, value in enumerate(values) if value is not None]
        if not known:
            continue
        figure.add_scatter(
            x=places, y=list(values), mode="lines+markers", name=name, connectgaps=False,
            line=line, marker={"size": 7, "symbol": symbol},
            hovertemplate=f"{name}: %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
        place, value = known[-1]
        figure.add_annotation(
            x=place, y=value, text=f"<b>{two(value)}</b> {name}", showarrow=False,
            xanchor="left", xshift=8, yshift=shift, font={"size": FONT, "color": line["color"]},
        )  # fmt: skip
    figure.add_hline(
        y=top, line={"color": NEUTRAL, "width": 1, "dash": "dash"},
        annotation={"text": f"tối đa {number(top)}", "font": {"size": FONT, "color": NEUTRAL},
                    "x": 0, "xanchor": "left", "yanchor": "top"},
    )  # fmt: skip
    if months:
        draw(figure, events, months[0], month_end(months[-1]), _place(months))
    ticks = places[:: -1 if len(months) <= 7 else -2]
    figure.update_layout(
        **_LAYOUT, hovermode="x unified", margin={"l": 8, "r": 104, "t": 26 + room(events), "b": 8},
        xaxis={"tickvals": ticks, "showgrid": False,
               "ticktext": [f"T{months[p].month}/{months[p].year % 100:02d}" for p in ticks],
               "range": [-0.4, max(len(months) - 0.6, 0.6)]},
        yaxis={"range": [0, top * 1.08], "nticks": 6},
    )  # fmt: skip
    return figure


def month_end(month: date) -> date:
    """The month's last day."""
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _place(months: Sequence[date]) -> Callable[[date], float]:
    """Where a day lies on an axis of months, each as wide as 1 around its place."""

    def place(day: date) -> float:
        first = day.replace(day=1)
        whole = (first.year - months[0].year) * 12 + first.month - months[0].month
        return whole - 0.5 + (day.day - 1) / month_end(first).day

    return place
