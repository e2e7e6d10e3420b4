"""What strangers cause again and again is logged at once, then once a minute with its number."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

_MINUTE: Final = 60.0


class Seldom:
    """Log lines by what they say: the first is written, those that follow are counted."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def __call__(self, log: logging.Logger, text: str, detail: str = "") -> None:
        """Logs ``text``, a sentence of the program's own; ``detail`` may be anybody's words."""
        with self._lock:
            now = self._clock()
            at, more = self._said.get(text, (float("-inf"), 0))
            if now - at < _MINUTE:
                self._said[text] = (at, more + 1)
                return
            self._said[text] = (now, 0)
        log.warning(
            "%s", f"{text}{': ' + detail[:200] if detail else ''} ({more} before it untold)"
        )


seldom: Final = Seldom()
"""The process's own."""
