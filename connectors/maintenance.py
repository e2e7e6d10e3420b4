"""``python -m connectors maintenance …``: nothing is written for a time, figures stay."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Engine

from connectors.audit import append, command_line_actor
from connectors.console import opened, refusals
from connectors.database.maintenance import Maintenance, begin, end, state
from connectors.database.session import read_transaction, write_transaction


def under_maintenance(database: Engine) -> Maintenance | None:
    """The maintenance under way; None: there is none. Raises SQLAlchemyError."""
    with read_transaction(database) as connection:
        return state(connection)


def _words(found: Maintenance | None, zone: ZoneInfo) -> str:
    return "Không bảo trì: mọi việc ghi được." if found is None else found.sentence(zone)


@click.group()
def maintenance() -> None:
    """Chế độ chỉ đọc khi bảo trì: không ai ghi được gì, số liệu vẫn xem được."""


@maintenance.command("on")
@click.option(
    "--reason", default="", help="Câu cho mọi người đọc, ví dụ: Chuyển máy chủ đến 12:00."
)
def on(reason: str) -> None:
    """Từ lúc này từ chối mọi việc ghi; đăng nhập, xem số liệu vẫn được."""
    with refusals():
        settings, database = opened()
        told = {"value": "bật", "reason": reason} if reason else {"value": "bật"}
        with write_transaction(database, always=True) as connection:
            begin(connection, datetime.now(UTC), reason.strip())
            append(
                connection, "maintenance", actor=command_line_actor(), detail=told,
                keys=settings.audit_keys,
            )  # fmt: skip
        click.echo(_words(under_maintenance(database), settings.zone))


@maintenance.command("off")
def off() -> None:
    """Cho ghi trở lại."""
    with refusals():
        settings, database = opened()
        with write_transaction(database, always=True) as connection:
            if end(connection):
                append(
                    connection, "maintenance", actor=command_line_actor(),
                    detail={"value": "tắt"}, keys=settings.audit_keys,
                )  # fmt: skip
        click.echo(_words(under_maintenance(database), settings.zone))


@maintenance.command("status")
def status() -> None:
    """Cho biết có đang bảo trì không."""
    with refusals():
        settings, database = opened()
        click.echo(_words(under_maintenance(database), settings.zone))
