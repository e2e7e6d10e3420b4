"""Lines of form II.06a that units reported, against the same line counted from dossiers.

docs/definitions.md, "Official forms". A line is of exactly the period that is asked about. What is
counted is of the unit with all below it: of a line "of the communes" (``coverage``) the communes
among these, else all but the communes below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.measure import Facts, measure
from metrics.dossiers.form_cells import COUNTED, form_ask
from metrics.dossiers.forms import OF_COLUMN
from metrics.registers.reported import FORM_COLUMNS

FIGURE_OF: Final[dict[str, Figure]] = {
    column: next(figure for figure in COUNTED if figure.key == key)
    for column, key in OF_COLUMN.items()
}
"""Column of the form (c3 …) → the figure that it tells."""
_COMMUNE: Final = "commune"


@dataclass(frozen=True)
class Cell:
    """A column of a line. ``reported``: null where the report does not say. ``counted``: null in
    all columns of a line of which there is no dossier: nobody has sent any, and not 0."""

    column: str
    label: str
    reported: int | None
    counted: int | None

    @property
    def difference(self) -> int | None:
        """What is reported less what is counted."""
        if self.reported is None or self.counted is None:
            return None
        return self.reported - self.counted


def is_of(row: Mapping[str, Any], ask: Ask) -> bool:
    """Whether a reported line is of exactly the period asked about."""
    return (row["period_from"], row["period_to"]) == (ask.first_day, ask.last_day)


def counted_units(
    row: Mapping[str, Any], below: frozenset[int], units: pl.DataFrame
) -> frozenset[int]:
    """The units that a reported line sums up.

    Args:
        below: the line's unit with all below it that the asker may see.
        units: metrics.core.contracts.UNIT.
    """
    communes = set(units.filter(pl.col("level") == _COMMUNE)["unit_id"])
    if row["coverage"] == "communes":
        return below & communes
    own = row["unit_id"]
    return below if own in communes else frozenset(u for u in below if u not in communes)


def where_of(row: Mapping[str, Any], units: frozenset[int]) -> dict[str, Any]:
    """What the dossiers of a line have in common."""
    field = {} if row["field_id"] is None else {"field_id": row["field_id"]}
    return {"unit_id": sorted(units), **field}


def cells(facts: Facts, row: Mapping[str, Any], ask: Ask, units: frozenset[int]) -> list[Cell]:
    """A line column by column.

    Args:
        facts: must hold the dossiers of ``units`` alive in ``form_ask(ask).alive``.
        row: of the register ``form_row``.
    """
    figures = list(FIGURE_OF.values())
    measured = measure(facts, figures, [form_ask(ask)], (), where_of(row, units))
    counted: dict[str, int] = dict(measured.select("figure", "numerator").iter_rows())
    is_known = any(counted.values())
    return [
        Cell(each, told.label, row[each], counted[told.key] if is_known else None)
        for each in FORM_COLUMNS
        for told in (FIGURE_OF[each],)
    ]
