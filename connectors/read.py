"""The read side of the dossier database, for what the snapshot does not hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, Engine, Row, Select, func, select

from connectors.database.models import (
    Apology,
    Base,
    Dossier,
    ImportBatch,
    Officer,
    Pause,
    Setting,
    Source,
    Step,
)
from connectors.database.registers import SAMPLE_TABLES
from connectors.database.session import open_database, read_transaction
from connectors.engine import Scope
from connectors.settings import Settings
from metrics.core.contracts import BY_HAND, MOMENT


def officer_codes(settings: Settings) -> dict[int, str]:
    """:func:`officer_codes_in` the installation's database, opened for this once."""
    database = open_database(settings.database_url, settings.patience, creates=False)
    try:
        return officer_codes_in(database)
    finally:
        database.dispose()


def officer_codes_in(database: Engine) -> dict[int, str]:
    """Officer id → the code the source knows the officer by."""
    with read_transaction(database) as connection:
        rows = connection.execute(select(Officer.id, Officer.code))
        return {row.id: row.code for row in rows}


@dataclass(frozen=True)
class StepRecord:
    """A step of the internal process as recorded; ``allotted_until`` is what was allotted."""

    sequence: int
    name: str
    unit_id: int | None
    officer_id: int | None
    officer: str | None
    from_at: datetime
    allotted_until: datetime | None
    to_at: datetime | None


@dataclass(frozen=True)
class PauseRecord:
    """A pause as recorded; ``to_at`` None: nobody recorded its end."""

    kind: str
    from_at: datetime
    to_at: datetime | None
    document_no: str | None


@dataclass(frozen=True)
class ApologyRecord:
    """An apology that was issued; its free text and its signer are left where they are."""

    issued_at: datetime
    number: str | None
    new_due_at: datetime | None


@dataclass(frozen=True)
class Timeline:
    """What is recorded of one dossier, without its owner. Moments are local, without a zone."""

    dossier_id: int
    code: str
    source: str
    procedure_id: int | None
    unit_id: int
    receiving_unit_id: int | None
    channel: str | None
    channel_source: str | None
    officer: str | None
    submitted_at: datetime | None
    received_at: datetime | None
    due_original_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None
    end_kind: str | None
    recorded_at: datetime | None
    collected_at: datetime | None
    late_cause: str | None
    steps: tuple[StepRecord, ...]
    pauses: tuple[PauseRecord, ...]
    apologies: tuple[ApologyRecord, ...]


_HIGHEST_ID: Final = 2**63 - 1


def dossier_timeline(
    database: Engine, zone: ZoneInfo, dossier_id: int, scope: Scope
) -> Timeline | None:
    """One dossier's course: steps, pauses, apologies, in the order in which they began.

    Args:
        zone: the installation's zone, which the moments are given in.
        scope: what the asker may see.

    Returns:
        None where there is no such dossier; one that units outside the scope resolve is, to the
        asker, no dossier. The table of owners is not touched.
    """
    if not 0 < dossier_id <= _HIGHEST_ID:
        return None
    with read_transaction(database) as connection:
        found = connection.execute(_dossier(dossier_id)).one_or_none()
        if found is None or (scope.units is not None and found.unit_id not in scope.units):
            return None
        return Timeline(
            **_local(found, zone),
            steps=tuple(StepRecord(**row) for row in _rows(connection, _steps(dossier_id), zone)),
            pauses=tuple(
                PauseRecord(**row) for row in _rows(connection, _pauses(dossier_id), zone)
            ),
            apologies=tuple(
                ApologyRecord(**row) for row in _rows(connection, _apologies(dossier_id), zone)
            ),
        )


def _dossier(dossier_id: int) -> Select[*tuple[Any, ...]]:
    # Named one by one: a column added later is not shown until somebody decides so.
    return (
        select(
            Dossier.id.label("dossier_id"),
            Dossier.code,
            Source.name.label("source"),
            Dossier.procedure_id,
            Dossier.resolving_unit_id.label("unit_id"),
            Dossier.receiving_unit_id,
            Dossier.channel,
            Dossier.channel_source,
            Officer.code.label("officer"),
            Dossier.submitted_at,
            Dossier.received_at,
            Dossier.due_original_at,
            Dossier.due_at,
            Dossier.ended_at,
            Dossier.end_kind,
            Dossier.recorded_at,
            Dossier.collected_at,
            Dossier.late_cause,
        )
        .join(Source, Source.id == Dossier.source_id)
        .outerjoin(Officer, Officer.id == Dossier.officer_id)
        .where(Dossier.id == dossier_id)
    )


