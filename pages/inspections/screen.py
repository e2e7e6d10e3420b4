"""Parts of the screen of inspections: headline, coverage, visits, findings, one finding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from zlib import crc32

import polars as pl
import streamlit as st

from metrics.core.ask import Ask
from metrics.core.vietnamese import UNKNOWN, as_of, day, number, percent
from metrics.inspections.figures import INSPECTION_FIGURE
from metrics.inspections.review import (
    COVERED_KINDS,
    KINDS,
    STATES,
    Coverage,
    InspectionReview,
    visit_span,
)
from pages.inspections import data as inspections_data
from pages.inspections import forms as inspections_forms
from pages.inspections.data import SPANS, TABS, Key, Query
from ui.kit import writing
from ui.kit.parts import empty, how, left_out, put_query
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.text import plain, safe

SHAPES: Final = {
    "past_due": "◆",
    "in_time": "○",
    "no_due": "▲",
    "fixed_on_time": "●",
    "fixed_late": "●",
    "fixed_undetermined": "●",
}
_STYLES: Final = {"◆": "dh-bad", "▲": "dh-warn", "●": "dh-good", "○": "dh-muted"}
_CHANNELS: Final = {False: "Trực tiếp", True: "Môi trường số", None: "chưa rõ"}
_BEGINNING: Final = date(1, 1, 1)


@dataclass(frozen=True)
class Screen:
    """What the page shows: the question, the query of the URL."""

    frame: Frame
    ask: Ask
    query: Query
    key: Key

    @property
    def review(self) -> InspectionReview:
        return inspections_data.review(self.key)

    @property
    def coverage(self) -> Coverage:
        return inspections_data.coverage(self.key, self.frame.view.unit, self.query.kinds)

    @property
    def is_empty(self) -> bool:
        return inspections_data.is_empty(
            inspections_data.version_of(self.frame), self.frame.units_in_view
        )

    @property
    def has_findings(self) -> bool:
        return inspections_data.has_findings(
            inspections_data.version_of(self.frame), self.frame.units_in_view
        )

    def params(self, **changes: Any) -> dict[str, str]:
        """The URL's parameters with another query."""
        return self.frame.params(**replace(self.query, **changes).params())


def read(frame: Frame) -> Screen:
    """The screen of the view and the URL; what in the URL means nothing is named."""
    given = {
        name: st.query_params[name] for name in inspections_data.KEYS if name in st.query_params
    }
    units = frozenset(frame.facts.units["unit_id"].to_list())
    query, problems = inspections_data.read_query(given, units)
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")
    if query.fkind is not None and query.fkind not in inspections_data.known_kinds(frame):
        left_out("fkind")
        query = replace(query, fkind=None)
    ask = inspections_data.question(frame, query.span)
    return Screen(frame, ask, query, inspections_data.key_of(frame, ask))


def go_to(screen: Screen, **changes: Any) -> None:
    """Puts another query into the URL (called from widgets)."""
    put_query(inspections_data.KEYS, replace(screen.query, **changes).params())


# -- heading ------------------------------------------------------------------------------


def heading(screen: Screen) -> None:
    """The title, and over which days visits are counted."""
    frame = screen.frame
    st.title(f"Kiểm tra · {plain(frame.whose)}")
    inspections_forms.told()
    if screen.is_empty:
        return
    st.session_state["insp_span"] = screen.query.span

    def changed() -> None:
        go_to(screen, span=st.session_state["insp_span"] or "year")

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            "Các cuộc kiểm tra",
            list(SPANS),
            format_func=SPANS.__getitem__,
            key="insp_span",
            on_change=changed,
            label_visibility="collapsed",
        )
        st.html(
            f'<span class="dh-source">Các cuộc kiểm tra {_span_text(screen.ask)}; tồn tại tính '
            f"{as_of(screen.ask.moment)}.</span>"
        )


