"""The same by pandas, as someone at home in it would write it: frames loaded once, masks, groupby.

It reads the columns it needs from the snapshot, where the due dates after pauses and the
working-day ordinals stand already; so it does less work than the product did.
"""

from __future__ import annotations

import time
from typing import Any, Final

import pandas as pd
import polars as pl

from bench.question import Answer, Question
from bench.timing import Calls, peak_mb, resident_mb, timed
from connectors.snapshot import read_manifest

_DOSSIER: Final = [
    "dossier_id",
    "code",
    "unit_id",
    "field_id",
    "procedure_id",
    "officer_id",
    "submitted_at",
    "received_at",
    "due_at",
    "judged_due_at",
    "judged_due_day",
    "judged_due_wd",
    "ended_at",
    "ended_day",
    "ended_wd",
    "end_kind",
    "apology_at",
    "acceptance_due_at",
]
_STEP: Final = ["dossier_id", "step_sequence", "step_name", "from_at", "to_at"]
_WEEK: Final = pd.Timedelta(days=7)

Frame = Any


def home(question: Question) -> tuple[Answer, Calls, dict[str, float]]:
    """Times of the figures; loading and memory apart."""
    before, began = resident_mb(), time.perf_counter()
    dossier, step = _load(question, "dossier", _DOSSIER), _load(question, "step", _STEP)
    dossier["end_kind"] = dossier["end_kind"].astype("category")
    loading = {
        "seconds": time.perf_counter() - began,
        "resident_mb": resident_mb() - before,
    }
    answer, calls = timed(lambda: _figures(dossier, step, question))
    return answer, calls, loading | {"peak_mb": peak_mb()}


def _load(question: Question, fact: str, columns: list[str]) -> Frame:
    folder = question.settings.snapshot_dir
    manifest = read_manifest(folder)
    assert manifest is not None
    files = [folder / part.path for part in manifest.of_fact(fact)]
    return pd.concat([pd.read_parquet(file, columns=columns) for file in files], ignore_index=True)


def _moments(question: Question) -> dict[str, Any]:
    numbers = question.numbers()
    keys = [key for key in numbers if key not in ("day", "wd", "within")]
    return {key: pd.Timestamp(numbers[key], unit="ms") for key in keys} | {
        "day": pd.Timestamp(question.ask.as_of_day),
        "wd": numbers["wd"],
        "within": numbers["within"],
    }


def _figures(dossier: Frame, step: Frame, question: Question) -> Answer:
    at, last = _moments(question), len(question.asks) - 1
    begun = (dossier.received_at < at["e"]) | (dossier.submitted_at < at["e"])
    alive = dossier[begun & (dossier.ended_at.isna() | (dossier.ended_at >= at["s0"]))]
    counted = alive[alive.received_at.notna() & (alive.end_kind != "refused")]
    late = _late(counted, at, last)
    parts = [
        *_flows(counted, at),
        *_overdue(counted, at, last + 1),
        *_now(alive, counted, late, at, last),
        *_year_before(dossier, at),
    ]
    return Answer(pl.concat(parts), _late_rows(late, at, last), _steps(late, step, at, last))


def _part(
    block: str, figure: str, counts: Frame, rated: Frame | None = None, ask: int = 0
) -> pl.DataFrame:
    """Counts by unit (and ``ask``) as rows of the answer; ``rated``: the denominators."""
    frame = counts.rename("numerator").reset_index()
    columns = [name for name in ("unit_id", "ask") if name in frame.columns]
    tidy = pl.from_pandas(frame).with_columns(
        pl.lit(block).alias("block"), pl.lit(figure).alias("figure")
    )
    if "ask" not in columns:
        tidy = tidy.with_columns(pl.lit(ask, pl.Int64).alias("ask"))
    denominators = pl.Series("denominator", [None] * len(frame), dtype=pl.Int64)
    if rated is not None:
        denominators = pl.Series("denominator", rated.to_numpy(), dtype=pl.Int64)
    return tidy.with_columns(denominators).select(
        "block",
        pl.col("unit_id").cast(pl.Int64),
        pl.col("ask").cast(pl.Int64),
        "figure",
        pl.col("numerator").cast(pl.Int64),
        "denominator",
    )


