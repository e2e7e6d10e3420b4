"""Parts of the data screen: what the figures are computed on, and bringing it up to date."""

from __future__ import annotations

import logging
from typing import Final

import polars as pl
import streamlit as st

from connectors import snapshot
from metrics.core.vietnamese import moment, number
from pages.records import intake
from pages.records.batches import Register
from ui.shell import data, guarded, jobs
from ui.shell.answers import DatabaseLost
from ui.shell.text import plain

_log = logging.getLogger(__name__)
_REFRESHED: Final = "snapshot_refreshed"
_FACTS: Final = ("dossier", "pause", "step")

_KEPT: Final = (
    ("data_version", "Phiên bản"),
    ("dossier", "Hồ sơ"),
    ("pause", "Lần tạm dừng"),
    ("step", "Bước xử lý"),
    ("last_batch", "Lô nhập cuối có trong bản tổng hợp"),
    ("newest", "Lô nhập mới nhất của cơ sở dữ liệu"),
    ("data_until", "Số liệu đến"),
    ("kind", "Loại dữ liệu"),
)


def state(found: Register, behind: str | None) -> None:
    """What the figures are computed on, and the button that brings it in step."""
    st.header("Bản tổng hợp số liệu")
    manifest = data.manifest()
    if manifest is None:
        return
    rows = {fact: sum(part.rows for part in manifest.of_fact(fact)) for fact in _FACTS}
    values = {
        "data_version": manifest.data_version,
        **{fact: number(count) for fact, count in rows.items()},
        "last_batch": number(manifest.last_batch_id),
        "newest": "không đọc được" if found.lost else number(found.newest),
        "data_until": moment(manifest.data_until),
        "kind": "Dữ liệu minh họa" if manifest.data_kind == "sample" else "Dữ liệu thật",
    }
    table = pl.DataFrame(
        [(label, values[key]) for key, label in _KEPT],
        schema={"Mục": pl.String, "Giá trị": pl.String},
        orient="row",
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.dataframe(table, hide_index=True, row_height=32, alt="Tình trạng bản tổng hợp")
    with right:
        if behind is None and not found.lost:
            st.markdown(":green-badge[● khớp] Bản tổng hợp khớp với cơ sở dữ liệu.")
        if intake.offered():
            refresh_button("snapshot_refresh", found)
        st.caption(
            "Các màn hình tính trên bản tổng hợp, không đọc thẳng cơ sở dữ liệu. Tổng hợp lại chỉ "
            "đọc những hồ sơ đã thay đổi; trong lúc chạy, số liệu cũ vẫn xem được. Dựng lại từ "
            "đầu: `.venv/bin/python -m connectors snapshot --rebuild`"
        )
        _refreshed()


def refresh_button(key: str, found: Register) -> None:
    """Brings the snapshot in step with the database."""
    st.button(
        "Tổng hợp lại",
        key=key,
        icon=":material/sync:",
        disabled=found.lost or jobs.busy(),
        on_click=_begin_refresh,
    )


def _begin_refresh() -> None:
    if not guarded.allowed(intake.ACTION, "bản tổng hợp", whole=True):
        return
    database, settings = data.database(), data.settings()
    before = data.manifest()

    def work(tell: jobs.Tell) -> tuple[str | None, str]:
        tell("Đang tổng hợp số liệu…", 0, None)

        def progress(done: int, total: int) -> None:
            tell("Đang tổng hợp số liệu: hồ sơ", done, total)

        try:
            manifest = snapshot.refresh(database, settings, progress)
        except DatabaseLost as error:
            _log.exception("snapshot could not read the database")
            raise jobs.JobRefused(
                "Chưa tổng hợp lại được: cơ sở dữ liệu đang bận hoặc mất kết nối. Số liệu cũ vẫn "
                "được giữ nguyên."
            ) from error
        return (before.version if before else None), manifest.version

    jobs.start("snapshot", work)


def collect(job: jobs.Job | None) -> None:
    """Keeps what this session's finished refresh said."""
    if job is not None and job.kind == "snapshot":
        st.session_state[_REFRESHED] = job


def _refreshed() -> None:
    job: jobs.Job | None = st.session_state.pop(_REFRESHED, None)
    if job is None:
        return
    if job.problem is not None:
        st.error(plain(job.problem), icon=":material/error:")
        return
    before, now = job.result
    if before == now:
        st.success("Không có gì mới: số liệu đã khớp với cơ sở dữ liệu.")
    else:
        st.success(f"Đã tổng hợp lại: phiên bản {now}.", icon=":material/check_circle:")