def _span_text(ask: Ask) -> str:
    if ask.first_day == _BEGINNING:
        return f"đến {day(ask.last_day)}"
    return f"từ {day(ask.first_day)} đến {day(ask.last_day)}"


def nothing(screen: Screen) -> None:
    """The registers hold nothing of the units in view."""
    frame, seen = screen.frame, data.scope_of_reader().units
    if frame.view.unit is not None and not inspections_data.is_empty(
        inspections_data.version_of(frame), seen
    ):
        empty(
            f"Chưa có cuộc kiểm tra, tồn tại nào của {plain(frame.whose)}",
            "Sổ kiểm tra đã có dữ liệu của đơn vị khác, chưa có dòng nào của đơn vị đang chọn.",
            f"Hãy chọn “{plain(frame.everything)}” ở thanh trên.",
        )
        return
    empty(
        "Chưa có cuộc kiểm tra, tồn tại nào trong phạm vi đang xem",
        "Sổ kiểm tra chưa được nạp, nên số tồn tại là chưa biết, không phải bằng 0.",
        "Tải mẫu, điền và nạp tệp ở mục “Nhập từ tệp” dưới đây; hoặc thêm cuộc kiểm tra ngay trên "
        "màn hình; hoặc nạp bộ ví dụ: `.venv/bin/python -m connectors register examples`.",
    )


# -- headline -----------------------------------------------------------------------------


def headline(screen: Screen) -> None:
    """Six cards; each number opens what it counts."""
    review, found = screen.review, screen.coverage
    cards: list[_Card] = [
        ("visits", number(review.count("visits")), _by_kind(review),
         {"visits": "visits", "tab": "visits"}),
        ("units_inspected", f"{number(found.inspected)}/{number(found.due)}", _covered(found), {}),
        ("visits_surprise", _rate(review, "visits_surprise"),
         _of(review, "visits_surprise", "cuộc"), {"visits": "visits_surprise", "tab": "visits"}),
        ("findings_open", number(review.count("findings_open")), _open(review),
         {"figure": "findings_open"}),
        ("findings_past_due", _past_due(review), _reported(review),
         {"figure": "findings_past_due"}),
        ("findings_on_time", _rate(review, "findings_on_time"),
         _of(review, "findings_on_time", "tồn tại đã khắc phục hoặc quá hạn"),
         {"figure": "findings_on_time"}),
    ]  # fmt: skip
    if not screen.has_findings:
        cards = [_unknown_findings(card) for card in cards]
    for column, (key, value, words, opens) in zip(st.columns(6, gap="small"), cards, strict=True):
        with column, st.container(key=f"card_{key}"):
            label = INSPECTION_FIGURE[key].label
            st.html(
                f'<div class="dh-label">{label}</div><div class="dh-value">{value}</div>'
                f'<div class="dh-change">{words}</div>'
            )
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                if opens:
                    _opener(screen, key, opens)
                explain(screen, key)


_Card = tuple[str, str, str, dict[str, str]]
"""Figure, value, words below it, the parameters that open what it counts."""


def _unknown_findings(card: _Card) -> _Card:
    """Where no finding was entered, their number is not known to be 0."""
    if not card[0].startswith("findings"):
        return card
    value = '<span class="dh-change dh-muted">chưa có dữ liệu</span>'
    return card[0], value, "chưa nhập tồn tại nào; không phải là không có", {}


def _opener(screen: Screen, key: str, opens: dict[str, str]) -> None:
    label = "Xem cuộc" if "visits" in opens else "Xem tồn tại"
    cleared = {"finding": None, "fkind": None, "state": None, "units": ()}
    st.page_link(
        screen.frame.pages["inspections"],
        label=label,
        query_params=screen.params(**cleared, **opens),
        width="content",
    )


