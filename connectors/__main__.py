"""The command line of the connectors: ``python -m connectors …``."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine, select

from connectors import logs
from connectors.access.command import account
from connectors.audit import check_keys, command_line_actor, record
from connectors.audit.command import audit
from connectors.backup.command import aside, backup, restore
from connectors.configuration.command import config
from connectors.console import REFUSED, Program, tells_version
from connectors.console import Counter as _Counter
from connectors.console import number as _number
from connectors.console import opened as _opened
from connectors.console import refusals as _refusals
from connectors.database.models import Dossier
from connectors.failed import failed
from connectors.fetch.run import Fetched, fetch
from connectors.intake import ImportReport, IntakeRefused, available_mappings, import_file
from connectors.intake.export import last_batch, rejected_rows, write_rejected
from connectors.intake.report import Rejection
from connectors.intake.template import build_template
from connectors.maintenance import maintenance
from connectors.owners_again import take_again
from connectors.personal.command import person, retention
from connectors.privacy.command import owners
from connectors.privacy.vault import missing_key_warning
from connectors.registers.report import RegisterReport
from connectors.settings import Settings, load_settings
from connectors.telling import tell, tell_counts, tell_fetched, tell_rest


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@tells_version
def main() -> None:
    """Nhập dữ liệu hồ sơ và chăm sóc cơ sở dữ liệu của Đúng Hạn."""


main.add_command(account)
main.add_command(aside)
main.add_command(audit)
main.add_command(backup)
main.add_command(config)
main.add_command(failed)
main.add_command(maintenance)
main.add_command(owners)
main.add_command(person)
main.add_command(restore)
main.add_command(retention)


@main.command()
def migrate() -> None:
    """Tạo hoặc nâng cấp cơ sở dữ liệu lên lược đồ mới nhất, kèm ảnh chụp số liệu."""
    from connectors import snapshot as snapshots

    with _refusals():
        settings, database = _opened(creates=True)
        click.echo("Cơ sở dữ liệu đã ở lược đồ mới nhất.")
        check_keys(database, settings.audit_keys)
        _warn_of_key(settings, database)
        # An earlier release's snapshot is none to this one, and without any the app is not ready.
        counter = _Counter("Đang dựng ảnh chụp")
        manifest = snapshots.refresh(database, settings, counter)
        counter.close()
        click.echo(f"Ảnh chụp số liệu: phiên bản {manifest.data_version}.")


def _warn_of_key(settings: Settings, database: Engine) -> None:
    warning = missing_key_warning(settings, database)
    if warning is not None:
        click.secho(warning, err=True, fg="yellow")


_COMMON = (
    click.option("--dry-run", is_flag=True, help="Chỉ thử: kiểm tra hết nhưng không ghi gì."),
    click.option("--json", "as_json", is_flag=True, help="In kết quả dạng JSON."),
    click.option(
        "--replace-sample", is_flag=True, help="Xóa dữ liệu minh họa trước khi nhập dữ liệu thật."
    ),
    click.option(
        "--no-snapshot", is_flag=True, help="Không làm mới ảnh chụp số liệu sau khi nhập."
    ),
)


def _common(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_COMMON):
        command = option(command)
    return command


@main.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", required=True, help="Tên ánh xạ, hoặc đường dẫn tới tệp .toml.")
@click.option("--events", type=click.Path(path_type=Path), help="Tệp thứ hai: bước, tạm dừng…")
@_common
def import_(file: Path, mapping: str, events: Path | None, **how: bool) -> None:
    """Nhập một tệp CSV, XLSX hoặc JSON từng dòng."""
    _take_in("Đang nhập", partial(import_file, path=file, mapping=mapping, events=events), **how)


@main.command()
@click.argument("source")
@click.option("--full", is_flag=True, help="Đọc lại toàn bộ nguồn, không chỉ từ lần kéo trước.")
@_common
def pull(source: str, **how: bool) -> None:
    """Lấy dữ liệu mới của một nguồn; SOURCE là tên ánh xạ có bảng [sql], [rest] hoặc [folder]."""
    _take_in("Đang lấy", partial(fetch, mapping=source), **how)


@main.command()
def watch() -> None:
    """Chạy mãi: lấy các nguồn mà ánh xạ hẹn giờ (every), thay cho ứng dụng hoặc bộ hẹn giờ."""
    from connectors.fetch.schedule import Schedule, asked_for, keep_turning

    logs.configure()
    with _refusals():
        settings, database = _opened()
        asked = asked_for(settings)
        click.echo(f"Theo dõi {_number(len(asked))} nguồn: {', '.join(asked) or 'chưa có'}.")
        keep_turning(lambda: Schedule(settings, database))


@owners.command("take-again")
@click.argument("sources", metavar="NGUỒN...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Không hỏi lại.")
def take_again_(sources: tuple[str, ...], yes: bool) -> None:
    """Khi OWNER_KEY đã mất hẳn: bỏ những gì không mở được, lấy lại chủ hồ sơ từ các nguồn kéo."""
    if not yes:
        click.confirm(
            "Bỏ hẳn dữ liệu chủ hồ sơ mà không khóa nào mở được rồi đọc lại toàn bộ nguồn? Chỉ làm "
            "khi khóa đã mất hẳn",
            abort=True,
        )
    counter = _Counter("Đang kéo")
    with _refusals():
        settings, database = _opened()
        done = take_again(database, settings, sources, actor=command_line_actor(), progress=counter)
        counter.close()
        click.echo(f"Đã bỏ {_number(done.given_up)} dòng không mở được.")
        for report in done.reports:
            tell(report, as_json=False)
        if done.missing:
            click.secho(
                f"Còn {_number(done.missing)} hồ sơ chưa có lại chủ hồ sơ: hãy lấy lại từ nguồn "
                "khác, hoặc nhập lại các tệp đã nhập.",
                fg="yellow",
            )
        else:
            click.echo("Mọi hồ sơ đã được đọc lại cùng chủ hồ sơ, mã hóa bằng khóa mới.")


def _take_in(
    doing: str,
    take: Callable[..., ImportReport | Fetched],
    as_json: bool,
    no_snapshot: bool,
    **how: bool,
) -> None:
    counter = _Counter(doing, quiet=as_json)
    with _refusals():
        settings, database = _opened()
        done = take(
            database,
            settings,
            progress=counter,
            refresh_snapshot=not no_snapshot,
            actor=command_line_actor(),
            **how,
        )
        counter.close()
        if isinstance(done, ImportReport):
            tell(done, as_json=as_json)
        else:
            tell_fetched(done, as_json=as_json)
        _warn_of_key(settings, database)
        if isinstance(done, Fetched) and done.left:
            sys.exit(REFUSED)


@main.command()
@click.argument("file", metavar="[TỆP.xlsx]", type=click.Path(path_type=Path), required=False)
@click.option("--output", type=click.Path(path_type=Path), help="Tệp sẽ ghi, như TỆP.xlsx.")
def template(file: Path | None, output: Path | None) -> None:
    """Ghi mẫu nhập hồ sơ (XLSX) để điền; mặc định vào mau-nhap-ho-so.xlsx."""
    path = output or file or Path("mau-nhap-ho-so.xlsx")
    path.write_bytes(build_template())
    click.echo(f"Đã ghi {path}. Nhập bằng ánh xạ mau-nhap-ho-so.")


@main.command()
def mappings() -> None:
    """Liệt kê ánh xạ của đơn vị và ánh xạ kèm theo; mã thoát 1 nếu có tệp chưa dùng được."""
    from connectors.mappings import WORDS, own_mappings

    with _refusals():
        folder = load_settings().mappings_dir
        own = {one.name: one for one in own_mappings(folder)}
        shipped = available_mappings()
    for one in own.values():
        told = "CHƯA DÙNG ĐƯỢC" if one.kind is None else f"{one.label} ({WORDS[one.kind]})"
        click.echo(f"{one.name:<24}{told}; {one.note}")
    for name, source in shipped.items():
        if name not in own:
            click.echo(f"{name:<24}{source}")
    click.echo(f"Thư mục ánh xạ của đơn vị: {folder}")
    faults = [one.fault for one in own.values() if one.fault is not None]
    for fault in faults:
        click.secho(fault, err=True, fg="red")
    if faults:
        sys.exit(1)


@main.command()
@click.option("--rebuild", is_flag=True, help="Dựng lại từ đầu thay vì chỉ phần mới.")
def snapshot(rebuild: bool) -> None:
    """Làm mới ảnh chụp số liệu (Parquet) từ cơ sở dữ liệu."""
    from connectors import snapshot as snapshots

    counter = _Counter("Đang dựng ảnh chụp")
    with _refusals():
        settings, database = _opened()
        make = snapshots.rebuild if rebuild else snapshots.refresh
        manifest = make(database, settings, counter)
        counter.close()
        click.echo(f"Ảnh chụp số liệu: phiên bản {manifest.data_version}.")


def last_sunday(today: date) -> date:
    """The last day of the last full week before ``today``."""
    return today - timedelta(days=today.isoweekday())


@main.command()
@click.option("--if-empty", is_flag=True, help="Không làm gì khi đã có hồ sơ.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--end",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Ngày cuối (chủ nhật). Mặc định: chủ nhật gần nhất đã qua.",
)
@click.option("--dossiers", type=int, default=200_000, show_default=True)
@click.option(
    "--registers/--no-registers",
    default=True,
    help="Kèm các sổ: nhiệm vụ, kiểm tra, chỉ tiêu và bộ ví dụ đã công bố.",
)
def sample(if_empty: bool, seed: int, end: datetime | None, dossiers: int, registers: bool) -> None:
    """Nạp dữ liệu minh họa vào cơ sở dữ liệu trống."""
    from connectors import sample as samples
    from connectors import snapshot as snapshots

    with _refusals():
        settings, database = _opened(creates=True)
        if if_empty and _holds_dossiers(database):
            click.echo("Cơ sở dữ liệu đã có hồ sơ; không nạp dữ liệu minh họa.")
            return
        last = end.date() if end else last_sunday(datetime.now(settings.zone).date())
        counter = _Counter("Đang nạp dữ liệu minh họa")
        try:
            samples.load(
                database,
                settings,
                seed=seed,
                end=last,
                dossiers=dossiers,
                with_registers=registers,
                progress=counter,
                actor=command_line_actor(),
            )
        except (samples.SampleRefused, ValueError) as error:
            raise IntakeRefused(str(error)) from error
        counter.close()
        snapshots.refresh(database, settings)
        click.echo("Đã nạp DỮ LIỆU MINH HỌA. Nhập dữ liệu thật bằng --replace-sample khi sẵn sàng.")


def _holds_dossiers(database: Engine) -> bool:
    with database.connect() as connection:
        return connection.execute(select(Dossier.id).limit(1)).first() is not None


@main.command()
@click.argument("batch", type=int, required=False)
@click.option("--output", type=click.Path(path_type=Path), help="Ghi ra tệp .csv hoặc .xlsx.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@click.option("--limit", type=int, default=50, show_default=True, help="Số dòng in ra.")
def rejected(batch: int | None, output: Path | None, as_json: bool, limit: int) -> None:
    """Xem hoặc xuất các dòng bị từ chối của một lô nhập (mặc định: lô gần nhất có lỗi)."""
    with _refusals():
        settings, database = _opened()
        with database.connect() as connection:
            number = batch if batch is not None else last_batch(connection)
            if number is None:
                click.echo("Chưa có dòng nào bị từ chối.")
                return
            if output is not None:
                _note_export(settings, database, number)
                write_rejected(connection, number, output)
                click.echo(f"Đã ghi các dòng bị từ chối của lô {number} vào {output}.")
                return
            if as_json:
                _note_export(settings, database, number)
            rows = rejected_rows(connection, number, None if as_json else limit)
        _show_rejected(number, rows, as_json=as_json)


def _note_export(settings: Settings, database: Engine, batch: int, sort: str = "lô") -> None:
    """Rejected rows are whole rows of a source: that they leave is for the audit."""
    record(
        database,
        "export",
        actor=command_line_actor(),
        subject=f"dòng bị từ chối, {sort} {batch}",
        keys=settings.audit_keys,
    )


def _show_rejected(number: int, rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    click.echo(f"Lô nhập {number}:")
    for row in rows:
        rejection = Rejection(row["line_no"], row["column_name"], row["value"], row["reason"])
        click.echo(f"  {rejection.sentence()}")


@main.command("units")
@click.option("--province", help="Chỉ tỉnh, thành phố có mã này (ví dụ 24) và các xã của nó.")
def units(province: str | None) -> None:
    """Nạp danh mục 34 tỉnh và 3.321 xã, phường, đặc khu từ 1/7/2025 (mã của Cục Thống kê)."""
    from connectors import snapshot
    from connectors.units_national import load_national_units

    with _refusals():
        settings, database = _opened()
        made = load_national_units(database, settings, province, actor=command_line_actor())
        snapshot.refresh(database, settings)
        click.echo(f"{_number(len(made))} đơn vị mới; những đơn vị đã có được giữ nguyên.")


@main.group()
def register() -> None:
    """Các sổ: nhiệm vụ, kiểm tra, chỉ tiêu, chỉ số, số liệu báo cáo…"""


@register.command("list")
def register_list() -> None:
    """Liệt kê các sổ và ánh xạ kèm theo."""
    from connectors import registers

    for name, declared in registers.REGISTERS.items():
        click.echo(f"{name:<20}{declared.label}")
    click.echo(f"Ánh xạ kèm theo: {', '.join(registers.available_register_mappings())}")


@register.command("columns")
def register_columns() -> None:
    """In mọi cột của các sổ, như trang docs/register-columns.md."""
    from connectors.registers.columns_page import columns_page

    click.echo(columns_page(), nl=False)


@register.command("import")
@click.argument("name", metavar="SỔ")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--by", required=True, help="Người cập nhật.")
@click.option("--mapping", help="Ánh xạ cho tệp không theo mẫu: tên, hoặc đường dẫn tới tệp .toml.")
@click.option("--dry-run", is_flag=True, help="Chỉ thử: kiểm tra hết nhưng không ghi gì.")
@click.option("--json", "as_json", is_flag=True, help="In kết quả dạng JSON.")
def register_import(
    name: str, file: Path, by: str, mapping: str | None, dry_run: bool, as_json: bool
) -> None:
    """Nhập một tệp CSV hoặc XLSX vào một sổ."""
    from connectors import registers

    counter = _Counter("Đang nhập", quiet=as_json)
    with _refusals():
        settings, database = _opened()
        report = registers.import_register(
            database,
            settings,
            name,
            file,
            by=by,
            mapping=mapping,
            dry_run=dry_run,
            progress=counter,
            actor=command_line_actor(),
        )
        counter.close()
        if as_json:
            click.echo(report.as_json())
        else:
            _tell_register(report)


def _tell_register(report: RegisterReport) -> None:
    head = "Thử nhập (không ghi gì)" if report.dry_run else f"Lô {report.batch_id}"
    click.echo(f"{head}: {report.file_name} vào sổ {report.label}")
    words = ("Đã đọc", "Mới", "Thay đổi", "Không thay đổi", "Bị từ chối")
    tell_counts(dict(zip(words, report.counts.values(), strict=True)))
    tell_rest(report, f"register rejected {report.batch_id} tu-choi.xlsx")


@register.command("rejected")
@click.argument("batch", type=int)
@click.argument("output", type=click.Path(path_type=Path))
def register_rejected(batch: int, output: Path) -> None:
    """Ghi các dòng bị từ chối của một lô nhập sổ ra tệp .csv hoặc .xlsx."""
    with _refusals():
        settings, database = _opened()
        _note_export(settings, database, batch, "lô nhập sổ")
        with database.connect() as connection:
            write_rejected(connection, batch, output, register=True)
        click.echo(f"Đã ghi các dòng bị từ chối của lô {batch} vào {output}.")


@register.command("template")
@click.argument("name", metavar="SỔ")
@click.argument("output", type=click.Path(path_type=Path))
def register_template(name: str, output: Path) -> None:
    """Ghi mẫu nhập (XLSX) của một sổ."""
    from connectors import registers

    with _refusals():
        output.write_bytes(registers.template(name))
        click.echo(f"Đã ghi {output}.")


@register.command("examples")
def register_examples() -> None:
    """Nạp bộ ví dụ kèm theo (Hà Nội 2022, Thanh Hóa, Cẩm Giàng 2022, Hà Đông 2023)."""
    from connectors import registers

    with _refusals():
        settings, database = _opened()
        for report in registers.load_examples(database, settings):
            click.echo(
                f"{report.label:<36}{_number(report.rows_inserted):>6} mới, "
                f"{_number(report.rows_changed)} thay đổi, "
                f"{_number(report.rows_unchanged)} không đổi"
            )


if __name__ == "__main__":
    # What has been loaded stays until the end; searching it for garbage takes a third of a second.
    gc.freeze()
    logs.configure_console()
    logs.tell_crashes()
    main(prog_name=".venv/bin/python -m connectors")
