"""Parts of the screen of procedures: catalogue by level and field, dossiers, versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from metrics.core.names import COVERED
from metrics.core.report_forms import told
from metrics.core.vietnamese import UNKNOWN, as_of, day, number, percent
from metrics.dossiers.procedures import (
    FLAWS,
    LEVELS,
    SOON_DAYS,
    FormRow,
    busiest,
    by_field,
    form_07b,
    limit_words,
)
from metrics.reported.statements import CHECKS, Statement, period_words
from pages.procedures import data as procedures_data
from pages.procedures.data import EXPIRED, KEYS, Query
from ui.kit import register_files, writing
from ui.kit.charts import CONFIG
from ui.kit.parts import empty, how, put_query, source_note, twin
from ui.shell import identity
from ui.shell.context import Frame
from ui.shell.text import chart, plain, safe
from ui.shell.theme import NEUTRAL, SERIES

EVERY: Final = "every"
_ONLINE: Final = {"partial": "Một phần", "full": "Toàn trình", None: UNKNOWN}
_COLOURS: Final = {
    "province": SERIES,
    "district": NEUTRAL,
    "commune": "#a67c2d",
    None: "#c9ced3",
}
_MOST: Final = 15


def _is_covered(row: Mapping[str, Any]) -> bool:
    return bool(row["is_sensitive"]) and not identity.may("see_sensitive_titles")


def name(row: Mapping[str, Any]) -> str:
    """A procedure's name; one that tells of the applicant is covered for those who may not see."""
    return COVERED if _is_covered(row) else str(row["name"])


def code(row: Mapping[str, Any]) -> str:
    """A procedure's code, covered as its name."""
    return "••••" if _is_covered(row) else str(row["code"])


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

    def field(self, number_: int | None) -> str:
        if number_ is None:
            return "Chưa rõ lĩnh vực"
        return self.frame.field_names.get(number_, UNKNOWN)


def read(frame: Frame) -> Screen:
    """The screen of the view and the URL; what in the URL means nothing is named."""
    table = procedures_data.catalogue(frame)
    params = {name: st.query_params[name] for name in KEYS if name in st.query_params}
    fields = set(table["field_id"].drop_nulls())
    codes = set(table.filter(~pl.col("is_covered"))["code"])
    query, problems = procedures_data.read_query(params, fields, codes)
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")
    return Screen(
        frame, query, table, procedures_data.volumes(frame), procedures_data.reported(frame)
    )


def go_to(screen: Screen, **changes: Any) -> None:
    """Puts another query into the URL (called from widgets)."""
    put_query(KEYS, replace(screen.query, **changes).params())


def heading(screen: Screen) -> None:
    """The title; the catalogue is of a day, the dossiers of the view's period."""
    frame = screen.frame
    st.title(f"Thủ tục hành chính · {plain(frame.whose)}")
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
            with how(f"procedures_{key}"):
                st.markdown(told(_EXPLAINED[key], screen.frame.ask.last_day))
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
        "hai phiên bản cùng hiệu lực chỉ đếm một. Theo {II.07b}: (3) = (4) + (5) + (6)."
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
    labels = [chart(_short(names[key])) for key in shown][::-1]
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
            "Thủ tục": [f"{code(row)} {name(row)}" for row in rows],
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
    if screen.query.code != row["code"] and not _is_covered(row):
        go_to(screen, code=row["code"])
        st.rerun()


# -- entry and footer ---------------------------------------------------------------------


def entry(frame: Frame) -> None:
    """Files of the catalogue; it is everybody's, so only for those who may edit all units'."""
    if not frame.may(writing.EDIT, whole=True):
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
