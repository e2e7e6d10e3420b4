"""Blocks as a workbook: a sheet a section, numbers and dates as such, A4 with titles repeated.

What a document is of (scope, period, as of, definition, source) stands above its first block, since
a file travels without the screen it came from. Text is written as text: none of it is a formula.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import count
from math import ceil
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from metrics.core.vietnamese import UNKNOWN
from reports.blocks import (
    Block,
    Chart,
    Column,
    Form,
    FormRow,
    Head,
    HeadCell,
    Headline,
    Kind,
    Mark,
    Paragraph,
    Report,
    Section,
    Sentences,
    Signature,
    Table,
    Value,
)
from reports.written import written

MOST_ROWS: Final = 1_000_000
"""A sheet holds 1 048 576 rows; what stands above and below a table needs a few of them."""
_MANY: Final = 20_000
"""Rows beyond which a workbook is written row by row and not held in memory."""
_FONT: Final = "Times New Roman"
_A4: Final = 9
_LEAST: Final = 7
_MOST: Final = 60
"""Widths of columns, in characters."""
_PLAIN_COLUMNS: Final = 8
"""What running text spans where no table says how wide a sheet is."""
_LINE: Final = 16
"""Height of a line, in points."""
_FORMULA: Final = ("=", "+", "-", "@")

_FORMATS: Final[dict[Kind, str]] = {
    "count": "#,##0",
    "rate": "0.00%",
    "mean": "#,##0.0",
    "points": "+0.0;-0.0;0.0",
    "change": "+#,##0;-#,##0;0",
    "day": "dd/mm/yyyy",
    "moment": "hh:mm dd/mm/yyyy",
}
_UNITS: Final[dict[Kind, str]] = {"points": "điểm %"}
_FILLS: Final[dict[Mark, str]] = {"bad": "#FBE3E0", "watch": "#FFF3D6"}
_CHARTS: Final = {"columns": "column", "bars": "bar", "lines": "line"}
_COLOURS: Final = ("#1F5FA8", "#C4610C", "#4D7A2A", "#7A3E9D", "#8A6D00", "#2B7A78")
_SAMPLE: Final = "DỮ LIỆU MINH HỌA"


def render(report: Report) -> bytes:
    """The report as XLSX.

    Raises:
        RuntimeError: a table has more rows than a sheet holds.
    """
    tables = [b for s in report.sections for b in s.blocks if isinstance(b, Table)]
    longest = max((len(table.rows) for table in tables), default=0)
    if longest > MOST_ROWS:
        raise RuntimeError(
            f"Bảng có {written(longest, 'count')} dòng, quá số dòng của một trang tính. Hãy lọc "
            "bớt hoặc tải CSV."
        )
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "constant_memory": longest > _MANY,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": _FONT, "font_size": 11},
    }
    with xlsxwriter.Workbook(out, options) as book:
        styles = _Styles(book)
        names = _sheet_names(report.sections)
        if len(report.sections) > 1:
            _contents(book, styles, report, names)
        for section, name in zip(report.sections, names, strict=True):
            _Sheet(book, styles, report, section, name).write()
    return out.getvalue()


def _sheet_names(sections: Sequence[Section]) -> list[str]:
    """Names that a workbook takes: short, without its own signs, each once."""
    found: list[str] = []
    for section in sections:
        plain = re.sub(r"[\[\]:*?/\\']", " ", section.name or section.title)
        plain = " ".join(plain.split())[:28].strip() or "Trang"
        taken = {name.casefold() for name in found} | {"thông tin"}
        numbered = (plain if not at else f"{plain[:25]} {at + 1}" for at in count())
        found.append(next(name for name in numbered if name.casefold() not in taken))
    return found


def _contents(
    book: xlsxwriter.Workbook, styles: _Styles, report: Report, names: Sequence[str]
) -> None:
    """The first sheet of several: what the document is of, and what is on which sheet."""
    page = book.add_worksheet("Thông tin")
    page.set_column(0, 0, 22)
    page.set_column(1, 1, 90)
    line = 0
    for label, text in _about(report.head):
        page.write_string(line, 0, label, styles.of(bold=True, valign="top"))
        page.write_string(line, 1, text, styles.text(text, text_wrap=True, valign="top"))
        line += 1
    for section, name in zip(report.sections, names, strict=True):
        line += 1
        page.write_url(line, 0, f"internal:'{name}'!A1", styles.of(font_color="#1F5FA8"), name)
        page.write_string(line, 1, section.title, styles.text(section.title, text_wrap=True))
    _for_print(page, report, landscape=False)


def _about(head: Head) -> list[tuple[str, str]]:
    pairs = [
        ("Tên", head.title),
        ("Biểu mẫu", head.form),
        ("Đơn vị", head.whose),
        ("Nơi nhận báo cáo", head.receiver),
        ("Kỳ", head.period),
        ("Thời điểm", head.as_of),
        ("Cách tính", head.definition),
        ("Nguồn", head.source),
        ("Chốt số liệu", head.closed),
        ("Loại dữ liệu", _SAMPLE if head.is_sample else ""),
    ]
    return [(label, text) for label, text in pairs if text]


def _for_print(page: Worksheet, report: Report, *, landscape: bool) -> None:
    page.set_paper(_A4)
    if landscape:
        page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.5, right=0.4, top=0.5, bottom=0.7)
    sign = " – ".join([report.head.title, report.head.period, report.head.as_of])
    # A footer holds 255 characters.
    page.set_footer(f"&L&8{sign[:200].replace('&', '&&')}&R&8Trang &P/&N")


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def of(self, **properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(dict(properties))
        return self._made[key]

    def text(self, text: str, **properties: Any) -> Format:
        """Of a text: one that begins as a formula stays a text also when somebody edits it."""
        if text.startswith(_FORMULA):
            properties["quote_prefix"] = True
        return self.of(**properties)

    def number(self, kind: Kind, **properties: Any) -> Format:
        return self.of(num_format=_FORMATS.get(kind, "General"), **properties)


class _Sheet:
    """A section on a sheet of its own, written from the top down."""

    def __init__(
        self,
        book: xlsxwriter.Workbook,
        styles: _Styles,
        report: Report,
        section: Section,
        name: str,
    ) -> None:
        self._book, self._styles = book, styles
        self._report, self._section = report, section
        self._page = book.add_worksheet(name)
        self._name, self._line = name, 0
        self._across = max((_columns_of(block) for block in section.blocks), default=0)
        self._across = max(self._across, 2) if self._across else _PLAIN_COLUMNS
        self._widths = self._wide()
        self._frozen = False

    def write(self) -> None:
        for at, width in enumerate(self._widths):
            self._page.set_column(at, at, width)
        is_form = any(isinstance(block, Form) for block in self._section.blocks)
        (self._form_head if is_form else self._head)()
        for block in self._section.blocks:
            self._block(block)
        _for_print(self._page, self._report, landscape=self._report.landscape or is_form)

    def _wide(self) -> list[float]:
        found: list[float] = [_LEAST] * self._across
        for block in self._section.blocks:
            for at, width in enumerate(_widths_of(block)):
                found[at] = max(found[at], width)
        if not any(map(_columns_of, self._section.blocks)):
            found = [12.0] * self._across
        return found

    # -- above ----------------------------------------------------------------------------

    def _head(self) -> None:
        title = self._section.title or self._report.head.title
        self._across_text(title, bold=True, font_size=14)
        for label, text in _about(self._report.head):
            if text != title:
                self._across_text(f"{label}: {text}", font_color="#444444")
        self._line += 1

    def _form_head(self) -> None:
        """As forms are headed: number and document, title and period, who reports to whom."""
        head, last = self._report.head, self._across - 1
        side = self._side()
        after = self._after(side)
        right = f"Đơn vị báo cáo: {head.whose}\nĐơn vị nhận báo cáo: {head.receiver}"
        called = self._section.title or head.title
        title = f"{called.upper()}\nKỳ báo cáo: {head.period}"
        corners = [(0, side - 1, head.form, False), (after, last, right, False)]
        middle = (side, after - 1, title, True)
        if sum(self._widths[side:after]) < 0.4 * sum(self._widths):
            self._beside(corners)
            self._beside([(0, last, title, True)])
        else:
            self._beside([*corners, middle])
        told = f"{head.as_of}. {head.definition}. {head.source}"
        self._across_text(told, italic=True, align="center", font_size=10)
        for text in (head.closed, _SAMPLE if head.is_sample else ""):
            if text:
                self._across_text(text, bold=True, align="center")

    def _beside(self, parts: Sequence[tuple[int, int, str, bool]]) -> None:
        """Texts side by side, each over its columns; whether it is the title."""
        lines = max(
            self._lines(text, first, until, 1.15 if is_title else 1)
            for first, until, text, is_title in parts
        )
        self._page.set_row(self._line, lines * _LINE + 4)
        for first, until, text, is_title in parts:
            align = "center" if is_title else "left"
            style = self._styles.text(
                text, text_wrap=True, valign="top", bold=is_title, align=align
            )
            self._merge(self._line, first, self._line, until, text, style)
        self._line += 1

    def _side(self) -> int:
        """Of how many columns the corner with the form's number is."""
        whole, most = sum(self._widths), max(1, self._across - 2)
        return next((at for at in range(1, most) if sum(self._widths[:at]) >= 0.2 * whole), most)

    def _after(self, side: int) -> int:
        """Where the corner of who reports to whom begins; the title stands between the two."""
        whole, most = sum(self._widths), self._across - 1
        return next(
            (at for at in range(most, side + 1, -1) if sum(self._widths[at:]) >= 0.22 * whole),
            most,
        )

    # -- blocks ---------------------------------------------------------------------------

    def _block(self, block: Block) -> None:
        writers: Mapping[type, Callable[[Any], None]] = {
            Headline: self._headline,
            Table: self._table,
            Chart: self._chart,
            Sentences: self._sentences,
            Paragraph: self._paragraph,
            Form: self._form,
            Signature: self._signature,
        }
        writers[type(block)](block)

    def _paragraph(self, block: Paragraph) -> None:
        self._across_text(block.text)

    def _headline(self, block: Headline) -> None:
        for number in block.numbers:
            self._text(0, number.label, bold=True)
            self._value(1, number.value, number.kind, bold=True, align="left")
            more = "; ".join(t for t in (number.below, number.change, number.word) if t)
            if more:
                self._text(2, more)
            self._line += 1
        self._line += 1

    def _sentences(self, block: Sentences) -> None:
        if block.title:
            self._across_text(block.title, bold=True)
        if not block.lines:
            self._across_text(block.empty, italic=True)
        for sentence in block.lines:
            word = f" ({sentence.word})" if sentence.word else ""
            self._across_text(f"{sentence.subject}{word}: {sentence.text}")
        if block.more:
            self._across_text(f"Còn {written(block.more, 'count')} việc khác.", italic=True)
        self._line += 1

    def _table(self, block: Table) -> None:
        if block.title:
            self._across_text(block.title, bold=True)
        top = self._line
        for at, column in enumerate(block.columns):
            self._text(at, _heading(column), bold=True, text_wrap=True, border=1, valign="vcenter",
                       align="left" if column.kind == "text" else "center",
                       bg_color="#EAF0F7")  # fmt: skip
        self._line += 1
        self._freeze(top, 1)
        marks = [*block.marks, *[""] * (len(block.rows) - len(block.marks))]
        for row, mark in zip(block.rows, marks, strict=True):
            fill: dict[str, Any] = {"bg_color": _FILLS[mark]} if mark in _FILLS else {}
            self._cells(row, [column.kind for column in block.columns], **fill)
        if block.rows:
            self._page.autofilter(top, 0, self._line - 1, len(block.columns) - 1)
        else:
            self._across_text(block.empty, italic=True)
        if block.total is not None:
            self._cells(block.total, [column.kind for column in block.columns], bold=True)
        if block.note:
            self._across_text(block.note, italic=True, font_size=10)
        self._line += 1

    def _cells(
        self, row: Sequence[Value], kinds: Sequence[Kind], *, is_form: bool = False, **style: Any
    ) -> None:
        for at, (value, kind) in enumerate(zip(row, kinds, strict=True)):
            wrap = {"text_wrap": True} if kind == "text" else {}
            placed: dict[str, Any] = {}
            if is_form and kind == "text":
                placed = {"indent": 1} if at else {"align": "center"}
            self._value(at, value, kind, border=1, valign="vcenter", **style, **wrap, **placed)
        self._line += 1

    def _chart(self, block: Chart) -> None:
        """The numbers as a table, and a chart of the program's own that is made of them."""
        self._across_text(block.title, bold=True)
        top, many = self._line, len(block.categories)
        lines = [*block.series]
        self._text(0, "", border=1)
        for at, series in enumerate(lines, 1):
            self._text(at, series.name, bold=True, border=1)
        self._line += 1
        for place, category in enumerate(block.categories):
            self._text(0, category, border=1)
            for at, series in enumerate(lines, 1):
                self._value(at, series.values[place], block.unit, border=1)
            self._line += 1
        drawn = self._book.add_chart({"type": _CHARTS[block.kind]})
        for at, series in enumerate(lines, 1):
            colour = _COLOURS[(at - 1) % len(_COLOURS)]
            drawn.add_series(
                {
                    "name": series.name,
                    "categories": [self._name, top + 1, 0, top + many, 0],
                    "values": [self._name, top + 1, at, top + many, at],
                    "fill": {"color": colour},
                    "line": {"color": colour},
                }
            )
        drawn.set_legend({"position": "bottom"} if len(lines) > 1 else {"none": True})
        drawn.set_title({"name": block.title, "name_font": {"size": 11}})
        drawn.set_size({"width": 720, "height": 300})
        axis = "set_x_axis" if block.kind == "bars" else "set_y_axis"
        getattr(drawn, axis)({"num_format": _FORMATS.get(block.unit, "General"), "min": 0})
        self._page.insert_chart(self._line + 1, 0, drawn)
        self._line += 18
        if block.target is not None:
            self._across_text(f"{block.target[0]}: {written(block.target[1], block.unit)}")
        if block.note:
            self._across_text(block.note, italic=True, font_size=10)

    def _form(self, block: Form) -> None:
        top = self._line
        heading = {"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter"}
        placed = _placed(block.head)
        for line, height in enumerate(self._heights(placed, len(block.head))):
            self._page.set_row(top + line, height)
        for cell, line, at in placed:
            until = (top + line + cell.rows - 1, at + cell.columns - 1)
            style = self._styles.text(cell.text, border=1, **heading)
            self._merge(top + line, at, *until, cell.text, style)
        self._line += len(block.head)
        for at, number in enumerate(block.numbers):
            self._text(at, number, border=1, italic=True, align="center", font_size=9)
        self._line += 1
        self._freeze(self._line - 1, 2, top)
        for row in block.rows:
            self._form_row(row, block.kinds)
        if not block.rows:
            self._across_text(block.empty, italic=True)
        if block.note:
            self._across_text(block.note, italic=True, font_size=10)
        self._line += 1

    def _heights(self, placed: Sequence[tuple[HeadCell, int, int]], rows: int) -> list[float]:
        """Of the rows of headings, so that each heading can be read whole."""
        found = [float(_LINE)] * rows
        for cell, line, at in sorted(placed, key=lambda each: each[0].rows):
            lines = self._lines(cell.text, at, at + cell.columns - 1, 1.35)
            last, above = line + cell.rows - 1, sum(found[line : line + cell.rows - 1])
            found[last] = max(found[last], lines * _LINE + 4 - above)
        return found

    def _form_row(self, row: FormRow, kinds: Sequence[Kind]) -> None:
        """A line; what is numbered in the first column stands in its middle."""
        names = [
            self._lines(str(value), at, at)
            for at, (value, kind) in enumerate(zip(row.values, kinds, strict=True))
            if kind == "text" and value
        ]
        if max(names, default=1) > 1:
            self._page.set_row(self._line, max(names) * _LINE)
        self._cells(row.values, kinds, is_form=True, **({"bold": True} if row.level < 2 else {}))

    def _signature(self, block: Signature) -> None:
        self._line += 1
        half = max(1, self._across // max(2, len(block.roles)))
        if block.place_and_day:
            style = self._styles.text(block.place_and_day, italic=True, align="center")
            first = self._across - half
            self._merge(self._line, first, self._line, self._across - 1, block.place_and_day, style)
            self._line += 1
        for at, role in enumerate(block.roles):
            first = at * half
            until = self._across - 1 if at == len(block.roles) - 1 else first + half - 1
            style = self._styles.text(role, bold=True, align="center")
            self._merge(self._line, first, self._line, until, role, style)
        self._line += 6
        if block.receivers:
            self._across_text("Nơi nhận: " + "; ".join(block.receivers), font_size=10)

    # -- cells ----------------------------------------------------------------------------

    def _freeze(self, header: int, columns: int, repeated: int | None = None) -> None:
        """The first table's heading stays in view, and on each page."""
        if self._frozen:
            return
        self._frozen = True
        self._page.freeze_panes(header + 1, columns)
        self._page.repeat_rows(header if repeated is None else repeated, header)

    def _text(self, column: int, text: str, **style: Any) -> None:
        self._page.write_string(self._line, column, text, self._styles.text(text, **style))

    def _value(self, column: int, value: Value, kind: Kind, **style: Any) -> None:
        if value is None:
            style = {"align": "right"} | style if kind != "text" else style
            self._text(column, UNKNOWN if kind != "text" else "", **style)
        elif isinstance(value, str):
            self._text(column, value, **style)
        elif isinstance(value, (date, datetime)):
            shown: Kind = "moment" if isinstance(value, datetime) else "day"
            style = {"align": "left"} | style
            self._page.write_datetime(
                self._line, column, value, self._styles.number(shown, **style)
            )
        else:
            told = value * 100 if kind == "points" else value
            self._page.write_number(self._line, column, told, self._styles.number(kind, **style))

    def _merge(
        self, top: int, first: int, bottom: int, last: int, text: str, style: Format
    ) -> None:
        if (top, first) == (bottom, last):
            self._page.write_string(top, first, text, style)
            return
        self._page.merge_range(top, first, bottom, last, "", style)
        self._page.write_string(top, first, text, style)

    def _across_text(self, text: str, **style: Any) -> None:
        """A text over the whole width, as high as it needs."""
        size = style.get("font_size", 11) / 11
        lines = self._lines(text, 0, self._across - 1, size)
        self._page.set_row(self._line, lines * _LINE * size + 2)
        made = self._styles.text(text, text_wrap=True, valign="top", **style)
        self._merge(self._line, 0, self._line, self._across - 1, text, made)
        self._line += 1

    def _lines(self, text: str, first: int, last: int, size: float = 1) -> int:
        """How many lines a text takes over these columns."""
        width = max(4.0, sum(self._widths[first : last + 1]) * 1.05 / size)
        return sum(max(1, ceil(len(line) / width)) for line in text.split("\n"))


def _heading(column: Column) -> str:
    unit = column.unit or _UNITS.get(column.kind, "")
    return f"{column.title} ({unit})" if unit else column.title


def _placed(head: Sequence[Sequence[HeadCell]]) -> list[tuple[HeadCell, int, int]]:
    """Each heading with its row and first column, both from 0."""
    taken: set[tuple[int, int]] = set()
    found = []
    for line, cells in enumerate(head):
        at = 0
        for cell in cells:
            while (line, at) in taken:
                at += 1
            rows, columns = range(line, line + cell.rows), range(at, at + cell.columns)
            taken |= {(row, column) for row in rows for column in columns}
            found.append((cell, line, at))
            at += cell.columns
    return found


def _columns_of(block: Block) -> int:
    if isinstance(block, Form):
        return len(block.kinds)
    if isinstance(block, Table):
        return len(block.columns)
    if isinstance(block, Chart):
        return len(block.series) + 1
    return 3 if isinstance(block, Headline) else 0


def _widths_of(block: Block) -> list[float]:
    """Of each column, in characters."""
    if isinstance(block, Form):
        given = block.widths or [8] * len(block.kinds)
        return [max(5.0, width * 1.35) for width in given]
    if isinstance(block, Table):
        seen = block.rows[:300]
        return [
            float(column.width or _fitting(column, [row[at] for row in seen]))
            for at, column in enumerate(block.columns)
        ]
    if isinstance(block, Chart):
        longest = max((len(name) for name in block.categories), default=0)
        return [float(min(max(longest + 2, 16), _MOST)), *[14.0] * len(block.series)]
    return [32.0, 16.0, 50.0] if isinstance(block, Headline) else []


def _fitting(column: Column, values: Sequence[Value]) -> int:
    heading, kind = _heading(column), column.kind
    longest_word = max((len(word) for word in heading.split()), default=0)
    longest = max((len(written(value, kind)) for value in values), default=0)
    return min(max(longest + 2, longest_word + 3, len(heading) // 2 + 2, _LEAST), _MOST)
