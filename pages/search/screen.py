"""The parts of the search: one field, what was found by kind, each a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

import streamlit as st

from connectors.searching import Code
from metrics.core.periods import period_of
from metrics.core.searching import Item
from metrics.core.vietnamese import day, number
from metrics.dossiers.lateness import LISTS
from metrics.inspections.figures import INSPECTION_FIGURE
from metrics.tasks.figures import TASK_FIGURE
from pages.search import data as search_data
from ui.kit.links import href, link
from ui.kit.marks import Html
from ui.kit.parts import empty
from ui.shell.context import Frame
from ui.shell.text import plain, safe

_SHOWN: Final = 8
_MOST: Final = 80
_FIELD: Final = "search_text"
KINDS: Final = {
    "unit": "Đơn vị",
    "procedure": "Thủ tục",
    "task": "Nhiệm vụ",
    "finding": "Tồn tại kiểm tra",
    "target": "Chỉ tiêu",
    "figure": "Số liệu",
    "screen": "Màn hình",
}
"""Kinds of what is found, in the order of the screen."""


def heading(frame: Frame) -> None:
    """The title, and what can be found how."""
    st.title("Tìm")
    st.caption(
        "Mã hồ sơ (đủ hoặc phần đầu), đơn vị, thủ tục, nhiệm vụ, tồn tại, chỉ tiêu, số liệu, màn "
        f"hình; không cần dấu, sai một chữ vẫn tìm được. Trong phạm vi {plain(frame.everything)}."
    )


def asked() -> str:
    """What was typed: kept in the session and in no address, for it may be anything."""
    typed = st.text_input(
        "Tìm gì", key=_FIELD, max_chars=_MOST, placeholder="Ví dụ: khai sinh, hà đông, H26.18-…",
        icon=":material/search:",
    )  # fmt: skip
    return str(typed or "").strip()


def results(frame: Frame, typed: str) -> None:
    """What was found, dossiers first; or that nothing was."""
    if not typed:
        return
    codes, is_lost = search_data.codes(frame, typed)
    found = search_data.index(frame).find(typed)
    if is_lost:
        st.caption("Chưa tìm được mã hồ sơ: mất kết nối cơ sở dữ liệu.")
    if not codes and not found and not is_lost:
        empty(
            f"Không tìm thấy “{plain(typed)}”",
            "Không có hồ sơ, đơn vị, thủ tục, nhiệm vụ… nào như vậy trong phạm vi được xem.",
            "Hãy gõ ít chữ hơn, hoặc từ bốn ký tự đầu của mã hồ sơ.",
        )
        return
    if codes:
        _list("Hồ sơ", [_code(frame, each) for each in codes[:_SHOWN]], len(codes))
    for kind, title in KINDS.items():
        mine = [item for item in found if item.kind == kind]
        if mine:
            _list(title, [_item(frame, each) for each in mine[:_SHOWN]], len(mine))


def _list(title: str, rows: list[Html], total: int) -> None:
    st.subheader(f"{title} ({number(total)})")
    st.html(f'<ul class="dh-calls">{"".join(f"<li>{row}</li>" for row in rows)}</ul>')
    if total > len(rows):
        st.caption(f"Hiện {number(len(rows))} kết quả khớp nhất; gõ thêm chữ để thu hẹp.")


def _code(frame: Frame, found: Code) -> Html:
    """A dossier, in the month of its receipt: there the list has it, late or not."""
    received = search_data.local_day(found)
    view = replace(frame.view, unit=None, as_of=None)
    if received:
        view = replace(view, period=period_of("month", date.fromisoformat(received)))
    own = {"figure": "received", "q": found.code, "dossier": found.dossier_id}
    params = {**view.params(frame.default), **own}
    when = f", tiếp nhận {day(date.fromisoformat(received))}" if received else ""
    state = "đã giải quyết" if found.has_ended else "đang giải quyết"
    unit = frame.unit_names.get(found.unit_id, "")
    return _row(found.code, href(frame, "late", params), f"{unit}{when}, {state}")


def _item(frame: Frame, item: Item) -> Html:
    page, params = _target(item)
    note = search_data.statement_of(frame, item.kind, item.key)
    if item.kind == "procedure":
        note = str(item.key)
    if not page or not frame.may(f"page:{page}"):
        return Html(safe(item.name))
    return _row(item.name, href(frame, page, {**frame.params(), **params}), note)


def _row(name: str, to: str, note: str) -> Html:
    told = f' <span class="dh-muted">{safe(note)}</span>' if note else ""
    return Html(f"{link(name, to)}{told}")


def _target(item: Item) -> tuple[str, Mapping[str, Any]]:
    """Page and parameters of what was found; no page: it is only named."""
    match item.kind:
        case "screen":
            return str(item.key), {}
        case "unit":
            return "units", {"unit": item.key}
        case "procedure":
            return "procedures", {"code": item.key}
        case "task":
            return "tasks", {"when": "all", "task": item.key}
        case "finding":
            return "inspections", {"span": "all", "finding": item.key}
        case "target":
            return "targets", {"target": item.key}
        case _:
            return _of_figure(str(item.key))


def _of_figure(key: str) -> tuple[str, Mapping[str, Any]]:
    if key in TASK_FIGURE:
        return "tasks", {"figure": key}
    if key in INSPECTION_FIGURE:
        return "inspections", {"figure": key}
    return ("late", {"figure": key}) if key in LISTS else ("", {})
