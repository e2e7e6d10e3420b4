"""``python -m connectors owners …``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from connectors.audit import command_line_actor
from connectors.console import Counter, number, opened, refusals
from connectors.privacy.rotate import (
    clear_remains,
    drop_unreadable,
    rotate,
    status,
    status_aside,
)
from connectors.privacy.vault import VaultLocked, missing_key_warning

_BUSY = (
    "Chưa dọn được phần còn lại của dữ liệu cũ trong tệp vì cơ sở dữ liệu đang được dùng; hãy "
    "dừng ứng dụng rồi chạy: .venv/bin/python -m connectors owners clear-remains"
)


@click.group()
def owners() -> None:
    """Mã hóa dữ liệu chủ hồ sơ (họ tên, điện thoại, địa chỉ, số giấy tờ)."""


@owners.command("new-key")
def new_key() -> None:
    """In một khóa mới cho OWNER_KEY (không ghi vào đâu cả)."""
    click.echo(Fernet.generate_key().decode())


@owners.command("status")
def status_() -> None:
    """Cho biết dữ liệu chủ hồ sơ đang được mã hóa thế nào; mã thoát 1 nếu cần làm gì."""
    with refusals():
        settings, database = opened()
        found = status(database, settings.owner_keys)
        warning = missing_key_warning(settings, database)
        aside = _aside(database, settings.owner_keys)
    for label, count in (
        ("Mã hóa bằng khóa đầu tiên", found.first_key),
        ("Mã hóa bằng khóa cũ", found.other_keys),
        ("Chưa mã hóa", found.readable),
        ("Không khóa nào mở được", found.not_opened),
    ):
        click.echo(f"{label + ':':<32}{number(count):>12}")
    if warning is not None:
        click.secho(warning, fg="yellow")
    elif found.not_opened:
        click.secho(
            "Có dữ liệu mà không khóa nào trong OWNER_KEY mở được: hãy thêm khóa cũ vào sau khóa "
            "mới, cách nhau bằng dấu phẩy.",
            fg="red",
        )
    elif not found.in_order:
        click.echo("Hãy chạy: .venv/bin/python -m connectors owners rotate-key")
    else:
        click.echo("Mọi dữ liệu chủ hồ sơ đã được mã hóa bằng khóa đầu tiên.")
    _tell(aside)
    if warning is not None or aside or not found.in_order:
        sys.exit(1)


@owners.command("rotate-key")
def rotate_key() -> None:
    """Mã hóa lại tất cả bằng khóa đầu tiên trong OWNER_KEY (cả dữ liệu chưa mã hóa).

    Đặt OWNER_KEY=khóa-mới,khóa-cũ và khởi động lại ứng dụng trước; bỏ khóa cũ sau khi xong.
    """
    counter = Counter("Đang mã hóa")
    with refusals():
        settings, database = opened()
        done = rotate(
            database,
            settings.owner_keys,
            actor=command_line_actor(),
            audit_keys=settings.audit_keys,
            progress=counter,
        )
        counter.close()
        aside = _aside(database, settings.owner_keys)
    click.echo(
        f"Đã mã hóa {number(done.locked)} dòng chưa mã hóa và {number(done.renewed)} dòng của "
        f"khóa cũ; {number(done.already)} dòng đã ở khóa đầu tiên."
    )
    _tell(aside)
    if len(settings.owner_keys) > 1 and not aside:
        click.echo("Có thể bỏ khóa cũ khỏi OWNER_KEY; giữ nó cùng các bản sao lưu cũ.")
    if done.cleared is False:
        click.secho(_BUSY, fg="yellow")


def _aside(database: Engine, keys: Sequence[str]) -> list[str]:
    """Sentences on what a restore has put aside and the first key does not protect."""
    told = list[str]()
    for one, found in status_aside(database, keys):
        if found is None:
            told.append(f"{one.name}: không đọc được, có thể có dữ liệu cá nhân.")
        elif not found.in_order:
            older = found.other_keys + found.not_opened
            told.append(
                f"{one.name}: {number(found.readable)} dòng chưa mã hóa, {number(older)} dòng của "
                "khóa khác."
            )
    return told


def _tell(aside: Sequence[str]) -> None:
    if not aside:
        return
    click.secho(
        "Dữ liệu đã cất khi phục hồi không được đổi khóa:\n"
        + "".join(f"  {line}\n" for line in aside)
        + "Không cần nữa thì xóa: .venv/bin/python -m connectors aside drop TÊN. Còn cần thì giữ "
        "khóa cũ ở nơi an toàn.",
        fg="yellow",
    )


@owners.command("clear-remains")
def clear_remains_() -> None:
    """Viết lại tệp để không còn dấu vết của dữ liệu chưa mã hóa trước đây."""
    with refusals():
        _, database = opened()
        if not clear_remains(database):
            click.secho(_BUSY, err=True, fg="red")
            sys.exit(1)
        click.echo("Đã dọn.")


@owners.command("drop-unreadable")
@click.confirmation_option(
    prompt="Bỏ hẳn dữ liệu chủ hồ sơ mà không khóa nào mở được? Chỉ làm khi khóa đã mất hẳn"
)
def drop_unreadable_() -> None:
    """Bỏ dữ liệu không khóa nào mở được, để nhập lại từ nguồn (khi khóa đã mất hẳn)."""
    with refusals():
        settings, database = opened()
        if not settings.owner_keys:  # else the true key, forgotten by this shell, is given up
            raise VaultLocked(
                "Hãy đặt OWNER_KEY mới trước (lệnh owners new-key). Chưa có gì thay đổi."
            )
        lost = drop_unreadable(
            database,
            settings.owner_keys,
            actor=command_line_actor(),
            audit_keys=settings.audit_keys,
        )
        click.echo(
            f"Đã bỏ {number(lost)} dòng. Hãy nhập lại các tệp; nguồn được kéo thì lấy lại bằng: "
            ".venv/bin/python -m connectors owners take-again."
        )
