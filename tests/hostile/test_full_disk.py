"""A full disk is called full: under a copy, under the database, at the command line."""

from __future__ import annotations

import errno
import io
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from connectors.backup import postgres
from connectors.console import refusals
from connectors.database.patience import Patience
from connectors.disk import is_full
from connectors.intake import IntakeRefused
from connectors.registers import RegisterRefused
from connectors.settings import Settings
from pages.records import taking
from tests.hostile.conftest import GOOD, HEADER, Clerk, counts
from ui.kit import register_files, writing

UPLOAD = f"{HEADER}\n{GOOD}\n".encode()


def no_room(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_drivers_error_is_known_below_its_wrappings() -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert is_full(OperationalError("INSERT", None, full))
    assert is_full(OperationalError("INSERT", None, psycopg.errors.DiskFull()))
    assert is_full(OSError(errno.EDQUOT, "quota"))
    assert not is_full(OperationalError("INSERT", None, psycopg.errors.UniqueViolation()))
    assert not is_full(OSError(errno.EACCES, "no"))


@pytest.fixture
def full_database(database: Engine) -> Engine:
    """A database whose file cannot grow any more."""

    @event.listens_for(database, "connect")
    def stop_growing(connection: Any, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    database.dispose()
    return database


def import_by_screen(database: Engine, settings: Settings, folder: Path) -> str | None:
    path = folder / "a.csv"
    rows = "".join(GOOD.replace("HS-1", f"HS-{at}") + "\n" for at in range(3000))
    path.write_text(f"{HEADER}\n{rows}", encoding="utf-8")
    mapping = str(folder / "thu-nghiem-csv.toml")
    order = taking.Order(mapping, path, None, False, False, Clerk().actor)
    return taking.take_in(database, settings, order, ("x",), lambda *_: None).problem


@pytest.mark.usefixtures("take")
def test_a_database_that_cannot_grow_is_called_full(
    full_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    before = counts(full_database)
    problem = import_by_screen(full_database, settings, tmp_path)
    assert problem is not None
    assert "đã đầy" in problem
    assert counts(full_database) == before


@pytest.mark.usefixtures("screens")
def test_a_register_in_a_database_that_cannot_grow(full_database: Engine) -> None:
    before = counts(full_database)
    rows = "".join(f"L-{at},Lĩnh vực số {at} {'x' * 200}\n" for at in range(3000))
    content = {"a.csv": f"Mã lĩnh vực,Tên lĩnh vực\n{rows}".encode()}
    with pytest.raises(RegisterRefused, match="đã đầy"):
        register_files.take_in("field", content, named=None, dry_run=False)
    assert counts(full_database) == before


@pytest.mark.usefixtures("screens")
@pytest.mark.parametrize("place", ["tempfile.mkdtemp", "connectors.workspace.shutil.copyfileobj"])
def test_uploads_without_room_are_told_and_leave_nothing(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(place, no_room)
    with pytest.raises(IntakeRefused, match="Không đủ chỗ trống trên đĩa"):
        register_files.take_in("field", {"a.csv": UPLOAD}, named=None, dry_run=True)
    upload = io.BytesIO(UPLOAD)
    upload.name = "a.csv"
    with pytest.raises(OSError, match="No space"):
        taking.kept(upload, None)
    assert list(tmp_path.glob("dung-han-*")) == []


def test_the_command_line_says_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, refusals():
        no_room()
    assert ended.value.code == 2
    assert "Đĩa đã đầy" in capsys.readouterr().err


@pytest.mark.postgres
def test_a_dump_without_room_is_called_full(
    postgres_database: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL's own program, writing where nothing can be written."""
    url = postgres_database.url.render_as_string(hide_password=False)
    with postgres_database.connect() as connection:
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        with pytest.raises(SystemExit) as ended, refusals():
            postgres.dump(url, Path("/dev/full"), snapshot, "public", Patience())
    assert ended.value.code == 2
    assert "Đĩa đã đầy" in capsys.readouterr().err


@pytest.mark.usefixtures("screens")
def test_an_uploaded_register_file_is_for_its_user_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def look(_register: str, path: Path, **_: object) -> Callable[[], None]:
        seen.extend(found.stat().st_mode & 0o777 for found in (path, path.parent))
        seen.append(Path(str(_["mapping"])).stat().st_mode & 0o777)
        return lambda: None

    monkeypatch.setattr(writing, "take", look)
    files = {"a.csv": UPLOAD, "anh-xa.toml": b""}
    register_files.take_in("field", files, named=None, dry_run=True)
    assert seen == [0o600, 0o700, 0o600]
