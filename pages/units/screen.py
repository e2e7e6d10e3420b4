"""The screen of units: several units, or one that resolves dossiers itself; its heading."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import streamlit as st

from metrics.core.periods import Period
from metrics.core.verdict import State, words
from metrics.core.vietnamese import day, number
from metrics.dossiers.units import CLASSES, LENGTHS, UnitFigures, full_periods
from pages.units import data as units_data
from pages.units.control import offered
from ui.kit import query as asks
from ui.kit import screen as kit
from ui.kit import writing
from ui.kit.card import explain
from ui.kit.links import href, link
from ui.kit.marks import MARKS, Html
from ui.kit.parts import empty
from ui.kit.table import Row
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.text import plain, safe
from ui.shell.view import View

QUERY: Final = asks.Query(
    "units",
    asks.one_of("only", ("1",), is_listed=False),
    asks.one_of("series", LENGTHS, label="Độ dài chuỗi", is_listed=False),
    asks.one_of("rebase", label="Tính lại mức bình thường từ", is_listed=False),
    asks.one_of("kind", CLASSES, label="Loại đơn vị"),
    asks.text("q", label="Tìm đơn vị, không cần dấu"),
    asks.ids("units", label="Đơn vị", every="Mọi đơn vị"),
    asks.page(),
    asks.row_of("unit_head"),
)
"""The screen's parameters, beside those of the frame; ``only``: a unit without those below;
``rebase``: the day that the control chart begins anew at, or nowhere (``NOWHERE``)."""


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: one unit that works itself, or the units below the chosen one."""

    unit: Row | None
    """The chosen unit's row; None: everything in the reader's scope."""
    has_parts: bool
    is_single: bool

    @property
    def name(self) -> str:
        frame = self.frame
        return frame.everything if self.unit is None else frame.unit_names[self.unit["unit_id"]]

    @cached_property
    def ids(self) -> frozenset[int]:
        """The units whose dossiers are looked at, within the reader's scope."""
        if self.unit is not None and self.is_single:
            return units_data.alone(int(self.unit["unit_id"]))
        return units_data.every_unit(self.frame)

    @cached_property
    def figures(self) -> UnitFigures:
        """One unit's figures."""
        frame = self.frame
        return units_data.figures(frame.version, frame.view, tuple(sorted(self.ids)))

    @cached_property
    def ranking(self) -> units_data.Ranking:
        """Several units' figures."""
        return units_data.ranking(self.frame, self.asked)

    @property
    def is_empty(self) -> bool:
        return self.figures.is_empty if self.is_single else self.ranking.whole.is_empty()

    def late(self, figure: str, **more: Any) -> str:
        """The address of a figure's dossiers of this unit alone, cut further."""
        alone = self.unit["unit_id"] if self.unit and self.has_parts else None
        own = {"figure": figure, "units": alone, **more}
        return self.to("late", {key: value for key, value in own.items() if value is not None})

    def unit_href(self, unit: int, view: View | None = None) -> str:
        """The address of one unit alone, also where others below it work."""
        return unit_href(self.frame, unit, view)


def unit_params(frame: Frame, unit: int, view: View | None = None) -> dict[str, str]:
    """The parameters that open one unit alone, also where others below it work."""
    params = replace(view or frame.view, unit=unit).params(frame.default)
    return params | ({"only": "1"} if units_data.is_only_part(frame, unit) else {})


def unit_href(frame: Frame, unit: int, view: View | None = None) -> str:
    """The address of :func:`unit_params`."""
    return href(frame, "units", unit_params(frame, unit, view))


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    chosen = _chosen(frame)
    asked = QUERY.read(units=frame.unit_names, rebase=offered(frame, chosen))
    if chosen is None:
        return Screen(frame, asked, "units", None, has_parts=True, is_single=False)
    has_parts = bool(units_data.parts(frame, chosen))
    is_single = not has_parts or (bool(asked["only"]) and units_data.works(frame, chosen))
    return Screen(frame, asked, "units", units_data.row(frame, chosen), has_parts, is_single)


def _chosen(frame: Frame) -> int | None:
    """The unit of the view, or the only one that the reader may see."""
    allowed = data.scope_of_reader().units
    if frame.view.unit is not None or allowed is None or len(allowed) != 1:
        return frame.view.unit
    return next(iter(allowed))


def mark(frame: Frame, state: State) -> Html:
    """A rate's state against the target, with its shape and words."""
    return MARKS["rate"][state].html(words(frame.ask)[state])


