"""How many late dossiers each on-time target in force can still bear, and until when."""

from __future__ import annotations

from typing import Final

import streamlit as st

from metrics.core.vietnamese import number
from metrics.dossiers.events import Event
from metrics.targets.budget import STATES, Budget
from metrics.targets.review import Judged
from pages.targets import data as target_data
from pages.targets.screen import Screen
from ui.kit.budget import budget, state_html
from ui.kit.links import link
from ui.kit.listing import open_place
from ui.shell.events import on_line
from ui.shell.text import safe

_PLACE: Final = "con-chiu-duoc"
_DRAWN: Final = 6
"""So many are drawn, what needs a decision first; the others are told when they are opened."""


def budgets(screen: Screen) -> None:
    """The late budgets of the targets that the filters leave, what needs a decision first."""
    every = target_data.budgets(screen.version, screen.frame.view)
    known = [(one, every[key]) for one in screen.chosen if (key := one.row["target_id"]) in every]
    if not known:
        return
    order = list(STATES)
    known.sort(key=lambda each: (order.index(each[1].state), each[0].row["target_id"]))
    st.header("Còn chịu được bao nhiêu hồ sơ trễ", anchor=_PLACE)
    with st.container(key="grid_wide_budgets"):
        for one, found in known[:_DRAWN]:
            with st.container(gap="small"):
                _one(screen, one, found)
    if len(known) > _DRAWN:
        rest = len(known) - _DRAWN
        st.caption(
            f"Còn {number(rest)} chỉ tiêu đúng hạn khác: bấm chỉ tiêu trong danh sách để xem."
        )


def _one(screen: Screen, one: Judged, found: Budget) -> None:
    row = one.row
    unit = screen.frame.place_names.get(row["unit_id"], "")
    name = f"{row['code']}. {row['name']} · {unit}"
    key = row["target_id"]
    opened = link(name, screen.href(target=key), place=open_place("target", key))
    st.html(f"<p>{opened}<br>{state_html(found)}</p><p>{safe(found.sentence)}</p>")
    budget(name, found, f"target_budget_{key}", _events(screen, one, found))


def of_target(screen: Screen, target: Judged) -> None:
    """The late budget of the open target."""
    every = target_data.budgets(screen.version, screen.frame.view)
    found = every.get(target.row["target_id"])
    if found is None:
        return
    st.markdown("**Còn chịu được bao nhiêu hồ sơ trễ**")
    st.html(f"<p>{state_html(found)} {safe(found.sentence)}</p>")
    name = f"{target.row['code']}. {target.row['name']}"
    budget(name, found, "open_budget", _events(screen, target, found))


def _events(screen: Screen, one: Judged, found: Budget) -> tuple[Event, ...]:
    """What stands on the line of a target's budget."""
    return on_line(screen.frame, one.row["unit_id"], found.period_from, found.period_to)
