"""What asks for a decision: units, each once; everything else; and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from metrics.core.vietnamese import number
from reports.blocks import Link, Paragraph, Section, Sentences
from reports.deck.beginning import decided_table
from reports.deck.saying import beside, called, from_where, sentence
from reports.material import Material, Noted

_UNITS: Final = 4
_LINES: Final = 7
_ORDER: Final = (
    "Xếp theo mức gấp như “Cần chỉ đạo” ở màn hình Điều hành tuần; ngưỡng và thứ tự xem ở màn hình "
    "Quản trị."
)


def units(material: Material) -> Section | None:
    """The call list: units, each once, with all their reasons.

    None: a single unit is in view.
    """
    if material.unit_table.height == 1:
        return None
    calls = material.calls.calls
    if calls:
        words = f"{number(len(calls))} đơn vị cần chỉ đạo, trước hết {calls[0].name}"
    else:
        words = "Không đơn vị nào cần chỉ đạo riêng trong kỳ này"
    said = [called(material, call) for call in calls]
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
            *(f"{call.name}: {' '.join(each.text for each in call.lines)}" for call in calls),
            _ORDER,
        ),
        # Where something can be done about them.
        link=Link("week"),
    )


def decisions(material: Material) -> Section:
    """What the meeting is asked to decide beside single units."""
    found = material.calls
    general, called_units = beside(found), len(found.calls)
    if found.is_empty:
        words = "Không có việc cần chỉ đạo"
    elif not general:
        words = f"Cần chỉ đạo {number(called_units)} đơn vị đã nêu, không có việc chung"
    elif called_units:
        words = (
            f"Xin chỉ đạo {number(called_units)} đơn vị đã nêu và {number(len(general))} việc khác"
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
