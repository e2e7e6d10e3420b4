"""From rows of the database to the frames that figures are computed on: metrics/core/contracts.py.

Pure functions of frames. The rules are those of docs/definitions.md, "The dossier as the figures
see it"; tests/oracle.py states them a second time, one dossier at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from connectors.snapshot.source import Raw
from connectors.snapshot.states import (
    STANDING,
    due_dates,
    merged_states,
    pauses_by_state,
    with_states,
)
from connectors.snapshot.versions import Versions
from metrics.core import contracts
from metrics.core.clock import Calendar

__all__ = ["Facts", "derive"]

_SEEN: Final = [
    "due_at",
    "judged_due_at",
    "judged_due_original_at",
    "portal_due_at",
    "portal_suspended",
]
"""What tells one state of a dossier from the next."""

_DUE: Final = ["due_at", "due_original_at", "due_changed_at"]

_Schema = Mapping[str, pl.DataType | type[pl.DataType]]


def _no_history(schema: _Schema) -> Callable[[], pl.DataFrame]:
    return lambda: pl.DataFrame(schema=dict(schema))


@dataclass(frozen=True)
class Facts:
    """``dossier``, ``pause`` and ``step`` with exactly the columns of the contracts.

    A dossier has a row for each of its states.
    """

    dossier: pl.DataFrame
    pause: pl.DataFrame
    step: pl.DataFrame
    # What they were: the same, with ``known_to``.
    dossier_history: pl.DataFrame = field(default_factory=_no_history(contracts.DOSSIER_HISTORY))
    pause_history: pl.DataFrame = field(default_factory=_no_history(contracts.PAUSE_HISTORY))
    step_history: pl.DataFrame = field(default_factory=_no_history(contracts.STEP_HISTORY))


def derive(
    raw: Raw,
    procedures: pl.DataFrame,
    calendar: Calendar,
    timezone: str,
    batches: pl.DataFrame,
    since: int = 0,
) -> Facts:
    """The facts of some dossiers, complete with everything that is derived.

    ``procedures`` and ``batches`` have the columns of ``contracts.PROCEDURE`` and ``BATCH``.
    ``raw`` must hold every pause, step, apology and earlier version of its dossiers. Moments
    become local (``timezone``), without a zone. Of what was, only what batches later than
    ``since`` wrote over.
    """
    earlier = Versions(raw.history)
    dues = _dues(raw, earlier, batches, timezone)
    made = _derive(raw, procedures, calendar, timezone, dues)
    gone = earlier.written_over_since(since)
    if gone.dossier.is_empty():
        return made
    before = _derive(gone, procedures, calendar, timezone, dues)
    return replace(
        made,
        dossier_history=earlier.named(before.dossier, contracts.DOSSIER_HISTORY),
        pause_history=earlier.named(before.pause, contracts.PAUSE_HISTORY),
        step_history=earlier.named(before.step, contracts.STEP_HISTORY),
    )


def _derive(
    raw: Raw, procedures: pl.DataFrame, calendar: Calendar, timezone: str, dues: pl.DataFrame
) -> Facts:
    dossier = _dossiers(raw.dossier, procedures, timezone)
    recorded = _pauses(raw.pause, timezone)
    rows = with_states(dossier, recorded, dues.rename({"key": "dossier_id"}))
    pause = pauses_by_state(rows, recorded)
    states = (
        rows.pipe(_with_judged_due, pause)
        .pipe(_with_portal_due, pause, calendar)
        .pipe(merged_states, _SEEN)
        .with_columns(ended_at=pl.coalesce("refused_at", "ended_at"))
        .pipe(_with_second_supplement, recorded)
        .pipe(_with_acceptance_due, calendar)
        .pipe(_with_apologies, _local(raw.apology, ["issued_at"], timezone))
        .pipe(_with_days, calendar)
    )
    return Facts(
        _contract(states, contracts.DOSSIER),
        _contract(_pause_fact(recorded, dossier), contracts.PAUSE),
        _contract(_step_fact(raw.step, dossier, calendar, timezone), contracts.STEP),
    )


def _dues(raw: Raw, earlier: Versions, batches: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """The due dates in turn, of the dossiers as they are and as they were."""
    moved = pl.col("due_at") > pl.col("due_original_at")
    had = earlier.rows.select("dossier_id").unique()
    concerned = raw.dossier.filter(moved | pl.col("id").is_in(had["dossier_id"].implode()))
    now = concerned.with_columns(dossier_id="id", key="id")
    columns = ["dossier_id", "key", "batch_id", "source_id", *_DUE]
    apology = pl.concat([raw.apology.rename({"dossier_id": "key"}), earlier.apologies()])
    versions = pl.concat([now.select(columns), earlier.rows.select(columns)])
    promised = (
        apology.join(versions.select("key", new_due_at="due_at"), on=["key", "new_due_at"])
        .group_by("key")
        .agg(promised_at=pl.col("issued_at").min())
    )
    known = versions.join(promised, on="key", how="left")
    return due_dates(
        _local(known, [*_DUE, "promised_at"], timezone),
        batches,
        versions.select("key", "dossier_id", "batch_id"),
    )


def _contract(frame: pl.DataFrame, schema: _Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _local(frame: pl.DataFrame, columns: list[str], timezone: str) -> pl.DataFrame:
    """Milliseconds UTC → local moments without a zone."""
    return frame.with_columns(
        pl.col(columns)
        .cast(pl.Datetime("ms", "UTC"))
        .dt.convert_time_zone(timezone)
        .dt.replace_time_zone(None)
    )


# Dossiers


def _dossiers(raw: pl.DataFrame, procedures: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Names of the contracts, local moments, the end, and what the procedure says."""
    moments = [name for name in raw.columns if name.endswith("_at")]
    known = procedures.select(
        pl.col("procedure_id").cast(pl.Int64), "field_id", "limit_value", "limit_unit",
        "valid_from", "valid_to",
    )  # fmt: skip
    ended, received = pl.col("ended_at"), pl.col("received_at")
    day = received.dt.date()
    too_early = (day < pl.col("valid_from")).fill_null(False)
    too_late = (day > pl.col("valid_to")).fill_null(False)
    known_version = received.is_not_null() & pl.col("procedure_id").is_not_null()
    return (
        _local(raw, moments, timezone)
        .rename({"id": "dossier_id", "resolving_unit_id": "unit_id"})
        .join(known, on="procedure_id", how="left", maintain_order="left")
        .with_columns(
            # Ended before it was received: flagged, and ended when received, so stocks balance.
            ended_before_received=(ended < received).fill_null(False),
            ended_at=pl.when(ended.is_not_null()).then(pl.max_horizontal(ended, received)),
            # But a refusal has its own moment: from then on it is in no total.
            refused_at=pl.when(pl.col("end_kind") == "refused").then(ended),
            procedure_expired=pl.when(known_version).then(too_early | too_late),
        )
    )


