"""``python -m connectors account …``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy import Engine, or_, select

import connectors.access.accounts as store
from connectors import audit
from connectors.access.accounts import AccountRefused
from connectors.access.moment import Moment
from connectors.access.roles import table
from connectors.access.sessions import live_sessions
from connectors.access.waits import clear_waits, waits
from connectors.console import opened, refusals
from connectors.database.models import Unit
from connectors.disk import is_full
from connectors.intake.report import IntakeRefused
from connectors.intake.words import fold

FIRST_FILE: Final = "mat-khau-dau-tien.txt"
"""In DATA_DIR: the first administrator's pass-phrase, where there was no screen to show it on."""


class _Role(click.ParamType[str]):
    """A role's key, or what it is called on the screens."""

    name = "role"

    def convert(self, value: str, param: Any, ctx: click.Context | None) -> str:
        """The key."""
        roles = table().roles
        keys = {fold(label): key for key, label in roles.items()} | {key: key for key in roles}
        found = keys.get(fold(value))
        if found is None:
            known = "; ".join(f"{key} hoặc “{label}”" for key, label in roles.items())
            self.fail(f"không có vai trò “{value}”; dùng một trong: {known}.", param, ctx)
        return found


_ROLE_HELP = ", ".join(f"{key} ({label})" for key, label in table().roles.items())


@click.group()
def account() -> None:
    """Tài khoản: thêm, sửa, khóa, cấp lại mật khẩu dùng một lần."""


@contextmanager
def _database() -> Iterator[Engine]:
    with refusals():
        _, database = opened()
        try:
            yield database
        except AccountRefused as refused:
            raise IntakeRefused(str(refused)) from refused


@account.command("first")
@click.option("--show", is_flag=True, help="In mật khẩu ra cả khi đầu ra không phải màn hình.")
def first(show: bool) -> None:
    """Tạo tài khoản quản trị đầu tiên; không làm gì khi đã có tài khoản.

    Mật khẩu dùng một lần chỉ hiện trên màn hình. Khi đầu ra là nhật ký hệ thống, tệp hay chương
    trình khác thì mật khẩu được ghi vào một tệp trong DATA_DIR mà chỉ tài khoản chạy lệnh đọc được.
    """
    with refusals():
        settings, database = opened()
        if show or sys.stdout.isatty():
            _show(store.first_account(database))
        else:
            _keep(database, settings.data_dir / FIRST_FILE)


def _show(made: tuple[str, str] | None) -> None:
    if made is None:
        return
    name, once = made
    click.echo(
        "\n"
        "  ┌─ TÀI KHOẢN QUẢN TRỊ ĐẦU TIÊN (chỉ hiện một lần) ─────────\n"
        f"  │  Tên đăng nhập:          {name}\n"
        f"  │  Mật khẩu dùng một lần:  {once}\n"
        "  │  Đổi mật khẩu ngay ở lần đăng nhập đầu.\n"
        "  └───────────────────────────────────────────────────────────\n"
    )