def _by_kind(review: InspectionReview) -> str:
    parts = [
        f"{number(review.count(f'visits_{kind}'))} {word.lower()}"
        for kind, word in KINDS.items()
        if review.count(f"visits_{kind}")
    ]
    month = review.count("visits_month_only") or 0
    more = f"<br>Chỉ biết tháng, kê riêng: {number(month)}" if month else ""
    return (", ".join(parts) or "không có cuộc nào") + more


def _covered(found: Coverage) -> str:
    if found.rate is None:
        return "không có đơn vị nào thuộc diện kiểm tra"
    missing = found.due - found.inspected
    rest = f"còn {number(missing)} đơn vị chưa kiểm tra" if missing else "đủ các đơn vị"
    return f"{percent(found.rate)} đơn vị; {rest}"


def _rate(review: InspectionReview, key: str) -> str:
    return percent(review.cell(key)["rate"])


def _of(review: InspectionReview, key: str, what: str) -> str:
    cell = review.cell(key)
    if not cell["denominator"]:
        return f"chưa có {what}"
    return f"{number(cell['numerator'])}/{number(cell['denominator'])} {what}"


def _open(review: InspectionReview) -> str:
    cell = review.cell("findings_fixed")
    again, no_due = review.count("findings_repeated") or 0, review.count("findings_no_due") or 0
    words = f"đã khắc phục {number(cell['numerator'])}/{number(cell['denominator'])} tồn tại"
    words += f"<br>{number(no_due)} không định hạn" if no_due else ""
    return words + (f", {number(again)} lặp lại" if again else "")


def _past_due(review: InspectionReview) -> str:
    late = review.count("findings_past_due") or 0
    mark = ' <span class="dh-state dh-bad">◆ cần đôn đốc</span>' if late else ""
    return f"{number(late)}{mark}"


def _reported(review: InspectionReview) -> str:
    reported = review.count("findings_reported") or 0
    if not reported:
        return "không có báo cáo khắc phục chờ xác nhận"
    return f"{number(reported)} tồn tại đã báo cáo khắc phục, chưa xác nhận"


def explain(screen: Screen, key: str) -> None:
    """ "Cách tính" of a figure of inspections."""
    figure, cell = INSPECTION_FIGURE[key], screen.review.cell(key)
    with how(key):
        lines = [f"**{figure.label}.** {figure.meaning}", ""]
        if key == "units_inspected":
            lines += _coverage_lines(screen)
        else:
            lines.append(f"- Tử số: {number(cell['numerator'])}")
        if figure.is_ratio:
            lines.append(f"- Mẫu số: {number(cell['denominator'])}")
        lines.append(f"- Căn cứ: {figure.basis}")
        st.markdown("\n".join(lines))
        counted = f"Tính {_span_text(screen.ask)}" if not figure.is_stock else "Tính"
        found = plain(_sources(screen))
        st.caption(f"{counted}, số liệu {as_of(screen.ask.moment)}. Nguồn: {found}.")


def _coverage_lines(screen: Screen) -> list[str]:
    found = screen.coverage
    kinds = ", ".join(COVERED_KINDS[kind] for kind in screen.query.kinds) or "mọi loại đơn vị"
    return [
        f"- Tử số: {number(found.inspected)} đơn vị đã được kiểm tra",
        f"- Mẫu số: {number(found.due)} đơn vị ({kinds}) trong phạm vi đang xem, có hiệu lực ngày "
        f"{day(found.day)}; không kể chính đơn vị cấp trên đang chọn và bộ phận một cửa (thuộc văn "
        "phòng)",
        f"- Đã kiểm tra nhưng nằm ngoài mẫu số: {number(len(found.outside))} đơn vị",
    ]


def _sources(screen: Screen) -> str:
    found = inspections_data.visits(screen.key)["source"].unique().sort().to_list()
    shown = "; ".join(text if len(text) <= 120 else text[:118] + "…" for text in found[:2])
    more = f" và {number(len(found) - 2)} nguồn khác" if len(found) > 2 else ""
    return (shown or "sổ kiểm tra") + more


# -- coverage and visits ------------------------------------------------------------------


