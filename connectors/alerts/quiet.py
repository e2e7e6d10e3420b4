"""Quiet hours, and when a digest was due: moments of one zone, reckoned without a clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_time(text: str) -> bool:
    """Whether a text is a time as it is kept: 07:00."""
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("07:00")


def quiet_until(now: datetime, begin: str | None, end: str | None, zone: ZoneInfo) -> datetime:
    """``now`` where it is not within quiet hours, else their end; aware, as ``now``.

    From 21:00 to 06:30 they pass midnight; from one time to the same there are none.
    """
    if begin is None or end is None or begin == end:
        return now
    local = now.astimezone(zone)
    first, last = time.fromisoformat(begin), time.fromisoformat(end)
    at = local.time().replace(tzinfo=None)
    passes_midnight = first > last
    is_quiet = (at >= first or at < last) if passes_midnight else first <= at < last
    if not is_quiet:
        return now
    day = local.date() + timedelta(days=1 if passes_midnight and at >= first else 0)
    return datetime.combine(day, last, tzinfo=zone).astimezone(now.tzinfo)


def last_due(now: datetime, day: int, at: time, zone: ZoneInfo) -> datetime:
    """The newest moment, not after ``now``, that was this day of the week (1: Monday) and time."""
    local = now.astimezone(zone)
    found = datetime.combine(
        local.date() - timedelta(days=(local.isoweekday() - day) % 7), at, tzinfo=zone
    )
    return (found if found <= local else found - timedelta(days=7)).astimezone(now.tzinfo)
