"""``python -m reports``: the reports on the command line."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError

from connectors.console import Program, tells_version
from connectors.database.session import open_database
from connectors.engine import NothingKnown, SnapshotMissing
from connectors.settings import SettingsError, load_settings
from metrics.core.ask import DEFINITIONS
from metrics.core.periods import UnknownPeriod, parse_period
from metrics.core.vietnamese import number
from metrics.dossiers.form_cells import FormRefused
from reports.material import Material, Rights
from reports.opening import Unanswerable, Wanted, asked
from reports.registry import REPORTS
from reports.render import render
from reports.timer import Timer

_NICENESS: Final = 10


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(2)


@click.group(cls=Program, help="Các báo cáo của Đúng Hạn.")
@tells_version
def main() -> None:
    """Reports on the command line."""


@main.command("list", help="Liệt kê các báo cáo.")
def list_() -> None:
    for each in REPORTS.values():
        click.echo(f"{each.key:<20} {each.title} ({', '.join(each.formats)})")


def _moment(_context: Any, _parameter: Any, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"“{value}” không phải thời điểm, ví dụ 2026-11-23.") from error


@main.command("make", help="Lập một báo cáo thành tệp.")
@click.argument("name", type=click.Choice(list(REPORTS)))
@click.option("--period", required=True, help="Kỳ, ví dụ week:2026-W47, month15:2026-11.")
@click.option("--unit", default=None, help="Đơn vị và các đơn vị trực thuộc: số unit_id, mã, tên.")
@click.option("--as-of", "as_of", callback=_moment, help="Thời điểm số liệu (giờ địa phương).")
@click.option("--definition", type=click.Choice(DEFINITIONS), default="form", show_default=True)
@click.option(
    "--format", "layout", type=click.Choice(["xlsx", "docx", "pptx", "pdf"]), default=None
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def make(name: str, period: str, layout: str | None, out: Path, **given: Any) -> None:
    declared = REPORTS[name]
    chosen = layout or out.suffix.removeprefix(".").lower() or declared.formats[0]
    if chosen not in declared.formats:
        _fail(f"Báo cáo này lập được thành: {', '.join(declared.formats)}.")
    try:
        wanted = Wanted(parse_period(period), **given)
        material = Material(asked(load_settings(), wanted, rights=Rights()))
        click.echo("Đang tính số liệu…", err=True)
        report = declared.make(material)
        click.echo(f"Đang ghi {chosen.upper()}…", err=True)
        _write(out, render(report, chosen))
    except (UnknownPeriod, Unanswerable, SnapshotMissing, NothingKnown, SettingsError) as error:
        _fail(str(error))
    except (FormRefused, RuntimeError) as error:
        # Figures that do not add up; a document that cannot be set.
        _fail(str(error))
    except OSError as error:
        _fail(
            f"Không ghi được {out.name}: {error.strerror}. Hãy xem thư mục và chỗ trống trên đĩa."
        )
    click.echo(f"Đã ghi {out.name}.")


@main.command("send", help="Gửi ngay các báo cáo đến hạn theo SENDING_FILE.")
def send() -> None:
    _lower_priority()
    settings = load_settings()
    database = open_database(settings.database_url, settings.patience, creates=False)
    timer = Timer(settings, database)
    try:
        click.echo(f"Đã xử lý {number(timer.turn())} lần gửi.")
    except (SettingsError, SQLAlchemyError, OSError) as error:
        _fail(
            str(error) if isinstance(error, SettingsError) else "Không gửi được: hãy xem nhật ký."
        )
    finally:
        timer.end()
        database.dispose()


def _lower_priority() -> None:
    """Pages come first."""
    if sys.platform != "win32":
        os.nice(_NICENESS)


def _write(out: Path, content: bytes) -> None:
    """Whole or not at all."""
    draft = out.with_name(f".{out.name}.part")
    try:
        draft.write_bytes(content)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


if __name__ == "__main__":
    main(prog_name=".venv/bin/python -m reports")