def tabs(screen: Screen) -> None:
    """Coverage by unit; the visits; findings by kind, unit and state; channels and re-checks."""
    who, visits, groups = st.tabs(
        list(TABS.values()), default=TABS[screen.query.tab], key=f"insp_tabs_{screen.query.tab}"
    )
    with who:
        _coverage(screen)
    with visits:
        _visits(screen)
    with groups:
        _groups(screen)


def _coverage(screen: Screen) -> None:
    found = screen.coverage
    options = list(COVERED_KINDS)
    st.session_state["insp_kinds"] = list(screen.query.kinds)

    def changed() -> None:
        go_to(screen, kinds=tuple(st.session_state["insp_kinds"]))

    with st.container(horizontal=True, vertical_alignment="bottom", key="insp_coverage"):
        st.multiselect(
            "Loại đơn vị",
            options,
            format_func=lambda kind: COVERED_KINDS[kind].capitalize(),
            key="insp_kinds",
            on_change=changed,
            placeholder="Mọi loại đơn vị",
            width=420,
        )
        st.html(
            f'<div class="dh-change"><b>{number(found.inspected)}/{number(found.due)}</b> đơn vị '
            f"đã kiểm tra {_span_text(screen.ask)} ({percent(found.rate)}); đơn vị có hiệu lực "
            f"ngày {day(found.day)}.</div>"
        )
    if not found.due:
        empty(
            "Không có đơn vị nào như vậy trong phạm vi",
            f"Ngày {day(found.day)} không có đơn vị loại này trong phạm vi đang xem.",
            "Hãy chọn loại đơn vị khác"
            + (f", hoặc “{plain(screen.frame.everything)}”." if screen.frame.view.unit else "."),
        )
        return
    _coverage_table(screen, found)


def _coverage_table(screen: Screen, found: Coverage) -> None:
    names = screen.frame.unit_names
    shown = found.units.select(
        pl.when("is_inspected").then(pl.lit("● Đã kiểm tra")).otherwise(pl.lit("◆ Chưa kiểm tra"))
        .alias("Tình trạng"),
        pl.col("unit_id").replace_strict(names, default=UNKNOWN, return_dtype=pl.String)
        .alias("Đơn vị"),
        pl.col("visits").alias("Số cuộc"),
        pl.col("surprise_visits").alias("Đột xuất"),
        pl.col("last_on").dt.strftime("%m/%Y").alias("Lần cuối"),
    )  # fmt: skip
    _dataframe(shown, "insp_units", "Đơn vị đã và chưa được kiểm tra; chưa kiểm tra trước", 340)
    if found.outside:
        others = ", ".join(plain(names.get(unit, UNKNOWN)) for unit in found.outside[:8])
        st.caption(
            f"Ngoài mẫu số còn {number(len(found.outside))} đơn vị đã kiểm tra (không còn hiệu lực "
            f"ngày {day(found.day)}, hoặc không thuộc loại đang chọn): {others}."
        )


def _dataframe(shown: pl.DataFrame, key: str, alt: str, height: int, **options: Any) -> Any:
    return st.dataframe(
        shown,
        hide_index=True,
        row_height=32,
        height=min(38 + 32 * max(shown.height, 1), height),
        placeholder=UNKNOWN,
        key=key,
        alt=alt,
        **options,
    )


def _fresh(name: str, query: Query) -> str:
    """A key of a table whose rows are picked: with another query nothing is picked any more.

    Else the row that was clicked once would undo every filter, and open again what was closed.
    """
    return f"{name}_{crc32(repr(query).encode())}"


