"""Fifty owners whom one can look for, in a source with a mapping for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Engine

from connectors.intake import ImportReport, import_file
from connectors.settings import Settings
from tests.connectors.intake.conftest import MAPPING, NOW, add_catalogue

OWNER_MAPPING = (
    MAPPING
    + """
[owner]
kind = { column = "Loại chủ", optional = true }
name = "Chủ hồ sơ"
phone = { column = "Điện thoại", optional = true }
address = { column = "Địa chỉ", optional = true }
national_id = { column = "Số giấy tờ", optional = true }
"""
)
HEADER = (
    "Mã hồ sơ,Tiếp nhận,Hẹn trả,Kết thúc,Kênh,Đơn vị,Thủ tục,Chủ hồ sơ,Điện thoại,Địa chỉ,"
    "Số giấy tờ"
)
_ODD_NAMES = (
    "Nguyễn Văn Ẩn",
    "Đặng Thị Ỷ Lan",
    "H'Hen Niê",
    "Công ty TNHH “Thành Đạt”",
    "Tôn-Nữ Quỳnh",
    "Æøå Đỗ",
    "王小明",
    "O’Brien",
    "Ksor Y Zzýx",
    "DROP TABLE owner",
)


@dataclass(frozen=True)
class Planted:
    """One owner; every field occurs nowhere else."""

    code: str
    name: str
    phone: str
    address: str
    national_id: str
    rejected: bool

    def row(self, unit: str = "Phường Hà Đông") -> str:
        ended = "31/02/2025" if self.rejected else "09/06/2025"
        cells = (
            self.code,
            "05/06/2025 08:00",
            "10/06/2025 16:00",
            f"{ended} 10:00",
            "Trực tuyến",
            unit,
            "1.001",
            self.name,
            self.phone,
            self.address,
            self.national_id,
        )
        return ",".join(cells)

    def secrets(self) -> tuple[str, ...]:
        return (self.name, self.phone, self.address, self.national_id)


def planted(count: int = 50) -> list[Planted]:
    """So many owners, every fifth of them in a row that is refused."""
    return [
        Planted(
            code=f"HS-{number}",
            name=f"{_ODD_NAMES[number % len(_ODD_NAMES)]} Qzx{number:03}",
            phone=f"09{73_510_000 + number * 7919:08}",
            address=f"Ngõ Wkv{number:03} phố Huế",
            national_id=f"0{37_099_500_000 + number * 104_729:011}",
            rejected=number % 5 == 4,
        )
        for number in range(count)
    ]


def file_of(owners: list[Planted]) -> str:
    return "\n".join([HEADER, *(owner.row() for owner in owners)]) + "\n"


@pytest.fixture
def owner_mapping(tmp_path: Path) -> Path:
    path = tmp_path / "co-chu.toml"
    path.write_text(OWNER_MAPPING, encoding="utf-8")
    return path


@pytest.fixture
def key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def taken(
    database: Engine, settings: Settings, tmp_path: Path, owner_mapping: Path
) -> Callable[..., ImportReport]:
    """Import owners with some keys (texts, first one locks)."""
    add_catalogue(database)

    def run(owners: list[Planted], *keys: str, **kwargs: Any) -> ImportReport:
        path = tmp_path / "chu-ho-so.csv"
        path.write_text(file_of(owners), encoding="utf-8")
        return import_file(
            database,
            with_keys(settings, *keys),
            path,
            owner_mapping,
            refresh_snapshot=False,
            now=NOW,
            **kwargs,
        )

    return run


def with_keys(settings: Settings, *keys: str) -> Settings:
    """The settings with these keys for owners."""
    key = SecretStr(",".join(keys)) if keys else None
    return settings.model_copy(update={"owner_key": key})