# -- heading ------------------------------------------------------------------------------


def heading(screen: Screen) -> None:
    """The title, and what kind of unit it is, since when and under whom."""
    st.title(plain(screen.name))
    screen.asked.warn()
    if screen.unit is None:
        return
    frame, unit = screen.frame, screen.unit
    since, until = unit["valid_from"], unit["valid_to"]
    facts = [
        units_data.class_of(frame, unit["unit_id"]),
        f"mã {unit['code']}" if unit["scheme"] != "group" else "",
        f"từ {day(since)}" if since else "",
        f"đến {day(until)}" if until else "",
    ]
    links = "".join(_ways(screen, unit))
    st.html(
        f'<nav class="dh-contents" aria-label="Về đơn vị"><span class="dh-source">'
        f"{safe(' · '.join(fact for fact in facts if fact))}</span>{links}</nav>"
    )


def _ways(screen: Screen, unit: Row) -> list[Html]:
    """To the unit above; from the units below to the unit's own dossiers, and back."""
    frame, found = screen.frame, []
    parent = frame.unit_names.get(unit["parent_id"])
    if parent is not None:
        above = "Khối" if units_data.is_under_heading(frame, unit) else "Thuộc"
        view = replace(frame.view, unit=unit["parent_id"])
        to = href(frame, "units", view.params(frame.default))
        found.append(link(f"{above} {parent}", to))
    if screen.has_parts and screen.is_single:
        found.append(link("Xem cả các đơn vị trực thuộc", screen.href(only=None)))
    elif screen.has_parts and units_data.works(frame, unit["unit_id"]):
        found.append(link("Xem riêng đơn vị này", screen.href(only="1")))
    if writing.may_ask():
        params = frame.params() | {"unit": None, "call": unit["unit_id"]}
        found.append(link("Yêu cầu giải trình, giao việc", href(frame, "week", params)))
    return found


# -- nothing in the period ----------------------------------------------------------------


def nothing(screen: Screen) -> None:
    """Why the period is empty, and one click to the last month and quarter that are not."""
    frame, name = screen.frame, plain(screen.name)
    days = units_data.days_with_dossiers(frame.version, screen.ids)
    ended = screen.unit["valid_to"] if screen.unit else None
    first, last = frame.view.period.first, frame.view.period.last
    if not days:
        empty(
            "Đơn vị không trực tiếp giải quyết hồ sơ",
            f"{name} không là cơ quan giải quyết của hồ sơ nào trong dữ liệu đã nạp.",
            "Nếu đơn vị có giải quyết hồ sơ, hãy kiểm tra bảng ánh xạ đơn vị ở trang Dữ liệu.",
        )
    else:
        if days[0] > last:
            why = f"Hồ sơ đầu tiên của {name} là ngày {day(days[0])}, sau kỳ đang xem."
        elif ended is not None and ended < first:
            why = (
                f"{name} kết thúc hoạt động ngày {day(ended)} nên không có hồ sơ trong kỳ "
                f"đang xem: {frame.view.period.label}."
            )
        else:
            why = f"{name} không có hồ sơ nào trong kỳ đang xem: {frame.view.period.label}."
        empty("Không có hồ sơ trong kỳ này", why)
        links = "".join(_in(screen, period) for period in full_periods(days, ended))
        st.html(f'<nav class="dh-contents" aria-label="Kỳ có hồ sơ">{links}</nav>')
    _only_receives(screen)


_WHOLE: Final = {"month": "tháng trọn cuối cùng", "quarter": "quý trọn cuối cùng"}


def _in(screen: Screen, period: Period) -> Html:
    view = replace(screen.frame.view, period=period, as_of=None)
    params = {**view.params(screen.frame.default), **screen.own}
    to = href(screen.frame, "units", params)
    return link(f"Xem {_WHOLE[period.kind]} có hồ sơ: {period.label}", to)


def _only_receives(screen: Screen) -> None:
    """A one-stop point that hands dossiers on has a figure of its own: what it received."""
    if screen.unit is None:
        return
    count = units_data.received_here(screen.frame, screen.unit["unit_id"])
    if not count:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Là nơi tiếp nhận: **{number(count)}** hồ sơ trong kỳ, do cơ quan khác giải quyết.",
            width="content",
        )
        cell = {"numerator": count, "denominator": None, "rate": None, "unknown": None}
        explain(units_data.RECEIVED, cell, f"Kỳ {screen.frame.view.period.label}.")
