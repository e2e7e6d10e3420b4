"""The process that reads files: ``python -m connectors.parsing.worker``.

It knows no key, no database and no network address; it may be killed at any moment, by its
bounds or by whoever asked, and nothing but one file's reading is lost. One file after the other,
each within its own bounds; it ends with the program that started it.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from pathlib import Path
from typing import IO, Final

from connectors.disk import is_full
from connectors.intake.reading import open_rows
from connectors.intake.report import IntakeRefused
from connectors.parsing.protocol import Job, Kind, packed, send, told

_MB: Final = 1 << 20


def main() -> None:
    """Read the files that are named on the standard input."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no message
    os.umask(0o077)
    _first_to_go()
    jobs: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()
    idle: float | None = None
    while True:
        try:
            job = Job.of(jobs.get(timeout=idle))
        except queue.Empty:
            return
        idle = job.bounds.spare_seconds
        _limit(job)
        _answer(job, out)


def _listen(jobs: queue.Queue[bytes]) -> None:
    """Pass on what is asked; when nobody is left to ask, end, whatever is being done."""
    while line := sys.stdin.buffer.readline():
        jobs.put(line)
    os._exit(0)


def _first_to_go() -> None:
    """When the machine has no memory left, the system shall end this process, not the app."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError:
        return


def _limit(job: Job) -> None:
    """Bounds that the system keeps; beyond them it refuses memory or ends the process."""
    try:
        import resource
    except ImportError:  # Windows: the time is bounded by whoever asks, the memory is not
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = (
        usage.ru_utime + usage.ru_stime + job.bounds.seconds_for(Path(job.path).stat().st_size)
    )
    for limit, most in (
        (resource.RLIMIT_DATA, job.bounds.memory_mb * _MB),
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_CORE, 0),  # a picture of the memory would hold citizens' data
    ):
        hard = resource.getrlimit(limit)[1]
        resource.setrlimit(limit, (most, hard))


def _answer(job: Job, out: IO[bytes]) -> None:
    """Everything of one file, or why not."""
    try:
        with open_rows(job) as rows:
            send(out, Kind.ABOUT, told(rows.about()))
            for sheet in rows.sheets:
                if sheet is not None:
                    send(out, Kind.SHEET, packed(sheet))
            for frame in rows.frames:
                send(out, Kind.ROWS, packed(frame))
    except IntakeRefused as refusal:
        send(out, Kind.REFUSED, str(refusal).encode(errors="replace"))
    except BrokenPipeError:
        os._exit(0)
    except MemoryError:
        os.abort()  # as when a library finds no memory
    except BaseException as error:  # noqa: BLE001 (a panic in Rust is no Exception)
        kind = Kind.FULL if is_full(error) else Kind.FAILED
        send(out, kind, type(error).__name__.encode())
    else:
        send(out, Kind.DONE, told({"peak_mb": _peak_mb()}))


def _peak_mb() -> int:
    """The most memory that this process has had.

    ``ru_maxrss`` of Linux counts from before the program was loaded: a large app's process would
    seem to be as large as the app, and never be kept for the next file.
    """
    try:
        told = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        own = next(line for line in told.splitlines() if line.startswith("VmHWM:"))
        return int(own.split()[1]) // 1024
    except (OSError, StopIteration, ValueError, IndexError):
        pass
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (_MB if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
