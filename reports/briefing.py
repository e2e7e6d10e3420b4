"""The chair's weekly briefing: two pages that say what the review meeting's slides say.

Sentences and numbers are the slides' own (reports/deck); here they are only set closer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import polars as pl

from metrics.core.measure import total
from metrics.core.on_time import missed_word
from metrics.core.verdict import words as state_words
from metrics.core.vietnamese import number, points
from metrics.dossiers.comparison import moved
from metrics.dossiers.review import HEADLINE
from metrics.targets.review import counted as count_states
from metrics.targets.terms import STATES
from reports.blocks import (
    Block,
    Chart,
    Column,
    Kind,
    Paragraph,
    Report,
    Section,
    Sentence,
    Sentences,
    Signature,
    Table,
    Value,
)
from reports.deck import headline, late, standing
from reports.deck.saying import STATE_MARKS, beside, called, name_of, sentence
from reports.head import head
from reports.material import Material
from reports.written import written

_LINES: Final = 6
_UNITS: Final = 8
_ROWS: Final = 6
_MOVED: Final = 3
_LEAST: Final = 0.0005
"""What is printed as 0 is no change."""
_LABELS: Final = {
    "received": "Tiếp nhận",
    "resolved": "Đã giải quyết",
    "on_time": "Tỷ lệ đúng hạn",
    "pending_overdue": "Quá hạn đang tồn",
    "resolved_late": "Giải quyết quá hạn",
}


def briefing(material: Material) -> Report:
    """The briefing of the view: what changed, who must be called and why, and what comes."""
    label = material.period.label
    title = f"Báo cáo nhanh {label[0].lower()}{label[1:].split(' (')[0]}"
    if material.review.series.is_empty():
        sections: tuple[Section | None, ...] = (headline.nothing(material), _called(material))
    else:
        sections = (
            headline.headline(material),
            _called(material),
            _units(material),
            _late(material),
            _due_soon(material),
            _changed(material),
        )
    registers = (_register(material), _targets(material), _signature(material))
    shown = tuple(each for each in (*sections, *registers) if each is not None)
    return Report("bao-cao-tuan", head(title, material), shown)


def _called(material: Material) -> Section:
    """Whom to call and why, then what is nobody's call, each in its order."""
    found = material.calls
    said = [called(material, call) for call in found.calls]
    said += [sentence(material, line) for line in beside(found)]
    title = "Cần chỉ đạo"
    if found.calls:
        title += f": {number(len(found.calls))} đơn vị cần gọi"
    elif said:
        title += f": {number(len(said))} việc"
    return Section("called", title, (Sentences(said[:_LINES], more=max(len(said) - _LINES, 0)),))


def _units(material: Material) -> Section | None:
    """The units with most to mend; None: a single one is in view."""
    table, words = material.unit_table, state_words(material.ask)
    if table.height < 2:
        return None
    shown = list(table.head(_UNITS).iter_rows(named=True))
    against = material.review.previous
    low = table.filter(pl.col("state") == "alarm").height
    rest = table.height - len(shown)
    columns = (
        Column("Đơn vị", width=30),
        Column("Đúng hạn", "rate", width=8),
        Column(f"So {against.label}", "points", "điểm", width=9),
        Column("Đã phân loại", "count", width=8),
        Column(missed_word(material.ask), "count", width=7),
        Column("Quá hạn tồn", "count", width=8),
        Column("Đánh giá", width=21),
    )
    rows: list[Sequence[Value]] = [
        (
            name_of(material, row["unit_id"]),
            row["rate"],
            row["change"],
            row["judged"],
            row["missed"],
            row["overdue"],
            words[row["state"]],
        )
        for row in shown
    ]
    title = f"Đơn vị: {number(low)}/{number(table.height)} {words['alarm']}"
    made = Table(
        "",
        columns,
        rows,
        marks=[STATE_MARKS.get(row["state"], "") for row in shown],
        note=f"Xếp theo số hồ sơ không đúng hạn và quá hạn; còn {number(rest)} đơn vị."
        if rest
        else "Xếp theo số hồ sơ không đúng hạn và quá hạn.",
    )
    return Section("units", title, (made, *_trend(material)))


def _trend(material: Material) -> list[Block]:
    return [block for block in headline.trend(material).blocks if isinstance(block, Chart)]


def _late(material: Material) -> Section:
    """Late dossiers by the step that they are at, and by cause."""
    at, why = late.overdue(material), late.causes(material)
    found = _beside(
        ("Quá hạn đang tồn: đang ở bước", _bars(at)),
        ("Trễ hạn trong kỳ: nguyên nhân", _bars(why)),
    )
    words = f"{why.title}."
    told: list[Block] = [replace(each, note=words) for each in found]
    return Section("late", at.title, told or [Paragraph(words)])


def _due_soon(material: Material) -> Section:
    """What falls due next, by day and by unit."""
    found = late.due_soon(material)
    units = [block for block in found.blocks if isinstance(block, Table)]
    ranked = [(str(name), count) for name, count in units[0].rows] if units else []
    blocks = _beside(("Còn lại, ngày làm việc", _bars(found)), ("Đơn vị", ranked))
    return Section("due_soon", found.title, blocks)


