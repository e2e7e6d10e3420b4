"""Procedures in force by field and level, as bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import plotly.graph_objects as go

from metrics.dossiers.procedures import LEVELS
from pages.procedures.data import Table
from ui.shell.text import chart
from ui.shell.theme import NEUTRAL, SERIES

_COLOURS: Final = {
    "province": SERIES,
    "district": NEUTRAL,
    "commune": "#a67c2d",
    None: "#c9ced3",
}


def field_chart(
    counted: Table, shown: list[int | None], names: Mapping[int | None, str]
) -> go.Figure:
    """Stacked bars from zero, a field each, the fullest on top; levels by colour and name."""
    figure = go.Figure()
    labels = [chart(_short(names[key])) for key in shown][::-1]
    for level, word in LEVELS.items():
        of = {field: count for field, at, count in counted.iter_rows() if at == level}
        values = [of.get(key, 0) for key in shown][::-1]
        if any(values):
            figure.add_trace(
                go.Bar(
                    y=labels, x=values, orientation="h", name=word,
                    marker={"color": _COLOURS[level]},
                    hovertemplate=f"%{{y}}, {word.lower()}: %{{x:,d}} thủ tục<extra></extra>",
                )
            )  # fmt: skip
    figure.update_layout(
        height=70 + 26 * len(shown), barmode="stack",
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0,
                "itemclick": False, "itemdoubleclick": False, "traceorder": "normal"},
        xaxis={"rangemode": "tozero", "tickformat": ",d"},
        yaxis={"automargin": True},
    )  # fmt: skip
    return figure


def _short(name: str, most: int = 30) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"
