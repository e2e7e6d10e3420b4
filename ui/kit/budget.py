"""The late budget of a target as a chart, and its state as a mark."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import plotly.graph_objects as go

from metrics.core.vietnamese import day, number
from metrics.dossiers.events import Event, heard
from metrics.targets.budget import STATES, Budget
from ui.kit.charts import plot
from ui.kit.events import column, draw, room
from ui.kit.marks import MARKS, Html
from ui.kit.spark import spark_budget
from ui.kit.table import Column, twin
from ui.shell.theme import BAD, NEUTRAL, SERIES, WARN

_FONT: Final = 14


def state_html(found: Budget) -> Html:
    """The budget's state: its shape and its word."""
    return MARKS["budget"][found.state].html(STATES[found.state])


def budget_spark(found: Budget) -> Html:
    """A budget beside a sentence that says it; nothing where nothing is known."""
    if found.allowance is None:
        return Html("")
    days = (found.period_to - found.period_from).days + 1
    part = min(1.0, ((found.now - found.period_from).days + 1) / days)
    allowed, spent = found.allowance.allowed, found.allowance.spent
    alt = f"Hồ sơ trễ cộng dồn: {number(spent)}, cả kỳ chịu được {number(allowed)}"
    totals = [week.total for week in found.weeks]
    return Html(f'<span class="dh-spark-beside">{spark_budget(totals, allowed, part, alt)}</span>')


def budget(name: str, found: Budget, key: str, events: Sequence[Event] = ()) -> None:
    """A budget as a chart with its table; nothing is known: nothing.

    ``name``: of the target; ``events``: what stands on the line.
    """
    if found.allowance is None:
        return
    span = f"{day(found.period_from)}–{day(found.period_to)}"
    plot(
        budget_chart(found, events),
        key=key,
        alt=f"Hồ sơ trễ cộng dồn {span} của chỉ tiêu {name}, so với số cả kỳ chịu được"
        f"{heard(events)}",
        title=f"Hồ sơ trễ cộng dồn {span}",
        about=name,
    )
    rows: list[dict[str, Any]] = [
        {
            "first": week.first,
            "last": week.last,
            "week": f"{day(week.first)}–{day(week.last)}",
            "late": week.late,
            "judged": week.judged,
            "total": week.total,
        }
        for week in reversed(found.weeks)
    ]
    twin(
        "hồ sơ trễ từng tuần",
        rows,
        (
            Column("Tuần", "week", is_name=True, order="last"),
            Column("Trễ", "late", "count"),
            Column("Được tính", "judged", "count"),
            Column("Trễ từ đầu kỳ", "total", "count"),
            *column(events, lambda row: (row["first"], row["last"])),
        ),
        f"Hồ sơ trễ từng tuần của chỉ tiêu {name}, tuần mới nhất ở trên",
    )


def budget_chart(found: Budget, events: Sequence[Event] = ()) -> go.Figure:
    """Late dossiers since the period began, what it can bear, and when that runs out.

    ``events``: what stands on the line.
    """
    figure = go.Figure()
    allowance = found.allowance
    if allowance is None:
        return figure
    begin = datetime.combine(found.period_from, time())
    days = [begin, *(_end(week.last) for week in found.weeks)]
    totals = [0, *(week.total for week in found.weeks)]
    end = _end(found.period_to)
    figure.add_trace(
        go.Scatter(
            x=[begin, end], y=[0, allowance.allowed], mode="lines", hoverinfo="skip",
            line={"color": NEUTRAL, "width": 1, "dash": "dot"},
        )
    )  # fmt: skip
    figure.add_trace(_fan(found, totals[-1], days[-1], end))
    figure.add_trace(
        go.Scatter(
            x=days, y=totals, mode="lines", line={"color": SERIES, "width": 2.4, "shape": "linear"},
            text=["", *(_week_told(found, i) for i in range(len(found.weeks)))],
            hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_shape(
        type="line", x0=begin, x1=end, y0=allowance.allowed, y1=allowance.allowed,
        line={"color": BAD, "width": 1.6, "dash": "dash"},
    )  # fmt: skip
    top = max(allowance.allowed, allowance.spent, 1)
    told = [
        (allowance.allowed, f"chịu được {number(allowance.allowed)}", BAD),
        (totals[-1], f"đã có {number(allowance.spent)}", SERIES),
    ]
    apart = abs(told[0][0] - told[1][0]) < top * 0.12
    # What is higher stands above; of what is equally high, the limit.
    highest = max(told, key=lambda one: one[0])
    for value, text, colour in told:
        up = apart and text == highest[1]
        figure.add_annotation(
            xref="paper", x=1, y=value, text=text, showarrow=False, xanchor="left", xshift=6,
            yshift=14 if up else -8 if apart else 0, font={"size": _FONT, "color": colour},
        )  # fmt: skip
    draw(figure, events, found.period_from, found.period_to)
    figure.update_layout(
        height=240 + room(events),
        margin={"l": 48, "r": 130, "t": 10 + room(events), "b": 8},
        showlegend=False,
        hovermode="closest",
        xaxis={
            "range": [begin, end],
            "showgrid": False,
            "tickformat": "T%-m\n%Y",  # the year once: on a phone they ran together
            "nticks": 4,
            "tickangle": 0,
        },
        yaxis={"range": [0, top * 1.15], "tickformat": ",d", "nticks": 5},
    )
    return figure


def _end(last: date) -> datetime:
    return datetime.combine(last + timedelta(days=1), time())


def _week_told(found: Budget, place: int) -> str:
    week = found.weeks[place]
    return (
        f"Tuần đến {day(week.last)}<br><b>{number(week.late)}</b> hồ sơ trễ trong tuần, "
        f"{number(week.total)} từ đầu kỳ"
    )


def _fan(found: Budget, spent: int, now: datetime, end: datetime) -> go.Scatter:
    """Between the soonest and the latest day on which the budget runs out."""
    when, allowance = found.exhaustion, found.allowance
    style = {"color": WARN, "width": 1.2, "dash": "dot"}
    if when is None or when.is_past or when.soonest is None or allowance is None:
        return go.Scatter(x=[], y=[], mode="lines", hoverinfo="skip")
    soonest, latest = _end(when.soonest), _end(when.latest) if when.latest else end
    left = allowance.allowed - spent
    # Where the latest is beyond the end, or never, the fan is cut there: level.
    at_end = (
        spent
        if when.latest is None
        else spent + left * (end - now) / max(latest - now, timedelta(days=1))
    )
    corners: list[tuple[datetime, float]] = [(now, spent), (soonest, allowance.allowed)]
    corners += (
        [(latest, allowance.allowed)] if latest <= end and when.latest
        else [(max(end, soonest), allowance.allowed), (max(end, soonest), at_end)]
    )  # fmt: skip
    return go.Scatter(
        x=[x for x, _ in corners], y=[y for _, y in corners], mode="lines", fill="toself",
        fillcolor="rgba(183,121,31,0.18)", line=style, hoverinfo="skip",
    )  # fmt: skip
