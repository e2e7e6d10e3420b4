"""Making a back-up while the program goes on working."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, make_url, select, text

from connectors import audit
from connectors.audit.log import HEAD, LINES
from connectors.backup import postgres
from connectors.backup.archive import (
    DATABASE,
    FILES,
    BackupRefused,
    Manifest,
    exists,
    packed,
    write_archive,
)
from connectors.database.models import Setting
from connectors.database.session import open_database
from connectors.disk import is_full
from connectors.privacy.vault import HASH_SECRET
from connectors.settings import Settings
from connectors.version import version
from connectors.workspace import WorkingFolder

_WAITS: Final = 20
"""How often the audit's line is tried: each time half a minute on SQLite."""

ENDING: Final = ".dunghan"
"""Of back-ups that are named by the program."""


def kept_files(settings: Settings) -> dict[str, Path]:
    """Files beside the database that nothing makes anew, by their name in the back-up.

    The snapshot is made anew; keys and passwords (environment, .streamlit/secrets.toml) belong
    somewhere else than the data that they protect.
    """
    found = {"ranh-gioi.geojson": settings.boundaries}
    return {name: path for name, path in found.items() if path.is_file()}


def make_backup(
    database: Engine,
    settings: Settings,
    target: Path,
    *,
    actor: audit.Actor,
    keep: int | None = None,
    now: datetime | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> tuple[Path, str]:
    """Write a back-up as at one moment; where it is, and its SHA-256.

    ``target``: a new file, or a folder, in which the file is named by the moment, and where only
    the newest ``keep`` of such files stay. Writers go on meanwhile: the copy is of the last state
    that was committed when it began. Readable by its owner only. Raises BackupRefused.
    """
    moment = now or datetime.now(UTC)
    path = target
    if target.is_dir():
        path = target / f"dung-han-{moment:%Y%m%d-%H%M%S}{ENDING}"
    if not path.parent.is_dir():
        raise BackupRefused(f"Không có thư mục {path.parent}. Chưa có gì được ghi.")
    if path.exists():
        raise BackupRefused(exists(path))
    try:
        digest = _write(database, settings, path, moment)
    except (OSError, sqlite3.Error) as error:
        if not is_full(error):
            raise
        raise BackupRefused(
            f"Đĩa chứa thư mục {path.parent} đã đầy nên chưa có bản sao lưu; phần ghi dở đã được "
            "xóa. Hãy giải phóng chỗ trống, hoặc sao lưu sang đĩa khác, rồi chạy lại."
        ) from error
    _note(database, settings, path, digest, actor, wait)
    if target.is_dir() and keep:
        _forget(target, keep)
    return path, digest


def _write(database: Engine, settings: Settings, path: Path, moment: datetime) -> str:
    """Make the file at ``path``, with nothing else left beside it; its SHA-256."""
    with WorkingFolder(path.parent) as working:
        folder = working.path
        kind = database.dialect.name
        copy = folder / DATABASE[kind]
        if kind == "sqlite":
            manifest = _copy_sqlite(settings, copy, moment)
        else:
            manifest = _dump_postgresql(database, settings, copy, moment)
        members = {DATABASE[kind]: copy}
        members |= {f"{FILES}{name}": file for name, file in kept_files(settings).items()}
        return write_archive(path, manifest, members, folder)


def _copy_sqlite(settings: Settings, target: Path, moment: datetime) -> Manifest:
    source = str(make_url(settings.database_url).database)
    copy = target.with_name("copy.db")
    copy.touch(mode=0o600)
    with (
        closing(sqlite3.connect(source, timeout=30)) as there,
        closing(sqlite3.connect(copy, isolation_level=None)) as here,
    ):
        # All pages in one step: in several, every commit of somebody else would begin it anew.
        there.backup(here)
        here.execute("PRAGMA journal_mode = DELETE")
        (said,) = here.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise BackupRefused(
                f"Cơ sở dữ liệu có chỗ hỏng ({said}); bản sao lưu không được ghi. Hãy giữ nguyên "
                "tệp và phục hồi từ bản sao lưu gần nhất."
            )
    engine = open_database(f"sqlite:///{copy}")
    try:
        with engine.connect() as connection:
            manifest = _about(connection, "sqlite", moment)
    finally:
        engine.dispose()
    packed(copy, target)
    return manifest


def _dump_postgresql(
    database: Engine, settings: Settings, target: Path, moment: datetime
) -> Manifest:
    with database.connect() as connection:
        connection = connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with connection.begin():
            # The dump sees exactly what this transaction sees.
            seen = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            manifest = _about(connection, "postgresql", moment)
            schema = postgres.own_schema(connection)
            try:
                postgres.dump(settings.database_url, target, seen, schema, settings.patience)
            except BackupRefused:
                connection.invalidate()  # a server that has not answered is not waited for again
                raise
    return replace(manifest, namespace=None if schema == postgres.PUBLIC else schema)


def _about(connection: Connection, kind: str, moment: datetime) -> Manifest:
    schema = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    head = connection.execute(select(HEAD.c.lines, HEAD.c.hash)).one()
    signed = select(LINES.c.key_id).where(LINES.c.id == head.lines)
    locked = select(Setting.key).where(Setting.key == HASH_SECRET)
    return Manifest(
        made_at=moment.isoformat(timespec="seconds"),
        database=kind,
        schema=schema,
        audit_mark=f"{head.lines}:{head.hash}",
        owners_locked=connection.execute(locked).first() is not None,
        audit_key=connection.execute(signed).scalar_one_or_none(),
        program=version(),
    )


def _note(
    database: Engine,
    settings: Settings,
    path: Path,
    digest: str,
    actor: audit.Actor,
    wait: Callable[[float], None],
) -> None:
    """The audit's line, also while a long import holds the database."""
    for turn in range(_WAITS):
        try:
            audit.record(
                database,
                "backup",
                actor=actor,
                subject=audit.plain(path.name),
                detail={"sha256": digest},
                keys=settings.audit_keys,
            )
        except audit.AuditUnavailable as error:
            if turn == _WAITS - 1 or is_full(error):
                path.unlink()  # a copy of everything that nobody knows of is worse than none
                raise
            wait(1)
        else:
            return


def _forget(folder: Path, keep: int) -> None:
    """Remove all but the newest; their names tell their age."""
    made = sorted(folder.glob(f"dung-han-[0-9]*-[0-9]*{ENDING}"), key=lambda path: path.name)
    for old in made[: max(len(made) - keep, 0)]:
        old.unlink()
