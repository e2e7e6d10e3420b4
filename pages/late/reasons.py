"""Why the dossiers of a list are late, and the registers that late dossiers stand in."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from metrics.core.vietnamese import day, number, percent
from metrics.dossiers.lateness import TOLD_LATE
from metrics.dossiers.listing import vital_few
from pages.late import data as late_data
from pages.late.screen import REGISTERS, WHY, Screen, left_words
from ui.kit import files, listing
from ui.kit.links import link
from ui.kit.parts import empty, opens
from ui.kit.table import Away, Column, Opens, Row, table
from ui.shell.text import plain, safe

NO_APOLOGY: Final = "late_without_apology"
"""What a unit's line in the register of apologies opens."""


# -- why ----------------------------------------------------------------------------------


def reasons(screen: Screen) -> None:
    """How late, why, and where the time went; of dossiers that are not late: where they are."""
    if not screen.listing.total or screen.is_small:
        return
    st.header(WHY, anchor="vi-sao")
    parts = [_ageing, _causes, _time] if screen.is_late else [_ageing, _held, _units]
    with st.container(key="grid_wide_late"):
        for part in parts:
            with st.container(gap="small"):
                part(screen)


def _away(screen: Screen, title: str) -> Away:
    """A table of the list's dossiers says in its file which list that is, and what narrows it."""
    list_ = ("Danh sách", screen.group.label)
    return Away(f"{title}: {screen.group.label}", (list_, files.narrowed(screen, screen.words)))


def _counted(screen: Screen, title: str, of: Column, rows: Any, change: Any) -> None:
    st.subheader(title)
    table(
        rows,
        (of, Column("Số hồ sơ", "count", "count", bar=lambda row: "")),
        alt=f"{title}, theo số hồ sơ",
        opens=listing.narrows(screen, change),
        sorts=False,
        is_tall=True,
        away=_away(screen, title),
    )


def _ageing(screen: Screen) -> None:
    found = screen.listing
    if screen.group.counts_down:
        rows = late_data.days_to(screen.frame.ask.within, found.left)
        _counted(screen, "Còn mấy ngày làm việc", Column("Còn lại", left_words, is_name=True), rows,
                 lambda row: {"left": row["left"]})  # fmt: skip
        return
    title = "Trễ tiếp nhận" if screen.group.is_acceptance else "Trễ bao lâu"
    tokens = {band.low: band.token for band in screen.bands}
    _counted(screen, f"{title} (ngày làm việc)", Column("Khoảng", "label", is_name=True),
             found.late_by, lambda row: {"band": (tokens[row["low"]],)})  # fmt: skip
    if found.not_late:
        st.caption(f"{number(found.not_late)} hồ sơ không trễ hoặc chưa tính được.")
    if screen.is_late and (count := late_data.told_late(screen.wanted)):
        _told_late(screen, count)


def _told_late(screen: Screen, count: int) -> None:
    words = f"{number(count)} hồ sơ đúng hạn nhưng nhập muộn"
    help_ = (
        "Giải quyết đúng hạn, phần mềm chỉ được cập nhật sau hẹn trả; không nằm trong danh sách này"
    )
    to = screen.href(figure=TOLD_LATE, band=())
    shown = link(words, to) if opens(screen.frame, "late", count) else safe(words)
    st.html(f'<p class="dh-source" title="{help_}">{shown}</p>')


def _causes(screen: Screen) -> None:
    causes = screen.listing.causes
    st.subheader("Nguyên nhân")
    few = vital_few(causes)
    if few is not None:
        st.caption(
            f"{number(few[0])} nguyên nhân đầu chiếm {percent(few[1], 0)} số hồ sơ có ghi "
            "nguyên nhân."
        )
    table(
        causes,
        (
            Column("Nguyên nhân", "label", is_name=True),
            Column("Số hồ sơ", "count", "count",
                   bar=lambda row: "" if row["late_cause"] else "dh-warn"),
            Column("Tỷ trọng", "share", "rate"),
            Column("Cộng dồn", "cumulative", "rate", is_minor=True),
        ),
        alt="Nguyên nhân quá hạn, nhiều nhất ở trên; chưa ghi nguyên nhân ở dưới cùng",
        opens=listing.narrows(screen, lambda row: {"cause": (row["late_cause"],)}),
        sorts=False,
        away=_away(screen, "Nguyên nhân"),
    )  # fmt: skip


