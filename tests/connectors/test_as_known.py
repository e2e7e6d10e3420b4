"""Imports one by one: what figures say as of T and as known at K, dossier by dossier."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Engine, insert, select

from connectors.database import models
from connectors.engine import Facts, Scope, open_facts
from connectors.intake.past import keep_history
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.core.ask import source_ends
from metrics.core.measure import measure
from metrics.dossiers.catalogue import FIGURES
from tests import oracle
from tests.answers import Cells, cells_by, cells_of, differences
from tests.connectors.snapshot_rows import distinct, prepare, put, utc
from tests.connectors.test_figures_end_to_end import REACH
from tests.frames import question
from tests.oracle import RawDossier
from tests.strategies import BATCHES, CALENDAR, asked_at, imported

ALL = list(FIGURES.values())
SIZE = 120


def versions_of(d: RawDossier) -> list[RawDossier]:
    return [*d.history, replace(d, history=())]


@pytest.fixture
def dossiers() -> list[RawDossier]:
    """As their batches left them; the database's unique keys kept."""
    return [
        replace(distinct(d), history=tuple(distinct(v) for v in d.history))
        for d in imported(SIZE, seed=5)
    ]


def take(engine: Engine, number: int, dossiers: Sequence[RawDossier]) -> None:
    """One batch, as an import writes it: what it changes is kept before."""
    batch = next(b for b in BATCHES if b.number == number)
    changed = [v for d in dossiers for v in versions_of(d) if v.batch == number]
    with engine.begin() as connection:
        if number == 1:
            prepare(connection, {day: CALENDAR.is_working(day) for day in REACH})
            connection.execute(insert(models.Source), {"id": 2, "code": "S2", "name": "Nguồn 2"})
        before = connection.execute(select(models.Dossier.id)).scalars().all()
        connection.execute(
            insert(models.ImportBatch),
            {
                "id": number,
                "source_id": batch.source_id,
                "kind": "file",
                "started_at": utc(batch.finished_at),
                "finished_at": utc(batch.finished_at),
                "data_until": utc(batch.until),
                "rows_changed": len([d for d in changed if d.dossier_id in before]),
            },
        )
        for d in changed:
            chosen = select(models.Dossier.id).where(models.Dossier.id == d.dossier_id)
            keep_history(connection, chosen.subquery().c.id, number)
        put(connection, changed, number)


def asks_of(dossiers: Sequence[RawDossier], count: int) -> list[oracle.Ask]:
    roll = random.Random(3).randrange
    return [asked_at(roll, dossiers) for _ in range(count)]


def check(
    facts: Facts, dossiers: Sequence[RawDossier], asked: oracle.Ask, batches: Sequence[oracle.Batch]
) -> None:
    ask = question(asked, calendar=facts.calendar, ends=source_ends(facts.sources))
    found = cells_of(measure(facts, ALL, [ask]), [], [0])
    wanted: Cells = {}
    by_id = {d.dossier_id: d for d in dossiers}
    for figure, answer in oracle.answers(dossiers, asked, CALENDAR, tuple(batches)).items():
        for value, cell in cells_by(answer, by_id, lambda _: None):
            wanted[0, figure, value] = cell
    assert differences(found, wanted, [asked]) == []


def known_at(asked: oracle.Ask) -> datetime | int | None:
    k = asked.known_at
    return k if k is None or isinstance(k, int | datetime) else None


def test_as_known_is_the_oracles(
    dossiers: list[RawDossier], sqlite_database: Engine, settings: Settings
) -> None:
    for batch in BATCHES:
        take(sqlite_database, batch.number, dossiers)
        refresh(sqlite_database, settings)
    for asked in asks_of(dossiers, 40):
        facts = open_facts(settings, Scope(), as_known=known_at(asked))
        check(facts, dossiers, asked, BATCHES)
