"""Named conditions on dossiers, as at a moment: the bricks that every figure is made of.

Each takes an :class:`~metrics.core.ask.Ask` and returns a Narwhals expression that is true for the
dossiers meant. They follow docs/definitions.md word for word. An expression may be null where
something is unknown; ``when(…)`` counts null as "no". So a condition is never negated here:
its opposite is written out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

import narwhals as nw

from metrics.core import expressions as ex
from metrics.core.ask import Ask
from metrics.core.contracts import TO_EVER

Condition = Callable[[Ask], nw.Expr]
"""A named condition: what is asked → which dossiers are meant."""


def _ended() -> nw.Expr:
    return ex.col("ended_at")


def _received() -> nw.Expr:
    return ex.col("received_at")


def at(moment: datetime) -> date | datetime:
    """A moment to compare with; midnight as its bare date, which means the same.

    Polars needs sixty times as long to take in a datetime as to take in a date, and one screen
    compares with hundreds of them.
    """
    return moment.date() if moment.time() == time() else moment


def held(ask: Ask) -> nw.Expr:
    """On the dossier fact: the state at T. Every condition is asked of these rows alone."""
    moment = at(ask.moment)
    return (ex.col("held_from") < moment) & (ex.col("held_to") >= moment)


def latest() -> nw.Expr:
    """On the dossier fact: the last state, one row a dossier."""
    return ex.col("held_to") >= TO_EVER.date()


# -- which due date -----------------------------------------------------------------------


def _due(ask: Ask) -> nw.Expr:
    return ex.col("due_at" if ask.due == "current" else "due_original_at")


def _of_due(ask: Ask, current: str, original: str) -> nw.Expr:
    return ex.col(current if ask.due == "current" else original)


def judged_due(ask: Ask) -> nw.Expr:
    """J by timestamp: the due date after pauses, current or original as asked."""
    return _of_due(ask, "judged_due_at", "judged_due_original_at")


def judged_due_day(ask: Ask) -> nw.Expr:
    """J's date in the comparison asked for: by day it is counted in days from the start."""
    if ask.comparison == "timestamp":
        return judged_due(ask).dt.date()
    return _of_due(ask, "judged_due_day", "judged_due_original_day")


def judged_due_wd(ask: Ask) -> nw.Expr:
    """The working-day ordinal of J's date."""
    if ask.comparison == "timestamp":
        return _of_due(ask, "judged_due_wd", "judged_due_original_wd")
    return _of_due(ask, "judged_due_day_wd", "judged_due_original_day_wd")


def classified(ask: Ask) -> nw.Expr:
    """Has a due date, so it can be told in time from late."""
    return ~_due(ask).is_null()


def unclassified(ask: Ask) -> nw.Expr:
    """Has no due date (chưa phân loại được, thiếu ngày hẹn)."""
    return _due(ask).is_null()


# -- in time, late ------------------------------------------------------------------------


def _has_passed(ask: Ask) -> nw.Expr:
    """J has passed at T (null without J)."""
    if ask.comparison == "timestamp":
        return judged_due(ask) < at(ask.moment)
    return judged_due_day(ask) < ask.moment.date()


def _not_passed(ask: Ask) -> nw.Expr:
    """J has not passed at T (null without J)."""
    if ask.comparison == "timestamp":
        return judged_due(ask) >= at(ask.moment)
    return judged_due_day(ask) >= ask.moment.date()


def ended_in_time(ask: Ask) -> nw.Expr:
    """Ended no later than J (null without J or end)."""
    if ask.comparison == "timestamp":
        return _of_due(ask, "in_time", "in_time_original")
    return ex.col("ended_day") <= judged_due_day(ask)


def ended_late(ask: Ask) -> nw.Expr:
    """Ended later than J (null without J or end)."""
    return ~ended_in_time(ask)


def _ended_early(ask: Ask) -> nw.Expr:
    """Of what ended in time: before the day it was due, by the end less the pauses."""
    if ask.comparison == "timestamp":
        return _of_due(ask, "early", "early_original")
    return ex.col("ended_day") < judged_due_day(ask)


# -- flows and stocks ---------------------------------------------------------------------