def _time(screen: Screen) -> None:
    st.subheader("Thời gian đi đâu")
    spent, rows = late_data.time_spent(screen.wanted)
    if spent.steps.is_empty():
        empty(
            "Chưa có số liệu từng bước",
            "Nguồn dữ liệu không gửi các bước xử lý của những hồ sơ này.",
            "Hãy bổ sung cột bước xử lý vào tệp nạp hoặc vào ánh xạ của nguồn.",
        )
        return
    rest = spent.share(spent.unexplained)
    unknown = f" {percent(rest, 0)} chưa rõ do bước nào." if rest and rest >= 0.005 else ""
    st.caption(
        f"Ngày làm việc bình quân, và phần trong thời gian trễ của {number(spent.dossiers)} hồ "
        f"sơ.{unknown}"
    )
    table(
        rows,
        (
            Column("Bước", "name", is_name=True),
            Column("Phần trễ", "share", "rate", help="Phần trong thời gian trễ",
                   bar=lambda row: "dh-warn" if row["is_wait"] else ""),
            Column("Thực hiện", "spent", "mean", help="Ngày làm việc bình quân",
                   unit="ngày làm việc"),
            Column("Được giao", "allotted", "mean", help="Ngày làm việc bình quân",
                   unit="ngày làm việc"),
            Column("Vượt", "overran", "count", help="Số hồ sơ vượt thời gian được giao"),
            Column("Hồ sơ", "dossiers", "count", is_minor=True),
        ),
        alt="Ngày làm việc bình quân của từng bước so với thời gian được giao",
        sorts=False,
        away=_away(screen, "Thời gian từng bước"),
    )  # fmt: skip


def _held(screen: Screen) -> None:
    held = late_data.held_at(screen.wanted)
    if held.is_empty():
        st.subheader("Đang ở bước nào")
        empty(
            "Không có hồ sơ đang xử lý",
            "Hồ sơ của danh sách này đã kết thúc hoặc chưa được tiếp nhận.",
        )
        return
    step = Column("Bước", lambda row: row["step_name"] or "Chưa rõ bước", is_name=True)
    _counted(screen, "Đang ở bước nào", step, held,
             lambda row: {"step": (row["step_name"],)} if row["step_name"] else {})  # fmt: skip


def _units(screen: Screen) -> None:
    unit = Column("Đơn vị", lambda row: screen.name("units", row["unit_id"]), is_name=True)
    _counted(screen, "Đơn vị nhiều nhất", unit, screen.listing.units,
             lambda row: {"units": (row["unit_id"],)})  # fmt: skip


# -- registers ----------------------------------------------------------------------------


def registers(screen: Screen) -> None:
    """The register of apologies, and units that were late more often than allowed."""
    st.header(REGISTERS, anchor="so-xin-loi")
    with st.container(key="grid_registers"):
        for part in (_apologies, _repeated):
            with st.container(gap="small"):
                part(screen)


def _unit(screen: Screen) -> Column:
    return Column("Đơn vị", lambda row: screen.frame.unit_names.get(row["unit_id"]), is_name=True)


def _apologies(screen: Screen) -> None:
    found, whole = late_data.apologies(screen.wanted)
    st.subheader("Văn bản xin lỗi theo đơn vị")
    if found.is_empty():
        empty("Không có hồ sơ trễ hạn", "Không hồ sơ nào phải xin lỗi trong phạm vi và kỳ này.")
        return
    st.caption(
        f"{number(whole['late'])} hồ sơ trễ hạn: đã ban hành {number(whole['issued'])}, "
        f"chưa ban hành {number(whole['missing'])}."
    )

    def lacking(row: Row) -> str | None:
        if not row["missing"] or not opens(screen.frame, "late", row["missing"]):
            return None
        asked = screen.asked.reset().but(figure=NO_APOLOGY, part=None, units=(row["unit_id"],))
        return screen.to("late", asked.params())

    table(
        found,
        (
            _unit(screen),
            Column("Trễ hạn", "late", "count"),
            Column("Đã ban hành", "issued", "count"),
            Column("Chưa", "missing", "count"),
            Column("Tỷ lệ", "rate", "rate"),
        ),
        alt="Sổ văn bản xin lỗi theo đơn vị, còn thiếu nhiều nhất ở trên",
        opens=Opens(href=lacking, place=lambda row: listing.LIST),
        is_tall=True,
    )


def _repeated(screen: Screen) -> None:
    frame = screen.frame
    found = late_data.repeated(frame.version, frame.view, frame.units_in_view)
    st.subheader("Trễ hẹn nhiều lần")
    span = f"{day(found.first_day)}–{day(found.last_day)}"
    if found.units.is_empty():
        empty(
            "Không đơn vị nào vượt mức",
            f"Không đơn vị nào có quá {number(found.allowed)} hồ sơ giải quyết quá hạn, {span}.",
        )
        return
    st.caption(
        f"{number(found.units.height)} đơn vị có quá {number(found.allowed)} hồ sơ giải quyết quá "
        f"hạn, {span}. {plain(found.document)}."
    )
    table(
        found.units,
        (_unit(screen), Column("Lần trễ hẹn", "late", "count", bar=lambda row: "")),
        alt="Đơn vị trễ hẹn quá số lần cho phép, nhiều nhất ở trên",
        is_tall=True,
    )
