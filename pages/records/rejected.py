"""Rows that were not taken in: as they may be shown, and whole as a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import streamlit as st

from connectors import mappings
from connectors.intake import IntakeRefused, available_mappings, load_mapping
from connectors.intake.export import rejected_csv, rejected_xlsx
from connectors.intake.hidden import ColumnMask as Mask
from connectors.privacy import VaultLocked
from metrics.core.vietnamese import number
from pages.records import data as records
from ui.kit.table import Column, table_html
from ui.shell import data, guarded, identity

_XLSX_ROWS: Final = 1_000_000
NOT_SEEN: Final = (
    "Dòng bị từ chối giữ nguyên nội dung nguồn đã gửi, có thể có dữ liệu cá nhân: vai trò của bạn "
    "chỉ xem số lượng; vai trò Cải cách xem, tải và sửa."
)


def may_see_rejected() -> bool:
    """Whether the reader may see what was rejected; it belongs to no unit yet."""
    return identity.may("see_rejected", whole=True)


def mask_of(mapping: str | None) -> Mask:
    """What to hide of rows that were read with a mapping.

    A batch knows its mapping by name only: where one's own has a shipped one's name, what either
    reads of owners is hidden.
    """
    if mapping is None:
        return Mask(everything=True)
    folder = data.settings().mappings_dir
    return _mask_of(mapping, str(folder), mappings.state(folder))


@st.cache_data(max_entries=128, show_spinner=False)
def _mask_of(mapping: str, folder: str, state: object) -> Mask:
    try:
        own = Mask.of(load_mapping(mapping, Path(folder)))
    except IntakeRefused:
        return Mask(everything=True)
    if mapping not in available_mappings():
        return own
    return Mask(own.columns | Mask.of(load_mapping(mapping)).columns)


def of_batch(batch: records.Row) -> None:
    """The first rejected rows of a batch, and all of them as a file."""
    number_, count = batch["batch_id"], batch["rows_rejected"]
    if not count:
        st.caption("Mọi dòng của lô này đều được nhập.")
        return
    if not may_see_rejected():
        st.caption(NOT_SEEN)
        return
    rows = records.rejected(number_)
    if rows is None:
        st.warning("Không đọc được các dòng bị từ chối; hãy tải lại trang.")
        return
    mask = mask_of(batch["mapping"])
    found = [(row["line_no"], row["column_name"], row["value"], row["reason"]) for row in rows]
    st.html(rejected_table(found, mask))
    _downloads(number_, count)
    more = f"Đang hiện {number(len(rows))} dòng đầu. " if count > len(rows) else ""
    hidden = "Giá trị của chủ hồ sơ được che trên màn hình (•••). " if mask.columns else ""
    if mask.everything:
        hidden = "Không có ánh xạ của lô này ở đây nên mọi giá trị được che (•••). "
    st.caption(
        f"{more}{hidden}Tệp tải về giữ nguyên cả dòng như nguồn đã gửi, kể cả dữ liệu cá nhân nếu "
        "có: sửa trong tệp rồi nạp lại bằng cùng ánh xạ; các cột trong ngoặc đơn tự được bỏ qua."
    )


def rejected_table(rows: list[tuple[int, str | None, str | None, str]], mask: Mask) -> str:
    """Rejected rows (line, column, value, reason) as they may be shown, as HTML."""
    shown = [
        {
            "line": line,
            "column": column,
            "value": mask.value(column, value),
            "reason": mask.reason(reason),
        }
        for line, column, value, reason in rows
    ]
    drawn = table_html(
        shown,
        (
            Column("Dòng", "line", "count"),
            Column("Cột", "column"),
            Column("Giá trị", "value"),
            Column("Lý do", "reason"),
        ),
        alt="Các dòng bị từ chối",
    )
    return f'<div class="dh-tall">{drawn}</div>'


def _downloads(batch: int, count: int) -> None:
    with st.container(horizontal=True, gap="small", key="rejected_files"):
        _download("CSV", batch, count, rejected_csv, guarded.CSV)
        if count > _XLSX_ROWS:
            st.caption("Quá nhiều dòng cho một trang XLSX; hãy tải CSV.")
        else:
            _download("XLSX", batch, count, rejected_xlsx, guarded.XLSX)


def _download(
    kind: str, batch: int, count: int, make: Callable[[Any, int], bytes], mime: str
) -> None:
    guarded.download_button(
        f"Tải {kind}",
        "see_rejected",
        f"Dòng bị từ chối, lô {batch}",
        partial(_file, batch, count, make),
        file_name=f"tu-choi-lo-{batch}.{kind.lower()}",
        mime=mime,
        key=f"rejected_{kind.lower()}",
    )


def _file(batch: int, count: int, make: Callable[[Any, int], bytes]) -> guarded.Made:
    try:
        with data.database().connect() as connection:
            return guarded.Made(make(connection, batch), {"batch": batch, "rows": count})
    except VaultLocked as locked:
        raise guarded.Unmade(str(locked)) from locked
