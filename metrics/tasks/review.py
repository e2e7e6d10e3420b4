"""The screen of tasks: totals and tables by programme, area and unit, and the lines that ask for
a decision. Counting is :mod:`metrics.core.measure`'s; what a task's state is,
metrics/tasks/states.py's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final, cast

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.figure import Derive, Figure
from metrics.core.measure import Facts, plan, run
from metrics.core.narrowing import Where
from metrics.core.register_rows import Registers, register_rows
from metrics.core.vietnamese import in_short, number
from metrics.dossiers.attention import Line, by_unit, unit_lines
from metrics.registers.tasks import WEEKLY
from metrics.tasks.figures import TASK_FIGURE, TASK_FIGURES
from metrics.tasks.states import SIX, STATES, task_state

__all__ = [
    "SIX",
    "STATES",
    "TaskReview",
    "missing_six",
    "programme_table",
    "programmes_in_view",
    "running",
    "task_lines",
    "task_review",
    "task_rows",
    "task_state",
    "timeline",
]

Row = dict[str, Any]


@dataclass(frozen=True)
class TaskReview:
    """Every figure of :data:`metrics.tasks.figures.TASK_FIGURES`, in total and by groups.

    ``measured``: group's column ("" for the total) → ``<column>``, ``figure``, ``numerator``
    (null: unknown), ``denominator``, ``rate``.
    """

    ask: Ask
    measured: Mapping[str, pl.DataFrame]

    def cell(self, key: str) -> Row:
        """Numerator, denominator and rate of a figure in total."""
        return self.measured[""].filter(pl.col("figure") == key).row(0, named=True)

    def count(self, key: str) -> int | None:
        """A figure's number in total; null: unknown."""
        found: int | None = self.cell(key)["numerator"]
        return found

    def table(self, column: str) -> pl.DataFrame:
        """A group's figures side by side: ``column`` and one column a figure, groups with tasks.

        Sorted by what has to be chased, then by size.
        """
        long = self.measured[column]
        wide = long.select(column).unique()
        for figure in TASK_FIGURES:
            counted = long.filter(pl.col("figure") == figure.key)
            counted = counted.select(column, pl.col("numerator").alias(figure.key))
            wide = wide.join(counted, on=column, how="left", nulls_equal=True)
        # A group without a reminder has no row of that fact: none were sent.
        wide = wide.with_columns(pl.col("task_reminders").fill_null(0))
        return wide.filter(pl.col("tasks_assigned") > 0).sort(
            "tasks_past_due",
            "tasks_not_updated",
            "tasks_assigned",
            column,
            descending=[True, True, True, False],
            nulls_last=True,
        )


GROUPS: Final = ("", "programme_id", "area", "unit_id")
"""What the screen of tasks counts by; "": in total."""


def task_review(
    facts: Facts, ask: Ask, where: Where | None = None, groups: Sequence[str] = GROUPS
) -> TaskReview:
    """All figures of tasks as of T, computed together.

    Args:
        facts: opened facts with ``registers``.
        where: further restrictions, such as ``{"programme_id": [1, 2]}``.
        groups: those of :data:`GROUPS` that are wanted.
    """
    figures = _at_once(facts, ask)
    planned = [plan(facts, figures, [ask], [by] if by else [], where) for by in groups]
    parts = run([one for each in planned for one in each])
    measured, at = {}, 0
    for by, each in zip(groups, planned, strict=True):
        measured[by] = pl.concat(parts[at : at + len(each)])
        at += len(each)
    return TaskReview(ask, measured)


def _at_once(facts: Facts, ask: Ask) -> list[Figure]:
    """The figures over frames that are derived once, and not again for every grouping."""
    registers = cast(Registers, facts).registers.at(ask.moment)
    derived: dict[Any, Derive] = {}
    for figure in TASK_FIGURES:
        if figure.derive is not None and figure.derive not in derived:
            frame = figure.derive(registers, ask).collect(backend="polars").lazy()
            derived[figure.derive] = partial(_fixed, frame)
    return [replace(figure, derive=derived[figure.derive]) for figure in TASK_FIGURES]


def _fixed(frame: nw.LazyFrame[Any], registers: Any, ask: Ask) -> nw.LazyFrame[Any]:
    return frame


def task_rows(
    facts: Registers,
    ask: Ask,
    figure: str = "tasks_assigned",
    where: Where | None = None,
    part: str = "numerator",
) -> pl.DataFrame:
    """The tasks behind a figure, most urgent first: columns of :func:`task_state`.

    ``part``: which of its rows (metrics.core.parts.PARTS). Order: past due first, then by due
    date, those without one last.
    """
    wanted = TASK_FIGURE[figure]
    if wanted.fact != "task":
        raise KeyError(figure)
    found = register_rows(facts, wanted, ask, where, part)
    return found.sort(
        "is_past_due", "due_on", "task_id", descending=[True, False, False], nulls_last=True
    )


def programmes_in_view(facts: Registers, ask: Ask, units: frozenset[int] | None) -> pl.DataFrame:
    """Programmes of the units in view, or of which they have a task at T.

    Returns:
        :data:`metrics.registers.PROGRAMME`, the newest first.
    """
    held = facts.registers.at(ask.moment)
    programmes: pl.DataFrame = held["programme"].collect(backend="polars").to_native()
    tasks = task_state(held, ask).select("programme_id").collect(backend="polars")
    having = tasks.to_native()["programme_id"].unique()
    known = pl.coalesce("issued_on", "period_from")
    theirs = pl.lit(True) if units is None else pl.col("unit_id").is_in(sorted(units))
    return (
        programmes.filter(known.is_null() | (known <= ask.as_of_day))
        .filter(theirs | pl.col("programme_id").is_in(having.to_list()))
        .filter(
            pl.col("announced_tasks").is_not_null() | pl.col("programme_id").is_in(having.to_list())
        )
        .sort(known, "programme_id", descending=True, nulls_last=True)
    )


