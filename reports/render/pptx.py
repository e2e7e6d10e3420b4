"""Slides as PPTX: text, tables and charts that can be edited, in fonts that Windows has."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_CONNECTOR
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.oxml import serialize_part_xml
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Emu, Inches, Pt

from reports.blocks import (
    Block,
    Chart,
    Form,
    Headline,
    Mark,
    Number,
    Paragraph,
    Report,
    Sentences,
    Signature,
    Table,
)
from reports.render import look
from reports.render.pptx_charts import add_chart
from reports.written import written

FONT: Final = "Arial"
WIDTH, HEIGHT = Inches(13.333), Inches(7.5)
_MARGIN: Final = Inches(0.55)
_BODY_TOP: Final = Inches(1.45)
_BODY_END: Final = Inches(6.85)
_HEADLINE_HEIGHT: Final = Inches(1.75)
_GAP: Final = Inches(0.35)
_TITLE_ONLY: Final = 5
"""The layout of the library's own template that has a title and nothing else."""


def render(report: Report) -> bytes:
    """A report as slides, one a section; the file's bytes."""
    deck = Presentation()
    _prepare(deck)
    _tell(deck, report)
    for section in report.sections:
        for slide in look.slides(section):
            _add(deck, report, slide)
    out = BytesIO()
    deck.save(out)
    return out.getvalue()


def _prepare(deck: Any) -> None:
    """The library's template made wide, and in our fonts and colours."""
    scale = WIDTH / deck.slide_width
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT
    master = deck.slide_master
    for part in (master, *deck.slide_layouts):
        for shape in part.placeholders:
            if shape._element.spPr.xfrm is not None:
                shape.left, shape.width = int(shape.left * scale), int(shape.width * scale)
    _theme(master)


def _theme(master: Any) -> None:
    """Fonts and colours of the theme: what somebody adds by hand looks like the rest."""
    part = next(
        each.target_part for each in master.part.rels.values() if each.reltype.endswith("/theme")
    )
    theme = parse_xml(part.blob)
    for latin in theme.iter(qn("a:latin")):
        latin.set("typeface", FONT)
    scheme = next(theme.iter(qn("a:clrScheme")))
    named = {"dk2": look.ACCENT, "lt2": look.PALE}
    named |= {f"accent{at}": colour for at, colour in enumerate(look.SERIES, 1)}
    named |= {"accent5": look.COLOURS["watch"], "accent6": look.COLOURS["bad"]}
    for name, colour in named.items():
        entry = scheme.find(qn(f"a:{name}"))
        for child in list(entry):
            entry.remove(child)
        entry.append(parse_xml(f'<a:srgbClr {nsdecls("a")} val="{colour.upper()}"/>'))
    part._blob = serialize_part_xml(theme)


def _tell(deck: Any, report: Report) -> None:
    head, told = report.head, deck.core_properties
    told.title, told.subject = head.title, look.whose(head)
    told.author, told.last_modified_by, told.comments = "Đúng Hạn", "Đúng Hạn", head.source
    told.language = "vi-VN"


# -- a slide ------------------------------------------------------------------------------


def _add(deck: Any, report: Report, page: look.Slide) -> None:
    layout = deck.slide_layouts[_TITLE_ONLY]
    slide = deck.slides.add_slide(layout)
    _title(slide, page.title)
    _frame(slide, layout, report)
    top, edges = int(_BODY_TOP), report.head.edges
    if page.top is not None:
        tall = _BODY_END - _BODY_TOP if page.headline_rows > 1 else _HEADLINE_HEIGHT
        _headline(slide, page.top, (_MARGIN, top, WIDTH - 2 * _MARGIN, tall), edges, page)
        top += tall + _GAP
    _body(slide, page.rows, top, edges)
    notes = "\n\n".join(
        part for part in (page.section.notes, look.whose(report.head), look.under(report.head))
        if part
    )  # fmt: skip
    slide.notes_slide.notes_text_frame.text = notes


def _title(slide: Any, text: str) -> None:
    shape = slide.shapes.title
    shape.left, shape.top = _MARGIN, Inches(0.3)
    shape.width, shape.height = WIDTH - 2 * _MARGIN, Inches(0.95)
    frame = shape.text_frame
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.BOTTOM
    frame.margin_left = frame.margin_right = 0
    size = 30 if len(text) <= 55 else 24 if len(text) <= 130 else 18
    _say(frame.paragraphs[0], text, size, bold=True, colour=look.ACCENT)
    frame.paragraphs[0].alignment = PP_ALIGN.LEFT


