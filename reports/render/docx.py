"""Documents as DOCX, for somebody to edit: headings, tables and page numbers are Word's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any, Final

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu, Pt, RGBColor

from reports.blocks import (
    Block,
    Chart,
    Form,
    Headline,
    Letterhead,
    Paragraph,
    Report,
    Sentences,
    Signature,
    Table,
)
from reports.render import look, print_charts
from reports.written import written

FONT: Final = "Times New Roman"
_LEFT: Final = WD_ALIGN_PARAGRAPH.LEFT
_CENTER: Final = WD_ALIGN_PARAGRAPH.CENTER
_RIGHT: Final = WD_ALIGN_PARAGRAPH.RIGHT
_SHORT: Final = 8
"""Rows of a table that no page end tears in two."""
_MARGINS: Final = (
    f"<w:tblCellMar {nsdecls('w')}>"
    '<w:left w:w="45" w:type="dxa"/><w:right w:w="45" w:type="dxa"/></w:tblCellMar>'
)
"""Inside the cells of a table, in twentieths of a point: dense, as printed tables are."""


def render(report: Report) -> bytes:
    """A report as a Word document; the file's bytes.

    Raises:
        RuntimeError: a chart cannot be drawn (:func:`reports.render.pdf.typeset`).
    """
    made = _Writer(report)
    if not report.letters:
        made.heads()
    for number, section in enumerate(report.sections):
        if section.letterhead is not None:
            made.letterhead(section.letterhead, begins_page=number > 0)
        if section.title:
            made.document.add_heading(section.title, 2)
        for block in section.blocks:
            made.block(block)
    out = BytesIO()
    made.document.save(out)
    return out.getvalue()


class _Writer:
    """A document in the making.

    ``size``: of its running text, in points; official documents have a larger one.
    """

    def __init__(self, report: Report) -> None:
        self.report, self.head = report, report.head
        self.edges = report.head.edges
        self.is_official = bool(report.head.issuer) or report.letters
        self.size = 13.0 if self.is_official and not report.landscape else 11.0
        self.document = Document()
        self.width = self._page()
        self._styles()
        self._frame()

    # -- the page -----------------------------------------------------------------------------

    def _page(self) -> int:
        """A4; the width between its margins."""
        page = self.document.sections[0]
        short, long = Cm(21), Cm(29.7)
        is_across = self.report.landscape or self.report.slides
        page.page_width, page.page_height = (long, short) if is_across else (short, long)
        page.orientation = WD_ORIENT.LANDSCAPE if is_across else WD_ORIENT.PORTRAIT
        # The margins of official documents, where it is one.
        page.left_margin = Cm(3) if self.is_official and not is_across else Cm(2)
        page.right_margin = Cm(1.5)
        page.top_margin = page.bottom_margin = Cm(1.8)
        page.header_distance = page.footer_distance = Cm(0.8)
        return int(page.page_width - page.left_margin - page.right_margin)

    def _styles(self) -> None:
        styles = self.document.styles
        normal = styles["Normal"]
        _font(normal, self.size)
        normal.paragraph_format.space_after = Pt(4)
        normal.paragraph_format.line_spacing = 1.0
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "vi-VN")
        normal.element.get_or_add_rPr().append(language)
        for level, size in ((1, self.size + 4), (2, self.size + 1.5)):
            style = styles[f"Heading {level}"]
            _font(style, size)
            style.font.bold = True
            style.font.color.rgb = _rgb(look.INK if level == 1 or self.is_official else look.ACCENT)
            style.paragraph_format.space_before = Pt(0 if level == 1 else 8)
            style.paragraph_format.space_after = Pt(4)
            style.paragraph_format.keep_with_next = True

    def _frame(self) -> None:
        """What stands on each page: of whom and when above; how read, from what, below."""
        page, told = self.document.sections[0], self.document.core_properties
        told.title, told.subject = self.head.title, look.whose(self.head)
        told.author, told.last_modified_by, told.comments = "Đúng Hạn", "Đúng Hạn", ""
        told.language = "vi-VN"
        if self.report.letters:
            return
        above, below = page.header.paragraphs[0], page.footer.paragraphs[0]
        _say(above, look.whose(self.head), 8.5, colour=look.MUTED)
        if self.head.is_sample:
            sample = page.header.add_paragraph()
            _say(sample, look.SAMPLE, 8.5, bold=True, colour=look.COLOURS["watch"])
            sample.alignment = _RIGHT
        _say(below, look.under(self.head), 8.5, colour=look.MUTED)
        numbered = page.footer.add_paragraph()
        numbered.alignment = _RIGHT
        _field(numbered, "PAGE")
        _say(numbered, "/", 8.5, colour=look.MUTED)
        _field(numbered, "NUMPAGES")
        for paragraph in (*page.header.paragraphs, *page.footer.paragraphs):
            paragraph.style = self.document.styles["Normal"]
            paragraph.paragraph_format.space_after = Pt(0)

    def heads(self) -> None:
        """The beginning of the first page."""
        head = self.head
        if head.issuer:
            self._national(head.issuer, head.place_and_day)
        at = _CENTER if head.issuer else _LEFT
        if head.form:
            self.line(head.form, self.size - 1.5, at, colour=look.MUTED)
        self.document.add_heading(head.title, 1).alignment = at
        self.line(look.whose(head), self.size - 0.5, at, colour=look.MUTED)
        if head.receiver:
            self.line(f"Nơi nhận báo cáo: {head.receiver}", self.size - 1.5, at, colour=look.MUTED)

    def letterhead(self, head: Letterhead, *, begins_page: bool) -> None:
        """The beginning of a letter; ``begins_page``: there is one before it."""
        if begins_page:
            self.document.add_page_break()
        self._national(head.issuer, head.place_and_day)
        self.document.add_heading(head.title, 1).alignment = _CENTER
        for line in head.to:
            self.line(line, self.size)
        self._gap(6)

    def _national(self, issuer: Sequence[str], place_and_day: str) -> None:
        table = self._bare(1, 2, (0.42, 0.58))
        left, right = (cell.paragraphs[0] for cell in table.rows[0].cells)
        for number, text in enumerate(issuer):
            is_own = number == 1 or len(issuer) == 1
            paragraph = left if number == 0 else table.cell(0, 0).add_paragraph()
            self._put(paragraph, text, 12, _CENTER, bold=is_own)
        self._put(right, look.NATION, 12, _CENTER, bold=True)
        motto = table.cell(0, 1).add_paragraph()
        self._put(motto, look.MOTTO, 13, _CENTER, bold=True)
        motto.runs[0].font.underline = True
        if place_and_day:
            place = table.cell(0, 1).add_paragraph()
            self._put(place, place_and_day, 13, _CENTER)
            place.runs[0].font.italic = True
            place.paragraph_format.space_before = Pt(6)
        self._gap(6)

    # -- blocks -------------------------------------------------------------------------------

    def block(self, block: Block) -> None:
        """A block below what there is."""
        if isinstance(block, Headline):
            self._headline(block)
        elif isinstance(block, Table):
            self._table(block)
        elif isinstance(block, Chart):
            self._chart(block)
        elif isinstance(block, Sentences):
            self._sentences(block)
        elif isinstance(block, Form):
            self._form(block)
        elif isinstance(block, Signature):
            self._signature(block)
        else:
            self._paragraph(block)

    def _headline(self, block: Headline) -> None:
        table = self._bare(1, len(block.numbers), [1.0] * len(block.numbers))
        for number, (cell, figure) in enumerate(
            zip(table.rows[0].cells, block.numbers, strict=True)
        ):
            _bordered(cell, left=look.LINE if number else None)
            self._put(cell.paragraphs[0], figure.label, self.size - 1.5, colour=look.MUTED)
            value = written(figure.value, figure.kind, self.edges)
            self._put(cell.add_paragraph(), value, self.size + 9, bold=True)
            for text, mark in look.under_figure(figure):
                self._put(cell.add_paragraph(), text, self.size - 1.5, colour=look.COLOURS[mark])
        self._gap()

    def _table(self, block: Table) -> None:
        if block.title:
            self.line(block.title, self.size, bold=True, keep=True)
        if not block.rows:
            self.line(block.empty, self.size)
            return
        rows, total = look.table_rows(block, self.edges), look.total_row(block, self.edges)
        printed = rows if total is None else [*rows, total]
        table = self._bare(len(printed) + 1, len(block.columns), look.widths(block, printed))
        size, sides = self.size - 1, [
            _RIGHT if look.is_number(column.kind) else _LEFT for column in block.columns
        ]  # fmt: skip
        for cell, column, side in zip(table.rows[0].cells, block.columns, sides, strict=True):
            self._put(cell.paragraphs[0], look.heading(column), size - 1, side, colour=look.MUTED)
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
            if side == _LEFT and column is not block.columns[0]:
                cell.paragraphs[0].paragraph_format.left_indent = Pt(7)
            _bordered(cell, top=look.INK, bottom=look.INK)
        _repeated(table.rows[0])
        if len(printed) <= _SHORT:
            for row in list(table.rows)[:-1]:
                for cell in row.cells:
                    cell.paragraphs[0].paragraph_format.keep_with_next = True
        marks = [*look.marks(block), ""] if total is not None else look.marks(block)
        for row, texts, mark in zip(list(table.rows)[1:], printed, marks, strict=True):
            is_total = texts is total
            _whole(row)
            for number, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
                paragraph = cell.paragraphs[0]
                if number == 0 and mark:
                    _say(paragraph, f"{look.SHAPES[mark]} ", size, colour=look.COLOURS[mark])
                self._put(paragraph, text, size, sides[number], bold=is_total)
                if number and sides[number] == _LEFT:
                    paragraph.paragraph_format.left_indent = Pt(7)
                _bordered(cell, bottom=look.INK if is_total else look.LINE)
        self._gap()
        if block.note:
            self.line(block.note, self.size - 2, colour=look.MUTED)

    def _chart(self, block: Chart) -> None:
        if block.title:
            self.line(block.title, self.size, bold=True, keep=True)
        drawn = replace(block, title="", note="")
        points = int(self.width / Pt(1))
        picture = print_charts.png(drawn, self.edges, points, points // 5)
        paragraph = self.document.add_paragraph()
        inline = paragraph.add_run().add_picture(BytesIO(picture), width=Emu(self.width))
        inline._inline.docPr.set("descr", look.described(block, self.edges))
        inline._inline.docPr.set("title", block.title)
        if block.note:
            self.line(block.note, self.size - 2, colour=look.MUTED)

    def _sentences(self, block: Sentences) -> None:
        if block.title:
            self.line(block.title, self.size, bold=True, keep=True)
        if not block.lines:
            self.line(block.empty, self.size)
        for line in block.lines:
            paragraph = self.document.add_paragraph()
            paragraph.paragraph_format.left_indent = Cm(0.5)
            paragraph.paragraph_format.first_line_indent = Cm(-0.5)
            paragraph.paragraph_format.space_after = Pt(2)
            mark = look.led(line.word, line.mark) or "–"
            _say(paragraph, f"{mark}  ", self.size - 1, colour=look.COLOURS[line.mark])
            _say(paragraph, line.subject, self.size, bold=True)
            _say(paragraph, f" {line.text}", self.size)
        if block.more:
            more = f"và {written(block.more, 'count')} việc khác"
            self.line(more, self.size - 1, colour=look.MUTED)

    def _paragraph(self, block: Paragraph) -> None:
        paragraph = self.document.add_paragraph()
        _say(paragraph, block.text, self.size)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        if self.is_official:
            paragraph.paragraph_format.first_line_indent = Cm(1.27)
            paragraph.paragraph_format.space_after = Pt(6)

    def _form(self, block: Form) -> None:
        lines = look.form_rows(block.rows, block.kinds, self.edges)
        heads, count = len(block.head), len(block.kinds)
        table = self._bare(
            heads + 1 + max(len(lines), 1), count, block.widths or [1.0] * count, style="Table Grid"
        )
        size = self.size - 2
        for row, column, cell in look.placed(block.head):
            here = table.cell(row, column)
            if cell.columns > 1 or cell.rows > 1:
                here = here.merge(table.cell(row + cell.rows - 1, column + cell.columns - 1))
            self._put(here.paragraphs[0], cell.text, size, _CENTER, bold=True)
            here.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        for cell, text in zip(table.rows[heads].cells, block.numbers, strict=True):
            self._put(cell.paragraphs[0], text, size - 1, _CENTER)
            cell.paragraphs[0].runs[0].font.italic = True
        for row in list(table.rows)[: heads + 1]:
            _repeated(row)
        for row, texts, declared in zip(
            list(table.rows)[heads + 1 :], lines, block.rows, strict=False
        ):
            _whole(row)
            for cell, text, kind in zip(row.cells, texts, block.kinds, strict=True):
                side = _RIGHT if look.is_number(kind) else _LEFT
                self._put(cell.paragraphs[0], text, size, side, bold=declared.level < 2)
        if not lines:
            whole = table.cell(heads + 1, 0).merge(table.cell(heads + 1, count - 1))
            self._put(whole.paragraphs[0], block.empty, size, _CENTER)
        self._gap()
        if block.note:
            self.line(block.note, self.size - 2)

    def _signature(self, block: Signature) -> None:
        if block.place_and_day:
            self.line(block.place_and_day, self.size, _RIGHT, keep=True)
        first = 1 if block.receivers else 0
        table = self._bare(1, first + len(block.roles), [1.0] * (first + len(block.roles)))
        cells = table.rows[0].cells
        _whole(table.rows[0])
        if block.receivers:
            self._put(cells[0].paragraphs[0], "Nơi nhận:", self.size - 1, bold=True)
            cells[0].paragraphs[0].runs[0].font.italic = True
            for receiver in block.receivers:
                self._put(cells[0].add_paragraph(), f"- {receiver};", self.size - 2)
        for cell, role in zip(cells[first:], block.roles, strict=True):
            self._put(cell.paragraphs[0], role.upper(), self.size, _CENTER, bold=True)
            signed = cell.add_paragraph()
            self._put(signed, "(Ký, ghi rõ họ tên)", self.size - 1, _CENTER)
            signed.runs[0].font.italic = True
            signed.paragraph_format.space_after = Pt(56 if self.is_official else 40)

    # -- parts --------------------------------------------------------------------------------

    def line(
        self,
        text: str,
        size: float,
        side: Any = _LEFT,
        bold: bool = False,
        colour: str = look.INK,
        keep: bool = False,
    ) -> None:
        """A paragraph of one run; ``keep``: on the page of what follows."""
        paragraph = self.document.add_paragraph()
        self._put(paragraph, text, size, side, bold, colour)
        paragraph.paragraph_format.space_after = Pt(3)
        paragraph.paragraph_format.keep_with_next = keep

    def _put(
        self,
        paragraph: Any,
        text: str,
        size: float,
        side: Any = _LEFT,
        bold: bool = False,
        colour: str = look.INK,
    ) -> None:
        _say(paragraph, text, size, bold, colour)
        paragraph.alignment = side
        paragraph.paragraph_format.space_after = Pt(0)

    def _bare(
        self, rows: int, columns: int, widths: Sequence[float], style: str | None = None
    ) -> Any:
        """A table as wide as the page, without lines unless by a style."""
        table = self.document.add_table(rows, columns)
        if style is not None:
            table.style = style
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
        table._tbl.tblPr.append(parse_xml(_MARGINS))
        parts = [int(self.width * width / sum(widths)) for width in widths]
        for column, part in zip(table.columns, parts, strict=True):
            column.width = Emu(part)
        for row in table.rows:
            for cell, part in zip(row.cells, parts, strict=True):
                cell.width = Emu(part)
        return table

    def _gap(self, points: float = 4) -> None:
        """Two tables without a paragraph between them would be one."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.line_spacing = Pt(points)