def _keep(database: Engine, path: Path) -> None:
    """Make the account with its pass-phrase in a file that is there before it is needed."""
    if store.all_accounts(database):
        _forget(database, path)
        return
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        if is_full(error):
            raise
        raise IntakeRefused(
            f"Không ghi được tệp {path} để giữ mật khẩu của tài khoản quản trị đầu tiên; chưa tạo "
            "tài khoản. Hãy kiểm tra DATA_DIR và quyền của thư mục."
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        made = store.first_account(database)
        if made is not None:
            file.write(f"Tên đăng nhập: {made[0]}\nMật khẩu dùng một lần: {made[1]}\n")
            file.flush()
            os.fsync(file.fileno())
    if made is None:  # another process was there first
        part.unlink()
        return
    part.replace(path)
    click.echo(
        f"Đã tạo tài khoản quản trị đầu tiên “{made[0]}”. Mật khẩu dùng một lần nằm trong tệp "
        f"{path}, chỉ tài khoản chạy lệnh này đọc được; hãy đăng nhập, đổi mật khẩu rồi xóa tệp."
    )


def _forget(database: Engine, path: Path) -> None:
    """Remove the file once its pass-phrase opens nothing any more."""
    if path.exists() and not any(
        one.must_change for one in store.all_accounts(database) if one.name == store.FIRST_NAME
    ):
        path.unlink()


@account.command("add")
@click.argument("name", metavar="TÊN")
@click.option("--full-name", required=True, help="Họ tên người dùng.")
@click.option("--role", type=_Role(), required=True, help=f"Vai trò: {_ROLE_HELP}.")
@click.option("--unit", help="Đơn vị được xem: mã, hệ:mã (gso:268), tên, hoặc số unit_id.")
@click.option("--external-id", help="Thư điện tử ở hệ thống định danh (khi dùng OpenID Connect).")
def add(name: str, full_name: str, role: str, unit: str | None, external_id: str | None) -> None:
    """Thêm tài khoản; in mật khẩu dùng một lần."""
    with _database() as database:
        once = store.add_account(
            database,
            name,
            full_name,
            role,
            unit_id=None if unit is None else _unit(database, unit),
            external_id=external_id,
            actor=audit.command_line_actor(),
        )
        click.echo(f"Đã thêm tài khoản {store.tidy_name(name)} ({table().roles[role]}).")
        click.echo(f"Mật khẩu dùng một lần: {once}")


@account.command("list")
def list_() -> None:
    """Liệt kê tài khoản."""
    with _database() as database:
        names = _unit_names(database)
        for one in store.all_accounts(database):
            where = "mọi đơn vị" if one.unit_id is None else names.get(one.unit_id, "?")
            state = "đã khóa" if one.is_locked else "phải đổi mật khẩu" if one.must_change else ""
            role = table().roles[one.role]
            click.echo(f"{one.name:<24}{role:<14}{one.full_name:<28}{where}  {state}".rstrip())


@account.command("lock")
@click.argument("name", metavar="TÊN")
def lock(name: str) -> None:
    """Khóa tài khoản và đăng xuất mọi phiên của nó."""
    with _database() as database:
        ended = store.lock_account(database, name, actor=audit.command_line_actor())
        click.echo(f"Đã khóa {store.tidy_name(name)}; {ended} phiên bị đăng xuất.")


@account.command("unlock")
@click.argument("name", metavar="TÊN")
def unlock(name: str) -> None:
    """Mở khóa tài khoản."""
    with _database() as database:
        store.unlock_account(database, name, actor=audit.command_line_actor())
        click.echo(f"Đã mở khóa {store.tidy_name(name)}.")


@account.command("delete")
@click.argument("name", metavar="TÊN")
@click.option("--yes", is_flag=True, help="Không hỏi lại.")
def delete(name: str, yes: bool) -> None:
    """Xóa hẳn tài khoản và đăng xuất mọi phiên của nó."""
    if not yes:
        asked = "Xóa hẳn tài khoản? Không lấy lại được; nhật ký vẫn giữ tên như đã ghi"
        click.confirm(asked, abort=True)
    with _database() as database:
        ended = store.delete_account(database, name, actor=audit.command_line_actor())
        click.echo(f"Đã xóa {store.tidy_name(name)}; {ended} phiên bị đăng xuất.")


@account.command("reset")
@click.argument("name", metavar="TÊN")
def reset(name: str) -> None:
    """Cấp lại mật khẩu dùng một lần; mọi phiên của tài khoản bị đăng xuất."""
    with _database() as database:
        once = store.reset_passphrase(database, name, actor=audit.command_line_actor())
        click.echo(f"Mật khẩu dùng một lần của {store.tidy_name(name)}: {once}")


@account.command("sessions")
def sessions_() -> None:
    """Liệt kê các phiên đang đăng nhập."""
    with _database() as database:
        for one in live_sessions(database, datetime.now(UTC)):
            click.echo(
                f"{one.id:>6}  {one.account:<24}thấy lần cuối {one.seen_at:%d/%m/%Y %H:%M} UTC  "
                f"{one.address or ''}"
            )


@account.command("waits")
def waits_() -> None:
    """Liệt kê ai đang phải chờ vì gõ sai mật khẩu."""
    with _database() as database:
        for one in waits(database, Moment.now()):
            who = "(mọi tên)" if one.name_hash is None else one.account or "(không có tài khoản)"
            what = "trả lời chậm" if one.name_hash is None else "còn chờ"
            click.echo(
                f"{who:<24}{one.address:<24}{one.failures:>5} lần sai  "
                f"{what} {one.left.total_seconds():.0f} giây"
            )


@account.command("clear-waits")
@click.argument("name", metavar="[TÊN]", required=False)
@click.option("--address", help="Chỉ những lần thử từ địa chỉ này.")
def clear_waits_(name: str | None, address: str | None) -> None:
    """Gỡ thời gian chờ của một tên, một địa chỉ; không ghi gì: của tất cả."""
    with _database() as database:
        gone = clear_waits(database, name=name, address=address, actor=audit.command_line_actor())
        click.echo(f"Đã gỡ chờ; {gone} lần gõ sai không còn tính.")


def _unit(database: Engine, text: str) -> int:
    """The unit that a code, ``scheme:code``, a name or an id means; it must be one only."""
    scheme, _, code = text.rpartition(":")
    which = or_(Unit.code == code, Unit.name == text) if not scheme else Unit.code == code
    query = select(Unit.id, Unit.name, Unit.valid_to).where(which)
    if scheme:
        query = query.where(Unit.scheme == scheme)
    with database.connect() as connection:
        found = connection.execute(query).all()
        if not found and text.isdecimal():
            found = connection.execute(
                select(Unit.id, Unit.name, Unit.valid_to).where(Unit.id == int(text))
            ).all()
    valid = [row for row in found if row.valid_to is None] or found
    if len(valid) == 1:
        return int(valid[0].id)
    if not valid:
        raise AccountRefused(f"Không có đơn vị “{text}”. Hãy ghi mã, hệ:mã hoặc đúng tên đơn vị.")
    listed = "; ".join(f"{row.name} = {row.id}" for row in valid[:8])
    raise AccountRefused(f"“{text}” có thể là nhiều đơn vị ({listed}); hãy ghi số unit_id.")


def _unit_names(database: Engine) -> dict[int, str]:
    with database.connect() as connection:
        return {row.id: row.name for row in connection.execute(select(Unit.id, Unit.name))}