def _with_acceptance_due(dossier: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    online = pl.when(pl.col("channel") == "online").then(pl.col("submitted_at"))
    return dossier.with_columns(acceptance_due_at=calendar.acceptance_due_of(online))


def _with_apologies(dossier: pl.DataFrame, apology: pl.DataFrame) -> pl.DataFrame:
    counted = apology.group_by("dossier_id").agg(
        apology_at=pl.col("issued_at").min(), apologies=pl.len()
    )
    joined = dossier.join(counted, on="dossier_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("apologies").fill_null(0))


def _with_days(dossier: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    return dossier.with_columns(
        received_day=pl.col("received_at").dt.date(),
        ended_day=pl.col("ended_at").dt.date(),
        judged_due_day=pl.col("judged_due_at").dt.date(),
        _original_day=pl.col("judged_due_original_at").dt.date(),
    ).with_columns(
        ended_wd=calendar.ordinal_of(pl.col("ended_day")),
        judged_due_wd=calendar.ordinal_of(pl.col("judged_due_day")),
        judged_due_original_wd=calendar.ordinal_of(pl.col("_original_day")),
    )


# Pauses


def _pauses(raw: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """``dossier_id``, ``kind``, ``start``, ``stop`` (local ms); open ones stop at STANDING."""
    start, stop = pl.col("from_at").cast(pl.Int64), pl.col("to_at").cast(pl.Int64)
    return _local(raw, ["from_at", "to_at"], timezone).select(
        "dossier_id",
        "kind",
        start=start,
        stop=pl.max_horizontal(start, stop.fill_null(STANDING)),
    )


def _merged(pause: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Overlapping and touching pauses of the same ``by`` made one; sorted by ``by``, start.

    An open pause swallows all that begin after it.
    """
    reached = pl.col("stop").cum_max().shift(1).over(by)
    begins = (pl.col("start") > reached).fill_null(True)
    return (
        pause.select(*by, "start", "stop")
        .sort(*by, "start", "stop")
        .with_columns(spell=begins.cum_sum())
        .group_by(*by, "spell")
        .agg(pl.col("start").min(), pl.col("stop").max())
        .sort("spell")
    )


def _moved(dossier: pl.DataFrame, due: str, spells: pl.DataFrame) -> pl.DataFrame:
    """``state``, ``moved`` (ms, null: not at all), ``suspended``, of those with pauses.

    Rule: in order of start, a pause that starts no later than the due date reached so far moves
    it by its length; an open one suspends it. Merged pauses do not touch, so what counts is
    whether the start, less the lengths of the pauses before it, is no later than the due date:
    that difference only grows, and no loop over the pauses is needed.
    """
    is_open = pl.col("stop") == STANDING
    length = pl.when(~is_open).then(pl.col("stop") - pl.col("start")).otherwise(0)
    before = length.cum_sum().over("state") - length
    dues = dossier.select("state", due=pl.col(due).cast(pl.Int64))
    return (
        spells.with_columns(length=length, key=pl.col("start") - before, is_open=is_open)
        .join(dues, on="state")
        .filter(pl.col("key") <= pl.col("due"))
        .group_by("state")
        .agg(moved=pl.col("length").sum(), suspended=pl.col("is_open").any())
    )


def _after_pauses(
    dossier: pl.DataFrame, due: str, spells: pl.DataFrame, name: str, suspended: str | None = None
) -> pl.DataFrame:
    """Adds ``name``: the due date after pauses; null while suspended or without a due date."""
    joined = dossier.join(
        _moved(dossier, due, spells), on="state", how="left", maintain_order="left"
    )
    stands = pl.col("suspended").fill_null(False)
    moved = pl.col(due) + pl.duration(milliseconds=pl.col("moved").fill_null(0), time_unit="ms")
    joined = joined.with_columns(pl.when(~stands).then(moved).alias(name))
    if suspended is not None:
        joined = joined.with_columns(stands.alias(suspended))
    return joined.drop("moved", "suspended")


def _with_judged_due(states: pl.DataFrame, pause: pl.DataFrame) -> pl.DataFrame:
    spells = _merged(pause, ["state"])
    return states.pipe(_after_pauses, "due_at", spells, "judged_due_at").pipe(
        _after_pauses, "due_original_at", spells, "judged_due_original_at"
    )


def _with_portal_due(states: pl.DataFrame, pause: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    spells = _merged(pause.filter(pl.col("kind") == "supplement"), ["state"])
    return (
        states.join(_by_limit(states, calendar), on="state", how="left", maintain_order="left")
        .with_columns(portal_start=pl.coalesce("due_at", "due_by_limit"))
        .pipe(_after_pauses, "portal_start", spells, "portal_due_at", "portal_suspended")
    )


def _with_second_supplement(dossier: pl.DataFrame, pause: pl.DataFrame) -> pl.DataFrame:
    supplements = pause.filter(pl.col("kind") == "supplement")
    second = (
        supplements.group_by("dossier_id")
        .agg(second_supplement_at=pl.col("start").sort().get(1, null_on_oob=True))
        .with_columns(pl.col("second_supplement_at").cast(contracts.MOMENT))
    )
    return dossier.join(second, on="dossier_id", how="left", maintain_order="left")


def _by_limit(dossier: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """``due_by_limit``: receipt + the procedure's limit, of the dossiers without a due date."""
    undated = dossier.filter(pl.col("due_at").is_null(), pl.col("received_at").is_not_null())
    limit = calendar.due_of(pl.col("received_at"), pl.col("limit_value"), pl.col("limit_unit"))
    return undated.select("state", due_by_limit=limit)


def _pause_fact(pause: pl.DataFrame, dossier: pl.DataFrame) -> pl.DataFrame:
    """An open pause of a dossier that has ended stops at its end, but not before it started."""
    dims = dossier.select(*contracts.DIMENSIONS, "source_id", "received_at", "ended_at", "end_kind")
    end = pl.col("ended_at").cast(pl.Int64)
    closed = pause.join(dims.select("dossier_id", "ended_at"), on="dossier_id").with_columns(
        stop=pl.when(pl.col("stop") != STANDING)
        .then("stop")
        .otherwise(pl.max_horizontal("start", end.fill_null(STANDING)))
    )
    stop = pl.col("stop")
    merged = _merged(closed, ["dossier_id", "kind"]).select(
        "dossier_id",
        "kind",
        from_at=pl.col("start").cast(contracts.MOMENT),
        to_at=pl.when(stop != STANDING).then(stop).cast(contracts.MOMENT),
    )
    return merged.join(dims, on="dossier_id")


# Steps


def _step_fact(
    raw: pl.DataFrame, dossier: pl.DataFrame, calendar: Calendar, timezone: str
) -> pl.DataFrame:
    steps = _local(raw, ["from_at", "due_at", "to_at"], timezone).rename(
        {
            "sequence": "step_sequence",
            "name": "step_name",
            "unit_id": "step_unit_id",
            "officer_id": "step_officer_id",
            "due_at": "allotted_until",
        }
    )
    start = pl.col("from_at")
    return steps.with_columns(
        spent_minutes=calendar.working_minutes_between(start, pl.col("to_at")),
        allotted_minutes=calendar.working_minutes_between(start, pl.col("allotted_until")),
    ).join(dossier.select(*contracts.DIMENSIONS), on="dossier_id")