# -- text and cells -----------------------------------------------------------------------


def _font(style: Any, size: float) -> None:
    style.font.name, style.font.size = FONT, Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(name), FONT)


def _say(
    paragraph: Any, text: str, size: float, bold: bool = False, colour: str = look.INK
) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = _rgb(colour)


def _field(paragraph: Any, code: str) -> None:
    """A number that Word counts itself."""
    run = paragraph.add_run()
    run.font.size, run.font.color.rgb = Pt(9), _rgb(look.MUTED)
    for kind, text in (("begin", None), (None, code), ("separate", None), (None, "1"), ("end", "")):
        if kind is not None:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        else:
            part = OxmlElement("w:instrText" if text == code else "w:t")
            part.text = text
        run._r.append(part)


def _bordered(cell: Any, **sides: str | None) -> None:
    """Lines at some sides of a cell, by their colours."""
    drawn = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{colour.upper()}"/>'
        for side, colour in sides.items()
        if colour is not None
    )
    if drawn:
        borders = parse_xml(f"<w:tcBorders {nsdecls('w')}>{drawn}</w:tcBorders>")
        properties = cell._tc.get_or_add_tcPr()
        width = properties.find(qn("w:tcW"))
        width.addnext(borders)


def _repeated(row: Any) -> None:
    """A heading row, printed again on each page that the table goes on on."""
    _whole(row)
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _whole(row: Any) -> None:
    """A row that no page end cuts."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.upper())
