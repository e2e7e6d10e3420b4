"""From the database through snapshot and engine to the figures: still what the oracle says.

tests/metrics holds the figures against the oracle on frames that the oracle itself derived.
Here everything between is the real thing: UTC moments in the database, local moments, pauses,
due dates and working-day ordinals by the snapshot, parts left out by the engine.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from shutil import copy

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from sqlalchemy import Engine

from connectors.database.session import open_database
from connectors.engine import Facts, Scope, open_facts
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.core.measure import GROUPS, measure
from metrics.core.rows import rows
from metrics.dossiers.catalogue import FIGURES
from tests import oracle
from tests.answers import Cells, cells_by, cells_of, differences, every_way
from tests.connectors.snapshot_rows import distinct, load, prepare
from tests.frames import question
from tests.oracle import RawDossier
from tests.strategies import CALENDAR, Case, cases, random_register

ALL = list(FIGURES.values())

# A day before the strategies' first on which they have a holiday too, to after the last reach.
REACH = pl.date_range(date(2026, 1, 1), date(2026, 12, 31), eager=True)


def database_of(engine: Engine, dossiers: Sequence[RawDossier]) -> None:
    """The dossiers as one batch, under the strategies' calendar."""
    with engine.begin() as connection:
        prepare(connection, {day: CALENDAR.is_working(day) for day in REACH})
    load(engine, dossiers)


def check(
    facts: Facts, dossiers: Sequence[RawDossier], asked: Sequence[oracle.Ask], group: str | None
) -> None:
    by = [GROUPS[group]] if group else []
    key = oracle.KEYS[group] if group else lambda _: None
    by_id = {d.dossier_id: d for d in dossiers}
    asks = [question(ask, calendar=facts.calendar) for ask in asked]
    found = cells_of(measure(facts, ALL, asks, by), by, range(len(asks)))
    wanted: Cells = {}
    for position, ask in enumerate(asked):
        for figure, answer in oracle.answers(dossiers, ask, CALENDAR).items():
            for value, cell in cells_by(answer, by_id, key):
                wanted[position, figure, value] = cell
    assert differences(found, wanted, asked) == []


def sample_of(dossiers: Sequence[RawDossier], seed: int, count: int) -> list[oracle.Ask]:
    """Some of every way to ask; always among them each definition."""
    every = every_way(dossiers, seed)
    quarter = len(every) // 4
    roll = random.Random(seed)
    return [every[n * quarter + roll.randrange(quarter)] for n in range(4)] + roll.sample(
        every, count - 4
    )


@pytest.fixture
def loaded(sqlite_database: Engine, settings: Settings) -> list[RawDossier]:
    dossiers = [distinct(d) for d in random_register(160, seed=11)]
    database_of(sqlite_database, dossiers)
    refresh(sqlite_database, settings)
    return dossiers


def test_numbers_are_the_oracles(loaded: list[RawDossier], settings: Settings) -> None:
    facts = open_facts(settings, Scope())
    check(facts, loaded, sample_of(loaded, 1, 10), None)
    for seed, group in enumerate(GROUPS):
        check(facts, loaded, sample_of(loaded, seed, 4)[seed % 4 :][:1], group)


def test_parts_left_out_change_no_number(loaded: list[RawDossier], settings: Settings) -> None:
    """What the engine does not open, because nobody asks about it, is in no figure."""
    for ask in sample_of(loaded, 2, 6):
        facts = open_facts(settings, Scope(), alive=question(ask).alive)
        check(facts, loaded, [ask], None)


def test_a_scope_is_the_figures_of_its_units(loaded: list[RawDossier], settings: Settings) -> None:
    facts = open_facts(settings, Scope(frozenset({1, 3})))
    seen = [d for d in loaded if d.unit_id in (1, 3)]
    check(facts, seen, sample_of(loaded, 3, 4), "unit")


def test_rows_are_the_dossiers_counted(loaded: list[RawDossier], settings: Settings) -> None:
    facts = open_facts(settings, Scope())
    for asked in sample_of(loaded, 4, 4):
        answers = oracle.answers(loaded, asked, CALENDAR)
        ask = question(asked, calendar=facts.calendar)
        lazy = [rows(facts, figure, ask).to_native() for figure in ALL]
        for figure, frame in zip(ALL, pl.collect_all(lazy), strict=True):
            found = frame["dossier_id"].sort().to_list()
            assert found == sorted(answers[figure.key].numerator), figure.key


def test_a_past_week_asked_again_is_what_the_records_now_say(
    loaded: list[RawDossier], sqlite_database: Engine, settings: Settings
) -> None:
    """A later batch changes some dossiers and adds others; the snapshot follows by that batch."""
    other = [distinct(d) for d in random_register(60, seed=12)]
    changed = [replace(d, dossier_id=100 + d.dossier_id) for d in other]
    asked = sample_of(loaded, 5, 4)
    check(open_facts(settings, Scope()), loaded, asked, None)
    load(sqlite_database, changed + [replace(d, dossier_id=900 + d.dossier_id) for d in other], 2)
    refresh(sqlite_database, settings)
    now = [d for d in loaded if not 100 < d.dossier_id <= 160]
    now += changed + [replace(d, dossier_id=900 + d.dossier_id) for d in other]
    check(open_facts(settings, Scope()), now, asked, None)


@examples(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases(max_size=4))
def test_a_few_dossiers_from_the_database(
    case: Case, sqlite_database: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each example in a copy of the empty database."""
    folder = tmp_path_factory.mktemp("few")
    path = folder / "dung-han.db"
    copy(str(sqlite_database.url.database), path)
    setting = Settings(
        data_dir=folder, database_url=f"sqlite:///{path}", timezone="Asia/Ho_Chi_Minh"
    )
    engine = open_database(setting.database_url)
    dossiers = [distinct(d) for d in case.dossiers]
    database_of(engine, dossiers)
    refresh(engine, setting)
    engine.dispose()
    check(open_facts(setting, Scope()), dossiers, [case.ask], None)
