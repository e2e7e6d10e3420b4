"""Opening the facts: scope, parts left out, and what stands beside the frames."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from sqlalchemy import Engine, insert, update

from connectors.calendar import load_calendar
from connectors.database import models
from connectors.engine import Facts, Scope, SnapshotMissing, descendants, open_facts
from connectors.settings import Settings
from connectors.snapshot import read_manifest, rebuild, refresh
from connectors.snapshot.manifest import FACTS, FRAMES
from metrics.registers.held import SINCE
from tests.connectors.snapshot_rows import distinct, load
from tests.oracle import RawDossier
from tests.strategies import random_register

EVERYTHING = Scope(None)


def collected(facts: Facts, fact: str) -> pl.DataFrame:
    frame: nw.LazyFrame[Any] = getattr(facts, fact)
    native: pl.DataFrame = frame.collect(backend="polars").to_native()
    return native


@pytest.fixture
def opened(sqlite_database: Engine, settings: Settings) -> Settings:
    """An installation with 200 dossiers of three units."""
    load(sqlite_database, [distinct(d) for d in random_register(200, 30)])
    refresh(sqlite_database, settings)
    return settings


def test_without_a_snapshot_the_answer_says_so_in_vietnamese(settings: Settings) -> None:
    with pytest.raises(SnapshotMissing, match="Chưa có bản chụp số liệu"):
        open_facts(settings, EVERYTHING)


def test_a_snapshot_that_lost_its_files_is_missing(opened: Settings) -> None:
    for path in (opened.snapshot_dir / "dims").iterdir():
        path.unlink()
    with pytest.raises(SnapshotMissing):
        open_facts(opened, EVERYTHING)


@pytest.mark.parametrize("kept", [0, 4, 0.5, -1])
def test_a_snapshot_whose_files_were_cut_says_so_and_is_built_again(
    opened: Settings, sqlite_database: Engine, kept: float
) -> None:
    """Units, calendar, sources; a file of another program looks like one that was cut to nothing.
    The app shows the sentence (ui/shell/frame.py)."""
    for path in (opened.snapshot_dir / "dims").iterdir():
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * kept) if 0 < kept < 1 else int(kept)])
    with pytest.raises(SnapshotMissing, match=r"bị hỏng.*snapshot --rebuild"):
        open_facts(opened, EVERYTHING)
    rebuild(sqlite_database, opened)
    assert len(collected(open_facts(opened, EVERYTHING), "dossier")) >= 200


def test_frames_have_the_columns_of_the_contracts(opened: Settings) -> None:
    facts = open_facts(opened, EVERYTHING)
    for fact in FACTS:
        assert collected(facts, fact).schema == FRAMES[fact]
    beside = {
        "unit": facts.units,
        "succession": facts.successions,
        "procedure": facts.procedures,
        "field": facts.fields,
        "source": facts.sources,
    }
    for name, frame in beside.items():
        assert frame.schema == {k: v for k, v in FRAMES[name].items() if k != SINCE}
    assert collected(facts, "dossier")["dossier_id"].n_unique() == 200


def test_version_calendar_and_freshness_are_the_snapshots(
    opened: Settings, sqlite_database: Engine
) -> None:
    facts, manifest = open_facts(opened, EVERYTHING), read_manifest(opened.snapshot_dir)
    assert manifest is not None
    assert facts.data_version == manifest.data_version
    assert facts.data_until == datetime(2026, 3, 1, 17)
    assert facts.data_kind == "real"
    assert facts.calendar == load_calendar(sqlite_database)
    assert facts.calendar != load_calendar(None)


@pytest.mark.parametrize("units", [{1}, {1, 3}, {1, 2, 3}, {99}, set()])
def test_scope_keeps_other_units_out_of_every_frame(opened: Settings, units: set[int]) -> None:
    facts = open_facts(opened, Scope(frozenset(units)))
    everything = open_facts(opened, EVERYTHING)
    for fact in FACTS:
        seen, there = collected(facts, fact), collected(everything, fact)
        assert set(seen["unit_id"]) == units & {1, 2, 3}
        assert seen.height == there.filter(pl.col("unit_id").is_in(sorted(units))).height
        assert seen.schema == FRAMES[fact]
    assert set(facts.units["unit_id"]) == units & {1, 2, 3}


def test_units_of_a_scope_come_with_those_above_them(
    opened: Settings, sqlite_database: Engine
) -> None:
    with sqlite_database.begin() as connection:
        row = {"id": 10, "scheme": "T", "code": "10", "name": "Thành phố", "kind": "province"}
        connection.execute(insert(models.Unit), row)
        for unit in (1, 2):
            below = update(models.Unit).where(models.Unit.id == unit)
            connection.execute(below.values(parent_id=10))
    refresh(sqlite_database, opened)
    facts = open_facts(opened, Scope(frozenset({2})))
    assert set(facts.units["unit_id"]) == {2, 10}


def alive(frame: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
    """The promise of ``alive``, row by row."""
    begun = (pl.col("received_at") < end) | (pl.col("submitted_at") < end)
    lasting = pl.col("ended_at").is_null() | (pl.col("ended_at") >= start)
    return frame.filter(begun.fill_null(False), lasting).sort("dossier_id")


def test_no_dossier_that_is_alive_is_left_out(opened: Settings) -> None:
    everything = collected(open_facts(opened, EVERYTHING), "dossier")
    edges = [datetime(2026, 2, 20) + timedelta(hours=13 * n) for n in range(40)]
    for start, end in [*pairwise(edges), (edges[0], edges[-1]), (edges[5], edges[5])]:
        seen = collected(open_facts(opened, EVERYTHING, alive=(start, end)), "dossier")
        assert alive(seen, start, end).equals(alive(everything, start, end))


def test_parts_that_ended_before_are_not_opened(
    sqlite_database: Engine, settings: Settings
) -> None:
    months = [datetime(2026, month, 10, 9) for month in range(1, 7)]
    load(
        sqlite_database,
        [
            RawDossier(n, received_at=at, ended_at=at, end_kind="result")
            for n, at in enumerate(months, 1)
        ],
    )
    refresh(sqlite_database, settings)
    for part in (settings.snapshot_dir / "parts").glob("*-2026-0[126]-*"):
        part.write_bytes(b"not to be read")
    facts = open_facts(settings, EVERYTHING, alive=(datetime(2026, 3, 1), datetime(2026, 6, 1)))
    assert sorted(collected(facts, "dossier")["dossier_id"]) == [3, 4, 5]
    assert sorted(collected(facts, "step")["dossier_id"]) == [3, 4, 5]


def test_an_open_reader_survives_a_refresh(opened: Settings, sqlite_database: Engine) -> None:
    facts = open_facts(opened, EVERYTHING)
    load(sqlite_database, [RawDossier(500, received_at=datetime(2026, 3, 1))], batch_id=2)
    refresh(sqlite_database, opened)
    assert collected(facts, "dossier")["dossier_id"].n_unique() == 200
    assert collected(open_facts(opened, EVERYTHING), "dossier")["dossier_id"].n_unique() == 201


def test_descendants_are_the_unit_and_everything_below_it() -> None:
    tree = {1: None, 2: 1, 3: 1, 4: 2, 5: 4, 6: None, 7: 6}
    units = pl.DataFrame({"unit_id": tree.keys(), "parent_id": tree.values()})
    assert descendants(units, 2) == {2, 4, 5}
    assert descendants(units, 1) == {1, 2, 3, 4, 5}
    assert descendants(units, 7) == {7}
    assert descendants(units, 99) == {99}


def test_a_circle_of_units_is_walked_once() -> None:
    units = pl.DataFrame({"unit_id": [1, 2, 3], "parent_id": [3, 1, 2]})
    assert descendants(units, 1) == {1, 2, 3}
