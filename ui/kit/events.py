"""Events on time lines: how they are drawn, said, listed beside a chart and entered from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from metrics.core.periods import Period
from metrics.core.vietnamese import in_short
from metrics.dossiers.events import BREAK, DAYS_OFF, KINDS, Event, within
from ui.kit.links import href, link
from ui.kit.marks import Html
from ui.kit.spark import Tick, ticks
from ui.kit.table import Column, Opens, Row, table
from ui.kit.writing import EDIT
from ui.shell.context import Frame
from ui.shell.events import on_line
from ui.shell.text import chart
from ui.shell.theme import NEUTRAL, WARN

PART: Final = "events"
"""The part of the screen of records where events are entered."""
LINE: Final = 18
"""Height of a line of text above a chart, in pixels."""
_FONT: Final = 14
_NAMED: Final = 4
"""So many carry their words above a chart; the others a mark, and their words under the pointer."""
_LONGEST: Final = 21
"""Letters of a label: on a phone it fits beside its line."""
_EARLY: Final = 0.7
"""Lines in the first part of an axis have their label at their right, where there is more room."""
_FAINT: Final = "rgba(135,149,161,0.16)"

Place = Callable[[date], Any]
"""Where the beginning of a day lies on the axis."""


def at_day(day: date) -> datetime:
    """On an axis of moments."""
    return datetime.combine(day, time())


def room(events: Sequence[Event]) -> int:
    """Pixels that the words and marks of these events need above a chart."""
    return LINE * (len(_named(events)) + _has_marks(events))


def draw(
    figure: go.Figure,
    events: Sequence[Event],
    first: date,
    last: date,
    place: Place = at_day,
) -> None:
    """Thin lines with short labels, oldest on top; a band where an event lasts.

    Of what is of a part of the line's units there is a mark at the top alone.

    Args:
        events: of the line from ``first`` to ``last``, whose axis ends after ``last``.
    """
    named, lowest = _named(events), int(_has_marks(events))
    for event in events:
        begin = max(event.day, first)
        if event.kind == DAYS_OFF or (event.last > event.day and not event.is_below):
            end = min(event.last, last) + timedelta(days=1)
            figure.add_shape(
                type="rect", x0=place(begin), x1=place(end), yref="paper", y0=0, y1=1,
                fillcolor=_FAINT, line={"width": 0}, layer="below",
            )  # fmt: skip
        if event.kind == DAYS_OFF:
            continue
        colour = WARN if event.is_rebase and not event.is_below else NEUTRAL
        if not event.is_below:
            width = 1.4 if event.is_rebase else 1
            figure.add_shape(
                type="line", x0=place(begin), x1=place(begin), yref="paper", y0=0, y1=1,
                line={"color": colour, "width": width, "dash": "dot"},
            )  # fmt: skip
        is_named = event in named
        early = begin - first < _EARLY * (last - first)
        side = "center" if not is_named else "left" if early else "right"
        row = len(named) - 1 - named.index(event) + lowest if is_named else 0
        figure.add_annotation(
            x=place(begin), yref="paper", y=1, text=_label(event) if is_named else "▾",
            hovertext=chart(event.words), showarrow=False, xanchor=side, yanchor="bottom",
            yshift=LINE * row, font={"size": _FONT, "color": colour},
        )  # fmt: skip


def _named(events: Sequence[Event]) -> list[Event]:
    """Those of the whole line that carry their words: what is counted anew first."""
    told = [each for each in events if each.kind != DAYS_OFF and not each.is_below]
    told.sort(key=lambda each: not each.is_rebase)
    return sorted(told[:_NAMED], key=lambda each: each.day)


def _label(event: Event) -> str:
    if event.kind == BREAK:
        return f"{event.day:%d/%m/%Y}: {chart(event.label)}"
    return f"{event.day:%d/%m}: {chart(in_short(event.label, _LONGEST))}"


def _has_marks(events: Sequence[Event]) -> bool:
    """Whether some have a mark without words, in a row of their own below the words."""
    return sum(each.kind != DAYS_OFF for each in events) > len(_named(events))


def bands(events: Sequence[Event]) -> str:
    """What a grey band is, for below a chart that has any."""
    is_long = any(each.kind == DAYS_OFF or each.last > each.day for each in events)
    return " Dải xám: ngày nghỉ, hoặc sự kiện kéo dài nhiều ngày." if is_long else ""


def column(events: Sequence[Event], span: Callable[[Row], tuple[date, date]]) -> list[Column]:
    """The column of a chart's table that says what fell into each row's period; none: no event.

    Args:
        span: a row → its first and its last day.
    """
    if not events:
        return []
    return [Column("Sự kiện", lambda row: within(events, *span(row)), is_minor=True)]


def ticks_of(frame: Frame, periods: Sequence[Period]) -> tuple[Tick, ...]:
    """The ticks on the small series of the view's own line."""
    first, last = periods[0].first, periods[-1].last
    found = on_line(frame, frame.view.unit, first, last)
    return ticks([each for each in found if not each.is_below], periods)


# -- beside a chart -----------------------------------------------------------------------


def listed(
    frame: Frame,
    events: Sequence[Event],
    names: Mapping[int, str],
    *,
    unit: int | None,
    day: date,
    key: str,
) -> None:
    """ "Sự kiện trong khoảng này": what stands on the chart, and the way to enter another.

    Args:
        unit, day: what the form begins with.
    """
    told = [each for each in events if each.kind != DAYS_OFF][::-1]
    way = _entry(frame, unit, day)
    if not told:
        if way:
            st.html(f'<p class="dh-source">Chưa ghi sự kiện nào trong khoảng này. {way}</p>')
        return
    label = f"Sự kiện trong khoảng này ({len(told)})"
    with st.expander(label, icon=":material/event:", key=f"events_{key}"):
        rows = [{"event": each, "day": each.day} for each in told]
        table(
            rows,
            columns(names),
            alt="Sự kiện trên biểu đồ, mới nhất ở trên",
            opens=Opens(href=lambda row: _open(frame, row["event"])),
        )
        if way:
            st.html(f'<p class="dh-source">{way}</p>')


def columns(names: Mapping[int, str]) -> tuple[Column, ...]:
    """An event's columns; of rows with ``event`` and its ``day``."""
    return (
        Column("Ngày", lambda row: row["event"].when, order="day"),
        Column("Sự kiện", lambda row: row["event"].label, is_name=True),
        Column("Loại", lambda row: KINDS[row["event"].kind]),
        Column("Của", lambda row: _whose(row["event"], names)),
        Column("Tính lại mức", lambda row: "có" if row["event"].is_rebase else "", is_minor=True),
        Column("Ghi chú", lambda row: row["event"].note, is_minor=True),
    )


def _whose(event: Event, names: Mapping[int, str]) -> str:
    if event.kind == BREAK:
        return ""
    return "mọi đơn vị" if event.unit_id is None else names.get(event.unit_id, "")


def _open(frame: Frame, event: Event) -> str | None:
    """The event's own row, for who enters them."""
    if event.event_id is None or not _may(frame):
        return None
    return href(frame, "data", frame.params(part=PART, row=f"event-{event.event_id}"))


def _entry(frame: Frame, unit: int | None, day: date) -> Html:
    if not _may(frame):
        return Html("")
    own = {"part": PART, "event_on": day.isoformat(), "event_unit": unit}
    return link("Ghi sự kiện", href(frame, "data", frame.params(**own)))


def _may(frame: Frame) -> bool:
    return frame.may("page:data") and frame.may(EDIT)
