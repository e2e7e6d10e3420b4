"""Long work that outlives a run of the script: an import, a new snapshot. One at a time.

A click elsewhere makes Streamlit stop the run that draws the progress. So the work itself is done
in a thread of its own, and whichever run comes next follows it; leaving the page or closing the
browser does not cut an import in two.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from metrics.core.vietnamese import number, percent

_log = logging.getLogger(__name__)
_MINE: Final = "job"
_LOOK_EVERY: Final = 0.15

Tell = Callable[[str, int, int | None], None]
"""Called by the work: what it is doing, how many are done, of how many (None: not known)."""


class JobRefused(Exception):
    """The work ended with a message for the reader, in Vietnamese."""


@dataclass(eq=False)
class Job:
    """One piece of work on its way, or done."""

    kind: str
    stage: str = "Đang chuẩn bị…"
    done: int = 0
    total: int | None = None
    result: Any = None
    problem: str | None = None
    thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    @property
    def share(self) -> float:
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def sentence(self) -> str:
        """What the reader sees beside the bar: stage, counts, share."""
        if not self.done:
            return self.stage
        if not self.total:
            return f"{self.stage} {number(self.done)}"
        return f"{self.stage} {number(self.done)} / {number(self.total)} ({percent(self.share, 0)})"

    def tell(self, stage: str, done: int = 0, total: int | None = None) -> None:
        """Takes note of how far the work is."""
        self.stage, self.done, self.total = stage, done, total


@dataclass(eq=False)
class _Desk:
    """The one piece of work of this process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    job: Job | None = None


@st.cache_resource(show_spinner=False)
def _desk() -> _Desk:
    return _Desk()


def busy() -> bool:
    """Whether work is under way, whoever began it."""
    job = _desk().job
    return job is not None and job.running


def start(kind: str, work: Callable[[Tell], Any]) -> bool:
    """Begins the work unless some is under way; whether it was begun.

    ``work`` runs in a thread without a Streamlit session: it must not draw. What it returns is
    the job's result; JobRefused becomes the job's problem, anything else a sentence and a trace
    in the log.
    """
    desk = _desk()
    with desk.lock:
        if busy():
            return False
        job = Job(kind)
        # A server that is stopped does not wait: the transaction is undone, nothing is half done.
        job.thread = threading.Thread(target=_run, args=(job, work), name=kind, daemon=True)
        desk.job = job
        st.session_state[_MINE] = job
        job.thread.start()
    return True


def _run(job: Job, work: Callable[[Tell], Any]) -> None:
    try:
        job.result = work(job.tell)
    except JobRefused as refusal:
        job.problem = str(refusal)
    except Exception:  # noqa: BLE001 -- a thread's error would otherwise be lost
        _log.exception("%s failed", job.kind)
        job.problem = (
            "Không thực hiện được do lỗi ngoài dự kiến. Hãy thử lại; nếu vẫn lỗi, báo quản trị "
            "hệ thống (chi tiết trong nhật ký của máy chủ)."
        )


def finished(kind: str | None = None) -> Job | None:
    """This session's work that has ended since it was last asked for. ``kind``: of this one."""
    job = cast("Job | None", st.session_state.get(_MINE))
    if job is None or job.running or kind not in (None, job.kind):
        return None
    del st.session_state[_MINE]
    return job


def follow(place: DeltaGenerator, kind: str | None = None) -> None:
    """Draws the progress of the work under way until it ends, then runs the script again.

    ``kind``: of this one; other work goes on unseen.
    """
    job = _desk().job
    if job is not None and job.running and kind in (None, job.kind):
        _draw(job, place)
        st.rerun()
    mine = cast("Job | None", st.session_state.get(_MINE))
    if mine is not None and kind in (None, mine.kind) and not mine.running:
        st.rerun()  # it ended while this run was drawing the rest of the page


def _draw(job: Job, place: DeltaGenerator) -> None:
    with place:
        if st.session_state.get(_MINE) is not job:
            st.caption("Một lần nhập hoặc tổng hợp do người khác bắt đầu đang chạy.")
        bar = st.progress(0.0, text=job.sentence())
    while job.running:
        bar.progress(job.share, text=job.sentence())
        if job.thread is not None:
            job.thread.join(_LOOK_EVERY)
