"""Parts of the data screen: sources and their freshness, import batches, rejected rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors import read
from connectors.intake import IntakeRefused, load_mapping
from connectors.intake.export import rejected_csv, rejected_rows, rejected_xlsx
from connectors.intake.hidden import ColumnMask as Mask
from connectors.privacy import VaultLocked
from metrics.core.vietnamese import UNKNOWN, as_of, moment, number
from metrics.dossiers.quality import freshness
from ui.kit.parts import empty, remember
from ui.shell import data, guarded, identity
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.text import safe

LISTED: Final = 50
_SHOWN_REJECTED: Final = 200
_XLSX_ROWS: Final = 1_000_000
UNSCROLLED: Final = 12
KINDS: Final = {"file": "tệp", "pull": "kéo từ nguồn", "sample": "dữ liệu minh họa"}
_COUNTS: Final = (
    ("rows_read", "đọc"),
    ("rows_inserted", "mới"),
    ("rows_changed", "thay đổi"),
    ("rows_unchanged", "không đổi"),
    ("rows_rejected", "bị từ chối"),
)


# -- the database, which may be gone -------------------------------------------------------


@dataclass(frozen=True)
class Register:
    """What the database says of its batches. ``lost``: it could not be asked."""

    batches: pl.DataFrame
    latest: pl.DataFrame
    newest: int
    kind: str | None
    lost: bool = False


def register() -> Register:
    """The batches now; an unreadable database gives an empty answer, said so by :func:`lost`."""
    settings, database = data.settings(), data.database()

    def ask() -> Register:
        return Register(
            read.import_batches(database, settings.zone, LISTED),
            read.last_batches(database, settings.zone),
            read.newest_batch(database),
            read.data_kind(database),
        )

    nothing = pl.DataFrame(schema=read.BATCH)
    return asked(ask) or Register(nothing, nothing, 0, None, lost=True)


def lost(frame: Frame) -> None:
    """Says that the database cannot be read, and what still holds."""
    until = moment(frame.facts.data_until)
    st.error(
        "**Không đọc được cơ sở dữ liệu hồ sơ** (mất kết nối, đang bị khóa, hoặc tệp không còn ở "
        f"chỗ cũ). Số liệu trên các màn hình vẫn là bản tổng hợp gần nhất, đến {until}. Tạm thời "
        "không xem được lô nhập và không nhập được tệp. Hãy kiểm tra DATABASE_URL và máy chủ cơ "
        "sở dữ liệu, rồi tải lại trang.",
        icon=":material/cloud_off:",
    )


def stale_snapshot(frame: Frame, found: Register) -> str | None:
    """A sentence when the figures on screen were not made from the database's last batch."""
    manifest = data.manifest()
    if found.lost or manifest is None or found.newest == manifest.last_batch_id:
        return None
    if found.newest < manifest.last_batch_id:
        return (
            "Cơ sở dữ liệu đang mở không phải cơ sở dữ liệu mà số liệu được tổng hợp từ đó (có ít "
            "lô nhập hơn). Hãy kiểm tra DATABASE_URL trước khi tổng hợp lại."
        )
    newer = found.newest - manifest.last_batch_id
    return (
        f"Cơ sở dữ liệu có {number(newer)} lô nhập mới hơn số liệu đang xem. "
        "Hãy tổng hợp lại để các màn hình có số liệu mới."
    )


# -- sources -------------------------------------------------------------------------------

_STATES: Final = {
    "fresh": ("dh-good", "● mới"),
    "stale": ("dh-warn", "▲ chậm"),
    "not_agreed": ("dh-muted", "○ chưa thống nhất độ mới"),
    "unknown": ("dh-muted", "○ chưa rõ số liệu đến lúc nào"),
}


def sources(frame: Frame, found: Register) -> None:
    """Each source: how fresh it is against what was agreed, and what its last batch brought."""
    known = frame.facts.sources
    st.header(f"Nguồn dữ liệu ({known.height})")
    if known.is_empty():
        empty(
            "Chưa có nguồn nào",
            "Cơ sở dữ liệu chưa nhận lô nhập nào.",
            "Nạp tệp đầu tiên ở mục “Nạp tệp”.",
        )
        return
    lags = freshness(known, frame.ask.moment, frame.facts.calendar)
    table = known.join(lags, on="source_id").join(
        found.latest.drop("source", "data_until"), on="source_id", how="left"
    )
    cards = [_source(row, lost=found.lost) for row in table.sort("name").iter_rows(named=True)]
    st.html(f'<div class="dh-sources">{"".join(cards)}</div>')
    st.caption(f"Độ mới so với thời điểm số liệu đang xem: {as_of(frame.ask.moment)}.")


