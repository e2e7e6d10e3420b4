"""Commands end with a sentence and exit code 2 when the database hangs, whatever they are at."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select, text

from connectors.database.models import ImportBatch
from connectors.database.session import open_database
from connectors.settings import PROJECT_ROOT
from tests.connectors.intake.conftest import GOOD, HEADER, MAPPING, add_catalogue
from tests.hanging_proxy import HangingProxy
from tests.postgres_server import PostgresServer
from tests.turns import at_each_change

pytestmark = pytest.mark.postgres

SLOW = 60.0
"""Seconds in which a command is to have ended on a busy machine; its limits are 2 and 1."""


@dataclass(frozen=True)
class Shell:
    """Where commands are run; ``direct`` leads to the database beside the proxy."""

    folder: Path
    proxy: HangingProxy
    name: str
    direct: str

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "connectors", *arguments],
            cwd=PROJECT_ROOT,
            env={
                **os.environ,
                "DATA_DIR": str(self.folder),
                "DATABASE_URL": self.proxy.url(self.name),
                "DATABASE_CONNECT_SECONDS": "2",
                "DATABASE_SILENT_SECONDS": "0.2",
                "DATABASE_GIVE_UP_SECONDS": "1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def _ended(command: subprocess.Popen[str]) -> tuple[int, str]:
    try:
        said = command.communicate(timeout=SLOW)
    finally:
        command.kill()
    return command.returncode, "".join(said)


@pytest.fixture
def shell(
    postgres_server: PostgresServer, _postgres_template: str, tmp_path: Path
) -> Iterator[Shell]:
    name = postgres_server.create(_postgres_template)
    with HangingProxy(postgres_server) as proxy:
        yield Shell(tmp_path, proxy, name, postgres_server.url(name))
    postgres_server.drop(name)


def _until_somebody_waits(direct: str, what: str) -> None:
    """Until a session of the database is at ``what``."""
    deadline = time.monotonic() + SLOW
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND " + what
    with psycopg.connect(direct, autocommit=True) as connection:
        while connection.execute(query.encode()).fetchone() == (0,):
            assert time.monotonic() < deadline
            connection.execute("SELECT pg_sleep(0.02)")


@pytest.mark.parametrize(
    "command", at_each_change(("migrate", "account list", "audit verify"), ("account list",))
)
def test_a_command_that_finds_no_answer(shell: Shell, command: str) -> None:
    shell.proxy.hang()
    code, said = _ended(shell.begin(*command.split()))
    assert code == 2
    assert "Máy chủ PostgreSQL không trả lời trong thời hạn" in said
    assert "Traceback" not in said


def test_an_import_that_loses_the_answer_has_written_nothing(shell: Shell) -> None:
    database = open_database(shell.direct)
    add_catalogue(database)
    mapping, file = shell.folder / "thu-nghiem.toml", shell.folder / "ho-so.csv"
    mapping.write_text(MAPPING, encoding="utf-8")
    file.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    # Another writer holds the lock: an import waits for it, longer than any limit, and goes on.
    with closing(psycopg.connect(shell.direct)) as other:
        other.execute("SELECT pg_advisory_xact_lock(16562025)")
        command = shell.begin("import", str(file), "--mapping", str(mapping))
        _until_somebody_waits(shell.direct, "wait_event = 'advisory'")
        began = datetime.now(UTC)
        with database.connect() as connection:
            connection.execute(text("SELECT pg_sleep(1.5)"))
        assert command.poll() is None, f"waited since {began}"
        shell.proxy.hang()
        code, said = _ended(command)
    assert code == 2, said
    assert "những gì lệnh này chưa ghi xong thì không được ghi" in said
    shell.proxy.resume()
    with database.connect() as connection:
        assert connection.execute(select(func.count()).select_from(ImportBatch)).scalar() == 0
    database.dispose()


def test_a_back_up_whose_server_falls_silent(shell: Shell) -> None:
    target = shell.folder / "sao-luu.dunghan"
    # pg_dump waits for a table that somebody else has locked: there it meets the silence.
    with closing(psycopg.connect(shell.direct)) as other:
        other.execute("LOCK TABLE dossier IN ACCESS EXCLUSIVE MODE")
        command = shell.begin("backup", str(target))
        _until_somebody_waits(
            shell.direct, "application_name = 'pg_dump' AND wait_event_type = 'Lock'"
        )
        shell.proxy.hang()
        code, said = _ended(command)
    assert code == 2, said
    assert "pg_dump đã được dừng" in said
    assert not target.exists()
