"""How registers stand: tasks, inspections, targets and signatures, indices."""

from __future__ import annotations

from typing import Final

from metrics.core.printed import DECIMALS
from metrics.core.vietnamese import UNKNOWN, number, percent
from metrics.indices.review import Standing, change_words, rank_words
from metrics.targets.review import counted as count_states
from metrics.targets.terms import STATES
from reports.blocks import (
    Block,
    Column,
    Headline,
    Link,
    Mark,
    Number,
    Paragraph,
    Section,
    Sentences,
    Table,
)  # fmt: skip
from reports.deck.saying import STATE_MARKS, about, from_where, name_of, sentence
from reports.material import Material

_LINES: Final = 3
_ROWS: Final = 7


def tasks(material: Material) -> Section:
    """Launched, completed, past due, silent; and which units are to be chased."""
    found = material.tasks
    if found is None:
        words = "Chưa nhập nhiệm vụ nào của chương trình đang thực hiện"
        return _without(material, "tasks", "Nhiệm vụ", words)
    cell = found.cell("tasks_launched")
    if not cell["denominator"]:
        words = "Chương trình đang thực hiện chưa có nhiệm vụ nào"
        return _without(material, "tasks", "Nhiệm vụ", words)
    assigned, launched = cell["denominator"], cell["numerator"]
    past = found.count("tasks_past_due")
    words = (
        f"{number(assigned)} nhiệm vụ được giao, chưa ai báo cáo triển khai"
        if launched is None
        else f"{number(launched)}/{number(assigned)} nhiệm vụ được triển khai "
        f"({percent(cell['rate'])})"
    )
    words += f"; {number(past)} đã qua hạn chưa hoàn thành" if past else ""
    keys = ("tasks_launched", "tasks_completed", "tasks_past_due", "tasks_not_updated")
    numbers = [
        Number(
            keys[0],
            "Được triển khai",
            None if launched is None else f"{number(launched)}/{number(assigned)}",
            "text",
            below=f"{percent(cell['rate'])} nhiệm vụ được giao",
        ),
        _done(material),
        _count(material, "tasks_past_due", "Đã qua hạn, cần đôn đốc", bad=True),
        _count(material, "tasks_not_updated", "Chậm cập nhật", bad=False),
    ]
    lines = [sentence(material, line) for line in material.task_lines[:_LINES]]
    blocks: tuple[Block, ...] = (Headline(numbers),)
    blocks += (Sentences(lines, more=max(len(material.task_lines) - _LINES, 0)),) if lines else ()
    return Section(
        key="tasks",
        name="Nhiệm vụ",
        title=words,
        blocks=blocks,
        notes=from_where(material, *(about(material, key, found.cell(key)) for key in keys)),
        link=Link("tasks", {"when": "running"}),
    )


def _done(material: Material) -> Number:
    found = material.tasks
    assert found is not None
    done, silent = found.count("tasks_completed"), found.count("tasks_completion_unknown")
    below = f"{number(silent)} chưa rõ" if silent else "nhiệm vụ"
    return Number("tasks_completed", "Đã hoàn thành", done, below=below)


def _count(material: Material, key: str, label: str, *, bad: bool) -> Number:
    found = material.tasks
    assert found is not None
    value = found.count(key)
    mark: Mark = ("bad" if bad else "watch") if value else ""
    link = Link("tasks", {"figure": key, "when": "running"})
    word = "cần đôn đốc" if value and bad else ""
    return Number(key, label, value, below="nhiệm vụ", mark=mark, word=word, link=link)


def inspections(material: Material) -> Section:
    """Findings: fixed, open, past due; visits of the period."""
    found = material.inspections
    if found is None:
        words = "Chưa nhập cuộc kiểm tra, tồn tại nào"
        return _without(material, "inspections", "Kiểm tra", words)
    fixed = found.cell("findings_fixed")
    past = found.count("findings_past_due")
    if fixed["denominator"]:
        words = (
            f"Đã khắc phục {number(fixed['numerator'])}/{number(fixed['denominator'])} tồn tại "
            f"kiểm tra ({percent(fixed['rate'])})"
        )
        words += f"; {number(past)} quá hạn chưa khắc phục" if past else ""
    else:
        words = f"{number(found.count('visits'))} cuộc kiểm tra trong kỳ, không có tồn tại nào"
    keys = ("visits", "findings_fixed", "findings_open", "findings_past_due")
    numbers = [
        Number("visits", "Cuộc kiểm tra trong kỳ", found.count("visits"), below="cuộc"),
        Number(
            "findings_fixed",
            "Đã khắc phục",
            f"{number(fixed['numerator'])}/{number(fixed['denominator'])}",
            "text",
            below=f"{percent(fixed['rate'])} tồn tại",
        ),
        Number("findings_open", "Chưa khắc phục", found.count("findings_open"), below="tồn tại"),
        Number(
            "findings_past_due",
            "Quá hạn chưa khắc phục",
            past,
            below="tồn tại",
            mark="bad" if past else "",
            word="cần đôn đốc" if past else "",
        ),
    ]
    lines = [sentence(material, line) for line in material.finding_lines[:_LINES]]
    more = max(len(material.finding_lines) - _LINES, 0)
    blocks: tuple[Block, ...] = (Headline(numbers),)
    blocks += (Sentences(lines, more=more),) if lines else ()
    return Section(
        key="inspections",
        name="Kiểm tra",
        title=words,
        blocks=blocks,
        notes=from_where(material, *(about(material, key, found.cell(key)) for key in keys)),
        link=Link("inspections"),
    )


