"""Dossiers against the forms that units reported: column by column, opened to the dossiers."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

import streamlit as st

from metrics.core.periods import parse_period
from metrics.core.vietnamese import as_of, number
from metrics.dossiers.against_forms import FIGURE_OF, Cell, is_of
from metrics.dossiers.form_cells import form_ask
from metrics.registers.shared import COVERAGE_WORDS
from pages.reconciling import data as reconciling
from pages.reconciling.screen import Screen
from ui.kit.dossiers import dossiers
from ui.kit.links import link
from ui.kit.listing import open_place, row_place
from ui.kit.panel import panel
from ui.kit.parts import empty
from ui.kit.table import Column, Opens, table
from ui.shell.text import plain

_MOST: Final = 12
"""So many lines are laid beside each other; of other periods so many are offered."""


def forms(screen: Screen) -> None:
    """Each reported line of the period beside the line that dossiers give."""
    st.header("Số đơn vị báo cáo và số tính từ hồ sơ")
    frame = screen.frame
    every = reconciling.lines(frame)
    own = [row for row in every if is_of(row, frame.ask)]
    _open_column(screen, own)
    if not own:
        empty(
            "Chưa đơn vị nào trong phạm vi báo cáo biểu II.06a của đúng kỳ này",
            "Chỉ so được dòng báo cáo có đúng ngày đầu, ngày cuối của kỳ đang xem.",
            "Chọn kỳ có báo cáo dưới đây, hoặc nhập dòng biểu ở màn hình Số liệu báo cáo.",
        )
        _others(screen, every)
        return
    st.caption(
        f"Tính từ hồ sơ theo cột của biểu, đến {as_of(form_ask(frame.ask).moment)}. Dòng “của "
        "chính đơn vị”: đơn vị và cấp dưới, trừ các xã, phường. Lệch = báo cáo − tính từ hồ sơ. "
        "Bấm một cột để mở hồ sơ."
    )
    for row in own[:_MOST]:
        _line(screen, row)
    if len(own) > _MOST:
        st.caption(f"{number(_MOST)} dòng đầu trong {number(len(own))}; hãy chọn đơn vị để xem đủ.")


def _title(screen: Screen, row: dict[str, Any]) -> str:
    frame = screen.frame
    parts: list[str] = [
        frame.unit_names.get(row["unit_id"], "Chưa rõ đơn vị"),
        str(COVERAGE_WORDS.get(row["coverage"], row["coverage"])),
    ]
    if row["field_id"] is not None:
        parts.append(frame.field_names.get(row["field_id"], "chưa rõ lĩnh vực"))
    return ", ".join(parts)


def _line(screen: Screen, row: dict[str, Any]) -> None:
    title, key = _title(screen, row), row["form_row_id"]
    st.subheader(plain(title))
    cells = reconciling.cells(screen.frame, row)
    st.markdown(_said(cells))
    may = screen.frame.may("open_dossier")
    opens = Opens(
        href=lambda cell: (
            screen.href(line=key, column=cell["column"]) if may and cell["counted"] else None
        ),
        own=lambda cell: row_place("column", f"{key}-{cell['column']}"),
        place=lambda cell: open_place("column", cell["column"]),
    )
    table(
        [_row(cell) for cell in cells],
        (
            Column("Cột", "label", is_name=True),
            Column("Báo cáo", "reported", "count"),
            Column("Tính từ hồ sơ", "counted", "count"),
            Column("Lệch", "difference", "change"),
        ),
        alt=f"Biểu II.06a báo cáo và tính từ hồ sơ: {title}",
        opens=opens,
        sorts=False,
    )
    st.caption(f"Nguồn báo cáo: {plain(row['source'])}.")


def _row(cell: Cell) -> dict[str, Any]:
    return {
        "column": cell.column,
        "label": f"({cell.column[1:]}) {cell.label}",
        "reported": cell.reported,
        "counted": cell.counted,
        "difference": cell.difference,
    }


def _said(cells: list[Cell]) -> str:
    """How many columns agree, and which differs most."""
    told = [cell for cell in cells if cell.difference is not None]
    off = [cell for cell in told if cell.difference]
    if all(cell.counted is None for cell in cells):
        return "Chưa có hồ sơ nào để so: đơn vị báo cáo số, không gửi hồ sơ của kỳ này."
    if not told:
        return "Dòng báo cáo không ghi cột nào."
    if not off:
        return f"Cả {number(len(told))} cột có báo cáo đều bằng số tính từ hồ sơ."
    most = max(off, key=lambda cell: abs(cell.difference or 0))
    more = "nhiều hơn" if (most.difference or 0) > 0 else "ít hơn"
    return (
        f"{number(len(off))}/{number(len(told))} cột lệch; lệch nhất là ({most.column[1:]}) "
        f"{most.label.lower()}: báo cáo {more} hồ sơ {number(abs(most.difference or 0))}."
    )


def _others(screen: Screen, every: list[dict[str, Any]]) -> None:
    """Links to the periods that lines are of."""
    spans = dict.fromkeys((row["period_from"], row["period_to"]) for row in every)
    links = []
    for first, last in islice(spans, _MOST):
        period = parse_period(f"custom:{first}..{last}")
        to = screen.to(screen.page, {"part": "forms", "period": period.token})
        links.append(link(period.label, to))
    if links:
        st.html(f'<p class="dh-count">Kỳ có báo cáo: {" · ".join(links)}</p>')


def _open_column(screen: Screen, own: list[dict[str, Any]]) -> None:
    """The dossiers that a column of a line counts."""
    column = screen.asked["column"]
    row = next((row for row in own if row["form_row_id"] == screen.asked["line"]), None)
    if column is None or row is None:
        return
    cell = next(c for c in reconciling.cells(screen.frame, row) if c.column == column)
    count = cell.counted or 0
    with panel(screen, "column", f"({column[1:]}) {cell.label}: {number(count)} hồ sơ"):
        st.caption(f"{plain(_title(screen, row))}. {FIGURE_OF[column].meaning}")
        names = screen.frame.procedure_names
        third = Column("Thủ tục", lambda each: names.get(each["procedure_id"], "Chưa rõ thủ tục"))
        asked = screen.frame, row, column
        dossiers(
            screen, count, reconciling.of_column(*asked), third,
            alt=f"Hồ sơ của cột ({column[1:]})", whole=reconciling.every_of_column(*asked),
        )  # fmt: skip
