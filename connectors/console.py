"""What the commands of the command line share."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click
from sqlalchemy import Engine

from connectors.audit import AuditRefused, AuditUnavailable
from connectors.database.session import migrate, open_database
from connectors.intake.report import IntakeRefused
from connectors.privacy.vault import VaultLocked
from connectors.settings import Settings, SettingsError, load_settings

REFUSED: Final = 2
"""Exit code when nothing was done because the input cannot be used."""


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the user can mend into a Vietnamese message and exit code 2."""
    try:
        yield
    except (IntakeRefused, SettingsError, AuditRefused, AuditUnavailable, VaultLocked) as error:
        click.secho(str(error), err=True, fg="red")
        sys.exit(REFUSED)


def opened() -> tuple[Settings, Engine]:
    """The installation's settings and its database, at the newest schema."""
    settings = load_settings()
    database = open_database(settings.database_url)
    migrate(database)
    return settings, database


class Counter:
    """Counts on stderr for what takes longer than a second."""

    def __init__(self, label: str, *, quiet: bool = False) -> None:
        self._label = label
        self._began = self._told = time.monotonic()
        self._quiet = quiet
        self._shown = False

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if self._quiet or now - self._began < 1 or (now - self._told < 0.5 and done != total):
            return
        self._told, self._shown = now, True
        share = f" / {number(total)} ({done * 100 // total}%)" if total else ""
        speed = number(int(done / (now - self._began)))
        line = f"{self._label}: {number(done)}{share}, {speed} dòng/giây"
        end = "\r" if sys.stderr.isatty() else "\n"
        click.echo(line.ljust(72) + end, err=True, nl=False)

    def close(self) -> None:
        """End the line that was being overwritten."""
        if self._shown and sys.stderr.isatty():
            click.echo(err=True)


def number(value: int) -> str:
    """1.234"""
    return f"{value:,}".replace(",", ".")
