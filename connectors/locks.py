"""Files that one process holds at a time; a process that dies lets go of them."""

from __future__ import annotations

from typing import IO


def hold(file: IO[bytes]) -> None:
    """Wait until nobody else holds this open file, then hold it until it is closed."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
                return
            except OSError:  # gives up after ten seconds each time
                continue
    fcntl.flock(file, fcntl.LOCK_EX)


def try_to_hold(file: IO[bytes]) -> bool:
    """As :func:`hold`, without waiting; whether it is held now."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
