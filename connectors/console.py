"""What the commands of the command line share."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from connectors.audit import AuditRefused, AuditUnavailable
from connectors.database.session import NotMade, SchemaError, migrate, open_database
from connectors.database.trouble import trouble
from connectors.disk import PROGRAM_FULL, is_full
from connectors.intake.report import IntakeRefused
from connectors.origins import check_account, masked, origins, sqlite_file, which_database
from connectors.privacy.vault import VaultLocked
from connectors.settings import Settings, SettingsError, load_settings
from connectors.version import version

REFUSED: Final = 2
"""Exit code when nothing was done because the input cannot be used."""


STOPPED: Final = 130
"""Exit code after Ctrl+C, as shells have it."""

tells_version = click.version_option(
    version(), message="Đúng Hạn %(version)s", help="Phiên bản phần mềm."
)
"""Decorator of a program's group: ``--version``."""


class Program(click.Group):
    """A program's commands; what it says of wrong arguments and of Ctrl+C is Vietnamese."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """As click's, which would say "Aborted!" and "Error: …"."""
        named = (args, prog_name, complete_var)
        if not standalone_mode:
            return super().main(*named, standalone_mode=False, **extra)
        try:
            code = super().main(*named, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.ClickException as error:
            click.secho(_said(error), err=True, fg="red")
            context = getattr(error, "ctx", None)
            if context is not None:
                click.echo(f"Xem cách dùng: {context.command_path} --help", err=True)
            sys.exit(error.exit_code)
        except click.Abort as stopped:
            if not isinstance(stopped.__cause__, KeyboardInterrupt):
                click.echo("Đã hủy; không làm gì.", err=True)
                sys.exit(1)
            click.echo(
                "Đã dừng theo yêu cầu. Lô nhập đang dở không để lại gì; chạy lại cùng lệnh thì "
                "những gì đã ghi không bị ghi hai lần.",
                err=True,
            )
            sys.exit(STOPPED)
        except Exception as error:
            click.secho(
                f"Lệnh dừng vì một lỗi của chương trình ({type(error).__name__}). Hãy chạy lại; "
                "nếu vẫn thế thì gửi các dòng dưới đây cho người phát triển.",
                err=True,
                fg="red",
            )
            raise
        sys.exit(code if isinstance(code, int) else 0)


def _said(error: click.ClickException) -> str:
    """What was wrong with the arguments."""
    if isinstance(error, click.NoSuchOption):
        near = f" Có phải {', '.join(error.possibilities)}?" if error.possibilities else ""
        return f"Không có tùy chọn {error.option_name}.{near}"
    if isinstance(error, click.MissingParameter):
        name = error.param.get_error_hint(error.ctx) if error.param and error.ctx else ""
        return f"Thiếu {name}.".replace("'", "")
    if isinstance(error, click.BadParameter):
        name = error.param.get_error_hint(error.ctx) if error.param and error.ctx else ""
        return f"{name or error.param_hint}: {error.message}".replace("'", "")
    if isinstance(error, click.UsageError) and error.message.startswith("No such command"):
        return "Không có lệnh " + error.message.removeprefix("No such command").lstrip()
    return error.format_message()


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the user can mend into a Vietnamese message and exit code 2."""
    try:
        yield
    except (
        IntakeRefused,
        SettingsError,
        SchemaError,
        AuditRefused,
        AuditUnavailable,
        VaultLocked,
    ) as error:
        click.secho(str(error), err=True, fg="red")
        sys.exit(REFUSED)
    except (OSError, sqlite3.Error) as error:
        told = PROGRAM_FULL if is_full(error) else _forbidden(error)
        if told is None:
            raise
        click.secho(told, err=True, fg="red")
        sys.exit(REFUSED)
    except DatabaseError as error:
        told = trouble(error)
        if told is None:
            raise
        click.secho(told, err=True, fg="red")
        sys.exit(REFUSED)


def _forbidden(error: Exception) -> str | None:
    """What this account may not read or write; None where that is not what is wrong."""
    if not isinstance(error, PermissionError) or error.filename is None:
        return None
    return (
        f"Không có quyền với {error.filename}. Hãy chạy lệnh bằng tài khoản của dịch vụ, hoặc cho "
        "tài khoản đang chạy lệnh quyền đọc, ghi ở đó."
    )


def installed() -> Settings:
    """The installation's settings, for a command that will read or write its data.

    Says on stderr which database that is, where the settings file does not say so. Raises
    SettingsError for an account whose files the service could not read.
    """
    settings = load_settings()
    told = which_database(settings)
    if told is not None:
        click.echo(told, err=True)
    check_account(settings)
    return settings


def opened(*, creates: bool = False) -> tuple[Settings, Engine]:
    """The installation's settings and its database, at the newest schema.

    ``creates``: a database that is not there is made; else NotMade is raised, and nothing is left
    behind where nothing was.
    """
    settings = installed()
    path = sqlite_file(settings)
    if not creates and path is not None and not (path.exists() and path.stat().st_size):
        raise _not_made(settings, "Tệp đó rỗng." if path.exists() else "Tệp đó chưa có.")
    database = open_database(settings.database_url, settings.patience, creates=creates)
    try:
        migrate(database, creates=creates)
    except NotMade as error:
        database.dispose()
        raise _not_made(settings, str(error)) from error
    return settings, database


def _not_made(settings: Settings, why: str) -> NotMade:
    return NotMade(
        f"Chưa có cơ sở dữ liệu để dùng ở {masked(settings.database_url)} "
        f"({origins()['database_url'].place}). {why} Chưa làm gì. Nếu phần mềm đang dùng cơ sở dữ "
        "liệu khác: hãy chạy lệnh bằng tài khoản của dịch vụ, hoặc đặt SETTINGS_FILE, "
        "DATABASE_URL như dịch vụ. Nếu đúng là ở đây, hãy tạo trước: "
        ".venv/bin/python -m connectors migrate"
    )


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