def targets(material: Material) -> Section:
    """Targets that run, each with what it has reached; signatures counted."""
    judged, signed = material.targets
    if not judged:
        words = "Không có chỉ tiêu nào đang thực hiện"
        return _without(material, "targets", "Chỉ tiêu, cam kết", words)
    of = count_states([one.judgement.state for one in judged])
    parts = [f"{number(count)} {STATES[state].lower()}" for state, count in of.items() if count]
    order = list(STATES)
    shown = sorted(judged, key=lambda one: order.index(one.judgement.state))[:_ROWS]
    blocks: list[Block] = [
        Table(
            "Chỉ tiêu đang thực hiện",
            (
                Column("Chỉ tiêu", width=54),
                Column("Đơn vị", width=22),
                Column("Đang đạt", width=13),
                Column("Đánh giá", width=29),
            ),
            [
                (
                    one.row["name"],
                    name_of(material, one.row["unit_id"]),
                    one.judgement.shown,
                    STATES[one.judgement.state],
                )
                for one in shown
            ],
            marks=[STATE_MARKS.get(one.judgement.state, "") for one in shown],
            note=f"và {number(len(judged) - _ROWS)} chỉ tiêu khác" if len(judged) > _ROWS else "",
        )
    ]
    if signed:
        told = count_states([one.state for one in signed])
        said = ", ".join(f"{number(n)} {STATES[key].lower()}" for key, n in told.items() if n)
        blocks.append(Paragraph(f"{number(len(signed))} cam kết đã ký: {said}."))
    return Section(
        key="targets",
        name="Chỉ tiêu, cam kết",
        title=f"{number(len(judged))} chỉ tiêu: {', '.join(parts)}",
        blocks=tuple(blocks),
        notes=from_where(
            material, *(f"{one.row['name']}: {one.judgement.sentence}" for one in shown)
        ),
        link=Link("targets"),
    )


def indices(material: Material) -> Section | None:
    """The province's last known editions; None for one of its parts."""
    found = material.index_standings
    if not found:
        return None
    falls = material.index_lines
    words = (
        f"{falls[0].subject}: {falls[0].text.split(';')[0].rstrip('.')}"
        if falls
        else f"{_named(found[0])}: hạng {rank_words(found[0].point, UNKNOWN)}"
    )
    return Section(
        key="indices",
        name="Chỉ số",
        title=words,
        blocks=(
            Table(
                "Lần công bố gần nhất đã biết",
                (
                    Column("Chỉ số", width=30),
                    Column("Điểm", width=14),
                    Column("Hạng", width=14),
                    Column("So lần trước", width=26),
                ),
                [(_named(one), _score(one), rank_words(one.point, UNKNOWN), _change(one))
                 for one in found],
                marks=[_fell(one) for one in found],
            ),
        ),
        notes=from_where(
            material,
            *(f"{_named(one)}: {'; '.join(one.point['sources'])}." for one in found),
            "Hạng và điểm là số đã công bố; không so sánh qua lần đổi phương pháp.",
        ),
        link=Link("indices"),
    )  # fmt: skip


def _named(one: Standing) -> str:
    return f"{one.index} {one.year} của {one.name}"


def _score(one: Standing) -> str:
    return number(one.point["score"], DECIMALS["score"])


def _change(one: Standing) -> str:
    change = one.change
    if one.base is None:
        return "chưa có lần trước"
    if change is None or change["places_up"] is None:
        return "không so sánh được"
    up = change["places_up"]
    if not up:
        return f"{change_words(up)} so {one.base}"
    return f"{'tăng' if up > 0 else 'giảm'} {number(abs(up))} bậc so {one.base}"


def _fell(one: Standing) -> Mark:
    change = one.change
    up = None if change is None else change["places_up"]
    return "" if not up else "good" if up > 0 else "bad"


def _without(material: Material, key: str, name: str, words: str) -> Section:
    """A subject that nobody has filled says so; the unknown is not 0."""
    text = "Chưa có dữ liệu cho các đơn vị đang xem; không có nghĩa là không phát sinh."
    return Section(key, words, (Paragraph(text),), name, from_where(material), Link(key))
