"""Parts of the screen of procedures: catalogue by level and field, dossiers, versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from metrics.procedures import (
    FLAWS,
    LEVELS,
    SOON_DAYS,
    STATES,
    FormRow,
    busiest,
    by_field,
    form_07b,
    limit_words,
)
from metrics.reported import CHECKS, Statement, period_words
from metrics.vietnamese import UNKNOWN, as_of, day, number, percent
from ui import procedures_data, register_files, writing
from ui.charts import CONFIG
from ui.frame import Frame
from ui.parts import empty, safe, source_note, twin
from ui.procedures_data import EXPIRED, FILTERS, KEYS, NO_LEVEL, SHOWN, Query
from ui.theme import NEUTRAL, SERIES

EVERY: Final = "every"
_ONLINE: Final = {"partial": "Một phần", "full": "Toàn trình", None: UNKNOWN}
_COLOURS: Final = {
    "province": SERIES,
    "district": NEUTRAL,
    "commune": "#a67c2d",
    None: "#c9ced3",
}
_MOST: Final = 15
_SENSITIVE: Final = "(tên thủ tục được che)"


@dataclass(frozen=True)
class Screen:
    """What the page shows: the catalogue on the day of the figures, and the view's dossiers."""

    frame: Frame
    query: Query
    table: pl.DataFrame
    volumes: pl.DataFrame
    reported: Statement | None

    @property
    def is_empty(self) -> bool:
        return self.table.is_empty()

    @cached_property
    def form(self) -> FormRow:
        return form_07b(self.table)

    @cached_property
    def expired_ids(self) -> frozenset[int]:
        """Versions under which dossiers were received while they were not in force."""
        found = self.volumes.filter(pl.col("expired") > 0)["procedure_id"].drop_nulls()
        return frozenset(found.to_list())

    @property
    def expired(self) -> int:
        return int(self.volumes["expired"].sum())

    @property
    def received(self) -> int:
        return int(self.volumes["received"].sum())

    def name(self, row: Mapping[str, Any]) -> str:
        """A procedure's name; one that tells of the applicant only to those who may see it."""
        hidden = row["is_sensitive"] and not self.frame.may("see_sensitive_titles")
        return _SENSITIVE if hidden else str(row["name"])

    def field(self, number_: int | None) -> str:
        if number_ is None:
            return "Chưa rõ lĩnh vực"
        return self.frame.field_names.get(number_, UNKNOWN)


def read(frame: Frame) -> Screen:
    """The screen of the view and the URL; what in the URL means nothing is named."""
    table = procedures_data.catalogue(frame)
    params = {name: st.query_params[name] for name in KEYS if name in st.query_params}
    fields = set(table["field_id"].drop_nulls())
    query, problems = procedures_data.read_query(params, fields, set(table["code"]))
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")
    return Screen(
        frame, query, table, procedures_data.volumes(frame), procedures_data.reported(frame)
    )


def go_to(screen: Screen, **changes: Any) -> None:
    """Puts another query into the URL (called from widgets)."""
    wanted = replace(screen.query, **changes).params()
    for name in KEYS:
        if name in wanted:
            st.query_params[name] = wanted[name]
        elif name in st.query_params:
            del st.query_params[name]


def heading(screen: Screen) -> None:
    """The title; the catalogue is of a day, the dossiers of the view's period."""
    frame = screen.frame
    whose = frame.unit_names[frame.view.unit] if frame.view.unit else "Tất cả đơn vị"
    st.title(f"Thủ tục hành chính · {whose}")
    st.caption(
        f"Danh mục có hiệu lực ngày {day(frame.ask.as_of_day)} (chung cho mọi đơn vị); hồ sơ của "
        f"{frame.view.period.label[0].lower()}{frame.view.period.label[1:]} trong phạm vi đang xem."
    )