def _frame(slide: Any, layout: Any, report: Report) -> None:
    """What stands on every slide: the line under the title, the foot, its number."""
    _rule(slide, _MARGIN, Inches(1.3), WIDTH - 2 * _MARGIN, 0)
    foot = _box(slide, _MARGIN, Inches(6.98), Inches(10.6), Inches(0.34), "Chân trang")
    _say(foot.paragraphs[0], look.whose(report.head), 12, colour=look.MUTED)
    if report.head.is_sample:
        sample = _box(slide, Inches(10.1), Inches(0.08), Inches(2.7), Inches(0.3), "Loại dữ liệu")
        _say(sample.paragraphs[0], look.SAMPLE, 12, bold=True, colour=look.COLOURS["watch"])
        sample.paragraphs[0].alignment = PP_ALIGN.RIGHT
    _numbered(slide, layout)


def _rule(slide: Any, left: int, top: int, width: int, height: int) -> None:
    """A thin line; without the shadow that the library's theme gives to lines."""
    sizes = [Emu(each) for each in (left, top, left + width, top + height)]
    rule = slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *sizes)
    rule.line.color.rgb, rule.line.width = _rgb(look.LINE), Pt(1)
    rule._element.remove(rule._element.find(qn("p:style")))


def _numbered(slide: Any, layout: Any) -> None:
    """The slide's number: a field, so that slides can be moved."""
    of_layout = next(each for each in layout.placeholders if each.placeholder_format.type == 13)
    at = of_layout.placeholder_format.idx
    slide.shapes._spTree.append(parse_xml(
        f'<p:sp {nsdecls("p", "a")}><p:nvSpPr><p:cNvPr id="{900 + at}" name="Số trang"/>'
        '<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>'
        f'<p:nvPr><p:ph type="sldNum" sz="quarter" idx="{at}"/></p:nvPr></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{WIDTH - _MARGIN - Inches(1.5)}" y="{Inches(6.98)}"/>'
        f'<a:ext cx="{Inches(1.5)}" cy="{Inches(0.34)}"/></a:xfrm></p:spPr>'
        '<p:txBody><a:bodyPr rIns="0"/><a:lstStyle/><a:p><a:pPr algn="r"/>'
        '<a:fld id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}" type="slidenum">'
        f'<a:rPr lang="vi-VN" sz="1200"><a:solidFill><a:srgbClr val="{look.MUTED.upper()}"/>'
        '</a:solidFill></a:rPr><a:t>‹#›</a:t></a:fld></a:p></p:txBody></p:sp>'
    ))  # fmt: skip