def _source(row: dict[str, Any], *, lost: bool) -> str:
    style, word = _STATES[row["state"]]
    if row["state"] == "stale":
        word = f"{word} {_lag(row)}"
    elif row["state"] == "not_agreed" and row["behind_days"]:
        word = f"{word}; kém thời điểm đang xem {_lag(row)}"
    agreed = row["fresh_within_hours"]
    promise = "" if agreed is None else f" · đã thống nhất: trong {number(agreed)} giờ làm việc"
    return (
        f'<section class="dh-source-card"><h3>{safe(row["name"])}</h3>'
        f'<p><span class="dh-state {style}">{word}</span>'
        f'<span class="dh-muted">{promise}</span></p>'
        f"<p>Số liệu đến <b>{moment(row['data_until'])}</b></p>"
        f"<p>{_last(row, lost=lost)}</p>{_numbers(row)}</section>"
    )


def _lag(row: dict[str, Any]) -> str:
    """2 ngày làm việc; below one day, in hours."""
    if row["behind_days"] >= 1:
        return f"{number(row['behind_days'])} ngày làm việc"
    return f"{number(int(row['behind_hours']))} giờ làm việc"


def _last(row: dict[str, Any], *, lost: bool) -> str:
    if lost:
        return f"Lần nạp cuối: {moment(row['imported_at'])}"
    if row["batch_id"] is None:
        return "Chưa có lô nhập nào"
    file = f" “{safe(row['file_name'])}”" if row["file_name"] else ""
    return (
        f"Lần nạp cuối: lô {row['batch_id']}, {moment(row['finished_at'])}, "
        f"{KINDS.get(row['kind'], safe(row['kind']))}{file}"
    )


def _numbers(row: dict[str, Any]) -> str:
    pairs = [
        f"<div><dt>{word}</dt><dd>{number(row[name])}</dd></div>"
        for name, word in _COUNTS
        if name in row
    ]
    return f'<dl class="dh-counts">{"".join(pairs)}</dl>'


# -- batches -------------------------------------------------------------------------------


def batches(found: Register) -> None:
    """The last batches; the chosen one, kept in the URL, shows its rejected rows.

    A batch is of all units together: a reader of some units sees the sources and no batch.
    """
    if found.lost or identity.scope().units is not None:
        return
    st.header("Lô nhập gần đây")
    if found.batches.is_empty():
        empty("Chưa có lô nhập nào", "Mỗi lần nạp tệp hoặc kéo dữ liệu được ghi thành một lô.")
        return
    numbers = found.batches["batch_id"].to_list()
    chosen = _chosen(numbers)
    shown = found.batches.select(
        pl.col("batch_id").alias("Lô"),
        pl.col("finished_at").dt.strftime("%d/%m/%Y %H:%M").alias("Xong lúc"),
        pl.col("source").alias("Nguồn"),
        pl.col("kind").replace(KINDS).alias("Kiểu"),
        pl.col("file_name").alias("Tệp"),
        pl.col("rows_read").alias("Đọc"),
        pl.col("rows_inserted").alias("Mới"),
        pl.col("rows_changed").alias("Thay đổi"),
        pl.col("rows_unchanged").alias("Không đổi"),
        pl.col("rows_rejected").alias("Bị từ chối"),
        pl.col("data_until").dt.strftime("%d/%m/%Y %H:%M").alias("Số liệu đến"),
    )
    event = st.dataframe(
        shown,
        hide_index=True,
        row_height=32,
        height=min(38 + 32 * shown.height, 330),
        placeholder=UNKNOWN,
        # Another list, or another batch asked for by the address, is another table.
        key=f"batches_{numbers[0]}",
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [numbers.index(chosen)] if chosen else []}},
        column_config={
            "Lô": st.column_config.NumberColumn(width=56, format="%d"),
            "Nguồn": st.column_config.TextColumn(width=270),
            **{
                name: st.column_config.NumberColumn(format="localized", width=84)
                for name in ("Đọc", "Mới", "Thay đổi", "Không đổi", "Bị từ chối")
            },
        },
        alt=f"{LISTED} lô nhập gần nhất, mới nhất trước",
    )
    rows = event["selection"]["rows"]
    picked = numbers[rows[0]] if rows and rows[0] < len(numbers) else None
    remember("batch", None if picked is None else str(picked))
    if picked is None:
        more = " Chọn một lô để xem và tải các dòng bị từ chối." if may_see_rejected() else ""
        st.caption(f"{LISTED} lô gần nhất.{more}")
        return
    _rejected(found.batches.row(by_predicate=pl.col("batch_id") == picked, named=True))


