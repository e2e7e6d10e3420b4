"""What a screen of a register asks: registers are known up to now, also where dossiers are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from metrics.core.ask import Ask
from ui.shell import data
from ui.shell.context import Frame


def now() -> datetime:
    """The next full minute by the wall clock, local: what was just entered lies before it."""
    local = datetime.now(data.settings().zone).replace(tzinfo=None, second=0, microsecond=0)
    return local + timedelta(minutes=1)


def question(frame: Frame) -> Ask:
    """The view's question. Tasks are known up to now, also where dossiers' data end sooner."""
    if frame.view.as_of is not None:
        return frame.ask
    moment = min(frame.ask.period_end, max(frame.ask.moment, now()))
    return replace(frame.ask, as_of=moment)
