"""The first slides: what the meeting looks at, and what became of what the last one asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from metrics.core.vietnamese import number
from reports.blocks import Column, Mark, Paragraph, Section, Table
from reports.deck.saying import from_where
from reports.head import head
from reports.material import Material, Noted

OUTCOMES: Final[dict[str, str]] = {
    "": "Chưa có kết quả",
    "going": "Đang làm",
    "done": "Đã xong",
    "not_done": "Không làm được",
}
"""What became of a decision → its word."""

_MARKS: Final[dict[str, Mark]] = {"done": "good", "going": "watch", "not_done": "bad"}

_NO_FEEDBACK: Final = (
    "Không có trang riêng về phản ánh, kiến nghị; phản ánh quá hạn đứng ở trang đơn vị."
)


def title(material: Material, words: str) -> Section:
    """Of whom, of when, from what."""
    told = head(words, material)
    lines = [told.whose, told.as_of, f"Cách tính đúng hạn: {told.definition}", told.source]
    if told.is_sample:
        lines.insert(1, "Dữ liệu minh họa, không phải số liệu thật.")
    note = material.period.note
    return Section(
        key="title",
        name="Trang đầu",
        title=words,
        blocks=tuple(Paragraph(line) for line in lines if line),
        notes=from_where(material, f"{note}." if note else "", _NO_FEEDBACK),
    )


def asked(before: Sequence[Noted] | None, names: Mapping[int, str]) -> Section:
    """What earlier meetings asked for, and what became of each.

    Args:
        before: None: no earlier meeting is known. names: of units.
    """
    if before is None:
        words = "Chưa ghi cuộc họp nào trước kỳ này"
    elif not before:
        words = "Cuộc họp trước không ghi việc nào cần theo dõi"
    else:
        words = _sentence(before)
    return Section(
        key="asked",
        name="Việc giao lần trước",
        title=words,
        blocks=(
            decided_table(names, before, "Việc đã giao")
            if before
            else Paragraph(
                "Việc giao ghi ở cuộc họp này sẽ được nhắc ở trang này của cuộc họp sau."
            ),
        ),
        notes="Việc ghi ở màn hình Trình chiếu trong các cuộc họp trước; việc chưa xong được nhắc "
        "lại ở mỗi cuộc họp sau.",
    )


def _sentence(before: Sequence[Noted]) -> str:
    of = Counter(each.outcome for each in before)
    parts = [f"{number(of[key])} {word.lower()}" for key, word in OUTCOMES.items() if of[key]]
    return f"{number(len(before))} việc đã giao: {', '.join(parts)}"


def decided_table(names: Mapping[int, str], decisions: Sequence[Noted], title: str) -> Table:
    """Decisions with who was asked, by when, and what became of them."""
    return Table(
        title,
        (
            Column("Việc", width=46),
            Column("Đơn vị", width=24),
            Column("Hạn", "day", width=12),
            Column("Kết quả", width=26),
        ),
        [
            (
                each.text,
                "Chưa ghi" if each.unit_id is None else names.get(each.unit_id, "Đơn vị khác"),
                each.due_on,
                _outcome(each),
            )
            for each in decisions
        ],
        marks=[_MARKS.get(each.outcome, "open") for each in decisions],
    )


def _outcome(decision: Noted) -> str:
    word = OUTCOMES.get(decision.outcome, decision.outcome)
    return f"{word}: {decision.outcome_note}" if decision.outcome_note else word
