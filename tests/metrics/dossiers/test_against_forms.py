"""A reported line beside the one that dossiers give, counted a second time by the oracle."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from metrics.core.contracts import UNIT
from metrics.dossiers.against_forms import cells, counted_units, is_of
from metrics.registers.reported import FORM_COLUMNS
from tests import oracle
from tests.frames import facts_of, question
from tests.strategies import CALENDAR, FIRST_DAY, LAST_DAY, random_register

COUNTED = {
    "c4": "received_online", "c5": "received_offline", "c6": "carried_over", "c7": "resolved",
    "c8": "resolved_early", "c9": "resolved_on_day", "c10": "resolved_late", "c11": "pending",
    "c12": "pending_in_time", "c13": "pending_overdue",
}  # fmt: skip
ASKED = oracle.Ask(FIRST_DAY, LAST_DAY)
UNITS = pl.DataFrame(
    [
        {"unit_id": 1, "level": "district", "parent_id": None},
        {"unit_id": 2, "level": "commune", "parent_id": 1},
        {"unit_id": 3, "level": "district", "parent_id": 1},
    ],
    schema={name: UNIT[name] for name in ("unit_id", "level", "parent_id")},
)


def row(**told: Any) -> dict[str, Any]:
    usual = {"unit_id": 1, "coverage": "own", "field_id": None, "period_from": FIRST_DAY,
             "period_to": LAST_DAY}  # fmt: skip
    return {**dict.fromkeys(FORM_COLUMNS), **usual, **told}


def test_every_column_is_the_oracles() -> None:
    dossiers = random_register(300, 3)
    facts = facts_of(dossiers)
    for field in (None, 10):
        for units in ({1}, {2, 3}):
            own = [d for d in dossiers if d.unit_id in units and field in (None, d.field_id)]
            line = row(field_id=field, c7=100, c13=0)
            found = cells(facts, line, question(ASKED), frozenset(units))
            wanted = {
                column: oracle.count(key, own, ASKED, CALENDAR) for column, key in COUNTED.items()
            }
            wanted["c3"] = wanted["c4"] + wanted["c5"] + wanted["c6"]
            assert {each.column: each.counted for each in found} == wanted
            differing = {each.column: each.difference for each in found}
            assert differing["c7"] == 100 - wanted["c7"]
            assert differing["c13"] == -wanted["c13"]
            assert differing["c8"] is None


def test_of_a_unit_without_any_dossier_nothing_is_told() -> None:
    found = cells(facts_of(random_register(20, 3)), row(c7=5), question(ASKED), frozenset({9}))
    assert {(each.counted, each.difference) for each in found} == {(None, None)}


def test_own_is_without_the_communes_below_and_a_communes_own_is_itself() -> None:
    below = frozenset({1, 2, 3})
    assert counted_units(row(), below, UNITS) == {1, 3}
    assert counted_units(row(coverage="communes"), below, UNITS) == {2}
    assert counted_units(row(unit_id=2), frozenset({2}), UNITS) == {2}


def test_only_a_line_of_just_the_period_is_held_against_it() -> None:
    ask = question(ASKED)
    assert is_of(row(), ask)
    assert not is_of(row(period_to=date(2026, 12, 31)), ask)
    assert not is_of(row(period_from=None), ask)
