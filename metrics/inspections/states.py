"""Inspections and their findings as they stood at T.

A finding (tồn tại) is fixed when the last check before T says so; a later check may open it again,
and the unit's own report of a fix confirms nothing. Where only the month (quarter, year) of a visit
is known, the visit belongs to a period only if that whole month lies in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import narwhals as nw

from metrics.core.ask import Ask
from metrics.core.conditions import Condition

Registers = Mapping[str, nw.LazyFrame[Any]]
"""Register → its frame (metrics/registers/)."""

KINDS: Final[dict[str, str]] = {
    "periodic": "Định kỳ",
    "surprise": "Đột xuất",
    "recheck": "Tái kiểm tra",
    "self": "Tự kiểm tra",
}
"""Kind of a visit → its word."""

STATES: Final[dict[str, str]] = {
    "past_due": "Quá hạn chưa khắc phục",
    "in_time": "Đang khắc phục, trong hạn",
    "no_due": "Chưa khắc phục, không định hạn",
    "fixed_on_time": "Khắc phục đúng hạn",
    "fixed_late": "Khắc phục quá hạn",
    "fixed_undetermined": "Đã khắc phục, không định hạn",
}
"""State of a finding → its word. Each finding is in exactly one."""

OPEN: Final = ("past_due", "in_time", "no_due")

_WIDTHS: Final = {"month": "1mo", "quarter": "1q", "year": "1y"}
"""Precision of a date → how wide it is."""


# -- visits -------------------------------------------------------------------------------


def inspection_state(registers: Registers, ask: Ask) -> nw.LazyFrame[Any]:
    """Visits that had begun by T, and how each lies to the period.

    Returns:
        lazily, :data:`metrics.registers.INSPECTION` and: ``first_on``, ``last_on`` Date (the days
        between which the visit lies for sure: whole months where only the month is known),
        ``in_period`` Boolean (begun in the period; of a month, the whole month in it),
        ``is_month_only`` Boolean (only the month is known, and it lies only partly in the period).
    """
    frame = _with_span(registers["inspection"])
    first, last = ask.first_day, _last_day(ask)
    by_day = nw.col("date_precision") == "day"
    begun_within = (nw.col("from_on") >= first) & (nw.col("from_on") <= last)
    whole_within = (nw.col("first_on") >= first) & (nw.col("last_on") <= last)
    touches = (nw.col("first_on") <= last) & (nw.col("last_on") >= first)
    return frame.filter(nw.col("first_on") <= ask.as_of_day).with_columns(
        nw.when(by_day).then(begun_within).otherwise(whole_within).alias("in_period"),
        (~by_day & touches & ~whole_within).alias("is_month_only"),
    )


def inspected_units(registers: Registers, ask: Ask) -> nw.LazyFrame[Any]:
    """Units inspected in the period, one row each.

    A unit's self-inspection, and a visit to a place that only stands under it (``subject``), do
    not count as an inspection of the unit.

    Returns:
        lazily: ``unit_id`` Int32, ``visits`` and ``surprise_visits`` Int64, ``last_on`` Date.
    """
    visits = inspection_state(registers, ask).filter(
        nw.col("in_period"), nw.col("kind") != "self", nw.col("subject").is_null()
    )
    surprise = nw.when(nw.col("kind") == "surprise").then(nw.lit(1)).otherwise(nw.lit(0))
    return (
        visits.with_columns(surprise.alias("surprise"))
        .group_by("unit_id")
        .agg(
            nw.len().cast(nw.Int64).alias("visits"),
            nw.col("surprise").sum().cast(nw.Int64).alias("surprise_visits"),
            nw.col("last_on").max(),
        )
    )


def _last_day(ask: Ask) -> date:
    """The last day of the period that T lets us see; before the first: none of it."""
    if ask.end <= ask.start:
        return ask.first_day - timedelta(days=1)
    return (ask.end - timedelta(milliseconds=1)).date()


def _with_span(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Adds ``first_on`` and ``last_on`` of visits."""
    precision, end = nw.col("date_precision"), nw.coalesce(nw.col("to_on"), nw.col("from_on"))
    first, last = nw.col("from_on"), end
    for name, width in _WIDTHS.items():
        is_it = precision == name
        last_of = end.dt.truncate(width).dt.offset_by(width).dt.offset_by("-1d")
        first = nw.when(is_it).then(nw.col("from_on").dt.truncate(width)).otherwise(first)
        last = nw.when(is_it).then(last_of).otherwise(last)
    return frame.with_columns(first.alias("first_on"), last.alias("last_on"))