def _steps(dossier_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Step.sequence,
            Step.name,
            Step.unit_id,
            Step.officer_id,
            Officer.code.label("officer"),
            Step.from_at,
            Step.due_at.label("allotted_until"),
            Step.to_at,
        )
        .outerjoin(Officer, Officer.id == Step.officer_id)
        .where(Step.dossier_id == dossier_id)
        .order_by(Step.sequence)
    )


def _pauses(dossier_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Pause.kind, Pause.from_at, Pause.to_at, Pause.document_no)
        .where(Pause.dossier_id == dossier_id)
        .order_by(Pause.from_at, Pause.kind)
    )


def _apologies(dossier_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Apology.issued_at, Apology.number, Apology.new_due_at)
        .where(Apology.dossier_id == dossier_id)
        .order_by(Apology.issued_at)
    )


def _rows(
    connection: Connection, query: Select[*tuple[Any, ...]], zone: ZoneInfo
) -> list[dict[str, Any]]:
    return [_local(row, zone) for row in connection.execute(query)]


def _local(row: Row[*tuple[Any, ...]], zone: ZoneInfo) -> dict[str, Any]:
    return {
        name: value.astimezone(zone).replace(tzinfo=None) if isinstance(value, datetime) else value
        for name, value in row._mapping.items()
    }


# -- what came in (screen "Dữ liệu") --------------------------------------------------------

BATCH: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "batch_id": pl.Int64,
    "source_id": pl.Int32,
    "source": pl.String,
    "kind": pl.String,  # file | pull | sample | withdrawal | units | record
    "mapping": pl.String,
    "file_name": pl.String,
    "started_at": MOMENT,
    "finished_at": MOMENT,
    "data_until": MOMENT,
    "rows_read": pl.Int64,
    "rows_inserted": pl.Int64,
    "rows_changed": pl.Int64,
    "rows_unchanged": pl.Int64,
    "rows_rejected": pl.Int64,
}
"""What :func:`import_batches` and :func:`last_batches` return; moments are local."""


def import_batches(database: Engine, zone: ZoneInfo, limit: int = 50) -> pl.DataFrame:
    """The last batches of all sources, newest first: :data:`BATCH`."""
    return _batches(database, zone, _batch().order_by(ImportBatch.id.desc()).limit(limit))


def last_batches(database: Engine, zone: ZoneInfo) -> pl.DataFrame:
    """The last batch of each source that has one, by source: :data:`BATCH`."""
    taken_in = select(func.max(ImportBatch.id)).where(ImportBatch.kind.not_in(BY_HAND))
    newest = taken_in.group_by(ImportBatch.source_id)
    query = _batch().where(ImportBatch.id.in_(newest)).order_by(ImportBatch.source_id)
    return _batches(database, zone, query)


def newest_batch(database: Engine) -> int:
    """The number of the newest batch; 0 where nothing was ever taken in."""
    with read_transaction(database) as connection:
        return connection.execute(select(func.max(ImportBatch.id))).scalar_one() or 0


def data_kind(database: Engine) -> str | None:
    """``sample`` or ``real``; None while the database holds neither."""
    with read_transaction(database) as connection:
        query = select(Setting.value).where(Setting.key == "data_kind")
        return connection.execute(query).scalar_one_or_none()


def sample_contents(database: Engine) -> dict[str, int]:
    """Table → rows, of the tables that replacing the sample empties; ``registers``: the rows of
    the other registers that the sample wrote."""
    from connectors.registers.sample_rows import sample_rows  # only here

    with read_transaction(database) as connection:
        counted = {
            name: connection.execute(
                select(func.count()).select_from(Base.metadata.tables[name])
            ).scalar_one()
            for name in SAMPLE_TABLES
        }
        rows = sample_rows(connection)
    emptied = counted.keys()
    return counted | {
        "registers": sum(len(ids) for name, ids in rows.items() if name not in emptied)
    }


def _batch() -> Select[*tuple[Any, ...]]:
    own = [getattr(ImportBatch, name) for name in list(BATCH)[3:]]
    return select(
        ImportBatch.id.label("batch_id"),
        ImportBatch.source_id,
        Source.name.label("source"),
        *own,
    ).join(Source, Source.id == ImportBatch.source_id)


def _batches(database: Engine, zone: ZoneInfo, query: Select[*tuple[Any, ...]]) -> pl.DataFrame:
    with read_transaction(database) as connection:
        return pl.DataFrame(_rows(connection, query, zone), schema=BATCH, orient="row")
