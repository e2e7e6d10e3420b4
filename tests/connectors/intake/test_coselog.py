"""The municipal dossier log with known answers (CoSeLoG, J.C.A.M. Buijs)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import Engine, case, func, select

from connectors.database.models import Dossier, Officer, Step, Unit
from connectors.intake import ImportReport, import_file
from connectors.settings import Settings
from tests.register_models import Field, Procedure


@pytest.fixture
def report(database: Engine, settings: Settings, shared_data: Path) -> ImportReport:
    return take(database, settings, shared_data)


def take(database: Engine, settings: Settings, shared_data: Path) -> ImportReport:
    cases = shared_data / "coselog" / "cases.csv"
    return import_file(database, settings, cases, "coselog", refresh_snapshot=False)


def test_all_dossiers_and_steps_are_taken(report: ImportReport, database: Engine) -> None:
    assert (report.rows_inserted, report.rows_rejected) == (1434, 0)
    assert (report.events_read, report.ended_before_received) == (8577, 2)
    with database.connect() as connection:
        ended = connection.execute(select(func.count(Dossier.ended_at))).scalar_one()
        steps = connection.execute(select(func.count(Step.id))).scalar_one()
        backwards = connection.execute(
            select(func.count(Step.id)).where(Step.from_at > Step.to_at)
        ).scalar_one()
    assert (ended, steps, backwards) == (1329, 8577, 0)


def test_imported_twice_nothing_changes(
    report: ImportReport, database: Engine, settings: Settings, shared_data: Path
) -> None:
    again = take(database, settings, shared_data)
    assert (again.rows_inserted, again.rows_changed, again.rows_unchanged) == (0, 0, 1434)
    assert again.rows_rejected == 0


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("department", Unit.name),
        ("group", Field.name),
        ("channel", Dossier.channel_source),
        ("responsible", Officer.code),
    ],
)
def test_ends_by_timestamp_agree_with_the_published_answers(
    name: str, column: object, report: ImportReport, database: Engine, shared_data: Path
) -> None:
    in_time = func.sum(case((Dossier.ended_at <= Dossier.due_at, 1), else_=0))
    query = (
        select(column, func.count(Dossier.id), func.count(Dossier.ended_at), in_time)  # type: ignore[call-overload]
        .select_from(Dossier)
        .join(Unit, Unit.id == Dossier.resolving_unit_id)
        .outerjoin(Procedure, Procedure.id == Dossier.procedure_id)
        .outerjoin(Field, Field.id == Procedure.field_id)
        .outerjoin(Officer, Officer.id == Dossier.officer_id)
        .group_by(column)
    )
    with database.connect() as connection:
        found = {(row[0] or ""): (row[1], row[2], int(row[3])) for row in connection.execute(query)}
    path = shared_data / "coselog" / f"expected_by_{name}.csv"
    with path.open(encoding="utf-8") as stream:
        expected = {
            line[name]: (int(line["n"]), int(line["closed"]), int(line["on_ts"]))
            for line in csv.DictReader(stream)
        }
    assert found == expected
