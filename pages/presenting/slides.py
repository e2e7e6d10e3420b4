"""A section as a slide in HTML; sizes follow the slide's own width (ui/kit/slides.css)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from reports.blocks import (
    Block,
    Chart,
    Head,
    Headline,
    Mark,
    Number,
    Paragraph,
    Section,
    Sentence,
    Sentences,
    Table,
    Value,
)
from reports.render.slide_charts import DARK, LIGHT, picture, told
from reports.written import written
from ui.kit.marks import BAD, GOOD, OPEN, WARN, Html
from ui.shell.text import safe

_MARKS: Final[Mapping[Mark, tuple[str, str]]] = {
    "": ("", ""),
    "good": (GOOD.shape, "good"),
    "watch": (WARN.shape, "warn"),
    "bad": (BAD.shape, "bad"),
    "open": (OPEN.shape, "open"),
}
_WIDE: Final = (1760, 700)
_BESIDE: Final = (1040, 680)


def slide(
    section: Section, head: Head, place: str, live: str, own: str = "", hidden: bool = False
) -> Html:
    """A slide with its notes.

    Args:
        place: its number, "3/15". live: the address of the screen behind it; "": none.
        own: the presenter's own words. hidden: it is left out of the show.
    """
    is_beside = len(section.blocks) == 2 and isinstance(section.blocks[0], Chart)
    kinds = ["dh-s-body"] + ["dh-s-two"] * is_beside + ["dh-s-first"] * (section.key == "title")
    size = _BESIDE if is_beside else _WIDE
    body = "".join(_block(block, head, size) for block in section.blocks)
    said = f'<p class="dh-s-own">{_lines(own)}</p>' if own else ""
    sample = '<b class="dh-s-sample">Dữ liệu minh họa</b>' if head.is_sample else ""
    left = ' data-hidden="true"' if hidden else ""
    return Html(
        f'<section class="dh-slide" data-key="{safe(section.key)}" data-live="{safe(live)}" '
        f'data-place="{safe(place)}" aria-label="{safe(section.name)}"{left}>'
        f'<div class="dh-s"><h2 class="dh-s-title">{safe(section.title)}</h2>'
        f'<div class="{" ".join(kinds)}">{body}</div>{said}'
        f'<div class="dh-s-foot"><span>{safe(head.whose)} · {safe(head.period)} · '
        f'{safe(head.as_of)}</span>{sample}<span class="dh-s-no">{safe(place)}</span></div></div>'
        f'<div class="dh-s-notes" hidden>{_lines(section.notes)}</div></section>'
    )


def _lines(text: str) -> str:
    return "<br>".join(safe(line) for line in text.splitlines())


def _block(block: Block, head: Head, size: tuple[int, int]) -> str:
    if isinstance(block, Headline):
        return _headline(block, head)
    if isinstance(block, Table):
        return _table(block, head)
    if isinstance(block, Chart):
        return _chart(block, head, size)
    if isinstance(block, Sentences):
        return _sentences(block)
    if isinstance(block, Paragraph):
        return f'<p class="dh-s-text">{safe(block.text)}</p>'
    return ""


def _marked(mark: Mark, word: str) -> str:
    shape, style = _MARKS[mark]
    return (
        f'<span class="dh-s-{style}">{shape} {safe(word)}</span>' if word and shape else safe(word)
    )


def _headline(block: Headline, head: Head) -> str:
    few = " dh-s-few" if len(block.numbers) <= 4 else ""
    cards = "".join(_number(each, head) for each in block.numbers)
    return f'<div class="dh-s-cards{few}">{cards}</div>'


def _number(each: Number, head: Head) -> str:
    state = f'<div class="dh-s-state">{_marked(each.mark, each.word)}</div>' if each.word else ""
    _, style = _MARKS[each.change_mark]
    change = (
        f'<div class="dh-s-small dh-s-{style}">{safe(each.change)}</div>' if each.change else ""
    )
    below = f'<div class="dh-s-small">{safe(each.below)}</div>' if each.below else ""
    return (
        f'<div class="dh-s-card"><div class="dh-s-label">{safe(each.label)}</div>'
        f'<div class="dh-s-value">{safe(written(each.value, each.kind, head.edges))}</div>'
        f"{below}{change}{state}</div>"
    )


def _table(block: Table, head: Head) -> str:
    if not block.rows:
        return f'<p class="dh-s-text">{safe(block.empty)}</p>'
    wide = sum(each.width or 0 for each in block.columns)
    columns = "".join(
        f'<col style="width:{100 * each.width / wide:.0f}%">' if wide and each.width else "<col>"
        for each in block.columns
    )
    heads = "".join(
        f'<th scope="col"{_right(each.kind)}>{safe(_named(each.title, each.unit))}</th>'
        for each in block.columns
    )
    marks: Sequence[Mark] = block.marks or [""] * len(block.rows)
    rows = "".join(
        _row(block, row, mark, head) for row, mark in zip(block.rows, marks, strict=True)
    )
    total = _row(block, block.total, "", head, "dh-s-total") if block.total else ""
    note = f'<p class="dh-s-small">{safe(block.note)}</p>' if block.note else ""
    return (
        f'<div class="dh-s-part"><table class="dh-s-table"><caption>{safe(block.title)}</caption>'
        f"<colgroup>{columns}</colgroup><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}{total}</tbody></table>{note}</div>"
    )


def _named(title: str, unit: str) -> str:
    return f"{title}, {unit}" if unit else title


def _right(kind: str) -> str:
    return "" if kind in ("text", "day", "moment") else ' class="dh-n"'


def _row(block: Table, row: Sequence[Value], mark: Mark, head: Head, style: str = "") -> str:
    cells = []
    last = len(row) - 1
    for place, (value, column) in enumerate(zip(row, block.columns, strict=True)):
        text = written(value, column.kind, head.edges)
        inside = _marked(mark, text) if place == last else safe(text)
        cells.append(f"<td{_right(column.kind)}>{inside}</td>")
    of = f' class="{style}"' if style else ""
    return f"<tr{of}>{''.join(cells)}</tr>"


def _chart(block: Chart, head: Head, size: tuple[int, int]) -> str:
    """The picture twice: on light and on dark ground; the style sheet shows one."""
    words = safe(told(block, head.edges))
    drawn = "".join(
        f'<img class="dh-s-{ground}" alt="{words}" src="data:image/svg+xml,'
        f'{quote(picture(block, size, ink, edges=head.edges))}">'
        for ground, ink in (("light", LIGHT), ("dark", DARK))
    )
    note = f'<p class="dh-s-small">{safe(block.note)}</p>' if block.note else ""
    return (
        f'<div class="dh-s-part dh-s-chart"><div class="dh-s-caption">{safe(block.title)}</div>'
        f"{drawn}{note}</div>"
    )


def _sentences(block: Sentences) -> str:
    if not block.lines:
        return f'<p class="dh-s-text">{safe(block.empty)}</p>'
    lines = "".join(_sentence(each) for each in block.lines)
    more = f'<p class="dh-s-small">và {block.more} việc khác</p>' if block.more else ""
    few = " dh-s-loose" if len(block.lines) <= 3 else ""
    return f'<div class="dh-s-part"><ul class="dh-s-list{few}">{lines}</ul>{more}</div>'


def _sentence(each: Sentence) -> str:
    mark = f"{_marked(each.mark, each.word)} " if each.word else ""
    return f"<li>{mark}<b>{safe(each.subject)}</b> {safe(each.text)}</li>"
