"""When something is: by the calendar, and by a clock that nobody sets."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, or_

from connectors.database.access import SignInAttempt

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_LONGEST: Final = 36


@dataclass(frozen=True)
class Moment:
    """A moment on both clocks.

    ``at``: the calendar's, in UTC, which an administrator, NTP or somebody without right may set.
    ``ticks``: seconds since ``boot`` began, which nobody sets. On Linux ``boot`` is the machine's
    start, the same for all processes; elsewhere the process's.
    """

    at: datetime
    boot: str
    ticks: float

    @classmethod
    def now(cls) -> Moment:
        """This moment."""
        boot = _machine()
        if boot is not None and sys.platform == "linux":
            # Goes on while the machine sleeps.
            return cls(datetime.now(UTC), boot, time.clock_gettime(time.CLOCK_BOOTTIME))
        boot, began = _process()
        return cls(datetime.now(UTC), boot, time.monotonic() - began)

    def __add__(self, span: timedelta) -> Moment:
        """So much later, on both clocks."""
        return Moment(self.at + span, self.boot, self.ticks + span.total_seconds())

    def since(self, at: datetime, boot: str, ticks: float) -> timedelta:
        """How long ago that was, at the least.

        Within one run of the clock: exactly. Otherwise the calendar's word, but not more than this
        run has lasted (it was before it), and not less than nothing.
        """
        if boot == self.boot and ticks <= self.ticks:
            return timedelta(seconds=self.ticks - ticks)
        lasted = timedelta(seconds=self.ticks)
        return max(min(self.at - at, lasted), timedelta())

    def within(self, span: timedelta) -> ColumnElement[bool]:
        """The attempts that were no longer ago than that, by :meth:`since`."""
        measured = self._measured()
        later = SignInAttempt.ticks > self.ticks - span.total_seconds()
        if self.ticks < span.total_seconds():
            return or_(~measured, later)
        return or_(and_(measured, later), and_(~measured, SignInAttempt.at > self.at - span))

    def from_the_future(self) -> ColumnElement[bool]:
        """The attempts of which no clock can tell how long ago they were: of another run, under a
        calendar that has been set back since."""
        return and_(~self._measured(), SignInAttempt.at > self.at)

    def _measured(self) -> ColumnElement[bool]:
        return and_(SignInAttempt.boot == self.boot, SignInAttempt.ticks <= self.ticks)


@cache
def _machine() -> str | None:
    try:
        return _BOOT.read_text(encoding="ascii").strip()[:_LONGEST] or None
    except (OSError, ValueError):
        return None


@cache
def _process() -> tuple[str, float]:
    return str(uuid4()), time.monotonic()
