"""The frame that surrounds a page: the reader's view, and the facts within the reader's scope.

A page asks :func:`current` for it in its first line. Without one (somebody reached the page around
the frame) it gets a refusal and stops: nothing is shown before the frame decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from connectors.access import Reader
from connectors.engine import Facts
from metrics.core.ask import Ask
from ui.shell import data, identity
from ui.shell.view import View

_current: ContextVar[Frame | None] = ContextVar("frame", default=None)
_counted: ContextVar[Counter[str] | None] = ContextVar("counted", default=None)


@dataclass(frozen=True)
class Frame:
    """What a page may use: the reader's view, and the facts within the reader's scope.

    Names are asked for by each cell of a table: a run looks each kind up once.
    """

    version: str
    """The version of the facts, without any register: a save of a task leaves it as it is."""
    view: View
    default: View
    ask: Ask
    facts: Facts
    """All facts in scope; for figures use :meth:`opened`, which skips what cannot matter."""
    pages: dict[str, StreamlitPage]
    scope: frozenset[int] | None
    """The units that the reader may see; None: all."""
    snapshot: str
    """The version of everything."""

    def looking_at(self, *registers: str) -> str:
        """The version of the facts with these registers: the key of what is made from them."""
        return data.narrowed(self.snapshot, *registers)

    @cached_property
    def unit_names(self) -> dict[int, str]:
        return data.unit_names(self.version)

    @cached_property
    def place_names(self) -> dict[int, str]:
        """Names of all units, for those that a record in scope names; never to choose from."""
        return data.place_names(self.version)

    @cached_property
    def field_names(self) -> dict[int, str]:
        return data.field_names(self.version)

    @cached_property
    def procedures(self) -> pl.DataFrame:
        """Procedures by id with code and name, as this reader may see them."""
        return data.procedures(self.version)

    @cached_property
    def procedure_names(self) -> dict[int, str]:
        return data.procedure_names(self.version)

    @property
    def everything(self) -> str:
        """What the reader sees without a chosen unit: the account's own unit, or all of them."""
        own = self.reader.unit_id
        return "Tất cả đơn vị" if own is None else self.unit_names.get(own, "Không có đơn vị")

    @property
    def whose(self) -> str:
        """Whose figures are in view: the heading of every screen."""
        unit = self.view.unit
        return self.everything if unit is None else self.unit_names[unit]

    @property
    def units_in_view(self) -> frozenset[int] | None:
        return data.scope_within(self.version, self.view.unit)

    @property
    def reader(self) -> Reader:
        """Who looks."""
        return identity.reader()

    def may(self, action: str, *, whole: bool = False) -> bool:
        """Whether the reader's role may do it: what it may not is not offered.

        ``whole``: it concerns all units, so a reader of some units may not.
        """
        return identity.may(action, whole=whole)

    def is_small(self, count: int | None) -> bool:
        """Whether so few are a group that this reader may know the number of, and not open."""
        if count is None or identity.may("open_small_groups"):
            return False
        return 0 < count < self.ask.threshold("small_group").value

    def opened(self, ask: Ask | None = None) -> Facts:
        """The facts in view that can matter for a question (default: the view's)."""
        return data.facts(self.version, self.units_in_view, (ask or self.ask).alive)

    def params(self, **more: Any) -> dict[str, str]:
        """The URL's parameters of the present view, with a page's own added."""
        own = {key: str(value) for key, value in more.items() if value is not None}
        return self.view.params(self.default) | own


def current() -> Frame:
    """The frame that surrounds the running page; without one the page stops here."""
    frame = _current.get()
    if frame is None:
        st.error(
            "Không thể mở trang này trực tiếp. Hãy mở lại từ trang chủ.", icon=":material/lock:"
        )
        st.stop()
    return frame


def around() -> Frame | None:
    """The frame that surrounds whatever runs, where there is one."""
    return _current.get()


def count(name: str) -> int:
    """How many of this name the page has drawn before: a key for what has none of its own."""
    found = _counted.get()
    if found is None:
        return 0
    found[name] += 1
    return found[name] - 1


@contextmanager
def surrounding(frame: Frame) -> Iterator[None]:
    """While it lasts, :func:`current` answers with this frame."""
    token, counted = _current.set(frame), _counted.set(Counter())
    try:
        yield
    finally:
        _current.reset(token)
        _counted.reset(counted)
