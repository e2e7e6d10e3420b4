"""A real ``streamlit run app.py`` on a port and an installation of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Self
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import select

from connectors.database.models import Unit
from connectors.database.session import migrate, open_database
from connectors.sample.load import load
from connectors.settings import PROJECT_ROOT, Settings
from connectors.snapshot import refresh
from tests.signing_in import signed_in

# Tests that run side by side (pytest-xdist: gw0, gw1 …) look for a port in ranges of their own.
_WORKER: Final = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS: Final = range(8800 + 100 * _WORKER, 8900 + 100 * _WORKER)
# Last Sunday of the sample data: a fixed one, so that pictures and figures stay comparable.
SAMPLE_END: Final = date(2026, 6, 28)
START_SECONDS: Final = 60
COMMAND_SECONDS: Final = 200


@dataclass(frozen=True)
class Installation:
    """Where one installation keeps its data; ``environment`` points a process at it."""

    folder: Path
    timezone: str = "Asia/Ho_Chi_Minh"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder / 'dung-han.db'}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "TIMEZONE": self.timezone,
        }

    def unit(self, name: str) -> int:
        """The id of the unit that bears the name today."""
        database = open_database(self.database_url)
        try:
            with database.connect() as connection:
                return connection.execute(
                    select(Unit.id).where(Unit.name == name, Unit.valid_to.is_(None))
                ).scalar_one()
        finally:
            database.dispose()

    def connectors(self, *arguments: str) -> str:
        """Run ``python -m connectors …`` on this installation; its output. Fails on an error."""
        done = subprocess.run(
            [sys.executable, "-m", "connectors", *arguments],
            cwd=PROJECT_ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        if done.returncode:
            raise RuntimeError(f"connectors {arguments} failed: {done.stdout}{done.stderr}")
        return done.stdout


@dataclass(frozen=True)
class AppServer:
    """A running app, until the end of its ``with``; ``url`` without a slash at its end."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]
    installation: Installation

    def cookie(self, role: str, unit_id: int | None = None, name: str | None = None) -> Any:
        """The session cookie of somebody who has just signed in here, as Playwright takes it."""
        database = open_database(self.installation.database_url)
        try:
            token = signed_in(database, role, unit_id=unit_id, name=name)
        finally:
            database.dispose()
        return {"name": Settings().cookie_name, "value": token, "url": self.url}

    def stop(self) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def sampled(
    folder: Path, *, dossiers: int, registers: bool, end: date = SAMPLE_END
) -> Installation:
    """A small sample up to that day in that folder, with its snapshot."""
    at = Installation(folder)
    settings = Settings(data_dir=folder, database_url=at.database_url)
    database = open_database(at.database_url)
    migrate(database)
    load(database, settings, end=end, dossiers=dossiers, with_registers=registers)
    refresh(database, settings)
    database.dispose()
    return at


def start(
    installation: Installation,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
    script: str = "app.py",
) -> AppServer:
    """Start the app (or a script) and wait until it answers; RuntimeError with its log if not."""
    port = port or free_port()
    log = installation.folder / f"app-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)],
            cwd=PROJECT_ROOT,
            env={**installation.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = AppServer(f"http://127.0.0.1:{port}", log, process, installation)
    if not _answers(server):
        server.stop()
        raise RuntimeError(f"the app did not start: {log.read_text(errors='replace')}")
    return server


def free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port from {PORTS.start} to {PORTS.stop - 1}")


def _answers(server: AppServer) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urlopen(f"{server.url}/_stcore/health", timeout=1):
                return True
        except (URLError, OSError):
            time.sleep(0.1)  # the process tells nobody when it is ready
    return False
