"""``python -m connectors audit …``."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import click
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connectors.audit import fence
from connectors.audit.actions import ACTIONS
from connectors.audit.keep import set_mark
from connectors.audit.keys import Passed, change_key, give_up_key
from connectors.audit.log import AuditUnavailable, append, command_line_actor
from connectors.audit.marks import NEW_KEY, RESTORED, Shelf
from connectors.audit.read import read
from connectors.audit.verify import Verdict
from connectors.audit.verify import verify as verify_audit
from connectors.console import number, opened, refusals
from connectors.database.session import write_transaction
from connectors.disk import PROGRAM_FULL, is_full
from connectors.engine import Scope
from connectors.settings import Settings

WHAT_TO_DO: Final = (
    "Hãy giữ nguyên hiện trạng (một bản sao cơ sở dữ liệu và sổ mốc), đối chiếu với bản sao lưu và "
    "với nhật ký hệ thống của máy. Các bước tiếp theo: docs/operations.md, mục Audit."
)


@click.group()
def audit() -> None:
    """Nhật ký kiểm soát: ai đã làm gì, khi nào."""


@audit.command()
@click.option("--mark", help="Mốc đã ghi lại ở lần kiểm tra trước (SỐ:MÃ).")
def verify(mark: str | None) -> None:
    """Kiểm tra nhật ký còn nguyên vẹn; mã thoát 1 nếu không. Còn nguyên thì ghi thêm một mốc."""
    with refusals():
        settings, database = opened()
        shelf, keys = Shelf.of(settings), settings.audit_keys
        try:
            verdict = verify_audit(database, keys=keys, mark=mark, shelf=shelf)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--mark") from error
        except OSError as error:
            raise AuditUnavailable(f"Không đọc được sổ mốc {shelf.path}: {_why(error)}") from error
    if not verdict.ok:
        click.secho(verdict.sentence, err=True, fg="red")
        _tell_stretches(verdict, err=True)
        click.echo(WHAT_TO_DO, err=True)
        sys.exit(1)
    click.echo(verdict.sentence)
    _tell_stretches(verdict)
    for note in verdict.notes:
        click.echo(note)
    _note(database, shelf, keys)
    click.echo(f"Mốc để ghi lại ở nơi khác: {verdict.mark}")
    if keys and verdict.unsigned:
        click.secho(
            f"{number(verdict.unsigned)} dòng được ghi khi chưa có AUDIT_KEY; những dòng này chỉ "
            "được bảo vệ bằng chuỗi mã, không có chữ ký.",
            fg="yellow",
        )


def _tell_stretches(verdict: Verdict, *, err: bool = False) -> None:
    """A line each, where there is more than one key to tell of."""
    if len(verdict.stretches) > 1:
        for stretch in verdict.stretches:
            click.echo(f"  {stretch}", err=err)


def _note(database: Engine, shelf: Shelf, keys: Sequence[str], why: str = "verify") -> None:
    try:
        set_mark(database, shelf, why, keys=keys)
    except (OSError, SQLAlchemyError, AuditUnavailable) as error:
        click.secho(f"Chưa ghi được mốc vào {shelf.path}: {_why(error)}", err=True, fg="yellow")


def _why(error: Exception) -> str:
    """One sentence on what kept file or database from it; a refusal has its own."""
    if is_full(error):
        return PROGRAM_FULL
    if isinstance(error, AuditUnavailable):
        return str(error)
    if isinstance(error, OSError):
        return f"hệ thống tệp báo lỗi (errno {error.errno}). Hãy kiểm tra đĩa và quyền của thư mục."
    return "cơ sở dữ liệu đang bận hoặc mất kết nối. Hãy thử lại sau ít phút."


@audit.command()
@click.confirmation_option(
    prompt="Chỉ làm khi đã biết chắc cơ sở dữ liệu hoặc sổ mốc vừa được phục hồi hợp lệ bằng cách "
    "khác lệnh restore. Sổ mốc cũ được cất sang một bên. Làm"
)
def restored() -> None:
    """Ghi nhận một lần phục hồi hợp lệ làm bằng cách khác; sổ mốc bắt đầu lại từ đây."""
    with refusals():
        settings, database = opened()
        shelf, keys = Shelf.of(settings), settings.audit_keys
        verdict = verify_audit(database, keys=keys)
        if not verdict.ok:
            raise AuditUnavailable(
                f"{verdict.sentence} Việc ghi nhận phục hồi không chữa được điều này; chưa có gì "
                "được ghi."
            )
        with write_transaction(database) as connection:
            detail = {"lines": verdict.lines}
            append(connection, "restore", actor=command_line_actor(), detail=detail, keys=keys)
        kept = shelf.put_aside(datetime.now(UTC))
        set_mark(database, shelf, RESTORED, keys=keys, base=verdict.lines)
    if kept is not None:
        click.echo(f"Sổ mốc cũ được giữ ở: {kept}")
    click.echo("Đã ghi nhận vào nhật ký; sổ mốc bắt đầu lại từ đây.")


@audit.command()
@click.confirmation_option(
    prompt="Hãy giữ một bản sao cơ sở dữ liệu hiện nay làm chứng cứ trước đã. Dựng lại trigger"
)
def protect() -> None:
    """Dựng lại các trigger bảo vệ nhật ký, lịch sử hồ sơ đã mất hoặc bị thay, và ghi việc ấy."""
    with refusals():
        settings, database = opened()
        with write_transaction(database) as connection:
            found = fence.faults(connection)
            if not found:
                click.echo(
                    "Các trigger bảo vệ nhật ký, lịch sử hồ sơ đang đủ và đúng; không làm gì."
                )
                return
            left = fence.rebuild(connection)
            if left:
                raise AuditUnavailable(f"{' '.join(left)} Điều này phải do người quản lý sửa tay.")
            append(
                connection, "audit_protected", actor=command_line_actor(),
                detail={"found": found}, keys=settings.audit_keys,
            )  # fmt: skip
    click.echo("Đã dựng lại các trigger; những gì đã thiếu được ghi vào nhật ký.")


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


@audit.command("change-key")
def change_key_() -> None:
    """Đóng khóa đang dùng và ghi tiếp bằng khóa đầu tiên trong AUDIT_KEY.

    Đặt AUDIT_KEY=khóa-mới,khóa-cũ và khởi động lại ứng dụng trước; bỏ khóa cũ sau khi xong.
    """
    with refusals():
        settings, database = opened()
        done = change_key(database, settings.audit_keys, actor=command_line_actor())
        click.echo(
            f"Đã đóng khóa {', '.join(done.left)}; từ dòng {number(done.line)} nhật ký được ký "
            "bằng khóa mới. Có thể bỏ khóa cũ khỏi AUDIT_KEY; giữ nó cùng các bản sao lưu cũ."
        )
        _passed(settings, database, done)


@audit.command("accept-key")
@click.confirmation_option(
    prompt="Chữ ký của các dòng ký bằng khóa cũ sẽ không kiểm tra được nữa. Chỉ làm khi khóa đã "
    "mất hẳn. Làm"
)
def accept_key() -> None:
    """Ghi tiếp nhật ký bằng khóa đầu tiên trong AUDIT_KEY khi khóa cũ đã mất hẳn."""
    with refusals():
        settings, database = opened()
        done = give_up_key(database, settings.audit_keys, actor=command_line_actor())
        click.echo(
            f"Đã ghi ở dòng {number(done.line)} rằng khóa {', '.join(done.left)} đã mất; nhật ký "
            "được ghi tiếp với khóa hiện tại."
        )
        _passed(settings, database, done)


def _passed(settings: Settings, database: Engine, done: Passed) -> None:
    """Mark the new key's first line, or say that something had been wrong before it."""
    if done.broken is None:
        _note(database, Shelf.of(settings), settings.audit_keys, NEW_KEY)
        return
    click.secho(
        f"Nhật ký đã có chỗ sai từ dòng {number(done.broken)}, trước khi đổi khóa; điều này được "
        "ghi lại và lệnh audit verify vẫn báo. " + WHAT_TO_DO,
        err=True,
        fg="red",
    )
    sys.exit(1)


@audit.command("new-key")
def new_key() -> None:
    """In một khóa mới cho AUDIT_KEY (không ghi vào đâu cả)."""
    click.echo(secrets.token_urlsafe(48))
