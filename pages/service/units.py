"""Units side by side, and surveys by units themselves, on the screen of service quality."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import polars as pl
import streamlit as st

from metrics.core.vietnamese import UNKNOWN, number, percent
from pages.service import data as service_data
from pages.service.screen import Screen, names_of
from ui.kit.parts import empty, twin
from ui.shell.text import safe

# -- units --------------------------------------------------------------------------------


def units(screen: Screen) -> None:
    """The units below side by side, the least share of the known points first."""
    found = service_data.units(screen.frame, screen.month)
    if not found:
        return
    table = service_data.table(screen.frame, found)
    if table.is_empty():
        return
    st.header(f"Đơn vị ({number(table.height)}), {screen.label}")
    parts = [name for name in table.columns if name.startswith("p_")]
    shown = table.select(
        pl.col("name").alias("Đơn vị"),
        pl.col("share").alias("Đạt"),
        pl.Series(
            "Điểm",
            [f"{number(p, 1)}/{number(of)}" for p, of in table.select("points", "of").iter_rows()],
            pl.String,
        ),
        pl.Series(
            "Đã biết",
            [f"{known}/{count}" for known, count in table.select("known", "count").iter_rows()],
            pl.String,
        ),
        pl.col("portal").cast(pl.Float64).round(2).alias("Cổng"),
        pl.col("received").cast(pl.Int64).alias("Hồ sơ"),
        *(pl.col(name).cast(pl.Float64).round(2).alias(name.removeprefix("p_")) for name in parts),
    )
    as_ = st.column_config
    names = names_of(screen)
    event = st.dataframe(
        shown,
        hide_index=True,
        row_height=32,
        height=min(38 + 32 * table.height, 390),
        placeholder=UNKNOWN,
        key=f"service_units_{screen.month:%Y%m}",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Đơn vị": as_.TextColumn(width=230, pinned=True),
            "Đạt": as_.NumberColumn(
                format="percent", width=70, help="Điểm trên tối đa của thành phần đã biết"
            ),
            "Điểm": as_.TextColumn(width=84, help="Điểm trên tối đa của thành phần đã biết"),
            "Đã biết": as_.TextColumn(width=70, help="Thành phần đã biết"),
            "Hồ sơ": as_.NumberColumn(
                width=64, format="localized", help="Hồ sơ tiếp nhận trong tháng"
            ),
            "Cổng": as_.NumberColumn(width=64, format="localized", help="Tổng điểm đã nhập"),
            **{
                name.removeprefix("p_"): as_.NumberColumn(
                    width=64, format="localized", help=names[name.removeprefix("p_")]
                )
                for name in parts
            },
        },
        alt="Đơn vị với điểm đã biết, thấp nhất xếp trước",
    )
    st.caption(
        "Tỷ lệ thấp nhất xếp trước; chỉ nên so các đơn vị cùng cấp, cùng số thành phần đã biết, "
        "đủ hồ sơ. "
        "Điểm cấp xã gồm điểm tối đa của thành phần không áp dụng. Bấm một dòng để xem đơn vị."
    )
    picked = event["selection"]["rows"]
    if picked and picked[0] < table.height:
        view = replace(screen.frame.view, unit=table["unit_id"][picked[0]])
        more = screen.query.params() | {"month": f"{screen.month:%Y-%m}"}
        st.switch_page(
            screen.frame.pages["service"], query_params=view.params(screen.frame.default) | more
        )


# -- surveys ------------------------------------------------------------------------------


_SURVEYS: Final = 12
"""So many surveys line by line; all of them stand in the table."""


def surveys(screen: Screen) -> None:
    """Surveys by units themselves: how many answered, and only where told how many were content."""
    frame = screen.frame
    st.header("Khảo sát của đơn vị (QR, máy chấm điểm, phiếu)")
    st.caption(
        "Số lượt trả lời không phải là tỷ lệ hài lòng. Khảo sát của đơn vị không phải SIPAS, cũng "
        "không phải “hài lòng” của Quyết định 766; ba số không cộng, không so với nhau."
    )
    version = frame.looking_at(*service_data.REGISTERS)
    table = service_data.surveys(version, frame.units_in_view, frame.ask.moment)
    if table.is_empty():
        empty(
            "Chưa có khảo sát nào đến thời điểm đang xem",
            "Chưa đơn vị nào trong phạm vi nhập kết quả khảo sát.",
            "Nạp tệp khảo sát ở mục “Nhập liệu” dưới đây, hoặc bộ ví dụ: "
            "`.venv/bin/python -m connectors register examples`.",
        )
        return
    rows = list(table.iter_rows(named=True))
    names = frame.unit_names
    st.html("".join(_survey(row, names.get(row["unit_id"], UNKNOWN)) for row in rows[:_SURVEYS]))
    if len(rows) > _SURVEYS:
        st.caption(f"{number(_SURVEYS)} khảo sát mới nhất trong {number(len(rows))}.")
    twin(
        f"{number(len(rows))} khảo sát",
        pl.DataFrame(
            [
                {
                    "Đơn vị": names.get(row["unit_id"], UNKNOWN),
                    "Phạm vi": _COVERAGE.get(row["coverage"], ""),
                    "Khảo sát": row["name"],
                    "Kênh": row["channel"],
                    "Đến ngày": f"{row['as_of']:%d/%m/%Y}",
                    "Lượt trả lời": row["responses"],
                    "Lượt hài lòng": row["satisfied"],
                    "Tỷ lệ": row["rate"],
                    "Nguồn": row["source"],
                }
                for row in rows
            ],
            infer_schema_length=None,
        ),
        placeholder=UNKNOWN,
        column_config={"Tỷ lệ": st.column_config.NumberColumn(format="percent")},
        alt="Bảng khảo sát của đơn vị",
    )


_COVERAGE: Final = {"own": "của chính đơn vị", "communes": "của các xã, phường trực thuộc"}


def _survey(row: dict[str, Any], whose: str) -> str:
    if row["responses"] is None:
        count = '<b class="dh-muted">chưa rõ</b> lượt trả lời'
    else:
        count = f"<b>{number(row['responses'])}</b> lượt trả lời"
    if row["rate"] is not None:
        content = f"hài lòng {percent(row['rate'])} ({number(row['satisfied'])} lượt)"
    else:
        content = "số hài lòng: chưa rõ"
    beside = ""
    if row["per_dossier"] is not None:
        beside = (
            f"<br>Bằng {percent(row['per_dossier'])} của {number(row['reported_resolved'])} hồ sơ "
            "đơn vị báo cáo đã giải quyết (hai kỳ có thể khác nhau)"
        )
    channel = f" · {safe(row['channel'])}" if row["channel"] else ""
    counts = f" · số đếm lần thứ {row['counts']}" if row["counts"] > 1 else ""
    return (
        f'<div class="dh-survey"><div>{count}<br><span class="dh-muted">{content}</span></div>'
        f'<div><b>{safe(row["name"])}</b><br><span class="dh-muted">{safe(whose)} '
        f"({_COVERAGE.get(row['coverage'], '')}){channel} · đến {row['as_of']:%d/%m/%Y}{counts}"
        f"{beside}<br>Nguồn: {safe(row['source'])}</span></div></div>"
    )
