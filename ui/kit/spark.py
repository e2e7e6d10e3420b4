"""Small series without axes: a rate as a line, a count as bars; beside a number, or in a table.

A line shows the target as a thin dashed line and the last value as a dot, on a scale on which a
change of a few points is seen: its own, but never so narrow that nothing looks like news; in a
table the same for all rows (:func:`metrics.dossiers.units.rate_floor`). Bars begin at zero. Events
are ticks at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from metrics.core.periods import Period
from metrics.core.vietnamese import level, percent
from metrics.dossiers.events import Event, heard, places
from ui.shell.text import safe
from ui.shell.theme import BAD, NEUTRAL, SERIES, WARN

_LEAST: Final = 0.04
"""A line's own scale spans so much at least: four points."""
_STYLE: Final = "<style>path{fill:none;vector-effect:non-scaling-stroke}</style>"
"""Written once in a picture: a table has one in each row."""
_LEFT: Final = " /:=,.-;()"
"""What stays as it is in an address within quotation marks."""


@dataclass(frozen=True)
class Tick:
    """An event on a small series: where it lies, in periods from the first one's beginning."""

    at: float
    event: Event


def ticks(events: Sequence[Event], periods: Sequence[Period]) -> tuple[Tick, ...]:
    """Where the events lie among adjoining periods, oldest first."""
    return tuple(Tick(at, event) for event, at in places(events, periods))


def spark_line(
    values: Sequence[float | None],
    target: float | None,
    alt: str,
    *,
    floor: float | None = None,
    marks: Sequence[Tick] = (),
) -> str:
    """A small line of rates as HTML; a gap where one is unknown.

    Args:
        alt: what it shows; last value, target and events are added.
        floor: where the scale begins that ends at 100%; default: its own scale. What lies below it
            is marked at the bottom.
    """
    return _line(tuple(values), target, alt, floor, tuple(marks))


# A table's rows are drawn again in every run.
@lru_cache(maxsize=1024)
def _line(
    values: tuple[float | None, ...],
    target: float | None,
    alt: str,
    floor: float | None,
    marks: tuple[Tick, ...],
) -> str:
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return '<div class="dh-spark"></div>'
    own = _own([*known, target] if target is not None else known)
    low, high = own if floor is None else (floor, 1.0)

    def height(value: float) -> float:
        return 26 - 22 * (min(max(value, low), high) - low) / (high - low)

    step = 100 / (len(values) - 1)
    pen, path, below = "M", [], []
    for position, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        path.append(f"{pen}{position * step:.1f} {height(value):.1f}")
        if value < low:
            below.append(f"M{position * step - 2:.1f} 29h4")
        pen = "L"
    last = max(place for place, value in enumerate(values) if value is not None)
    now = known[-1]
    parts = [_ticks(marks, lambda at: (at - 0.5) * step)]
    if target is not None:
        parts.append(
            f'<path d="M0 {height(target):.1f}H100" stroke="{NEUTRAL}" stroke-dasharray="3 3"/>'
        )
    parts.append(f'<path d="{" ".join(path)}" stroke="{SERIES}" stroke-width="1.8"/>')
    if below:
        parts.append(f'<path d="{"".join(below)}" stroke="{BAD}" stroke-width="2"/>')
    parts.append(
        f'<path d="M{last * step:.1f} {height(now):.1f}h0" stroke="{BAD if now < low else SERIES}" '
        f'stroke-width="5.5" stroke-linecap="round"/>'
    )
    said = f"{alt}: {'kỳ này' if last == len(values) - 1 else 'lần cuối'} {percent(now, edges=())}"
    said += f", mục tiêu {level(target)}" if target is not None else ""
    return _picture("".join(parts), said, marks)


def _own(ends: Sequence[float]) -> tuple[float, float]:
    low, high = min(ends), max(ends)
    short = max(0.0, _LEAST - (high - low)) / 2
    return low - short, high + short


def spark_bars(values: Sequence[float | None], alt: str, marks: Sequence[Tick] = ()) -> str:
    """Small bars as HTML, from zero; nothing is drawn where a value is unknown."""
    top = max((value for value in values if value is not None), default=0) or 1
    width = 100 / max(len(values), 1)
    bars = [
        f'<rect x="{position * width:.1f}" width="{width * 0.72:.1f}" '
        f'y="{30 - 28 * value / top:.1f}" height="{28 * value / top:.1f}" fill="{SERIES}" '
        f'opacity="{1 if position == len(values) - 1 else 0.5}"/>'
        for position, value in enumerate(values)
        if value is not None
    ]
    return _picture("".join(bars) + _ticks(marks, lambda at: at * width), alt, marks)


def spark_budget(totals: Sequence[int], allowed: int, part: float, alt: str) -> str:
    """Late dossiers summed up through a period against what it can bear, as small HTML.

    Args:
        totals: late dossiers since the period began, by week; 0 stands before them.
        allowed: what the period can bear, a dashed line.
        part: which part of the period the weeks are.
    """
    top = max(allowed, *totals, 1) * 1.08
    step = 100 * part / max(len(totals), 1)

    def height(value: float) -> float:
        return 28 - 26 * value / top

    path = "L".join(f"{at * step:.1f} {height(late):.1f}" for at, late in enumerate([0, *totals]))
    colour = BAD if totals and totals[-1] > allowed else SERIES
    inside = (
        f'<path d="M0 {height(allowed):.1f}H100" stroke="{BAD}" stroke-dasharray="3 3"/>'
        f'<path d="M{path}" stroke="{colour}" stroke-width="1.8"/>'
    )
    return _picture(inside, alt, ())


def _ticks(marks: Sequence[Tick], across: Callable[[float], float]) -> str:
    return "".join(
        f'<path d="M{min(max(across(each.at), 0.6), 99.4):.1f} 0v8" '
        f'stroke="{WARN if each.event.is_rebase else NEUTRAL}" stroke-width="1.6"/>'
        for each in marks
    )


def _picture(inside: str, alt: str, marks: Sequence[Tick]) -> str:
    # st.html drops <svg>; as the source of an image it stays, and can have an alt text.
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 0 104 30" '
        f'preserveAspectRatio="none">{_STYLE}{inside}</svg>'
    )
    events = [each.event for each in marks]
    title = f' title="{safe("; ".join(each.words for each in events))}"' if events else ""
    return (
        f'<img class="dh-spark" alt="{safe(alt + heard(events))}"{title} '
        f'src="data:image/svg+xml,{quote(svg, _LEFT)}">'
    )