# -- findings -----------------------------------------------------------------------------


def finding_state(registers: Registers, ask: Ask) -> nw.LazyFrame[Any]:
    """Findings of visits that lie before T, each with what was known of it at T.

    The last check before T holds. Fixed on time: the fix was confirmed, and confirmed or reported
    by the fix-by date; a report that a later check refuted is none.

    Returns:
        lazily, :data:`metrics.registers.FINDING` (``reported_on``, ``report_document`` null when
        only after T) and: ``inspection_code``, ``campaign``, ``inspection_kind`` String,
        ``date_precision``, ``known_on`` Date (the visit's last possible day), ``checked_on`` Date
        (last check; null: none), ``is_fixed`` Boolean, ``fixed_on`` Date (first confirmation that
        still holds), ``state`` (:data:`STATES`), ``is_open``, ``is_reported`` (reported as fixed,
        not confirmed), ``is_reopened`` (a check had confirmed the fix, a later one denied it),
        ``is_repeated`` Boolean, ``days_past`` Int64 (days past the fix-by date while open).
    """
    visits = _with_span(registers["inspection"]).select(
        "inspection_id",
        nw.col("code").alias("inspection_code"),
        "campaign",
        nw.col("kind").alias("inspection_kind"),
        "date_precision",
        nw.col("last_on").alias("known_on"),
    )
    reported = nw.col("reported_on") <= ask.as_of_day
    frame = registers["finding"].join(visits, on="inspection_id", how="left")
    frame = frame.filter(
        nw.coalesce(nw.col("known_on"), nw.col("found_on")) <= ask.as_of_day
    ).with_columns(
        *(nw.when(reported).then(nw.col(name)).alias(name) for name in _REPORTED),
        (~nw.col("repeats_id").is_null()).alias("is_repeated"),
    )
    frame = frame.join(_checks(registers, ask), on="finding_id", how="left")
    frame = frame.with_columns(nw.col("is_fixed").fill_null(False), _settled().alias("settled_on"))
    past = (nw.lit(ask.as_of_day) - nw.col("fix_by")).dt.total_seconds() // 86_400
    frame = frame.with_columns(
        _state(ask).alias("state"),
        (~nw.col("is_fixed")).alias("is_open"),
        (~nw.col("is_fixed") & _reported_since()).fill_null(False).alias("is_reported"),
        (~nw.col("is_fixed") & ~nw.col("any_fixed_on").is_null()).alias("is_reopened"),
    )
    return frame.with_columns(
        nw.when(nw.col("state") == "past_due").then(past).cast(nw.Int64).alias("days_past")
    ).drop("denied_on", "any_fixed_on", "settled_on")


_REPORTED: Final = ("report_document", "reported_on")
"""Columns that are known only from the day of the report; the day itself last."""


def _checks(registers: Registers, ask: Ask) -> nw.LazyFrame[Any]:
    """Of each finding: last check, its outcome, last denial, first confirmation after that."""
    before = registers["finding_check"].filter(nw.col("checked_on") <= ask.as_of_day)
    before = before.select("finding_id", "checked_on", "is_fixed")
    last = before.group_by("finding_id").agg(nw.col("checked_on").max())
    outcome = before.join(last, on=["finding_id", "checked_on"], how="inner")
    denied = before.filter(~nw.col("is_fixed")).group_by("finding_id")
    denials = denied.agg(nw.col("checked_on").max().alias("denied_on"))
    confirmed = before.filter(nw.col("is_fixed")).join(denials, on="finding_id", how="left")
    ever = confirmed.group_by("finding_id").agg(nw.col("checked_on").min().alias("any_fixed_on"))
    still = confirmed.filter(
        nw.col("denied_on").is_null() | (nw.col("checked_on") > nw.col("denied_on"))
    )
    since = still.group_by("finding_id").agg(nw.col("checked_on").min().alias("fixed_on"))
    found = outcome.join(denials, on="finding_id", how="left")
    return found.join(ever, on="finding_id", how="left").join(since, on="finding_id", how="left")


