"""The due date after pauses (J) of each state, by timestamp and by day (docs/definitions.md).

By timestamp J is a moment, moved by the length of the pauses in real time. By day J is a date,
moved by the days from a pause's first to its last: a pause within a day moves nothing. Moments are
UTC here, because a local clock that is set back says the same hour twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from connectors.snapshot.states import STANDING
from connectors.snapshot.supplements import Rules, anew_on
from metrics.core.clock import Calendar

__all__ = ["DUES", "PORTAL", "Due", "by_the_limit", "local_day", "merged", "spells", "with_due"]


@dataclass(frozen=True)
class Due:
    """Where a due date stands (``start``), and the columns that its J by both comparisons fills.

    ``waited``: working days of the pauses that began after J, by timestamp and by day.
    ``suspended``: whether an open pause holds J up; likewise.
    """

    start: str
    at: str
    day: str
    waited: tuple[str, str] | None = None
    suspended: tuple[str, str] | None = None
    in_time: str = ""
    early: str | None = None


DUES: Final = (
    Due(
        start="due_at",
        at="judged_due_at",
        day="judged_due_day",
        waited=("waited_wd", "waited_day_wd"),
        in_time="in_time",
        early="early",
    ),
    Due(
        start="due_original_at",
        at="judged_due_original_at",
        day="judged_due_original_day",
        waited=("waited_original_wd", "waited_original_day_wd"),
        in_time="in_time_original",
        early="early_original",
    ),
)
PORTAL: Final = Due(
    start="portal_start",
    at="portal_due_at",
    day="portal_due_day",
    suspended=("portal_suspended", "portal_suspended_by_day"),
    in_time="portal_in_time",
)


_UTC: Final = pl.Datetime("ms", "UTC")


def local_day(moment: pl.Expr, timezone: str) -> pl.Expr:
    """The local date of a UTC moment."""
    return moment.dt.convert_time_zone(timezone).dt.date()


def merged(pause: pl.DataFrame, by: list[str], *any_of: str) -> pl.DataFrame:
    """Overlapping and touching pauses of the same ``by`` made one; sorted by ``by``, start.

    An open pause swallows all that begin after it. ``any_of``: columns true if one's is.
    """
    reached = pl.col("stop").cum_max().shift(1).over(by)
    begins = (pl.col("start") > reached).fill_null(True)
    return (
        pause.select(*by, "start", "stop", *any_of)
        .sort(*by, "start", "stop")
        .with_columns(spell=begins.cum_sum())
        .group_by(*by, "spell")
        .agg(pl.col("start").min(), pl.col("stop").max(), *(pl.col(name).any() for name in any_of))
        .sort("spell")
    )


def spells(
    pause: pl.DataFrame,
    states: pl.DataFrame,
    calendar: Calendar,
    timezone: str,
    rules: Rules = (),
) -> pl.DataFrame:
    """The merged pauses of each state, as spans of moments and of days.

    Args:
        pause: ``state``, ``kind``, ``start``, ``stop`` (ms UTC; ``STANDING`` while open).
        states: ``state``, ``held_from`` (ms UTC), ``ended_at`` (UTC), ``limit_value``,
            ``limit_unit``.
        calendar: counts the working days waited.
        timezone: whose days these are.
        rules: of supplements that start the limit anew; none: they do not.

    Returns:
        ``state``, ``start``, ``stop`` (ms), ``start_day``, ``stop_day`` (days since 1970;
        ``STANDING`` while open), ``since_wd`` (ordinal of its first day), ``waited`` (working days
        from its first day to its last, cut at the end; 0 while open), ``renewed`` (ms) and
        ``renewed_day``: the limit counted anew from its stop (null: it is not).
    """
    end = pl.col("ended_at").cast(pl.Int64)
    ends = states.select(
        "state", "limit_value", "limit_unit", end=pl.when(end <= pl.col("held_from")).then(end)
    )
    anew = (pl.col("kind") == "supplement") & anew_on(
        local_day(pl.col("start").cast(_UTC), timezone), rules
    )
    is_open = pl.col("stop") == STANDING
    cut = pl.max_horizontal("start", pl.min_horizontal("stop", pl.col("end").fill_null(STANDING)))

    def day(ms: pl.Expr) -> pl.Expr:
        return local_day(ms.cast(_UTC), timezone)

    closed = pl.when(pl.col("anew") & ~is_open).then(pl.col("stop").cast(_UTC))
    renewed = _by_limit(closed, calendar, timezone) if rules else pl.lit(None, _UTC)
    return (
        merged(pause.with_columns(anew=anew), ["state"], "anew")
        .join(ends, on="state", how="left", maintain_order="left")
        .with_columns(first=day(pl.col("start")), last=day(pl.when(~is_open).then(cut)))
        .with_columns(
            since_wd=calendar.ordinal_of(pl.col("first")),
            last_wd=calendar.ordinal_of(pl.col("last")),
            start_day=pl.col("first").cast(pl.Int32).cast(pl.Int64),
            stop_day=day(pl.when(~is_open).then("stop"))
            .cast(pl.Int32)
            .cast(pl.Int64)
            .fill_null(STANDING),
        )
        .with_columns(
            waited=pl.when(is_open).then(0).otherwise(pl.col("last_wd") - pl.col("since_wd")),
            renewed_at=renewed,
        )
        .select(
            "state",
            "start",
            "stop",
            "start_day",
            "stop_day",
            "since_wd",
            "waited",
            renewed=pl.col("renewed_at").cast(pl.Int64),
            renewed_day=local_day(pl.col("renewed_at"), timezone).cast(pl.Int32).cast(pl.Int64),
        )
    )


def with_due(states: pl.DataFrame, found: pl.DataFrame, due: Due, timezone: str) -> pl.DataFrame:
    """Adds the columns that ``due`` names.

    Args:
        states: a row a state, with the moment ``due.start`` and ``ended_at`` (UTC).
        found: the merged pauses that move this due date, as :func:`spells` gives them.
        due: which due date.
        timezone: whose days these are.
    """
    start, start_day = pl.col(due.start), pl.col("start_day")
    # Telling a local day is most of the work: once, and not for each column that needs it.
    states = states.with_columns(start_day=local_day(start, timezone))
    with_pauses = states.join(found.select("state").unique(), on="state", how="semi")
    starts = with_pauses.select(
        "state",
        ms=start.cast(pl.Int64),
        days=start_day.cast(pl.Int32).cast(pl.Int64),
    )
    by_ms = _moved(
        starts.select("state", due="ms"),
        found.select("state", "start", "stop", "waited", "renewed"),
    )
    by_day = _moved(
        starts.select("state", due="days"),
        found.select("state", "waited", start="start_day", stop="stop_day", renewed="renewed_day"),
    )
    joined = states.join(by_ms, on="state", how="left", maintain_order="left").join(
        by_day, on="state", how="left", maintain_order="left", suffix="_day"
    )
    moved = start + pl.duration(milliseconds=pl.col("moved").fill_null(0), time_unit="ms")
    moved_days = pl.duration(days=pl.col("moved_day").fill_null(0))
    stands, stands_by_day = (pl.col(f"suspended{way}").fill_null(False) for way in ("", "_day"))
    joined = joined.with_columns(
        pl.when(~stands).then(moved).alias(due.at),
        pl.when(~stands_by_day).then(start_day + moved_days).alias(due.day),
    )
    ended = pl.col("ended_at")
    columns = [(ended <= pl.col(due.at)).alias(due.in_time)]
    if due.early is not None:
        net = local_day(ended - (pl.col(due.at) - start), timezone)
        columns.append((net < start_day).alias(due.early))
    if due.waited is not None:
        columns += [
            pl.col(f"waited{way}").fill_null(0).alias(name)
            for way, name in zip(("", "_day"), due.waited, strict=True)
        ]
    if due.suspended is not None:
        columns += [
            on.alias(name) for on, name in zip((stands, stands_by_day), due.suspended, strict=True)
        ]
    own = ["moved", "suspended", "waited"]
    return joined.with_columns(columns).drop("start_day", own, [f"{name}_day" for name in own])


def _moved(starts: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """``state``, ``moved``, ``suspended``, ``waited``, of the states with pauses.

    Rule: in order of start, a pause that starts no later than the due date reached so far moves
    it by its length, or to the limit counted anew (``renewed``) where that is later; an open one
    suspends it. So the due date reached is the greatest of the first one and of each limit, less
    the lengths before it, plus all lengths: no loop over the pauses is needed. From the first that
    began later on they move nothing: they are waited for.
    """
    is_open, is_anew = pl.col("stop") == STANDING, pl.col("renewed").is_not_null()
    length = pl.when(is_open | is_anew).then(0).otherwise(pl.col("stop") - pl.col("start"))
    before = length.cum_sum().over("state") - length
    reached = pl.col("anew").fill_null(-STANDING).cum_max().shift(1).over("state")
    in_reach = pl.col("key") <= pl.max_horizontal("due", "reached")
    counts = pl.col("counts") == 1
    return (
        found.with_columns(
            length=length,
            key=pl.col("start") - before,
            anew=pl.col("renewed") - before,
            is_open=is_open,
        )
        .with_columns(reached=reached)
        .join(starts.drop_nulls("due"), on="state", maintain_order="left")
        .with_columns(counts=in_reach.cast(pl.Int8).cum_min().over("state"))
        .group_by("state")
        .agg(
            moved=pl.col("length").filter(counts).sum()
            + pl.max_horizontal(0, pl.col("anew").filter(counts).max() - pl.col("due").first()),
            suspended=(pl.col("is_open") & counts).any(),
            waited=pl.col("waited").filter(~counts).sum(),
        )
    )


def by_the_limit(states: pl.DataFrame, calendar: Calendar, timezone: str) -> pl.DataFrame:
    """``state``, ``due_by_limit`` (UTC): receipt + the procedure's limit, without a due date.

    A limit in days or months ends with its last day (at 24:00: Bộ luật Dân sự 2015, Điều 148), as
    an imported due date does that names a day only.
    """
    undated = states.filter(pl.col("due_at").is_null(), pl.col("received_at").is_not_null())
    return undated.select(
        "state", due_by_limit=_by_limit(pl.col("received_at"), calendar, timezone)
    )


def _by_limit(since: pl.Expr, calendar: Calendar, timezone: str) -> pl.Expr:
    """A moment (UTC) + ``limit_value`` ``limit_unit``, in UTC."""
    moment = since.dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    limit = calendar.due_of(moment, pl.col("limit_value"), pl.col("limit_unit"))
    end_of_day = limit.dt.truncate("1d") + pl.duration(days=1, milliseconds=-1, time_unit="ms")
    at = pl.when(pl.col("limit_unit") == "hour").then(limit).otherwise(end_of_day)
    return at.dt.replace_time_zone(
        timezone, ambiguous="earliest", non_existent="null"
    ).dt.convert_time_zone("UTC")
