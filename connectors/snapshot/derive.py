"""From rows of the database to the frames that figures are computed on: metrics/core/contracts.py.

Pure functions of frames. The rules are those of docs/definitions.md, "The dossier as the figures
see it"; tests/oracle.py states them a second time, one dossier at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from connectors.early import ended_before_received
from connectors.snapshot.dues import (
    DUES,
    PORTAL,
    by_the_limit,
    local_day,
    merged,
    spells,
    with_due,
)
from connectors.snapshot.source import Raw
from connectors.snapshot.states import (
    STANDING,
    due_dates,
    merged_states,
    pauses_by_state,
    with_states,
)
from connectors.snapshot.supplements import Rules, shipped_rules
from connectors.snapshot.versions import Versions
from metrics.core import contracts
from metrics.core.clock import Calendar

__all__ = ["Facts", "derive"]

_SEEN: Final = [
    "due_at",
    *(column for due in (*DUES, PORTAL) for column in (due.at, due.day)),
    *(column for due in DUES for column in due.waited or ()),
    *(PORTAL.suspended or ()),
    "waiting_since_wd",
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
    rules: Rules | None = None,
) -> Facts:
    """The facts of some dossiers, complete with everything that is derived.

    ``procedures`` and ``batches`` have the columns of ``contracts.PROCEDURE`` and ``BATCH``.
    ``raw`` must hold every pause, step, apology and earlier version of its dossiers. Moments
    become local (``timezone``), without a zone. Of what was, only what batches later than
    ``since`` wrote over. ``rules``: of supplements (default: the shipped ones).
    """
    rules = shipped_rules() if rules is None else rules
    earlier = Versions(raw.history)
    dues = _dues(raw, earlier, batches, timezone)
    made = _derive(raw, procedures, calendar, timezone, dues, rules)
    gone = earlier.written_over_since(since)
    if gone.dossier.is_empty():
        return made
    before = _derive(gone, procedures, calendar, timezone, dues, rules)
    return replace(
        made,
        dossier_history=earlier.named(before.dossier, contracts.DOSSIER_HISTORY),
        pause_history=earlier.named(before.pause, contracts.PAUSE_HISTORY),
        step_history=earlier.named(before.step, contracts.STEP_HISTORY),
    )


def _derive(
    raw: Raw,
    procedures: pl.DataFrame,
    calendar: Calendar,
    timezone: str,
    dues: pl.DataFrame,
    rules: Rules,
) -> Facts:
    dossier = _dossiers(raw.dossier, procedures, timezone)
    recorded = _pauses(raw.pause)
    rows = with_states(dossier, recorded, dues.rename({"key": "dossier_id"}))
    states = (
        rows.pipe(_with_dues, pauses_by_state(rows, recorded), calendar, timezone, rules)
        .pipe(merged_states, _SEEN)
        .with_columns(ended_at=pl.coalesce("refused_at", "ended_at"))
        .pipe(_with_supplements, recorded)
        .pipe(_with_apologies, _utc(raw.apology))
        .pipe(_local, timezone)
        .pipe(_with_bounds)
        .pipe(_with_acceptance_due, calendar)
        .pipe(_with_days, calendar)
    )
    dims = _local(
        dossier.select(*contracts.DIMENSIONS, "source_id", "received_at", "ended_at", "end_kind"),
        timezone,
    )
    return Facts(
        _contract(states, contracts.DOSSIER),
        _contract(_pause_fact(recorded, dossier, dims, timezone), contracts.PAUSE),
        _contract(_step_fact(_local(_utc(raw.step), timezone), dims, calendar), contracts.STEP),
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
    told = pl.col("data_until").dt.replace_time_zone(
        timezone, ambiguous="earliest", non_existent="null"
    )
    return due_dates(
        _utc(known),
        batches.with_columns(told.dt.convert_time_zone("UTC")),
        versions.select("key", "dossier_id", "batch_id"),
    )


def _contract(frame: pl.DataFrame, schema: _Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


_UTC: Final = pl.Datetime("ms", "UTC")


def _utc(frame: pl.DataFrame) -> pl.DataFrame:
    """Milliseconds UTC → moments."""
    return frame.with_columns(
        pl.col(name).cast(_UTC) for name in frame.columns if name.endswith("_at")
    )


def _local(frame: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Moments in UTC → local moments without a zone."""
    moments = [name for name, dtype in frame.schema.items() if dtype == _UTC]
    return frame.with_columns(
        pl.col(moments).dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    )


# Dossiers