def _visits(screen: Screen) -> None:
    review = screen.review
    labels = {
        key: f"{INSPECTION_FIGURE[key].label} ({number(review.count(key))})"
        for key in inspections_data.VISIT_FIGURES
        if review.count(key) or key in ("visits", screen.query.visits)
    }
    _choose(screen, "Cuộc kiểm tra", "visits", screen.query.visits, labels)
    rows = inspections_data.visits(screen.key, screen.query.visits)
    if rows.is_empty():
        empty(
            "Không có cuộc kiểm tra nào như vậy",
            f"Không có trong khoảng {_span_text(screen.ask)}.",
            "Hãy chọn khoảng dài hơn ở đầu trang, hoặc thêm cuộc kiểm tra ở cuối trang.",
        )
    else:
        _visit_table(screen, rows, "insp_visits")
    month = inspections_data.visits(screen.key, "visits_month_only")
    if not month.is_empty() and screen.query.visits != "visits_month_only":
        st.markdown("**Chỉ biết tháng** – một phần nằm ngoài khoảng đang xem nên không tính vào.")
        _visit_table(screen, month, "insp_months")
    _channels(review)


def _visit_table(screen: Screen, rows: pl.DataFrame, key: str) -> None:
    names = screen.frame.unit_names
    shown = rows.select(
        pl.Series("Thời gian", [visit_span(r) for r in rows.iter_rows(named=True)], pl.String),
        pl.col("kind").replace_strict(KINDS, return_dtype=pl.String).alias("Loại"),
        pl.col("unit_id").replace_strict(names, default=UNKNOWN, return_dtype=pl.String)
        .alias("Đơn vị"),
        pl.col("subject").alias("Cơ sở"),
        pl.Series("Hình thức", [_CHANNELS[v] for v in rows["is_digital"]], pl.String),
        pl.col("topics").alias("Nội dung"),
        pl.col("conclusion_no").alias("Kết luận"),
        pl.col("campaign").alias("Đợt"),
        pl.col("code").alias("Mã"),
        pl.col("source").alias("Nguồn"),
    )  # fmt: skip
    _dataframe(shown, key, "Các cuộc kiểm tra, mới nhất trước", 380)


def _channels(review: InspectionReview) -> None:
    def said(key: str) -> str:
        count = review.count(key)
        return "chưa rõ" if count is None else number(count)

    again = review.cell("rechecked_fixed")
    text = (
        f"Hình thức: trực tiếp {said('visits_direct')}, môi trường số {said('visits_digital')}, "
        f"chưa ghi {said('visits_channel_unknown')}. "
    )
    if again["denominator"]:
        text += (
            f"Tái kiểm tra: {number(again['numerator'])}/{number(again['denominator'])} lượt tồn "
            "tại được kết luận đã khắc phục."
        )
    else:
        text += "Chưa có kết quả tái kiểm tra trong khoảng này."
    st.caption(text)


# -- findings -----------------------------------------------------------------------------


def _groups(screen: Screen) -> None:
    left, middle, right = st.columns(3, gap="medium")
    with left:
        _group(screen, "kind", "Nhóm lỗi", None, "fkind")
    with middle:
        _group(screen, "unit_id", "Đơn vị", screen.frame.unit_names, "units")
    with right:
        words = {state: f"{SHAPES[state]} {word}" for state, word in STATES.items()}
        _group(screen, "state", "Tình trạng", words, "state")


