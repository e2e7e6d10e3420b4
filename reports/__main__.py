"""``python -m reports``: the reports on the command line."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from connectors import closing
from connectors.audit import AuditUnavailable, command_line_actor
from connectors.console import Program, opened, refusals, tells_version
from connectors.database.session import DatabaseFault, open_database
from connectors.engine import NothingKnown, Scope, SnapshotMissing
from connectors.said import Said
from connectors.settings import SettingsError, load_settings
from metrics.core.ask import DEFINITIONS
from metrics.core.periods import UnknownPeriod, parse_period
from metrics.core.vietnamese import moment, number
from metrics.dossiers.form_cells import FormRefused
from metrics.options import a_known, a_moment
from reports import closing as closings
from reports.material import Material, Rights
from reports.opening import Unanswerable, Wanted, asked
from reports.registry import REPORTS
from reports.render import render

_NICENESS: Final = 10

_REFUSALS: Final = (
    UnknownPeriod,
    Unanswerable,
    FormRefused,
    SnapshotMissing,
    NothingKnown,
    SettingsError,
)


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


@main.command("make", help="Lập một báo cáo thành tệp.")
@click.argument("name", type=click.Choice(list(REPORTS)))
@click.option("--period", required=True, help="Kỳ, ví dụ week:2026-W47, month15:2026-11.")
@click.option("--unit", default=None, help="Đơn vị và các đơn vị trực thuộc: số unit_id, mã, tên.")
@click.option(
    "--as-of",
    "as_of",
    callback=a_moment,
    help="Thời điểm số liệu (giờ địa phương). Mặc định: hết kỳ, hoặc ngay sau số liệu mới nhất.",
)
@click.option(
    "--as-known",
    "known",
    callback=a_known,
    help="Theo ghi nhận đến lúc nào (giờ địa phương), #12 là sau lô 12. Mặc định: mọi ghi nhận.",
)
@click.option(
    "--now",
    callback=a_moment,
    help="Nhiệm vụ, kiểm tra đã ghi đến lúc nào (giờ địa phương), khi không chọn --as-of. "
    "Mặc định: bây giờ, như màn hình.",
)
@click.option("--definition", type=click.Choice(DEFINITIONS), default="form", show_default=True)
@click.option(
    "--meeting/--no-meeting",
    default=True,
    show_default=True,
    help="Bản trình chiếu theo cuộc họp đã chuẩn bị của đơn vị và kỳ (thứ tự, lời riêng, việc "
    "giao), hay theo thứ tự thường dùng.",
)
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
        settings = load_settings()
        given["now"] = given["now"] or datetime.now(settings.zone).replace(tzinfo=None)
        material = Material(asked(settings, Wanted(parse_period(period), **given), rights=Rights()))
        click.echo("Đang tính số liệu…", err=True)
        report = declared.make(material)
        click.echo(f"Đang ghi {chosen.upper()}…", err=True)
        _write(out, render(report, chosen))
    except (*_REFUSALS, RuntimeError) as error:
        # A RuntimeError: a document that cannot be set.
        _fail(str(error))
    except OSError as error:
        _fail(
            f"Không ghi được {out.name}: {error.strerror}. Hãy xem thư mục và chỗ trống trên đĩa."
        )
    click.echo(f"Đã ghi {out.name}.")


@main.command("send", help="Gửi ngay các báo cáo đến hạn theo SENDING_FILE.")
def send() -> None:
    # Mail and schedules are for this command alone; a document need not wait for them.
    from reports.timer import Timer

    _lower_priority()
    settings = load_settings()
    database = open_database(settings.database_url, settings.patience, creates=False)
    timer = Timer(settings, database)
    try:
        click.echo(f"Đã xử lý {number(timer.turn())} lần gửi.")
    except (SettingsError, DatabaseFault, OSError) as error:
        _fail(
            str(error) if isinstance(error, SettingsError) else "Không gửi được: hãy xem nhật ký."
        )
    finally:
        timer.end()
        database.dispose()


@main.command("alerts", help="Xét ngay các quy tắc cảnh báo đến lượt và gửi những gì đang chờ.")
def alerts() -> None:
    from reports.alerts.turn import Alerts

    _lower_priority()
    settings = load_settings()
    database = open_database(settings.database_url, settings.patience, creates=False)
    seen_to = Alerts(settings, database)
    try:
        done = seen_to.turn()
        click.echo(
            f"Đã xét quy tắc của {number(done.looked)} người, {number(done.began)} cảnh báo mới, "
            f"xử lý {number(done.tried)} tin."
        )
    except (SettingsError, AuditUnavailable, DatabaseFault, OSError) as error:
        is_told = isinstance(error, SettingsError | AuditUnavailable)
        _fail(str(error) if is_told else "Không xong: hãy xem nhật ký.")
    finally:
        seen_to.end()
        database.dispose()


def _lower_priority() -> None:
    """Pages come first."""
    if sys.platform != "win32":
        os.nice(_NICENESS)


# -- closing a period ---------------------------------------------------------------------


@main.group("closing", help="Chốt số liệu một kỳ, xem chênh lệch, mở lại.")
def closing_() -> None:
    """Closed periods."""


def _said(by: str) -> Said:
    return {
        "by": by,
        "at": datetime.now(UTC),
        "actor": command_line_actor(),
        "scope": Scope(),
    }


@closing_.command("add", help="Chốt số liệu các biểu của một kỳ.")
@click.option("--period", required=True, help="Kỳ, ví dụ week:2026-W47, month15:2026-11.")
@click.option("--unit", default=None, help="Đơn vị và các đơn vị trực thuộc; bỏ trống: tất cả.")
@click.option("--by", required=True, help="Người chốt.")
@click.option("--note", default="", help="Ghi chú, văn bản.")
def closing_add(period: str, unit: str | None, by: str, note: str) -> None:
    with refusals():
        settings, database = opened()
        try:
            wanted = Wanted(parse_period(period), unit)
            made = closings.close(settings, database, wanted, note, **_said(by))
        except _REFUSALS as error:
            _fail(str(error))
        click.echo(f"Đã chốt {wanted.period.label}: chốt số {made}.")


@closing_.command("list", help="Liệt kê các kỳ đã chốt.")
def closing_list() -> None:
    with refusals():
        settings, database = opened()
        found = closing.listed(database, settings, Scope())
        for row in found.iter_rows(named=True):
            state = "đang chốt"
            if row["reopened_at"] is not None:
                state = f"mở lại {moment(row['reopened_at'])}: {row['reopen_reason']}"
            click.echo(
                f"{row['closing_id']:>4}  {row['period']}  {row['unit'] or 'Tất cả đơn vị'}  "
                f"{moment(row['at'])}  {row['by']}  lô {row['batch_id']}  {state}"
            )
        if found.is_empty():
            click.echo("Chưa chốt kỳ nào.")


@closing_.command("difference", help="So số đã chốt với số tính lại hiện nay.")
@click.argument("number", type=int)
def closing_difference(number: int) -> None:
    with refusals():
        settings, database = opened()
        found = closing.found(database, settings, number, Scope())
        if found is None:
            _fail(f"Không có chốt số {number}.")
        try:
            told = closings.against_now(settings, found, Scope())
        except _REFUSALS as error:
            _fail(str(error))
        for line in closings.said(told):
            click.echo(line)


@closing_.command("reopen", help="Mở lại một kỳ đã chốt; lý do được giữ.")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Lý do mở lại.")
@click.option("--by", required=True, help="Người mở lại.")
def closing_reopen(number: int, reason: str, by: str) -> None:
    with refusals():
        settings, database = opened()
        closing.reopen(database, settings, number, reason, **_said(by))
        click.echo(f"Đã mở lại chốt số {number}.")


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
