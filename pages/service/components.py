"""Components of Decision 766 on the screen: arithmetic, formula, and the dossiers behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import streamlit as st

from metrics.core.periods import Period, period_of
from metrics.core.vietnamese import number, percent, signed
from metrics.service.decision766 import STATES, Component, Group, Portal, Scorecard, Scored, Sum
from metrics.service.figures import IN_THE_LIST
from pages.service import data as service_data
from pages.service.data import PARTS, SHOWN
from pages.service.screen import Screen, go_to, two
from ui.kit.parts import dossier_table, go
from ui.shell.text import safe

_ORIGINS: Final = {
    "dossiers": "tính từ hồ sơ",
    "imported": "số đã nhập",
    "rule": "theo quy tắc",
    None: "",
}


# -- components ---------------------------------------------------------------------------


def components(screen: Screen) -> None:
    """Every component with points, arithmetic, source and the portal's score."""
    card = screen.card
    assert card is not None
    st.header(f"Từng thành phần, {screen.label}")
    rows = "".join(_group_rows(card, group) for group in card.method.groups)
    st.html(
        '<div class="dh-scroll"><table class="dh-service"><thead><tr><th>Thành phần</th>'
        "<th>Điểm</th><td></td><th>Cách tính</th><th>Cổng</th><th>Lệch</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )
    st.caption(
        "Bấm tên thành phần để xem công thức. “≤”: chỉ biết cận trên, không cộng vào điểm. “chưa "
        "có”: không tính được từ hồ sơ và chưa nhập, không phải 0. Lệch = tính lại − trên Cổng."
    )


def _group_rows(card: Scorecard, group: Group) -> str:
    found, portal = card.group(group.key), card.portal.get(group.key)
    points = f"{number(found.points, 2)}/{number(found.of)}" if found.known else "chưa có"
    head = (
        f'<tr class="dh-service-group"><th scope="rowgroup">{safe(group.name)}</th>'
        f"<th>{points}</th><td></td><th>tối đa {number(group.max)} · {found.known}/{found.count} "
        f"thành phần đã biết</th><th>{number(portal.points, 2) if portal else ''}</th>"
        f"<th>{_gap(found, portal)}</th></tr>"
    )
    return head + "".join(_row(each) for each in card.of_group(group.key))


def _gap(found: Sum, portal: Portal | None) -> str:
    if portal is None or not found.is_whole:
        return ""
    return signed(round(found.points - portal.points, 2), 2)


def _row(each: Scored) -> str:
    part = each.component
    portal = number(each.portal, 2) if each.portal is not None else ""
    gap = signed(round(each.difference, 2), 2) if each.difference is not None else ""
    return (
        f"<tr><td>{_about(part)}</td><td>{_shown(each)}</td><td>{_stripe(each)}</td>"
        f"<td>{_how(each)}</td><td>{portal}</td><td>{gap}</td></tr>"
    )


def _about(part: Component) -> str:
    caution = "" if part.verified else "<br>▲ Chưa đối chiếu với văn bản: công thức là giả định."
    if part.not_for:
        caution += " Không áp dụng cho cấp xã (chưa đối chiếu)."
    note = f"<br>{safe(part.note)}" if part.note else ""
    return (
        f'<details class="dh-details"><summary>{part.key} {safe(part.name)}</summary>'
        f'<div class="dh-muted">{safe(formula(part))}<br>Tử số: {safe(part.numerator)}.<br>'
        f"Mẫu số: {safe(part.denominator)}.{note}{caution}</div></details>"
    )


def formula(part: Component) -> str:
    """The rule of a component in words."""
    if not part.max:
        return "Không tính điểm."
    top = number(part.max)
    rate = "tỷ lệ"
    if part.times:
        rate = f"tỷ lệ × tỷ lệ của {part.times}"
    if part.minus:
        rate = "(tỷ lệ − tỷ lệ hồ sơ có phản ánh hoặc không hài lòng)"
    text = f"{top} × {rate}"
    if part.full_at != 1:
        text = f"{top} × {rate} / {percent(part.full_at, 0)}, không quá {top}"
    zero = {"max": f"; mẫu số bằng 0: {top} điểm", "zero": "; mẫu số bằng 0: 0 điểm"}
    return f"Điểm = {text}{zero.get(part.empty or '', '')}."


def _shown(each: Scored) -> str:
    top = number(each.component.max)
    if each.points is not None:
        return f"<b>{number(each.points, 2)}</b>/{top}"
    if each.at_most is not None:
        return f'<span class="dh-warn">≤ {number(each.at_most, 2)}</span>/{top}'
    word = "theo dõi" if each.state == "watched" else f"○ chưa có/{top}"
    return f'<span class="dh-muted">{word}</span>'


def _stripe(each: Scored) -> str:
    if each.points is None or not each.component.max:
        return ""
    share = 100 * each.points / each.component.max
    return f'<div class="dh-stripe"><div style="width:{share:.1f}%"></div></div>'


def _how(each: Scored) -> str:
    parts = []
    if each.arithmetic:
        parts.append(safe(each.arithmetic))
    if each.state == "watched" and each.rate is not None:
        parts.append(percent(each.rate, 2))
    if each.reason:
        parts.append(f'<span class="dh-muted">{safe(each.reason)}</span>')
    reading = each.component.reading
    if reading and each.other is not None and abs(each.other - (each.points or 0)) >= 0.005:
        label = f"{number(each.other, 2)} {safe(reading.label)}"
        parts.append(f'<span class="dh-warn">▲ {label}</span>')
    if each.beside is not None and each.beside.rate is not None:
        parts.append(
            f'<span class="dh-muted">số đã nhập: {number(each.beside.numerator)}/'
            f"{number(each.beside.denominator)} = {percent(each.beside.rate, 2)}</span>"
        )
    if each.origin == "rule" and not each.component.verified:
        parts.append('<span class="dh-muted">[chưa đối chiếu với văn bản]</span>')
    if each.origin in ("dossiers", "imported"):
        parts.append(f'<span class="dh-muted">[{_ORIGINS[each.origin]}]</span>')
    return " · ".join(parts)


# -- one component ------------------------------------------------------------------------


def panel(screen: Screen) -> None:
    """The component that is open: formula, sides, and the dossiers behind it."""
    card = screen.card
    if card is None or screen.chosen not in {each.component.key for each in card.scored}:
        return
    found = card.of(screen.chosen)
    part = found.component
    with st.container(border=True, key="service_panel"):
        given = found.given
        pairs = [
            ("Điểm", f"{two(found.points)}/{number(part.max)} ({STATES[found.state]})"),
            ("Công thức", formula(part)),
            ("Cách tính", found.arithmetic or found.reason),
            ("Tử số", f"{part.numerator}: {number(given.numerator)}" if given else part.numerator),
            (
                "Mẫu số",
                f"{part.denominator}: {number(given.denominator)}" if given else part.denominator,
            ),
            ("Nguồn", given.source if given else None),
            ("Điểm trên Cổng", two(found.portal) if found.portal is not None else None),
            ("Ghi chú", part.note),
        ]
        rows = "".join(
            f"<tr><th>{label}</th><td>{safe(value)}</td></tr>" for label, value in pairs if value
        )
        st.html(
            f"<p><b>{part.key} {safe(part.name)}</b>, {screen.label}</p>"
            f'<table class="dh-facts">{rows}</table>'
        )
        if found.origin == "dossiers" and part.figure is not None:
            _dossiers(screen, part)


def _dossiers(screen: Screen, part: Component) -> None:
    if part.figure in IN_THE_LIST:
        _links(screen, part)
        return
    key = "service_part"
    st.session_state[key] = screen.query.part

    def changed() -> None:
        go_to(screen, component=part.key, part=st.session_state[key] or "missing")

    st.segmented_control(
        "Hồ sơ đứng sau", list(PARTS), format_func=PARTS.__getitem__, key=key, on_change=changed
    )
    frame = screen.frame
    count, table = service_data.behind(
        frame.version, frame.view, frame.units_in_view, part.key, screen.month, screen.query.part
    )
    st.markdown(f"**{number(count)}** hồ sơ: {PARTS[screen.query.part].lower()}.")
    if not count:
        return
    if not frame.may("open_dossier") or frame.is_small(count):
        st.caption("Tài khoản của bạn chỉ xem số lượng, không mở danh sách hồ sơ.")
        return
    dossier_table(
        table,
        frame.unit_names,
        frame.procedure_names,
        f"{PARTS[screen.query.part]} của thành phần {part.key}",
    )
    if count > table.height:
        st.caption(f"{number(SHOWN)} hồ sơ tiếp nhận gần nhất trong {number(count)}.")


def list_params(screen: Screen, **more: str) -> dict[str, str]:
    """The parameters of the list of dossiers for this month, judged as the portal does."""
    frame = screen.frame
    period: Period = period_of("month", screen.month)
    moment = frame.ask.moment
    view = replace(
        frame.view,
        period=period,
        as_of=moment if moment.date() <= period.last else None,
        definition="portal",
        compare=None,
        due="current",
    )
    return view.params(frame.default) | more


_LISTED: Final = {
    "on_time": (("Hồ sơ làm mất điểm", "not_on_time"), ("Hồ sơ ở tử số", "on_time")),
    "online_share": (
        ("Hồ sơ không nộp trực tuyến", "received_offline"),
        ("Hồ sơ ở tử số", "received_online"),
    ),
}


def _links(screen: Screen, part: Component) -> None:
    listed = (*_LISTED[str(part.figure)], ("Hồ sơ ở mẫu số", "received"))
    with st.container(horizontal=True, gap="medium", key="service_links"):
        for label, figure in listed:
            params = list_params(screen, figure=figure)
            go(screen.frame, "late", label, params, width="content")
