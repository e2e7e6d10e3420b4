"""What all printed media share: colours, shapes of marks, cells as they are written, axes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from reports.blocks import (
    Block,
    Chart,
    Column,
    FormRow,
    Head,
    HeadCell,
    Headline,
    Kind,
    Mark,
    Number,
    Paragraph,
    Section,
    Table,
    Value,
)
from reports.written import written

ACCENT: Final = "0b5c7a"
INK: Final = "1b2529"
MUTED: Final = "5a6672"
LINE: Final = "d3dbde"
PALE: Final = "eef2f4"
SERIES: Final = (ACCENT, "8795a1", "6cb2cc", "c3ccd3")
"""Colours of a chart's series, in their order."""

SHAPES: Final[dict[Mark, str]] = {"bad": "◆", "watch": "▲", "good": "●", "open": "○", "": ""}
COLOURS: Final[dict[Mark, str]] = {
    "bad": "b42318",
    "watch": "8a5300",
    "good": "1b6e3c",
    "open": MUTED,
    "": INK,
}
_ARROWS: Final = ("▲", "▼", "▬")
SAMPLE: Final = "DỮ LIỆU MINH HỌA"
NATION: Final = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO: Final = "Độc lập - Tự do - Hạnh phúc"

Edges = Collection[float] | None


def heading(column: Column) -> str:
    """A column's heading with its unit."""
    return f"{column.title} ({column.unit})" if column.unit else column.title


def is_number(kind: Kind) -> bool:
    """Whether values of that kind stand at the right of their cells."""
    return kind not in ("text", "day", "moment")


def cells(values: Sequence[Value], kinds: Sequence[Kind], edges: Edges) -> list[str]:
    """A row as it is printed."""
    return [written(value, kind, edges) for value, kind in zip(values, kinds, strict=True)]


def table_rows(table: Table, edges: Edges) -> list[list[str]]:
    """The rows of a table as they are printed, without its total."""
    kinds = [column.kind for column in table.columns]
    return [cells(row, kinds, edges) for row in table.rows]


def total_row(table: Table, edges: Edges) -> list[str] | None:
    """The last row of a table as it is printed; None: it has none."""
    kinds = [column.kind for column in table.columns]
    return None if table.total is None else cells(table.total, kinds, edges)


def marks(table: Table) -> list[Mark]:
    """The mark of each row."""
    without: list[Mark] = [""] * (len(table.rows) - len(table.marks))
    return [*table.marks, *without]


def widths(table: Table, rows: Sequence[Sequence[str]]) -> list[float]:
    """The columns' parts of a table's width, by what stands in them unless declared."""
    found = []
    for at, column in enumerate(table.columns):
        longest = max((len(row[at]) for row in rows), default=0)
        words = max(len(word) for word in heading(column).split() or [""])
        text = min(max(longest, words, 5), 42)
        found.append(float(column.width or text + 2))
    return [width / sum(found) for width in found]


def under_figure(figure: Number) -> list[tuple[str, Mark]]:
    """What stands under a figure in large type, each with its shape, and as what."""
    found: list[tuple[str, Mark]] = [
        (figure.below, ""),
        (figure.word, figure.mark),
        (figure.change, figure.change_mark),
    ]
    return [(led(text, mark), mark) for text, mark in found if text]


def led(text: str, mark: Mark) -> str:
    """A text behind the shape of its mark; an arrow of a change is shape enough."""
    return text if text[:1] in _ARROWS else f"{SHAPES[mark]} {text}".strip()


def form_rows(rows: Sequence[FormRow], kinds: Sequence[Kind], edges: Edges) -> list[list[str]]:
    """The lines of a form as they are printed."""
    return [cells(row.values, kinds, edges) for row in rows]


def whose(head: Head) -> str:
    """Of whom and when, in one line."""
    return " · ".join(part for part in (head.whose, head.period, head.as_of) if part)


def under(head: Head) -> str:
    """How the figures are read and what they are from, in one line."""
    definition = f"Đúng hạn: {head.definition}." if head.definition else ""
    closed = f"{head.closed}." if head.closed else ""
    return " ".join(part for part in (closed, definition, head.source) if part)


# -- slides -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slide:
    """A page of a section: headline figures across its top, the other blocks in columns below."""

    section: Section
    top: Headline | None
    blocks: Sequence[Block]
    part: int = 1

    @property
    def title(self) -> str:
        return self.section.title + (" (tiếp)" if self.part > 1 else "")

    @property
    def rows(self) -> list[Sequence[Block]]:
        """Paragraphs each across the whole width; all other blocks beside each other."""
        others = [block for block in self.blocks if not isinstance(block, Paragraph)]
        first = self.blocks.index(others[0]) if others else 0
        lines: list[Sequence[Block]] = [
            (block,) for block in self.blocks if isinstance(block, Paragraph)
        ]
        before = sum(isinstance(block, Paragraph) for block in self.blocks[:first])
        return [*lines[:before], others, *lines[before:]] if others else lines

    @property
    def headline_rows(self) -> int:
        """In how many rows its figures stand: alone on a slide they are large."""
        return 2 if self.top is not None and not self.blocks and len(self.top.numbers) > 3 else 1


