"""PostgreSQL's own programs for dumping and restoring."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

import psycopg.conninfo
from sqlalchemy import Connection, make_url, text

from connectors.backup.archive import BackupRefused
from connectors.database.patience import Patience, lives

_FULL: Final = "No space left on device"
PUBLIC: Final = "public"


_SILENT: Final = (
    "Máy chủ PostgreSQL không trả lời trong thời hạn (DATABASE_GIVE_UP_SECONDS), nên {program} đã "
    "được dừng. Hãy kiểm tra máy chủ và mạng tới máy chủ rồi chạy lại."
)


def dump(url: str, target: Path, snapshot: str, schema: str, patience: Patience) -> None:
    """``pg_dump`` in custom format (compressed), as one exported snapshot sees the database.

    Of our own schema only: what restores have put aside, and what others keep in the database,
    is no part of it.
    """
    _run("pg_dump", url, patience, "--format=custom", "--no-owner", "--no-privileges",
         _only(schema), f"--snapshot={snapshot}", f"--file={target}")  # fmt: skip


def load(url: str, source: Path, schema: str, patience: Patience) -> None:
    """``pg_restore`` into a database whose own schema is empty: all of it or nothing.

    Of our own schema only: dumps of releases before 0.2.0 hold what had been put aside, too.
    """
    _run("pg_restore", url, patience, "--single-transaction", "--exit-on-error", "--no-owner",
         "--no-privileges", f"--schema={schema}", str(source))  # fmt: skip


def own_schema(connection: Connection) -> str:
    """The schema that the account's tables stand in: ``public``, or what its search path says."""
    return str(connection.execute(text("SELECT current_schema()")).scalar_one() or PUBLIC)


def _only(schema: str) -> str:
    """pg_dump's option for one schema and no other; it takes a pattern, hence the quotes."""
    doubled = schema.replace('"', '""')
    return f'--schema="{doubled}"'


def _run(program: str, url: str, patience: Patience, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise BackupRefused(
            f"Không tìm thấy chương trình {program}; hãy cài gói postgresql-client cùng phiên bản "
            "với máy chủ PostgreSQL (hoặc mới hơn)."
        )
    target, password = _connection(url)
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PGCONNECT_TIMEOUT": str(patience.connect),
    }
    if password is not None:
        environment["PGPASSWORD"] = password  # not on the command line, where others see it
    with subprocess.Popen(
        [found, f"--dbname={target}", "--no-password", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as running:
        try:
            said = _said(running, url, patience)
        except BaseException:
            running.kill()
            raise
    if running.returncode and _FULL in said:
        raise OSError(errno.ENOSPC, program)  # told as every full disk is (connectors.disk)
    if running.returncode:
        raise BackupRefused(f"{program} không làm được: {_short(said)}")


def _said(running: subprocess.Popen[str], url: str, patience: Patience) -> str:
    """What the program said, at its end. It knows no limit of its own: for as long as it works
    the server is asked whether it lives."""
    target, password = _connection(url)
    how = {"conninfo": target, "password": password, "connect_timeout": patience.connect}
    sign_of_life = time.monotonic()
    while True:
        try:
            return running.communicate(timeout=patience.silent)[1]
        except subprocess.TimeoutExpired:
            if lives(how):
                sign_of_life = time.monotonic()
            elif time.monotonic() - sign_of_life >= patience.at_length:
                program = Path(str(running.args[0])).name  # type: ignore[index]
                raise BackupRefused(_SILENT.format(program=program)) from None


def _connection(url: str) -> tuple[str, str | None]:
    """What libpq's programs understand, and the password apart."""
    parsed = make_url(url)
    parts = {str(name): str(value) for name, value in parsed.query.items()}
    for name, value in (
        ("host", parsed.host),
        ("port", parsed.port),
        ("user", parsed.username),
        ("dbname", parsed.database),
    ):
        if value not in (None, ""):
            parts[name] = str(value)
    return psycopg.conninfo.make_conninfo("", **parts), parsed.password


def _short(said: str) -> str:
    """The first line of what the program said, without any row's values (``DETAIL``, ``COPY``)."""
    lines = [line for line in said.splitlines() if line.strip()]
    first = next((line for line in lines if "error" in line.lower()), lines[0] if lines else "?")
    return re.sub(r"\(.*", "(…)", first)[:300]
