"""``python -m connectors audit …``."""

from __future__ import annotations

import secrets
import sys

import click

from connectors.audit.actions import ACTIONS
from connectors.audit.log import AuditUnavailable, append, command_line_actor
from connectors.audit.read import read
from connectors.audit.read import verify as verify_audit
from connectors.console import number, opened, refusals
from connectors.database.session import write_transaction
from connectors.engine import Scope


@click.group()
def audit() -> None:
    """Nhật ký kiểm soát: ai đã làm gì, khi nào."""


@audit.command()
@click.option("--mark", help="Mốc đã ghi lại ở lần kiểm tra trước (SỐ:MÃ).")
def verify(mark: str | None) -> None:
    """Kiểm tra nhật ký còn nguyên vẹn; mã thoát 1 nếu không."""
    with refusals():
        settings, database = opened()
        try:
            verdict = verify_audit(database, keys=settings.audit_keys, mark=mark)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--mark") from error
    if not verdict.ok:
        click.secho(verdict.sentence, err=True, fg="red")
        sys.exit(1)
    click.echo(verdict.sentence)
    click.echo(f"Mốc để ghi lại ở nơi khác: {verdict.mark}")
    if settings.audit_keys and verdict.unsigned:
        click.secho(
            f"{number(verdict.unsigned)} dòng được ghi khi chưa có AUDIT_KEY; những dòng này chỉ "
            "được bảo vệ bằng chuỗi mã, không có chữ ký.",
            fg="yellow",
        )


@audit.command("list")
@click.option("--limit", type=int, default=50, show_default=True, help="Số dòng in ra.")
@click.option("--action", "actions", multiple=True, type=click.Choice(list(ACTIONS)))
@click.option("--actor", help="Một phần tên người làm.")
def list_(limit: int, actions: tuple[str, ...], actor: str | None) -> None:
    """In các dòng mới nhất."""
    with refusals():
        settings, database = opened()
        lines = read(
            database, settings.zone, Scope(None), limit=limit, actions=actions, actor=actor
        )
    for line in lines.iter_rows(named=True):
        parts = (line["label"], line["subject"], line["detail"])
        said = " · ".join(part for part in parts if part)
        click.echo(f"{line['id']:>6}  {line['at']:%d/%m/%Y %H:%M:%S}  {line['actor']}  {said}")


@audit.command("accept-key")
@click.confirmation_option(
    prompt="Các dòng ký bằng khóa cũ sẽ không kiểm tra được nữa. Chỉ làm khi khóa đã mất hẳn. Làm"
)
def accept_key() -> None:
    """Ghi tiếp nhật ký với AUDIT_KEY hiện tại khi khóa cũ đã mất hẳn."""
    with refusals():
        settings, database = opened()
        if not settings.audit_keys:
            raise AuditUnavailable("Hãy đặt AUDIT_KEY mới trước (audit new-key).")
        with write_transaction(database) as connection:
            append(
                connection,
                "audit_key_lost",
                actor=command_line_actor(),
                keys=settings.audit_keys,
                accept_key=True,
            )
    click.echo("Nhật ký được ghi tiếp với khóa hiện tại; việc này đã được ghi vào nhật ký.")


@audit.command("new-key")
def new_key() -> None:
    """In một khóa mới cho AUDIT_KEY (không ghi vào đâu cả)."""
    click.echo(secrets.token_urlsafe(48))
