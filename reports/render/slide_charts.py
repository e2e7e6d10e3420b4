"""A chart as SVG for slides on the screen, light and dark, with no engine behind it.

It has to be there within a key's press, so nothing is started for it. On paper and where a file
takes no chart of its own: :mod:`reports.render.print_charts`.

Bars and columns begin at zero; a line may begin where its values are. Values stand at the ends of
bars and lines, so that no axis has to be read; a target is a thin line with its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from reports.blocks import Chart
from reports.written import written

_LETTER: Final = 0.54
"""The width of a letter, of its height."""


_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""What no picture of a text can hold, or what would turn the words around it."""


@dataclass(frozen=True)
class Ink:
    """What a picture is drawn with: text, what is quieter, bars and lines in their order."""

    text: str
    quiet: str
    series: tuple[str, ...]
    target: str


LIGHT: Final = Ink("#14212b", "#5a6672", ("#1f6f8f", "#8a5300", "#5a6672"), "#b42318")
DARK: Final = Ink("#eef3f7", "#a3afbb", ("#62b8d8", "#f5c26b", "#a3afbb"), "#ff9d92")


def picture(
    chart: Chart,
    size: tuple[int, int] = (1100, 640),
    ink: Ink = LIGHT,
    letters: int = 28,
    edges: Sequence[float] | None = None,
) -> str:
    """The chart as the text of an SVG file.

    Args:
        size: width and height. letters: height of the text, in the same units.
        edges: limits that a printed rate stands on the true side of.
    """
    drawn = _Drawn(chart, size, ink, letters, edges)
    draw = {"bars": drawn.bars, "columns": drawn.columns, "lines": drawn.lines}[chart.kind]
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="Noto Sans, Segoe UI, Arial, sans-serif" '
        f'font-size="{letters}">{draw()}</svg>'
    )


def told(chart: Chart, edges: Sequence[float] | None = None) -> str:
    """The chart in words, for those who hear it: each category with its values."""
    parts = []
    for place, name in enumerate(chart.categories):
        values = (
            (f"{each.name} " if len(chart.series) > 1 else "")
            + written(each.values[place], chart.unit, edges)
            for each in chart.series
        )
        parts.append(f"{name}: {', '.join(values)}")
    target = f"; {chart.target[0]}" if chart.target else ""
    events = f". {chart.note}" if chart.events else ""
    return f"{chart.title}. {'; '.join(parts)}{target}{events}."


