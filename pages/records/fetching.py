"""Sources that are fetched by themselves: when it went well last, what is wrong, what is next."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import streamlit as st

from metrics.core.vietnamese import moment, number
from pages.records import data as records
from pages.records import taking
from pages.records.screen import Screen
from ui.kit.cells import with_note
from ui.kit.listing import row_opens
from ui.kit.marks import GOING, GOOD, WARN, Html
from ui.kit.table import Column, Row, table
from ui.shell import identity
from ui.shell.text import plain

_WAYS: Final = {
    "pull": "cơ sở dữ liệu chỉ đọc",
    "rest": "dịch vụ web",
    "folder": "thư mục theo dõi",
}
_UNITS: Final = (
    (timedelta(days=1), "ngày"),
    (timedelta(hours=1), "giờ"),
    (timedelta(minutes=1), "phút"),
)


def fetches(screen: Screen) -> None:
    """Each source that can be fetched, and what somebody has to see to; nothing where none is."""
    if screen.found.lost or identity.scope().units is not None:
        return
    rows = records.fetches()
    if not rows:
        return
    listed = set(screen.found.numbers)
    for row in rows:
        row["listed_id"] = row["batch_id"] if row["batch_id"] in listed else None
    st.header(f"Lấy tự động ({len(rows)})")
    table(
        rows,
        (
            Column("Tình trạng", _state, order="state"),
            Column("Nguồn", "label", is_name=True),
            Column("Cách lấy", _way),
            Column("Lần được gần nhất", "good_at", "moment"),
            Column("Lần thử gần nhất", "tried_at", "moment", is_minor=True),
            Column("Lần tới", _next, order="next_at"),
            Column("Mới", "rows_inserted", "count"),
            Column("Thay đổi", "rows_changed", "count", is_minor=True),
            Column("Bị từ chối", "rows_rejected", "count"),
        ),
        alt="Các nguồn được lấy tự động: tình trạng, lần lấy, lô cuối",
        opens=row_opens(screen, "batch", "listed_id"),
    )
    st.caption("Số dòng là của lô cuối; mở dòng để xem lô và các dòng bị từ chối.")
    for row in rows:
        _remarks(row)


def _state(row: Row) -> Html:
    match row["state"]:
        case "good":
            return GOOD.html("được")
        case "failed":
            return WARN.html("lỗi")
        case "going":
            return GOING.html("đang lấy")
        case _:
            return GOING.html("chưa lấy lần nào")


def _way(row: Row) -> Html:
    return with_note(Html(_WAYS[row["kind"]]), f"ánh xạ {row['name']}, {_every(row['every'])}")


def _every(every: timedelta | None) -> str:
    if every is None:
        return "chỉ khi chạy lệnh pull"
    length, unit = next(each for each in _UNITS if not every % each[0])
    return f"mỗi {number(every // length)} {unit}"


def _next(row: Row) -> str:
    if row["every"] is None:
        return "khi chạy lệnh"
    return "ngay bây giờ" if row["next_at"] is None else moment(row["next_at"])


def _remarks(row: Row) -> None:
    """What is wrong, to whoever may mend it."""
    if not taking.offered():
        return
    label = plain(row["label"])
    if row["state"] == "failed":
        st.warning(f"**{label}:** {plain(row['error'])}", icon=":material/sync_problem:")
    if row["files_refused"]:
        st.warning(
            f"**{label}:** {number(row['files_refused'])} tệp bị từ chối nằm trong thư mục loi/, "
            "mỗi tệp có ghi chú .loi.txt nói sai ở đâu. Sửa tệp, đặt lại vào thư mục theo dõi rồi "
            "xóa ghi chú.",
            icon=":material/rule_folder:",
        )
    if row["vanished"]:
        codes = row["vanished_codes"] or []
        more = " …" if row["vanished"] > len(codes) else ""
        with st.expander(
            f"{label}: {number(row['vanished'])} hồ sơ nguồn không còn (đối chiếu toàn bộ "
            f"{moment(row['full_at'])})"
        ):
            st.markdown(plain(", ".join(codes)) + more)
            st.caption(
                "Không hồ sơ nào bị xóa. Hỏi nơi quản lý nguồn; hồ sơ nhập nhầm thì mở ra và rút "
                "khỏi số liệu."
            )
