"""The snapshot as a whole: what it holds, that it keeps in step, and that nothing breaks it."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection, Engine, delete, insert, update
from sqlalchemy.orm import InstrumentedAttribute

from connectors.database import models
from connectors.settings import Settings
from connectors.snapshot import parts as parts_module
from connectors.snapshot import read_manifest, rebuild, refresh
from connectors.snapshot import source as source_module
from connectors.snapshot.manifest import FACTS, FRAMES, Manifest
from connectors.snapshot.update import GRACE
from tests.connectors.snapshot_rows import add_batch, distinct, load, put, whole, whole_fact
from tests.frames import derived_last, last_states
from tests.oracle import RawDossier
from tests.register_models import Procedure
from tests.strategies import random_register

NOON = datetime(2026, 2, 23, 12)


def stored_files(settings: Settings) -> set[str]:
    folder = settings.snapshot_dir
    return {str(path.relative_to(folder)) for path in folder.glob("*/*.parquet")}


# What it holds


def test_both_databases_give_the_oracles_answers(database: Engine, settings: Settings) -> None:
    found = [distinct(d) for d in random_register(120, 7)]
    load(database, found)
    manifest = refresh(database, settings)
    frame = last_states(whole(settings.snapshot_dir, manifest)["dossier"])
    wanted = [derived_last(d) for d in found]
    assert frame.select(list(wanted[0])).to_dicts() == wanted
    assert frame["received_at"].to_list() == [d.received_at for d in found]
    assert frame["digitised"].to_list() == [d.dossier_id % 2 == 0 or None for d in found]
    assert manifest.dossiers == len(found)


def test_every_file_has_the_columns_of_the_contracts(
    sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, random_register(60, 8))
    manifest = refresh(sqlite_database, settings)
    assert {part.fact for part in manifest.parts} == set(FACTS)
    for part in manifest.parts:
        schema = pl.read_parquet_schema(settings.snapshot_dir / part.path)
        assert schema == FRAMES[part.fact]
    for name in ("unit", "succession", "procedure", "field", "source"):
        schema = pl.read_parquet_schema(settings.snapshot_dir / manifest.dims[name])
        assert schema == FRAMES[name]


def test_parts_are_months_of_the_end_and_know_their_bounds(
    sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, random_register(60, 9))
    manifest = refresh(sqlite_database, settings)
    for part in manifest.of_fact("dossier"):
        frame = pl.read_parquet(settings.snapshot_dir / part.path)
        months = {end and f"{end:%Y-%m}" for end in frame["ended_at"]}
        assert months == {None if part.bucket == "open" else part.bucket}
        assert (part.ended_from, part.ended_to) == (
            frame["ended_at"].min(),
            frame["ended_at"].max(),
        )
        assert part.received_from == frame["received_at"].min()
        assert part.submitted_from == frame["submitted_at"].min()
        assert part.rows == frame.height
        received = frame["received_at"].drop_nulls().to_list()
        assert received == sorted(received)


def test_dossiers_of_one_part_have_their_pauses_and_steps_in_its_siblings(
    sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, random_register(60, 10))
    manifest = refresh(sqlite_database, settings)

    def ids(fact: str, bucket: str) -> set[int]:
        files = [p.path for p in manifest.of_fact(fact) if p.bucket == bucket]
        return {
            n for file in files for n in pl.read_parquet(settings.snapshot_dir / file)["dossier_id"]
        }

    for bucket in {part.bucket for part in manifest.parts}:
        assert ids("pause", bucket) | ids("step", bucket) <= ids("dossier", bucket)


def test_steps_are_measured_in_working_minutes(sqlite_database: Engine, settings: Settings) -> None:
    received = datetime(2026, 2, 27, 16)  # a Friday; the Saturday after it is worked
    load(
        sqlite_database,
        [
            RawDossier(1, received_at=received, due_at=received + timedelta(days=3)),
            RawDossier(2, received_at=received, ended_at=datetime(2026, 2, 28, 9, 30)),
        ],
    )
    frame = whole(settings.snapshot_dir, refresh(sqlite_database, settings))["step"]
    assert frame["spent_minutes"].to_list() == [None, 150]
    assert frame["allotted_minutes"].to_list() == [60 + 480 + 420, None]


def test_moments_stand_in_the_installations_zone(
    sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, [RawDossier(1, received_at=NOON)])
    elsewhere = settings.model_copy(update={"timezone": "Europe/Amsterdam"})
    here = whole(settings.snapshot_dir, refresh(sqlite_database, settings))["dossier"]
    there = whole(settings.snapshot_dir, refresh(sqlite_database, elsewhere))["dossier"]
    assert here["received_at"].item() == NOON
    assert there["received_at"].item() == NOON - timedelta(hours=6)


def test_freshness_of_sources_and_of_all_data(sqlite_database: Engine, settings: Settings) -> None:
    load(sqlite_database, [RawDossier(1, received_at=NOON)])
    manifest = refresh(sqlite_database, settings)
    source = pl.read_parquet(settings.snapshot_dir / manifest.dims["source"]).row(0, named=True)
    assert manifest.data_until == source["data_until"] == datetime(2026, 3, 1, 17)
    assert source["imported_at"] == datetime(2026, 3, 1, 8, 1)


def test_kind_of_data_is_told(sqlite_database: Engine, settings: Settings) -> None:
    load(sqlite_database, [RawDossier(1, received_at=NOON)])
    assert refresh(sqlite_database, settings).data_kind == "real"
    with sqlite_database.begin() as connection:
        connection.execute(insert(models.Setting), {"key": "data_kind", "value": "sample"})
    assert refresh(sqlite_database, settings).data_kind == "sample"


def test_an_empty_database_gives_an_empty_snapshot(
    sqlite_database: Engine, settings: Settings
) -> None:
    manifest = refresh(sqlite_database, settings)
    assert (manifest.parts, manifest.dossiers, manifest.data_until) == ((), 0, None)
    assert refresh(sqlite_database, settings) == manifest


# Privacy


def test_no_personal_data_gets_in(sqlite_database: Engine, settings: Settings) -> None:
    secret = "BÍ-MẬT"
    load(sqlite_database, [distinct(d) for d in random_register(20, 11)])
    with sqlite_database.begin() as connection:
        connection.execute(
            insert(models.Owner),
            {"dossier_id": 1, "kind": "person", "name": secret, "phone": secret}
            | {"address": secret, "national_id": secret},
        )
        connection.execute(update(models.Officer).values(name=secret))
        connection.execute(update(models.Apology).values(signer=secret, reason=secret))
        connection.execute(update(models.Pause).values(document_no=secret))
        connection.execute(
            insert(models.RejectedRow),
            {"batch_id": 1, "line_no": 1, "reason": secret, "row": {"owner": secret}},
        )
    manifest = refresh(sqlite_database, settings)
    for path in manifest.files():
        frame = pl.read_parquet(settings.snapshot_dir / path)
        texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
        for name in texts:
            assert not frame[name].str.contains(secret).any(), (path, name)


def test_only_named_columns_are_read_and_none_of_them_is_personal() -> None:
    personal = {
        *models.Owner.__table__.columns,
        models.Officer.__table__.c.name,
        models.Apology.__table__.c.signer,
        models.Apology.__table__.c.reason,
    }
    taken: set[InstrumentedAttribute[object]] = set()
    for group in ("_DOSSIER", "_PAUSE", "_STEP", "_APOLOGY", "_HISTORY"):
        taken.update(getattr(source_module, group))
    tables = {column.table.name for column in taken}
    assert tables == {"dossier", "pause", "step", "apology", "dossier_history"}
    assert not {column.expression for column in taken} & personal


# In step


def same_facts(a: dict[str, pl.DataFrame], b: dict[str, pl.DataFrame]) -> bool:
    return all(a[fact].equals(b[fact]) for fact in FACTS)


@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.proof), pytest.param(2, marks=pytest.mark.proof)]
)
def test_refreshed_by_batches_equals_rebuilt(
    seed: int, sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small limits, so that chunks end, parts fill up and are cut in two.
    monkeypatch.setattr(source_module, "CHUNK", 7)
    monkeypatch.setattr(parts_module, "MAX_DOSSIERS", 12)
    dice = random.Random(seed)
    pool = random_register(150, seed)
    elsewhere = settings.model_copy(update={"data_dir": settings.data_dir / "anew"})
    load(sqlite_database, [distinct(d) for d in pool[:40]])
    versions = [refresh(sqlite_database, settings).data_version]
    for batch in range(2, 6):
        # Some dossiers anew, some in another's shape: they end, open again, lose their pauses.
        ids = dice.sample(range(1, 60), (20, 1, 0, 8)[batch - 2])
        changed = [reshaped(dice.choice(pool), n) for n in ids]
        with sqlite_database.begin() as connection:
            add_batch(connection, batch)
            put(connection, [distinct(d) for d in changed], batch)
        by_batch = refresh(sqlite_database, settings)
        anew = rebuild(sqlite_database, elsewhere)
        assert same_facts(
            whole(settings.snapshot_dir, by_batch), whole(elsewhere.snapshot_dir, anew)
        )
        found = whole_fact(settings.snapshot_dir, by_batch, "dossier")
        assert by_batch.dossiers == found["dossier_id"].n_unique()
        assert found.height == sum(part.rows for part in by_batch.of_fact("dossier"))
        assert all(part.rows <= 12 for part in by_batch.of_fact("dossier"))
        versions.append(by_batch.data_version)
    assert len(set(versions)) == len(versions)


def reshaped(d: RawDossier, dossier_id: int) -> RawDossier:
    from dataclasses import replace

    return replace(d, dossier_id=dossier_id)


def test_a_refresh_writes_only_the_parts_that_held_or_will_hold_the_changed(
    sqlite_database: Engine, settings: Settings
) -> None:
    january, february = datetime(2026, 1, 15, 9), datetime(2026, 2, 10, 9)
    march = datetime(2026, 3, 10, 9)
    ended = [(1, january), (2, february), (3, march), (4, None)]
    load(
        sqlite_database,
        [RawDossier(n, received_at=january, ended_at=end, end_kind="result") for n, end in ended],
    )
    before = {part.bucket: part for part in refresh(sqlite_database, settings).of_fact("dossier")}
    with sqlite_database.begin() as connection:
        add_batch(connection, 2)
        put(
            connection,
            [RawDossier(4, received_at=january, ended_at=february, end_kind="result")],
            2,
        )
    after = {part.bucket: part for part in refresh(sqlite_database, settings).of_fact("dossier")}
    assert after.keys() == {"2026-01", "2026-02", "2026-03"}
    assert after["2026-01"] == before["2026-01"]
    assert after["2026-03"] == before["2026-03"]
    assert (after["2026-02"].rows, before["2026-02"].rows) == (2, 1)


def test_nothing_new_leaves_everything_as_it_is(
    sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, random_register(20, 12))
    first = refresh(sqlite_database, settings)
    files = stored_files(settings)
    assert refresh(sqlite_database, settings) == first
    assert stored_files(settings) == files


def test_a_batch_without_dossiers_makes_a_new_version_of_the_same_parts(
    sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, random_register(20, 13))
    first = refresh(sqlite_database, settings)
    with sqlite_database.begin() as connection:
        add_batch(connection, 2, until=datetime(2026, 3, 2))
    second = refresh(sqlite_database, settings)
    assert second.parts == first.parts
    assert second.data_version != first.data_version
    assert second.data_until == datetime(2026, 3, 2)


def change_limit(connection: Connection) -> None:
    connection.execute(update(Procedure).values(limit_value=9, limit_unit="day"))


def change_calendar(connection: Connection) -> None:
    connection.execute(delete(models.CalendarOverride))
    row = {"day": date(2026, 3, 3), "is_working": False, "name": "Nghỉ"}
    connection.execute(insert(models.CalendarOverride), row)


def delete_dossier(connection: Connection) -> None:
    connection.execute(delete(models.Dossier).where(models.Dossier.id == 3))


def replace_batch(connection: Connection) -> None:
    """As in another database: the same number, another batch, no dossier of a later one."""
    later = datetime(2027, 1, 1, tzinfo=UTC)
    connection.execute(update(models.ImportBatch).values(finished_at=later))
    connection.execute(update(models.Dossier).values(channel="postal"))


@pytest.mark.parametrize("change", [change_limit, change_calendar, delete_dossier, replace_batch])
def test_what_batches_do_not_tell_leads_to_a_rebuild(
    change: Callable[[Connection], None], sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, random_register(40, 14))
    refresh(sqlite_database, settings)
    with sqlite_database.begin() as connection:
        change(connection)
    elsewhere = settings.model_copy(update={"data_dir": settings.data_dir / "anew"})
    refreshed, anew = refresh(sqlite_database, settings), rebuild(sqlite_database, elsewhere)
    assert same_facts(whole(settings.snapshot_dir, refreshed), whole(elsewhere.snapshot_dir, anew))


def test_a_new_procedure_is_no_reason_to_rebuild(
    sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, random_register(20, 15))
    first = refresh(sqlite_database, settings)
    with sqlite_database.begin() as connection:
        connection.execute(insert(Procedure), {"id": 99, "code": "P99", "name": "Mới"})
    second = refresh(sqlite_database, settings)
    assert second.parts == first.parts
    assert second.dims["procedure"] != first.dims["procedure"]
    assert second.dims["unit"] == first.dims["unit"]


def test_progress_counts_up_to_all(
    sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "CHUNK", 8)
    load(sqlite_database, random_register(20, 16))
    seen: list[tuple[int, int]] = []
    refresh(sqlite_database, settings, lambda done, total: seen.append((done, total)))
    assert seen == [(8, 20), (16, 20), (20, 20)]


def test_gaps_in_the_ids_are_jumped_over(sqlite_database: Engine, settings: Settings) -> None:
    far = 5_000_000_000
    load(sqlite_database, [RawDossier(n, received_at=NOON) for n in (1, 2, far)])
    calls: list[int] = []
    manifest = refresh(sqlite_database, settings, lambda done, _: calls.append(done))
    assert calls == [2, 3]
    assert whole(settings.snapshot_dir, manifest)["dossier"]["dossier_id"].to_list() == [1, 2, far]


# Unbreakable


def test_without_a_snapshot_there_is_no_manifest(settings: Settings) -> None:
    assert read_manifest(settings.snapshot_dir) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": "0"}'])
def test_an_unreadable_or_older_manifest_counts_as_none(
    text: str, sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, [RawDossier(1, received_at=NOON)])
    refresh(sqlite_database, settings)
    (settings.snapshot_dir / "manifest.json").write_text(text)
    assert read_manifest(settings.snapshot_dir) is None
    assert refresh(sqlite_database, settings).dossiers == 1


def test_a_missing_file_leads_to_a_rebuild(sqlite_database: Engine, settings: Settings) -> None:
    load(sqlite_database, random_register(20, 17))
    first = refresh(sqlite_database, settings)
    (settings.snapshot_dir / first.parts[0].path).unlink()
    second = refresh(sqlite_database, settings)
    assert whole(settings.snapshot_dir, second)["dossier"]["dossier_id"].n_unique() == 20


class PowerCut(Exception):
    """Whatever may happen between two instructions."""


@pytest.mark.parametrize(
    "step",
    [
        "connectors.snapshot.update.derive",
        "connectors.snapshot.parts.Staging._spill",
        "connectors.snapshot.parts.write_file",
        "connectors.snapshot.parts.sync",
        "connectors.snapshot.update.write_file",
        "connectors.snapshot.update._retire",
        "connectors.snapshot.manifest.os.fsync",
        "connectors.snapshot.manifest.Path.replace",
    ],
)
@pytest.mark.parametrize("anew", [False, pytest.param(True, marks=pytest.mark.proof)])
def test_a_crash_at_any_step_leaves_the_old_snapshot_whole(
    step: str,
    anew: bool,
    sqlite_database: Engine,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load(sqlite_database, random_register(30, 18))
    old = refresh(sqlite_database, settings)
    facts = whole(settings.snapshot_dir, old)
    with sqlite_database.begin() as connection:
        add_batch(connection, 2)
        put(connection, [distinct(d) for d in random_register(10, 19)], 2)

    def cut(*_args: object, **_kwargs: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(step, cut)
        with pytest.raises(PowerCut):
            (rebuild if anew else refresh)(sqlite_database, settings)
    assert read_manifest(settings.snapshot_dir) == old
    assert same_facts(whole(settings.snapshot_dir, old), facts)
    # And the next one succeeds, and leaves no staging behind.
    assert refresh(sqlite_database, settings).last_batch_id == 2
    assert not list(settings.snapshot_dir.glob("staging-*"))


def age(folder: Path, files: set[str]) -> None:
    past = time.time() - GRACE.total_seconds() - 60
    for path in files:
        os.utime(folder / path, (past, past))


def test_files_of_the_previous_manifest_outlive_it_by_the_grace(
    sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, random_register(30, 20))
    old = refresh(sqlite_database, settings)
    age(settings.snapshot_dir, old.files())  # written long ago, but in force until now
    new = rebuild(sqlite_database, settings)
    assert old.files() <= stored_files(settings)
    age(settings.snapshot_dir, old.files())
    refresh(sqlite_database, settings)
    assert stored_files(settings) == new.files()


def test_files_that_a_crash_left_are_swept_after_the_grace(
    sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, random_register(10, 21))
    manifest = refresh(sqlite_database, settings)
    left = settings.snapshot_dir / "parts" / "dossier-open-000.parquet"
    left.touch()
    refresh(sqlite_database, settings)
    assert left.exists()
    age(settings.snapshot_dir, {"parts/dossier-open-000.parquet"})
    refresh(sqlite_database, settings)
    assert stored_files(settings) == manifest.files()


def test_two_refreshers_at_once_do_the_work_once(
    sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.snapshot import derive as derive_module

    load(sqlite_database, random_register(20, 22))
    inside, go_on = threading.Event(), threading.Event()
    worked: list[int] = []
    derive = derive_module.derive

    def slow(*args: object) -> object:
        worked.append(1)
        inside.set()
        assert go_on.wait(20)
        return derive(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("connectors.snapshot.update.derive", slow)
    results: list[Manifest] = []
    threads = [
        threading.Thread(target=lambda: results.append(refresh(sqlite_database, settings)))
        for _ in range(2)
    ]
    threads[0].start()
    assert inside.wait(20)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert results[0] == results[1]
    assert worked == [1]


def test_a_write_during_the_read_is_left_to_the_next_refresh(
    database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a snapshot is of one moment: a batch that comes in half-way is not half in it."""
    monkeypatch.setattr(source_module, "CHUNK", 5)
    load(database, [RawDossier(n, received_at=NOON) for n in range(1, 11)])

    def write(done: int, _total: int) -> None:
        if done == 5:
            with database.begin() as connection:
                add_batch(connection, 2)
                put(connection, [RawDossier(n, received_at=NOON, due_at=NOON) for n in (1, 10)], 2)

    first = refresh(database, settings, write)
    dues = whole(settings.snapshot_dir, first)["dossier"]["due_at"]
    assert (first.last_batch_id, dues.null_count()) == (1, 10)
    second = refresh(database, settings)
    dues = whole(settings.snapshot_dir, second)["dossier"]["due_at"]
    assert (second.last_batch_id, dues.null_count()) == (2, 8)


def test_the_snapshot_is_for_nobody_else_on_the_machine(
    sqlite_database: Engine, settings: Settings
) -> None:
    """Dossier codes and procedures stand in it; the database's file is private, too."""
    refresh(sqlite_database, settings)
    assert settings.snapshot_dir.stat().st_mode & 0o077 == 0
