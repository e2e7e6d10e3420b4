"""Imports one by one: what figures say as of T and as known at K, dossier by dossier."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest
from sqlalchemy import Engine, insert, select

from connectors.database import models
from connectors.engine import Facts, NothingKnown, Scope, open_facts
from connectors.intake.past import keep_history
from connectors.settings import Settings
from connectors.snapshot import Manifest, rebuild, refresh
from connectors.snapshot.manifest import HISTORY
from metrics.core.ask import source_ends
from metrics.core.measure import measure
from metrics.core.rows import rows
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.drift import both, drift
from tests import oracle
from tests.answers import Cells, cells_by, cells_of, differences
from tests.connectors.snapshot_rows import distinct, prepare, put, utc
from tests.connectors.test_figures_end_to_end import REACH
from tests.frames import question
from tests.oracle import RawDossier
from tests.strategies import BATCHES, CALENDAR, asked_at, imported

ALL = list(FIGURES.values())
SIZE = 100


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


def rows_by_figure(facts: Facts, asked: oracle.Ask) -> dict[str, list[int]]:
    ask = question(asked, calendar=facts.calendar, ends=source_ends(facts.sources))
    lazy = [rows(facts, figure, ask).to_native() for figure in ALL]
    found = pl.collect_all(lazy)
    return {
        figure.key: frame["dossier_id"].sort().to_list()
        for figure, frame in zip(ALL, found, strict=True)
    }


def test_as_known_after_a_batch_is_what_was_computed_then(
    dossiers: list[RawDossier], sqlite_database: Engine, settings: Settings
) -> None:
    """Batch by batch, dossier by dossier; and a rebuild keeps the same history."""
    some = asks_of(dossiers, 3)
    computed = {}
    for batch in BATCHES:
        take(sqlite_database, batch.number, dossiers)
        refresh(sqlite_database, settings)
        facts = open_facts(settings, Scope())
        computed[batch.number] = [rows_by_figure(facts, asked) for asked in some]
    for number, wanted in computed.items():
        then = open_facts(settings, Scope(), as_known=number)
        assert [rows_by_figure(then, asked) for asked in some] == wanted, number
    before = history_of(settings, refresh(sqlite_database, settings))
    assert before["dossier_history"]
    assert history_of(settings, rebuild(sqlite_database, settings)) == before


def test_every_difference_between_then_and_now_has_its_reason(
    dossiers: list[RawDossier], sqlite_database: Engine, settings: Settings
) -> None:
    """Exactly the dossiers that count in one and not in the other, each with what changed it."""
    for batch in BATCHES:
        take(sqlite_database, batch.number, dossiers)
    refresh(sqlite_database, settings)
    now = open_facts(settings, Scope())
    versions = {d.dossier_id: {v.batch for v in versions_of(d)} for d in dossiers}
    seen = 0
    for batch, asked in zip(BATCHES[:-1], asks_of(dossiers, len(BATCHES) - 1), strict=True):
        then = open_facts(settings, Scope(), as_known=batch.number)
        asks = both(question(asked, calendar=now.calendar), then.sources, now.sources)
        if asks is None:
            continue
        for figure in ALL[:: len(ALL) // 6]:
            found = drift(then, now, figure, asks)
            sides = zip((then, now), asks, strict=True)
            ids = [rows(facts, figure, ask).collect().to_native() for facts, ask in sides]
            before, after = (set(frame["dossier_id"]) for frame in ids)
            counted = {one.dossier_id for one in found.moved if one.part == "numerator"}
            assert counted == before ^ after, figure.key
            for one in found.moved:
                numbers = [step.batch_id for step in one.steps]
                assert numbers or one.told_until, (figure.key, one)
                assert numbers == sorted(numbers)
                assert {*numbers} <= versions[one.dossier_id] - {batch.number}
                assert all(step.what == "new" or step.changes for step in one.steps)
            seen += found.total
    assert seen > 20


def history_of(settings: Settings, manifest: Manifest) -> dict[str, list[tuple[object, ...]]]:
    return {
        fact: sorted(
            (
                row
                for part in manifest.history
                if part.fact == fact
                for row in pl.read_parquet(settings.snapshot_dir / part.path).rows()
            ),
            key=repr,
        )
        for fact in HISTORY.values()
    }


def test_before_the_first_batch_nothing_was_known(
    dossiers: list[RawDossier], sqlite_database: Engine, settings: Settings
) -> None:
    take(sqlite_database, 1, dossiers)
    refresh(sqlite_database, settings)
    for asked in (BATCHES[0].finished_at - timedelta(milliseconds=1), 99):
        with pytest.raises(NothingKnown):
            open_facts(settings, Scope(), as_known=asked)