def nothing() -> None:
    """There is no catalogue."""
    empty(
        "Chưa có danh mục thủ tục",
        "Chưa nạp thủ tục nào nên chưa biết thời hạn, cấp giải quyết và hiệu lực.",
        "Nạp tệp “Danh mục thủ tục hành chính” ở mục “Nhập liệu” dưới đây, hoặc trang thủ tục "
        "trong tệp hồ sơ ở màn hình Dữ liệu.",
    )


# -- headline -----------------------------------------------------------------------------


def headline(screen: Screen) -> None:
    """In force by level, against the reported row, expired versions, flaws."""
    cards = [
        ("total", "Thủ tục đang có hiệu lực", *_total_card(screen.form), None),
        ("form", "Báo cáo biểu II.07b", *_form_card(screen), None),
        ("expired", "Tiếp nhận theo bản hết hiệu lực", *_expired_card(screen), EXPIRED),
        ("no_limit", "Không có thời hạn giải quyết", *_flaw_card(screen, "no_limit"), "no_limit"),
        ("other", "Cần rà soát khác", *_other_card(screen), None),
    ]
    for column, (key, label, value, words, state) in zip(
        st.columns(5, gap="small"), cards, strict=True
    ):
        with column, st.container(key=f"card_procedures_{key}"):
            st.html(
                f'<div class="dh-label">{label}</div><div class="dh-value">{value}</div>'
                f'<div class="dh-change">{words}</div>'
            )
            with st.popover("ⓘ Cách tính", type="tertiary", key=f"explain_procedures_{key}"):
                st.markdown(_EXPLAINED[key])
            if state is not None:
                same = screen.query.state == state
                st.button(
                    "Bỏ lọc" if same else "Xem",
                    key=f"procedures_state_{state}",
                    type="tertiary",
                    on_click=go_to,
                    args=(screen,),
                    kwargs={"state": None if same else state},
                )


_EXPLAINED: Final = {
    "total": (
        "**Thủ tục đang có hiệu lực**: mã thủ tục có một phiên bản có hiệu lực vào ngày số liệu; "
        "hai phiên bản cùng hiệu lực chỉ đếm một. Biểu II.07b/VPCP/KSTT: (3) = (4) + (5) + (6)."
    ),
    "form": (
        "**Số đã báo cáo** ở sổ “Chỉ tiêu báo cáo” (chỉ tiêu *Thủ tục hành chính thuộc thẩm quyền "
        "giải quyết*), kèm kiểm tra tổng theo cấp. Danh mục trong phần mềm có thể khác ngày và "
        "chưa đủ."
    ),
    "expired": (
        "**Tử số**: hồ sơ tiếp nhận trong kỳ theo phiên bản không có hiệu lực vào ngày tiếp nhận. "
        "**Mẫu số**: hồ sơ tiếp nhận trong kỳ. Phiên bản không có ngày hiệu lực được coi là không "
        "giới hạn."
    ),
    "no_limit": (
        "**Không có thời hạn**: phiên bản đang có hiệu lực mà danh mục không ghi thời hạn giải "
        "quyết, nên không tính được hẹn trả khi hồ sơ thiếu ngày hẹn."
    ),
    "other": (
        "Phiên bản đang có hiệu lực mà trùng hiệu lực với phiên bản khác của cùng thủ tục, chưa rõ "
        f"cấp, chưa rõ lĩnh vực, hoặc hết hiệu lực trong {SOON_DAYS} ngày tới mà chưa có phiên bản "
        "sau."
    ),
}


def _total_card(form: FormRow) -> tuple[str, str]:
    words = f"= {number(form.province)} tỉnh + {number(form.district)} huyện + "
    words += f"{number(form.commune)} xã"
    if form.unknown:
        words += f' <span class="dh-warn">▲ + {number(form.unknown)} chưa rõ cấp</span>'
    return number(form.total), words


