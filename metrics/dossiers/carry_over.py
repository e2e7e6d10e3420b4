"""What a form carries over against what the form before it left: (6) = (11) of the period before.

Source: form II.06a (TT 01/2020), its column (6) "Từ kỳ trước", which is column (11) of
the report before; the forms since 15/02/2026 keep the columns and with them the identity. What was
left, but refused at the desk in the period, is nobody's dossier any more (docs/definitions.md): it
is no break.

Where both periods are counted from the same records, the two are one question asked twice: a
difference is a fault of the figures, and stops the document as the identities within a line do.
Where the period before was closed, its report has gone out with (11) as it was then, and what was
corrected since is carried over as it is now. The circular says nothing of corrections; to refuse
would keep an office from reporting what it knows to be true until it reopens what has gone out. So
the document is made, and says below its table which units differ, with both numbers. What units
reported themselves is theirs: it is printed as it came, and the difference told, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from metrics.core.vietnamese import number

_TOLD: Final = 5
"""So many units are named below a table; the others are counted."""


@dataclass(frozen=True)
class Break:
    """A unit (None: not told) that carries over another number than was left."""

    unit: int | None
    carried: int
    left: int


def counted(cells: pl.DataFrame, figure: str, become: Mapping[int, int]) -> dict[int | None, int]:
    """A figure's number of each unit.

    Args:
        cells: metrics.dossiers.form_cells.CELL.
        become: units that are another one now (merged) → that one.
    """
    found: dict[int | None, int] = {}
    rows = cells.filter(pl.col("figure") == figure).select("unit_id", "count")
    for unit, count in rows.iter_rows():
        key = become.get(unit, unit)
        found[key] = found.get(key, 0) + count
    return found


def breaks(carried: Mapping[int | None, int], left: Mapping[int | None, int]) -> tuple[Break, ...]:
    """The units whose numbers differ, the largest difference first; one that is missing has 0."""
    found = (Break(unit, carried.get(unit, 0), left.get(unit, 0)) for unit in {**left, **carried})
    wrong = [each for each in found if each.carried != each.left]
    return tuple(sorted(wrong, key=lambda each: (-abs(each.carried - each.left), each.unit or 0)))


def said(found: Sequence[Break], name: Mapping[int, str]) -> str:
    """The units with both numbers, as a sentence's end."""
    told = [
        f"{_called(each.unit, name)} (6) = {number(each.carried)}, (11) kỳ trước = "
        f"{number(each.left)}, lệch {number(abs(each.carried - each.left))}"
        for each in found[:_TOLD]
    ]
    more = len(found) - len(told)
    return "; ".join([*told, *([f"và {number(more)} đơn vị khác"] if more else [])])


def _called(unit: int | None, name: Mapping[int, str]) -> str:
    return "chưa rõ đơn vị" if unit is None else name.get(unit, f"đơn vị mã {unit}")
