"""What the screen of slides reads: the deck from the figures, the meeting from the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import streamlit as st

from connectors import meetings
from connectors.engine import Scope, descendants
from connectors.meetings import Decision, Meeting, Of
from reports.blocks import Report
from reports.briefing import briefing
from reports.deck import deck
from reports.material import Asked, Material
from reports.opening import source_line
from ui.kit import asking
from ui.shell import data, identity
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.view import View

REGISTERS: Final = (
    "programme", "task", "task_update", "reminder", "inspection", "finding", "finding_check",
    "target", "commitment", "indicator_value", "index_score", "unit_rating",
    "event", "feedback",
)  # fmt: skip
"""What slides tell of, beside the dossiers."""


def figures(frame: Frame) -> Report:
    """The deck of the view, without what meetings decided.

    What stands on a projector is as little as anybody may see, whoever prepares it.
    """
    return _figures(*_key(frame))


def briefing_maker(frame: Frame) -> Callable[[], Report]:
    """What makes the chair's briefing of the view; called on a thread that knows no browser.

    Over the same figures as the slides, and with no more in it than stands on them.
    """
    question = _question(*_key(frame))
    return lambda: briefing(Material(question))


_Key = tuple[str, View, data.Units, data.Units, str, datetime]


def _key(frame: Frame) -> _Key:
    return (
        frame.looking_at(*REGISTERS),
        frame.view,
        frame.scope,
        frame.units_in_view,
        frame.whose,
        asking.question(frame).moment,
    )


@st.cache_data(max_entries=16, show_spinner="Đang lập bản trình chiếu…")
def _figures(
    version: str, view: View, scope: data.Units, units: data.Units, whose: str, until: datetime
) -> Report:
    return deck(Material(_question(version, view, scope, units, whose, until)))


def _question(
    version: str, view: View, scope: data.Units, units: data.Units, whose: str, until: datetime
) -> Asked:
    """``units``: in view, part of the key alone."""
    everything = data.facts(version, scope, None)

    def below(unit: int) -> frozenset[int]:
        found = descendants(everything.units, unit)
        return found if scope is None else found & scope

    return Asked(
        ask=data.question(version, view),
        period=view.period,
        opened=partial(data.facts, version),
        below=below,
        scope=scope,
        unit=view.unit,
        whose=whose,
        source=source_line(everything),
        known=view.known,
        is_sample=everything.data_kind == "sample",
        told_until=until,
    )


def which(frame: Frame) -> Of:
    """The meeting over what is in view: of the chosen unit, or of all that the reader sees."""
    unit = frame.view.unit if frame.view.unit is not None else frame.reader.unit_id
    return Of(unit, frame.view.period.token, frame.view.period.first)


def kept(of: Of) -> Meeting | None:
    """The meeting as it is kept; None where the database does not answer."""

    def ask() -> Meeting:
        return meetings.meeting(data.database(), of, _scope()) or Meeting()

    return asked(ask)


def earlier(of: Of) -> tuple[Decision, ...] | None:
    """What earlier meetings asked; None: none is known, or the database does not answer."""
    return asked(lambda: meetings.earlier(data.database(), of, _scope()))


def _scope() -> Scope:
    return identity.scope()
