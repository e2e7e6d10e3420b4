"""Components of Decision 766 on the screen: arithmetic, formula, and the dossiers behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import streamlit as st

from metrics.core.periods import period_of
from metrics.core.vietnamese import number, percent
from metrics.service.decision766 import STATES, Component, Scorecard, Scored
from metrics.service.figures import LISTED
from metrics.service.told import formula, gap, other_reading, share, two
from pages.service import data as service_data
from pages.service import forms as service_forms
from pages.service.screen import PARTS, Screen
from ui.kit import listing
from ui.kit.dossiers import dossiers
from ui.kit.filters import widget
from ui.kit.marks import NONE, WARN, Html, odd
from ui.kit.panel import facts, panel
from ui.kit.parts import go
from ui.kit.table import Column, Row, table
from ui.shell.text import safe

_ORIGINS: Final = {"dossiers": "tính từ hồ sơ", "imported": "số đã nhập"}


def components(screen: Screen, card: Scorecard) -> None:
    """Every component with points, arithmetic, source and the portal's score; a row opens."""
    st.header(f"Từng thành phần, {screen.label}")
    groups = {group.key: group.name for group in card.method.groups}
    table(
        [{"key": each.component.key, "each": each} for each in card.scored],
        (
            Column("Thành phần", lambda row: screen.names[row["key"]], is_name=True, width="24%"),
            Column("Nhóm", lambda row: groups[row["each"].component.group], is_minor=True),
            Column(
                "Điểm",
                lambda row: _points(row["each"]),
                order=lambda row: row["each"].points,
                is_number=True,
                in_file=(
                    Column("Điểm", lambda row: row["each"].points, "score"),
                    Column("Điểm, nhiều nhất", lambda row: row["each"].at_most, "score"),
                    Column("Điểm tối đa", lambda row: row["each"].component.max, "score"),
                ),
            ),
            Column(
                "Mức đạt", _stripe, order=lambda row: share(row["each"]), is_minor=True, in_file=()
            ),
            Column("Cách tính", lambda row: _how(row["each"])),
            Column("Cổng", lambda row: row["each"].portal, "score"),
            Column(
                "Lệch",
                lambda row: gap(row["each"].difference),
                is_number=True,
                in_file=(Column("Lệch", lambda row: row["each"].difference, "score"),),
            ),
        ),
        alt=f"Các thành phần, {screen.label}",
        opens=listing.row_opens(screen, "component", "key"),
    )
    st.caption(
        "Bấm một dòng để mở thành phần. “≤”: chỉ biết cận trên, không cộng vào điểm. “chưa có”: "
        "không tính được từ hồ sơ và chưa nhập, không phải 0. Lệch = tính lại − trên Cổng."
    )


def _points(each: Scored) -> Html:
    top = number(each.component.max)
    if each.points is not None:
        return Html(f"<b>{number(each.points, 2)}</b>/{top}")
    if each.at_most is not None:
        return Html(f'<span class="dh-warn">≤ {number(each.at_most, 2)}</span>/{top}')
    word = "theo dõi" if each.state == "watched" else f"○ chưa có/{top}"
    return Html(f'<span class="dh-muted">{word}</span>')


def _stripe(row: Row) -> Html:
    width = share(row["each"])
    if width is None:
        return Html("")
    return Html(f'<div class="dh-stripe"><div style="width:{width:.1f}%"></div></div>')


def _muted(text: str) -> Html:
    return Html(f'<span class="dh-muted">{safe(text)}</span>')


