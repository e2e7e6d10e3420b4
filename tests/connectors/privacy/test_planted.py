"""Fifty planted owners are looked for in everything that an installation writes."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connectors.audit import Actor
from connectors.database.bulk import bulk_insert
from connectors.database.models import Base
from connectors.database.patience import Patience
from connectors.database.session import migrate, open_database, write_transaction
from connectors.engine import Scope, open_facts
from connectors.privacy.rotate import clear_remains, rotate
from connectors.settings import PROJECT_ROOT, Settings
from metrics.core.ask import Ask
from metrics.dossiers.lateness import Filters, group_of
from metrics.dossiers.listing import export
from pages.late.export import Names, columns
from tests.connectors.intake.conftest import add_catalogue
from tests.connectors.privacy.conftest import OWNER_MAPPING, Planted, file_of, planted
from tests.postgres_server import PostgresServer
from ui.kit.sheet import Sheet, to_csv, to_xlsx


def _written_as(text: str) -> set[bytes]:
    """The ways in which a text may stand in a file."""
    found = set[bytes]()
    for form in ("NFC", "NFD"):
        whole = unicodedata.normalize(form, text)
        found |= {whole.encode(), whole.encode("utf-16-le"), json.dumps(whole)[1:-1].encode()}
    return found


def _contents(path: Path) -> Iterator[bytes]:
    """A file as it is, and what is packed in it."""
    raw = path.read_bytes()
    yield raw
    if path.suffix == ".parquet":
        yield (
            pl.read_parquet(path)
            .select(pl.all().cast(pl.String, strict=False))
            .write_csv()
            .encode()
        )
    elif zipfile.is_zipfile(io.BytesIO(raw)):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            yield from (packed.read(name) for name in packed.namelist())


def _found(folder: Path, owners: list[Planted]) -> set[str]:
    """Names of the files in which anything of any owner stands."""
    wanted = [
        form for owner in owners for secret in owner.secrets() for form in _written_as(secret)
    ]
    hits = set[str]()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            contents = list(_contents(path))
            if any(form in content for content in contents for form in wanted):
                hits.add(path.name)
    return hits


class Installation:
    """A folder with everything that the program writes; the source's file lies elsewhere."""

    def __init__(self, tmp_path: Path, key: str | None, url: str | None = None) -> None:
        self.source = tmp_path / "source"
        self.folder = tmp_path / "var"
        self.temporary = self.folder / "tmp"
        self.source.mkdir(exist_ok=True)
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.url = url or f"sqlite:///{self.folder}/dung-han.db"
        self.environment = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.url,
            "TMPDIR": str(self.temporary),
            "OWNER_KEY": key or "",
        }

    def settings(self) -> Settings:
        return Settings(data_dir=self.folder, database_url=self.url)

    def run(self, *words: str, ends: int = 0) -> None:
        """A command and its exit code; its output is kept among the files, as a log would be."""
        done = subprocess.run(
            [sys.executable, "-m", "connectors", *words],
            cwd=PROJECT_ROOT,
            env=self.environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == ends, done.stderr.decode()
        with (self.folder / "log").open("ab") as log:
            log.write(done.stdout + done.stderr)


@pytest.fixture
def owners() -> list[Planted]:
    return planted(50)


def _imported(
    tmp_path: Path,
    owners: list[Planted],
    mapping: Path,
    key: str | None,
    url: str | None = None,
) -> Installation:
    there = Installation(tmp_path, key, url)
    database = open_database(there.settings().database_url)
    migrate(database)
    add_catalogue(database)
    database.dispose()
    path = there.source / "ho-so.csv"
    # One more owner in a row that is refused because of an owner's field itself.
    long = owners[0].row().replace("HS-0,", "HS-900,").replace(owners[0].phone, owners[0].phone * 5)
    path.write_text(file_of(owners) + long + "\n", encoding="utf-8")
    there.run("import", str(path), "--mapping", str(mapping))
    again = path.read_text(encoding="utf-8").replace("Trực tuyến", "Trực tiếp")
    path.write_text(again, encoding="utf-8")
    there.run("import", str(path), "--mapping", str(mapping), "--json")
    there.run("audit", "list")
    _exports(there)
    return there


def _exports(there: Installation) -> None:
    """What the screen of late dossiers hands out, for every dossier."""
    facts = open_facts(there.settings(), Scope(None))
    ask = Ask(date(2025, 1, 1), date(2025, 12, 31), facts.calendar)
    sheet = Sheet(
        "Tiếp nhận",
        columns(Names({}, {}, {}, {}, {})),
        lambda: export(facts, group_of("received"), ask, Filters()),
        about=(),
    )
    (there.folder / "late.csv").write_bytes(to_csv(sheet).content)
    (there.folder / "late.xlsx").write_bytes(to_xlsx(sheet).content)
    assert b"HS-1" in (there.folder / "late.csv").read_bytes()


@pytest.fixture(scope="module")
def _made_readable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readable")
    mapping = folder / "co-chu.toml"
    mapping.write_text(OWNER_MAPPING, encoding="utf-8")
    _imported(folder, planted(50), mapping, None)
    return folder


@pytest.fixture
def readable(_made_readable: Path, tmp_path: Path) -> Installation:
    """Everything after two imports without a key, on SQLite: made once, each test has a copy."""
    shutil.copytree(_made_readable / "var", tmp_path / "var")
    return Installation(tmp_path, None)


def test_nothing_of_an_owner_outside_the_database(
    readable: Installation, owners: list[Planted]
) -> None:
    there = readable
    assert list((there.folder / "snapshot").rglob("*.parquet"))
    # Without a key the database has them: the search does find what there is.
    assert _found(there.folder, owners) <= {"dung-han.db", "dung-han.db-wal"}
    assert "dung-han.db" in _found(there.folder, owners)


def test_with_a_key_nothing_of_an_owner_anywhere(
    tmp_path: Path, owners: list[Planted], owner_mapping: Path, key: str
) -> None:
    there = _imported(tmp_path, owners, owner_mapping, key)
    assert _found(there.folder, owners) == set()


def test_locking_later_leaves_nothing_in_the_file(
    readable: Installation, owners: list[Planted], key: str
) -> None:
    there = readable
    there.environment["OWNER_KEY"] = key
    there.run("owners", "rotate-key")
    assert _found(there.folder, owners) == set()
    there.run("owners", "status")


def test_what_remains_while_somebody_reads_is_cleared_afterwards(
    readable: Installation, owners: list[Planted], key: str
) -> None:
    there = readable
    there.environment["OWNER_KEY"] = key
    hurried, other = (open_database(there.url, Patience(statement=0.1)) for _ in range(2))
    with other.connect() as reader:
        reader.execute(text("SELECT count(*) FROM owner")).scalar_one()
        rotate(hurried, [key], actor=Actor("Lan"))
        assert not clear_remains(hurried)
    other.dispose()
    assert _found(there.folder, owners) != set()
    there.run("owners", "clear-remains")
    hurried.dispose()
    assert _found(there.folder, owners) == set()


@pytest.mark.postgres
def test_locking_later_leaves_nothing_in_the_files_of_postgresql(
    tmp_path: Path,
    owners: list[Planted],
    owner_mapping: Path,
    key: str,
    postgres_server: PostgresServer,
) -> None:
    name = postgres_server.create()
    owners = owners[:8]
    there = _imported(tmp_path, owners, owner_mapping, None, postgres_server.url(name))
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        own = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        kept = postgres_server.folder / "data" / "base" / str(own.fetchone()[0])  # type: ignore[index]
        connection.execute("CHECKPOINT")
        assert _found(kept, owners) != set(), "the search finds what there is"
        there.environment["OWNER_KEY"] = key
        there.run("owners", "rotate-key")
        connection.execute("CHECKPOINT")
    assert _found(kept, owners) == set()
    assert _found(there.folder, owners) == set()
    there.run("owners", "status")
    postgres_server.drop(name)


def test_an_error_of_the_database_repeats_no_values(settings: Settings) -> None:
    database = open_database(settings.database_url)
    migrate(database)
    rows = pl.DataFrame({"dossier_id": [1, 1], "name": ["Nguyễn Văn Qzx"] * 2})
    with pytest.raises(DBAPIError) as refusal, write_transaction(database) as connection:
        bulk_insert(connection, Base.metadata.tables["owner"], rows)
    assert "Qzx" not in str(refusal.value)
    statement = Base.metadata.tables["owner"].insert()
    with pytest.raises(DBAPIError) as refusal, write_transaction(database) as connection:
        connection.execute(statement, rows.to_dicts())
    assert "Qzx" not in str(refusal.value)
    database.dispose()
