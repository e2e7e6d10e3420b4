"""The small frames beside the facts: units, successions, procedures, fields, sources, calendar."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, Select, func, select

from connectors.database.models import (
    Field,
    ImportBatch,
    Procedure,
    Source,
    Unit,
    UnitSuccession,
)
from connectors.snapshot.manifest import FRAMES, Manifest
from connectors.snapshot.parts import write_file
from metrics.clock import Calendar

__all__ = ["CALENDAR", "read_dims", "same_limits", "stored_dim", "write_dims"]

CALENDAR: Final = "calendar"

_QUERIES: Final[dict[str, Select[*tuple[Any, ...]]]] = {
    "unit": select(
        Unit.id.label("unit_id"),
        Unit.scheme,
        Unit.code,
        Unit.name,
        Unit.short_name,
        Unit.kind,
        Unit.level,
        Unit.parent_id,
        Unit.valid_from,
        Unit.valid_to,
        Unit.latitude,
        Unit.longitude,
        Unit.sort_order,
    ).order_by(Unit.id),
    "succession": select(
        UnitSuccession.old_unit_id,
        UnitSuccession.new_unit_id,
        UnitSuccession.relation,
        UnitSuccession.effective_on,
        UnitSuccession.basis,
    ).order_by(UnitSuccession.old_unit_id, UnitSuccession.new_unit_id),
    "procedure": select(
        Procedure.id.label("procedure_id"),
        Procedure.code,
        Procedure.version,
        Procedure.name,
        Procedure.field_id,
        Procedure.level,
        Procedure.limit_value,
        Procedure.limit_unit,
        Procedure.is_sensitive,
        Procedure.valid_from,
        Procedure.valid_to,
    ).order_by(Procedure.id),
    "field": select(Field.id.label("field_id"), Field.code, Field.name).order_by(Field.id),
    "source": select(
        Source.id.label("source_id"),
        Source.code,
        Source.name,
        Source.fresh_within_hours,
        func.max(ImportBatch.data_until).label("data_until"),
        func.max(ImportBatch.finished_at).label("imported_at"),
    )
    .outerjoin(ImportBatch, ImportBatch.source_id == Source.id)
    .group_by(Source.id, Source.code, Source.name, Source.fresh_within_hours)
    .order_by(Source.id),
}

_JUDGED_BY: Final = (
    "procedure_id",
    "field_id",
    "limit_value",
    "limit_unit",
    "valid_from",
    "valid_to",
)
"""What dossiers are derived with; the rest of a procedure is only shown."""


def read_dims(
    connection: Connection, zone: ZoneInfo, calendar: Calendar
) -> dict[str, pl.DataFrame]:
    """Every dimension with the columns of the contracts, and ``calendar`` (day, is_working)."""
    dims = {name: _dim(connection, name, zone) for name in _QUERIES}
    dims[CALENDAR] = calendar.frame().select("day", "is_working")
    return dims


def _dim(connection: Connection, name: str, zone: ZoneInfo) -> pl.DataFrame:
    rows = [
        tuple(_local(value, zone) for value in row) for row in connection.execute(_QUERIES[name])
    ]
    return pl.DataFrame(rows, schema=FRAMES[name], orient="row")


def _local(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None)
    return value


def write_dims(folder: Path, dims: dict[str, pl.DataFrame], old: Manifest | None) -> dict[str, str]:
    """Path of each dimension; one that has not changed keeps its file."""
    return {
        name: old.dims[name]
        if old is not None and stored_dim(folder, old, name).equals(frame)
        else write_file(folder, f"dims/{name}", frame)
        for name, frame in dims.items()
    }


def stored_dim(folder: Path, manifest: Manifest, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / manifest.dims[name])


def same_limits(old: pl.DataFrame, new: pl.DataFrame) -> bool:
    """Whether every procedure that was known still judges dossiers alike; new ones may come."""
    before, now = old.select(_JUDGED_BY), new.select(_JUDGED_BY)
    kept = before.join(now, on=_JUDGED_BY, how="semi", nulls_equal=True)
    return kept.height == before.height
