"""The migrations make what the models say, on both databases, and nothing half-way."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Table, create_engine, inspect, text

from connectors.database.models import Base
from connectors.database.session import (
    SchemaError,
    migrate,
    migration_config,
    open_database,
    write_transaction,
)


def test_models_and_migrations_agree(database: Engine) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_checks_and_foreign_keys_agree(database: Engine) -> None:
    """What Alembic's comparison does not look at: CHECKs, and what deleting does."""
    # A database made by the models themselves, beside the migrated one.
    fresh = create_engine("sqlite://")
    Base.metadata.create_all(fresh)
    for name in Base.metadata.tables:
        assert _checks(database, name) == _checks(fresh, name), name
        assert _deletions(database, name) == _deletions(fresh, name), name
    fresh.dispose()


def _checks(database: Engine, table: str) -> set[str | None]:
    return {check["name"] for check in inspect(database).get_check_constraints(table)}


def _deletions(database: Engine, table: str) -> set[tuple[str, str, str | None]]:
    return {
        (key["constrained_columns"][0], key["referred_table"], key["options"].get("ondelete"))
        for key in inspect(database).get_foreign_keys(table)
    }


def test_a_check_holds(database: Engine) -> None:
    unit = Base.metadata.tables["unit"]
    row = {"scheme": "x", "code": "1", "name": "A", "kind": "kingdom"}
    with pytest.raises(Exception, match="ck_unit_kind"), write_transaction(database) as connection:
        connection.execute(unit.insert(), row)


def test_migrating_again_changes_nothing(database: Engine) -> None:
    with write_transaction(database) as connection:
        connection.execute(_setting().insert(), {"key": "data_kind", "value": "real"})
    migrate(database)
    with database.connect() as connection:
        assert connection.execute(_setting().select()).all() == [("data_kind", "real")]


def test_down_to_nothing_and_up_again(database: Engine) -> None:
    with database.begin() as connection:
        command.downgrade(migration_config(connection), "base")
    assert inspect(database).get_table_names() == ["alembic_version"]
    migrate(database)
    assert set(Base.metadata.tables) <= set(inspect(database).get_table_names())


def test_the_history_is_one_line() -> None:
    script = ScriptDirectory.from_config(migration_config())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_two_processes_may_start_together(tmp_path: Path) -> None:
    """Both migrate the same new file; neither fails, and the schema is made once."""
    url, failures = f"sqlite:///{tmp_path}/new.db", list[Exception]()

    def start() -> None:
        engine = open_database(url)
        try:
            migrate(engine)
        except Exception as error:  # noqa: BLE001 (handed to the test's own thread)
            failures.append(error)
        finally:
            engine.dispose()

    starters = [threading.Thread(target=start) for _ in range(2)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert failures == []


def test_a_failing_migration_leaves_nothing(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half_way(config: Config, revision: str) -> None:
        config.attributes["connection"].execute(text("CREATE TABLE half_way (id INTEGER)"))
        raise RuntimeError("power cut")

    with database.begin() as connection:
        command.downgrade(migration_config(connection), "base")
    monkeypatch.setattr(command, "upgrade", half_way)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(database)
    assert "half_way" not in inspect(database).get_table_names()


def test_a_database_in_use_may_be_asked_to_migrate(database: Engine) -> None:
    """`make run` beside a long import: nothing to do, so nothing to wait for."""
    with write_transaction(database) as connection:
        connection.execute(_setting().insert(), {"key": "data_kind", "value": "real"})
        migrate(database)


def test_a_database_of_a_newer_version_is_refused(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="phiên bản mới hơn"):
        migrate(database)


def _setting() -> Table:
    return Base.metadata.tables["setting"]
