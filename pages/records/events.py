"""What happened beside the dossiers, as time lines show it: listed, entered, mended, withdrawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import streamlit as st

from pages.records.screen import Screen
from ui.kit import record
from ui.kit.events import PART, columns
from ui.kit.forms import Form
from ui.kit.parts import empty
from ui.kit.table import table
from ui.shell import events as held

__all__ = ["PART", "events"]

_FILES: Final = ("event",)
_FORM: Final = Form(
    "event",
    "Ghi sự kiện",
    ":material/event:",
    done="Đã ghi sự kiện “{name}”.",
    when="from_on",
    about="Sự kiện đứng trên mọi biểu đồ theo thời gian của đơn vị và các đơn vị trực thuộc. Ngày "
    "nghỉ theo lịch làm việc đã có sẵn, không phải ghi lại.",
)


def events(screen: Screen) -> None:
    """The event that the address opens; every one of the reader's units, newest first; new ones."""
    frame = screen.frame
    record.opened(screen, (_FORM,))
    st.header("Sự kiện trên biểu đồ theo thời gian")
    found = held.every(frame)[::-1]
    if found:
        table(
            [{"event": each, "day": each.day, "event_id": each.event_id} for each in found],
            columns(frame.place_names),
            alt="Các sự kiện, mới nhất ở trên",
            opens=record.rows(screen, "event", "event_id"),
        )
    else:
        empty(
            "Chưa ghi sự kiện nào",
            "Sự kiện (phần mềm mới, sắp xếp tổ chức, kiểm tra, chiến dịch, nghỉ lễ) giúp giải "
            "thích vì sao số liệu đổi.",
        )
    record.entry(screen, (_form(screen),), _FILES, frame.ask.moment)


def _form(screen: Screen) -> Form:
    """The form, with the unit and the day of the chart that the reader came from."""
    unit = screen.asked["event_unit"] or screen.frame.reader.unit_id
    usual = {"unit": unit, "from_on": screen.asked["event_on"]}
    given = {name: value for name, value in usual.items() if value}
    return replace(_FORM, usual=given, is_open=screen.asked["event_on"] is not None)
