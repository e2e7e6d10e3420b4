"""Charts shared by the screens: builders that return figures, and small pictures as HTML.

Colours are the mid tones of :mod:`ui.shell.theme`, which hold on light and dark ground. A state has
a word and a shape beside its colour. Lines carry their names at their end, bars start at zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import cos, radians
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from metrics.core.periods import Period
from metrics.core.verdict import STATES, Sides, State, beside
from metrics.core.vietnamese import as_of, level, number, percent
from metrics.dossiers.events import Event
from ui.kit.events import LINE, draw, room
from ui.kit.marks import MARKS, Mark
from ui.kit.sheet import file_stem
from ui.shell import context, identity
from ui.shell.text import chart, safe
from ui.shell.theme import BAD, NEUTRAL, SERIES, WARN

_CONFIG: Final[dict[str, Any]] = {"displayModeBar": False, "showSendToCloud": False}
FONT: Final = 14
_ROW: Final = 18
"""Height of a line of text, in pixels."""


_SYMBOLS: Final = {
    "◆": "diamond",
    "▲": "triangle-up",
    "●": "circle",
    "◇": "diamond-open",
    "–": "circle-open",
}
"""A state's shape (marks.py) as plotly calls it."""


def plot(figure: go.Figure, key: str, alt: str, *, title: str, about: str = "", **more: Any) -> Any:
    """Draws a chart: nothing leaves the office, nothing moves, numbers as written here.

    Below it, for those who may take lists away, are its pictures (:func:`pictures`).

    ``alt``: what it shows, for those who do not see it. ``title``, ``about``: what stands above the
    chart in a picture. ``more``: as of ``st.plotly_chart``.
    """
    font = {"font": {"size": FONT}}
    figure.update_layout(separators=",.", dragmode=False, hoverlabel=font, **font)
    still = {"fixedrange": True, "zeroline": False, "tickfont": font["font"]}
    figure.update_xaxes(still).update_yaxes(still)
    event = st.plotly_chart(figure, config=_CONFIG, key=key, alt=alt, **more)
    if found := pictures(f".st-key-{key} .js-plotly-plot", title, about):
        st.html(found)
    return event


def pictures(box: str, title: str, about: str = "") -> str:
    """The buttons that make pictures of what a box shows, as HTML; empty: nobody may.

    The browser makes them (``ui/kit/pictures.js``), with no server asked.

    Args:
        box: of the page, as CSS names it.
        title: what the picture is of; with whose, the file's name.
        about: whose; default: that of the view, and its period.
    """
    frame = context.around()
    if frame is None or not identity.may("export"):
        return ""
    sample = " · DỮ LIỆU MINH HỌA" if frame.facts.data_kind == "sample" else ""
    words = about or f"{frame.whose} · {frame.view.period.label}"
    told = f"{words} · Số liệu đến {as_of(frame.ask.moment)}{sample}"
    name = file_stem("", f"{title} {about or frame.whose}", frame.ask.as_of_day)
    kinds = "".join(
        f'<button type="button" data-dh-picture="{safe(box)}" data-kind="{kind}" '
        f'data-title="{safe(title)}" data-about="{safe(told)}" data-name="{safe(name)}">'
        f'<span class="dh-heard">Tải biểu đồ “{safe(title)}” dạng </span>{kind.upper()}</button>'
        for kind in ("png", "svg")
    )
    return f'<p class="dh-take">Tải ảnh {kinds}</p>'


