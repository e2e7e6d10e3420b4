"""Words that several slides have: notes of the speaker, marks, links, names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from metrics.core.figure import UNIT_WORDS, Figure
from metrics.core.on_time import as_read, spoken
from metrics.core.report_forms import told
from metrics.core.vietnamese import UNKNOWN, as_of, number
from metrics.dossiers.attention import Line
from metrics.dossiers.calls import Call, CallList
from metrics.feedback.figures import FEEDBACK_FIGURE
from metrics.figures import any_figure
from metrics.indices import lines as index_lines
from metrics.inspections.figures import INSPECTION_FIGURE
from metrics.targets import lines as target_lines
from metrics.tasks.figures import TASK_FIGURE
from metrics.tasks.requests import REQUESTS
from reports.blocks import Link, Mark, Sentence
from reports.material import Material

Row = Mapping[str, Any]

_LEVELS: Final[dict[str, tuple[Mark, str]]] = {
    "alarm": ("bad", "Gấp"),
    "warning": ("watch", "Lưu ý"),
}

STATE_MARKS: Final[dict[str, Mark]] = {
    "alarm": "bad",
    "below": "watch",
    "open": "open",
    "held": "watch",
    "met": "good",
    "unknown": "open",
    "missed": "bad",
    "at_risk": "watch",
    "likely": "good",
}
"""State of a rate or of a target → how it is marked."""


def name_of(material: Material, unit: int | None) -> str:
    """What a unit is called."""
    if unit is None:
        return "Chưa rõ đơn vị"
    return material.unit_names.get(unit, "Đơn vị khác")


def about(material: Material, key: str, cell: Row | None = None, more: str = "") -> str:
    """What the speaker may say of a figure: its sides, what it means, where it is from.

    Args:
        key: of any figure. cell: as measured (``numerator``, ``denominator``); None: no sides.
    """
    figure = as_read(any_figure(key), material.ask)
    sides = "" if cell is None else f" {_sides(figure, cell)}"
    reading = f" Cách xét: {spoken(material.ask)}." if key == "on_time" else ""
    basis = told(figure.basis, material.ask.last_day)
    return f"{figure.label}:{sides} {figure.meaning}{reading} Căn cứ: {basis}.{more}"


def _sides(figure: Figure, cell: Row) -> str:
    counted = number(cell["numerator"])
    if not figure.is_ratio:
        return f"{counted} {UNIT_WORDS[figure.unit]}."
    of = number(cell["denominator"])
    top = figure.numerator_meaning or "tử số"
    return f"tử số {counted} ({top}), mẫu số {of} ({figure.denominator_meaning or 'mẫu số'})."


def from_where(material: Material, *lines: str) -> str:
    """The notes of a slide: its figures, then how far they reach and from what."""
    asked = material.asked
    reach = f"Số liệu {as_of(material.ask.moment)}. {asked.source}"
    return "\n".join([*(line for line in lines if line), reach.strip()])


def sentence(material: Material, line: Line) -> Sentence:
    """A line of "Cần chỉ đạo" as a sentence of a slide."""
    mark, word = _LEVELS[line.level]
    return Sentence(line.subject, line.text, mark, word, link_of(material, line))


def called(material: Material, call: Call) -> Sentence:
    """A unit of the call list as a short sentence, with what was asked of it last.

    Short: to be read from afar, or to fit two pages. Its link is its first reason's.
    """
    mark, word = _LEVELS[call.level]
    link = link_of(material, call.lines[0])
    before = material.last_requests.get(call.unit)
    said = call.short + (f" {before.sentence}." if before else "")
    return Sentence(name_of(material, call.unit), said, mark, word, link)


def beside(found: CallList) -> list[Line]:
    """What is nobody's call, the late sources first."""
    return [*([found.sources] if found.sources else []), *found.rest]


def link_of(material: Material, line: Line) -> Link | None:
    """The live screen behind a line; a list of few dossiers is not opened."""
    units = line.where.get("unit_id")
    chosen = units if isinstance(units, list) else [units] if units is not None else []
    among = {"units": ",".join(str(unit) for unit in chosen)} if chosen else {}
    figure = line.figure or ""
    if line.kind == "stale_source":
        return Link("data")
    if figure in TASK_FIGURE:
        when = "weekly" if line.kind in REQUESTS else "running"
        return Link("tasks", {"figure": figure, "when": when} | among)
    if figure in INSPECTION_FIGURE:
        return Link("inspections", {"figure": figure} | among)
    if figure in FEEDBACK_FIGURE:
        return Link("feedback", {"figure": figure} | among)
    if figure == target_lines.FIGURE:
        target = line.where.get("target_id")
        return Link("targets", {} if target is None else {"target": str(target)})
    if figure == index_lines.FIGURE:
        return Link("indices", {name: str(value) for name, value in line.where.items()})
    if figure == "unit_list":
        return Link("units", among)
    if material.is_small(line.count):
        return None
    part = {} if line.part == "numerator" else {"part": line.part}
    return Link("late", {"figure": figure} | part | among)


def counted(value: int | None, word: str) -> str:
    """A number with what it counts; unknown is said so."""
    return f"chưa rõ {word}" if value is None else f"{number(value)} {word}"


def lower(text: str) -> str:
    """A sentence's beginning in the middle of another."""
    return text[:1].lower() + text[1:]


def share_of(values: Sequence[int | None]) -> str:
    """25/29; unknown is "–"."""
    return "/".join(UNKNOWN if value is None else number(value) for value in values)
