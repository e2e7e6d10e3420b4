"""The chart of the screen of tasks: when they fall due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import plotly.graph_objects as go

from metrics.tasks.review import STATES
from ui.kit.marks import MARKS
from ui.kit.table import Row
from ui.shell.theme import NEUTRAL


def due_dates(counted: Sequence[Row], today: date) -> go.Figure:
    """Stacked bars: tasks by the month they fall due in; the month of T is marked."""
    months = _months([row["month"] for row in counted], today.replace(day=1))
    names = [f"{month:%m/%Y}" for month in months]
    figure = go.Figure()
    for state, word in STATES.items():
        part = {row["month"]: row["tasks"] for row in counted if row["state"] == state}
        if not part:
            continue
        figure.add_trace(
            go.Bar(
                x=names,
                y=[part.get(month, 0) for month in months],
                name=MARKS["task"][state].text(word),
                marker={"color": MARKS["task"][state].colour},
                hovertemplate="%{y:,d} nhiệm vụ<extra>" + word + "</extra>",
            )
        )
    here = months.index(today.replace(day=1))
    figure.add_shape(
        type="line", x0=here, x1=here, yref="paper", y0=0, y1=1,
        line={"color": NEUTRAL, "width": 1, "dash": "dash"},
    )  # fmt: skip
    figure.add_annotation(
        text="tháng của số liệu", x=here, yref="paper", y=1, yanchor="bottom", showarrow=False,
        font={"size": 14, "color": NEUTRAL},
    )  # fmt: skip
    figure.update_layout(
        barmode="stack", height=320, margin={"l": 40, "r": 12, "t": 28, "b": 8},
        legend={"orientation": "h", "y": -0.18}, showlegend=True, bargap=0.5,
        xaxis={
            "type": "category", "tickangle": 0, "tickvals": names[:: max(1, len(names) // 8)],
        },
        yaxis={"rangemode": "tozero", "tickformat": ",d"},
    )  # fmt: skip
    return figure


def _months(known: list[date], present: date) -> list[date]:
    """Every month from the first to the last, the present one among them."""
    first, last = min(*known, present), max(*known, present)
    count = (last.year - first.year) * 12 + last.month - first.month
    ahead = [first.month - 1 + step for step in range(count + 1)]
    return [date(first.year + place // 12, place % 12 + 1, 1) for place in ahead]