# -- a rate over periods --------------------------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """Rates of adjoining periods: what each is made of.

    ``edges``: the levels that no rate is printed across.
    """

    name: str
    sides: Sequence[Sides]
    edges: tuple[float, ...] = ()

    @property
    def rates(self) -> list[float | None]:
        return [sides.rate for sides in self.sides]

    def told(self, sides: Sides) -> str:
        """A rate with its sides and the unknown, as the hover says it."""
        rate = percent(sides.rate, edges=self.edges)
        of = f"{rate} ({number(sides.numerator)}/{number(sides.denominator)})"
        return f"{of}<br>{beside(sides)}" if sides.unknown else of


def rate_chart(
    periods: Sequence[Period],
    unit: Curve,
    peers: Curve | None,
    target: float | None,
    events: Sequence[Event],
    volume: tuple[Sequence[int], Sequence[int]],
) -> go.Figure:
    """A unit's rate beside its peers' and the target; below it the dossiers it stands on.

    Args:
        events: what stands on the line (ui/kit/events.py).
        volume: dossiers resolved, and of these resolved late, in each period.
    """
    middles = [_middle(period) for period in periods]
    figure = go.Figure()
    if peers is not None:
        figure.add_trace(_line(periods, middles, peers, NEUTRAL, 1.6))
    figure.add_trace(_line(periods, middles, unit, SERIES, 2.6))
    _bars(figure, periods, middles, *volume)
    low = _low([*unit.rates, *(peers.rates if peers else ()), target])
    _end_labels(figure, middles, [curve for curve in (unit, peers) if curve], target, low)
    if target is not None:
        figure.add_shape(
            type="line", xref="paper", x0=0, x1=1, y0=target, y1=target,
            line={"color": NEUTRAL, "width": 1, "dash": "dash"},
        )  # fmt: skip
    span = (_start(periods[0]), _start(periods[-1], after=True))
    draw(figure, events, periods[0].first, periods[-1].last)
    ticks = _ticks(periods)
    figure.update_layout(
        height=360 + max(0, room(events) - LINE),
        margin={"l": 52, "r": 112, "t": 12 + room(events), "b": 8},
        showlegend=False,
        barmode="stack",
        bargap=0.25,
        hovermode="x unified",
        xaxis={
            "tickvals": [middles[i] for i in ticks],
            "ticktext": [_tick(periods, ticks, i) for i in ticks],
            "range": list(span),
            "anchor": "y2",
            "showgrid": False,
            # The tooltip's title is the period itself, given by each line's text.
            "hoverformat": " ",
        },
        yaxis={
            "domain": [0.36, 1],
            "range": [low, 1.012],
            **_percent_ticks(low),
        },
        yaxis2={
            "domain": [0, 0.24],
            "rangemode": "tozero",
            "nticks": 3,
            "tickformat": ",d",
            "title": None,
        },
    )
    figure.add_annotation(
        text="Hồ sơ đã giải quyết (phần đỏ: quá hạn)", xref="paper", yref="paper", x=0, y=0.25,
        xanchor="left", yanchor="bottom", showarrow=False, font={"size": FONT},
    )  # fmt: skip
    return figure


def _start(period: Period, *, after: bool = False) -> datetime:
    return datetime.combine(period.last + timedelta(days=1) if after else period.first, time())


def _middle(period: Period) -> datetime:
    """Where a period stands on the axis: a week cut by a break falls on its larger side."""
    start = _start(period)
    return start + (_start(period, after=True) - start) / 2


def _line(
    periods: Sequence[Period],
    middles: Sequence[datetime],
    curve: Curve,
    colour: str,
    width: float,
) -> go.Scatter:
    texts = [
        f"{period.label}<br><b>{chart(curve.name)}</b>: {curve.told(sides)}"
        for period, sides in zip(periods, curve.sides, strict=True)
    ]
    return go.Scatter(
        x=list(middles),
        y=list(curve.rates),
        mode="lines+markers",
        connectgaps=False,
        name=chart(curve.name),
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        line={"color": colour, "width": width},
        marker={"size": 5 if len(periods) <= 30 else 3},
    )


def _bars(
    figure: go.Figure,
    periods: Sequence[Period],
    middles: Sequence[datetime],
    resolved: Sequence[int],
    late: Sequence[int],
) -> None:
    widths = [((p.last - p.first).days + 1) * 86_400_000 * 0.8 for p in periods]
    rest = [whole - part for whole, part in zip(resolved, late, strict=True)]
    for name, values, colour in (("quá hạn", late, BAD), ("còn lại", rest, NEUTRAL)):
        figure.add_trace(
            go.Bar(
                x=list(middles),
                y=list(values),
                width=widths,
                yaxis="y2",
                name=name,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate=f"{name}: %{{y:,d}} hồ sơ<extra></extra>",
            )
        )


def _low(rates: Sequence[float | None]) -> float:
    """The bottom of the rate's axis: a multiple of 0.05 below everything, at most 0.9."""
    lowest = min((rate for rate in rates if rate is not None), default=0.9)
    return max(0.0, min(0.9, int((lowest - 0.01) * 20) / 20))


def _percent_ticks(low: float) -> dict[str, Any]:
    step = 0.02 if low >= 0.9 else 0.05 if low >= 0.75 else 0.1 if low >= 0.5 else 0.25
    values = [
        1 - step * i for i in range(round((1 - low) / step) + 1) if 1 - step * i >= low - 1e-9
    ]
    return {"tickvals": values, "ticktext": [percent(value, 0) for value in values]}


