"""Citizens' feedback as it stood at T.

What happened at T or later is not known yet. The date that counts is the extension's, the
receiving system's own, or the general limit of metrics/feedback/limits.toml, in this order; for a
refusal or a transfer it is the short limit. Where none is known, it is neither in time nor late.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.conditions import Condition
from metrics.feedback.limits import acceptances, endings
from metrics.registers.feedback import FEEDBACK_CHANNELS, FEEDBACK_KINDS, OUTCOMES, RATINGS

Registers = Mapping[str, nw.LazyFrame[Any]]
"""Register → its frame (metrics/registers/)."""

UNTOLD: Final = "untold"
"""Stands for a kind or a source that nobody told, so that it can be opened, too."""

KINDS: Final = {each.value: each.word for each in FEEDBACK_KINDS} | {UNTOLD: "Chưa rõ loại"}
CHANNELS: Final = {each.value: each.word for each in FEEDBACK_CHANNELS} | {UNTOLD: "Chưa rõ nguồn"}
OUTCOME_WORDS: Final = {each.value: each.word for each in OUTCOMES}
RATING_WORDS: Final = {each.value: each.word for each in RATINGS}

STATES: Final[dict[str, str]] = {
    "past_due": "Quá hạn chưa xử lý xong",
    "in_time": "Đang xử lý, trong hạn",
    "no_due": "Đang xử lý, chưa rõ hạn",
    "ended_on_time": "Xử lý đúng hạn",
    "ended_late": "Xử lý quá hạn",
    "ended_undetermined": "Đã xử lý, chưa rõ hạn",
}
"""State → its word. Each feedback is in exactly one."""

ACCEPTANCES: Final[dict[str, str]] = {
    "in_time": "đúng giờ",
    "late": "quá giờ",
    "waiting": "chưa tiếp nhận, còn giờ",
    "unknown": "chưa rõ",
}
"""Whether a unit took it on within the hours allowed → its word."""

SHORT: Final = ("refused", "transferred")
"""Outcomes with the short limit."""

_EVER: Final = datetime(9999, 12, 31)


def feedback_state(registers: Registers, ask: Ask) -> nw.LazyFrame[Any]:
    """Feedback received before T, each with what was known of it at T.

    Returns:
        lazily, :data:`metrics.registers.feedback.FEEDBACK` (what is of T or later null) and:
        ``kind_key``, ``channel_key`` (:data:`UNTOLD` where null), ``judged_due`` Datetime (null: no
        limit known), ``is_due_counted`` Boolean (by the general limit), ``state`` (:data:`STATES`),
        ``is_open`` Boolean, ``acceptance`` (:data:`ACCEPTANCES`), ``acceptance_due`` Datetime (the
        latest that it can be; null: no rule), ``is_bad`` Boolean (unsatisfied, or came again),
        ``days_past`` Int64 (whole calendar days past the date while open).
    """
    # Registers are always on Polars, whatever engine holds the dossiers (connectors/engine.py).
    frame: pl.LazyFrame = registers["feedback"].to_native()
    until = ask.moment
    frame = frame.filter(pl.col("received_at") < until).with_columns(
        _before(pl.col("accepted_at"), until),
        _before(pl.col("ended_at"), until),
        pl.when(pl.col("extended_at").is_null() | (pl.col("extended_at") < until))
        .then(pl.col("extended_to"))
        .alias("extended_to"),
        pl.col("kind").fill_null(UNTOLD).alias("kind_key"),
        pl.col("channel").fill_null(UNTOLD).alias("channel_key"),
    )
    frame = frame.with_columns(*_of_the_end(ask))
    frame = frame.with_columns(*_due(ask)).with_columns(_state(until).alias("state"))
    frame = frame.with_columns(*_acceptance(ask))
    is_bad = (pl.col("rating") == "unsatisfied").fill_null(False) | pl.col("is_again").fill_null(
        False
    )
    past = (pl.lit(until) - pl.col("judged_due")).dt.total_days()
    return nw.from_native(
        frame.with_columns(
            pl.col("ended_at").is_null().alias("is_open"),
            is_bad.alias("is_bad"),
            pl.when(pl.col("state") == "past_due").then(past).alias("days_past"),
        )
    )


def _before(column: pl.Expr, until: datetime) -> pl.Expr:
    return pl.when(column < until).then(column)


def _of_the_end(ask: Ask) -> list[pl.Expr]:
    """What is known only with the end; the rating from its own day on, where that is told."""
    ended = pl.col("ended_at").is_not_null()
    rated = ended & (pl.col("rated_on").is_null() | (pl.col("rated_on") <= ask.as_of_day))
    found = [pl.when(ended).then(pl.col(name)) for name in ("outcome", "is_published", "is_again")]
    return [*found, *(pl.when(rated).then(pl.col(name)) for name in ("rating", "rated_on"))]


def _due(ask: Ask) -> list[pl.Expr]:
    """The date that counts, and whether it is the general limit's."""
    received = pl.col("received_at")
    # A column, and no literal: the calendar's columns are as long as the frame.
    days = pl.when(received.is_not_null()).then(pl.lit("working_day"))
    answer, refuse = pl.lit(None, pl.Int64), pl.lit(None, pl.Int64)
    for rule in endings():
        holds = received >= _midnight(rule.valid_from)
        answer = pl.when(holds).then(rule.answer).otherwise(answer)
        refuse = pl.when(holds).then(rule.refuse).otherwise(refuse)
    own = pl.coalesce("extended_to", "due_at")
    is_short = pl.col("outcome").is_in(list(SHORT)).fill_null(False)
    by_rule = ask.calendar.due_of(received, pl.when(is_short).then(refuse).otherwise(answer), days)
    judged = pl.when(is_short).then(pl.coalesce(by_rule, own)).otherwise(pl.coalesce(own, by_rule))
    counted = by_rule.is_not_null() & (is_short | own.is_null())
    return [judged.alias("judged_due"), counted.alias("is_due_counted")]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _state(until: datetime) -> pl.Expr:
    due, ended = pl.col("judged_due"), pl.col("ended_at")
    done = (
        pl.when(due.is_null())
        .then(pl.lit("ended_undetermined"))
        .when(ended <= due)
        .then(pl.lit("ended_on_time"))
        .otherwise(pl.lit("ended_late"))
    )
    going = (
        pl.when(due.is_null())
        .then(pl.lit("no_due"))
        .when(due < until)
        .then(pl.lit("past_due"))
        .otherwise(pl.lit("in_time"))
    )
    return pl.when(ended.is_null()).then(going).otherwise(done)


