"""What asks for a decision: units, each once; everything else; and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from metrics.core.vietnamese import number
from metrics.dossiers.attention import Line
from reports.blocks import Link, Paragraph, Section, Sentence, Sentences
from reports.deck.beginning import decided_table
from reports.deck.saying import from_where, name_of, sentence
from reports.material import Material, Noted

_UNITS: Final = 5
_LINES: Final = 7
_ORDER: Final = (
    "Xếp theo mức gấp như “Cần chỉ đạo” ở màn hình Điều hành tuần; ngưỡng và thứ tự xem ở màn hình "
    "Quản trị."
)


def units(material: Material) -> Section | None:
    """Units with a line of their own under "Cần chỉ đạo", each once, with all its reasons.

    None: a single unit is in view.
    """
    if material.unit_table.height == 1:
        return None
    of: dict[int, list[Line]] = {}
    for line in material.lines:
        if (unit := _unit_of(material, line)) is not None:
            of.setdefault(unit, []).append(line)
    if of:
        first = name_of(material, next(iter(of)))
        words = f"{number(len(of))} đơn vị cần chỉ đạo, trước hết {first}"
    else:
        words = "Không đơn vị nào cần chỉ đạo riêng trong kỳ này"
    said = [_unit(material, unit, lines) for unit, lines in of.items()]
    return Section(
        key="units",
        name="Đơn vị cần chỉ đạo",
        title=words,
        blocks=(
            Sentences(said[:_UNITS], empty="Không có đơn vị nào."),
            *([Paragraph(f"và {number(len(said) - _UNITS)} đơn vị khác")] * (len(said) > _UNITS)),
        ),
        notes=from_where(
            material,
            *(f"{one.subject}: {' '.join(each.text for each in of[unit])}"
              for one, unit in zip(said, of, strict=True)),
            _ORDER,
        ),
        link=Link("units"),
    )  # fmt: skip


def _unit_of(material: Material, line: Line) -> int | None:
    """The one unit that a line speaks of; what is in view as a whole is no unit of it."""
    unit = line.where.get("unit_id")
    if not isinstance(unit, int) or unit in (material.asked.unit, material.root):
        return None
    return unit


def _unit(material: Material, unit: int, lines: list[Line]) -> Sentence:
    """The most urgent reason in full; the others by what they are."""
    first, rest = lines[0], lines[1:]
    more = f" Còn {number(len(rest))} lý do: {'; '.join(map(_kind, rest))}." if rest else ""
    return sentence(material, first, name_of(material, unit), first.text + more)


def _kind(line: Line) -> str:
    count = f"{number(line.count)} " if line.count else ""
    return {
        "without_apology": f"{count}hồ sơ chưa xin lỗi",
        "tasks_past_due": f"{count}nhiệm vụ quá hạn",
        "findings_past_due": f"{count}tồn tại kiểm tra quá hạn",
        "commitment": "cam kết không đạt hoặc có nguy cơ",
        "target": "chỉ tiêu không đạt hoặc có nguy cơ",
        "past_allowed": "trễ hẹn quá số lần cho phép",
        "below_target": "dưới mục tiêu đúng hạn",
    }.get(line.kind, "việc khác")


def decisions(material: Material) -> Section:
    """What the meeting is asked to decide beside single units."""
    general = [line for line in material.lines if _unit_of(material, line) is None]
    of_units = len(material.lines) - len(general)
    if not material.lines:
        words = "Không có việc cần chỉ đạo"
    elif not general:
        words = f"Cần chỉ đạo {number(of_units)} việc, đều của từng đơn vị đã nêu"
    elif of_units:
        words = (
            f"Xin chỉ đạo {number(len(material.lines))} việc: {number(of_units)} của từng đơn vị "
            f"đã nêu, {number(len(general))} việc chung"
        )
    else:
        words = f"Xin chỉ đạo {number(len(general))} việc"
    said = [sentence(material, line) for line in general]
    return Section(
        key="decisions",
        name="Xin ý kiến chỉ đạo",
        title=words,
        blocks=(Sentences(said[:_LINES], more=max(len(said) - _LINES, 0)),),
        notes=from_where(material, *(f"{s.subject} {s.text}" for s in said), _ORDER),
        link=Link("week"),
    )


def concluded(now: Sequence[Noted], names: Mapping[int, str]) -> Section | None:
    """What was decided at this meeting; None before anything is."""
    if not now:
        return None
    return Section(
        key="concluded",
        name="Kết luận",
        title=f"Cuộc họp giao {number(len(now))} việc",
        blocks=(decided_table(names, now, "Việc đã giao"),),
        notes="Ghi trong cuộc họp ở màn hình Trình chiếu; trang đầu cuộc họp sau sẽ nhắc lại.",
    )