def _end_labels(
    figure: go.Figure,
    middles: Sequence[datetime],
    curves: Sequence[Curve],
    target: float | None,
    low: float,
) -> None:
    """Names at the lines' ends, pushed apart where the ends lie close together."""
    ends: list[tuple[float, str, str]] = []
    for place, curve in enumerate(curves):
        known = [rate for rate in curve.rates if rate is not None]
        if known:
            value = percent(known[-1], edges=curve.edges)
            value = f"<b>{value}</b>" if place == 0 else value
            ends.append((known[-1], f"{value} {chart(curve.name)}", NEUTRAL if place else SERIES))
    if target is not None:
        ends.append((target, f"mục tiêu {level(target)}", NEUTRAL))
    # About so many pixels stand for the axis.
    heights = apart([180 * rate / (1.012 - low) for rate, _, _ in ends], _ROW)
    for (rate, text, colour), height in zip(ends, heights, strict=True):
        figure.add_annotation(
            xref="paper", x=1, y=rate, text=text, showarrow=False, xanchor="left", xshift=8,
            yshift=height - 180 * rate / (1.012 - low), font={"size": FONT, "color": colour},
        )  # fmt: skip


def apart(places: Sequence[float], gap: float) -> list[float]:
    """The places moved upwards or downwards so that neighbours are at least a gap apart."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = [places[i] for i in order]
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    # What was pushed up comes back down by half, all together.
    down = sum(moved[i] - places[order[i]] for i in range(len(moved))) / max(len(moved), 1)
    found = [0.0] * len(places)
    for i, place in zip(order, moved, strict=True):
        found[i] = place - down
    return found


def _ticks(periods: Sequence[Period], most: int = 7) -> list[int]:
    step = -(-len(periods) // most)
    return list(range(len(periods) - 1, -1, -step))[::-1]


def _tick(periods: Sequence[Period], ticks: Sequence[int], position: int) -> str:
    period = periods[position]
    place = ticks.index(position)
    before = periods[ticks[place - 1]].last.year if place else None
    year = f"<br>{period.last.year}" if period.last.year != before else ""
    kind = periods[0].kind
    return (f"T{period.last.month}" if kind == "month" else f"{period.first:%d/%m}") + year


# -- small multiples ------------------------------------------------------------------------


def small_multiple(
    rates: Sequence[float | None],
    scope: Sequence[float | None],
    target: float,
    low: float,
    breaks: Sequence[float],
    events: Sequence[float],
    alt: str,
) -> str:
    """One unit's rates on a scale from ``low`` to 1 as HTML: the scope's line grey behind it.

    A rate below ``low`` is drawn at the bottom with a triangle, the last one as a dot; ``breaks``
    and ``events`` are where, as shares of the width, these lie: lines and ticks at the top.
    """

    def height(rate: float) -> float:
        return 4 + 52 * (1 - max(rate, low)) / (1 - low)

    stroke = 'fill="none" vector-effect="non-scaling-stroke"'
    level = height(target)
    parts = [
        f'<path d="M0 {level:.1f}H200" stroke="{NEUTRAL}" stroke-dasharray="4 3" {stroke}/>',
        f'<path d="{_path(scope, height)}" stroke="{NEUTRAL}" stroke-width="1.4" {stroke}/>',
        f'<path d="{_path(rates, height)}" stroke="{SERIES}" stroke-width="2.2" {stroke}/>',
    ]
    for share in breaks:
        x = 200 * share
        parts.append(f'<path d="M{x:.1f} 0V60" stroke="{WARN}" stroke-dasharray="2 2" {stroke}/>')
    parts += [f'<path d="M{200 * at:.1f} 0v9" stroke="{NEUTRAL}" {stroke}/>' for at in events]
    last = max((place for place, rate in enumerate(rates) if rate is not None), default=None)
    for position, rate in enumerate(rates):
        x = _across(position, len(rates))
        if rate is not None and rate < low:
            parts.append(f'<path d="M{x - 4:.1f} 53h8l-4 6z" fill="{BAD}"/>')
        elif rate is not None and (position == last or _alone(rates, position)):
            dot = 'stroke-width="6" stroke-linecap="round"'
            at = f"M{x:.1f} {height(rate):.1f}h0"
            parts.append(f'<path d="{at}" stroke="{SERIES}" {dot} {stroke}/>')
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 60" '
        f'preserveAspectRatio="none">{"".join(parts)}</svg>'
    )
    return f'<img class="dh-multiple" alt="{safe(alt)}" src="data:image/svg+xml,{quote(svg)}">'


def _across(position: int, count: int) -> float:
    return 3 + 194 * position / max(count - 1, 1)


def _alone(rates: Sequence[float | None], position: int) -> bool:
    """A known rate between two unknown ones: no line would show it."""
    before = rates[position - 1] if position else None
    after = rates[position + 1] if position + 1 < len(rates) else None
    return before is None and after is None


def _path(rates: Sequence[float | None], height: Any) -> str:
    pen, path = "M", []
    for position, rate in enumerate(rates):
        if rate is None:
            pen = "M"
            continue
        path.append(f"{pen}{_across(position, len(rates)):.1f} {height(rate):.1f}")
        pen = "L"
    return "".join(path)


# -- map ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A unit on the map; ``line`` is what its tooltip says below its name."""

    unit_id: int
    name: str
    longitude: float
    latitude: float
    resolved: int
    state: State
    line: str