def _acceptance(ask: Ask) -> list[pl.Expr]:
    """Whether it was taken on in time, as far as it can be told.

    It was taken on between two moments: both the one told; or receipt and end, where only the end
    is told; or T at the earliest. And so is its limit, where nobody said whether it is urgent.
    """
    received, urgent = pl.col("received_at"), pl.col("is_urgent")
    short, long = pl.lit(None, pl.Int64), pl.lit(None, pl.Int64)
    for rule in acceptances():
        holds = received >= _midnight(rule.valid_from)
        short = pl.when(holds).then(rule.urgent * 60).otherwise(short)
        long = pl.when(holds).then(rule.hours * 60).otherwise(long)
    first_due = ask.calendar.add_working_minutes_to(
        received, pl.when(urgent.fill_null(True)).then(short).otherwise(long)
    )
    last_due = ask.calendar.add_working_minutes_to(
        received, pl.when(urgent.fill_null(False)).then(short).otherwise(long)
    )
    accepted, ended, until = pl.col("accepted_at"), pl.col("ended_at"), pl.lit(ask.moment)
    is_open = accepted.is_null() & ended.is_null()
    earliest = pl.when(is_open).then(until).otherwise(accepted.fill_null(received))
    latest = pl.when(is_open).then(pl.lit(_EVER)).otherwise(pl.coalesce(accepted, ended))
    found = (
        pl.when(first_due.is_null() | last_due.is_null())
        .then(pl.lit("unknown"))
        .when(latest <= first_due)
        .then(pl.lit("in_time"))
        .when(earliest > last_due)
        .then(pl.lit("late"))
        .when(is_open & (until <= first_due))
        .then(pl.lit("waiting"))
        .otherwise(pl.lit("unknown"))
    )
    return [found.alias("acceptance"), last_due.alias("acceptance_due")]


