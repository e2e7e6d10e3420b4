"""Clocks: of a call in this process, and of a process as a whole."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any, Final, TypeVar

REPEATS: Final = 7

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Calls:
    """Wall times of one call and the same call again, in ms; ``cpu``: of this process, median."""

    first: float
    median: float
    least: float
    cpu: float


def timed(work: Callable[[], Answer], repeats: int = REPEATS) -> tuple[Answer, Calls]:
    """The answer, and the times of a first call and ``repeats`` further ones."""
    wall, cpu = [], []
    for _ in range(repeats + 1):
        began, began_cpu = time.perf_counter(), time.process_time()
        answer = work()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - began_cpu) * 1000)
    again = wall[1:]
    return answer, Calls(wall[0], statistics.median(again), min(again), statistics.median(cpu[1:]))


def peak_mb(pid: int | str = "self") -> float:
    """The most memory (resident) that a process has held so far, in MB."""
    return _status("VmHWM", pid)


def resident_mb(pid: int | str = "self") -> float:
    """What a process holds in memory now, in MB."""
    return _status("VmRSS", pid)


def cpu_seconds(pid: int) -> float:
    """What a process has taken of the processors so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still live."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [
        int(child)
        for thread in threads
        for child in (thread / "children").read_text(encoding="utf-8").split()
    ]


def _status(name: str, pid: int | str) -> float:
    with open(f"/proc/{pid}/status", encoding="utf-8") as lines:  # noqa: PTH123
        found = next(line for line in lines if line.startswith(f"{name}:"))
    return int(found.split()[1]) / 1024


@dataclass(frozen=True)
class Run:
    """A whole process: seconds on the wall and of processors, peak memory (MB), what it printed.

    ``together_mb``: the most that it and the processes that it began held at one moment, looked at
    ten times a second; only where that was asked for.
    """

    wall: float
    cpu: float
    peak_mb: float
    output: str
    together_mb: float | None = None


class _Together(Thread):
    """Looks at what a process and those that it began hold, until it has ended."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._tasks = Path(f"/proc/{pid}/task")
        self._pid = pid
        self.most = 0.0
        self.ended = Event()

    def run(self) -> None:
        while not self.ended.wait(0.1):
            with suppress(OSError, StopIteration):  # one of them has just ended
                began = [each.read_text().split() for each in self._tasks.glob("*/children")]
                pids = [self._pid, *(int(pid) for some in began for pid in some)]
                self.most = max(self.most, sum(map(resident_mb, pids)))


class GaveUp(Exception):
    """A process did not come to its end; the message says why."""


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    limit: float | None = None,
    *,
    together: bool = False,
) -> Run:
    """Run ``python …`` to its end; RuntimeError with its output when it fails.

    GaveUp when it takes longer than ``limit`` seconds, or something else ends it (which is how
    Linux takes memory back from whoever has most).

    The parent must be small: Linux counts its memory to the child's peak until the child has
    become another program. So nothing heavy is ever imported here.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    watch = _Together(process.pid)
    if together:
        watch.start()
    timer = Timer(limit, process.kill) if limit else None
    if timer:
        timer.start()
    with process.stdout:
        output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    watch.ended.set()
    if timer:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == -signal.SIGKILL:
        late = limit is not None and wall >= limit
        raise GaveUp(f"not done in {limit:.0f} s" if late else "out of memory")
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{output}")
    most = watch.most if together else None
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output, most)


def step(
    name: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    limit: float | None = None,
) -> Any:
    """Run one step of the benchmark (bench/steps.py) in a process of its own; its result."""
    done = run(["-m", "bench.steps", name, *arguments], environment, limit)
    return json.loads(done.output.splitlines()[-1])


def told(result: Any) -> None:
    """Print a step's result, for :func:`step` to read."""
    print(json.dumps(result, default=asdict))
