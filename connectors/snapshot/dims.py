"""The small frames beside the facts: units, successions, procedures, fields, sources, calendar."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, Select, func, select

from connectors.database.models import (
    Base,
    Field,
    ImportBatch,
    Procedure,
    Source,
    ThresholdOverride,
    Unit,
    UnitSuccession,
)
from connectors.database.registers import (
    Finding,
    FindingCheck,
    Inspection,
    Reminder,
    Task,
    TaskUpdate,
)
from connectors.snapshot.manifest import FRAMES, Manifest
from connectors.snapshot.parts import write_file
from metrics.core.clock import Calendar
from metrics.registers import REGISTERS

__all__ = ["CALENDAR", "read_dims", "same_limits", "stored_dim", "write_dims"]

CALENDAR: Final = "calendar"

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
        Procedure.online_level,
        Procedure.has_fee,
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
    "threshold_override": select(
        ThresholdOverride.key,
        ThresholdOverride.value,
        ThresholdOverride.valid_from,
        ThresholdOverride.document,
    ).order_by(ThresholdOverride.key, ThresholdOverride.valid_from),
}

# Registers whose columns are simply the table's; "<register>_id" is the table's id.
_PLAIN: Final = (
    "programme",
    "task",
    "inspection",
    "target",
    "commitment",
    "unit_rating",
    "index_score",
    "indicator_value",
    "survey",
    "service_component",
    "form_row",
)


def _plain(name: str) -> Select[*tuple[Any, ...]]:
    table = Base.metadata.tables[name]
    wanted = [
        table.c.id.label(column) if column == f"{name}_id" else table.c[column]
        for column in REGISTERS[name]
    ]
    return select(*wanted).order_by(table.c.id)


_QUERIES |= {name: _plain(name) for name in _PLAIN}
# A child row carries its parent's unit, so that the scope cuts it as it cuts the parent.
_QUERIES |= {
    "task_update": select(
        TaskUpdate.task_id,
        Task.unit_id,
        TaskUpdate.at,
        TaskUpdate.is_launched,
        TaskUpdate.is_completed,
        TaskUpdate.completed_on,
        TaskUpdate.note,
        TaskUpdate.evidence,
        TaskUpdate.by,
    )
    .join(Task, Task.id == TaskUpdate.task_id)
    .order_by(TaskUpdate.task_id, TaskUpdate.at),
    "reminder": select(Reminder.task_id, Task.unit_id, Reminder.at, Reminder.document)
    .join(Task, Task.id == Reminder.task_id)
    .order_by(Reminder.task_id, Reminder.at),
    "finding": select(
        Finding.id.label("finding_id"),
        Finding.code,
        Finding.inspection_id,
        Inspection.unit_id,
        func.coalesce(Inspection.to_on, Inspection.from_on).label("found_on"),
        Finding.kind,
        Finding.description,
        Finding.responsible,
        Finding.recommendation,
        Finding.fix_by,
        Finding.reported_on,
        Finding.report_document,
        Finding.evidence,
        Finding.repeats_id,
        Finding.source,
    )
    .join(Inspection, Inspection.id == Finding.inspection_id)
    .order_by(Finding.id),
    "finding_check": select(
        FindingCheck.finding_id,
        Inspection.unit_id,
        FindingCheck.inspection_id,
        FindingCheck.checked_on,
        FindingCheck.is_fixed,
        FindingCheck.note,
        FindingCheck.by,
    )
    .join(Finding, Finding.id == FindingCheck.finding_id)
    .join(Inspection, Inspection.id == Finding.inspection_id)
    .order_by(FindingCheck.finding_id, FindingCheck.checked_on),
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
