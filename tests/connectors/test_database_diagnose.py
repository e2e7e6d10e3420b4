"""What keeps a database from being used is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import ConnectionTimeout
from sqlalchemy import Engine, make_url, text

from connectors.database import diagnose as module
from connectors.database.diagnose import diagnose, kind_of
from connectors.database.patience import ServerSilent
from connectors.database.session import open_database
from connectors.settings import load_settings
from tests.postgres_server import PostgresServer

PG = pytest.mark.postgres


@pytest.fixture(scope="module")
def asks(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """The server, asking one role for a pass-phrase and refusing another one."""
    hba = postgres_server.folder / "data" / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text(
        f"local all co_mat_khau scram-sha-256\nlocal all bi_cam reject\nlocal all la peer\n{before}"
    )
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE co_mat_khau LOGIN PASSWORD 'dung'")
        connection.execute("CREATE ROLE bi_cam LOGIN")
        connection.execute("CREATE ROLE la LOGIN")
        connection.execute("CREATE ROLE ngoai LOGIN")
        connection.execute("SELECT pg_reload_conf()")
    yield postgres_server
    hba.write_text(before)
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        for role in ("co_mat_khau", "bi_cam", "la", "ngoai"):
            connection.execute(f"DROP ROLE {role}".encode())
        connection.execute("SELECT pg_reload_conf()")


def _as(engine: Engine, **changes: Any) -> str:
    return engine.url.set(**changes).render_as_string(hide_password=False)


@PG
def test_on_postgresql(asks: PostgresServer, postgres_database: Engine, tmp_path: Path) -> None:
    database = postgres_database
    found = {
        "ready": _as(database),
        "role": _as(database, username="khong_co"),
        "refused": _as(database, username="bi_cam"),
        "database": _as(database, database="khong_co"),
        "rights": _as(database, username="ngoai"),
        "port": "postgresql://lan:bi-mat@127.0.0.1:1/x",
    }
    assert {kind: diagnose(url).kind for kind, url in found.items()} == {k: k for k in found}
    sentences = {diagnose(url).sentence for url in found.values()}
    assert len(sentences) == len(found), "each has words of its own"
    assert not any("khong_co" in one or "bi-mat" in one for one in sentences)
    assert diagnose(_as(database, username="la")).kind == "refused"
    for password in ("sai", ""):
        url = _as(database, username="co_mat_khau", password=password)
        assert diagnose(url).kind == "password"
    no_socket = make_url(_as(database)).update_query_dict({"host": str(tmp_path)})
    assert diagnose(no_socket.render_as_string(hide_password=False)).kind == "port"


@PG
def test_the_files_own_pass_phrase_for_the_driver_opens_from_a_shell(
    asks: PostgresServer,
    postgres_database: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "env"
    url = _as(postgres_database, username="co_mat_khau")
    file.write_text(f"DATABASE_URL={url}\nPGPASSWORD=dung\n")
    monkeypatch.setenv("SETTINGS_FILE", str(file))
    assert diagnose(load_settings().database_url).kind == "rights"  # let in; the tables are others'


@PG
def test_in_another_language_the_same(
    asks: PostgresServer, postgres_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WORDS", ())
    database = postgres_database
    for kind, url in {
        "password": _as(database, username="co_mat_khau", password="sai"),
        "database": _as(database, database="khong_co"),
        "refused": _as(database, username="bi_cam"),
        "port": "postgresql://lan@127.0.0.1:1/x",
    }.items():
        assert diagnose(url).kind == kind


@PG
def test_tables_on_postgresql(postgres_server: PostgresServer) -> None:
    name = postgres_server.create()
    try:
        assert diagnose(postgres_server.url(name)).kind == "not_made"
        with psycopg.connect(postgres_server.url(name)) as connection:
            assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
                                      ).fetchone() == (0,)  # fmt: skip
    finally:
        postgres_server.drop(name)


def test_the_schema(database: Engine) -> None:
    url = database.url.render_as_string(hide_password=False)
    assert diagnose(url).is_ready
    for version, kind in (("0001", "behind"), ("9999", "newer")):
        with database.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
        found = diagnose(url)
        assert (found.kind, found.is_ready) == (kind, False)


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    url = f"sqlite:///{path}"
    assert diagnose(url).kind == "no_file"
    assert not path.exists()
    open_database(url).dispose()
    assert diagnose(url).kind == "not_made"
    path.write_bytes(b"khong phai co so du lieu" * 1000)
    found = diagnose(url)
    assert found.kind == "broken"
    assert "bị hỏng" in found.sentence


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ('connection failed: FATAL:  role "x" does not exist', "role"),
        ('FATAL:  database "x" does not exist', "database"),
        ('FATAL:  password authentication failed for user "x"', "password"),
        ("connection failed: fe_sendauth: no password supplied", "password"),
        ('FATAL:  Peer authentication failed for user "x"', "refused"),
        ('FATAL:  no pg_hba.conf entry for host "::1", user "x"', "refused"),
        ('FATAL:  permission denied for database "x"', "database"),
        ("FATAL:  the database system is starting up", "busy"),
        ("FATAL:  sorry, too many clients already", "busy"),
        ('could not translate host name "db" to address', "host"),
        ("connection failed: Connection refused", "port"),
        ("trời ơi", None),
    ],
)
def test_the_servers_words(said: str, kind: str | None) -> None:
    assert kind_of(psycopg.OperationalError(said)) == kind


def test_silence() -> None:
    assert kind_of(ConnectionTimeout("x")) == kind_of(ServerSilent("x")) == "silent"