def _group(
    screen: Screen, by: str, label: str, names: dict[Any, str] | None, parameter: str
) -> None:
    table = inspections_data.table(screen.key, by)
    first = pl.col(by) if names is None else pl.col(by).replace_strict(
        names, default=UNKNOWN, return_dtype=pl.String
    )  # fmt: skip
    shown = table.select(
        first.alias(label),
        pl.col("findings").alias("Tồn tại"),
        pl.col("findings_open").alias("Chưa xong"),
        pl.col("findings_past_due").alias("Quá hạn"),
        pl.col("findings_repeated").alias("Lặp lại"),
    )
    if shown.is_empty():
        st.caption(f"{label}: chưa có tồn tại nào.")
        return
    event = _dataframe(
        shown, _fresh(f"insp_by_{by}", screen.query), f"Tồn tại theo {label.lower()}", 300,
        on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    if not picked:
        return
    value = table[by][picked[0]]
    change: dict[str, Any] = {parameter: (value,) if parameter == "units" else value}
    if getattr(screen.query, parameter) != change[parameter]:
        go_to(screen, **change, figure="findings", finding=None)
        st.rerun()


def finding_list(screen: Screen) -> None:
    """The findings, cut by figure, kind, state and unit; one of them can be opened."""
    query = screen.query
    st.subheader("Tồn tại")
    if not screen.has_findings:
        empty(
            "Chưa nhập tồn tại nào của các đơn vị này",
            "Số tồn tại là chưa biết, không phải bằng 0.",
            "Thêm tồn tại của một cuộc kiểm tra, hoặc nhập từ tệp, ở cuối trang."
            if screen.frame.may("edit_registers")
            else None,
        )
        return
    _filters(screen)
    rows = inspections_data.findings(
        screen.key, query.figure, query.fkind, query.state, query.units
    )
    if rows.is_empty():
        empty(
            "Không có tồn tại nào như vậy",
            f"Tính {as_of(screen.ask.moment)}, không tồn tại nào thỏa các bộ lọc trên.",
            "Hãy bỏ bớt bộ lọc, hoặc thêm tồn tại ở cuối trang."
            if screen.frame.may("edit_registers")
            else "Hãy bỏ bớt bộ lọc.",
        )
        return
    st.caption(f"{number(rows.height)} tồn tại. Bấm một dòng để mở.")
    event = _dataframe(
        _shown(screen, rows), _fresh("insp_findings", screen.query),
        "Tồn tại kiểm tra, quá hạn trước", 440,
        on_select="rerun", selection_mode="single-row",
        column_config={"Mô tả": st.column_config.TextColumn(width=360)},
    )  # fmt: skip
    picked = event["selection"]["rows"]
    if picked and rows["finding_id"][picked[0]] != query.finding:
        go_to(screen, finding=rows["finding_id"][picked[0]])
        st.rerun()
    _open_by_name(screen, rows)


def _shown(screen: Screen, rows: pl.DataFrame) -> pl.DataFrame:
    names = screen.frame.unit_names
    return rows.select(
        pl.Series("Tình trạng", [_state_text(r) for r in rows.iter_rows(named=True)], pl.String),
        pl.col("description").alias("Mô tả"),
        pl.col("kind").alias("Nhóm lỗi"),
        pl.col("unit_id").replace_strict(names, default=UNKNOWN, return_dtype=pl.String)
        .alias("Đơn vị"),
        pl.col("responsible").alias("Chịu trách nhiệm"),
        pl.Series("Hạn", [day(d) if d else "không định hạn" for d in rows["fix_by"]], pl.String),
        pl.col("days_past").alias("Quá (ngày)"),
        pl.col("reported_on").dt.strftime("%d/%m/%Y").alias("Báo cáo"),
        pl.col("checked_on").dt.strftime("%d/%m/%Y").alias("Xác nhận cuối"),
        pl.col("is_repeated").replace_strict({True: "lặp lại", False: ""}, return_dtype=pl.String)
        .alias("Lặp lại"),
        pl.col("code").alias("Mã"),
    )  # fmt: skip


def _state_text(row: dict[str, Any]) -> str:
    text = f"{SHAPES[row['state']]} {STATES[row['state']]}"
    if row["is_reported"]:
        text += " (đã báo cáo, chưa xác nhận)"
    return text + (" (mở lại)" if row["is_reopened"] else "")


def _filters(screen: Screen) -> None:
    review, query = screen.review, screen.query
    with st.container(key="insp_filters", horizontal=True, gap="small"):
        labels = {
            key: ("Mọi tồn tại" if key == "findings" else INSPECTION_FIGURE[key].label)
            + f" ({number(review.count(key))})"
            for key in inspections_data.FINDING_FIGURES
            if review.count(key) or key in ("findings", query.figure)
        }
        _choose(screen, "Xem", "figure", query.figure, labels)
        kinds = inspections_data.table(screen.key, "kind")["kind"].to_list()
        options: dict[Any, str] = {"": "Mọi nhóm lỗi"} | {kind: kind for kind in kinds}
        if query.fkind is not None:
            options.setdefault(query.fkind, query.fkind)
        _choose(screen, "Nhóm lỗi", "fkind", query.fkind, options)
        states: dict[Any, str] = {"": "Mọi tình trạng"} | STATES
        _choose(screen, "Tình trạng", "state", query.state, states)
        _unit_filter(screen)


def _choose(screen: Screen, label: str, name: str, value: Any, options: dict[Any, str]) -> None:
    key = f"insp_{name}_choice"
    st.session_state[key] = value if value in options else next(iter(options))

    def changed() -> None:
        # The empty one stands for all: a select box shows no label for None.
        go_to(screen, **{name: st.session_state[key] or None}, finding=None)

    st.selectbox(
        label, list(options), format_func=options.__getitem__, key=key, on_change=changed,
        width=290,
    )  # fmt: skip


def _unit_filter(screen: Screen) -> None:
    units = inspections_data.table(screen.key, "unit_id")["unit_id"].to_list()
    st.session_state["insp_unit_choice"] = list(screen.query.units)

    def changed() -> None:
        go_to(screen, units=tuple(st.session_state["insp_unit_choice"]), finding=None)

    st.multiselect(
        "Đơn vị",
        list(dict.fromkeys([*units, *screen.query.units])),
        format_func=lambda unit: screen.frame.unit_names.get(unit, UNKNOWN),
        key="insp_unit_choice",
        on_change=changed,
        placeholder="Mọi đơn vị",
        width=300,
    )


def _open_by_name(screen: Screen, rows: pl.DataFrame) -> None:
    """The same without a pointer: a finding chosen by its code."""
    labels = {
        row["finding_id"]: f"{row['code']} – {row['description'][:90]}"
        for row in rows.iter_rows(named=True)
    }
    st.session_state["insp_open"] = screen.query.finding if screen.query.finding in labels else None

    def changed() -> None:
        go_to(screen, finding=st.session_state["insp_open"])

    st.selectbox(
        "Mở tồn tại", list(labels), format_func=labels.__getitem__, key="insp_open",
        on_change=changed, index=None, placeholder="Chọn tồn tại theo mã",
    )  # fmt: skip


# -- one finding --------------------------------------------------------------------------


def panel(screen: Screen) -> None:
    """The open finding: what it is, how it stands, its history, and the forms to go on."""
    if screen.query.finding is None:
        return
    rows = inspections_data.findings(screen.key)
    found = rows.filter(pl.col("finding_id") == screen.query.finding)
    if found.is_empty():
        empty(
            "Không mở được tồn tại này",
            "Tồn tại không có trong phạm vi đang xem, hoặc chưa được nêu tại thời điểm số liệu.",
        )
        return
    finding = found.row(0, named=True)
    with st.container(border=True, key="finding_panel"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(f"<b>{safe(finding['code'])} · {safe(finding['description'])}</b>")
            st.button(
                "Đóng", key="finding_close", on_click=go_to, args=(screen,),
                kwargs={"finding": None}, type="tertiary", icon=":material/close:",
            )  # fmt: skip
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _about(screen, finding, rows)
        with right:
            _history(screen, finding)
        inspections_forms.forms(screen.frame, screen.ask, finding)


def _about(screen: Screen, finding: dict[str, Any], rows: pl.DataFrame) -> None:
    codes = dict(rows.select("finding_id", "code").iter_rows())
    repeated = [code for number_, code in codes.items()
                if number_ in rows.filter(pl.col("repeats_id") == finding["finding_id"])
                ["finding_id"].to_list()]  # fmt: skip
    visit = f"{finding['inspection_code']} ({KINDS[finding['inspection_kind']].lower()})"
    pairs = [
        ("Cuộc kiểm tra", visit),
        ("Đơn vị", screen.frame.unit_names.get(finding["unit_id"], UNKNOWN)),
        ("Nhóm lỗi", finding["kind"]),
        ("Chịu trách nhiệm", finding["responsible"]),
        ("Kiến nghị", finding["recommendation"]),
        ("Hạn khắc phục", day(finding["fix_by"]) if finding["fix_by"] else "không định hạn"),
        ("Báo cáo khắc phục", _report_text(finding)),
        ("Minh chứng", finding["evidence"]),
        ("Lặp lại tồn tại", codes.get(finding["repeats_id"])),
        ("Được lặp lại ở", ", ".join(repeated)),
        ("Nguồn", finding["source"]),
    ]
    table = "".join(
        f"<tr><th>{label}</th><td>{safe(value) if value else UNKNOWN}</td></tr>"
        for label, value in pairs
    )
    shape = SHAPES[finding["state"]]
    past = f", đã quá {number(finding['days_past'])} ngày" if finding["days_past"] else ""
    st.html(
        f'<p class="dh-state {_STYLES[shape]}">{safe(_state_text(finding))}{past}</p>'
        f'<table class="dh-facts">{table}</table>'
    )


def _report_text(finding: dict[str, Any]) -> str | None:
    if finding["reported_on"] is None:
        return None
    paper = f", {finding['report_document']}" if finding["report_document"] else ""
    return f"{day(finding['reported_on'])}{paper}"


def _history(screen: Screen, finding: dict[str, Any]) -> None:
    number_ = finding["finding_id"]
    checks = inspections_data.checks(screen.key, number_)
    st.markdown(f"**Xác nhận, tái kiểm tra** ({number(checks.height)})")
    visits = inspections_data.register(
        inspections_data.version_of(screen.frame), screen.frame.scope, "inspection"
    )
    codes = dict(visits.select("inspection_id", "code").iter_rows())
    items = [_check_item(screen, row, codes) for row in checks.iter_rows(named=True)]
    if items:
        st.html(f'<ul class="dh-timeline">{"".join(items)}</ul>')
    else:
        st.caption("Chưa có lần xác nhận nào. Báo cáo của đơn vị chưa phải là xác nhận.")
    changes = writing.history("finding", number_)
    if not changes.is_empty():
        with st.expander(f"Ai đã sửa gì ({number(changes.height)})"):
            shown = changes.select(
                pl.col("at").dt.strftime("%H:%M %d/%m/%Y").alias("Lúc"),
                pl.col("by").alias("Người"),
                pl.col("label").alias("Mục"),
                pl.col("old").alias("Cũ"),
                pl.col("new").alias("Mới"),
            )
            _dataframe(shown, "finding_changes", "Lịch sử thay đổi của tồn tại", 260)


def _check_item(screen: Screen, row: dict[str, Any], codes: dict[int, str]) -> str:
    said = "● Đã khắc phục" if row["is_fixed"] else "◆ Chưa khắc phục"
    style = "" if row["is_fixed"] else ' class="dh-late"'
    code = codes.get(row["inspection_id"])
    how = f"tái kiểm tra {safe(code)}" if code else "qua văn bản"
    late = (
        ' <span class="dh-warn">(sau thời điểm số liệu)</span>'
        if row["checked_on"] > screen.ask.as_of_day
        else ""
    )
    note = f"<br>{safe(row['note'])}" if row["note"] else ""
    return (
        f"<li{style}><time>{day(row['checked_on'])}</time><b>{said}</b>, {how} – "
        f"{safe(row['by'])}{late}{note}</li>"
    )


def footer(screen: Screen) -> None:
    """As of when, and from where."""
    st.html(
        f'<span class="dh-source">Số liệu {as_of(screen.ask.moment)}. Nguồn: '
        f"{safe(_sources(screen))}.</span>"
    )