def _not_refused(ask: Ask) -> nw.Expr:
    end_kind = ex.col("end_kind")
    return end_kind.is_null() | (end_kind != "refused") | (_ended() >= at(ask.moment))


def counted(ask: Ask) -> nw.Expr:
    """Was received, and not refused at the desk before T: what the form's totals hold."""
    return ~_received().is_null() & _not_refused(ask)


def received(ask: Ask) -> nw.Expr:
    """Received in the period."""
    return _not_refused(ask) & (_received() >= at(ask.start)) & (_received() < at(ask.end))


def received_online(ask: Ask) -> nw.Expr:
    """Received in the period through the portal."""
    return received(ask) & (ex.col("channel") == "online")


def received_offline(ask: Ask) -> nw.Expr:
    """Received in the period at the desk, by post, or by an unknown channel."""
    channel = ex.col("channel")
    return received(ask) & (channel.is_null() | (channel != "online"))


def carried_over(ask: Ask) -> nw.Expr:
    """Pending when the period began."""
    if ask.moment < ask.start:  # the period has not begun: nothing is carried into it yet
        return counted(ask) & ex.lit(False)
    begun = _not_refused(ask) & (_received() < at(ask.start))
    return begun & (_ended().is_null() | (_ended() >= at(ask.start)))


def refused_since(ask: Ask) -> nw.Expr:
    """Pending when the period began, refused in it: left by the one before, not carried over."""
    refused = (ex.col("end_kind") == "refused") & (_received() < at(ask.start))
    return refused & (_ended() >= at(ask.start)) & (_ended() < at(ask.moment))


def resolved(ask: Ask) -> nw.Expr:
    """Ended in the period."""
    return counted(ask) & (_ended() >= at(ask.start)) & (_ended() < at(ask.end))


def resolved_early(ask: Ask) -> nw.Expr:
    """Ended in the period before the day it was due."""
    return resolved_in_time(ask) & _ended_early(ask)


def resolved_on_day(ask: Ask) -> nw.Expr:
    """Ended in the period, in time, on the day it was due."""
    return resolved_in_time(ask) & ~_ended_early(ask)


def resolved_in_time(ask: Ask) -> nw.Expr:
    """Ended in the period, in time: early or on the day."""
    return resolved(ask) & classified(ask) & ended_in_time(ask)


def resolved_late(ask: Ask) -> nw.Expr:
    """Ended in the period, late."""
    return resolved(ask) & classified(ask) & ended_late(ask)


def resolved_unclassified(ask: Ask) -> nw.Expr:
    """Ended in the period without a due date to judge by."""
    return resolved(ask) & unclassified(ask)


def resolved_as(end_kind: str) -> Condition:
    """Ended in the period in one way (returned, withdrawn, stopped)."""

    def condition(ask: Ask) -> nw.Expr:
        return resolved(ask) & (ex.col("end_kind") == end_kind)

    return condition


def pending(ask: Ask) -> nw.Expr:
    """Received before T and not ended before T."""
    begun = _not_refused(ask) & (_received() < at(ask.moment))
    return begun & (_ended().is_null() | (_ended() >= at(ask.moment)))


def pending_overdue(ask: Ask) -> nw.Expr:
    """Pending and past J at T."""
    return pending(ask) & classified(ask) & _has_passed(ask)


def ever_overdue(ask: Ask) -> nw.Expr:
    """Not ended, or ended after J: no other dossier is pending and overdue at any moment."""
    return _ended().is_null() | ended_late(ask)


def pending_in_time(ask: Ask) -> nw.Expr:
    """Pending and not past J at T; without J an open pause suspends the clock."""
    return pending(ask) & classified(ask) & (judged_due_day(ask).is_null() | _not_passed(ask))


def pending_unclassified(ask: Ask) -> nw.Expr:
    """Pending without a due date."""
    return pending(ask) & unclassified(ask)


def waiting_for(kind: str) -> Condition:
    """On the pause fact: pending, and paused for this reason at T."""

    def condition(ask: Ask) -> nw.Expr:
        until = ex.col("to_at")
        begun = ex.col("from_at") < at(ask.moment)
        open_at = begun & (until.is_null() | (until >= at(ask.moment)))
        return pending(ask) & (ex.col("kind") == kind) & open_at

    return condition