MOST_ROWS: Final = 14
"""Rows of a table on a slide."""


def slides(section: Section) -> Iterator[Slide]:
    """A section as one slide; what its tables have too many rows for goes on on further ones."""
    top = next((block for block in section.blocks if isinstance(block, Headline)), None)
    others = [block for block in section.blocks if block is not top]
    most = MOST_ROWS if top is None else MOST_ROWS - 5
    first: list[Block] = []
    rest: list[Table] = []
    for block in others:
        if isinstance(block, Table) and len(block.rows) > most:
            parts = [*_parts(block, most)]
            first.append(parts[0])
            rest += parts[1:]
        else:
            first.append(block)
    yield Slide(section, top, first)
    for part, block in enumerate(rest, 2):
        yield Slide(section, None, (block,), part)


def _parts(table: Table, most: int) -> Iterator[Table]:
    starts = [0, *range(most, len(table.rows), MOST_ROWS)]
    known = marks(table)
    for start, end in zip(starts, [*starts[1:], len(table.rows)], strict=True):
        yield Table(
            table.title if start == 0 else f"{table.title} (tiếp)",
            table.columns,
            table.rows[start:end],
            table.total if end == len(table.rows) else None,
            known[start:end],
            table.note if end == len(table.rows) else "",
            table.empty,
        )


# -- axes ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    """The scale of a chart's values: its ends and what is written along it."""

    low: float
    high: float
    ticks: Sequence[float]


def axis(chart: Chart) -> Axis:
    """A scale of round numbers: from zero for bars; of lines from below the lowest value."""
    known = [value for each in chart.series for value in each.values if value is not None]
    if chart.target is not None:
        known.append(chart.target[1])
    low, high = min(known, default=0.0), max(known, default=1.0)
    if chart.kind != "lines" or low <= 0:
        low = min(low, 0.0)
    if chart.unit == "rate" and high <= 1 and low >= 0:
        return _of_rates(chart, low, high)
    if low > 0 and high > 2 * low:
        low = 0.0
    step = _step((high - low) or abs(high) or 1.0)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    last = max(last, first + 1)
    if chart.unit == "count":
        step = max(step, 1.0)
        first = floor(low / step + 1e-9)
        last = max(ceil(high / step - 1e-9), first + 1)
    return Axis(first * step, last * step, [n * step for n in range(first, last + 1)])


def _of_rates(chart: Chart, low: float, high: float) -> Axis:
    if chart.kind != "lines" or low < 0.5:
        return Axis(0.0, 1.0, [0.0, 0.25, 0.5, 0.75, 1.0])
    step = _step(1 - low)
    first = max(floor(low / step - 1e-9), 0)
    last = round(1 / step)
    return Axis(first * step, 1.0, [n * step for n in range(first, last)] + [1.0])


def _step(span: float) -> float:
    """A round distance between four to six ticks over a span."""
    raw = span / 5
    power = 10.0 ** floor(log10(raw))
    return next(power * part for part in (1, 2, 5, 10) if power * part >= raw * 0.999)


def tick(value: float, unit: Kind) -> str:
    """What is written at a tick."""
    if unit == "rate":
        return written(round(value, 6), "rate", ()).replace(",0%", "%")
    return written(value, unit) if abs(value) >= 1 or value == 0 else written(value, "mean")


# -- forms --------------------------------------------------------------------------------


def placed(head: Sequence[Sequence[HeadCell]]) -> Iterator[tuple[int, int, HeadCell]]:
    """Where the headings of a form stand: row, column and heading."""
    taken: set[tuple[int, int]] = set()
    for row, declared in enumerate(head):
        column = 0
        for cell in declared:
            while (row, column) in taken:
                column += 1
            yield row, column, cell
            taken |= {
                (row + down, column + right)
                for down in range(cell.rows)
                for right in range(cell.columns)
            }
            column += cell.columns


# -- charts -------------------------------------------------------------------------------


def described(chart: Chart, edges: Edges) -> str:
    """A chart's numbers in words, for who cannot see it."""
    told = [
        f"{series.name}: "
        + "; ".join(
            f"{name} {written(value, chart.unit, edges)}"
            for name, value in zip(chart.categories, series.values, strict=True)
        )
        for series in chart.series
    ]
    if chart.target is not None:
        told.append(f"{chart.target[0]}: {written(chart.target[1], chart.unit, edges)}")
    return f"{chart.title}. {'. '.join(told)}."
