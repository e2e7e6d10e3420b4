"""Where the working time of late dossiers went: steps, waits, and what nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.by_source import moment_by_source
from metrics.core.measure import Facts
from metrics.core.vietnamese import number
from metrics.dossiers.lateness import ACCEPTANCE, Filters, Group, listed, on_polars

WAITS: Final[dict[str, str]] = {
    "supplement": "Chờ công dân bổ sung hồ sơ",
    "finance": "Chờ nghĩa vụ tài chính (thuế, phí)",
    "other": "Tạm dừng vì lý do khác",
}
"""Kind of pause → what was waited for."""


STEP: Final = ("dossier_id", "step_sequence", "step_name", "from_at", "to_at", "allotted_minutes")
"""What is needed of the step fact."""

PAUSE: Final = ("dossier_id", "kind", "from_at", "to_at")
"""What is needed of the pause fact."""


@dataclass(frozen=True)
class TimeSpent:
    """Where the working time of late dossiers went; minutes are working minutes.

    ``steps``: ``step_name``, ``dossiers``, ``spent`` (mean minutes a dossier, pauses taken out),
    ``allotted`` (mean minutes allotted; null: nobody allotted any), ``overran`` (dossiers),
    ``late`` (minutes of the lateness put down to the step); in the order of the process.
    ``waits``: ``kind``, ``dossiers``, ``waited`` (mean minutes a dossier that waited), ``late``.
    ``late``: all minutes late; ``unexplained``: those that no step or wait accounts for.
    """

    dossiers: int
    late: int
    unexplained: int
    steps: pl.DataFrame
    waits: pl.DataFrame

    def share(self, minutes: int) -> float | None:
        """A part of the lateness, 0–1; null when nothing was late within working hours."""
        return minutes / self.late if self.late else None

    def by_days(self, ask: Ask) -> pl.DataFrame:
        """Steps in the order of the process, then waits, in working days.

        Returns:
            ``name``, ``dossiers``, ``spent`` and ``allotted`` (means; null: none allotted),
            ``overran`` (dossiers; null: of a wait), ``share`` of the lateness, ``is_wait``.
        """
        day = ask.calendar.hours.day_ms / 60_000
        share = (pl.col("late") / (self.late or None)).alias("share")
        steps = self.steps.select(
            pl.col("step_name").alias("name"),
            "dossiers",
            pl.col("spent") / day,
            pl.col("allotted") / day,
            "overran",
            share,
            pl.lit(value=False).alias("is_wait"),
        )
        waits = self.waits.select(
            pl.col("kind").replace_strict(WAITS, return_dtype=pl.String).alias("name"),
            "dossiers",
            (pl.col("waited") / day).alias("spent"),
            share,
            pl.lit(value=True).alias("is_wait"),
        )
        return pl.concat([steps, waits], how="diagonal")


def time_spent(
    facts: Facts, group: Group, ask: Ask, filters: Filters, part: str = "numerator"
) -> TimeSpent:
    """Where the time of a list's late dossiers went.

    The lateness of a dossier is the working time from its judged due date to its end (or T).
    What of it was spent waiting (a pause that does not move the due date any more) is put down
    to the wait. The rest is shared out among the steps that took longer than they were allotted,
    in proportion to by how much; a step's own time is its working time less the pauses in it.
    Where no step overran, or none was allotted any time, it stays unexplained.
    """
    chosen = listed(facts, group, ask, filters, part)
    if set(group.figures) <= ACCEPTANCE:
        # Their days late are of the acceptance; no step of the process has begun by then.
        chosen = chosen.filter(pl.lit(value=False))
    late = lateness(chosen, ask)
    ids = nw.from_native(late.select("dossier_id"))
    steps = facts.step.join(ids, on="dossier_id", how="semi")
    pauses = facts.pause.join(ids, on="dossier_id", how="semi")
    rows, step_rows, pause_rows = pl.collect_all(
        [late, on_polars(steps).select(STEP), on_polars(pauses).select(PAUSE)]
    )
    return account(rows, step_rows, pause_rows, ask)


def _minutes(ask: Ask, start: pl.Expr, end: pl.Expr) -> pl.Expr:
    # Minutes of many dossiers are summed and multiplied: more than 32 bits hold.
    return ask.calendar.working_minutes_between(start, end).cast(pl.Int64)


def lateness(listed_rows: pl.LazyFrame, ask: Ask) -> pl.LazyFrame:
    """Of listed dossiers those that are late.

    Returns:
        ``dossier_id``, ``due``, ``reached`` (end or T), ``late`` (working minutes between them).
    """
    between = partial(_minutes, ask)
    return (
        listed_rows.filter(
            pl.col("days_late").is_not_null() & pl.col("judged_due_at").is_not_null()
        )
        .select(
            "dossier_id",
            due="judged_due_at",
            reached=pl.col("ended_at").fill_null(moment_by_source(ask)),
        )
        .with_columns(late=between(pl.col("due"), pl.col("reached")))
    )


def account(late: pl.DataFrame, steps: pl.DataFrame, pauses: pl.DataFrame, ask: Ask) -> TimeSpent:
    """:func:`time_spent` of given rows.

    Args:
        late: as :func:`lateness` returns it.
        steps, pauses: the columns :data:`STEP` and :data:`PAUSE` of these dossiers' facts.
    """
    waiting = one_at_a_time(pauses, late)
    own = own_time(steps, late, waiting, ask)
    waits = _waits(waiting, late, ask)
    in_lateness = waits.group_by("dossier_id").agg(pl.col("late").sum().alias("waited"))
    per_dossier = (
        own.group_by("dossier_id")
        .agg(pl.col("over").sum())
        .join(late.select("dossier_id", "late"), on="dossier_id", how="right")
        .join(in_lateness, on="dossier_id", how="left")
        .with_columns(rest=(pl.col("late") - pl.col("waited").fill_null(0)).clip(lower_bound=0))
    )
    shared = own.join(
        per_dossier.select("dossier_id", "rest", total="over"), on="dossier_id"
    ).with_columns(
        late=pl.when(pl.col("total") > 0)
        .then(pl.col("rest") * (pl.col("over").fill_null(0) / pl.col("total")))
        .otherwise(0.0)
    )
    no_step = per_dossier.filter(pl.col("over").fill_null(0) == 0)
    return TimeSpent(
        dossiers=late.height,
        late=int(late["late"].sum()),
        unexplained=int(no_step["rest"].sum()),
        steps=_by_step(shared),
        waits=_by_wait(waits),
    )


def one_at_a_time(pauses: pl.DataFrame, late: pl.DataFrame) -> pl.DataFrame:
    """Pauses until the end (or T) that do not overlap: the one that began first is the reason."""
    before = pl.col("to_at").cum_max().shift(1).over("dossier_id")
    cut = (
        pauses.join(late.select("dossier_id", "reached"), on="dossier_id")
        .with_columns(
            to_at=pl.min_horizontal(pl.col("to_at").fill_null(pl.col("reached")), "reached")
        )
        .filter(pl.col("from_at") < pl.col("to_at"))
        .sort("dossier_id", "from_at", "to_at", "kind")
    )
    return (
        cut.with_columns(from_at=pl.max_horizontal("from_at", before))
        .filter(pl.col("from_at") < pl.col("to_at"))
        .select("dossier_id", "kind", "from_at", "to_at")
    )


def own_time(
    steps: pl.DataFrame, late: pl.DataFrame, waiting: pl.DataFrame, ask: Ask
) -> pl.DataFrame:
    """Each step begun by the end (or T), with ``own`` minutes (no waits) and minutes ``over``."""
    until = pl.min_horizontal(pl.col("to_at").fill_null(pl.col("reached")), "reached")
    between = partial(_minutes, ask)
    begun = (
        steps.join(late.select("dossier_id", "reached"), on="dossier_id")
        .with_columns(until=until)
        .filter(pl.col("from_at") < pl.col("until"))
        .with_columns(spent=between(pl.col("from_at"), pl.col("until")))
    )
    overlap = (
        begun.select("dossier_id", "step_sequence", "from_at", "until")
        .join(waiting.rename({"from_at": "since", "to_at": "to"}), on="dossier_id")
        .with_columns(
            since=pl.max_horizontal("since", "from_at"), to=pl.min_horizontal("to", "until")
        )
        .filter(pl.col("since") < pl.col("to"))
        .with_columns(waited=between(pl.col("since"), pl.col("to")))
        .group_by("dossier_id", "step_sequence")
        .agg(pl.col("waited").sum())
    )
    own = (pl.col("spent") - pl.col("waited").fill_null(0)).clip(lower_bound=0)
    return (
        begun.join(overlap, on=["dossier_id", "step_sequence"], how="left")
        .with_columns(own=own)
        .with_columns(over=(pl.col("own") - pl.col("allotted_minutes")).clip(lower_bound=0))
    )


def _waits(waiting: pl.DataFrame, late: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """Minutes waited by dossier and kind: altogether, and after the due date (``late``)."""
    between = partial(_minutes, ask)
    return (
        waiting.join(late.select("dossier_id", "due"), on="dossier_id")
        .with_columns(
            waited=between(pl.col("from_at"), pl.col("to_at")),
            late=between(
                pl.max_horizontal("from_at", pl.min_horizontal("due", "to_at")), pl.col("to_at")
            ),
        )
        .group_by("dossier_id", "kind")
        .agg(pl.col("waited").sum(), pl.col("late").sum())
    )


def _by_step(own: pl.DataFrame) -> pl.DataFrame:
    return (
        own.group_by("step_name")
        .agg(
            pl.col("dossier_id").n_unique().cast(pl.Int64).alias("dossiers"),
            pl.col("own").mean().alias("spent"),
            pl.col("allotted_minutes").mean().alias("allotted"),
            pl.col("dossier_id")
            .filter(pl.col("over") > 0)
            .n_unique()
            .cast(pl.Int64)
            .alias("overran"),
            pl.col("late").sum().round().cast(pl.Int64),
            pl.col("step_sequence").median().alias("at"),
        )
        .sort("at", "step_name")
        .drop("at")
    )


def _by_wait(waits: pl.DataFrame) -> pl.DataFrame:
    return (
        waits.group_by("kind")
        .agg(
            pl.col("dossier_id").n_unique().cast(pl.Int64).alias("dossiers"),
            pl.col("waited").mean(),
            pl.col("late").sum().cast(pl.Int64),
        )
        .sort("waited", "kind", descending=[True, False])
    )


def working_time(minutes: float | None, ask: Ask) -> str:
    """Working minutes as people say them: "6,5 ngày làm việc", "3 giờ làm việc"."""
    if minutes is None:
        return "chưa rõ"
    day = ask.calendar.hours.day_ms / 60_000
    if minutes >= day:
        return f"{number(minutes / day, 1)} ngày làm việc"
    return f"{number(minutes / 60, 1)} giờ làm việc"