def _form_card(screen: Screen) -> tuple[str, str]:
    found = screen.reported
    if found is None:
        return '<span class="dh-none dh-muted">chưa có</span>', "chưa đơn vị nào nhập"
    whose = screen.frame.unit_names.get(found.unit_id, "")
    words = [safe(found.arithmetic)] if found.arithmetic else []
    if found.check == "off":
        words.append(f'<span class="dh-bad">◆ {CHECKS["off"]}</span>')
    elif found.check == "adds_up":
        words.append(f'<span class="dh-good">● {CHECKS["adds_up"]}</span>')
    words.append(f'<span class="dh-muted">{safe(whose)}, {period_words(found.first)}</span>')
    return number(found.value), "<br>".join(words)


def _expired_card(screen: Screen) -> tuple[str, str]:
    count, of = screen.expired, screen.received
    if not of:
        return '<span class="dh-none dh-muted">–</span>', "không có hồ sơ tiếp nhận trong kỳ"
    mark = '<span class="dh-bad">◆</span> ' if count else '<span class="dh-good">●</span> '
    share = percent(count / of, 2) if count else "không có"
    return f"{mark}{number(count)}", f"{share} của {number(of)} hồ sơ tiếp nhận"


def _flaw_card(screen: Screen, flaw: str) -> tuple[str, str]:
    among = screen.table.filter(flaw)
    used = screen.volumes.filter(pl.col("procedure_id").is_in(among["procedure_id"].to_list()))
    mark = '<span class="dh-warn">▲</span> ' if among.height else '<span class="dh-good">●</span> '
    dossiers = int(used["received"].sum())
    words = f"{number(dossiers)} hồ sơ tiếp nhận trong kỳ" if among.height else "không có"
    return f"{mark}{number(among.height)}", words


def _other_card(screen: Screen) -> tuple[str, str]:
    counts = {flaw: screen.table.filter(flaw).height for flaw in FLAWS if flaw != "no_limit"}
    every = sum(counts.values())
    said = "; ".join(f"{number(count)} {FLAWS[flaw]}" for flaw, count in counts.items() if count)
    mark = '<span class="dh-warn">▲</span> ' if every else '<span class="dh-good">●</span> '
    return f"{mark}{number(every)}", said or "không có"


# -- charts -------------------------------------------------------------------------------


def charts(screen: Screen) -> None:
    """Procedures in force by field and level; the busiest beside."""
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _fields(screen)
    with right:
        _busiest(screen)


def _fields(screen: Screen) -> None:
    st.subheader("Theo lĩnh vực và cấp")
    counted = by_field(screen.table)
    if counted.is_empty():
        empty("Không có thủ tục nào đang có hiệu lực", "Ngày đang xem không có thủ tục hiệu lực.")
        return
    order = list(dict.fromkeys(counted["field_id"]))
    shown = order[:_MOST]
    st.plotly_chart(
        field_chart(counted, shown, {key: screen.field(key) for key in order}),
        config=CONFIG,
        key="procedures_fields",
        alt=f"Thủ tục đang có hiệu lực theo {number(len(order))} lĩnh vực và cấp",
    )
    if len(order) > len(shown):
        st.caption(f"{number(len(shown))} lĩnh vực nhiều thủ tục nhất trong {number(len(order))}.")
    wide = pl.DataFrame(
        [
            {"Lĩnh vực": screen.field(key)}
            | {
                LEVELS[level]: int(
                    counted.filter(
                        pl.col("field_id").eq_missing(pl.lit(key, pl.Int32)),
                        pl.col("level").eq_missing(pl.lit(level, pl.String)),
                    )["count"].sum()
                )
                for level in LEVELS
            }
            for key in order
        ]
    )
    twin("thủ tục theo lĩnh vực và cấp", wide, alt="Bảng thủ tục theo lĩnh vực và cấp")


