"""The screen of inspections: what it shows, and its parts in the page's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import streamlit as st

from metrics.core.ask import Ask
from metrics.core.vietnamese import UNKNOWN, as_of, day, number
from metrics.inspections.figures import INSPECTION_FIGURE
from metrics.inspections.review import (
    COVERED_KINDS,
    KINDS,
    STATES,
    Coverage,
    InspectionReview,
)
from pages.inspections import data as inspections_data
from ui.kit import listing, panel, record, writing
from ui.kit import screen as kit
from ui.kit.card import Cell, Deck, Part, Shown, cards
from ui.kit.marks import BAD, GOOD, MARKS, Html
from ui.kit.parts import empty
from ui.kit.query import Query, a_part, ids, one_of, opened, page, row_of, some_of
from ui.kit.table import Column, Row
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.text import plain, safe

SPANS: Final = {
    "period": "Trong kỳ đang xem",
    "year": "Từ đầu năm",
    "all": "Tất cả đến thời điểm số liệu",
}
"""Over which days visits are counted; findings are always as of T."""
TABS: Final = {
    "units": "Đơn vị được kiểm tra",
    "visits": "Các cuộc kiểm tra",
    "groups": "Tồn tại theo nhóm",
}
FINDINGS: Final = tuple(
    key for key, figure in INSPECTION_FIGURE.items() if figure.fact == "finding" and figure.is_stock
)
VISITS: Final = tuple(
    key
    for key, figure in INSPECTION_FIGURE.items()
    if figure.fact == "inspection" and figure.unit != "units"
)
QUERY: Final = Query(
    "insp",
    one_of("span", SPANS, usual="year", is_listed=False),
    one_of("tab", TABS, usual="units", is_listed=False),
    some_of("kinds", COVERED_KINDS, label="Loại đơn vị", every="Mọi loại đơn vị", is_listed=False),
    one_of("figure", FINDINGS, usual="findings_open", label="Xem"),
    a_part(INSPECTION_FIGURE, "findings_open"),
    one_of("fkind", label="Nhóm lỗi", every="Mọi nhóm lỗi"),
    one_of("state", STATES, label="Tình trạng", every="Mọi tình trạng"),
    ids("units", label="Đơn vị", every="Mọi đơn vị"),
    one_of("visits", VISITS, usual="visits", label="Cuộc kiểm tra", is_listed=False),
    page(),
    opened("finding"),
    row_of("inspection", "finding", "finding_check"),
)
"""The screen's parameters, beside those of the frame."""

_BY_KIND: Final = tuple(f"visits_{kind}" for kind in KINDS)
SHOWN: Final = (
    Shown("visits", beside=(*_BY_KIND, "visits_month_only"), none="không có cuộc nào"),
    Shown("units_inspected", as_fraction=True),
    Shown("visits_surprise"),
    Shown("findings_open", beside=("findings_fixed", "findings_no_due", "findings_repeated")),
    Shown("findings_past_due", beside=("findings_reported",), urges="cần đôn đốc", alarm=True,
          none="không tồn tại nào quá hạn"),
    Shown("findings_on_time"),
)  # fmt: skip
"""The cards."""