# -- conditions ---------------------------------------------------------------------------


def received(ask: Ask) -> nw.Expr:
    """Came in within the period."""
    return (nw.col("received_at") >= ask.start) & (nw.col("received_at") < ask.end)


def received_and_ended(ask: Ask) -> nw.Expr:
    """Came in within the period and has ended, whenever before T."""
    return received(ask) & ~nw.col("is_open")


def is_so(column: str) -> Condition:
    """Has that Boolean column true."""

    def condition(ask: Ask) -> nw.Expr:
        return nw.col(column)

    return condition


def ended(ask: Ask) -> nw.Expr:
    """Answered, refused or sent back within the period."""
    is_it = (nw.col("ended_at") >= ask.start) & (nw.col("ended_at") < ask.end)
    return is_it.fill_null(False)


def ended_as(outcome: str) -> Condition:
    """Ended within the period in that way."""

    def condition(ask: Ask) -> nw.Expr:
        return ended(ask) & (nw.col("outcome") == outcome).fill_null(False)

    return condition


def ended_in(*states: str) -> Condition:
    """Ended within the period, in one of these states."""

    def condition(ask: Ask) -> nw.Expr:
        return ended(ask) & nw.col("state").is_in(list(states))

    return condition


def in_states(*states: str) -> Condition:
    """In one of these states of :data:`STATES`."""

    def condition(ask: Ask) -> nw.Expr:
        return nw.col("state").is_in(list(states))

    return condition


def fell_due(ask: Ask) -> nw.Expr:
    """Its date lies within the period: it had to be done in it."""
    due = nw.col("judged_due")
    return ((due >= ask.start) & (due < ask.end)).fill_null(False)


def fell_due_on_time(ask: Ask) -> nw.Expr:
    """Its date lies within the period, and it had ended by then."""
    return fell_due(ask) & (nw.col("state") == "ended_on_time")


def accepted_as(*found: str) -> Condition:
    """Came in within the period, and was taken on so."""

    def condition(ask: Ask) -> nw.Expr:
        return received(ask) & nw.col("acceptance").is_in(list(found))

    return condition


def not_accepted(ask: Ask) -> nw.Expr:
    """Open, not taken on, past the hours allowed."""
    waits = nw.col("is_open") & nw.col("accepted_at").is_null()
    return waits & (nw.col("acceptance") == "late")


def rated(*ratings: str) -> Condition:
    """Ended within the period and rated so; without ratings: rated at all."""

    def condition(ask: Ask) -> nw.Expr:
        rating = nw.col("rating")
        is_it = rating.is_in(list(ratings)) if ratings else ~rating.is_null()
        return ended(ask) & is_it.fill_null(False)

    return condition


def not_rated(ask: Ask) -> nw.Expr:
    """Ended within the period; nobody rated it."""
    return ended(ask) & nw.col("rating").is_null()


def published_told(ask: Ask) -> nw.Expr:
    """Answered within the period, and it is told whether that was published."""
    return ended_as("answered")(ask) & ~nw.col("is_published").is_null()


def published(value: bool | None) -> Condition:
    """Answered within the period, and published, not published, or that is not told (null)."""

    def condition(ask: Ask) -> nw.Expr:
        told = nw.col("is_published")
        is_it = told.is_null() if value is None else (told == value).fill_null(False)
        return ended_as("answered")(ask) & is_it

    return condition


def content(ask: Ask) -> nw.Expr:
    """Ended within the period, in time, and the sender neither dissatisfied nor back again."""
    return ended_in("ended_on_time")(ask) & ~nw.col("is_bad")


def content_untold(ask: Ask) -> nw.Expr:
    """Ended within the period: not bad as far as is told, and no date to be judged by."""
    return ended_in("ended_undetermined")(ask) & ~nw.col("is_bad")


def content_told(ask: Ask) -> nw.Expr:
    """Ended within the period, and it can be told whether it is :func:`content`."""
    return ended(ask) & ~content_untold(ask)
