"""``python -m connectors backup`` and ``restore``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from connectors.audit import command_line_actor
from connectors.backup.archive import BackupRefused
from connectors.backup.make import make_backup
from connectors.backup.restore import restore_backup
from connectors.console import REFUSED, opened, refusals
from connectors.privacy.vault import is_under_lock, missing_key_warning
from connectors.settings import load_settings


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
        settings = load_settings()
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