def field_chart(
    counted: pl.DataFrame, shown: list[int | None], names: Mapping[int | None, str]
) -> go.Figure:
    """Stacked bars from zero, a field each, the fullest on top; levels by colour and name."""
    figure = go.Figure()
    labels = [_short(names[key]) for key in shown][::-1]
    for level, word in LEVELS.items():
        of = dict(
            counted.filter(pl.col("level").eq_missing(pl.lit(level, pl.String)))
            .select("field_id", "count")
            .iter_rows()
        )
        values = [of.get(key, 0) for key in shown][::-1]
        if any(values):
            figure.add_trace(
                go.Bar(
                    y=labels, x=values, orientation="h", name=word,
                    marker={"color": _COLOURS[level]},
                    hovertemplate=f"%{{y}}, {word.lower()}: %{{x}} thủ tục<extra></extra>",
                )
            )  # fmt: skip
    figure.update_layout(
        height=70 + 26 * len(shown), barmode="stack", dragmode=False, separators=",.",
        margin={"l": 8, "r": 8, "t": 8, "b": 8}, font={"size": 14},
        hoverlabel={"font": {"size": 14}},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0,
                "itemclick": False, "itemdoubleclick": False, "traceorder": "normal"},
        xaxis={"fixedrange": True, "rangemode": "tozero"},
        yaxis={"fixedrange": True, "automargin": True, "tickfont": {"size": 14}},
    )  # fmt: skip
    return figure


def _short(name: str, most: int = 30) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def _busiest(screen: Screen) -> None:
    frame = screen.frame
    st.subheader("Thủ tục phát sinh nhiều hồ sơ")
    table = busiest(screen.table, screen.volumes)
    unknown = int(screen.volumes.filter(pl.col("procedure_id").is_null())["received"].sum())
    if table.is_empty():
        empty(
            "Không có hồ sơ nào trong kỳ",
            "Phạm vi đang xem không có hồ sơ của thủ tục nào trong kỳ này.",
            "Hãy chọn kỳ khác hoặc đơn vị khác ở thanh trên.",
        )
        return
    rows = list(table.iter_rows(named=True))
    shown = pl.DataFrame(
        {
            "Thủ tục": [f"{row['code']} {screen.name(row)}" for row in rows],
            "Nhận": table["received"],
            "Xong": table["resolved"],
            "Đúng hạn": table["rate"],
            "Trễ": table["resolved_late"],
            "Quá hạn": table["pending_overdue"],
            "Hết HL": table["expired"],
            "Thời hạn": [limit_words(row["limit_value"], row["limit_unit"]) for row in rows],
        }
    )
    as_ = st.column_config
    event = st.dataframe(
        shown,
        hide_index=True,
        row_height=32,
        height=min(38 + 32 * table.height, 470),
        placeholder=UNKNOWN,
        key=f"procedures_busiest_{frame.view.period.token}_{frame.view.unit}",
        on_select="rerun",
        selection_mode="single-cell",
        column_config={
            "Thủ tục": as_.TextColumn(width=290, pinned=True),
            "Nhận": as_.NumberColumn(width=50, format="localized", help="Tiếp nhận trong kỳ"),
            "Xong": as_.NumberColumn(width=50, format="localized", help="Đã giải quyết trong kỳ"),
            "Đúng hạn": as_.NumberColumn(
                width=70, format="percent", help="Theo định nghĩa đúng hạn đang chọn"
            ),
            "Trễ": as_.NumberColumn(width=42, help="Giải quyết quá hạn trong kỳ"),
            "Quá hạn": as_.NumberColumn(width=62, help="Đang giải quyết, đã quá hạn"),
            "Hết HL": as_.NumberColumn(
                width=54, help="Tiếp nhận theo phiên bản không còn hiệu lực"
            ),
            "Thời hạn": as_.TextColumn(width=130),
        },
        alt="Thủ tục, nhiều hồ sơ tiếp nhận nhất ở trên",
    )
    more = f" {number(unknown)} hồ sơ tiếp nhận chưa rõ thủ tục." if unknown else ""
    st.caption(f"Mọi phiên bản của một thủ tục tính chung. Bấm tên để xem phiên bản, bấm số để mở "
               f"hồ sơ.{more}")  # fmt: skip
    cells = event["selection"]["cells"]
    if cells and cells[0][0] < table.height:
        _open_cell(screen, rows[cells[0][0]], cells[0][1])


