"""Looking again and again, beside the app, for something that is due: one loop for all who do.

What fails is logged once, not at every look, and looked for again.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from connectors.settings import PROJECT_ROOT

_log = logging.getLogger(__name__)


def keep_looking(
    look: Callable[[], object], ended: threading.Event, seconds: float, failing: str
) -> None:
    """Look every so many seconds until ``ended`` is set. ``failing``: what the log then says."""
    said = ""
    while not ended.wait(seconds):
        try:
            look()
            said = ""
        except Exception as error:  # noqa: BLE001 (whatever it is, the next look comes)
            if said != type(error).__name__:
                _log.warning(failing, exc_info=True)
            said = type(error).__name__


@contextmanager
def beside(name: str, run: Callable[[threading.Event], None]) -> Iterator[threading.Thread]:
    """A thread that runs as long as the app does; it is asked to end, and waited for a little."""
    ended = threading.Event()
    thread = threading.Thread(target=run, args=(ended,), name=name, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        ended.set()
        thread.join(timeout=2)


def python(*words: str) -> list[str]:
    """The command line of a module of this program (``-m`` …)."""
    return [sys.executable, "-m", *words]


def environment() -> Mapping[str, str]:
    """In which a process of this program finds its modules."""
    return os.environ | {"PYTHONPATH": str(PROJECT_ROOT)}
