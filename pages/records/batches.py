"""Sources and their freshness, import batches, the open one."""

from __future__ import annotations

from typing import Final

import streamlit as st

from metrics.core.vietnamese import as_of, moment, number
from pages.records import data as records
from pages.records import rejected
from pages.records.screen import Screen
from ui.kit import panel
from ui.kit.cells import with_note
from ui.kit.listing import listing, row_opens
from ui.kit.marks import GOING, GOOD, WARN, Html
from ui.kit.parts import empty
from ui.kit.table import Column, Row, table
from ui.shell import identity

_KINDS: Final = {
    "file": "tệp",
    "pull": "kéo từ nguồn",
    "sample": "dữ liệu minh họa",
    "withdrawal": "rút, khôi phục hồ sơ",
    "units": "nhập, tách đơn vị giống nhau",
    "record": "ghi xin lỗi, hẹn lại, nguyên nhân",
}
_COUNTS: Final = (
    Column("Đọc", "rows_read", "count"),
    Column("Mới", "rows_inserted", "count"),
    Column("Thay đổi", "rows_changed", "count"),
    Column("Không đổi", "rows_unchanged", "count", is_minor=True),
    Column("Bị từ chối", "rows_rejected", "count"),
)


# -- sources ------------------------------------------------------------------------------


def sources(screen: Screen) -> None:
    """Each source: how fresh it is against what was agreed, and what its last batch brought."""
    found, frame = screen.found, screen.frame
    st.header(f"Nguồn dữ liệu ({frame.facts.sources.height})")
    if frame.facts.sources.is_empty():
        empty(
            "Chưa có nguồn nào",
            "Cơ sở dữ liệu chưa nhận lô nhập nào.",
            "Nạp tệp đầu tiên ở mục “Nạp tệp”.",
        )
        return
    may_open = identity.scope().units is None
    table(
        records.sources(frame, found),
        (
            Column("Độ mới", _freshness, order="behind_hours"),
            Column("Nguồn", "name", is_name=True),
            Column("Số liệu đến", "data_until", "moment"),
            Column("Lần nạp cuối", lambda row: _last(row, lost=found.lost), order="batch_id"),
            *(_COUNTS if not found.lost else ()),
        ),
        alt="Các nguồn với độ mới và lô nhập cuối",
        opens=row_opens(screen, "batch", "batch_id") if may_open and not found.lost else None,
    )
    st.caption(f"Độ mới so với thời điểm số liệu đang xem: {as_of(frame.ask.moment)}.")


def _freshness(row: Row) -> Html:
    agreed = row["fresh_within_hours"]
    promise = "" if agreed is None else f"đã thống nhất: trong {number(agreed)} giờ làm việc"
    if row["state"] == "fresh":
        return with_note(GOOD.html("mới"), promise)
    if row["state"] == "stale":
        return with_note(WARN.html(f"chậm {_lag(row)}"), promise)
    if row["state"] == "not_agreed":
        behind = f"kém thời điểm đang xem {_lag(row)}" if row["behind_days"] else ""
        return with_note(GOING.html("chưa thống nhất độ mới"), behind)
    return GOING.html("chưa rõ số liệu đến lúc nào")


def _lag(row: Row) -> str:
    """2 ngày làm việc; below one day, in hours."""
    if row["behind_days"] >= 1:
        return f"{number(row['behind_days'])} ngày làm việc"
    return f"{number(int(row['behind_hours']))} giờ làm việc"


def _last(row: Row, *, lost: bool) -> str:
    if lost:
        return moment(row["imported_at"])
    if row["batch_id"] is None:
        return "Chưa có lô nhập nào"
    file = f" “{row['file_name']}”" if row["file_name"] else ""
    return f"lô {row['batch_id']}, {moment(row['finished_at'])}, {_kind(row)}{file}"


def _kind(row: Row) -> str:
    return _KINDS.get(row["kind"], str(row["kind"]))


# -- batches ------------------------------------------------------------------------------


def batches(screen: Screen) -> None:
    """The last batches; each opens with its rejected rows."""
    if screen.found.lost or identity.scope().units is not None:
        return
    listing(
        screen,
        screen.found.batches,
        (
            Column("Lô", lambda row: f"Lô {row['batch_id']}", is_name=True, order="batch_id"),
            Column("Xong lúc", "finished_at", "moment"),
            Column("Nguồn", "source"),
            Column("Kiểu", _kind),
            Column("Tệp", "file_name", is_minor=True),
            *_COUNTS,
            Column("Số liệu đến", "data_until", "moment", is_minor=True),
        ),
        title="Lô nhập gần đây",
        noun="lô gần nhất",
        alt=f"{records.LISTED} lô nhập gần nhất, mới nhất trước",
        words={},
        opens="batch",
        by="batch_id",
        nothing="Mỗi lần nạp tệp hoặc kéo dữ liệu được ghi thành một lô.",
    )


def open_batch(screen: Screen) -> None:
    """The batch that the address opens, with its rejected rows."""
    if screen.asked["batch"] is None:
        return
    batch = screen.found.batch(screen.asked["batch"])
    with panel.panel(screen, "batch", f"Lô {batch['batch_id']} · {batch['source']}"):
        panel.facts(
            [
                ("Xong lúc", moment(batch["finished_at"])),
                ("Kiểu", _kind(batch)),
                ("Tệp", batch["file_name"]),
                ("Số liệu đến", moment(batch["data_until"])),
                *((each.label, number(each.value(batch))) for each in _COUNTS),
            ]
        )
        rejected.of_batch(batch)
