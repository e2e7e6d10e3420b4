"""The same by pandas, as someone at home in it would write it: frames loaded once, masks, groupby.

It reads the columns it needs from the snapshot, where the due dates after pauses and the
working-day ordinals stand already; so it does less work than the product did.
"""

from __future__ import annotations

import time
from typing import Any, Final

import pandas as pd
import polars as pl

from bench.question import FIGURES, Answer, Question
from bench.timing import Calls, peak_mb, resident_mb, timed
from connectors.snapshot import read_manifest

_DOSSIER: Final = [
    "dossier_id",
    "held_from",
    "held_to",
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
    "waited_wd",
    "waiting_since_wd",
    "ended_at",
    "ended_day",
    "ended_wd",
    "end_kind",
    "ended_before_received",
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


def _figures(state: Frame, step: Frame, question: Question) -> Answer:
    at, last = _moments(question), len(question.asks) - 1
    begun = (state.received_at < at["e"]) | (state.submitted_at < at["e"])
    alive = state[begun & (state.ended_at.isna() | (state.ended_at >= at["s0"]))]
    here = _as_of(alive, at[f"t{last}"])
    late = _late(here, at, last)
    parts = [
        *_flows(alive, at, last),
        *_overdue(alive, at, last + 1),
        *_now(here, late, at, last),
        *_year_before(state, at),
    ]
    return Answer(pl.concat(parts), _late_rows(late, at, last), _steps(late, step, at, last))


def _as_of(state: Frame, moment: Any) -> Frame:
    """A row a dossier: as it stood at the moment, without those refused before it."""
    held = (state.held_from < moment) & (state.held_to >= moment)
    return state[held & ((state.end_kind != "refused") | (state.ended_at >= moment))]


def _part(
    block: str,
    figure: str,
    counts: Frame,
    ask: int = 0,
    denominator: Frame | None = None,
    unknown: Frame | None = None,
) -> pl.DataFrame:
    """Counts by unit (and ``ask``) as rows of the answer; of a rate with its other sides."""
    sides = {"numerator": counts, "denominator": denominator, "unknown": unknown}
    frame = pd.DataFrame({name: side for name, side in sides.items() if side is not None})
    told = pl.from_pandas(frame.reset_index())
    missing = {"block": block, "ask": ask, "figure": figure, "denominator": None, "unknown": None}
    new = [pl.lit(value).alias(name) for name, value in missing.items() if name not in told.columns]
    told = told.with_columns(new)
    return told.select(pl.col(name).cast(dtype) for name, dtype in FIGURES.items())


def _flows(alive: Frame, at: dict[str, Any], last: int) -> list[pl.DataFrame]:
    # Nothing that happens after the end turns late into in time: the last state tells all weeks.
    now = alive[alive.held_to == alive.held_to.max()]
    came = now[(now.received_at >= at["s0"]) & (now.received_at < at["e"])]
    week = ((came.received_at - at["s0"]) // _WEEK).rename("ask")
    as_of = (at["s0"] + (week + 1) * _WEEK).clip(upper=at[f"t{last}"])
    counts = (came.end_kind != "refused") | (came.ended_at >= as_of)
    received = came[counts].groupby([came.unit_id, week]).size()
    done = now[(now.ended_at >= at["s0"]) & (now.ended_at < at["e"]) & (now.end_kind != "refused")]
    done = done[done.received_at.notna()]
    known = done.due_at.notna()
    table = pd.DataFrame(
        {
            "unit_id": done.unit_id,
            "ask": (done.ended_at - at["s0"]) // _WEEK,
            "resolved": 1,
            "known": known,
            "unknown": ~known,
            "on_time": known & (done.ended_at <= done.judged_due_at),
            "resolved_late": known & (done.ended_at > done.judged_due_at),
        }
    )
    sums = table.groupby(["unit_id", "ask"]).sum()
    return [
        _part("series", "received", received),
        _part("series", "resolved", sums.resolved),
        _part("series", "on_time", sums.on_time, denominator=sums.known, unknown=sums.unknown),
        _part("series", "resolved_late", sums.resolved_late),
    ]


def _overdue(alive: Frame, at: dict[str, Any], weeks: int) -> list[pl.DataFrame]:
    # Only what ended late, or has not ended, was ever overdue.
    ever = alive[
        alive.due_at.notna() & (alive.ended_at.isna() | (alive.ended_at > alive.judged_due_at))
    ]
    parts = []
    for i in range(weeks):
        moment = at[f"t{i}"]
        here = _as_of(ever, moment)
        here = here[_pending_at(here, moment) & (here.judged_due_at < moment)]
        parts.append(_part("series", "pending_overdue", here.groupby("unit_id").size(), ask=i))
    return parts


def _pending_at(frame: Frame, moment: Any) -> Frame:
    return (frame.received_at < moment) & (frame.ended_at.isna() | (frame.ended_at >= moment))


def _late(here: Frame, at: dict[str, Any], last: int) -> Frame:
    start, moment = at[f"s{last}"], at[f"t{last}"]
    ended_late = here.received_at.notna() & (here.ended_at >= start) & (here.ended_at < at["e"])
    ended_late &= here.ended_at > here.judged_due_at
    overdue = _pending_at(here, moment) & (here.judged_due_at < moment)
    return here[here.due_at.notna() & (ended_late | overdue)]


def _now(here: Frame, late: Frame, at: dict[str, Any], last: int) -> list[pl.DataFrame]:
    start, moment = at[f"s{last}"], at[f"t{last}"]
    pending = here[_pending_at(here, moment)]
    known, due = pending.due_at.notna(), pending.judged_due_at
    waiting = (here.received_at.isna() | (here.received_at >= moment)) & (
        here.ended_at.isna() | (here.ended_at >= moment)
    )
    came = (here.received_at >= start) & (here.received_at < at["e"])
    came &= ~here.ended_before_received
    chosen = {
        "pending": pending,
        "pending_in_time": pending[known & (due.isna() | (due >= moment))],
        "pending_unclassified": pending[~known],
        "late": late,
        "late_without_apology": late[late.apology_at.isna() | (late.apology_at >= moment)],
        "due_soon": pending[
            known & (due >= moment) & (pending.judged_due_wd - at["wd"] <= at["within"])
        ],
        "accepted_late": here[came & (here.received_at > here.acceptance_due_at)],
        "acceptance_overdue": here[waiting & (here.acceptance_due_at < moment)],
    }
    return [_part("now", figure, rows.groupby("unit_id").size()) for figure, rows in chosen.items()]


def _year_before(state: Frame, at: dict[str, Any]) -> list[pl.DataFrame]:
    start, moment = at["sb"], at["tb"]
    here = _as_of(state[state.ended_at.isna() | (state.ended_at >= start)], moment)
    here = here[here.received_at < moment]
    done = here[here.ended_at < moment]
    known = done.due_at.notna()
    overdue = _pending_at(here, moment) & here.due_at.notna() & (here.judged_due_at < moment)
    counts = {
        "received": ((here.received_at >= start).sum(), None, None),
        "resolved": (len(done), None, None),
        "on_time": (
            (known & (done.ended_at <= done.judged_due_at)).sum(),
            known.sum(),
            (~known).sum(),
        ),
        "resolved_late": ((known & (done.ended_at > done.judged_due_at)).sum(), None, None),
        "pending_overdue": (overdue.sum(), None, None),
    }
    rows = [("year_before", None, 0, figure, *sides) for figure, sides in counts.items()]
    return [pl.DataFrame(rows, FIGURES, orient="row", strict=False)]


def _late_rows(late: Frame, at: dict[str, Any], last: int) -> pl.DataFrame:
    ended = late.ended_at < at[f"t{last}"]
    day = pd.to_datetime(late.ended_day).where(ended, at["day"])
    # Nobody is late for working days on which the citizen was waited for.
    reached = late.ended_wd.where(ended, late.waiting_since_wd.fillna(at["wd"]))
    rows = late.assign(
        days_late=(day - pd.to_datetime(late.judged_due_day)).dt.days,
        working_days_late=(reached - late.judged_due_wd - late.waited_wd).astype("int64"),
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
