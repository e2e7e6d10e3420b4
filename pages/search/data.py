"""What can be found: within the reader's scope, and as the reader may see its name."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import streamlit as st

from connectors.searching import Code, find_codes
from metrics.core.searching import Index, Item
from metrics.figures import ALL_FIGURES
from ui.shell import data, identity
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.registry import SCREENS

REGISTERS = ("task", "finding", "target")
_MOST = 20


def index(frame: Frame) -> Index:
    """Everything but dossiers that the reader may open, made once a version and scope."""
    screens = tuple(each.key for each in SCREENS if frame.may(each.action))
    sees = identity.may("see_sensitive_titles")
    return _index(frame.looking_at(*REGISTERS), data.scope_of_reader().units, screens, sees)


# Shared and not copied: nobody changes it.
@st.cache_resource(max_entries=16, show_spinner=False)
def _index(version: str, units: data.Units, screens: tuple[str, ...], sees: bool) -> Index:
    """``sees`` is asked again within; it stands here because it is a part of the key."""
    return Index(_items(version, units, frozenset(screens)))


def _items(version: str, units: data.Units, screens: frozenset[str]) -> Iterator[Item]:
    yield from (Item("screen", each.key, each.title) for each in SCREENS if each.key in screens)
    if "units" in screens:
        codes = dict(data.facts(version, units, None).units.select("unit_id", "code").iter_rows())
        for unit, name in data.unit_names(version).items():
            yield Item("unit", unit, name, codes.get(unit) or "")
    if "procedures" in screens:
        rows = data.procedures(version).select("code", "name").unique().sort("code").iter_rows()
        yield from (Item("procedure", code, name, code) for code, name in rows)
    held = data.facts(version, units, None).registers.standing()
    for register, screen, name in (
        ("task", "tasks", "name"),
        ("finding", "inspections", "description"),
        ("target", "targets", "name"),
    ):
        if screen in screens:
            frame = held[register].collect(backend="polars").to_native()
            rows = frame.select(f"{register}_id", name, "code").drop_nulls(name).iter_rows()
            yield from (Item(register, key, told, code or "") for key, told, code in rows)
    for key, figure in ALL_FIGURES.items():
        yield Item("figure", key, figure.label, key.replace("_", " "))


def codes(frame: Frame, typed: str) -> tuple[list[Code], bool]:
    """Dossiers by their code; and whether the database did not answer. None for who opens none."""
    if not frame.may("open_dossier"):
        return [], False
    scope = identity.scope()
    found = asked(lambda: find_codes(data.database(), typed, scope, _MOST))
    return found or [], found is None


def local_day(code: Code) -> str:
    """On which day it was received, as an address has it; empty: not known."""
    if code.received_at is None:
        return ""
    return code.received_at.astimezone(data.settings().zone).date().isoformat()


def statement_of(frame: Frame, kind: str, key: int | str) -> str:
    """Beside what is found: whose a task, a finding or a target is."""
    if kind not in REGISTERS:
        return ""
    owner = _owners(frame.looking_at(*REGISTERS), data.scope_of_reader().units, kind).get(int(key))
    return frame.place_names.get(owner or 0, "")


@st.cache_data(max_entries=16, show_spinner=False)
def _owners(version: str, units: data.Units, register: str) -> dict[int, int]:
    held = data.facts(version, units, None).registers.standing()[register]
    frame: pl.DataFrame = held.collect(backend="polars").to_native()
    return dict(frame.select(f"{register}_id", "unit_id").drop_nulls().iter_rows())
