"""What stands beside a unit's dossiers: its kin, what it reported itself, what it signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import streamlit as st

from metrics.core.periods import Period, period_of
from metrics.core.vietnamese import as_of, as_told, day, number
from metrics.dossiers.kin import RELATIONS
from metrics.dossiers.units import READINGS, report_reading
from metrics.registers.reported import FORM_COLUMNS
from metrics.targets.review import Signed
from metrics.targets.terms import STATES
from pages.targets import data as target_data
from pages.units import data as units_data
from pages.units.screen import Screen
from ui.kit.budget import budget, state_html
from ui.kit.links import href, link
from ui.kit.marks import MARKS, NONE, WARN
from ui.kit.parts import empty
from ui.kit.table import Away, Column, Opens, Row, table
from ui.shell.events import on_line
from ui.shell.text import plain, safe

_SHOWN_COMMITMENTS: Final = 6
_DRAWN_BUDGETS: Final = 2
_DIRECTIONS: Final = {"predecessor": "Tiền thân", "successor": "Đơn vị kế thừa"}
_FORM_LABELS: Final = {
    "c3": "(3) Tổng số tiếp nhận",
    "c4": "(4) Tiếp nhận trực tuyến",
    "c5": "(5) Trực tiếp, bưu chính",
    "c6": "(6) Từ kỳ trước chuyển sang",
    "c7": "(7) Tổng số đã giải quyết",
    "c8": "(8) Trước hạn",
    "c9": "(9) Đúng hạn",
    "c10": "(10) Quá hạn",
    "c11": "(11) Tổng số đang giải quyết",
    "c12": "(12) Trong hạn",
    "c13": "(13) Quá hạn",
    "in_time": "(8)+(9) Trước và đúng hạn, in một số",
}
_COVERAGE: Final = {
    "own": "Bộ phận Một cửa của đơn vị",
    "communes": "Bộ phận Một cửa các phường, xã trực thuộc",
}
_DAY: Final = timedelta(days=1)


# -- kin ----------------------------------------------------------------------------------


def kin(screen: Screen) -> None:
    """The units it came from and went into, each with how much, when, and by what act."""
    if screen.unit is None:
        return
    frame, names = screen.frame, screen.frame.unit_names
    found = units_data.kin(frame, screen.unit["unit_id"])
    if found.is_empty():
        return

    def to(row: Row) -> str:
        period = _suitable(frame.view.period, row["effective_on"], row["direction"])
        return screen.unit_href(row["unit_id"], replace(frame.view, period=period, as_of=None))

    st.header("Kế thừa đơn vị")
    table(
        found,
        (
            Column("Quan hệ", lambda row: _DIRECTIONS[row["direction"]]),
            Column("Đơn vị", lambda row: names[row["unit_id"]], is_name=True),
            Column("Phần", lambda row: RELATIONS[row["relation"]]),
            Column("Từ ngày", "effective_on", "day"),
        ),
        alt=f"Đơn vị tiền thân và kế thừa của {screen.name}",
        opens=Opens(href=to),
        is_tall=True,
    )
    bases = sorted({basis for basis in found["basis"] if basis})
    st.caption(
        f"Căn cứ: {plain('; '.join(bases)) or 'chưa ghi'}. Hồ sơ trước ngày sắp xếp giữ nguyên ở "
        "đơn vị cũ: số liệu quá khứ của đơn vị bị chia tách không phân bổ lại cho đơn vị mới."
    )


def _suitable(period: Period, effective: date, direction: str) -> Period:
    """A period in which the other unit was at work: the one on the screen, or the next to it."""
    if direction == "predecessor":
        return period if period.last < effective else period_of("month", effective - _DAY)
    return period if period.first >= effective else period_of("month", effective)


# -- reported forms -----------------------------------------------------------------------


def reported(screen: Screen) -> None:
    """What the unit reported itself, as the report says it; nothing is filled in."""
    if screen.unit is None:
        return
    rows = units_data.forms(screen.frame, screen.unit["unit_id"])
    if not rows:
        return
    st.header("Số liệu báo cáo")
    st.caption(
        "Do đơn vị báo cáo theo biểu, không tính từ hồ sơ và không cộng vào số liệu ở trên. "
        "“–” là báo cáo không nêu."
    )
    st.html("".join(map(_report, rows)))

    def of(row: dict[str, Any]) -> Callable[[Row], Any]:
        return lambda line: row[line["column"]]

    is_one = any(row["in_time"] is not None for row in rows)
    shown = [*FORM_COLUMNS, *["in_time"] * is_one]
    with st.expander("Các cột của biểu II.06a", icon=":material/table:"):
        table(
            [{"column": column} for column in shown],
            (
                Column("Cột", lambda line: _FORM_LABELS[line["column"]], is_name=True),
                *(Column(_coverage(row), of(row), "count") for row in rows),
            ),
            alt="Các cột của biểu II.06a do đơn vị báo cáo",
            sorts=False,
        )


def _report(row: dict[str, Any]) -> str:
    reading = report_reading(row)
    mark = (WARN if reading == "ambiguous" else NONE).html(READINGS[reading])
    rate = "–" if row["reported_rate"] is None else as_told(row["reported_rate"] / 100)
    since, until = row["period_from"], row["period_to"]
    told = since is not None or until is not None
    span = f"{day(since)}–{day(until)}" if told else "– (báo cáo không ghi ngày)"
    return (
        f'<div class="dh-report"><b>{safe(_coverage(row))}</b>: đã giải quyết '
        f"<b>{number(row['c7'])}</b> hồ sơ; tỷ lệ báo cáo <b>{rate}</b> {mark}"
        f"<blockquote>“{safe(row['wording'] or '–')}”</blockquote>"
        f'<span class="dh-source">Nguồn: {safe(row["source"])}. Kỳ: {span}. '
        f"Biểu {safe(row['form'])}.</span></div>"
    )


def _coverage(row: dict[str, Any]) -> str:
    return _COVERAGE.get(row["coverage"], str(row["coverage"]))


# -- commitments --------------------------------------------------------------------------


def commitments(screen: Screen) -> None:
    """What the unit signed and what became of it, what needs a decision first."""
    if screen.unit is None or not screen.is_single:
        return
    frame, unit = screen.frame, screen.unit["unit_id"]
    view = replace(frame.view, unit=unit)
    _, signatures = target_data.review(frame.looking_at(*target_data.REGISTERS), view)
    mine = sorted(
        (one for one in signatures if one.row["unit_id"] == unit),
        key=lambda one: list(STATES).index(one.state),
    )
    st.header(f"Cam kết ({number(len(mine))})" if mine else "Cam kết")
    if not mine:
        empty(
            f"Chưa ghi nhận cam kết nào của {plain(screen.name)}",
            f"Tính đến {as_of(frame.ask.moment)}, sổ cam kết không có dòng nào do đơn vị này ký. "
            "Chưa nhập nên chưa biết, không phải là đơn vị không cam kết.",
            "Nạp tệp cam kết ở màn hình Chỉ tiêu, mục “Nhập từ tệp”.",
        )

    def to(target: int | None = None) -> str | None:
        if not frame.may("page:targets"):
            return None
        return href(frame, "targets", {**view.params(frame.default), "target": target})

    if mine:
        table(
            [_signed(one) for one in mine[:_SHOWN_COMMITMENTS]],
            (
                Column("Tình trạng", lambda row: MARKS["target"][row["state"]].html(row["word"])),
                Column("Chỉ tiêu", "name", is_name=True),
                Column("Vì sao", "why"),
            ),
            alt=f"Cam kết của {screen.name}",
            opens=Opens(href=lambda row: to(row["target_id"])),
            away=Away(whole=lambda: [_signed(one) for one in mine]),
        )
    _budgets(screen, mine)
    if len(mine) != 1 and (everything := to()):
        label = f"Mở cả {number(len(mine))} cam kết" if mine else "Mở màn hình Chỉ tiêu"
        st.html(f'<p class="dh-source">{link(label, everything)}</p>')


def _budgets(screen: Screen, mine: list[Signed]) -> None:
    """How many late dossiers the promises in force can still bear, what needs a decision first."""
    bears = [
        (one.judged, found) for one in mine if (found := one.judged.judgement.budget) is not None
    ]
    for one, found in bears[:_DRAWN_BUDGETS]:
        name = f"{one.row['code']}. {one.row['name']}"
        st.html(
            f"<p><strong>{safe(name)}</strong>: còn chịu được bao nhiêu hồ sơ trễ"
            f"<br>{state_html(found)} {safe(found.sentence)}</p>"
        )
        events = on_line(screen.frame, one.row["unit_id"], found.period_from, found.period_to)
        key = f"unit_budget_{one.row['target_id']}"
        budget(f"{name} · {screen.name}", found, key, events)


def _signed(one: Signed) -> Row:
    """A signature with what the target's arithmetic says of it, in a sentence."""
    judgement = one.judged.judgement
    return {
        "state": one.state,
        "word": STATES[one.state],
        "name": one.judged.row["name"],
        "why": (judgement.brief or judgement.sentence).rstrip("."),
        "target_id": one.row["target_id"],
    }
