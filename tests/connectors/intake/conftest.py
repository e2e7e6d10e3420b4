"""A small source that most tests of the intake import."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from connectors.database.models import Dossier, RejectedRow, Unit
from connectors.intake import ImportReport, import_file
from connectors.settings import Settings
from tests.register_models import Procedure

MAPPING = """
[source]
code = "thu-nghiem"
name = "Nguồn thử nghiệm"

[file]
format = "csv"

[columns]
code = "Mã hồ sơ"
received_at = "Tiếp nhận"
due_at = { column = "Hẹn trả", optional = true }
ended_at = { column = "Kết thúc", optional = true }
channel = { column = "Kênh", optional = true }
status = { column = "Trạng thái", optional = true }

[constants]
end_kind = "result"

[units.resolving]
column = "Đơn vị"
scheme = "H26"

[procedure]
column = "Thủ tục"
optional = true
"""
HEADER = "Mã hồ sơ,Tiếp nhận,Hẹn trả,Kết thúc,Kênh,Đơn vị,Thủ tục"
GOOD = "HS-1,05/06/2025 08:00,10/06/2025 16:00,09/06/2025 10:00,Trực tuyến,Phường Hà Đông,1.001"
NOW = datetime(2025, 12, 1, tzinfo=UTC)


@pytest.fixture
def mapping_file(tmp_path: Path) -> Path:
    """The mapping of the small source, as a file."""
    path = tmp_path / "thu-nghiem.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def add_catalogue(database: Engine) -> None:
    """Two units and a procedure for the small source."""
    with Session(database) as session:
        session.add_all(
            [
                Unit(scheme="H26", code="09556", name="Phường Hà Đông", kind="commune"),
                Unit(scheme="H26", code="09886", name="Phường Dương Nội", kind="commune"),
                Procedure(code="1.001", name="Đăng ký khai sinh", is_sensitive=False),
            ]
        )
        session.commit()


@pytest.fixture
def take(
    database: Engine, settings: Settings, tmp_path: Path, mapping_file: Path
) -> Callable[..., ImportReport]:
    """Import a text or bytes as a file of the small source, into a database with its units."""
    add_catalogue(database)

    def run(
        content: str | bytes,
        name: str = "ho-so.csv",
        mapping: str | Path | None = None,
        **kwargs: Any,
    ) -> ImportReport:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        kwargs.setdefault("now", NOW)
        return import_file(
            database,
            settings,
            path,
            mapping_file if mapping is None else mapping,
            refresh_snapshot=False,
            **kwargs,
        )

    return run


def dossiers(database: Engine) -> dict[str, Dossier]:
    """The database's dossiers by code."""
    with Session(database, expire_on_commit=False) as session:
        return {row.code: row for row in session.scalars(select(Dossier))}


def rejected(database: Engine) -> list[RejectedRow]:
    """The rejected rows by line."""
    with Session(database, expire_on_commit=False) as session:
        return list(session.scalars(select(RejectedRow).order_by(RejectedRow.line_no)))


def file_of(*lines: str) -> str:
    """A CSV file with the small source's header."""
    return "\n".join([HEADER, *lines]) + "\n"
