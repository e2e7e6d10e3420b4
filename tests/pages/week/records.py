"""What the database of an installation holds, read row by row without the program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from connectors.calendar import load_calendar
from connectors.database import models
from connectors.database.session import open_database
from connectors.settings import Settings
from tests import oracle
from tests.connectors.snapshot_rows import ZONE
from tests.oracle import Batch, RawApology, RawDossier, RawPause
from tests.register_models import Field, Procedure

DAY: Final = timedelta(days=1)


def local(moment: datetime | None) -> Any:
    return None if moment is None else moment.astimezone(ZONE).replace(tzinfo=None)


def _moments(row: Any) -> Any:
    names = (
        *("submitted_at", "received_at", "due_original_at", "due_at"),
        *("due_changed_at", "ended_at", "recorded_at"),
    )
    return {name: local(getattr(row, name)) for name in names}


def _children(
    connection: Connection, table: Any, make: Callable[[Any], Any]
) -> dict[int, tuple[Any, ...]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(select(table.__table__).order_by(table.id)):
        found[row.dossier_id].append(make(row))
    return {dossier: tuple(rows) for dossier, rows in found.items()}


@dataclass(frozen=True)
class Records:
    """What the database holds, as the oracle takes it."""

    dossiers: list[RawDossier]
    world: tuple[oracle.WorkCalendar, tuple[Batch, ...]]
    units: dict[int, str]
    fields: dict[int, str]
    sources: dict[int, str]
    steps: dict[int, tuple[Any, ...]]


def read(settings: Settings) -> Records:
    engine = open_database(settings.database_url)
    with engine.connect() as connection:
        pauses = _children(
            connection,
            models.Pause,
            lambda row: RawPause(row.kind, local(row.from_at), local(row.to_at)),
        )
        apologies = _children(
            connection,
            models.Apology,
            lambda row: RawApology(local(row.issued_at), local(row.new_due_at)),
        )
        steps = _children(connection, models.Step, lambda row: row)
        field_of: dict[Any, Any] = dict(
            connection.execute(select(Procedure.id, Procedure.field_id)).all()
        )
        dossiers = [
            RawDossier(
                row.id,
                row.resolving_unit_id,
                procedure_id=row.procedure_id,
                field_id=field_of.get(row.procedure_id),
                channel=row.channel,
                end_kind=row.end_kind,
                source_id=row.source_id,
                batch=row.batch_id,
                pauses=pauses.get(row.id, ()),
                apologies=apologies.get(row.id, ()),
                **_moments(row),
            )
            for row in connection.execute(select(models.Dossier.__table__))
        ]
        batches = tuple(
            Batch(row.id, row.source_id, local(row.finished_at), local(row.data_until))
            for row in connection.execute(select(models.ImportBatch.__table__))
        )
        units = dict(connection.execute(select(models.Unit.id, models.Unit.name)).all())
        fields: dict[Any, Any] = dict(connection.execute(select(Field.id, Field.name)).all())
        sources = dict(connection.execute(select(models.Source.id, models.Source.name)).all())
        working = load_calendar(connection)
    engine.dispose()
    first, last = date(2024, 1, 1), date(2026, 12, 31)
    days = [first + n * DAY for n in range((last - first).days + 1)]
    calendar = oracle.WorkCalendar(
        frozenset(day for day in days if day.weekday() < 5 and not working.is_working(day)),
        frozenset(day for day in days if day.weekday() > 4 and working.is_working(day)),
    )
    return Records(dossiers, (calendar, batches), units, fields, sources, steps)
