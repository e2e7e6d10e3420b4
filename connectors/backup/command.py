"""``python -m connectors backup`` and ``restore``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from connectors.audit import append, command_line_actor
from connectors.backup.archive import BackupRefused
from connectors.backup.make import make_backup
from connectors.backup.restore import restore_backup
from connectors.console import REFUSED, installed, number, opened, refusals
from connectors.database.aside import drop as drop_aside
from connectors.database.aside import put_aside
from connectors.database.session import write_transaction
from connectors.privacy.vault import is_under_lock, missing_key_warning

DROP: Final = ".venv/bin/python -m connectors aside drop"


@contextmanager
def _refusals() -> Iterator[None]:
    with refusals():
        try:
            yield
        except BackupRefused as error:
            click.secho(str(error), err=True, fg="red")
            sys.exit(REFUSED)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1), help="Khi FILE là thư mục: chỉ giữ bấy nhiêu bản.")
def backup(file: Path, keep: int | None) -> None:
    """Sao lưu ra một tệp mới, hoặc vào một thư mục (tên tệp theo giờ), khi ứng dụng đang chạy."""
    with _refusals():
        settings, database = opened()
        path, digest = make_backup(database, settings, file, actor=command_line_actor(), keep=keep)
    click.echo(f"Đã sao lưu vào {path}\nSHA-256: {digest}")
    warning = missing_key_warning(settings, database)
    if warning is None:
        click.echo("OWNER_KEY và AUDIT_KEY không nằm trong bản sao lưu; hãy giữ chúng ở nơi khác.")
    elif is_under_lock(database):
        click.secho(warning, err=True, fg="yellow")
    else:
        click.secho(f"Bản sao lưu có dữ liệu cá nhân đọc được. {warning}", err=True, fg="yellow")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--replace", is_flag=True, help="Cất dữ liệu hiện có sang một bên rồi phục hồi (không xóa)."
)
@click.option(
    "--lost-audit-key", is_flag=True, help="AUDIT_KEY của bản sao lưu đã mất hẳn; vẫn phục hồi."
)
def restore(file: Path, replace: bool, lost_audit_key: bool) -> None:
    """Phục hồi một bản sao lưu vào cơ sở dữ liệu trống; ứng dụng phải đang dừng."""
    with _refusals():
        settings = installed()
        done = restore_backup(
            settings,
            file,
            actor=command_line_actor(),
            replace=replace,
            lost_audit_key=lost_audit_key,
        )
    click.echo(f"Đã phục hồi bản sao lưu lúc {done.manifest.made_at} (UTC).")
    click.echo(f"Ảnh chụp số liệu: phiên bản {done.data_version}.")
    click.echo("Mọi phiên đăng nhập trong bản sao lưu đã được kết thúc.")
    if done.kept is not None:
        click.echo(f"Dữ liệu trước khi phục hồi được giữ ở: {done.kept}")
        click.echo(f"Khi không cần nữa: {DROP} {done.kept}")
    if done.manifest.owners_locked and not settings.owner_keys:
        click.secho(
            "Dữ liệu chủ hồ sơ trong bản sao lưu đã được mã hóa: hãy đặt OWNER_KEY của lúc đó.",
            fg="yellow",
        )
    if not done.marked:
        click.secho(
            "Chưa ghi được việc phục hồi vào sổ mốc của nhật ký. Hãy xem quyền và chỗ trống của "
            "DATA_DIR, rồi chạy: .venv/bin/python -m connectors audit restored.",
            err=True,
            fg="yellow",
        )
    if not done.audit.ok:
        click.secho(f"Nhật ký kiểm soát: {done.audit.sentence}", err=True, fg="red")
        sys.exit(1)
    click.echo(done.audit.sentence)


@click.group()
def aside() -> None:
    """Dữ liệu mà lệnh restore --replace đã cất sang một bên."""


@aside.command("list")
def list_() -> None:
    """Liệt kê những gì đã cất: lúc nào, bao nhiêu, tên tệp hoặc lược đồ."""
    with _refusals():
        settings, database = opened()
        found = put_aside(database)
    for one in found:
        at = one.at.astimezone(settings.zone)
        click.echo(f"{at:%d/%m/%Y %H:%M:%S}  {number(-(-one.size // 1024)):>12} KB  {one.name}")
    if not found:
        click.echo("Không có dữ liệu nào được cất khi phục hồi.")
    else:
        click.echo(f"Khi không cần nữa: {DROP} TÊN")


@aside.command("drop")
@click.argument("names", metavar="TÊN...", nargs=-1, required=True)
@click.confirmation_option(prompt="Xóa hẳn dữ liệu đã cất? Không lấy lại được")
def drop_(names: tuple[str, ...]) -> None:
    """Xóa hẳn những gì đã cất, theo tên mà lệnh list in ra; ghi vào nhật ký kiểm soát."""
    with _refusals():
        settings, database = opened()
        there = {one.name: one for one in put_aside(database)}
        unknown = [name for name in names if name not in there]
        if unknown:
            raise BackupRefused(
                f"Không có dữ liệu đã cất tên {', '.join(unknown)}; hãy xem lệnh aside list. "
                "Chưa có gì được xóa."
            )
        for name in dict.fromkeys(names):
            with write_transaction(database) as connection:
                append(
                    connection, "aside_dropped", actor=command_line_actor(), subject=name,
                    detail={"bytes": there[name].size}, keys=settings.audit_keys,
                )  # fmt: skip
                drop_aside(connection, there[name])
            click.echo(f"Đã xóa {name}.")
