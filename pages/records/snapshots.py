"""Parts of the data screen: what the figures are computed on, and bringing it up to date."""

from __future__ import annotations

import logging
from typing import Final

import streamlit as st

from connectors import snapshot
from metrics.core.vietnamese import moment, number
from pages.records import taking
from pages.records.screen import Screen
from ui.kit.marks import GOOD
from ui.kit.panel import facts
from ui.shell import data, guarded, jobs
from ui.shell.answers import DatabaseLost
from ui.shell.text import plain

_log = logging.getLogger(__name__)
_REFRESHED: Final = "snapshot_refreshed"
_FACTS: Final = {"dossier": "Hồ sơ", "pause": "Lần tạm dừng", "step": "Bước xử lý"}


def notice(screen: Screen) -> None:
    """Says that the figures are older than the database, with the button that mends it."""
    if screen.behind is not None and not jobs.busy() and taking.offered():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.warning(screen.behind, icon=":material/sync_problem:")
            _refresh_button("snapshot_refresh_top", screen)


def state(screen: Screen) -> None:
    """What the figures are computed on, and the button that brings it in step."""
    st.header("Bản tổng hợp số liệu")
    manifest, found = data.manifest(), screen.found
    if manifest is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        facts(
            [
                ("Phiên bản", manifest.data_version),
                *(
                    (word, number(sum(part.rows for part in manifest.of_fact(fact))))
                    for fact, word in _FACTS.items()
                ),
                ("Lô nhập cuối có trong bản tổng hợp", number(manifest.last_batch_id)),
                (
                    "Lô nhập mới nhất của cơ sở dữ liệu",
                    "không đọc được" if found.lost else number(found.newest),
                ),
                ("Số liệu đến", moment(manifest.data_until)),
                (
                    "Loại dữ liệu",
                    "Dữ liệu minh họa" if manifest.data_kind == "sample" else "Dữ liệu thật",
                ),
            ]
        )
    with right:
        if screen.behind is None and not found.lost:
            st.html(f"<p>{GOOD.html('khớp')} Bản tổng hợp khớp với cơ sở dữ liệu.</p>")
        if taking.offered():
            _refresh_button("snapshot_refresh", screen)
        st.caption(
            "Các màn hình tính trên bản tổng hợp, không đọc thẳng cơ sở dữ liệu. Tổng hợp lại chỉ "
            "đọc những hồ sơ đã thay đổi; trong lúc chạy, số liệu cũ vẫn xem được. Dựng lại từ "
            "đầu: `.venv/bin/python -m connectors snapshot --rebuild`"
        )
        _refreshed()


def _refresh_button(key: str, screen: Screen) -> None:
    st.button(
        "Tổng hợp lại",
        key=key,
        icon=":material/sync:",
        disabled=screen.found.lost or jobs.busy(),
        on_click=_begin_refresh,
    )


def _begin_refresh() -> None:
    if not guarded.allowed(taking.ACTION, "bản tổng hợp", whole=True):
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
