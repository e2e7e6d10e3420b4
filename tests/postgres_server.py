"""A PostgreSQL server of the tests' own: a temporary folder, a Unix socket, no port, no password.

The machine's own cluster, if it has one, is neither used nor touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

_DEBIAN = Path("/usr/lib/postgresql")
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "50",
    "max_wal_size": "256MB",
    # A zone of neither the developer nor the installation: nothing may depend on it.
    "timezone": "America/St_Johns",
}

_ROOM = 4 << 30


def server_binaries() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl``: of the PATH, or Debian's newest; None if none."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


def _in_memory() -> Path | None:
    """A folder that is memory, where there is one with room: a database is made there in a tenth of
    the time, and nothing here has to outlive the machine."""
    folder = Path("/dev/shm")
    has_room = folder.is_dir() and shutil.disk_usage(folder).free > _ROOM
    return folder if has_room and os.access(folder, os.W_OK | os.X_OK) else None


def _account() -> dict[str, Any]:
    """Who runs the server: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("no account but root to run PostgreSQL as")


@dataclass
class PostgresServer:
    """A running server; ``url`` of a database in it, ``create`` for a fresh one."""

    binaries: Path
    folder: Path
    account: dict[str, Any]
    _numbers: count[int] = field(default_factory=count)

    @classmethod
    def start(cls, binaries: Path, more: Mapping[str, str] | None = None) -> PostgresServer:
        """A fresh server; ``more``: further options of its configuration."""
        # Not pytest's own temporary folder: a socket's path may have about 100 characters.
        folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_in_memory()))
        server = cls(binaries, folder, _account())
        if server.account:
            os.chown(folder, server.account["user"], server.account["group"])
        server._run("initdb", "-D", folder / "data", "-U", "tests", "-A", "trust", "-E", "UTF8",
                    "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        chosen = {**_OPTIONS, **(more or {})}
        options = " ".join(f"-c {name}='{value}'" for name, value in chosen.items())
        server._run("pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log",
                    "-o", f"-k {folder} {options}", "start")  # fmt: skip
        return server

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)

    def url(self, name: str) -> str:
        return f"postgresql://tests@/{name}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """A new database, a copy of ``template`` (which nobody may be connected to); its name."""
        name = f"test_{next(self._numbers)}"
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        self._admin(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str | Path) -> None:
        # To a file, not a pipe: the server would keep a pipe open after pg_ctl has ended.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [self.binaries / program, *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **self.account,
            )
            output.seek(0)
            if done.returncode:
                log = self.folder / "log"
                said = output.read().decode(errors="replace")
                said += log.read_text(errors="replace") if log.exists() else ""
                raise RuntimeError(f"{program} failed: {said}")