_BEGINNING: Final = date(1, 1, 1)


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: the question, over the days that visits are counted in."""

    ask: Ask
    key: inspections_data.Key

    @property
    def version(self) -> str:
        return inspections_data.version_of(self.frame)

    @cached_property  # asked for by each number of each card
    def review(self) -> InspectionReview:
        return inspections_data.review(self.key)

    @property
    def coverage(self) -> Coverage:
        return inspections_data.coverage(self.key, self.frame.view.unit, self.asked["kinds"])

    @property
    def is_empty(self) -> bool:
        return inspections_data.is_empty(self.version, self.frame.units_in_view)

    @property
    def has_findings(self) -> bool:
        return inspections_data.has_findings(self.version, self.frame.units_in_view)

    @property
    def sources(self) -> list[str]:
        return inspections_data.visits(self.key)["source"].to_list()

    @property
    def days(self) -> str:
        """The days that visits are counted in, in words."""
        first, last = self.ask.first_day, self.ask.last_day
        return f"{'' if first == _BEGINNING else f'từ {day(first)} '}đến {day(last)}"


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    kinds = inspections_data.known_kinds(frame)
    asked = QUERY.read(units=frame.unit_names, fkind=kinds)
    ask = inspections_data.question(frame, asked["span"])
    return Screen(frame, asked, "inspections", ask, inspections_data.key_of(frame, ask))


def heading(screen: Screen) -> None:
    """The title, and over which days visits are counted."""
    kit.heading(screen, "Kiểm tra")
    if screen.is_empty:
        return
    st.session_state["insp_span"] = screen.asked["span"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            "Các cuộc kiểm tra",
            list(SPANS),
            format_func=SPANS.__getitem__,
            key="insp_span",
            on_change=lambda: screen.go(span=st.session_state["insp_span"]),
            label_visibility="collapsed",
            wrap=True,
        )
        st.html(
            f'<span class="dh-source">Các cuộc kiểm tra {screen.days}; tồn tại tính '
            f"{as_of(screen.ask.moment)}.</span>"
        )


def nothing(screen: Screen) -> None:
    """The registers hold nothing of the units in view."""
    frame, seen = screen.frame, data.scope_of_reader().units
    if frame.view.unit is not None and not inspections_data.is_empty(screen.version, seen):
        empty(
            f"Chưa có cuộc kiểm tra, tồn tại nào của {plain(frame.whose)}",
            "Sổ kiểm tra đã có dữ liệu của đơn vị khác, chưa có dòng nào của đơn vị đang chọn.",
            f"Hãy chọn “{plain(frame.everything)}” ở thanh trên.",
        )
        return
    kit.not_loaded(
        screen,
        "Chưa có cuộc kiểm tra, tồn tại nào trong phạm vi đang xem",
        "số tồn tại",
        "Tải mẫu, điền và nạp tệp ở mục “Nhập từ tệp” dưới đây; hoặc thêm cuộc kiểm tra ngay trên "
        "màn hình; hoặc nạp bộ ví dụ: `.venv/bin/python -m connectors register examples`.",
    )


# -- headline -----------------------------------------------------------------------------


def headline(screen: Screen) -> None:
    """The cards; each number opens what it counts."""
    found = screen.coverage
    covered = {"numerator": found.inspected, "denominator": found.due, "rate": found.rate}

    def cell(key: str) -> Cell:
        return covered if key == "units_inspected" else screen.review.cell(key)

    def rows(key: str, part: Part) -> str | None:
        if key == "units_inspected":
            return None
        if key not in FINDINGS and part != "numerator":
            return None
        is_finding = key in FINDINGS
        change = {"figure": key, "part": part} if is_finding else {"visits": key, "tab": "visits"}
        return screen.to("inspections", screen.asked.reset().but(**change).params())

    about = f"Tính {screen.days}, số liệu {as_of(screen.ask.moment)}. "
    about += f"Nguồn: {kit.sources_text(screen.sources)}."
    missing = found.missing.height
    notes = {
        "units_inspected": f"còn {number(missing)} đơn vị chưa kiểm tra"
        if missing
        else "đủ các đơn vị"
    }
    lines = {"units_inspected": _coverage_lines(screen, found)}
    untold = () if screen.has_findings else FINDINGS
    cards("insp", SHOWN, Deck(INSPECTION_FIGURE, cell, rows, about, notes, lines, untold=untold))


def _coverage_lines(screen: Screen, found: Coverage) -> list[str]:
    kinds = ", ".join(COVERED_KINDS[kind] for kind in screen.asked["kinds"]) or "mọi loại đơn vị"
    return [
        f"Mẫu số là đơn vị ({kinds}) trong phạm vi đang xem, có hiệu lực ngày {day(found.day)}; "
        "không kể chính đơn vị cấp trên đang chọn và bộ phận một cửa (thuộc văn phòng)",
        f"Đã kiểm tra nhưng nằm ngoài mẫu số: {number(len(found.outside))} đơn vị",
    ]


# -- findings -----------------------------------------------------------------------------


def finding_list(screen: Screen) -> None:
    """The findings, cut by figure, kind, state and unit; a row opens."""
    asked, review, names = screen.asked, screen.review, screen.frame.unit_names
    advice = "Thêm tồn tại của một cuộc kiểm tra, hoặc nhập từ tệp, ở cuối trang."
    if not screen.has_findings:
        st.header("Tồn tại", anchor=listing.LIST)
        empty(
            "Chưa nhập tồn tại nào của các đơn vị này",
            "Số tồn tại là chưa biết, không phải bằng 0.",
            advice if writing.may_edit() else None,
        )
        return
    kinds = inspections_data.table(screen.key, "kind")["kind"]
    words: dict[str, Mapping[Any, str]] = {
        "figure": {
            key: f"{'Mọi tồn tại' if key == 'findings' else INSPECTION_FIGURE[key].label} "
            f"({number(review.count(key))})"
            for key in FINDINGS
            if review.count(key) or key in ("findings", asked["figure"])
        },
        **kit.part_words(asked, INSPECTION_FIGURE),
        "fkind": {kind: kind for kind in kinds},
        "state": dict(STATES),
        "units": {
            unit: names.get(unit, UNKNOWN)
            for unit in inspections_data.table(screen.key, "unit_id")["unit_id"]
        },
    }
    listing.listing(
        screen,
        inspections_data.findings(
            screen.key,
            asked["figure"],
            asked["fkind"],
            asked["state"],
            asked["units"],
            asked["part"],
        ),
        (
            Column("Tình trạng", _state, order="state"),
            Column("Mô tả", "description", is_name=True),
            Column("Nhóm lỗi", "kind"),
            Column("Đơn vị", lambda row: names.get(row["unit_id"])),
            Column("Chịu trách nhiệm", "responsible", is_minor=True),
            Column("Hạn", _due, order="fix_by", in_file=(Column("Hạn", "fix_by", "day"),)),
            Column("Quá (ngày)", "days_past", "count"),
            Column("Báo cáo", "reported_on", "day", is_minor=True),
            Column("Xác nhận cuối", "checked_on", "day", is_minor=True),
            Column("Lặp lại", lambda row: "lặp lại" if row["is_repeated"] else ""),
            Column("Mã", "code", is_minor=True),
        ),
        title="Tồn tại",
        noun="tồn tại",
        alt="Tồn tại kiểm tra, quá hạn trước",
        words=words,
        opens="finding",
        by="finding_id",
        nothing="Hãy bỏ bớt bộ lọc, hoặc thêm tồn tại ở cuối trang." if writing.may_edit() else "",
    )


def _state(row: Row) -> Html:
    words = STATES[row["state"]]
    words += " (đã báo cáo, chưa xác nhận)" if row["is_reported"] else ""
    words += " (mở lại)" if row["is_reopened"] else ""
    return MARKS["finding"][row["state"]].html(words)


def _due(row: Row) -> str:
    return day(row["fix_by"]) if row["fix_by"] else "không định hạn"


# -- one finding --------------------------------------------------------------------------


def open_finding(screen: Screen) -> Row | None:
    """The finding that the address opens; None: none is."""
    if screen.asked["finding"] is None:
        return None
    rows = inspections_data.findings(screen.key)
    found = inspections_data.only(rows, "finding_id", screen.asked["finding"])
    if found.is_empty():
        empty(
            "Không mở được tồn tại này",
            "Tồn tại không có trong phạm vi đang xem, hoặc chưa được nêu tại thời điểm số liệu.",
        )
        return None
    return found.row(0, named=True)


def about(screen: Screen, finding: Row) -> None:
    """What an open finding is and how it stands."""
    rows = inspections_data.findings(screen.key)
    codes = dict(rows.select("finding_id", "code").iter_rows())
    again = inspections_data.only(rows, "repeats_id", finding["finding_id"])["code"]
    past = f", đã quá {number(finding['days_past'])} ngày" if finding["days_past"] else ""
    paper = f", {finding['report_document']}" if finding["report_document"] else ""
    reported = f"{day(finding['reported_on'])}{paper}" if finding["reported_on"] else None
    st.html(f"<p>{_state(finding)}{past}</p>")
    panel.facts(
        [
            ("Cuộc kiểm tra",
             f"{finding['inspection_code']} ({KINDS[finding['inspection_kind']].lower()})"),
            ("Đơn vị", screen.frame.unit_names.get(finding["unit_id"])),
            ("Nhóm lỗi", finding["kind"]),
            ("Chịu trách nhiệm", finding["responsible"]),
            ("Kiến nghị", finding["recommendation"]),
            ("Hạn khắc phục", _due(finding)),
            ("Báo cáo khắc phục", reported),
            ("Minh chứng", finding["evidence"]),
            ("Lặp lại tồn tại", codes.get(finding["repeats_id"])),
            ("Được lặp lại ở", ", ".join(again)),
            ("Nguồn", finding["source"]),
        ]
    )  # fmt: skip


def history(screen: Screen, finding: Row) -> None:
    """Confirmations of an open finding; who changed what."""
    checks = inspections_data.checks(screen.key, finding["finding_id"])
    visits = inspections_data.register(screen.version, screen.frame.scope, "inspection")
    codes = dict(visits.select("inspection_id", "code").iter_rows())
    st.markdown(f"**Xác nhận, tái kiểm tra** ({number(checks.height)})")
    if checks.is_empty():
        st.caption("Chưa có lần xác nhận nào. Báo cáo của đơn vị chưa phải là xác nhận.")
    panel.timeline(
        (
            panel.Event(row["checked_on"], _check(screen, row, codes))
            for row in checks.iter_rows(named=True)
        ),
        screen.ask.moment,
    )
    writing.show_history("finding", finding["finding_id"], "Lịch sử thay đổi của tồn tại")


def _check(screen: Screen, row: Row, codes: dict[int, str]) -> Html:
    said = GOOD.html("Đã khắc phục") if row["is_fixed"] else BAD.html("Chưa khắc phục")
    code = codes.get(row["inspection_id"])
    by = f"tái kiểm tra {safe(code)}" if code else "qua văn bản"
    note = f"<br>{safe(row['note'])}" if row["note"] else ""
    mend = record.link_to(screen, "finding_check", row["finding_check_id"])
    return Html(f"{said}, {by} – {safe(row['by'])} {mend}{note}")
