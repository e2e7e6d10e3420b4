"""Whom to call: one row a unit, let in by a signal or a hard duty only, and what else there is.

The lines are those of "Cần chỉ đạo" (metrics/dossiers/attention.py and its like of the registers).
A chair acts on units: what is said of one stands in one row. Who is let in, how many, and in which
order is the dated table metrics/core/urgency.toml.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from metrics.core.collation import collation_key
from metrics.core.urgency import ALARM, WARNING, order
from metrics.core.vietnamese import number
from metrics.dossiers.attention import Line, by_urgency

_STALE: Final = "stale_source"
_NAMED: Final = 3
_BESIDE: Final = 2
_SLIDE: Final = 190
"""Letters of a first reason that can be read from afar."""
_BRIEF: Final = {
    "below_target": "dưới mục tiêu đúng hạn",
    "past_allowed": "trễ hẹn quá số lần cho phép",
    "without_apology": "{count} hồ sơ chưa xin lỗi",
    "tasks_past_due": "{count} nhiệm vụ quá hạn",
    "requests_past_due": "{count} yêu cầu quá hạn chưa trả lời",
    "requests_escalated": "{count} yêu cầu đã đôn đốc quá số lần",
    "tasks_escalated": "{count} nhiệm vụ đã đôn đốc quá số lần",
    "tasks_not_updated": "{count} nhiệm vụ lâu chưa cập nhật",
    "findings_past_due": "{count} tồn tại kiểm tra quá hạn",
    "feedback_past_due": "{count} phản ánh, kiến nghị quá hạn",
    "commitment": "cam kết không đạt hoặc có nguy cơ",
    "target": "chỉ tiêu không đạt hoặc có nguy cơ",
}
"""Kind of a line → what it is about."""


@dataclass(frozen=True)
class Call:
    """A unit to call. ``lines``: every reason, the most urgent first.

    ``urgency``: of the first reason, and a part of each other one's (urgency.toml).
    """

    unit: int
    name: str
    lines: tuple[Line, ...]
    urgency: float

    @property
    def level(self) -> str:
        """That of its gravest reason."""
        return ALARM if any(line.level == ALARM for line in self.lines) else WARNING

    @property
    def since(self) -> date | None:
        """Since when at the latest something of it has been so; None: no reason says."""
        return min((line.since for line in self.lines if line.since is not None), default=None)

    @property
    def short(self) -> str:
        """What fits a slide: the first reason's first clauses, two others, how many more."""
        first, *others = self.lines
        clauses = first.text.rstrip(".").split("; ")
        said = [clauses[0]]
        if len(clauses) > 1 and len(clauses[0]) + len(clauses[-1]) <= _SLIDE:
            said.append(clauses[-1])
        said += map(brief, others[:_BESIDE])
        if (more := len(others) - _BESIDE) > 0:
            said.append(f"{number(more)} lý do khác")
        return "; ".join(said) + "."


@dataclass(frozen=True)
class CallList:
    """``calls``: whom to call, the most urgent first. ``rest``: everything else, likewise.

    ``sources``: what is late among the sources, in one line; it is no unit's.
    """

    calls: tuple[Call, ...]
    rest: tuple[Line, ...]
    sources: Line | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all asks for a decision."""
        return not (self.calls or self.rest or self.sources)


def brief(line: Line) -> str:
    """What a line is about, in a few words: "3 hồ sơ chưa xin lỗi"."""
    words = _BRIEF.get(line.kind, "việc khác")
    return words.replace("{count}", number(line.count))


def call_list(lines: Iterable[Line], day: date, own: Collection[int | None] = ()) -> CallList:
    """The call list of some lines.

    Each line is in it once: as a reason of its unit, or in ``rest`` by itself or within the line
    of several units of its kind, or among ``sources``.

    Args:
        lines: of every kind. day: whose table holds (the as-of day).
        own: what is in view as a whole: what is said of it is nobody's call.

    Raises:
        KeyError: no table holds on that day.
    """
    table = order(day)
    ordered = by_urgency(lines)
    stale = [line for line in ordered if line.kind == _STALE]
    of: dict[int, list[Line]] = {}
    rest: list[Line] = []
    for line in ordered:
        if line.kind == _STALE:
            continue
        if line.unit is None or line.unit in own:
            rest.append(line)
        else:
            of.setdefault(line.unit, []).append(line)
    calls = sorted(
        (
            _call(unit, reasons, table.further)
            for unit, reasons in of.items()
            if any(line.admits for line in reasons)
        ),
        key=lambda call: (-call.urgency, collation_key(call.name), call.unit),
    )[: table.calls]
    called = {call.unit for call in calls}
    left = [line for unit, reasons in of.items() if unit not in called for line in reasons]
    return CallList(
        tuple(calls),
        tuple(by_urgency([*rest, *_by_kind(left, day)])),
        together(stale, day) if stale else None,
    )


def _call(unit: int, reasons: Sequence[Line], further: float) -> Call:
    first, *others = reasons
    urgency = first.urgency + further * sum(line.urgency for line in others)
    return Call(unit, first.subject, tuple(reasons), urgency)


def _by_kind(lines: Iterable[Line], day: date) -> list[Line]:
    kinds: dict[tuple[str, str], list[Line]] = {}
    for line in by_urgency(lines):
        kinds.setdefault((line.kind, line.together), []).append(line)
    return [together(same, day) for same in kinds.values()]


def together(lines: Sequence[Line], day: date) -> Line:
    """Several lines of one kind as one; a single one as it is.

    Its count is the sum of theirs, its rows are those of all of them.
    """
    first = lines[0]
    if len(lines) == 1 or not first.together:
        return first
    total = sum(line.count or 0 for line in lines)
    names = ", ".join(line.subject.removeprefix("Nguồn ") for line in lines[:_NAMED])
    more = len(lines) - _NAMED
    said = f"{names} và {number(more)} {_noun(first)} nữa" if more > 0 else names
    shared = {
        key: value
        for key, value in first.where.items()
        if key != "unit_id" and all(line.where.get(key) == value for line in lines)
    }
    units = [line.unit for line in lines if line.unit is not None]
    made = replace(
        first,
        subject=f"{number(len(lines))} {_noun(first)}{' khác' if units else ''}",
        text=first.together.format(total=number(total), names=said),
        count=total or None,
        where=shared | ({"unit_id": units} if units else {}),
        since=min((line.since for line in lines if line.since is not None), default=None),
    )
    at = order(day).of_others(first.kind)
    return replace(made, level=at.level, urgency=at.urgency()) if at else made


def _noun(line: Line) -> str:
    return "nguồn" if line.kind == _STALE else "đơn vị"
