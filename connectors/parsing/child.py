"""Asking the reading process: rows of a file, or a sentence why there are none.

Whatever the file does to that process (memory, time, a crash), here it is an
:class:`IntakeRefused`; its copies go with the folder that is made for it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any, Final, cast

import polars as pl

from connectors.disk import copy_full
from connectors.intake.report import IntakeRefused, NotNow
from connectors.parsing import bounds as limits
from connectors.parsing.protocol import Job, Kind, Reading, receive, unpacked, widen
from connectors.workspace import WorkingFolder

_log = logging.getLogger(__name__)

_ROOT: Final = Path(__file__).resolve().parents[2]
_PASSED_ON: Final = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL")
"""Of our environment, which has keys and passwords, it gets no more."""

_NOTHING_WRITTEN: Final = "Chưa có gì được ghi."


@dataclass(slots=True)
class Parsed:
    """What the reading process says of a file."""

    header: list[str]
    # How many rows there are, as far as is known.
    total: int | None
    format: str
    warnings: list[str]
    # How it was read, what was left aside, what looks odd (Vietnamese sentences).
    read_as: list[str]
    left_aside: list[str]
    odd: list[str]
    # What stands above the header, and the sheet's name.
    title: list[str]
    # One for each of Reading.sheets; None: not in the workbook.
    sheets: list[pl.DataFrame | None]
    # To be read within the context.
    frames: Iterator[pl.DataFrame]


@contextmanager
def turn() -> Iterator[None]:
    """One of the few files that are read at a time. Raises IntakeRefused after some waiting."""
    bounds = limits.shipped()
    if not _turns.acquire(timeout=bounds.wait_seconds):
        raise NotNow("Máy chủ đang đọc các tệp khác. Hãy thử lại sau ít phút. " + _NOTHING_WRITTEN)
    try:
        yield
    finally:
        _turns.release()


_turns: Final = threading.BoundedSemaphore(limits.shipped().at_once)


@contextmanager
def parsed(path: Path, reading: Reading) -> Iterator[Parsed]:
    """A file's rows, read in a process of its own within ``bounds.toml``.

    Raises IntakeRefused (Vietnamese), also while the frames are read.
    """
    with WorkingFolder() as folder:
        job = Job(str(path.resolve()), path.name, str(folder.path), reading, limits.shipped())
        child = _asked(job)
        try:
            yield _answer(child, job)
        finally:
            _keep_or_end(child)


def _asked(job: Job) -> _Child:
    """A process that was given the job: the spare one if it still lives."""
    spare = _take_spare()
    if spare is not None:
        if spare.may_stay and spare.ask(job):
            return spare
        spare.end()
    child = _Child()
    child.ask(job)
    return child


def _answer(child: _Child, job: Job) -> Parsed:
    kind, content = child.next(job)
    if kind is not Kind.ABOUT:
        raise child.broken(job, "answers before it was asked")
    about: dict[str, Any] = json.loads(content)
    sheets: list[pl.DataFrame | None] = []
    for there in about["sheets"]:
        kind, content = child.next(job) if there else (Kind.SHEET, b"")
        if kind is not Kind.SHEET:
            raise child.broken(job, "has no sheet")
        sheets.append(unpacked(content) if there else None)
    frames = _frames(child, job)
    names = ("warnings", "read_as", "left_aside", "odd", "title")
    told = {name: about.pop(name) for name in names}
    return Parsed(
        about["header"], about["total"], about["format"], **told, sheets=sheets, frames=frames
    )


def _frames(child: _Child, job: Job) -> Iterator[pl.DataFrame]:
    while not child.free:
        kind, content = child.next(job)
        if kind is Kind.ROWS:
            yield unpacked(content)


# -- processes ---------------------------------------------------------------------------------


class _Child:
    """A reading process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "connectors.parsing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a crash repeats what it was reading
            cwd=_ROOT,
            env=_environment(),
            bufsize=0,
        )
        assert self._process.stdout is not None
        widen(self._process.stdout.fileno())
        self._late = False
        self._patience = 0.0
        self._files = 0
        # Whether it has done all that it was asked.
        self.free = True
        self.peak_mb = 0
        self.since = time.monotonic()

    @property
    def may_stay(self) -> bool:
        """Whether it can be asked for another file; it ends by itself when nobody does."""
        bounds = limits.shipped()
        fit = self.peak_mb <= bounds.spare_mb and self._files < bounds.spare_files
        fresh = time.monotonic() - self.since < bounds.spare_seconds / 2
        return self.free and fit and fresh and self._process.poll() is None

    def ask(self, job: Job) -> bool:
        """Give it a file to read; whether it took it."""
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(job.line())
            stdin.flush()
        except OSError:
            return False
        self.free, self.since = False, time.monotonic()
        self._files += 1
        seconds = job.bounds.seconds_for(Path(job.path).stat().st_size)
        self._patience = job.bounds.patience * seconds
        return True

    def next(self, job: Job) -> tuple[Kind, bytes | bytearray]:
        """Its next message; only the time that it keeps us waiting counts. Raises IntakeRefused."""
        assert self._process.stdout is not None
        clock = threading.Timer(self._patience, self._too_late)
        clock.daemon = True
        began = time.monotonic()
        clock.start()
        try:
            kind, content = receive(cast("RawIOBase", self._process.stdout), job.bounds)
        except EOFError as error:
            raise self._died(job) from error
        except ValueError as error:
            raise self.broken(job, str(error)) from error
        finally:
            clock.cancel()
            self._patience = max(self._patience - (time.monotonic() - began), 0.001)
        if kind in (Kind.REFUSED, Kind.FULL, Kind.FAILED):
            self.free = True
            raise _refusal(kind, content, job)
        if kind is Kind.DONE:
            self.free = True
            self.peak_mb = json.loads(content)["peak_mb"]
        return kind, content

    def _too_late(self) -> None:
        self._late = True
        self._process.kill()

    def _died(self, job: Job) -> IntakeRefused:
        code = self._process.wait()
        _log.warning("reading process ended", extra={"data": {"code": code, "late": self._late}})
        if self._late or code == -getattr(signal, "SIGXCPU", 24):
            return IntakeRefused(
                f"Tệp {job.name} đọc quá lâu nên đã dừng: tệp quá lớn hoặc được tạo bất thường. "
                f"{_MEND} {_NOTHING_WRITTEN}"
            )
        return IntakeRefused(
            f"Tệp {job.name} cần nhiều bộ nhớ hơn mức cho phép "
            f"({job.bounds.memory_mb} MB) hoặc bị hỏng, nên việc đọc đã dừng. "
            f"{_MEND} {_NOTHING_WRITTEN}"
        )

    def broken(self, job: Job, why: str) -> IntakeRefused:
        """A process that does not keep to the protocol is ended."""
        _log.error("reading process %s", why)
        self.end()
        return _refusal(Kind.FAILED, why.encode(), job)

    def end(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


_MEND: Final = (
    "Hãy mở tệp bằng Excel, xóa các dòng, cột ngoài vùng dữ liệu rồi lưu lại; hoặc xuất lại từ hệ "
    "thống nguồn ra CSV; tệp lớn thì chia nhỏ."
)


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed | {
        "PYTHONPATH": str(_ROOT),
        "POLARS_MAX_THREADS": str(min(os.cpu_count() or 1, 4)),
    }


def _refusal(kind: Kind, content: bytes | bytearray, job: Job) -> IntakeRefused:
    if kind is Kind.REFUSED:
        return IntakeRefused(content.decode())
    if kind is Kind.FULL:
        return NotNow(copy_full(job.name))
    _log.error("reading failed: %s", content.decode(errors="replace"))
    return IntakeRefused(
        f"Tệp {job.name} bị hỏng hoặc được tạo bất thường nên không đọc được. "
        f"{_MEND} {_NOTHING_WRITTEN}"
    )


# -- the spare one -----------------------------------------------------------------------------

_lock: Final = threading.Lock()
_spare: list[_Child] = []


def _take_spare() -> _Child | None:
    with _lock:
        return _spare.pop() if _spare else None


def _keep_or_end(child: _Child) -> None:
    child.since = time.monotonic()
    if child.may_stay:
        with _lock:
            if not _spare:
                _spare.append(child)
                return
    child.end()


@atexit.register
def _end_spare() -> None:
    while (child := _take_spare()) is not None:
        child.end()