def _flows(counted: Frame, at: dict[str, Any]) -> list[pl.DataFrame]:
    came = counted[(counted.received_at >= at["s0"]) & (counted.received_at < at["e"])]
    week = ((came.received_at - at["s0"]) // _WEEK).rename("ask")
    received = came.groupby([came.unit_id, week]).size()
    done = counted[(counted.ended_at >= at["s0"]) & (counted.ended_at < at["e"])]
    known = done.due_at.notna()
    table = pd.DataFrame(
        {
            "unit_id": done.unit_id,
            "ask": (done.ended_at - at["s0"]) // _WEEK,
            "resolved": 1,
            "on_time": known & (done.ended_at <= done.judged_due_at),
            "resolved_late": known & (done.ended_at > done.judged_due_at),
        }
    )
    sums = table.groupby(["unit_id", "ask"]).sum()
    return [
        _part("series", "received", received),
        _part("series", "resolved", sums.resolved),
        _part("series", "on_time", sums.on_time, sums.resolved),
        _part("series", "resolved_late", sums.resolved_late),
    ]


def _overdue(counted: Frame, at: dict[str, Any], weeks: int) -> list[pl.DataFrame]:
    # Only what ended late, or has not ended, was ever overdue.
    ever = counted[
        counted.due_at.notna()
        & (counted.ended_at.isna() | (counted.ended_at > counted.judged_due_at))
    ]
    parts = []
    for i in range(weeks):
        moment = at[f"t{i}"]
        here = ever[_pending_at(ever, moment) & (ever.judged_due_at < moment)]
        parts.append(_part("series", "pending_overdue", here.groupby("unit_id").size(), ask=i))
    return parts


def _pending_at(frame: Frame, moment: Any) -> Frame:
    return (frame.received_at < moment) & (frame.ended_at.isna() | (frame.ended_at >= moment))


def _late(counted: Frame, at: dict[str, Any], last: int) -> Frame:
    start, moment = at[f"s{last}"], at[f"t{last}"]
    ended_late = (counted.ended_at >= start) & (counted.ended_at < at["e"])
    ended_late &= counted.ended_at > counted.judged_due_at
    overdue = _pending_at(counted, moment) & (counted.judged_due_at < moment)
    return counted[counted.due_at.notna() & (ended_late | overdue)]


def _now(
    alive: Frame, counted: Frame, late: Frame, at: dict[str, Any], last: int
) -> list[pl.DataFrame]:
    start, moment = at[f"s{last}"], at[f"t{last}"]
    pending = counted[_pending_at(counted, moment)]
    known, due = pending.due_at.notna(), pending.judged_due_at
    waiting = (alive.received_at.isna() | (alive.received_at >= moment)) & (
        alive.ended_at.isna() | (alive.ended_at >= moment)
    )
    came = (counted.received_at >= start) & (counted.received_at < at["e"])
    chosen = {
        "pending": pending,
        "pending_in_time": pending[known & (due.isna() | (due >= moment))],
        "pending_unclassified": pending[~known],
        "late": late,
        "late_without_apology": late[late.apology_at.isna() | (late.apology_at >= moment)],
        "due_soon": pending[
            known & (due >= moment) & (pending.judged_due_wd - at["wd"] <= at["within"])
        ],
        "accepted_late": counted[came & (counted.received_at > counted.acceptance_due_at)],
        "acceptance_overdue": alive[waiting & (alive.acceptance_due_at < moment)],
    }
    return [_part("now", figure, rows.groupby("unit_id").size()) for figure, rows in chosen.items()]


def _year_before(dossier: Frame, at: dict[str, Any]) -> list[pl.DataFrame]:
    start, moment = at["sb"], at["tb"]
    alive = dossier[
        (dossier.received_at < moment)
        & (dossier.ended_at.isna() | (dossier.ended_at >= start))
        & (dossier.end_kind != "refused")
    ]
    done = alive[(alive.ended_at >= start) & (alive.ended_at < moment)]
    known = done.due_at.notna()
    overdue = _pending_at(alive, moment) & alive.due_at.notna() & (alive.judged_due_at < moment)
    counts = {
        "received": ((alive.received_at >= start).sum(), None),
        "resolved": (len(done), None),
        "on_time": ((known & (done.ended_at <= done.judged_due_at)).sum(), len(done)),
        "resolved_late": ((known & (done.ended_at > done.judged_due_at)).sum(), None),
        "pending_overdue": (overdue.sum(), None),
    }
    rows = [
        ("year_before", None, 0, figure, int(number), of) for figure, (number, of) in counts.items()
    ]
    schema = ["block", "unit_id", "ask", "figure", "numerator", "denominator"]
    numbers = dict.fromkeys(["unit_id", "ask", "numerator", "denominator"], pl.Int64)
    return [pl.DataFrame(rows, schema, orient="row", schema_overrides=numbers)]


def _late_rows(late: Frame, at: dict[str, Any], last: int) -> pl.DataFrame:
    ended = late.ended_at < at[f"t{last}"]
    day = pd.to_datetime(late.ended_day).where(ended, at["day"])
    ordinal = late.ended_wd.where(ended, at["wd"])
    rows = late.assign(
        days_late=(day - pd.to_datetime(late.judged_due_day)).dt.days,
        working_days_late=(ordinal - late.judged_due_wd).astype("int64"),
    ).sort_values(["working_days_late", "code"], ascending=[False, True])
    return pl.from_pandas(rows[["dossier_id", "days_late", "working_days_late"]])


def _steps(late: Frame, step: Frame, at: dict[str, Any], last: int) -> pl.DataFrame:
    moment = at[f"t{last}"]
    pending = late.loc[late.ended_at.isna() | (late.ended_at >= moment), "dossier_id"]
    here = (step.from_at < moment) & (step.to_at.isna() | (step.to_at >= moment))
    found = step[here & step.dossier_id.isin(pending)]
    found = found.sort_values(["dossier_id", "step_sequence"]).drop_duplicates(
        "dossier_id", keep="last"
    )
    return pl.from_pandas(found[["dossier_id", "step_name"]])
