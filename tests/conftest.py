"""Fixtures that all tests share: databases of both kinds, settings, the shared data."""

from __future__ import annotations

import os

# Tests run side by side on small frames: a second thread of Polars only waits.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import fcntl
import gc
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NoReturn

import hypothesis
import pytest
from sqlalchemy import Engine
from streamlit.components.v2 import manifest_scanner

from connectors.database.session import migrate, open_database
from connectors.settings import PROJECT_ROOT, Settings
from tests.postgres_server import PostgresServer, server_binaries

pytest_plugins = ("tests.hangs",)

gc.set_threshold(20_000, 20, 50)
# A slow machine is no failure; a check of somebody's change looks at the same examples each time.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

_SETTING_VARIABLES = (
    "DATABASE_URL",
    "DATABASE_CONNECT_SECONDS",
    "DATABASE_SILENT_SECONDS",
    "DATABASE_STATEMENT_SECONDS",
    "DATABASE_GIVE_UP_SECONDS",
    "TIMEZONE",
    "DATA_DIR",
    "MAPPINGS_DIR",
    "BOUNDARY_FILE",
    "AUDIT_KEY",
    "OWNER_KEY",
    "PUBLIC_URL",
    "BEHIND_PROXY",
    "PROXIES",
    "LOG_LEVEL",
    "METRICS_TOKEN",
    "RETENTION_FILE",
    "SENDING_FILE",
    "SMTP_HOST",
)


_LONG: Final = (
    "hostile/test_mutated", "pages/test_access", "pages/test_said_truly",
    "pages/records/test_field_ways", "pages/test_registers_mended", "kills/test_sending",
    "kills/test_kills", "backup/test_backup", "metrics/test_against_oracle",
    "pages/admin/test_admin", "e2e/test_accessible", "e2e/test_hostile_texts",
    "e2e/test_roles_after_a_cold_start", "e2e/test_taking_away",
)  # fmt: skip
"""Files of a minute or so, begun first: one that comes last leaves the other worker idle."""
_ON_BOTH: Final = ("kills", "database", "upgrade", "bulk")
"""What is of the databases themselves: in its path."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test of both databases runs on one of them at each change, test by test in turn.

    The other half is ``make proof``'s. Where no PostgreSQL is asked for, all run on SQLite.
    The longest files come first, the browser's after all others.
    """
    items.sort(key=lambda item: ("/e2e/" in item.nodeid, _place(item.nodeid)))
    if "not postgres" in config.option.markexpr:
        return
    for item in items:
        kind = getattr(item, "callspec", None) and item.callspec.params.get("database")  # type: ignore[attr-defined]
        if kind in ("sqlite", "postgres") and not any(
            word in item.nodeid.partition("::")[0] for word in _ON_BOTH
        ):
            test = item.nodeid.replace(kind, "")
            if (kind == "postgres") == (zlib.crc32(test.encode()) % 2 == 0):
                item.add_marker(pytest.mark.proof)


def _place(nodeid: str) -> int:
    file = nodeid.partition(".py")[0]
    return next((at for at, long in enumerate(_LONG) if file.endswith(long)), len(_LONG))


def pytest_collection_finish() -> None:
    """What is imported by now stays: looking for its circles again and again was a tenth of it."""
    gc.collect()
    gc.freeze()


def missing(what: str, required_by: str) -> NoReturn:
    """Skip for want of ``what``; fail where ``required_by`` says that it must be there."""
    if os.environ.get(required_by) == "1":
        pytest.fail(f"{what}, and {required_by}=1 asks for it (tools/ensure_system.sh)")
    pytest.skip(what)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``made_once(name, make)``: a folder that ``make(folder)`` filled, to be had for this process.

    Made once for all processes of a run, whichever comes first; each has a copy of its own.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        made = shared / f"once-{name}"
        with (shared / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                half = Path(tempfile.mkdtemp(dir=shared))
                make(half)
                half.rename(made)
        return Path(shutil.copytree(made, tmp_path_factory.mktemp(name) / "copy"))

    return folder


@pytest.fixture
def _environment_kept() -> Iterator[None]:
    """What a settings file gives the process is gone with the test."""
    before = set(os.environ)
    yield
    for name in set(os.environ) - before:
        del os.environ[name]


@pytest.fixture(autouse=True)
def _no_installation(
    _environment_kept: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No test reads or writes the developer's own installation."""
    for name in _SETTING_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "installation"))
    monkeypatch.setenv("MAPPINGS_DIR", str(tmp_path / "mappings"))
    monkeypatch.setenv("SETTINGS_FILE", os.devnull)
    monkeypatch.setattr("connectors.settings.SECRETS_FILE", tmp_path / "no-secrets.toml")


@pytest.fixture(autouse=True, scope="session")
def _no_components_of_packages() -> Iterator[None]:
    """No package here brings components; each ``AppTest`` reads all of them to know that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", list)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the whole run."""
    binaries = server_binaries()
    if binaries is None:
        missing("no PostgreSQL server (Debian package postgresql)", "REQUIRE_POSTGRES")
    server = PostgresServer.start(binaries)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: PostgresServer) -> str:
    name = postgres_server.create()
    engine = open_database(postgres_server.url(name))
    migrate(engine)
    engine.dispose()
    return name


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()  # the last connection's end moves the WAL into the file
    return path


@pytest.fixture
def sqlite_database(_sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A fresh, migrated, empty SQLite database in a file of its own."""
    path = tmp_path / "dung-han.db"
    shutil.copy(_sqlite_template, path)
    engine = open_database(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_database(postgres_server: PostgresServer, _postgres_template: str) -> Iterator[Engine]:
    """A fresh, migrated, empty PostgreSQL database."""
    name = postgres_server.create(_postgres_template)
    engine = open_database(postgres_server.url(name))
    yield engine
    engine.dispose()
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Engine:
    """A fresh, migrated, empty database: the test runs once on SQLite, once on PostgreSQL."""
    engine: Engine = request.getfixturevalue(f"{request.param}_database")
    return engine


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation in the test's own folder, in Vietnamese time.

    Its database is the file that ``sqlite_database`` makes; for another one:
    ``settings.model_copy(update={"database_url": ...})``.
    """
    return Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'dung-han.db'}",
        timezone="Asia/Ho_Chi_Minh",
    )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the project; the test is skipped where it is not there."""
    folder = PROJECT_ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data is not beside the project")
    return folder
