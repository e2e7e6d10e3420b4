"""Folders for the time of one import: copies of what comes in, which may name citizens."""

from __future__ import annotations

import os
import shutil
import stat
import time
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from types import TracebackType
from typing import IO, Final, Self

from connectors.locks import hold, try_to_hold

_PREFIX: Final = "dung-han-"
_LOCK: Final = "lock"
_LONGEST_NAME: Final = 200
"""Bytes; file systems take 255, a column of the database as many letters."""

TOLD_APART: Final = ("xls", "xes", "xml", "html", "htm", "mht", "rtf")
"""Endings of files that are let in to be refused: what they are, and how to get one to read."""

_WITHOUT_LOCK: Final = 3600.0
"""Seconds after which a folder that nobody came to hold is nobody's."""


class WorkingFolder:
    """A folder of one's own in ``parent`` (default: the system's ``TMPDIR``), gone afterwards.

    A process that is killed cannot clean up, so whoever makes the next folder removes what such
    processes left behind. Raises OSError when there is no place.
    """

    def __init__(self, parent: Path | None = None) -> None:
        sweep(parent)
        self._folder = TemporaryDirectory(prefix=_PREFIX, dir=parent)
        self._lock = _held(Path(self._folder.name))
        self.path = Path(self._folder.name)

    def cleanup(self) -> None:
        """Remove the folder with all that is in it."""
        if os.name == "nt":  # which removes no open file
            self._lock.close()
        self._folder.cleanup()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cleanup()


def _held(folder: Path) -> IO[bytes]:
    """The folder's lock, held by us."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = (folder / _LOCK).open("ab")
        hold(lock)
        if (folder / _LOCK).exists():
            return lock
        lock.close()  # somebody swept it in between


def sweep(parent: Path | None = None) -> None:
    """Remove the working folders of this user that no living process holds."""
    for folder in (parent or Path(gettempdir())).glob(f"{_PREFIX}*"):
        try:
            _remove_if_left_behind(folder)
        except OSError:
            continue  # gone meanwhile, or not ours


def _remove_if_left_behind(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or _of_somebody_else(found.st_uid):
        return
    lock = folder / _LOCK
    if not lock.exists():
        if time.time() - found.st_mtime > _WITHOUT_LOCK:
            shutil.rmtree(folder, ignore_errors=True)
        return
    # Not made anew: its owner may be removing the folder just now.
    with lock.open("r+b") as file:
        if not try_to_hold(file):
            return
        shutil.rmtree(folder, ignore_errors=True)
    if os.name == "nt":  # which removes no open file
        shutil.rmtree(folder, ignore_errors=True)


def _of_somebody_else(owner: int) -> bool:
    return hasattr(os, "getuid") and owner != os.getuid()


def keep(content: IO[bytes], path: Path) -> None:
    """Copy an upload to a new file that only this user can read."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
        shutil.copyfileobj(content, file)


def file_name(given: str) -> str:
    """An upload's name without any folder in it, short enough for every file system."""
    name = Path(given.replace("\\", "/").replace("\x00", "")).name
    if not name.strip("."):
        return "tep"
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    ending = Path(name).suffix[-12:]
    return name.encode()[: _LONGEST_NAME - len(ending.encode())].decode(errors="ignore") + ending
