"""The small frames beside the facts: units, successions, procedures, fields, sources, calendar."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, Select, exists, func, or_, select

from connectors.database.history import DossierHistory
from connectors.database.models import ImportBatch, Source, ThresholdOverride, Unit, UnitSuccession
from connectors.database.unit_aliases import UnitAlias
from connectors.snapshot.frames import frame_of
from connectors.snapshot.manifest import FRAMES, Manifest
from connectors.snapshot.registers import WITH_DOSSIERS, read_registers
from metrics.core.clock import Calendar
from metrics.core.contracts import BY_HAND

__all__ = ["CALENDAR", "read_dims", "same_limits", "stored_dim"]

CALENDAR: Final = "calendar"

# What somebody says on a screen does not make its source fresher.
_FROM_THE_SOURCE: Final = ImportBatch.kind.not_in(BY_HAND)

_QUERIES: dict[str, Select[*tuple[Any, ...]]] = {
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
    "merged": select(UnitAlias.merged_unit_id.label("unit_id"), UnitAlias.at)
    .where(UnitAlias.merged_unit_id.is_not(None), UnitAlias.ended_at.is_(None))
    .order_by(UnitAlias.merged_unit_id),
    "succession": select(
        UnitSuccession.old_unit_id,
        UnitSuccession.new_unit_id,
        UnitSuccession.relation,
        UnitSuccession.effective_on,
        UnitSuccession.basis,
    ).order_by(UnitSuccession.old_unit_id, UnitSuccession.new_unit_id),
    "source": select(
        Source.id.label("source_id"),
        Source.code,
        Source.name,
        Source.fresh_within_hours,
        func.max(ImportBatch.data_until).label("data_until"),
        func.max(ImportBatch.finished_at).label("imported_at"),
    )
    .outerjoin(ImportBatch, (ImportBatch.source_id == Source.id) & _FROM_THE_SOURCE)
    .group_by(Source.id, Source.code, Source.name, Source.fresh_within_hours)
    .order_by(Source.id),
    "batch": select(
        ImportBatch.id.label("batch_id"),
        ImportBatch.source_id,
        ImportBatch.kind,
        ImportBatch.file_name,
        ImportBatch.finished_at,
        ImportBatch.data_until,
        or_(
            ImportBatch.rows_changed == 0,
            exists().where(DossierHistory.replaced_by == ImportBatch.id),
        ).label("keeps_history"),
    ).order_by(ImportBatch.finished_at, ImportBatch.id),
    "threshold_override": select(
        ThresholdOverride.key,
        ThresholdOverride.value,
        ThresholdOverride.valid_from,
        ThresholdOverride.document,
    ).order_by(ThresholdOverride.key, ThresholdOverride.valid_from),
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
    dims = {name: frame_of(connection, _QUERIES[name], FRAMES[name], zone) for name in _QUERIES}
    dims |= read_registers(connection, zone, WITH_DOSSIERS)
    dims[CALENDAR] = calendar.frame().select("day", "is_working")
    return dims


def stored_dim(folder: Path, manifest: Manifest, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / manifest.dims[name])


def same_limits(old: pl.DataFrame, new: pl.DataFrame) -> bool:
    """Whether every procedure that was known still judges dossiers alike; new ones may come."""
    before, now = old.select(_JUDGED_BY), new.select(_JUDGED_BY)
    kept = before.join(now, on=_JUDGED_BY, how="semi", nulls_equal=True)
    return kept.height == before.height
