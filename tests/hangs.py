"""A test that hangs becomes a failure with a name, whatever it hangs in, and the run goes on.

pytest-timeout rings once, with an exception that Hypothesis takes for an answer and asks for
again, and is silent after a first failure, when what is torn down may hang as well. Here it rings
until the test has ended. What no signal can interrupt is ended with its process and a trace of
every thread; pytest-xdist then names the test and starts another worker.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
from collections.abc import Generator
from types import FrameType
from typing import Any, Final

import pytest
import pytest_timeout

_DEAF: Final = 2
"""After so many times its bound a test's process is ended."""
_LAST: Final = 180.0
"""Seconds in which the process has to end when all is done; an endless thread keeps it up."""
_SETTINGS: Final = pytest.StashKey[pytest_timeout.Settings]()
_ERROR: Final = pytest.StashKey[int]()


class Hung(BaseException):
    """The test takes too long. Nobody who catches every ``Exception`` keeps it."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_ERROR] = os.dup(2)  # before a test's own output is caught there


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: Any, settings: pytest_timeout.Settings) -> bool | None:
    """Rings after each ``settings.timeout`` seconds, until the timer is cancelled."""
    if threading.current_thread() is not threading.main_thread():
        return None

    def ring(_number: int, _frame: FrameType | None) -> None:
        __tracebackhide__ = True
        try:
            pytest_timeout.timeout_sigalrm(item, settings)
        except pytest.fail.Exception as told:
            raise Hung(str(told)) from None

    def cancel() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        faulthandler.cancel_dump_traceback_later()

    item.stash[_SETTINGS] = settings
    item.cancel_timeout = cancel
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, settings.timeout, settings.timeout)
    _end_after(item.config, _DEAF * settings.timeout)
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """A failure has switched the bound off."""
    if settings := item.stash.get(_SETTINGS, None):
        item.ihook.pytest_timeout_set_timer(item=item, settings=settings)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    _end_after(session.config, _LAST)


def _end_after(config: pytest.Config, seconds: float) -> None:
    faulthandler.dump_traceback_later(seconds, file=config.stash[_ERROR], exit=True)