def _bars(section: Section) -> list[tuple[str, Value]]:
    """The numbers of a slide's first chart."""
    charts = [block for block in section.blocks if isinstance(block, Chart)]
    if not charts:
        return []
    return list(zip(charts[0].categories, charts[0].series[0].values, strict=True))


Short = tuple[str, Sequence[tuple[str, Value]]]
"""What a short list is of, and its names with their numbers."""


def _beside(left: Short, right: Short) -> tuple[Table, ...]:
    """Two short lists as one table."""
    (one, first), (other, second) = left, right
    rows = max(len(first[:_ROWS]), len(second[:_ROWS]))
    if not rows:
        return ()
    blank = ("", "")
    cells = [
        (*(first[at] if at < len(first) else blank), *(second[at] if at < len(second) else blank))
        for at in range(rows)
    ]
    columns = (
        Column(one, width=30),
        Column("Hồ sơ", "count", width=8),
        Column(other, width=30),
        Column("Hồ sơ", "count", width=8),
    )
    return (Table("", columns, cells),)


def _changed(material: Material) -> Section | None:
    """Against the period before: the figures, and the units that moved most."""
    against = material.review.previous
    if against.reason is not None:
        return None
    before = {row["figure"]: row for row in total(material.review.before).iter_rows(named=True)}
    rows: list[Sequence[Value]] = []
    for key in HEADLINE:
        column = "rate" if key == "on_time" else "numerator"
        now = material.review.whole(key)[column].to_list()[-1]
        other = before[key][column] if key in before else None
        found = moved(key, now, other, against)
        change = "" if found is None else f"{found.shape} {found.text}"
        kind: Kind = "rate" if key == "on_time" else "count"
        rows.append(
            (_LABELS[key], _said(material, now, kind), _said(material, other, kind), change)
        )
    table = Table(
        "",
        (
            Column("Số liệu", width=26),
            Column("Kỳ này", "count", width=12),
            Column("Kỳ trước", "count", width=12),
            Column("Thay đổi", width=16),
        ),
        rows,
        note=f"So với {against.whole}.",
    )
    return Section("changed", f"Thay đổi so {against.label}", (table, *_movers(material)))


def _said(material: Material, value: float | None, kind: Kind) -> str:
    return written(value, kind, material.ask.edges)


def _movers(material: Material) -> list[Block]:
    """The units whose rate moved most, of those of whom that is no chance."""
    known = material.unit_table.filter(~pl.col("few"), pl.col("change").abs() >= _LEAST)
    parts = []
    for word, is_up in (("Giảm nhiều nhất", False), ("Tăng nhiều nhất", True)):
        side = pl.col("change") > 0 if is_up else pl.col("change") < 0
        rows = known.filter(side).sort("change", descending=is_up).head(_MOVED)
        named = [
            f"{name_of(material, row['unit_id'])} ({points(row['change'])} điểm)"
            for row in rows.iter_rows(named=True)
        ]
        if named:
            parts.append(f"{word}: {'; '.join(named)}.")
    return [Paragraph(" ".join(parts))] if parts else []


def _register(material: Material) -> Section:
    """Tasks and inspections, each in its slide's sentence; whom to call stands above."""
    return Section(
        "registers",
        "Nhiệm vụ, kiểm tra",
        [
            Sentences(
                [
                    Sentence("Nhiệm vụ:", standing.tasks(material).title + "."),
                    Sentence("Kiểm tra:", standing.inspections(material).title + "."),
                ]
            )
        ],
    )


def _targets(material: Material) -> Section | None:
    """Targets that run: those to be mended in their own sentence."""
    judged, signed = material.targets
    if not judged:
        return None
    to_mend = [one for one in judged if one.judgement.state in ("missed", "at_risk")]
    lines = [
        Sentence(
            f"{one.row['name']}:",
            one.judgement.sentence,
            STATE_MARKS[one.judgement.state],
            STATES[one.judgement.state],
        )
        for one in to_mend[:_MOVED]
    ]
    told = count_states([one.state for one in signed])
    words = ", ".join(f"{number(n)} {STATES[key].lower()}" for key, n in told.items() if n)
    promised = [Paragraph(f"{number(len(signed))} cam kết đã ký: {words}.")] if signed else []
    more = max(len(to_mend) - _MOVED, 0)
    empty = "Không có chỉ tiêu nào không đạt hoặc có nguy cơ."
    blocks: list[Block] = [Sentences(lines, empty=empty, more=more), *promised]
    return Section("targets", f"Chỉ tiêu: {standing.targets(material).title}", blocks)


def _signature(material: Material) -> Section:
    day = material.ask.as_of_day + timedelta(days=1)
    place = f"..........., ngày ..... tháng {day.month:02} năm {day.year}"
    return Section(
        "signed",
        "",
        (
            Signature(
                ("Người lập báo cáo", "Thủ trưởng đơn vị"), place, ("Lãnh đạo đơn vị", "Lưu: VT")
            ),
        ),
    )
