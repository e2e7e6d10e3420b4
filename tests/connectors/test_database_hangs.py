"""A database that does not answer is not waited for without an end."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from connectors.database.patience import Patience, ServerSilent, unhurried
from connectors.database.pulse import follow, lost_since
from connectors.database.session import (
    Unconfirmed,
    migrate,
    open_database,
    write_transaction,
)
from connectors.database.trouble import trouble
from tests.hanging_proxy import HangingProxy, stopped
from tests.postgres_server import PostgresServer
from ui.shell.answers import not_written

PAGE = Patience(connect=2, silent=0.2, statement=0.6, at_length=1)
COMMAND = Patience(connect=2, silent=0.2, at_length=1)
SLOW = 6.0
"""Seconds that no limit above adds up to, on a machine that is busy."""
ONE, SLEEP = text("SELECT 1"), text("SELECT pg_sleep(1.2)")

Opened = Callable[[Patience], Engine]


@pytest.fixture
def proxy(postgres_server: PostgresServer) -> Iterator[HangingProxy]:
    with HangingProxy(postgres_server) as made:
        yield made


@pytest.fixture
def opened(proxy: HangingProxy) -> Iterator[Opened]:
    """Engines on the server, by way of the proxy."""
    made: list[Engine] = []

    def make(patience: Patience) -> Engine:
        made.append(open_database(proxy.url("postgres"), patience))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


def _ask(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(ONE)


def _refused(engine: Engine) -> tuple[SQLAlchemyError, float]:
    """What asking ends with, and after how many seconds."""
    began = time.monotonic()
    with pytest.raises(SQLAlchemyError) as raised:
        _ask(engine)
    return raised.value, time.monotonic() - began


def _until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + SLOW
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


@pytest.mark.postgres
@pytest.mark.parametrize("patience", [PAGE, COMMAND], ids=["page", "command"])
def test_a_server_that_falls_silent_is_given_up(
    opened: Opened, proxy: HangingProxy, patience: Patience
) -> None:
    engine = opened(patience)
    with engine.connect() as connection:
        connection.execute(ONE)
        proxy.hang()
        began = time.monotonic()
        with pytest.raises(OperationalError) as raised:
            connection.execute(ONE)
        assert time.monotonic() - began < SLOW
    assert isinstance(raised.value.orig, ServerSilent)
    assert raised.value.connection_invalidated
    assert "không trả lời" in (trouble(raised.value) or "")
    error, seconds = _refused(engine)  # nor is a new connection to be had
    assert isinstance(error, OperationalError)
    assert seconds < SLOW
    assert "không trả lời" in (trouble(error) or "")
    proxy.resume()
    _ask(engine)


@pytest.mark.postgres
def test_a_stopped_server_is_given_up(postgres_server: PostgresServer) -> None:
    engine = open_database(postgres_server.url("postgres"), PAGE)
    _ask(engine)
    with stopped(postgres_server):
        assert _refused(engine)[1] < SLOW
    _ask(engine)
    engine.dispose()


@pytest.mark.postgres
def test_what_takes_long_is_cut_on_a_page_and_in_no_command(opened: Opened) -> None:
    page = opened(PAGE)
    with page.connect() as connection, pytest.raises(OperationalError) as raised:
        connection.execute(SLEEP)
    assert getattr(raised.value.orig, "sqlstate", None) == "57014"
    with unhurried(), page.connect() as connection:  # an import from the screen
        connection.execute(SLEEP)
    with opened(COMMAND).connect() as connection:
        connection.execute(SLEEP)
    with page.connect() as connection, pytest.raises(OperationalError):
        connection.execute(SLEEP)  # the limit is back


@pytest.mark.postgres
def test_what_a_command_has_not_committed_is_not_there(
    opened: Opened, proxy: HangingProxy, postgres_server: PostgresServer
) -> None:
    engine = opened(COMMAND)
    direct = open_database(postgres_server.url("postgres"))
    with direct.begin() as connection:
        connection.execute(text("CREATE TABLE kept (a INTEGER)"))
    try:
        with (
            pytest.raises(OperationalError),
            write_transaction(engine, always=True) as connection,
        ):
            connection.execute(text("INSERT INTO kept VALUES (1)"))
            proxy.hang()
            connection.execute(ONE)
        proxy.resume()
        with write_transaction(
            direct, always=True
        ) as connection:  # nor does it hold the writers' lock
            assert connection.execute(text("SELECT count(*) FROM kept")).scalar_one() == 0
    finally:
        with direct.begin() as connection:
            connection.execute(text("DROP TABLE kept"))
        direct.dispose()


@pytest.mark.postgres
def test_a_commit_whose_answer_was_lost_is_not_called_unwritten(
    opened: Opened, proxy: HangingProxy
) -> None:
    engine = opened(PAGE)
    with (
        pytest.raises(Unconfirmed) as raised,
        write_transaction(engine, always=True) as connection,
    ):
        connection.execute(ONE)
        proxy.hang()
    assert "chưa biết" in (trouble(raised.value) or "")
    assert "chưa biết đã ghi được hay chưa" in not_written(raised.value, "bận")
    proxy.resume()
    with write_transaction(engine, always=True) as connection:
        connection.execute(ONE)


@pytest.mark.postgres
def test_limits_stand_in_the_session_and_the_socket(opened: Opened) -> None:
    with opened(PAGE).connect() as connection:
        asked = "SELECT current_setting('statement_timeout')"
        assert connection.execute(text(asked)).scalar_one() == "600ms"
        driver = connection.connection.driver_connection
        assert driver is not None
        told = driver.info.get_parameters()
    assert (told["connect_timeout"], told["tcp_user_timeout"]) == ("2", "600")
    assert told["keepalives_idle"] == "30"


@pytest.mark.postgres
def test_an_address_may_have_limits_of_its_own(proxy: HangingProxy) -> None:
    engine = open_database(proxy.url("postgres") + "?connect_timeout=7", PAGE)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        assert driver.info.get_parameters()["connect_timeout"] == "7"
    engine.dispose()


@pytest.mark.postgres
def test_an_import_from_a_screen_is_given_up_like_a_command(
    opened: Opened, proxy: HangingProxy
) -> None:
    engine = opened(PAGE)
    with unhurried(), engine.connect() as connection:
        connection.execute(ONE)
        proxy.hang()
        began = time.monotonic()
        with pytest.raises(OperationalError) as raised:
            connection.execute(ONE)
    assert PAGE.at_length < time.monotonic() - began < SLOW
    assert isinstance(raised.value.orig, ServerSilent)


@pytest.mark.postgres
def test_a_server_that_is_down_is_lost_too(postgres_server: PostgresServer) -> None:
    proxy = HangingProxy(postgres_server)
    with proxy:
        engine = follow(open_database(proxy.url("postgres"), PAGE), PAGE, every=0.05)
        _ask(engine)
    _refused(engine)
    assert lost_since(engine) is not None
    assert _refused(engine)[1] < 0.5
    with HangingProxy(postgres_server, proxy.port):
        _until(lambda: lost_since(engine) is None)
        _ask(engine)
        engine.dispose()


@pytest.mark.postgres
def test_once_it_is_lost_nobody_waits_and_the_log_says_it_once(
    opened: Opened, proxy: HangingProxy, caplog: pytest.LogCaptureFixture
) -> None:
    engine = follow(opened(PAGE), PAGE, every=0.05)
    _ask(engine)
    assert lost_since(engine) is None
    proxy.hang()
    askers = [threading.Thread(target=_refused, args=(engine,)) for _ in range(30)]
    began = time.monotonic()
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert time.monotonic() - began < SLOW
    assert lost_since(engine) is not None
    taken = proxy.taken
    for _ in range(200):
        assert _refused(engine)[1] < 0.5
    assert proxy.taken - taken < 10, "those who ask are refused without a connection"
    assert sum(thread.name == "pulse" for thread in threading.enumerate()) == 1
    proxy.resume()
    _until(lambda: lost_since(engine) is None)
    _ask(engine)
    _until(lambda: "pulse" not in {thread.name for thread in threading.enumerate()})
    said = [record.getMessage() for record in caplog.records if "pulse" in record.name]
    assert [text.partition(":")[0] for text in said] == [
        "the database does not answer",
        "the database answers again",
    ]


@pytest.mark.postgres
def test_connections_that_died_unnoticed_are_not_used_again(
    opened: Opened, proxy: HangingProxy
) -> None:
    """A firewall lost its state, or the server began anew: what is in the pool is dead."""
    engine = follow(opened(PAGE), PAGE, every=0.05)
    with engine.connect() as one, engine.connect() as another:
        one.execute(ONE)
        another.execute(ONE)
    proxy.hang()
    _refused(engine)
    proxy.forget()
    _until(lambda: lost_since(engine) is None)
    began = time.monotonic()
    with engine.connect() as one, engine.connect() as another:
        one.execute(ONE)
        another.execute(ONE)
    assert time.monotonic() - began < PAGE.silent


@pytest.mark.postgres
def test_a_server_that_was_started_anew_is_no_loss(
    postgres_server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    engine = follow(open_database(postgres_server.url("postgres"), PAGE), PAGE)
    _ask(engine)
    other = open_database(postgres_server.url("postgres"))
    with other.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        )
    _ask(engine)
    assert lost_since(engine) is None
    assert not caplog.records
    other.dispose()
    engine.dispose()


def test_a_locked_file_is_lost_only_when_nobody_may_read(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    patience = Patience(statement=0.1)
    engine = follow(open_database(url, patience), patience, every=0.02)
    migrate(engine)
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # somebody writes, as a long import does
        with pytest.raises(DBAPIError), write_transaction(engine):
            pass
        _ask(engine)
        assert lost_since(engine) is None
        other.execute("ROLLBACK")
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE t (a)")
        assert _refused(engine)[1] < SLOW
        assert lost_since(engine) is not None
        error, _ = _refused(engine)
        assert isinstance(error, OperationalError)
        assert "đang được một việc khác ghi" in (trouble(error) or "")
        other.execute("ROLLBACK")
    _until(lambda: lost_since(engine) is None)
    _ask(engine)
    engine.dispose()
