"""The data screen as a whole: its parts, and what is said above all of them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.records import batches, intake, snapshots
from ui.kit import segments
from ui.shell import jobs
from ui.shell.context import Frame

PARTS: Final = {
    "sources": "Nguồn và lô nhập",
    "upload": "Nạp tệp",
    "quality": "Chất lượng",
    "calendar": "Lịch làm việc",
    "snapshot": "Bản tổng hợp",
}
"""Parameter ``part`` → label; the first one needs no parameter."""


def collect(job: jobs.Job | None) -> None:
    """Hands what this session's work came to to the part that began it."""
    intake.collect(job)
    snapshots.collect(job)


def notices(frame: Frame, found: batches.Register) -> str | None:
    """A lost database, or figures older than the database; the latter's sentence, if so."""
    if found.lost:
        batches.lost(frame)
    behind = batches.stale_snapshot(frame, found)
    if behind is not None and not jobs.busy() and intake.offered():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.warning(behind, icon=":material/sync_problem:")
            snapshots.refresh_button("snapshot_refresh_top", found)
    return behind


def _parts() -> dict[str, str]:
    """The parts that the reader may see."""
    return {key: label for key, label in PARTS.items() if key != "upload" or intake.offered()}


def part() -> str:
    """The chosen part, kept in the URL; one that the reader may not see is like none."""
    return segments.part(_parts(), "data_part")