def late(ask: Ask) -> nw.Expr:
    """Late by T: ended late in the period, or pending and overdue."""
    return resolved_late(ask) | pending_overdue(ask)


def late_without_apology(ask: Ask) -> nw.Expr:
    """Late by T, and no apology issued before T (NĐ 61/2018; NĐ 118/2025)."""
    apology = ex.col("apology_at")
    return late(ask) & (apology.is_null() | (apology >= at(ask.moment)))


def due_soon(ask: Ask) -> nw.Expr:
    """Pending, not overdue, and due within N working days of T."""
    left = judged_due_wd(ask) - ask.as_of_wd
    return pending(ask) & classified(ask) & _not_passed(ask) & (left <= ask.within)


def accepted_late(ask: Ask) -> nw.Expr:
    """Received in the period, more than 8 working hours after an online submission.

    Not where the end lies before the receipt: nobody knows when that was received.
    """
    known = ~ex.col("ended_before_received")
    return received(ask) & known & (_received() > ex.col("acceptance_due_at"))


def acceptance_overdue(ask: Ask) -> nw.Expr:
    """Submitted online, not yet received at T, and past its 8 working hours."""
    not_received = _received().is_null() | (_received() >= at(ask.moment))
    not_ended = _not_refused(ask) & (_ended().is_null() | (_ended() >= at(ask.moment)))
    return not_received & not_ended & (ex.col("acceptance_due_at") < at(ask.moment))


def late_entry(ask: Ask) -> nw.Expr:
    """Ended in time, but the software was told of it only after J."""
    recorded = ex.col("recorded_at")
    if ask.comparison == "timestamp":
        told_late = recorded > judged_due(ask)
    else:
        told_late = recorded.dt.date() > judged_due_day(ask)
    return resolved_in_time(ask) & told_late


def re_dated(ask: Ask) -> nw.Expr:
    """Ended in the period or pending at T, with a due date later than the first one."""
    moved = ex.col("due_at") > ex.col("due_original_at")
    return (resolved(ask) | pending(ask)) & moved


# -- the six rates of being on time: numerator, denominator, unknown ----------------------


def resolved_classified(ask: Ask) -> nw.Expr:
    """Ended in the period, with a due date to judge by."""
    return resolved(ask) & classified(ask)


def received_classified(ask: Ask) -> nw.Expr:
    """Received in the period, with a due date to judge by."""
    return received(ask) & classified(ask)


def received_unclassified(ask: Ask) -> nw.Expr:
    """Received in the period without a due date."""
    return received(ask) & unclassified(ask)


def received_in_time(ask: Ask) -> nw.Expr:
    """Received in the period, ended before T, in time."""
    return received_classified(ask) & _ended_by_t(ask) & ended_in_time(ask)


def _ended_by_t(ask: Ask) -> nw.Expr:
    return _ended() < at(ask.moment)


def fell_due(ask: Ask) -> nw.Expr:
    """Received before T and due in the period, so far as T has reached it."""
    if ask.comparison == "timestamp":
        due = judged_due(ask)
        within = (due >= at(ask.start)) & (due < at(ask.end))
    else:
        day = judged_due_day(ask)
        within = (day >= ask.first_day) & (day < ask.end.date())
    return counted(ask) & classified(ask) & (_received() < at(ask.moment)) & within


def fell_due_in_time(ask: Ask) -> nw.Expr:
    """Of what fell due in the period: ended before T, in time."""
    return fell_due(ask) & _ended_by_t(ask) & ended_in_time(ask)


def to_resolve(ask: Ask) -> nw.Expr:
    """Received in the period or carried over into it (phải giải quyết)."""
    return received(ask) | carried_over(ask)


def to_resolve_classified(ask: Ask) -> nw.Expr:
    """Of what was to be resolved: with a due date to judge by."""
    return to_resolve(ask) & classified(ask)


def to_resolve_unclassified(ask: Ask) -> nw.Expr:
    """Of what was to be resolved: without a due date."""
    return to_resolve(ask) & unclassified(ask)


