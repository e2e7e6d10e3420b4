"""The walk as a picture: by how many points each reason moves the rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from ui.kit.charts import FONT
from ui.shell.text import chart
from ui.shell.theme import NEUTRAL, SERIES

_ROW: Final = 48
"""Height of a bar with its words above it, in pixels."""


@dataclass(frozen=True)
class Bar:
    """A bar from one level to another, in points; ``words`` stand above it."""

    words: str
    since: float
    until: float
    is_total: bool = False


def waterfall(bars: Sequence[Bar]) -> go.Figure:
    """Bars one below the other, each beginning where the one above it ended; the first at 0."""
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=list(range(len(bars))),
            base=[bar.since for bar in bars],
            x=[bar.until - bar.since for bar in bars],
            width=0.36,
            marker={"color": [NEUTRAL if bar.is_total else SERIES for bar in bars]},
            hovertext=[chart(bar.words) for bar in bars],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    for place, bar in enumerate(bars):
        figure.add_annotation(
            x=0, xref="paper", xanchor="left", y=place - 0.44, yanchor="middle", showarrow=False,
            text=chart(bar.words), font={"size": FONT},
        )  # fmt: skip
        figure.add_shape(  # where nothing is gained or lost; not through the words
            type="line", x0=0, x1=0, y0=place - 0.24, y1=place + 0.24,
            line={"color": NEUTRAL, "width": 1},
        )  # fmt: skip
        if place + 1 < len(bars):
            figure.add_shape(
                type="line", x0=bar.until, x1=bar.until, y0=place + 0.18, y1=place + 0.36,
                line={"color": NEUTRAL, "width": 1, "dash": "dot"},
            )  # fmt: skip
    figure.update_layout(
        height=_ROW * len(bars) + 52, margin={"l": 8, "r": 8, "t": 4, "b": 36}, showlegend=False
    )
    figure.update_xaxes(
        tickformat=",.2~f", title={"text": "điểm phần trăm", "font": {"size": FONT}}
    )
    figure.update_yaxes(visible=False, range=[len(bars) - 0.5, -0.75])
    return figure