Ring = Sequence[tuple[float, float]]


def unit_map(
    places: Sequence[Place],
    words: Mapping[State, str],
    borders: Mapping[State, Sequence[Ring]] | None = None,
) -> go.Figure:
    """Units where they lie: size by dossiers resolved, colour and shape by state.

    Drawn on plain axes of longitude and latitude, so that it needs no network and no WebGL.

    Args:
        words: what each state is called in the legend.
        borders: rings of (longitude, latitude) by the state of the unit they belong to.
    """
    figure = go.Figure()
    for state in STATES:
        if rings := (borders or {}).get(state, ()):
            figure.add_trace(_area(rings, MARKS["rate"][state]))
    most = max((place.resolved for place in places), default=0) or 1
    # Met first: what needs attention is drawn on top.
    for state in reversed(STATES):
        there = [place for place in places if place.state == state]
        if there:
            figure.add_trace(_bubbles(there, MARKS["rate"][state], words[state], most))
    latitudes = [place.latitude for place in places]
    middle = sum(latitudes) / len(latitudes) if latitudes else 21.0
    hidden = {"visible": False}
    figure.update_layout(
        height=470,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        hovermode="closest",
        xaxis={**hidden, "constrain": "domain"},
        yaxis={**hidden, "scaleanchor": "x", "scaleratio": 1 / cos(radians(middle))},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 0,
            "yanchor": "top",
            "itemsizing": "constant",
            "font": {"size": FONT},
            "traceorder": "reversed",
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
    return figure


def _bubbles(places: Sequence[Place], mark: Mark, word: str, most: int) -> go.Scatter:
    return go.Scatter(
        x=[place.longitude for place in places],
        y=[place.latitude for place in places],
        mode="markers",
        # The legend shows the shape itself.
        name=f"{word.removeprefix(mark.shape).strip()} ({number(len(places))})",
        text=[chart(place.name) for place in places],
        customdata=[[place.unit_id, chart(place.line)] for place in places],
        hovertemplate="<b>%{text}</b><br>%{customdata[1]}<extra></extra>",
        marker={
            "symbol": _SYMBOLS[mark.shape],
            "color": mark.colour,
            "opacity": 0.78,
            "size": [place.resolved for place in places],
            "sizemode": "area",
            "sizeref": 2 * most / 22**2,
            "sizemin": 4,
            "line": {"width": 1, "color": mark.colour},
        },
    )


def _area(rings: Sequence[Ring], mark: Mark) -> go.Scatter:
    # Arrays, not lists: thousands of points travel as bytes. A NaN lifts the pen.
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([part for ring in rings for part in (np.asarray(ring), gap)])
    return go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="lines",
        fill="toself",
        fillcolor=_faint(mark.colour),
        line={"color": NEUTRAL, "width": 0.6},
        hoverinfo="skip",
        showlegend=False,
    )


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.22)"


def share_of(day: date, periods: Sequence[Period]) -> float:
    """Where a day lies between the first and the last period's middle, as a share (0–1)."""
    first, last = _middle(periods[0]), _middle(periods[-1])
    at = datetime.combine(day, time())
    return min(1.0, max(0.0, (at - first) / (last - first)))
