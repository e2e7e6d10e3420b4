"""The portal's score against recomputation, codes in two sources, frozen figures against now."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from metrics.core.vietnamese import as_of, number, percent
from metrics.service.decision766 import TOTAL, Scorecard, Scored
from metrics.service.review import shown_month
from metrics.service.told import gap, names
from pages.reconciling import data as reconciling
from pages.reconciling.screen import Screen
from reports.closing import UNEXPLAINED
from ui.kit.dossiers import dossiers
from ui.kit.parts import empty, go
from ui.kit.table import Column, Opens, table
from ui.shell.text import plain

_ORIGINS: Final = {"dossiers": "tính từ hồ sơ", "imported": "số đã nhập", "rule": "theo quy tắc"}


# -- the portal's score -------------------------------------------------------------------


def portal(screen: Screen) -> None:
    """Each component of Decision 766: the portal's points, ours, and by how much they differ."""
    frame = screen.frame
    month = shown_month(frame.view.period, frame.ask)
    st.header(f"Điểm trên Cổng và điểm tính lại, tháng {month:%m/%Y}")
    found = reconciling.portal(frame, month)
    if found is None or found.card is None or found.is_empty:
        empty(
            "Chưa có gì để đối chiếu",
            f"Tháng {month:%m/%Y} chưa có điểm trên Cổng và chưa có hồ sơ để tính lại.",
            "Hãy chọn tháng khác, hoặc nhập điểm ở màn hình Chất lượng phục vụ.",
        )
        return
    unit = reconciling.subject(frame)
    st.caption(
        f"{plain(frame.unit_names.get(unit or 0, ''))}. Điểm trên Cổng DVCQG là chính thức; điểm "
        "tính lại để giải thích, không thay thế. Lệch = tính lại − trên Cổng."
    )
    st.markdown(_said(found.card))
    _components(screen, found.card, f"{month:%Y-%m}")


def _said(card: Scorecard) -> str:
    both = [each for each in card.scored if each.difference is not None]
    off = [each for each in both if gap(each.difference) not in ("0", "")]
    official = card.portal.get(TOTAL)
    total = f"Tổng trên Cổng: **{number(official.points, 2)}**. " if official else ""
    if not both:
        return f"{total}Không thành phần nào có cả điểm trên Cổng và điểm tính lại."
    if not off:
        return f"{total}Cả {number(len(both))} thành phần so được đều bằng nhau."
    most = max(off, key=lambda each: abs(each.difference or 0))
    return (
        f"{total}{number(len(off))}/{number(len(both))} thành phần so được lệch nhau; lệch nhất là "
        f"{most.component.key}: {gap(most.difference)} điểm."
    )


def _components(screen: Screen, card: Scorecard, month: str) -> None:
    called = names(card.method)

    def row(each: Scored) -> dict[str, Any]:
        return {
            "key": each.component.key, "name": called[each.component.key], "portal": each.portal,
            "points": each.points, "difference": each.difference, "how": each.arithmetic,
            "origin": _ORIGINS.get(each.origin or "", "chưa có"),
        }  # fmt: skip

    may = screen.frame.may("page:service")
    table(
        [row(each) for each in card.scored],
        (
            Column("Thành phần", "name", is_name=True),
            Column("Trên Cổng", "portal", "score"),
            Column("Tính lại", "points", "score"),
            Column("Lệch", lambda r: gap(r["difference"]), order="difference", is_number=True,
                   in_file=(Column("Lệch", "difference", "score"),)),
            Column("Tính từ", "origin"),
            Column("Cách tính", "how", is_minor=True),
        ),
        alt="Điểm trên Cổng và điểm tính lại theo thành phần",
        opens=Opens(lambda r: screen.to("service", {"component": r["key"], "month": month})
                    if may else None),
    )  # fmt: skip


# -- the same code in two sources ---------------------------------------------------------


def twice(screen: Screen) -> None:
    """How many dossiers of the period stand in another source, too, and which."""
    st.header("Trùng mã giữa các nguồn")
    frame = screen.frame
    found = reconciling.twice(frame)
    count, of = found["count"], found["of"]
    if not count:
        empty(
            "Không hồ sơ nào của kỳ có ở hai nguồn",
            f"Trong {number(of)} hồ sơ phải giải quyết của kỳ, không mã nào có ở nguồn khác.",
        )
        return
    st.markdown(
        f"**{number(count)}** trong {number(of)} hồ sơ phải giải quyết của kỳ "
        f"({percent(found['share'])}) có cùng mã ở một nguồn khác, kể cả ngoài kỳ: nơi cộng cả hai "
        "nguồn đếm hai lần, nơi chỉ lấy một nguồn đếm một lần."
    )
    sources: dict[int, str] = dict(frame.facts.sources.select("source_id", "name").iter_rows())
    third = Column("Nguồn", lambda row: sources.get(row["source_id"], "Chưa rõ nguồn"))
    whole = reconciling.every_twice(frame)
    rows = reconciling.first_twice(frame)
    dossiers(screen, count, rows, third, alt="Hồ sơ có cùng mã ở nguồn khác", whole=whole)


# -- frozen figures -----------------------------------------------------------------------


def closed(screen: Screen) -> None:
    """What was frozen, what its records give today, what is so now."""
    st.header("Số đã chốt, tính lại hôm nay, và hiện nay")
    found = reconciling.closings(screen.frame)
    if not found:
        empty(
            "Kỳ này chưa chốt",
            "Chưa có số đã chốt của đúng kỳ đang xem trong phạm vi của bạn.",
            "Chọn kỳ đã chốt; chốt kỳ ở màn hình Dữ liệu, mục Chốt số liệu.",
        )
        return
    for row in found:
        _closing(screen, row)


def _closing(screen: Screen, row: dict[str, Any]) -> None:
    frame = screen.frame
    st.subheader(plain(row["unit"] or "Tất cả đơn vị"))
    st.caption(
        f"Chốt số {number(row['closing_id'])}, số liệu đến {as_of(row['as_of'])}, theo ghi nhận "
        f"đến lô {number(row['batch_id'])}."
    )
    told = reconciling.difference(frame, row["closing_id"])
    if isinstance(told, str):
        st.caption(plain(told))
        return
    if not told.figures and not told.dossiers:
        st.markdown("Số đã chốt bằng số tính lại hiện nay, cả từng hồ sơ.")
    else:
        st.markdown(f"**{number(len(told.dossiers))} hồ sơ** tính khác lúc chốt.")
        table(
            [{"label": each.label, "frozen": each.frozen, "recounted": each.recounted,
              "now": each.now, "change": each.now - each.frozen} for each in told.figures],
            (
                Column("Số liệu", "label", is_name=True),
                Column("Đã chốt", "frozen", "count"),
                Column("Ghi nhận lúc chốt, tính lại hôm nay", "recounted", "count"),
                Column("Theo ghi nhận hiện nay", "now", "count"),
                Column("Hiện nay − đã chốt", "change", "change"),
            ),
            alt="Số đã chốt, tính lại hôm nay, hiện nay",
        )  # fmt: skip
    if told.unexplained:
        st.caption(UNEXPLAINED)
    if frame.may("page:data"):
        params = {"part": "closing", "closing": row["closing_id"]}
        go(frame, "data", "Mở từng hồ sơ và thay đổi của nó", frame.params(**params))