def _how(each: Scored) -> Html:
    """The sum as one would write it, what is odd about it; the formula folded away."""
    part, beside = each.component, each.beside
    parts = [safe(each.arithmetic)]
    if each.state == "watched" and each.rate is not None:
        parts.append(percent(each.rate))
    if each.reason:
        parts.append(_muted(each.reason))
    if other := other_reading(each):
        parts.append(odd(other))
    if beside is not None and beside.rate is not None:
        sides = f"{number(beside.numerator)}/{number(beside.denominator)}"
        parts.append(_muted(f"số đã nhập: {sides} = {percent(beside.rate)}"))
    if each.origin == "rule" and not part.verified:
        parts.append(_muted("[chưa đối chiếu với văn bản]"))
    if each.origin in _ORIGINS:
        parts.append(_muted(f"[{_ORIGINS[each.origin]}]"))
    lines = [formula(part), f"Tử số: {part.numerator}.", f"Mẫu số: {part.denominator}."]
    lines += _cautions(part)
    folded = "<br>".join(safe(line) for line in lines)
    return Html(
        " · ".join(filter(None, parts)) + '<details class="dh-details"><summary>Công thức</summary>'
        f'<div class="dh-muted">{folded}</div></details>'
    )


def _cautions(part: Component) -> list[str]:
    words = [part.note] if part.note else []
    if not part.verified:
        words.append(WARN.text("Chưa đối chiếu với văn bản: công thức là giả định."))
    if part.not_for:
        words.append(NONE.text("Không áp dụng cho cấp xã (chưa đối chiếu)."))
    return words


# -- one component ------------------------------------------------------------------------


def opened(screen: Screen, card: Scorecard) -> None:
    """The component that the address opens: formula, sides, dossiers behind it; entering it."""
    key = screen.asked["component"]
    if key is None:
        return
    with panel(screen, "component", f"{screen.names[key]}, {screen.label}"):
        if key in {each.component.key for each in card.scored}:
            found = card.of(key)
            _about(found)
            if found.origin == "dossiers" and found.component.figure is not None:
                _dossiers(screen, found.component)
        service_forms.component(screen.frame, card.method, key, screen.month)


def _about(found: Scored) -> None:
    part, given = found.component, found.given
    above, below = (
        (f": {number(given.numerator)}", f": {number(given.denominator)}") if given else ("", "")
    )
    pairs = [
        ("Điểm", f"{two(found.points, part.max)}/{number(part.max)} ({STATES[found.state]})"),
        ("Công thức", formula(part)),
        ("Cách tính", found.arithmetic or found.reason),
        ("Tử số", f"{part.numerator}{above}"),
        ("Mẫu số", f"{part.denominator}{below}"),
        ("Nguồn", given and given.source),
        ("Điểm trên Cổng", two(found.portal) if found.portal is not None else None),
        ("Ghi chú", " ".join(_cautions(part))),
    ]
    facts((label, value) for label, value in pairs if value)


def _dossiers(screen: Screen, part: Component) -> None:
    if part.figure in LISTED:
        with st.container(horizontal=True, gap="medium", key="service_links"):
            for figure, label in LISTED[part.figure].items():
                go(screen.frame, "late", label, list_params(screen, figure=figure), width="content")
        return
    frame, asked = screen.frame, screen.asked["part"]
    widget(screen.asked, "part", PARTS)
    count, found = service_data.behind(
        frame.version, frame.view, frame.units_in_view, part.key, screen.month, asked
    )
    st.markdown(f"**{number(count)}** hồ sơ: {PARTS[asked].lower()}.")
    if count:
        names = frame.procedure_names
        third = Column("Thủ tục", lambda row: names.get(row["procedure_id"], "Chưa rõ thủ tục"))
        alt = f"{PARTS[asked]} của thành phần {part.key}"
        whole = service_data.every_behind(frame, part.key, screen.month, asked)
        dossiers(screen, count, found, third, alt=alt, whole=whole)


def list_params(screen: Screen, **more: str) -> dict[str, str]:
    """The parameters of the list of dossiers for this month, judged as the portal does."""
    frame = screen.frame
    period, moment = period_of("month", screen.month), frame.ask.moment
    view = replace(
        frame.view,
        period=period,
        as_of=moment if moment.date() <= period.last else None,
        definition="portal",
        compare=None,
        due="current",
    )
    return view.params(frame.default) | more
