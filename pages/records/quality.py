"""Checks of the records, each with the dossiers that fail it."""

from __future__ import annotations

import streamlit as st

from metrics.core.report_forms import told
from metrics.core.vietnamese import as_of, number, percent
from metrics.dossiers.quality import CHECKS
from pages.records import data as records
from pages.records.screen import Screen
from ui.kit import panel
from ui.kit.dossiers import dossiers
from ui.kit.listing import row_opens
from ui.kit.marks import GOOD, WARN, Html
from ui.kit.parts import empty, how
from ui.kit.table import Column, Row, table
from ui.shell.text import safe


def open_check(screen: Screen) -> None:
    """The dossiers that fail the check that the address opens."""
    key = screen.asked["check"]
    if key is None:
        return
    frame = screen.frame
    count = next(r["count"] for r in records.found_by(frame.version, frame.view) if _key(r) == key)
    with panel.panel(screen, "check", f"{CHECKS[key].label}: {number(count)} hồ sơ"):
        st.caption(CHECKS[key].meaning)
        if not count:
            st.caption("Không hồ sơ nào của kỳ mắc lỗi này.")
            return
        rows = records.behind(frame.version, frame.view, key)
        sources: dict[int, str] = dict(frame.facts.sources.select("source_id", "name").iter_rows())
        third = Column("Nguồn", lambda row: sources.get(row["source_id"], "Chưa rõ nguồn"))
        whole = records.every_behind(frame, key)
        dossiers(screen, count, rows, third, alt=f"Hồ sơ: {CHECKS[key].label}", whole=whole)


def overview(screen: Screen) -> None:
    """The checks with counts and shares; each opens its dossiers."""
    frame = screen.frame
    st.header("Kiểm tra chất lượng dữ liệu")
    found = records.found_by(frame.version, frame.view)
    of, label = found[0]["of"], frame.view.period.label
    if not of:
        empty(
            "Không có hồ sơ để kiểm tra",
            f"{label}: phạm vi đang xem không có hồ sơ nào phải giải quyết.",
            "Hãy chọn kỳ khác hoặc đơn vị khác ở thanh trên.",
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"{label}: **{number(of)}** hồ sơ phải giải quyết, số liệu đến "
            f"{as_of(frame.ask.moment)}.",
            width="content",
        )
        _explain()
    table(
        found,
        (
            Column("Lỗi", _state, order="count"),
            Column("Kiểm tra", lambda row: CHECKS[_key(row)].label, is_name=True),
            Column("Hồ sơ", "count", "count"),
            Column("Tỷ lệ", _share, order="share", in_file=(Column("Tỷ lệ", "share", "rate"),)),
            Column("Nghĩa là", lambda row: CHECKS[_key(row)].meaning, is_minor=True),
        ),
        alt="Các kiểm tra và số hồ sơ mắc",
        opens=row_opens(screen, "check", "check"),
    )


def _key(row: Row) -> str:
    return str(row["check"])


def _state(row: Row) -> Html:
    return WARN.html("có") if row["count"] else GOOD.html("không")


def _share(row: Row) -> str:
    """The share; one that is small but not nothing does not read as 0,0%."""
    share = row["share"]
    return "<0,1%" if share is not None and 0 < share < 0.0005 else percent(share)


def _explain() -> None:
    items = "".join(
        f"<li><b>{safe(c.label)}.</b> {safe(c.meaning)} <i>{safe(told(c.basis, None))}</i></li>"
        for c in CHECKS.values()
    )
    with how("quality"):
        st.html(
            "<p><b>Mẫu số:</b> hồ sơ phải giải quyết trong kỳ – tiếp nhận trong kỳ hoặc chuyển từ "
            "kỳ trước (cột 3 biểu II.06a); không gồm hồ sơ bị từ chối tiếp nhận. <b>Tử số:</b> hồ "
            f"sơ trong số đó mắc lỗi. Một hồ sơ có thể mắc nhiều lỗi.</p><ul>{items}</ul>"
        )