def carried_not_late(ask: Ask) -> nw.Expr:
    """Of what was to be resolved: neither ended late nor pending overdue."""
    ended_in_period = _ended() < at(ask.end)
    # Ended after the period but before T: neither resolved in it nor pending at T.
    ended_since = (_ended() >= at(ask.end)) & (_ended() < at(ask.moment))
    open_ = _ended().is_null() | (_ended() >= at(ask.moment))
    fine_done = ended_in_period & ended_in_time(ask)
    fine_open = open_ & (judged_due_day(ask).is_null() | _not_passed(ask))
    return to_resolve_classified(ask) & (fine_done | ended_since | fine_open)


def portal_known(ask: Ask) -> nw.Expr:
    """Received in the period, and the portal can tell whether it is on time."""
    return received(ask) & (_has_portal_due() | _asked_twice(ask))


def portal_unknown(ask: Ask) -> nw.Expr:
    """Received in the period without a portal due date, and not overdue by a second request."""
    none = ex.col("portal_due_at").is_null() & ~ex.col("portal_suspended")
    return received(ask) & none & (_ended_by_t(ask) | _asked_once(ask))


def _has_portal_due() -> nw.Expr:
    """An open supplement pause suspends the due date; without one nothing is suspended."""
    return ~ex.col("portal_due_at").is_null() | ex.col("portal_suspended")


def _asked_once(ask: Ask) -> nw.Expr:
    second = ex.col("second_supplement_at")
    return second.is_null() | (second >= at(ask.moment))


def _asked_twice(ask: Ask) -> nw.Expr:
    """Pending, and asked for a supplement a second time: overdue, whatever its due date."""
    open_ = _ended().is_null() | (_ended() >= at(ask.moment))
    return open_ & (ex.col("second_supplement_at") < at(ask.moment))


def portal_in_time(ask: Ask) -> nw.Expr:
    """Of what was received in the period: in time by the national portal's method."""
    if ask.comparison == "timestamp":
        in_time, suspended = ex.col("portal_in_time"), ex.col("portal_suspended")
        not_passed = ex.col("portal_due_at") >= at(ask.moment)
    else:
        due = ex.col("portal_due_day")
        in_time, suspended = ex.col("ended_day") <= due, ex.col("portal_suspended_by_day")
        not_passed = due >= ask.moment.date()
    done = _ended_by_t(ask) & in_time
    open_ = _ended().is_null() | (_ended() >= at(ask.moment))
    open_ = open_ & (suspended | not_passed) & _asked_once(ask)
    return received(ask) & (done | open_)


_FORGIVEN = ("returned", "withdrawn")


def lenient_known(ask: Ask) -> nw.Expr:
    """Ended in the period: with a due date, or returned or withdrawn."""
    return resolved(ask) & (classified(ask) | ex.col("end_kind").is_in(_FORGIVEN))


def lenient_unknown(ask: Ask) -> nw.Expr:
    """Ended in the period without a due date, neither returned nor withdrawn."""
    end_kind = ex.col("end_kind")
    return resolved_unclassified(ask) & (end_kind.is_null() | ~end_kind.is_in(_FORGIVEN))


def lenient_in_time(ask: Ask) -> nw.Expr:
    """Ended in the period: in time by its due date, or returned or withdrawn."""
    in_time = classified(ask) & ended_in_time(ask)
    return resolved(ask) & (in_time | ex.col("end_kind").is_in(_FORGIVEN))


# -- how late -----------------------------------------------------------------------------


def working_days_late(ask: Ask) -> nw.Expr:
    """Working days from J's day to the end's, or to the as-of day while pending.

    Without the days of pauses that began after J: nobody is late while the citizen is waited for.
    """
    ended = _ended() < at(ask.moment)
    since = ex.col("waiting_since_wd")
    by_now = ex.when(since.is_null()).then(ex.lit(ask.as_of_wd)).otherwise(since)
    reached = ex.when(ended).then(ex.col("ended_wd")).otherwise(by_now)
    if ask.comparison == "timestamp":
        waited = _of_due(ask, "waited_wd", "waited_original_wd")
    else:
        waited = _of_due(ask, "waited_day_wd", "waited_original_day_wd")
    return reached - judged_due_wd(ask) - waited


def resolved_late_by_known_days(ask: Ask) -> nw.Expr:
    """Ended in the period, late, by a number of working days that the calendar can tell."""
    return resolved_late(ask) & ~working_days_late(ask).is_null()
