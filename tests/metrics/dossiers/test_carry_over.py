"""(6) of a form against (11) of the one before."""

from __future__ import annotations

import polars as pl

from metrics.dossiers.carry_over import Break, breaks, counted, said
from metrics.dossiers.form_cells import CELL


def test_units_that_were_merged_are_one_and_the_largest_difference_is_first() -> None:
    cells = [(1, 1, "pending", "", 2), (2, None, "pending", "", 3), (3, 1, "pending", "", 4),
             (None, 1, "pending", "", 1), (1, 1, "resolved", "", 9)]  # fmt: skip
    left = counted(pl.DataFrame(cells, schema=CELL, orient="row"), "pending", {2: 1})
    assert left == {1: 5, 3: 4, None: 1}
    found = breaks({1: 5, 3: 9, 4: 1}, left)
    assert found == (Break(3, 9, 4), Break(None, 0, 1), Break(4, 1, 0))
    assert breaks(left, left) == ()
    assert said(found, {3: "Sở Y tế"}) == (
        "Sở Y tế (6) = 9, (11) kỳ trước = 4, lệch 5; chưa rõ đơn vị (6) = 0, (11) kỳ trước = 1, "
        "lệch 1; đơn vị mã 4 (6) = 1, (11) kỳ trước = 0, lệch 1"
    )


def test_many_units_are_counted() -> None:
    found = breaks({unit: unit for unit in range(1, 9)}, {})
    assert said(found, {}).endswith("; và 3 đơn vị khác")
