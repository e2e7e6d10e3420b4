"""Whether screens are being drawn: what serves strangers lets them go first.

One interpreter serves all. Whatever asks the system for something (for a stranger's connection that
is done a dozen times) gives the interpreter's lock away, and while a screen is being drawn waits
milliseconds for it each time, and everybody's messages behind it.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ui.shell.limits import limits

_lock: Final = threading.Lock()
_began: Final[dict[int, float]] = {}
_numbers: Final = itertools.count()


@contextmanager
def running() -> Iterator[None]:
    """Around the run of a screen."""
    number = next(_numbers)
    with _lock:
        _began[number] = time.monotonic()
    try:
        yield
    finally:
        with _lock:
            del _began[number]


def is_quiet() -> bool:
    """Whether no screen is being drawn, but for those that take long (an import)."""
    since = time.monotonic() - limits().strangers.run_seconds
    with _lock:
        return all(began < since for began in _began.values())