_OPENS: Final = {
    "Nhận": "received",
    "Xong": "resolved",
    "Đúng hạn": "on_time",
    "Trễ": "resolved_late",
    "Quá hạn": "pending_overdue",
}


def _open_cell(screen: Screen, row: Mapping[str, Any], column: str) -> None:
    """Opens what a clicked cell stands for: the dossiers of its number, or the procedure."""
    if column in _OPENS:
        ids = ",".join(str(each) for each in row["procedure_ids"])
        params = screen.frame.params(figure=_OPENS[column], procedure=ids)
        st.switch_page(screen.frame.pages["late"], query_params=params)
    if screen.query.code != row["code"]:
        go_to(screen, code=row["code"])
        st.rerun()


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
                "Mã": row["code"],
                "Bản": f"{row['version']}/{row['versions']}" if row["versions"] > 1 else "1",
                "Thủ tục": screen.name(row),
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
    if picked and picked[0] < table.height and rows[picked[0]]["code"] != screen.query.code:
        go_to(screen, code=rows[picked[0]]["code"])
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
        head = f"<p><b>{safe(last['code'])} {safe(screen.name(last))}</b> · "
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
    if not frame.may("open_dossier") or (count < 5 and not frame.may("open_small_groups")):
        st.caption("Tài khoản của bạn chỉ xem số lượng, không mở danh sách hồ sơ.")
        return
    names = {row["procedure_id"]: f"{row['code']} {screen.name(row)} (bản {row['version']})"
             for row in screen.table.iter_rows(named=True)}  # fmt: skip
    st.dataframe(
        table.select(
            pl.col("code").alias("Mã hồ sơ"),
            _named("unit_id", frame.unit_names, "Chưa rõ đơn vị").alias("Đơn vị giải quyết"),
            _named("procedure_id", names, "Chưa rõ thủ tục").alias("Thủ tục"),
            *(
                pl.col(name).dt.strftime("%d/%m/%Y %H:%M").alias(label)
                for name, label in (
                    ("received_at", "Tiếp nhận"),
                    ("due_at", "Hẹn trả"),
                    ("ended_at", "Kết thúc"),
                )
            ),
        ),
        hide_index=True,
        row_height=32,
        height=min(38 + 32 * table.height, 330),
        placeholder=UNKNOWN,
        column_config={
            "Mã hồ sơ": st.column_config.TextColumn(width=230),
            "Đơn vị giải quyết": st.column_config.TextColumn(width=240),
            "Thủ tục": st.column_config.TextColumn(width=420),
        },
        alt="Hồ sơ tiếp nhận theo phiên bản thủ tục hết hiệu lực",
    )
    if count > table.height:
        st.caption(f"{number(SHOWN)} hồ sơ tiếp nhận gần nhất trong {number(count)}.")


def _named(column: str, names: Mapping[int, str], unknown: str) -> pl.Expr:
    return pl.col(column).replace_strict(names, default=unknown, return_dtype=pl.String)


# -- entry and footer ---------------------------------------------------------------------


def entry(frame: Frame) -> None:
    """Files of the catalogue; for those who may."""
    if not writing.may_edit():
        return
    st.subheader("Nhập liệu")
    with st.expander("Nhập từ tệp", icon=":material/upload_file:"):
        st.caption(
            "Đổi thời hạn thì thêm phiên bản mới kèm ngày hiệu lực, không sửa phiên bản cũ: hồ sơ "
            "giữ phiên bản lúc tiếp nhận."
        )
        register_files.draw(frame, ("procedure", "field"))


def footer(screen: Screen) -> None:
    """As of when, and from where."""
    st.html(
        f'<span class="dh-source">Số liệu đến {as_of(screen.frame.ask.moment)}.</span> '
        f"{source_note(screen.frame)}"
    )
