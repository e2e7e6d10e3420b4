"""What opening the database promises."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from connectors.database.models import Base, ImportBatch, Source
from connectors.database.session import migrate, open_database, read_transaction, write_transaction

TABLES = Base.metadata.tables
SETTING = TABLES["setting"]


def _count(database: Engine) -> int:
    with database.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(SETTING)).scalar_one())


def test_sqlite_makes_its_folder_and_uses_wal(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/deep/down/a.db")
    with engine.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert asked == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30000}


def test_the_log_of_a_large_import_does_not_stay_while_the_app_runs(tmp_path: Path) -> None:
    large = [{"key": f"{number}", "value": "x" * 9_000} for number in range(9_000)]
    log = tmp_path / "a.db-wal"
    app = open_database(f"sqlite:///{tmp_path}/a.db")
    migrate(app)
    with app.connect():
        other = open_database(f"sqlite:///{tmp_path}/a.db")
        with write_transaction(other) as connection:
            connection.execute(SETTING.insert(), large)
        assert log.stat().st_size > 80_000_000
        with write_transaction(other) as connection:
            connection.execute(SETTING.insert(), {"key": "next", "value": "1"})
        other.dispose()
        assert log.stat().st_size <= 67_108_864
    app.dispose()


def test_postgresql_means_psycopg_3() -> None:
    engine = open_database("postgresql://nobody@localhost/nothing")
    assert engine.dialect.driver == "psycopg"


def test_an_error_rolls_everything_back(database: Engine) -> None:
    with pytest.raises(RuntimeError), write_transaction(database) as connection:
        connection.execute(SETTING.insert(), {"key": "a", "value": "1"})
        connection.execute(text("CREATE TABLE made_on_the_way (id INTEGER)"))
        raise RuntimeError("killed")
    assert _count(database) == 0
    with database.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text("SELECT * FROM made_on_the_way"))


def test_foreign_keys_hold(database: Engine) -> None:
    batch = {
        "source_id": 77,
        "kind": "file",
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "finished_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with pytest.raises(IntegrityError), write_transaction(database) as connection:
        connection.execute(TABLES["import_batch"].insert(), batch)


def test_writers_wait_for_each_other(database: Engine) -> None:
    """Ten writers each read the maximum, then write one more: no collision, no lost write."""
    ready, failures = threading.Barrier(10, timeout=60), list[Exception]()

    def write() -> None:
        ready.wait()
        try:
            with write_transaction(database) as connection:
                highest = connection.execute(select(func.max(Source.id))).scalar_one() or 0
                row = {"id": highest + 1, "code": str(highest + 1), "name": "x"}
                connection.execute(TABLES["source"].insert(), row)
        except Exception as error:  # noqa: BLE001 (handed to the test's own thread)
            failures.append(error)

    writers = [threading.Thread(target=write) for _ in range(10)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with database.connect() as connection:
        ids = connection.execute(select(Source.id).order_by(Source.id)).scalars().all()
    assert failures == []
    assert ids == list(range(1, 11))


def test_a_reader_sees_one_moment(database: Engine) -> None:
    """What is committed between two queries of a read transaction is not seen by the second."""
    counted = select(func.count()).select_from(SETTING)
    with read_transaction(database) as reader:
        before = reader.execute(counted).scalar_one()
        with write_transaction(database) as writer:
            writer.execute(SETTING.insert(), {"key": "a", "value": "1"})
        after = reader.execute(counted).scalar_one()
    assert (before, after, _count(database)) == (0, 0, 1)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2025, 7, 1, 0, 0, 0, 1000, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
def test_moments_come_back_as_they_went(database: Engine, moment: datetime) -> None:
    with write_transaction(database) as connection:
        connection.execute(TABLES["source"].insert(), {"id": 1, "code": "a", "name": "A"})
        connection.execute(
            TABLES["import_batch"].insert(),
            {"source_id": 1, "kind": "file", "started_at": moment, "finished_at": moment},
        )
        read = connection.execute(select(TABLES["import_batch"].c.started_at)).scalar_one()
    assert read == moment
    assert read.tzinfo is UTC


def test_a_moment_without_zone_is_refused(database: Engine) -> None:
    naive = datetime(2026, 1, 1)
    with (
        pytest.raises(StatementError, match="has no time zone"),
        write_transaction(database) as connection,
    ):
        connection.execute(select(ImportBatch.id).where(ImportBatch.started_at == naive))


def test_the_database_was_readable_by_every_account_of_the_machine(tmp_path):
    """It holds the owners' names, telephones and numbers."""
    path = tmp_path / "new" / "dung-han.db"
    engine = open_database(f"sqlite:///{path}")
    engine.connect().close()
    engine.dispose()
    assert path.stat().st_mode & 0o077 == 0


def test_many_may_open_a_new_file_at_the_same_moment(tmp_path: Path) -> None:
    """Each switches it to the write-ahead log; none is told that it is locked."""
    failures: list[Exception] = []

    def open_it(url: str, together: threading.Barrier) -> None:
        engine = open_database(url)
        together.wait()
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except DBAPIError as error:
            failures.append(error)
        engine.dispose()

    for number in range(60):
        together = threading.Barrier(4, timeout=60)
        url = f"sqlite:///{tmp_path}/{number}.db"
        openers = [threading.Thread(target=open_it, args=(url, together)) for _ in range(4)]
        for opener in openers:
            opener.start()
        for opener in openers:
            opener.join()
    assert failures == []