def _dossiers(raw: pl.DataFrame, procedures: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Names of the contracts, moments in UTC, the end, and what the procedure says."""
    known = procedures.select(
        pl.col("procedure_id").cast(pl.Int64), "field_id", "limit_value", "limit_unit",
        "valid_from", "valid_to",
    )  # fmt: skip
    ended, received = pl.col("ended_at"), pl.col("received_at")
    day = local_day(received, timezone)
    too_early = (day < pl.col("valid_from")).fill_null(False)
    too_late = (day > pl.col("valid_to")).fill_null(False)
    known_version = received.is_not_null() & pl.col("procedure_id").is_not_null()
    utc = _utc(raw)
    early = ended_before_received(utc, timezone)
    return (
        utc.rename({"id": "dossier_id", "resolving_unit_id": "unit_id"})
        .join(known, on="procedure_id", how="left", maintain_order="left")
        .with_columns(
            # Ended before it was received: flagged, and ended when received, so stocks balance.
            ended_before_received=early,
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


def _with_bounds(states: pl.DataFrame) -> pl.DataFrame:
    """A state without a bound holds from ever, or for ever."""
    return states.with_columns(
        pl.col("held_from").fill_null(contracts.FROM_EVER),
        pl.col("held_to").fill_null(contracts.TO_EVER),
    )


def _with_days(dossier: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    days = dossier.with_columns(
        received_day=pl.col("received_at").dt.date(), ended_day=pl.col("ended_at").dt.date()
    )
    return days.with_columns(
        supplement_wd=calendar.ordinal_of(pl.col("supplement_at").dt.date())
        - calendar.ordinal_of(pl.col("received_day")),
        ended_wd=calendar.ordinal_of(pl.col("ended_day")),
        judged_due_wd=calendar.ordinal_of(pl.col("judged_due_at").dt.date()),
        judged_due_original_wd=calendar.ordinal_of(pl.col("judged_due_original_at").dt.date()),
        judged_due_day_wd=calendar.ordinal_of(pl.col("judged_due_day")),
        judged_due_original_day_wd=calendar.ordinal_of(pl.col("judged_due_original_day")),
    )


# Pauses and due dates


def _pauses(raw: pl.DataFrame) -> pl.DataFrame:
    """``dossier_id``, ``kind``, ``start``, ``stop`` (ms UTC); open ones stop at STANDING."""
    start, stop = pl.col("from_at").cast(pl.Int64), pl.col("to_at").cast(pl.Int64)
    return raw.select(
        "dossier_id",
        "kind",
        start=start,
        stop=pl.max_horizontal(start, stop.fill_null(STANDING)),
    )


def _with_dues(
    rows: pl.DataFrame, pause: pl.DataFrame, calendar: Calendar, timezone: str, rules: Rules
) -> pl.DataFrame:
    every = spells(pause, rows, calendar, timezone, rules)
    supplements = spells(pause.filter(pl.col("kind") == "supplement"), rows, calendar, timezone)
    waiting = every.filter(pl.col("stop") == STANDING).select("state", waiting_since_wd="since_wd")
    limit = by_the_limit(rows, calendar, timezone)
    states = (
        rows.join(waiting, on="state", how="left", maintain_order="left")
        .join(limit, on="state", how="left", maintain_order="left")
        .with_columns(portal_start=pl.coalesce("due_at", "due_by_limit"))
    )
    for due in DUES:
        states = with_due(states, every, due, timezone)
    return with_due(states, supplements, PORTAL, timezone)


def _with_supplements(dossier: pl.DataFrame, pause: pl.DataFrame) -> pl.DataFrame:
    supplements = pause.filter(pl.col("kind") == "supplement")
    names = ("supplement_at", "second_supplement_at")
    asked = supplements.group_by("dossier_id").agg(
        pl.col("start").sort().get(place, null_on_oob=True).cast(_UTC).alias(name)
        for place, name in enumerate(names)
    )
    return dossier.join(asked, on="dossier_id", how="left", maintain_order="left")


def _pause_fact(
    pause: pl.DataFrame, dossier: pl.DataFrame, dims: pl.DataFrame, timezone: str
) -> pl.DataFrame:
    """An open pause of a dossier that has ended stops at its end, but not before it started."""
    ends = dossier.select("dossier_id", end=pl.col("ended_at").cast(pl.Int64))
    closed = pause.join(ends, on="dossier_id").with_columns(
        stop=pl.when(pl.col("stop") != STANDING)
        .then("stop")
        .otherwise(pl.max_horizontal("start", pl.col("end").fill_null(STANDING)))
    )
    stop = pl.col("stop")
    found = merged(closed, ["dossier_id", "kind"]).select(
        "dossier_id",
        "kind",
        from_at=pl.col("start").cast(_UTC),
        to_at=pl.when(stop != STANDING).then(stop).cast(_UTC),
    )
    return _local(found, timezone).join(dims, on="dossier_id")


# Steps


def _step_fact(raw: pl.DataFrame, dims: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    steps = raw.rename(
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
    ).join(dims.select(*contracts.DIMENSIONS), on="dossier_id")
