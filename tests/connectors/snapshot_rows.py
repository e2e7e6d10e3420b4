"""The oracle's dossiers, put into a database; and a whole snapshot read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, Engine, delete, insert, select

from connectors.database import models
from connectors.snapshot.manifest import FACTS, FRAMES, Manifest
from tests.oracle import RawDossier
from tests.register_models import Field, Procedure
from tests.strategies import CALENDAR, FIRST_DAY, LAST_DAY, OFFICERS, PROCEDURES, UNITS

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=ZONE).astimezone(UTC)


def prepare(connection: Connection, days: Mapping[date, bool] | None = None) -> None:
    """Everything that the strategies' dossiers refer to, and their calendar."""
    connection.execute(insert(models.Source), [{"id": 1, "code": "S", "name": "Nguồn"}])
    connection.execute(
        insert(models.Unit),
        [
            {"id": n, "scheme": "T", "code": str(n), "name": f"Phường {n}", "kind": "commune"}
            for n in UNITS
        ],
    )
    connection.execute(
        insert(Field), [{"id": n, "code": f"F{n}", "name": f"F{n}"} for n in (10, 20, 30)]
    )
    connection.execute(
        insert(Procedure),
        [
            {"id": n, "code": f"P{n}", "name": f"Thủ tục {n}", "field_id": field}
            | {"limit_value": value, "limit_unit": unit}
            for n, (field, value, unit) in PROCEDURES.items()
        ],
    )
    connection.execute(
        insert(models.Officer), [{"id": n, "source_id": 1, "code": f"CB{n}"} for n in OFFICERS]
    )
    connection.execute(insert(models.CalendarOverride), override_rows(days))


def override_rows(days: Mapping[date, bool] | None = None) -> list[dict[str, Any]]:
    """The strategies' calendar, made binding for the days that its dossiers can reach."""
    if days is None:
        reach = pl.date_range(FIRST_DAY, date(LAST_DAY.year, 12, 31), eager=True)
        days = {day: CALENDAR.is_working(day) for day in reach}
    return [{"day": day, "is_working": works, "name": "Thử"} for day, works in days.items()]


def add_batch(connection: Connection, batch_id: int, until: datetime | None = None) -> None:
    now = datetime(2026, 3, 1, 1, batch_id % 60, tzinfo=UTC)
    connection.execute(
        insert(models.ImportBatch),
        {"id": batch_id, "source_id": 1, "kind": "sample", "started_at": now, "finished_at": now}
        | {"data_until": utc(until)},
    )


def put(connection: Connection, dossiers: Iterable[RawDossier], batch_id: int) -> None:
    """Write dossiers, in place of those with the same id, as one batch would."""
    for d in dossiers:
        for child in (models.Pause, models.Step, models.Apology):
            connection.execute(delete(child).where(child.dossier_id == d.dossier_id))
        connection.execute(delete(models.Dossier).where(models.Dossier.id == d.dossier_id))
        connection.execute(insert(models.Dossier), _dossier(d, batch_id))
        for table, rows in (
            (models.Pause, _pauses(d)),
            (models.Apology, _apologies(d)),
            (models.Step, _steps(d)),
        ):
            if rows:
                connection.execute(insert(table), rows)


def _dossier(d: RawDossier, batch_id: int) -> dict[str, Any]:
    moments = (
        *("submitted_at", "received_at", "ended_at"),
        *("due_original_at", "due_at", "due_changed_at"),
    )
    return {
        "id": d.dossier_id,
        "source_id": d.source_id,
        "code": f"H99-{d.dossier_id}",
        "resolving_unit_id": d.unit_id,
        "receiving_unit_id": d.receiving_unit_id,
        "applicant_unit_id": d.applicant_unit_id,
        "procedure_id": d.procedure_id,
        "channel": d.channel,
        "channel_source": d.channel_source,
        "officer_id": d.officer_id,
        **{name: utc(getattr(d, name)) for name in moments},
        "end_kind": d.end_kind,
        "recorded_at": utc(d.recorded_at),
        "digitised": d.dossier_id % 2 == 0 or None,
        "content_hash": "x",
        "batch_id": batch_id,
    }


def _pauses(d: RawDossier) -> list[dict[str, Any]]:
    return [
        {"dossier_id": d.dossier_id, "kind": p.kind}
        | {"from_at": utc(p.from_at), "to_at": utc(p.to_at)}
        for p in distinct(d).pauses
    ]


def _apologies(d: RawDossier) -> list[dict[str, Any]]:
    return [
        {"dossier_id": d.dossier_id, "issued_at": utc(a.issued_at), "signer": "Nguyễn Thị Ký"}
        | {"new_due_at": utc(a.new_due_at)}
        | {"reason": "Lý do riêng", "number": "12/XL"}
        for a in distinct(d).apologies
    ]


def _steps(d: RawDossier) -> list[dict[str, Any]]:
    if d.received_at is None:
        return []
    times = {"from_at": utc(d.received_at), "due_at": utc(d.due_at), "to_at": utc(d.ended_at)}
    return [{"dossier_id": d.dossier_id, "sequence": 1, "name": "Thẩm định", "unit_id": 1, **times}]


def distinct(d: RawDossier) -> RawDossier:
    """Without what the database's unique keys would refuse: the same pause or apology twice."""
    from dataclasses import replace

    pauses = {(p.kind, p.from_at): p for p in d.pauses}
    apologies = {a.issued_at: a for a in d.apologies}
    return replace(d, pauses=tuple(pauses.values()), apologies=tuple(apologies.values()))


def load(database: Engine, dossiers: Iterable[RawDossier], batch_id: int = 1) -> None:
    """A prepared database with one batch of dossiers."""
    with database.begin() as connection:
        if connection.execute(select(models.Source.id)).first() is None:
            prepare(connection)
        add_batch(connection, batch_id, until=datetime(2026, 3, 1, 17))
        put(connection, dossiers, batch_id)


def whole_fact(folder: Path, manifest: Manifest, fact: str) -> pl.DataFrame:
    """All rows of a fact, in an order of their own."""
    files = [folder / part.path for part in manifest.of_fact(fact)]
    if not files:
        return pl.DataFrame(schema=FRAMES[fact])
    frame = pl.read_parquet(files)
    keys = {"dossier": ["held_from"], "pause": ["kind", "from_at"], "step": ["step_sequence"]}[fact]
    return frame.sort("dossier_id", *keys)


def whole(folder: Path, manifest: Manifest) -> dict[str, pl.DataFrame]:
    return {fact: whole_fact(folder, manifest, fact) for fact in FACTS}
