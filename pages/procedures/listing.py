"""The catalogue of procedures as a list: filters, versions, dossiers under expired ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl
import streamlit as st

from metrics.core.vietnamese import UNKNOWN, day, number, percent
from metrics.dossiers.procedures import FLAWS, LEVELS, STATES, limit_words
from pages.procedures import data as procedures_data
from pages.procedures.data import EXPIRED, FILTERS, NO_LEVEL, SHOWN
from pages.procedures.screen import Screen, code, go_to, name
from ui.kit.parts import dossier_table, empty
from ui.shell.text import safe

EVERY: Final = "every"
_ONLINE: Final = {"partial": "Một phần", "full": "Toàn trình", None: UNKNOWN}


# -- the catalogue ------------------------------------------------------------------------


def catalogue(screen: Screen) -> None:
    """Every version with level, field, limit and validity, cut by the filters."""
    st.subheader("Danh mục và phiên bản")
    _filters(screen)
    table = procedures_data.matches(screen.table, screen.query, screen.expired_ids)
    if table.is_empty():
        empty("Không có thủ tục khớp với bộ lọc", "Hãy bỏ bớt điều kiện lọc ở trên.")
        return
    rows = list(table.iter_rows(named=True))
    shown = pl.DataFrame(
        [
            {
                "Mã": code(row),
                "Bản": f"{row['version']}/{row['versions']}" if row["versions"] > 1 else "1",
                "Thủ tục": name(row),
                "Lĩnh vực": screen.field(row["field_id"]),
                "Cấp": LEVELS[row["level"]],
                "Thời hạn": limit_words(row["limit_value"], row["limit_unit"]),
                "Trực tuyến": _ONLINE.get(row["online_level"], row["online_level"]),
                "Từ": day(row["valid_from"]) if row["valid_from"] else UNKNOWN,
                "Đến": day(row["valid_to"]) if row["valid_to"] else UNKNOWN,
                "Hiệu lực": STATES[row["state"]],
                "Lưu ý": "; ".join(words for flaw, words in FLAWS.items() if row[flaw]),
            }
            for row in rows
        ]
    )
    event = st.dataframe(
        shown,
        hide_index=True,
        row_height=32,
        height=min(38 + 32 * table.height, 420),
        key="procedures_table",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Mã": st.column_config.TextColumn(width=90, pinned=True),
            "Bản": st.column_config.TextColumn(width=50, help="Phiên bản / số phiên bản"),
            "Thủ tục": st.column_config.TextColumn(width=380),
            "Lĩnh vực": st.column_config.TextColumn(width=150),
            "Lưu ý": st.column_config.TextColumn(width=260),
        },
        alt="Danh mục thủ tục với phiên bản và hiệu lực",
    )
    st.caption(
        f"{number(table.height)} phiên bản trong {number(screen.table.height)}. Bấm một dòng để "
        "xem các phiên bản và hồ sơ của thủ tục."
    )
    picked = event["selection"]["rows"]
    if picked and picked[0] < table.height:
        row = rows[picked[0]]
        if row["code"] != screen.query.code and not row["is_covered"]:
            go_to(screen, code=row["code"])
            st.rerun()


def _filters(screen: Screen) -> None:
    fields = {
        key: screen.field(key)
        for key in sorted(set(screen.table["field_id"].drop_nulls()), key=screen.field)
    }
    levels = {level or NO_LEVEL: word for level, word in LEVELS.items()}
    columns = st.columns([1, 2, 2, 2])
    with columns[0]:
        _filter(screen, "level", "Cấp", levels, "Mọi cấp")
    with columns[1]:
        _filter(screen, "pfield", "Lĩnh vực", fields, "Mọi lĩnh vực")
    with columns[2]:
        _filter(screen, "state", "Hiệu lực, lưu ý", FILTERS, "Tất cả")
    with columns[3]:
        st.session_state["procedures_q"] = screen.query.q

        def changed() -> None:
            go_to(screen, q=st.session_state["procedures_q"].strip())

        st.text_input("Tìm mã, tên thủ tục", key="procedures_q", on_change=changed, max_chars=64)


def _filter(screen: Screen, key: str, label: str, names: Mapping[Any, str], every: str) -> None:
    widget = f"procedures_{key}"
    words = {EVERY: every, **names}
    # Not None: Streamlit takes that for "nothing chosen" and shows its own English words.
    st.session_state[widget] = getattr(screen.query, key) or EVERY

    def changed() -> None:
        picked = st.session_state[widget]
        go_to(screen, **{key: None if picked == EVERY else picked})

    st.selectbox(label, list(words), format_func=words.__getitem__, key=widget, on_change=changed)


# -- one procedure, and dossiers under expired versions -----------------------------------


def panel(screen: Screen) -> None:
    """The versions of the procedure that is open, and its dossiers of the period."""
    if screen.query.code is None:
        return
    versions = screen.table.filter(pl.col("code") == screen.query.code)
    counted = {row["procedure_id"]: row for row in screen.volumes.iter_rows(named=True)}
    with st.container(border=True, key="procedures_panel"):
        last = versions.row(-1, named=True)
        head = f"<p><b>{safe(code(last))} {safe(name(last))}</b> · "
        head += f"{safe(screen.field(last['field_id']))}</p>"
        lines = "".join(
            _version(row, counted.get(row["procedure_id"], {}))
            for row in versions.iter_rows(named=True)
        )
        st.html(f'{head}<div class="dh-scroll"><table class="dh-table dh-versions">{_HEAD}{lines}'
                "</table></div>")  # fmt: skip
        ids = ",".join(str(each) for each in versions["procedure_id"])
        with st.container(horizontal=True, gap="medium"):
            for label, key in (
                ("Hồ sơ tiếp nhận", "received"),
                ("Hồ sơ làm giảm tỷ lệ đúng hạn", "not_on_time"),
                ("Hồ sơ quá hạn đang tồn", "pending_overdue"),
            ):
                st.page_link(
                    screen.frame.pages["late"],
                    label=label,
                    query_params=screen.frame.params(figure=key, procedure=ids),
                    width="content",
                )
            st.button(
                "Đóng", key="procedures_close", type="tertiary", on_click=go_to, args=(screen,),
                kwargs={"code": None},
            )  # fmt: skip


_HEAD: Final = (
    "<tr><th>Phiên bản</th><th>Hiệu lực</th><th>Cấp</th><th>Thời hạn</th><th>Tiếp nhận</th>"
    "<th>Đúng hạn</th><th>Theo bản hết hiệu lực</th></tr>"
)


def _version(row: Mapping[str, Any], counted: Mapping[str, Any]) -> str:
    first = day(row["valid_from"]) if row["valid_from"] else "không giới hạn"
    last = day(row["valid_to"]) if row["valid_to"] else "nay"
    judged = counted.get("judged") or 0
    rate = percent(counted["on_time"] / judged) if judged else UNKNOWN
    expired = counted.get("expired") or 0
    mark = f'<span class="dh-bad">◆ {number(expired)}</span>' if expired else "0"
    return (
        f"<tr><th>bản {row['version']} ({STATES[row['state']]})</th><td>{first} – {last}</td>"
        f"<td>{LEVELS[row['level']]}</td>"
        f"<td>{limit_words(row['limit_value'], row['limit_unit'])}</td>"
        f"<td>{number(counted.get('received') or 0)}</td><td>{rate}</td><td>{mark}</td></tr>"
    )


def expired(screen: Screen) -> None:
    """The dossiers received under a version that was not in force, of all or of one procedure."""
    if screen.query.state != EXPIRED and screen.query.code is None:
        return
    ids = None
    if screen.query.code is not None:
        versions = screen.table.filter(pl.col("code") == screen.query.code)
        ids = frozenset(versions["procedure_id"].to_list())
    count, table = procedures_data.expired(screen.frame, ids)
    if not count:
        return
    st.subheader(f"Hồ sơ tiếp nhận theo phiên bản hết hiệu lực: {number(count)}")
    frame = screen.frame
    if not frame.may("open_dossier") or frame.is_small(count):
        st.caption("Tài khoản của bạn chỉ xem số lượng, không mở danh sách hồ sơ.")
        return
    names = {row["procedure_id"]: f"{code(row)} {name(row)} (bản {row['version']})"
             for row in screen.table.iter_rows(named=True)}  # fmt: skip
    dossier_table(
        table, frame.unit_names, names, "Hồ sơ tiếp nhận theo phiên bản thủ tục hết hiệu lực"
    )
    if count > table.height:
        st.caption(f"{number(SHOWN)} hồ sơ tiếp nhận gần nhất trong {number(count)}.")
