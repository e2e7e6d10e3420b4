"""Cần chỉ đạo on the home screen: whom to call, a row a unit, and what else there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from connectors.heads import Head
from metrics.core.vietnamese import day, number
from metrics.dossiers.attention import Line
from metrics.dossiers.calls import Call, CallList, brief, call_list
from metrics.feedback.figures import FEEDBACK_FIGURE
from metrics.indices import lines as index_lines
from metrics.inspections.figures import INSPECTION_FIGURE
from metrics.targets import lines as target_lines
from metrics.targets.budget import Budget
from metrics.tasks.figures import TASK_FIGURE
from metrics.tasks.requests import REQUESTS, Request
from pages.feedback import home as feedback_home
from pages.indices import home as indices_home
from pages.inspections import home as inspections_home
from pages.targets import home as target_home
from pages.tasks import home as task_home
from ui.kit import heads
from ui.kit.budget import budget_spark
from ui.kit.links import href, link
from ui.kit.marks import Html
from ui.kit.parts import LEVEL_MARKS, empty, opens
from ui.shell import data, events
from ui.shell.context import Frame
from ui.shell.text import safe

_Link = tuple[str, str, dict[str, str]]
"""Page, label, parameters."""

_FIRST: Final = 3
"""So many lines beside the calls stand on the screen; the others behind one click."""


def read(frame: Frame) -> CallList:
    """The call list of the view; what is said of the unit in view itself is nobody's call."""
    lines = [
        *data.attention_lines(frame.version, frame.view, events.anew(frame)),
        *task_home.lines(frame),
        *inspections_home.lines(frame),
        *feedback_home.lines(frame),
        *target_home.lines(frame),
        *indices_home.lines(frame),
    ]
    own = {frame.view.unit, frame.reader.unit_id, data.own_root(frame.version)}
    return call_list(lines, frame.ask.as_of_day, own)


def attention_list(
    frame: Frame, found: CallList, before: Mapping[int, Request], deed: Callable[[int], Html]
) -> None:
    """Whom to call and why, each reason with its rows one click away; then everything else.

    Args:
        before: unit → what was asked of it last. deed: unit → the link to do something about it.
    """
    count = len(found.calls) or len(found.rest)
    st.header(f"Cần chỉ đạo ({count})" if count else "Cần chỉ đạo")
    if found.is_empty:
        empty(
            "Không có việc cần chỉ đạo",
            "Không đơn vị nào dưới mục tiêu và không có hồ sơ chờ xử lý gấp trong kỳ này.",
        )
        return
    with st.container(key="attention"):
        if found.sources is not None:
            _list(frame, [found.sources])
        if found.calls:
            led_by = heads.of_units([call.unit for call in found.calls])
            beside = _Beside(led_by, before, target_home.budgets(frame), deed)
            rows = "".join(_call(frame, call, beside) for call in found.calls)
            st.html(f'<ol class="dh-calls" aria-label="Đơn vị cần gọi">{rows}</ol>')
        _rest(frame, found)


def _rest(frame: Frame, found: CallList) -> None:
    """What is nobody's call; all of it where there is none."""
    shown = 0 if found.calls else len(found.rest) if len(found.rest) <= 2 * _FIRST else _FIRST
    _list(frame, found.rest[:shown])
    if more := found.rest[shown:]:
        with st.expander(f"Còn {number(len(more))} việc khác"):
            _list(frame, more)


@dataclass(frozen=True)
class _Beside:
    """What stands in rows beside reasons: who leads a unit, what was asked of it last, the late
    budget of a promise by target and unit, the link to do something."""

    led_by: Mapping[int, Head]
    before: Mapping[int, Request]
    budgets: Mapping[tuple[int, int], Budget]
    deed: Callable[[int], Html]

    def budget(self, call: Call) -> Html:
        """That of the first promise among the reasons, drawn small."""
        keys = ((line.where.get("target_id", 0), call.unit) for line in call.lines)
        found = (self.budgets.get(key) for key in keys)
        return next((budget_spark(each) for each in found if each is not None), Html(""))

    def asked(self, call: Call) -> Html:
        """What was asked of it last, and what became of it."""
        last = self.before.get(call.unit)
        told = "" if last is None else f'<div class="dh-call-before">{safe(last.sentence)}.</div>'
        return Html(told)