def _chosen(numbers: list[int]) -> int | None:
    text = st.query_params.get("batch")
    if text is None:
        return None
    for number_ in numbers:
        if str(number_) == text:
            return number_
    remember("batch", None)
    st.warning(
        f"Lô nhập trong đường dẫn không có trong {LISTED} lô gần nhất.",
        icon=":material/link_off:",
    )
    return None


def open_batch(number_: int) -> None:
    """Shows a batch's rejected rows (called from buttons elsewhere on the screen)."""
    for key in [key for key in st.session_state if str(key).startswith("batches_")]:
        del st.session_state[key]  # what was chosen before would win over the URL
    st.query_params["batch"] = str(number_)


# -- rejected rows -------------------------------------------------------------------------


@st.cache_data(show_spinner=False)
def mask_of(mapping: str | None) -> Mask:
    """What to hide of rows that were read with a mapping."""
    if mapping is None:
        return Mask(everything=True)
    try:
        return Mask.of(load_mapping(mapping))
    except IntakeRefused:
        return Mask(everything=True)


def _rejected(batch: dict[str, Any]) -> None:
    number_, count = batch["batch_id"], batch["rows_rejected"]
    st.markdown(f"#### Lô {number_}: {number(count)} dòng bị từ chối")
    if not count:
        st.caption("Mọi dòng của lô này đều được nhập.")
        return
    if not may_see_rejected():
        st.caption(NOT_SEEN)
        return
    database = data.database()

    def ask() -> list[dict[str, Any]]:
        with database.connect() as connection:
            return rejected_rows(connection, number_, _SHOWN_REJECTED)

    rows = asked(ask)
    if rows is None:
        st.warning("Không đọc được các dòng bị từ chối; hãy tải lại trang.")
        return
    mask = mask_of(batch["mapping"])
    found = [(row["line_no"], row["column_name"], row["value"], row["reason"]) for row in rows]
    with st.container(height=430 if len(found) > UNSCROLLED else "content", key="rejected_rows"):
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


NOT_SEEN: Final = (
    "Dòng bị từ chối giữ nguyên nội dung nguồn đã gửi, có thể có dữ liệu cá nhân: vai trò của bạn "
    "chỉ xem số lượng; vai trò Cải cách xem, tải và sửa."
)


def may_see_rejected() -> bool:
    """Whether the reader may see what was rejected; it belongs to no unit yet."""
    return identity.may("see_rejected", whole=True)


def rejected_table(rows: list[tuple[int, str | None, str | None, str]], mask: Mask) -> str:
    """Rejected rows (line, column, value, reason) as they may be shown, as HTML."""
    body = "".join(
        f"<tr><td>{line}</td><td>{safe(column or UNKNOWN)}</td>"
        f"<td>{safe(mask.value(column, value) or UNKNOWN)}</td>"
        f"<td>{safe(mask.reason(reason))}</td></tr>"
        for line, column, value, reason in rows
    )
    return (
        '<table class="dh-days dh-rejected"><thead><tr><th>Dòng</th><th>Cột</th><th>Giá trị</th>'
        f"<th>Lý do</th></tr></thead><tbody>{body}</tbody></table>"
    )


def _downloads(batch: int, count: int) -> None:
    with st.container(horizontal=True, gap="small", key="rejected_files"):
        subject = f"Dòng bị từ chối, lô {batch}"
        guarded.download_button(
            "Tải CSV",
            "see_rejected",
            subject,
            partial(_file, batch, count, rejected_csv),
            file_name=f"tu-choi-lo-{batch}.csv",
            mime=guarded.CSV,
            key="rejected_csv",
        )
        if count > _XLSX_ROWS:
            st.caption("Quá nhiều dòng cho một trang XLSX; hãy tải CSV.")
            return
        guarded.download_button(
            "Tải XLSX",
            "see_rejected",
            subject,
            partial(_file, batch, count, rejected_xlsx),
            file_name=f"tu-choi-lo-{batch}.xlsx",
            mime=guarded.XLSX,
            key="rejected_xlsx",
        )


def _file(batch: int, count: int, make: Callable[[Any, int], bytes]) -> guarded.Made:
    try:
        with data.database().connect() as connection:
            return guarded.Made(make(connection, batch), {"batch": batch, "rows": count})
    except VaultLocked as locked:
        raise guarded.Unmade(str(locked)) from locked
