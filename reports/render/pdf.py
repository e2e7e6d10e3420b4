"""Documents and slides as PDF, set by Typst: fonts embedded, charts as lines, text selectable.

The template is data of this package (pdf.typ). What is printed goes to it as JSON and is never
part of its markup, so no text of the records can be taken for a command.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Final, Literal

import typst

from reports.blocks import (
    Block,
    Chart,
    Form,
    Headline,
    Paragraph,
    Report,
    Section,
    Sentences,
    Signature,
    Table,
)
from reports.render import look
from reports.written import written

Layout = Literal["pdf", "png", "svg"]


def render(report: Report) -> bytes:
    """A report as PDF: A4, or pages as wide as a screen where it is slides; the file's bytes.

    Raises:
        RuntimeError: the template is missing, or it cannot be set.
    """
    return typeset(_document(report), "pdf")


def typeset(content: dict[str, Any], layout: Layout, density: int | None = None) -> bytes:
    """What the template makes of a content.

    Args:
        density: dots an inch of a PNG.

    Raises:
        RuntimeError: the template is missing, or it cannot be set.
    """
    try:
        template = resources.files("reports.render").joinpath("pdf.typ").read_bytes()
    except OSError as error:
        raise RuntimeError(
            "Thiếu mẫu trình bày PDF (pdf.typ) trong bản cài đặt; hãy cài lại phần mềm."
        ) from error
    told = json.dumps({**_COLOURS, **content}, ensure_ascii=False)
    try:
        found: bytes = typst.compile(
            template,
            format=layout,
            ppi=density,
            sys_inputs={"report": told},
            ignore_system_fonts=True,
        )
    except (typst.TypstError, RuntimeError) as error:
        raise RuntimeError("Không trình bày được PDF từ mẫu của phần mềm.") from error
    return found


_COLOURS: Final = {
    "colours": {
        "accent": look.ACCENT,
        "ink": look.INK,
        "muted": look.MUTED,
        "line": look.LINE,
        "target": look.COLOURS["watch"],
        "series": list(look.SERIES),
    }
}


def _document(report: Report) -> dict[str, Any]:
    head = report.head
    return {
        "title": head.title,
        "whose": head.whose,
        "period": head.period,
        "as_of": head.as_of,
        "line": look.whose(head),
        "under": look.under(head),
        "form": head.form,
        "receiver": head.receiver,
        "closed": head.closed,
        "sample": look.SAMPLE if head.is_sample else "",
        "issuer": list(head.issuer),
        "place_and_day": head.place_and_day,
        "nation": look.NATION,
        "motto": look.MOTTO,
        "landscape": report.landscape,
        "slides": report.slides,
        "letters": report.letters,
        "sections": _pages(report),
    }


def _pages(report: Report) -> list[dict[str, Any]]:
    edges = report.head.edges
    if not report.slides:
        return [_section(each, edges) for each in report.sections]
    return [
        {
            "title": slide.title,
            "top": None if slide.top is None else _block(slide.top, edges),
            "top_rows": slide.headline_rows,
            "rows": [[_block(block, edges) for block in row] for row in slide.rows],
        }
        for section in report.sections
        for slide in look.slides(section)
    ]


def _section(section: Section, edges: look.Edges) -> dict[str, Any]:
    blocks = [_block(block, edges) for block in section.blocks]
    head = section.letterhead
    letter = (
        None
        if head is None
        else {
            "issuer": list(head.issuer),
            "place_and_day": head.place_and_day,
            "title": head.title,
            "to": list(head.to),
        }
    )
    return {"title": section.title, "blocks": blocks, "letter": letter}


def _block(block: Block, edges: look.Edges) -> dict[str, Any]:
    if isinstance(block, Headline):
        return {"kind": "headline", "numbers": _numbers(block, edges)}
    if isinstance(block, Table):
        return _table(block, edges)
    if isinstance(block, Chart):
        return chart_content(block, edges)
    if isinstance(block, Sentences):
        return _sentences(block)
    if isinstance(block, Form):
        return _form(block, edges)
    if isinstance(block, Signature):
        return {
            "kind": "signature",
            "roles": list(block.roles),
            "place_and_day": block.place_and_day,
            "receivers": list(block.receivers),
        }
    assert isinstance(block, Paragraph)
    return {"kind": "paragraph", "text": block.text}


def _numbers(block: Headline, edges: look.Edges) -> list[dict[str, Any]]:
    return [
        {
            "label": each.label,
            "value": written(each.value, each.kind, edges),
            "lines": [
                {"text": text, "colour": look.COLOURS[mark]}
                for text, mark in look.under_figure(each)
            ],
        }
        for each in block.numbers
    ]


def _table(block: Table, edges: look.Edges) -> dict[str, Any]:
    rows, total = look.table_rows(block, edges), look.total_row(block, edges)
    return {
        "kind": "table",
        "title": block.title,
        "heads": [look.heading(column) for column in block.columns],
        "right": [look.is_number(column.kind) for column in block.columns],
        "widths": look.widths(block, rows if total is None else [*rows, total]),
        "rows": rows,
        "shapes": [look.SHAPES[mark] for mark in look.marks(block)],
        "shades": [look.COLOURS[mark] for mark in look.marks(block)],
        "total": total,
        "note": block.note,
        "empty": block.empty,
    }


def chart_content(block: Chart, edges: look.Edges) -> dict[str, Any]:
    """A chart as the template draws it."""
    scale = look.axis(block)
    return {
        "kind": "chart",
        "chart": block.kind,
        "title": block.title,
        "categories": list(block.categories),
        "series": [
            {
                "name": each.name,
                "values": list(each.values),
                "texts": [written(value, block.unit, edges) for value in each.values],
            }
            for each in block.series
        ],
        "target": None
        if block.target is None
        else {"name": block.target[0], "value": block.target[1]},
        "low": scale.low,
        "high": scale.high,
        "ticks": [{"at": at, "text": look.tick(at, block.unit)} for at in scale.ticks],
        "note": block.note,
        "alt": look.described(block, edges),
    }


def _sentences(block: Sentences) -> dict[str, Any]:
    more = f"và {written(block.more, 'count')} việc khác" if block.more else ""
    return {
        "kind": "sentences",
        "title": block.title,
        "lines": [
            {
                "subject": line.subject,
                "text": line.text,
                "shape": look.SHAPES[line.mark],
                "colour": look.COLOURS[line.mark],
                "word": line.word,
            }
            for line in block.lines
        ],
        "empty": block.empty,
        "more": more,
    }


def _form(block: Form, edges: look.Edges) -> dict[str, Any]:
    return {
        "kind": "form",
        "heads": [
            {
                "x": column,
                "y": row,
                "text": cell.text,
                "columns": cell.columns,
                "rows": cell.rows,
            }
            for row, column, cell in look.placed(block.head)
        ],
        "height": len(block.head),
        "numbers": list(block.numbers),
        "right": [look.is_number(kind) for kind in block.kinds],
        "widths": list(block.widths) or [1.0] * len(block.kinds),
        "rows": look.form_rows(block.rows, block.kinds, edges),
        "levels": [row.level for row in block.rows],
        "note": block.note,
        "empty": block.empty,
    }