def _call(frame: Frame, call: Call, beside: _Beside) -> Html:
    """A row: the unit, its head, since when, its reasons as one sentence, what was asked last."""
    name = link(call.name, href(frame, "units", frame.params(unit=call.unit)), style="dh-call-unit")
    since = "" if call.since is None else f'<span class="dh-muted">từ {day(call.since)}</span>'
    first, *others = call.lines
    said = "; ".join([reason(frame, first), *(_in_short(frame, line) for line in others)])
    head = heads.said(beside.led_by.get(call.unit))
    return Html(
        f"<li>{LEVEL_MARKS[call.level]} {name} {head} {since}<div>{said}. {beside.budget(call)}"
        f"</div>{beside.asked(call)}{beside.deed(call.unit)}</li>"
    )


def address(frame: Frame, line: Line) -> str:
    """The address of what a line speaks of."""
    page, _, params = _target(frame, line)
    return href(frame, page, params)


def reason(frame: Frame, line: Line) -> str:
    """A line's sentence with the link to what it speaks of, as HTML."""
    page, label, params = _target(frame, line)
    said = f"<span>{safe(line.text.rstrip('.'))}</span>"
    if not opens(frame, page, line.count):
        return said
    return f"{said} {link(label, href(frame, page, params))}"


def _in_short(frame: Frame, line: Line) -> str:
    """What it is about, as the link; the whole sentence for who stays on it."""
    page, _, params = _target(frame, line)
    words = brief(line)
    said = link(words, href(frame, page, params)) if opens(frame, page, line.count) else safe(words)
    return f'<span title="{safe(line.text)}">{said}</span>'


def _list(frame: Frame, lines: tuple[Line, ...] | list[Line]) -> None:
    """Sentences, each with a link to what it speaks of."""
    if not lines:
        return
    rows = "".join(
        f"<li>{LEVEL_MARKS[line.level]} <strong>{safe(line.subject)}</strong> "
        f"{reason(frame, line)}.</li>"
        for line in lines
    )
    st.html(f'<ul class="dh-calls">{rows}</ul>')


# -- where a line leads ---------------------------------------------------------------------


def _target(frame: Frame, line: Line) -> _Link:
    if line.kind == "stale_source":
        return "data", "Xem nguồn", frame.params()
    units = line.where.get("unit_id")
    chosen = units if isinstance(units, list) else [units] if units is not None else []
    among = ",".join(str(unit) for unit in chosen) or None
    count = number(line.count)
    if line.figure in TASK_FIGURE:
        is_request = line.kind in REQUESTS
        when, what = ("weekly", "yêu cầu") if is_request else ("running", "nhiệm vụ")
        return (
            "tasks",
            f"Xem {count} {what}",
            frame.params(figure=line.figure, units=among, when=when),
        )
    if line.figure in INSPECTION_FIGURE:
        params = frame.params(figure=line.figure, units=among)
        return "inspections", f"Xem {count} tồn tại", params
    if line.figure in FEEDBACK_FIGURE:
        params = frame.params(figure=line.figure, units=among)
        return "feedback", f"Xem {count} phản ánh", params
    if line.figure == target_lines.FIGURE:
        return _promise(frame, line)
    if line.figure == index_lines.FIGURE:
        return "indices", "Xem chỉ số", frame.params(**line.where)
    if line.figure == "unit_list":
        return "units", f"Xem {count} đơn vị", frame.params(units=among)
    part = line.part if line.part != "numerator" else None
    params = frame.params(figure=line.figure, part=part, units=among)
    return "late", f"Xem {count} hồ sơ", params


def _promise(frame: Frame, line: Line) -> _Link:
    word = "cam kết" if line.kind == "commitment" else "chỉ tiêu"
    several = f"{number(line.count)} " if line.count and line.count > 1 else ""
    params = frame.params(target=line.where.get("target_id"))
    return "targets", f"Xem {several}{word}", params
