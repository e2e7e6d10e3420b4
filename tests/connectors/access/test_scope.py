"""Which units an account sees: its own, and those below it while both were valid."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from connectors.access import scope_of
from connectors.engine import Scope
from metrics.core.contracts import UNIT

OLD, NEW = date(2025, 6, 30), date(2025, 7, 1)
# id, above, first day, last day
TREE = (
    (1, None, None, None),
    (2, 1, None, OLD),
    (3, 1, NEW, None),
    (4, 2, None, None),  # below a unit that ended
    (5, 4, NEW, None),  # meets 4, but not while 4 was below 2
    (6, 3, None, OLD),  # ended before 3 began
    (7, 3, NEW, NEW),
    (8, None, None, None),
    (9, 10, None, None),
    (10, 9, None, None),  # a circle
    (11, 99, None, None),  # above it is nobody
)


@pytest.fixture(scope="module")
def units() -> pl.DataFrame:
    columns = ("unit_id", "parent_id", "valid_from", "valid_to")
    rows = [dict(zip(columns, row, strict=True)) for row in TREE]
    missing = {name: None for name in UNIT if name not in columns}
    return pl.DataFrame([row | missing for row in rows], schema=dict(UNIT))


@pytest.mark.parametrize(
    ("unit", "seen"),
    [
        (1, {1, 2, 3, 4, 7}),
        (2, {2, 4}),
        (3, {3, 7}),
        (4, {4, 5}),
        (8, {8}),
        (9, {9, 10}),
        (11, {11}),
        (99, set()),
    ],
)
@pytest.mark.parametrize("role", ["unit", "leader"])
def test_own_unit_and_what_was_below_it(
    units: pl.DataFrame, unit: int, seen: set[int], role: str
) -> None:
    assert scope_of(unit, role, units) == Scope(frozenset(seen))


def test_without_a_unit_a_wards_account_sees_nothing_and_others_all(units: pl.DataFrame) -> None:
    assert scope_of(None, "unit", units) == Scope(frozenset())
    assert scope_of(None, "leader", units) == Scope(None)
    assert scope_of(1, "unit", units.clear()) == Scope(frozenset())
