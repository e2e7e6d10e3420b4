"""Tasks as they stood at T: the register's rows joined with what had been said before T.

States are those of the task charters (QĐ 42/2014/QĐ-TTg and its kin): hoàn thành đúng hạn, hoàn
thành quá hạn, đang thực hiện trong hạn, chưa hoàn thành quá hạn, không xác định thời hạn. Being
launched (được triển khai) is apart from being completed, and what nobody has said stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import narwhals as nw

from metrics.core.ask import Ask
from metrics.core.conditions import Condition

Registers = Mapping[str, nw.LazyFrame[Any]]
"""Register → its frame (metrics/registers/)."""

STATES: Final[dict[str, str]] = {
    "overdue": "Quá hạn chưa hoàn thành",
    "unreported": "Quá hạn, chưa báo cáo kết quả",
    "in_time": "Đang thực hiện trong hạn",
    "no_due": "Không xác định thời hạn",
    "completed_on_time": "Hoàn thành đúng hạn",
    "completed_late": "Hoàn thành quá hạn",
    "completed_undetermined": "Hoàn thành, chưa rõ đúng hạn",
}
"""State → its word. Each task is in exactly one."""

COMPLETED: Final = ("completed_on_time", "completed_late", "completed_undetermined")

SIX: Final[dict[str, str]] = {
    "clear_person": "rõ người",
    "clear_work": "rõ việc",
    "clear_time": "rõ thời gian",
    "clear_responsibility": "rõ trách nhiệm",
    "clear_product": "rõ sản phẩm",
    "clear_authority": "rõ thẩm quyền",
}
"""Column of :func:`task_state` → which of the six "rõ" it tells of."""


def task_state(registers: Registers, ask: Ask) -> nw.LazyFrame[Any]:
    """Tasks assigned by T, each with what was known of it at T.

    A task counts from the day it was assigned; where that is unknown, from its programme's issue,
    else its beginning; where nothing is known, always. The last update before T holds, whole.

    Returns:
        lazily, :data:`metrics.registers.TASK` and: ``known_on`` Date (assigned, as above),
        ``updated_at`` (last update; null: none), ``is_launched`` and ``is_completed`` (null:
        nobody has said; what is completed was launched), ``completed_on``, ``note``,
        ``evidence``, ``updated_by``, ``reminders`` Int64, ``reminded_at`` (last), ``state``
        (:data:`STATES`), the columns of :data:`SIX` and ``is_six_clear``, ``is_past_due``,
        ``is_not_updated``, ``is_escalated`` Boolean.
    """
    tasks = registers["task"].join(_programme_days(registers), on="programme_id", how="left")
    tasks = tasks.with_columns(
        nw.coalesce("assigned_on", "programme_issued_on", "programme_from").alias("known_on")
    ).drop("programme_issued_on", "programme_from")
    tasks = tasks.filter(nw.col("known_on").is_null() | (nw.col("known_on") <= ask.as_of_day))
    tasks = tasks.join(_last_updates(registers, ask), on="task_id", how="left")
    tasks = tasks.join(_reminders(registers, ask), on="task_id", how="left")
    tasks = tasks.with_columns(nw.col("reminders").fill_null(0), *_six())
    tasks = tasks.with_columns(
        nw.all_horizontal(*SIX, ignore_nulls=False).alias("is_six_clear"),
        # What is completed was launched, whether or not somebody also said so.
        nw.when(nw.col("is_completed")).then(nw.lit(True)).otherwise(nw.col("is_launched"))
        .alias("is_launched"),
        _state(ask).alias("state"),
    )  # fmt: skip
    return tasks.with_columns(
        nw.col("state").is_in(["overdue", "unreported"]).alias("is_past_due"),
        (~nw.col("state").is_in(COMPLETED) & _quiet(ask)).fill_null(False).alias("is_not_updated"),
        (
            ~nw.col("state").is_in(COMPLETED)
            & (nw.col("reminders") > ask.threshold("reminders_allowed").value)
        ).alias("is_escalated"),
    )


def reminder_state(registers: Registers, ask: Ask) -> nw.LazyFrame[Any]:
    """Reminders before T about tasks assigned by T.

    Returns:
        lazily, :data:`metrics.registers.REMINDER` with the task's ``programme_id`` and ``area``.
    """
    tasks = task_state(registers, ask).select("task_id", "programme_id", "area")
    before = registers["reminder"].filter(nw.col("at") < ask.moment)
    return before.join(tasks, on="task_id", how="inner")


def _programme_days(registers: Registers) -> nw.LazyFrame[Any]:
    return registers["programme"].select(
        "programme_id",
        nw.col("issued_on").alias("programme_issued_on"),
        nw.col("period_from").alias("programme_from"),
    )


def _last_updates(registers: Registers, ask: Ask) -> nw.LazyFrame[Any]:
    before = registers["task_update"].filter(nw.col("at") < ask.moment)
    last = before.group_by("task_id").agg(nw.col("at").max())
    return before.join(last, on=["task_id", "at"], how="inner").select(
        "task_id",
        nw.col("at").alias("updated_at"),
        "is_launched",
        "is_completed",
        "completed_on",
        "note",
        "evidence",
        nw.col("by").alias("updated_by"),
    )


def _reminders(registers: Registers, ask: Ask) -> nw.LazyFrame[Any]:
    before = registers["reminder"].filter(nw.col("at") < ask.moment)
    return before.group_by("task_id").agg(
        nw.len().cast(nw.Int64).alias("reminders"), nw.col("at").max().alias("reminded_at")
    )


def _six() -> list[nw.Expr]:
    columns = {
        "clear_person": "person",
        "clear_work": "name",
        "clear_responsibility": "responsibility",
        "clear_product": "product",
        "clear_authority": "authority",
    }
    clear = [
        (nw.col(column).fill_null("").str.strip_chars() != "").alias(name)
        for name, column in columns.items()
    ]
    # A standing duty has no due date on purpose: its time is clear.
    time = ~nw.col("due_on").is_null() | nw.col("is_standing").fill_null(False)
    return [*clear, time.alias("clear_time")]


def _state(ask: Ask) -> nw.Expr:
    due, completed = nw.col("due_on"), nw.col("is_completed")
    # Said to be completed by then at the latest, where the day itself is not known.
    done_by = nw.coalesce(nw.col("completed_on"), nw.col("updated_at").dt.date())
    done = (
        nw.when(done_by <= due)
        .then(nw.lit("completed_on_time"))
        .otherwise(
            nw.when(nw.col("completed_on") > due)
            .then(nw.lit("completed_late"))
            .otherwise(nw.lit("completed_undetermined"))
        )
    )
    past = (
        nw.when(completed.is_null())
        .then(nw.lit("unreported"))
        .otherwise(nw.lit("overdue"))
    )  # fmt: skip
    going = (
        nw.when(due.is_null())
        .then(nw.lit("no_due"))
        .otherwise(nw.when(due < ask.as_of_day).then(past).otherwise(nw.lit("in_time")))
    )
    return nw.when(completed).then(done).otherwise(going)


def _quiet(ask: Ask) -> nw.Expr:
    """Nothing was said for more than the allowed days (null: since when is unknown)."""
    days = ask.threshold("task_update_days").value
    since = nw.coalesce(nw.col("updated_at").dt.date(), nw.col("known_on"))
    return since < ask.as_of_day - timedelta(days=int(days))


# -- conditions ---------------------------------------------------------------------------


def assigned(ask: Ask) -> nw.Expr:
    """Every task assigned by T."""
    return ~nw.col("task_id").is_null()


def launched(ask: Ask) -> nw.Expr:
    """Reported as launched (được triển khai), or as completed."""
    return nw.col("is_launched")


def launch_unknown(ask: Ask) -> nw.Expr:
    """Nobody has said whether it was launched."""
    return nw.col("is_launched").is_null()


def completed(ask: Ask) -> nw.Expr:
    """Reported as completed."""
    return nw.col("is_completed")


def completion_unknown(ask: Ask) -> nw.Expr:
    """Nobody has said whether it is completed."""
    return nw.col("is_completed").is_null()


def in_state(state: str) -> Condition:
    """In that state of :data:`STATES`."""

    def condition(ask: Ask) -> nw.Expr:
        return nw.col("state") == state

    return condition


def is_so(column: str) -> Condition:
    """Has that Boolean column of :func:`task_state` true."""

    def condition(ask: Ask) -> nw.Expr:
        return nw.col(column)

    return condition


def unclear(ask: Ask) -> nw.Expr:
    """Lacks at least one of the six "rõ"."""
    return nw.any_horizontal(*[~nw.col(name) for name in SIX], ignore_nulls=False)