class _Drawn:
    def __init__(
        self,
        chart: Chart,
        size: tuple[int, int],
        ink: Ink,
        letters: int,
        edges: Sequence[float] | None,
    ) -> None:
        self.chart, self.ink, self.letters, self.edges = chart, ink, letters, edges
        self.width, self.height = size

    # -- bars --------------------------------------------------------------------------------

    def bars(self) -> str:
        chart, at = self.chart, self.letters
        labels = [self._folded(name, self.width * 0.36) for name in chart.categories]
        left = max((self._wide(line) for lines in labels for line in lines), default=0) + at * 0.6
        right = self.width - max(map(self._wide, self._values()), default=0) - at * 0.6
        row = min(self.height / max(len(labels), 1), at * 4.6)
        thick = min(row * 0.58, at * 2) / len(chart.series)
        begin = (self.height - row * len(labels)) / 2
        scale = (right - left) / self._top()
        parts = []
        for place, lines in enumerate(labels):
            middle = begin + row * (place + 0.5)
            parts.append(self._lines_of(lines, left - at * 0.6, middle, "end"))
            for number, each in enumerate(chart.series):
                value = each.values[place]
                y = middle + thick * (number - len(chart.series) / 2)
                length = 0 if value is None else max(value * scale, 1 if value else 0)
                parts.append(self._rect(left, y, length, thick * 0.94, number))
                parts.append(
                    self._text(
                        self._said(value), left + length + at * 0.35, y + thick / 2 + at * 0.35
                    )
                )
        axis = f"M{left:.1f} {begin:.1f}V{begin + row * len(labels):.1f}"
        return f'{"".join(parts)}<path d="{axis}" stroke="{self.ink.quiet}"/>'

    # -- columns -----------------------------------------------------------------------------

    def columns(self) -> str:
        chart, at = self.chart, self.letters
        bottom, top = self.height - at * 2, at * 2
        step = self.width / max(len(chart.categories), 1)
        wide = min(step * 0.6, at * 5) / len(chart.series)
        scale = (bottom - top) / self._top()
        parts = []
        for place, name in enumerate(chart.categories):
            middle = step * (place + 0.5)
            parts.append(self._text(name, middle, self.height - at * 0.6, "middle"))
            for number, each in enumerate(chart.series):
                value = each.values[place]
                x = middle + wide * (number - len(chart.series) / 2)
                tall = 0 if value is None else value * scale
                parts.append(self._rect(x, bottom - tall, wide * 0.94, tall, number))
                said = self._said(value)
                parts.append(self._text(said, x + wide / 2, bottom - tall - at * 0.4, "middle"))
        axis = f'<path d="M0 {bottom}H{self.width}" stroke="{self.ink.quiet}"/>'
        return "".join(parts) + axis + self._target_line(0, self.width, bottom, scale, 0.0)

    # -- lines -------------------------------------------------------------------------------

    def lines(self) -> str:
        chart, at = self.chart, self.letters
        known = [v for each in chart.series for v in each.values if v is not None]
        ends = [*known, *([chart.target[1]] if chart.target else [])]
        low, high = min(ends, default=0.0), max(ends, default=1.0)
        room = (high - low or abs(high) or 1.0) * 0.12
        low, high = low - room, high + room
        names = [each.name for each in chart.series] if len(chart.series) > 1 else []
        right = self.width - max([*map(self._wide, [*self._values(), *names]), at]) - at
        left, bottom, top = at * 2, self.height - at * 2.2, at * 1.2
        step = (right - left) / max(len(chart.categories) - 1, 1)
        scale = (bottom - top) / (high - low)
        parts = [self._target_line(left, right, bottom, scale, low)]
        parts += [self._event(left + step * max(at, 0), top, bottom) for _, at in chart.events]
        for number, each in enumerate(chart.series):
            points = [
                None if value is None else (left + step * place, bottom - (value - low) * scale)
                for place, value in enumerate(each.values)
            ]
            parts.append(self._path(points, number))
            parts.append(self._ends(each.name if names else "", each.values, points, number))
        every = max(1, round(at * 3 / step)) if step else 1
        last = len(chart.categories) - 1
        for place, name in enumerate(chart.categories):
            if (last - place) % every == 0:
                x = left + step * place
                parts.append(self._text(name, x, self.height - at * 0.7, "middle", quiet=True))
        axis = f'<path d="M{left:.1f} {bottom:.1f}H{right:.1f}" stroke="{self.ink.quiet}"/>'
        return "".join(parts) + axis

    def _path(self, points: Sequence[tuple[float, float] | None], number: int) -> str:
        pen, drawn, dots = "M", [], []
        colour = self._colour(number)
        for point in points:
            if point is None:
                pen = "M"
                continue
            drawn.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
            dots.append(f'<circle cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="5" fill="{colour}"/>')
            pen = "L"
        line = f'<path d="{" ".join(drawn)}" fill="none" stroke="{colour}" stroke-width="4"/>'
        return line + "".join(dots)

    def _ends(
        self,
        name: str,
        values: Sequence[float | None],
        points: Sequence[tuple[float, float] | None],
        number: int,
    ) -> str:
        """The last value at the line's end; the first over its beginning."""
        known = [(value, point) for value, point in zip(values, points, strict=True) if point]
        if not known:
            return ""
        at, (value, (x, y)) = self.letters, known[-1]
        said = f"{name} {self._said(value)}".strip()
        colour = self._colour(number)
        end = self._text(said, x + at * 0.5, y + at * 0.35, colour=colour, bold=True)
        if len(known) < 2:
            return end
        value, (x, y) = known[0]
        return end + self._text(self._said(value), x, y - at * 0.6, "middle", colour=colour)

    def _event(self, x: float, top: float, bottom: float) -> str:
        """A thin line where something happened; the note below the chart says what."""
        at = self.letters
        line = f'<path d="M{x:.1f} {top:.1f}V{bottom:.1f}" stroke="{self.ink.quiet}" '
        return f'{line}stroke-width="2" stroke-dasharray="3 6"/>' + self._text(
            "▾", x, top - at * 0.1, "middle", quiet=True
        )

    # -- parts -------------------------------------------------------------------------------

    def _target_line(
        self, left: float, right: float, bottom: float, scale: float, low: float
    ) -> str:
        if self.chart.target is None:
            return ""
        name, value = self.chart.target
        y = bottom - (value - low) * scale
        line = (
            f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" stroke="{self.ink.target}" '
            'stroke-width="2" stroke-dasharray="10 8"/>'
        )
        middle = (left + right) / 2
        return line + self._text(
            name, middle, y - self.letters * 0.4, "middle", colour=self.ink.target
        )

    def _values(self) -> list[str]:
        return [self._said(value) for each in self.chart.series for value in each.values]

    def _said(self, value: float | None) -> str:
        return written(value, self.chart.unit, self.edges)

    def _top(self) -> float:
        ends = [v for each in self.chart.series for v in each.values if v is not None]
        ends += [self.chart.target[1]] if self.chart.target and self.chart.kind != "bars" else []
        return max([*ends, 0.0]) or 1.0

    def _colour(self, number: int) -> str:
        return self.ink.series[number % len(self.ink.series)]

    def _rect(self, x: float, y: float, width: float, height: float, number: int) -> str:
        return (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{self._colour(number)}"/>'
        )

    def _wide(self, text: str) -> float:
        return len(text) * self.letters * _LETTER

    def _folded(self, text: str, most: float) -> list[str]:
        """A label on two lines at most, cut at words."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if self._wide(longer) <= most or not lines[-1]:
                lines[-1] = longer
            elif len(lines) < 2:
                lines.append(word)
            else:
                lines[-1] += "…"
                break
        return lines

    def _lines_of(self, lines: Sequence[str], x: float, middle: float, anchor: str) -> str:
        high = self.letters * 1.12
        first = middle - high * (len(lines) - 1) / 2 + self.letters * 0.35
        return "".join(
            self._text(line, x, first + high * place, anchor) for place, line in enumerate(lines)
        )

    def _text(
        self,
        text: str,
        x: float,
        y: float,
        anchor: str = "start",
        colour: str = "",
        *,
        quiet: bool = False,
        bold: bool = False,
    ) -> str:
        fill = colour or (self.ink.quiet if quiet else self.ink.text)
        weight = ' font-weight="700"' if bold else ""
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}"{weight}>'
            f"{escape(_UNSEEN.sub('', text))}</text>"
        )