def _headline(
    slide: Any, block: Headline, area: Area, edges: look.Edges, page: look.Slide | None = None
) -> None:
    """Figures side by side; alone on a slide in two rows, and larger."""
    rows = 1 if page is None else page.headline_rows
    count = max(-(-len(block.numbers) // rows), 1)
    width, height = area[2] // count, area[3] // rows
    size = 60 if rows > 1 else 44 if count <= 4 else 34
    for at, figure in enumerate(block.numbers):
        left, top = area[0] + at % count * width, area[1] + at // count * height
        tall = height - (Inches(0.2) if rows > 1 else 0)
        if at % count:
            _rule(slide, left, top, 0, tall)
        inset = Inches(0.15) if at % count else 0
        frame = _box(slide, left + inset, top, width - inset - Inches(0.1), tall, figure.label)
        _figure(frame, figure, size, edges)


def _figure(frame: Any, figure: Number, size: int, edges: look.Edges) -> None:
    _say(frame.paragraphs[0], figure.label, 18 if size > 50 else 15, colour=look.MUTED)
    value = written(figure.value, figure.kind, edges)
    _say(frame.add_paragraph(), value, size, bold=True)
    for text, mark in look.under_figure(figure):
        small = 16 if size > 50 else 13
        _say(frame.add_paragraph(), text, small, colour=look.COLOURS[mark])


def _body(slide: Any, rows: Any, top: int, edges: look.Edges) -> None:
    """Rows of blocks: paragraphs as tall as they are, the others share what is left."""
    whole = int(WIDTH - 2 * _MARGIN)
    size = 24 if all(isinstance(row[0], Paragraph) for row in rows) else 18
    heights = [
        _paragraph_height(row[0], whole, size) if isinstance(row[0], Paragraph) else 0
        for row in rows
    ]
    left_over = int(_BODY_END) - top - sum(heights)
    for row, height in zip(rows, heights, strict=True):
        tall = height or left_over
        width = (whole - (len(row) - 1) * int(_GAP)) // len(row)
        for at, block in enumerate(row):
            area = (int(_MARGIN) + at * (width + int(_GAP)), top, width, tall)
            if isinstance(block, Paragraph):
                _lines(slide, [block.text], area, size)
            else:
                _block(slide, block, area, edges)
        top += tall


def _paragraph_height(block: Paragraph, width: int, size: int) -> int:
    return int((_wrapped(block.text, width, size) + 0.6) * Pt(size * 1.25))


def _wrapped(text: str, width: float, size: float) -> int:
    """About how many lines a text takes."""
    return max(1, -(-int(len(text) * Pt(size) * 0.52) // max(int(width), 1)))


Area = tuple[int, int, int, int]
"""Left, top, width, height."""


def _block(slide: Any, block: Block, area: Area, edges: look.Edges) -> None:
    if isinstance(block, Table):
        _table(slide, block, area, edges)
    elif isinstance(block, Chart):
        _chart(slide, block, area, edges)
    elif isinstance(block, Sentences):
        _sentences(slide, block, area)
    elif isinstance(block, Form):
        _form(slide, block, area, edges)
    elif isinstance(block, Signature):
        _lines(slide, [block.place_and_day, *block.roles], area, 16)
    elif isinstance(block, Headline):
        _headline(slide, block, area, edges)


# -- blocks -------------------------------------------------------------------------------


def _caption(slide: Any, text: str, area: Area) -> Area:
    """A block's own title above it; what is left of its area."""
    left, top, width, height = area
    if not text:
        return area
    frame = _box(slide, left, top, width, Inches(0.34), text)
    _say(frame.paragraphs[0], text, 16, bold=True)
    return left, top + Inches(0.4), width, height - Inches(0.4)


def _note(slide: Any, text: str, area: Area) -> Area:
    """A block's note at the foot of its area; what is left."""
    left, top, width, height = area
    if not text:
        return area
    tall = Inches(0.3) if len(text) * Pt(6) < width else Inches(0.5)
    frame = _box(slide, left, top + height - tall, width, tall, "Ghi chú")
    _say(frame.paragraphs[0], text, 12, colour=look.MUTED)
    return left, top, width, height - tall


def _chart(slide: Any, block: Chart, area: Area, edges: look.Edges) -> None:
    area = _note(slide, block.note, _caption(slide, block.title, area))
    add_chart(slide, block, area, FONT, edges)


def _table(slide: Any, block: Table, area: Area, edges: look.Edges) -> None:
    area = _caption(slide, block.title, area)
    if not block.rows:
        _lines(slide, [block.empty], area, 18)
        return
    left, top, width, height = _note(slide, block.note, area)
    rows, total = look.table_rows(block, edges), look.total_row(block, edges)
    printed = rows if total is None else [*rows, total]
    parts = look.widths(block, printed)
    size, tall = _table_size(block, printed, [int(width * part) for part in parts], height)
    shape = slide.shapes.add_table(
        len(printed) + 1, len(block.columns), left, top, width, tall * (len(printed) + 2)
    )
    shape.name = block.title
    table = shape.table
    _plain(table, has_total=total is not None)
    for at, part in enumerate(parts):
        table.columns[at].width = Emu(int(width * part))
    known: list[Mark] = [*look.marks(block), ""] if total is not None else look.marks(block)
    for at, column in enumerate(block.columns):
        cell = table.cell(0, at)
        _cell(cell, look.heading(column), size - 2, look.is_number(column.kind), look.MUTED)
    for number, (row, mark) in enumerate(zip(printed, known, strict=True), 1):
        table.rows[number].height = tall
        is_total = total is not None and number == len(printed)
        for at, (text, column) in enumerate(zip(row, block.columns, strict=True)):
            cell = table.cell(number, at)
            _cell(cell, text, size, look.is_number(column.kind), bold=is_total)
            if not at and mark:
                _led(cell, mark, size)
    table.rows[0].height = int(1.5 * tall)


def _table_size(
    block: Table, printed: list[list[str]], widths: list[int], height: int
) -> tuple[int, int]:
    """The largest size of text at which a table's rows fit, and the height of a row of one line."""
    for size in range(18, 9, -1):
        padded = [width - Inches(0.2) for width in widths]
        lines = [max(map(_wrapped, row, padded, [size] * len(row))) for row in printed]
        heads = [look.heading(column) for column in block.columns]
        most = max(map(_wrapped, heads, padded, [size - 2] * len(heads)))
        tall = int(Pt(size * 1.75))
        if (sum(lines) + max(most, 2)) * int(Pt(size * 1.2)) + (len(lines) + 1) * int(
            Pt(size * 0.55)
        ) <= height:
            return size, tall
    return 9, int(Pt(14))


def _plain(table: Any, has_total: bool) -> None:
    """No fills and bands: lines between the rows, as a printed table has them."""
    properties = table._tbl.tblPr
    table.horz_banding, table.first_row, table.last_row = False, True, has_total
    style = properties.find(qn("a:tableStyleId"))
    # "No Style, No Grid", which every PowerPoint knows.
    style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def _cell(
    cell: Any, text: str, size: int, is_right: bool, colour: str = look.INK, bold: bool = False
) -> None:
    cell.margin_left = Inches(0.06 if is_right else 0.12)
    cell.margin_right = Inches(0.06)
    cell.margin_top = cell.margin_bottom = Inches(0.02)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if is_right else PP_ALIGN.LEFT
    _say(paragraph, text, size, bold=bold, colour=colour)
    _ruled(cell)


def _ruled(cell: Any) -> None:
    properties = cell._tc.get_or_add_tcPr()
    properties.insert(0, parse_xml(
        f'<a:lnB {nsdecls("a")} w="9525"><a:solidFill>'
        f'<a:srgbClr val="{look.LINE.upper()}"/></a:solidFill></a:lnB>'
    ))  # fmt: skip


def _led(cell: Any, mark: Mark, size: int) -> None:
    """The shape of a row's mark before its first cell."""
    paragraph = cell.text_frame.paragraphs[0]
    first = paragraph.runs[0]
    run = paragraph.add_run()
    _dress(run, size, False, look.COLOURS[mark])
    run.text = f"{look.SHAPES[mark]} "
    first._r.addprevious(run._r)


def _sentences(slide: Any, block: Sentences, area: Area) -> None:
    area = _caption(slide, block.title, area)
    if not block.lines:
        _lines(slide, [block.empty], area, 20)
        return
    left, top, width, height = area
    frame = _box(slide, left, top, width, height, block.title or "Các việc")
    letters = sum(len(line.subject) + len(line.text) + len(line.word) for line in block.lines)
    size = _fitting(letters, len(block.lines), width, height)
    for at, line in enumerate(block.lines):
        paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
        paragraph.space_after = Pt(size * 0.5)
        if line.mark:
            word = f"{look.led(line.word, line.mark)}  "
            _say(paragraph, word, size - 3, colour=look.COLOURS[line.mark])
        _say(paragraph, line.subject, size, bold=True)
        _say(paragraph, f" {line.text}", size)
    if block.more:
        text = f"và {written(block.more, 'count')} việc khác"
        _say(frame.add_paragraph(), text, 14, colour=look.MUTED)


def _fitting(letters: int, lines: int, width: int, height: int) -> int:
    """The largest size at which texts fit."""
    for size in range(22, 11, -1):
        a_line = width / Pt(size * 0.53)
        rows = letters / a_line + lines * 0.5
        if rows * size * 1.25 + lines * size * 0.5 < height / Pt(1):
            return size
    return 11


def _lines(slide: Any, texts: list[str], area: Area, size: int) -> None:
    frame = _box(slide, *area, texts[0][:40] or "Lời")
    for at, text in enumerate(texts):
        _say(frame.paragraphs[0] if at == 0 else frame.add_paragraph(), text, size)


def _form(slide: Any, block: Form, area: Area, edges: look.Edges) -> None:
    """A form on a slide: its headings as they span, its lines small."""
    left, top, width, height = _note(slide, block.note, area)
    lines = look.form_rows(block.rows, block.kinds, edges)
    heads = len(block.head)
    table = slide.shapes.add_table(
        heads + 1 + len(lines), len(block.kinds), left, top, width, height
    ).table
    _plain(table, has_total=False)
    for row, column, cell in look.placed(block.head):
        here = table.cell(row, column)
        _cell(here, cell.text, 11, False, look.MUTED)
        if cell.columns > 1 or cell.rows > 1:
            here.merge(table.cell(row + cell.rows - 1, column + cell.columns - 1))
    for at, text in enumerate(block.numbers):
        _cell(table.cell(heads, at), text, 9, False, look.MUTED)
    for row, (line, declared) in enumerate(zip(lines, block.rows, strict=True), heads + 1):
        for at, text in enumerate(line):
            is_right = look.is_number(block.kinds[at])
            _cell(table.cell(row, at), text, 11, is_right, bold=declared.level < 2)


# -- text ---------------------------------------------------------------------------------


def _box(slide: Any, left: int, top: int, width: int, height: int, name: str) -> Any:
    shape = slide.shapes.add_textbox(Emu(left), Emu(top), Emu(width), Emu(height))
    shape.name = name
    frame = shape.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    return frame


def _say(
    paragraph: Any, text: str, size: float, bold: bool = False, colour: str = look.INK
) -> None:
    run = paragraph.add_run()
    _dress(run, size, bold, colour)
    run.text = text


def _dress(run: Any, size: float, bold: bool, colour: str) -> None:
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
    run.font.color.rgb = _rgb(colour)
    run._r.get_or_add_rPr().set("lang", "vi-VN")


def _rgb(colour: str) -> RGBColor:
    found: RGBColor = RGBColor.from_string(colour.upper())
    return found
