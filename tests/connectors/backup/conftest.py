"""An installation to be backed up, an empty machine, and what a database holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Engine

from connectors import audit
from connectors.database.models import Base
from connectors.intake import import_file
from connectors.settings import Settings
from tests.connectors.intake.conftest import NOW, add_catalogue
from tests.connectors.privacy.conftest import OWNER_MAPPING, file_of, planted
from tests.postgres_server import PostgresServer

LAN = audit.Actor("Lan")


def contents(database: Engine, but: tuple[str, ...] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every table's rows; of the settings not what the audit's marks are counted by."""
    with database.connect() as connection:
        return {
            name: sorted(
                (
                    tuple(row)
                    for row in connection.execute(table.select())
                    if not (name == "setting" and str(row[0]).startswith("audit_"))
                ),
                key=repr,
            )
            for name, table in Base.metadata.tables.items()
            if name not in but
        }


@pytest.fixture
def here(database: Engine, settings: Settings, tmp_path: Path) -> Settings:
    """An installation with dossiers, owners under lock, rejected rows and a file of borders."""
    made = settings.model_copy(
        update={
            "database_url": database.url.render_as_string(hide_password=False),
            "owner_key": SecretStr(Fernet.generate_key().decode()),
            "audit_key": SecretStr("a" * 40),
        }
    )
    add_catalogue(database)
    made.boundaries.write_text('{"type": "FeatureCollection", "features": []}')
    import_dossiers(database, made, tmp_path, 20)
    return made


def import_dossiers(database: Engine, settings: Settings, folder: Path, count: int) -> None:
    mapping = folder / "co-chu.toml"
    mapping.write_text(OWNER_MAPPING, encoding="utf-8")
    path = folder / "ho-so.csv"
    path.write_text(file_of(planted(count)), encoding="utf-8")
    import_file(database, settings, path, mapping, refresh_snapshot=False, now=NOW)


@pytest.fixture
def elsewhere(
    here: Settings, database: Engine, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Settings]:
    """An empty machine of the same sort with the same keys."""
    folder = tmp_path / "elsewhere"
    url = f"sqlite:///{folder}/var/dung-han.db"
    server: PostgresServer | None = None
    if database.dialect.name == "postgresql":
        server = request.getfixturevalue("postgres_server")
        name = server.create()
        url = server.url(name)
    yield here.model_copy(update={"database_url": url, "data_dir": folder / "var"})
    if server is not None:
        server.drop(name)
