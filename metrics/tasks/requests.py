"""What the weekly review asks of units: explanations, tasks, calls; what became of them.

They are tasks of programmes of the kind ``weekly``, so history, reminders, scope and moments are
those of tasks. They are no part of a year's plan: no figure of tasks counts them, but for those of
who looks at these programmes. A unit answers by reporting the task completed, with a note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from metrics.core.ask import Ask
from metrics.core.register_rows import Registers
from metrics.core.vietnamese import in_short, number
from metrics.dossiers.attention import Line, by_unit, unit_lines
from metrics.registers.tasks import DEEDS, WEEKLY, Deed
from metrics.tasks.review import task_rows
from metrics.tasks.states import COMPLETED

_LENGTH: Final = 110
_PAST: Final = ("requests_past_due", "yêu cầu quá hạn chưa trả lời")
REQUESTS: Final = frozenset({"requests_past_due", "requests_escalated"})
"""Kinds of lines that speak of what units were asked."""
_URGED: Final = (
    "requests_escalated",
    "yêu cầu đã đôn đốc quá {allowed} lần mà chưa trả lời, cần báo cáo cấp trên",
)
"""Kind of a line and what it says."""


@dataclass(frozen=True)
class Request:
    """One thing asked of a unit, or told to it, and how it stood at T.

    ``answered_on``, ``answer``: of the last report before T; ``is_done``: it says completed.
    ``days_past``: calendar days since the due date, where it is not done.
    """

    task: int
    programme: int
    unit: int
    what: Deed
    text: str
    asked_on: date
    due_on: date | None
    is_done: bool
    answered_on: date | None
    answer: str
    reminders: int
    days_past: int

    @property
    def is_open(self) -> bool:
        """Whether the unit still has to do something."""
        return self.what != "called" and not self.is_done

    @property
    def sentence(self) -> str:
        """What was asked when, and what became of it."""
        if self.what == "called":
            return f"Đã gọi {self.asked_on:%d/%m}: “{in_short(self.text, _LENGTH)}”"
        due = "" if self.due_on is None else f", hạn {self.due_on:%d/%m}"
        asked = f"{DEEDS[self.what]} {self.asked_on:%d/%m}{due}"
        return f"{asked}: {self.state}"

    @property
    def state(self) -> str:
        """What became of it."""
        said = f": “{in_short(self.answer, _LENGTH)}”" if self.answer else ""
        on = "" if self.answered_on is None else f" {self.answered_on:%d/%m}"
        if self.is_done:
            word = "đã trả lời" if self.what == "explain" else "đã hoàn thành"
            return f"{word}{on}{said}"
        late = f", quá hạn {number(self.days_past)} ngày" if self.days_past > 0 else ""
        urged = f", đã đôn đốc {number(self.reminders)} lần" if self.reminders else ""
        if self.answered_on is not None:
            return f"đang thực hiện{on}{said}{late}{urged}"
        word = "chưa trả lời" if self.what == "explain" else "chưa báo cáo"
        return f"{word}{late}{urged}"


def weekly(programmes: pl.DataFrame) -> tuple[int, ...]:
    """The ids of programmes that hold what the weekly review asks.

    ``programmes``: :data:`metrics.registers.PROGRAMME`.
    """
    return tuple(programmes.filter(pl.col("kind") == WEEKLY)["programme_id"])


def requests(facts: Registers, ask: Ask, programmes: Sequence[int]) -> list[Request]:
    """What was asked by T, the newest first; a task of another category is one that was assigned.

    Args:
        programmes: of :func:`weekly`.
    """
    if not programmes:
        return []
    rows = task_rows(facts, ask, "tasks_assigned", {"programme_id": list(programmes)})
    rows = rows.sort("known_on", "task_id", descending=True, nulls_last=True)
    return [_request(row, ask.as_of_day) for row in rows.iter_rows(named=True)]


def _request(row: Mapping[str, Any], day: date) -> Request:
    words = {word: what for what, word in DEEDS.items()}
    done = row["state"] in COMPLETED
    due: date | None = row["due_on"]
    told: datetime | None = row["updated_at"]
    return Request(
        task=row["task_id"],
        programme=row["programme_id"],
        unit=row["unit_id"],
        what=words.get(row["category"] or "", "assign"),
        text=row["name"],
        asked_on=row["known_on"] or day,
        due_on=due,
        is_done=done,
        answered_on=None if told is None else told.date(),
        answer=row["note"] or "",
        reminders=row["reminders"],
        days_past=0 if done or due is None else max((day - due).days, 0),
    )


def last_of_units(found: Sequence[Request]) -> dict[int, Request]:
    """Unit → what was asked of it last."""
    last: dict[int, Request] = {}
    for one in sorted(found, key=lambda each: (each.asked_on, each.task)):
        last[one.unit] = one
    return last


def request_lines(
    facts: Registers, ask: Ask, programmes: Sequence[int], unit_names: Mapping[int, str]
) -> list[Line]:
    """Lines of "Cần chỉ đạo": what units have not answered by its day, or though often reminded."""
    allowed = number(int(ask.threshold("reminders_allowed").value))
    return [
        *_lines(facts, ask, programmes, unit_names, "tasks_past_due", _PAST),
        *_lines(facts, ask, programmes, unit_names, "tasks_escalated", _URGED, allowed),
    ]


def _lines(
    facts: Registers,
    ask: Ask,
    programmes: Sequence[int],
    unit_names: Mapping[int, str],
    figure: str,
    said: tuple[str, str],
    allowed: str = "",
) -> list[Line]:
    if not programmes:
        return []
    kind, words = said[0], said[1].replace("{allowed}", allowed)
    rows = task_rows(facts, ask, figure, {"programme_id": list(programmes)})
    counts = {unit: part.height for unit, part in by_unit(rows)}
    return unit_lines(
        kind,
        figure,
        counts,
        lambda unit: f"{number(counts[unit])} {words}.",
        unit_names,
        ask.as_of_day,
        together=f"còn {{total}} {words}.",
    )
