"""The screen of records as a whole: its address, its parts, and what is said above all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from connectors.intake import IntakeRefused
from metrics.core.vietnamese import moment, number
from metrics.dossiers.quality import CHECKS
from pages.records import data as records
from pages.records import taking
from ui.kit import screen as kit
from ui.kit.events import PART
from ui.kit.query import Query, a_day, a_room, an_id, one_of, opened, row_of
from ui.kit.writing import SCHEDULES, UNITS
from ui.shell import data, identity
from ui.shell.context import Frame

PARTS: Final = {
    "sources": "Nguồn và lô nhập",
    "upload": "Nạp tệp",
    "quality": "Chất lượng",
    "units": "Đơn vị giống nhau",
    "closing": "Chốt số liệu",
    PART: "Sự kiện",
    "calendar": "Lịch làm việc",
    "snapshot": "Bản tổng hợp",
}
"""Parameter ``part`` → label."""
QUERY: Final = Query(
    "data",
    a_room(PARTS),
    one_of(
        "mapping",
        usual=taking.USUAL,
        label="Nguồn và cách đọc tệp (ánh xạ)",
        is_listed=False,
    ),
    opened("batch"),
    opened("check", CHECKS),
    opened("closing"),
    opened("schedule"),
    an_id("event_unit", is_listed=False),
    a_day("event_on", is_listed=False),
    row_of("event"),
)


@dataclass(frozen=True)
class Screen(kit.Screen):
    """``found``: what the database says of its batches. ``mappings``: how files may be read.

    ``closings``: the closed periods of the reader's units, newest first. ``schedules``: what is
    sent by itself; None: it is not told to this reader.
    """

    found: records.Register
    mappings: dict[str, taking.Layout]
    parts: dict[str, str]
    closings: list[records.Row]
    schedules: records.Schedules | None

    @property
    def mapping(self) -> str:
        """How the file is to be read: as chosen, else in the usual way, else in the first."""
        chosen: str = self.asked["mapping"]
        return chosen if chosen in self.mappings else next(iter(self.mappings))

    @property
    def behind(self) -> str | None:
        """A sentence where the figures on screen were not made from the database's last batch."""
        manifest = data.manifest()
        if self.found.lost or manifest is None or self.found.newest == manifest.last_batch_id:
            return None
        if self.found.newest < manifest.last_batch_id:
            return (
                "Cơ sở dữ liệu đang mở không phải cơ sở dữ liệu mà số liệu được tổng hợp từ đó (có "
                "ít lô nhập hơn). Hãy kiểm tra DATABASE_URL trước khi tổng hợp lại."
            )
        newer = self.found.newest - manifest.last_batch_id
        return (
            f"Cơ sở dữ liệu có {number(newer)} lô nhập mới hơn số liệu đang xem. "
            "Hãy tổng hợp lại để các màn hình có số liệu mới."
        )


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    found = records.register()
    offered = {"upload": taking.offered(), "units": identity.may(UNITS, whole=True)}
    parts = {key: label for key, label in PARTS.items() if offered.get(key, True)}
    # A batch is of all units together: a reader of some units sees the sources and no batch.
    batches = found.numbers if identity.scope().units is None else []
    mappings = _mappings()
    closings = records.closings()
    numbers = [row["closing_id"] for row in closings]
    plans = records.schedules() if identity.may(SCHEDULES, whole=True) else None
    planned = [] if plans is None else [one.id for one in plans.kept]
    asked = QUERY.read(
        part=parts,
        event_unit=frame.unit_names,
        mapping=mappings,
        batch=batches,
        closing=numbers,
        schedule=planned,
    )
    return Screen(frame, asked, "data", found, mappings, parts, closings, plans)


def _mappings() -> dict[str, taking.Layout]:
    try:
        return taking.layouts()
    except IntakeRefused:
        return {}  # told where files are taken in


def heading(screen: Screen) -> None:
    """The title, what in the address means nothing, a lost database."""
    st.title("Dữ liệu")
    screen.asked.warn()
    if screen.found.lost:
        until = moment(screen.frame.facts.data_until)
        st.error(
            "**Không đọc được cơ sở dữ liệu hồ sơ** (mất kết nối, đang bị khóa, hoặc tệp không còn "
            f"ở chỗ cũ). Số liệu trên các màn hình vẫn là bản tổng hợp gần nhất, đến {until}. Tạm "
            "thời không xem được lô nhập và không nhập được tệp. Hãy kiểm tra DATABASE_URL và máy "
            "chủ cơ sở dữ liệu, rồi tải lại trang.",
            icon=":material/cloud_off:",
        )


def part(screen: Screen) -> str:
    """The control for the parts that the reader may see; the chosen one."""
    return kit.choose_part(screen, screen.parts)
