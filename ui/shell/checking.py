"""Pass-phrases are checked in a process of its own, which takes what screens leave.

bcrypt takes a processor for a quarter of a second. On a thread of the app, even one of low
priority, each check also takes the interpreter's lock when it begins and ends, and whoever has it
at a low priority keeps it from everybody for as long as it gets no processor.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from ui.shell.limits import limits

_PROGRAM: Final = Path(__file__).with_name("checker.py")
_PASSED_ON: Final = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL")
"""Of our environment, which has keys and passwords, it gets no more."""


class CheckFailed(RuntimeError):
    """The process that checks did not answer."""


class _Process:
    """One process, asked by one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_PROGRAM), str(limits().passphrases.niceness)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            bufsize=0,
        )

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def ask(self, typed: str, hashed: str) -> bool:
        """Whether it is the pass-phrase. Raises CheckFailed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        clock = threading.Timer(limits().passphrases.patience_seconds, self._process.kill)
        clock.daemon = True
        clock.start()
        try:
            stdin.write(json.dumps([typed, hashed]).encode() + b"\n")
            answer = stdout.read(2)
        except OSError as error:
            raise CheckFailed from error
        finally:
            clock.cancel()
        if answer not in (b"1\n", b"0\n"):
            raise CheckFailed
        return bool(answer == b"1\n")

    def end(self) -> None:
        """Ends it, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


_lock: Final = threading.Lock()
_free: Final[list[_Process]] = []


def is_right(typed: str, hashed: str) -> bool:
    """Whether it is the pass-phrase that was hashed, by bcrypt. Raises CheckFailed."""
    process = _one()
    try:
        answer = process.ask(typed, hashed)
    except BaseException:
        process.end()
        raise
    with _lock:
        _free.append(process)
    return answer


def _one() -> _Process:
    """A process that waits to be asked; a new one where there is none."""
    with _lock:
        while _free:
            found = _free.pop()
            if found.lives:
                return found
            found.end()
    try:
        return _Process()
    except OSError as error:
        raise CheckFailed from error


@atexit.register
def _end_all() -> None:
    while _free:
        _free.pop().end()
