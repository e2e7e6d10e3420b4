"""One dossier as judged at T, and why it is late, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from metrics.core.ask import Ask
from metrics.core.by_source import moment_by_source
from metrics.core.measure import Facts
from metrics.core.narrowing import as_it_stood, restrict
from metrics.core.vietnamese import moment, number, percent
from metrics.dossiers.late_time import (
    PAUSE,
    STEP,
    WAITS,
    TimeSpent,
    account,
    lateness,
    one_at_a_time,
    own_time,
    working_time,
)
from metrics.dossiers.lateness import cause_name, judged, on_polars

State = Literal["late", "overdue", "waiting", "no_due", "due_soon", "in_time", "on_time"]

STATES: Final[dict[State, str]] = {
    "late": "Trễ hạn",
    "overdue": "Quá hạn",
    "waiting": "Tạm dừng",
    "no_due": "Thiếu ngày hẹn",
    "due_soon": "Sắp đến hạn",
    "in_time": "Trong hạn",
    "on_time": "Đúng hạn",
}
"""How one dossier stands at T, in a word."""


@dataclass(frozen=True)
class Spent:
    """Working minutes that a step took (pauses taken out) and was allotted (None: nobody did)."""

    own: int
    allotted: int | None

    @property
    def over(self) -> int:
        """By how much it took longer than allotted."""
        return 0 if self.allotted is None else max(0, self.own - self.allotted)


@dataclass(frozen=True)
class Judged:
    """One dossier as judged at T.

    ``row`` has the columns of :func:`metrics.dossiers.lateness.listed`. ``steps``: sequence →
    its working time; a step that had not begun at T is not in it. ``waiting_for`` is the kind of
    pause that is open at T.
    """

    row: Mapping[str, Any]
    spent: TimeSpent
    steps: Mapping[int, Spent]
    waiting_for: str | None

    def state(self, ask: Ask) -> State:
        """How it stands at T."""
        row, has_ended = self.row, self.row["ended_at"] is not None
        if row["days_late"] is not None:
            return "late" if has_ended else "overdue"
        if self.waiting_for is not None:
            return "waiting"
        if row["due_at"] is None:
            return "no_due"
        if has_ended:
            return "on_time"
        left = row["days_left"]
        return "due_soon" if left is not None and left <= ask.within else "in_time"


def judge(facts: Facts, dossier_id: int, ask: Ask) -> Judged | None:
    """One dossier as at T, whatever figure counts it; None: not in the facts."""
    only = {"dossier_id": dossier_id}
    rows, steps, pauses = pl.collect_all(
        [
            judged(as_it_stood(restrict(facts.dossier, only), ask), ask),
            on_polars(restrict(facts.step, only)).select(STEP),
            on_polars(restrict(facts.pause, only)).select(PAUSE),
        ]
    )
    if rows.is_empty():
        return None
    until = rows.select("dossier_id", reached=pl.col("ended_at").fill_null(moment_by_source(ask)))
    own = own_time(steps, until, one_at_a_time(pauses, until), ask).sort("step_sequence")
    return Judged(
        row=rows.row(0, named=True),
        spent=account(lateness(rows.lazy(), ask).collect(), steps, pauses, ask),
        steps={
            sequence: Spent(minutes, allotted)
            for sequence, minutes, allotted in own.select(
                "step_sequence", "own", "allotted_minutes"
            ).iter_rows()
        },
        waiting_for=_waiting_for(pauses, rows, ask),
    )


def _waiting_for(pauses: pl.DataFrame, rows: pl.DataFrame, ask: Ask) -> str | None:
    if rows["ended_at"][0] is not None:
        return None
    until = pl.col("to_at")
    running = pauses.filter(
        pl.col("from_at") < ask.moment, until.is_null() | (until >= ask.moment)
    ).sort("from_at", "kind")
    return None if running.is_empty() else str(running["kind"][0])


def why(found: Judged, ask: Ask) -> str:
    """One dossier's state in sentences: how late it is, why, and what was said to the citizen."""
    row = found.row
    return " ".join([_state(found), *_reasons(found, ask), *_apology(row)])


def _state(found: Judged) -> str:
    row = found.row
    due = moment(row["judged_due_at"])
    if row["received_at"] is None:
        return "Chưa được tiếp nhận tại thời điểm số liệu."
    if row["days_late"] is None:
        return _not_late(found, due)
    days = row["days_late"]
    by = f"{number(days)} ngày làm việc" if days else "trong ngày"
    if row["ended_at"] is None:
        return f"Đang quá hạn {by} so với hẹn trả {due} (đã trừ thời gian tạm dừng)."
    return f"Kết thúc trễ {by} so với hẹn trả {due} (đã trừ thời gian tạm dừng)."


def _not_late(found: Judged, due: str) -> str:
    row = found.row
    if row["due_at"] is None:
        return "Chưa phân loại được vì thiếu ngày hẹn trả."
    if row["ended_at"] is not None:
        return f"Kết thúc đúng hạn (hẹn trả {due}, đã trừ thời gian tạm dừng)."
    if found.waiting_for is not None:
        return f"{WAITS[found.waiting_for]}: đang tạm dừng, chưa tính quá hạn."
    if row["days_left"] is None:
        return f"Đang giải quyết, hẹn trả {due}."
    return f"Còn trong hạn: {number(row['days_left'])} ngày làm việc nữa đến hẹn trả {due}."


def _reasons(found: Judged, ask: Ask) -> list[str]:
    if found.row["days_late"] is None:
        return []
    cause = found.row["late_cause"]
    written = (
        f"Nguyên nhân ghi nhận: {cause_name(cause).lower()}."
        if cause is not None
        else "Chưa ghi nguyên nhân."
    )
    return [*_main_part(found.spent, ask), written]


def _main_part(spent: TimeSpent, ask: Ask) -> list[str]:
    """The step or the wait that most of the lateness is put down to."""
    step = _most(spent.steps)
    wait = _most(spent.waits)
    if wait is not None and (step is None or wait["late"] > step["late"]):
        return [f"Sau hẹn trả, phần lớn là {WAITS[wait['kind']].lower()}{_share(spent, wait)}."]
    if step is None:
        return ["Số liệu quy trình không cho biết bước nào vượt thời gian được giao."]
    return [
        f"Bước “{step['step_name']}” vượt nhiều nhất{_share(spent, step)}: thực hiện "
        f"{working_time(step['spent'], ask)}, được giao {working_time(step['allotted'], ask)}."
    ]


def _most(parts: pl.DataFrame) -> dict[str, Any] | None:
    to_blame = parts.filter(pl.col("late") > 0).sort("late", descending=True)
    return None if to_blame.is_empty() else to_blame.row(0, named=True)


def _share(spent: TimeSpent, part: Mapping[str, Any]) -> str:
    share = spent.share(part["late"])
    return "" if share is None else f" ({percent(share, 0)} thời gian trễ)"


def _apology(row: Mapping[str, Any]) -> list[str]:
    if row["apology_at"] is not None:
        return [f"Đã có văn bản xin lỗi ngày {row['apology_at']:%d/%m/%Y}."]
    return ["Chưa có văn bản xin lỗi."] if row["days_late"] is not None else []
