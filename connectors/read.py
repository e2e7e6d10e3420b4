"""The read side of the dossier database, for what the snapshot does not hold."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl
from sqlalchemy import select

from connectors.database.models import FormRow, Officer
from connectors.database.session import open_database
from connectors.engine import Scope
from connectors.settings import Settings

FORM_COLUMNS: Final = tuple(f"c{number}" for number in range(3, 14))
"""Columns (3) to (13) of form II.06a."""

FORM_ROW: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "form": pl.String,
    "unit_id": pl.Int32,
    "coverage": pl.String,
    "field_id": pl.Int32,
    "period_from": pl.Date,
    "period_to": pl.Date,
    **dict.fromkeys(FORM_COLUMNS, pl.Int64),
    "reported_rate": pl.Float64,
    "wording": pl.String,
    "source": pl.String,
}
"""What :func:`form_rows` returns; null: the report does not say."""


def officer_codes(settings: Settings) -> dict[int, str]:
    """Officer id → the code the source knows the officer by."""
    with open_database(settings.database_url).connect() as connection:
        rows = connection.execute(select(Officer.id, Officer.code))
        return {row.id: row.code for row in rows}


def form_rows(settings: Settings, scope: Scope) -> pl.DataFrame:
    """The lines of form II.06a that units reported themselves (số liệu báo cáo).

    Args:
        scope: only lines of these units; None: all.

    Returns:
        :data:`FORM_ROW`, newest period first, lines without a period last; ``reported_rate`` in
        per cent as printed.
    """
    columns = [getattr(FormRow, name) for name in FORM_ROW]
    with open_database(settings.database_url).connect() as connection:
        found = [tuple(row) for row in connection.execute(select(*columns).order_by(FormRow.id))]
    at, since = list(FORM_ROW).index("unit_id"), list(FORM_ROW).index("period_from")
    # Filtered here: a scope of hundreds of ids is no good list of SQL parameters.
    seen = [row for row in found if scope.units is None or row[at] in scope.units]
    seen.sort(key=lambda row: row[since] or date.min, reverse=True)
    return pl.DataFrame(seen, schema=FORM_ROW, orient="row")