def running(programmes: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """The programmes whose period touches ``first``–``last``; an unknown end is no end.

    What the weekly review asks is no programme of a year, and runs in none.
    """
    begin = pl.coalesce("period_from", "issued_on")
    return programmes.filter(
        (pl.col("kind") != WEEKLY)
        & (begin.is_null() | (begin <= last))
        & (pl.col("period_to").is_null() | (pl.col("period_to") >= first))
    )


def programme_table(programmes: pl.DataFrame, review: TaskReview) -> pl.DataFrame:
    """Programmes with their figures and ``announced_tasks`` beside what is entered.

    A programme of which no task is entered has null figures ("chưa nhập"), never 0 launched.
    """
    table = review.table("programme_id")
    return programmes.join(
        table, on="programme_id", how="left", maintain_order="left"
    ).with_columns(pl.col("tasks_assigned").fill_null(0))


def missing_six(rows: pl.DataFrame) -> pl.DataFrame:
    """Which of the six "rõ" each task lacks.

    Returns:
        ``rows`` with ``missing``: words joined by commas, empty where nothing is missing.
    """
    words = [pl.when(~pl.col(column)).then(pl.lit(word)) for column, word in SIX.items()]
    return rows.with_columns(
        pl.concat_str(words, separator=", ", ignore_nulls=True).alias("missing")
    )


def timeline(rows: pl.DataFrame, day: date, months: int = 12) -> pl.DataFrame:
    """Due dates by month: how many tasks fall due, by state.

    Args:
        rows: columns of :func:`task_state`.
        day: the months are those nearest to it, at most ``months`` before and after.

    Returns:
        ``month`` (its first day), ``state``, ``tasks`` Int64, sorted; tasks without a due date
        are not in it.
    """
    position = (pl.col("month").dt.year() - day.year) * 12 + (
        pl.col("month").dt.month() - day.month
    )
    return (
        rows.filter(pl.col("due_on").is_not_null())
        .with_columns(pl.col("due_on").dt.truncate("1mo").alias("month"))
        .filter(position.abs() <= months)
        .group_by("month", "state")
        .agg(pl.len().cast(pl.Int64).alias("tasks"))
        .sort("month", "state")
    )


# -- Cần chỉ đạo --------------------------------------------------------------------------


def task_lines(
    facts: Registers, ask: Ask, programmes: Sequence[int], unit_names: Mapping[int, str]
) -> list[Line]:
    """Lines of "Cần chỉ đạo" about tasks: past due, reminded too often, not updated.

    Args:
        programmes: ids of the programmes that run in the period (:func:`running`); what an
            ended programme left behind is no news.
    """
    where = {"programme_id": list(programmes)}
    allowed = number(int(ask.threshold("reminders_allowed").value))
    quiet = number(int(ask.threshold("task_update_days").value))
    escalated = f"đã đôn đốc quá {allowed} lần mà chưa hoàn thành, cần báo cáo Ban cán sự"
    silent = f"quá {quiet} ngày chưa cập nhật tình hình"
    return [
        *_past_due(facts, ask, where, unit_names),
        *_so_many("tasks_escalated", facts, ask, where, unit_names, escalated),
        *_so_many("tasks_not_updated", facts, ask, where, unit_names, silent),
    ]


def _past_due(
    facts: Registers, ask: Ask, where: Where, unit_names: Mapping[int, str]
) -> list[Line]:
    key = "tasks_past_due"
    parts = dict(by_unit(task_rows(facts, ask, key, where)))
    return unit_lines(
        key,
        key,
        {unit: part.height for unit, part in parts.items()},
        lambda unit: _past_due_text(parts[unit], ask),
        unit_names,
        ask.as_of_day,
        together="còn {total} nhiệm vụ đã qua hạn chưa hoàn thành.",
        since=lambda unit: parts[unit]["due_on"].min(),  # type: ignore[arg-type, return-value]
    )


def _past_due_text(rows: pl.DataFrame, ask: Ask) -> str:
    silent = rows.filter(pl.col("state") == "unreported").height
    said = f", trong đó {number(silent)} chưa báo cáo kết quả" if 0 < silent < rows.height else ""
    what = "chưa báo cáo kết quả" if silent == rows.height else "chưa hoàn thành"
    oldest: date = rows["due_on"].min()  # type: ignore[assignment]
    days = (ask.as_of_day - oldest).days
    if rows.height == 1:
        return f"1 nhiệm vụ quá hạn {number(days)} ngày {what}: “{in_short(rows['name'][0])}”."
    return f"{number(rows.height)} nhiệm vụ quá hạn {what}{said}, lâu nhất {number(days)} ngày."


def _so_many(
    key: str,
    facts: Registers,
    ask: Ask,
    where: Where,
    unit_names: Mapping[int, str],
    text: str,
) -> list[Line]:
    """How many of a figure each unit has, those with most first."""
    counts = {unit: part.height for unit, part in by_unit(task_rows(facts, ask, key, where))}
    return unit_lines(
        key,
        key,
        counts,
        lambda unit: f"{number(counts[unit])} nhiệm vụ {text}.",
        unit_names,
        ask.as_of_day,
        together=f"{{total}} nhiệm vụ {text}: {{names}}.",
    )
