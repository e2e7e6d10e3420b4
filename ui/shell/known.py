"""Cookies that somebody was known by lately. It decides who waits, never who may do what."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from functools import cache

import anyio

from ui.shell import installation
from ui.shell.limits import limits


class Cookies:
    """Tokens as hashes, each for so long, the newest so many."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds, self._most = seconds, most
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def has(self, token: str) -> bool:
        """Whether somebody was known by it."""
        return self._until.get(_key(token), 0.0) > anyio.current_time()

    def note(self, token: str, is_known: bool) -> None:
        """Notes whether somebody is."""
        key = _key(token)
        self._until.pop(key, None)
        if is_known:
            self._until[key] = anyio.current_time() + self._seconds
            if len(self._until) > self._most:
                self._until.popitem(last=False)

    def is_in(self, head: bytes) -> bool:
        """Whether the head of a request, as it came, names one."""
        name = re.escape(installation.cookie_name().encode())
        found = re.findall(rb"[ ;]" + name + rb"=\s*\"?([^;\s\"]+)", head)
        return any(self.has(token.decode("latin-1")) for token in found[-limits().cookies.most :])


@cache
def cookies() -> Cookies:
    """Those of this process."""
    bounds = limits().cookies
    return Cookies(bounds.known_seconds, bounds.known)


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