def _reported_since() -> nw.Expr:
    """Reported as fixed, and no check has denied it since."""
    reported, denied = nw.col("reported_on"), nw.col("denied_on")
    return ~reported.is_null() & (denied.is_null() | (reported > denied))


def _settled() -> nw.Expr:
    """The day that is held against the fix-by date: of the report that was confirmed later."""
    believed = _reported_since() & (nw.col("reported_on") <= nw.col("fixed_on"))
    return nw.when(believed).then(nw.col("reported_on")).otherwise(nw.col("fixed_on"))


def _state(ask: Ask) -> nw.Expr:
    due = nw.col("fix_by")
    fixed = (
        nw.when(due.is_null())
        .then(nw.lit("fixed_undetermined"))
        .otherwise(
            nw.when(nw.col("settled_on") <= due)
            .then(nw.lit("fixed_on_time"))
            .otherwise(nw.lit("fixed_late"))
        )
    )
    going = (
        nw.when(due.is_null())
        .then(nw.lit("no_due"))
        .otherwise(
            nw.when(due < ask.as_of_day).then(nw.lit("past_due")).otherwise(nw.lit("in_time"))
        )
    )
    return nw.when(nw.col("is_fixed")).then(fixed).otherwise(going)


def check_state(registers: Registers, ask: Ask) -> nw.LazyFrame[Any]:
    """Checks of findings made in the period (results of re-inspections and of papers).

    Returns:
        lazily, :data:`metrics.registers.FINDING_CHECK`, those from the period's first day to T.
    """
    last = _last_day(ask)
    return registers["finding_check"].filter(
        nw.col("checked_on") >= ask.first_day, nw.col("checked_on") <= last
    )


# -- conditions ---------------------------------------------------------------------------


def visited(ask: Ask) -> nw.Expr:
    """A visit of the period."""
    return nw.col("in_period")


def visited_as(column: str, value: Any) -> Condition:
    """A visit of the period with that value in that column."""

    def condition(ask: Ask) -> nw.Expr:
        is_it: nw.Expr = nw.col("in_period") & (nw.col(column) == value)
        return is_it

    return condition


def channel_unknown(ask: Ask) -> nw.Expr:
    """A visit of the period of which nobody said whether it was made on the spot or digitally."""
    return nw.col("in_period") & nw.col("is_digital").is_null()


def month_only(ask: Ask) -> nw.Expr:
    """A visit whose month lies only partly in the period."""
    return nw.col("is_month_only")


def every(column: str) -> Condition:
    """Every row (``column`` is never null)."""

    def condition(ask: Ask) -> nw.Expr:
        return ~nw.col(column).is_null()

    return condition


def is_so(column: str) -> Condition:
    """Has that Boolean column true."""

    def condition(ask: Ask) -> nw.Expr:
        return nw.col(column)

    return condition


def is_not(column: str) -> Condition:
    """Has that Boolean column false."""

    def condition(ask: Ask) -> nw.Expr:
        return ~nw.col(column)

    return condition


def in_states(*states: str) -> Condition:
    """In one of these states of :data:`STATES`."""

    def condition(ask: Ask) -> nw.Expr:
        return nw.col("state").is_in(list(states))

    return condition


def found_in_period(ask: Ask) -> nw.Expr:
    """Found by a visit whose last possible day lies in the period."""
    found = nw.coalesce(nw.col("known_on"), nw.col("found_on"))
    return (found >= ask.first_day) & (found <= _last_day(ask))


def reinspected(outcome: bool) -> Condition:
    """A check made by a re-inspection (not on paper), with that outcome."""

    def condition(ask: Ask) -> nw.Expr:
        return ~nw.col("inspection_id").is_null() & (nw.col("is_fixed") == outcome)

    return condition


def by_visit(ask: Ask) -> nw.Expr:
    """A check made by a re-inspection, whatever it said."""
    return ~nw.col("inspection_id").is_null()
