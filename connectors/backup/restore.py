"""Putting a back-up into an empty database, and looking whether all of it is there."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, func, inspect, make_url, select, text, update
from sqlalchemy.exc import DatabaseError

from connectors import audit, snapshot
from connectors.audit.chain import key_name
from connectors.audit.keep import base_of, set_mark
from connectors.audit.keys import give_up_key
from connectors.audit.marks import RESTORED, Shelf
from connectors.audit.verify import Verdict
from connectors.backup import postgres
from connectors.backup.archive import (
    DATABASE,
    FILES,
    BackupRefused,
    Manifest,
    extract,
    member,
    sha256,
    unpacked,
)
from connectors.database.access import SignedIn
from connectors.database.aside import new_file, new_schema
from connectors.database.models import Base
from connectors.database.session import (
    migrate,
    no_writer,
    open_database,
    schema_versions,
    write_transaction,
)
from connectors.disk import is_full
from connectors.settings import Settings
from connectors.workspace import WorkingFolder

_log = logging.getLogger(__name__)
_UNIMPORTANT: Final = frozenset({"alembic_version", "audit_head", "setting"})
"""Tables that a database has rows in before anybody has put anything there."""


@dataclass(frozen=True)
class Restored:
    """What was put back, and whether the audit in it is whole (up to the back-up's own mark)."""

    manifest: Manifest
    audit: Verdict
    data_version: str
    # Where the former database is kept: a file, or a schema of PostgreSQL. None: there was none.
    kept: str | None
    # Whether the marks outside the database were told of it.
    marked: bool = True


def restore_backup(
    settings: Settings,
    source: Path,
    *,
    actor: audit.Actor,
    replace: bool = False,
    lost_audit_key: bool = False,
    now: datetime | None = None,
) -> Restored:
    """Put a back-up into the configured database; the program must not be running.

    The database must be empty; with ``replace`` a filled one is put aside, not deleted. Every
    byte is checked before anything is touched, and a restore that fails leaves what was there.
    Then: newest schema, audit verified, every session ended (the back-up may hold some that were
    revoked since), snapshot built anew. The audit's own key must be set, unless
    ``lost_audit_key`` says that there is none any more. Raises BackupRefused.
    """
    moment = now or datetime.now(UTC)
    try:
        manifest, kept = _put(
            settings, source, replace=replace, lost_audit_key=lost_audit_key, moment=moment
        )
    except (OSError, DatabaseError, sqlite3.Error) as error:
        if not is_full(error):
            raise
        raise BackupRefused(
            "Đĩa đã đầy nên chưa có gì được phục hồi; dữ liệu hiện có còn nguyên. Hãy giải phóng "
            "chỗ trống rồi chạy lại."
        ) from error
    database = open_database(settings.database_url, settings.patience)
    try:
        return _finish(
            database, settings, source, manifest, kept, actor, moment, accept_key=lost_audit_key
        )
    except (OSError, DatabaseError, audit.AuditUnavailable) as error:
        if not is_full(error):
            raise
        aside = "" if kept is None else f" Dữ liệu trước đó được giữ ở: {kept}."
        raise BackupRefused(
            "Đĩa đã đầy khi cơ sở dữ liệu của bản sao lưu đã vào chỗ nhưng việc phục hồi chưa "
            f"xong.{aside} Hãy giải phóng chỗ trống rồi chạy lại lệnh restore với --replace."
        ) from error
    finally:
        database.dispose()


def _put(
    settings: Settings, source: Path, *, replace: bool, lost_audit_key: bool, moment: datetime
) -> tuple[Manifest, str | None]:
    """Put the database where it belongs; what the back-up says, and where the former one is."""
    kind = make_url(settings.database_url).get_backend_name()
    place = _working_place(settings, kind)
    with WorkingFolder(place) as working:
        folder = working.path
        manifest = extract(source, folder)
        if manifest.database != kind:
            raise BackupRefused(
                f"Bản sao lưu là của {manifest.database}, còn DATABASE_URL là {kind}. Hãy đặt "
                "DATABASE_URL tới cơ sở dữ liệu cùng loại. Chưa có gì được phục hồi."
            )
        _refuse_newer(manifest)
        if not lost_audit_key:
            _refuse_without_key(manifest, settings)
        elif not _knows_key(manifest, settings) and not settings.audit_keys:
            raise BackupRefused(
                "Hãy đặt AUDIT_KEY mới trước (lệnh audit new-key): nhật ký trong bản sao lưu đã "
                "được ký, các dòng sau cũng phải được ký. Chưa có gì được phục hồi."
            )
        put = _put_sqlite if kind == "sqlite" else partial(_put_postgresql, manifest)
        borders = _copied_borders(settings, folder, manifest, replace=replace)
        try:
            kept = put(settings, folder, replace=replace, moment=moment)
        except BaseException:
            if borders is not None:
                borders.unlink()
            raise
        if borders is not None:
            borders.replace(settings.boundaries)
    return manifest, kept


def _working_place(settings: Settings, kind: str) -> Path:
    place = settings.data_dir
    if kind == "sqlite":
        place = Path(str(make_url(settings.database_url).database)).parent
    place.mkdir(parents=True, exist_ok=True)
    return place


def _refuse_newer(manifest: Manifest) -> None:
    if manifest.schema not in schema_versions():
        raise BackupRefused(
            "Bản sao lưu được tạo bởi một phiên bản mới hơn của phần mềm; hãy cập nhật phần mềm "
            "rồi chạy lại. Chưa có gì được phục hồi."
        )


def _refuse_without_key(manifest: Manifest, settings: Settings) -> None:
    if not _knows_key(manifest, settings):
        raise BackupRefused(
            f"Nhật ký kiểm soát trong bản sao lưu được ký bằng khóa {manifest.audit_key}, không có "
            "trong AUDIT_KEY. Hãy đặt khóa của lúc đó (có thể ghi sau khóa mới, cách nhau bằng dấu "
            "phẩy), hoặc thêm --lost-audit-key nếu khóa đã mất hẳn. Chưa có gì được phục hồi."
        )


def _knows_key(manifest: Manifest, settings: Settings) -> bool:
    return manifest.audit_key is None or manifest.audit_key in map(key_name, settings.audit_keys)


def _finish(
    database: Engine,
    settings: Settings,
    source: Path,
    manifest: Manifest,
    kept: str | None,
    actor: audit.Actor,
    moment: datetime,
    *,
    accept_key: bool,
) -> Restored:
    migrate(database)
    keys = settings.audit_keys
    if accept_key and not _knows_key(manifest, settings):
        give_up_key(database, keys, actor=actor)
    verdict = audit.verify(database, keys=keys, mark=manifest.audit_mark)
    with write_transaction(database, always=True) as connection:
        connection.execute(
            update(SignedIn)
            .where(SignedIn.ended_at.is_(None))
            .values(ended_at=moment, end_reason="revoked")
        )
        audit.append(
            connection,
            "restore",
            actor=actor,
            subject=audit.plain(source.name),
            detail={
                "made_at": manifest.made_at,
                "sha256": sha256(source),
                "whole": verdict.ok,
                "kept": audit.plain(kept),
            },
            keys=keys,
        )
    copied = int(manifest.audit_mark.partition(":")[0])
    marked = _mark(database, Shelf.of(settings), keys, copied, moment)
    made = snapshot.rebuild(database, settings)
    return Restored(manifest, verdict, made.data_version, kept, marked)


def _mark(
    database: Engine, shelf: Shelf, keys: Sequence[str], lines: int, moment: datetime
) -> bool:
    """Tell the marks that an older audit stands there rightly; whether that could be written."""
    try:
        base = base_of(database, shelf, keys, lines)
        set_mark(database, shelf, RESTORED, keys=keys, now=moment, base=base)
    except OSError as error:
        _log.error("no audit mark of the restore: %s", error)
        return False
    return True


def _copied_borders(
    settings: Settings, folder: Path, manifest: Manifest, *, replace: bool
) -> Path | None:
    """The file of borders beside where it is to be, so that one move is left; None: it stays."""
    name = f"{FILES}ranh-gioi.geojson"
    if name not in manifest.members or (settings.boundaries.exists() and not replace):
        return None
    settings.boundaries.parent.mkdir(parents=True, exist_ok=True)
    part = settings.boundaries.with_name(f"{settings.boundaries.name}.part")
    try:
        shutil.copyfile(member(folder, name), part)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return part


def _is_empty(connection: Connection) -> bool:
    """Whether nobody has put anything into the database's tables."""
    present = set(inspect(connection).get_table_names())
    if not present <= set(Base.metadata.tables) | _UNIMPORTANT:
        return False
    for name in present - _UNIMPORTANT:
        table = Base.metadata.tables[name]
        if connection.execute(select(func.count()).select_from(table)).scalar_one():
            return False
    return True


def _refuse_filled() -> BackupRefused:
    return BackupRefused(
        "Cơ sở dữ liệu đích đã có dữ liệu; chỉ phục hồi vào cơ sở dữ liệu trống. Hãy đặt "
        "DATABASE_URL tới cơ sở dữ liệu mới, hoặc thêm --replace để cất dữ liệu hiện có sang một "
        "bên rồi phục hồi. Chưa có gì được phục hồi."
    )


def _refuse_used() -> BackupRefused:
    return BackupRefused(
        "Cơ sở dữ liệu đích đang được dùng; hãy dừng ứng dụng và các lệnh đang chạy rồi làm "
        "lại. Chưa có gì được phục hồi."
    )


# -- SQLite --------------------------------------------------------------------------------------


def _put_sqlite(settings: Settings, folder: Path, *, replace: bool, moment: datetime) -> str | None:
    target = Path(str(make_url(settings.database_url).database))
    ready = folder / "ready.db"
    unpacked(member(folder, DATABASE["sqlite"]), ready)
    ready.chmod(0o600)
    with closing(sqlite3.connect(ready)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise BackupRefused(f"Cơ sở dữ liệu trong bản sao lưu đã hỏng: {said}.")
    with ready.open("rb+") as stream:
        os.fsync(stream.fileno())
    kept = _clear_the_way(target, replace=replace, moment=moment)
    try:
        ready.replace(target)
    except OSError:
        if kept is not None:
            for log in ("", "-wal", "-shm"):
                if (aside := target.with_name(kept + log)).exists():
                    aside.rename(f"{target}{log}")
        raise
    return kept


def _clear_the_way(target: Path, *, replace: bool, moment: datetime) -> str | None:
    """Nothing may lie where the new file goes, nor a log that would be taken for its own."""
    if not target.exists():
        return None
    try:
        _settle(target)
        empty = _holds_nothing(target)
    except (sqlite3.DatabaseError, DatabaseError) as error:
        if is_full(error):
            raise
        if not replace:
            raise BackupRefused(
                f"Tệp {target} bị hỏng hoặc không phải cơ sở dữ liệu SQLite. Hãy thêm --replace để "
                "cất tệp ấy sang một bên rồi phục hồi. Chưa có gì được phục hồi."
            ) from error
        empty = False
    if not empty and not replace:
        raise _refuse_filled()
    aside = new_file(target, moment)
    if empty:
        target.unlink()
    else:
        target.rename(aside)
        for log in ("-wal", "-shm"):  # of a broken file; a sound one has been settled
            if (beside := Path(f"{target}{log}")).exists():
                beside.rename(f"{aside}{log}")
    return None if empty else aside.name


def _holds_nothing(target: Path) -> bool:
    engine = open_database(f"sqlite:///{target}")
    try:
        with engine.connect() as connection:
            return _is_empty(connection)
    finally:
        engine.dispose()


def _settle(target: Path) -> None:
    """Bring the write-ahead log into the file; refuses while another program uses it."""
    try:
        with closing(sqlite3.connect(target, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if is_full(error):
            raise
        raise _refuse_used() from error


# -- PostgreSQL ----------------------------------------------------------------------------------


# Sessions of the program: those of its account. Somebody else who only watches is no harm.
_OTHERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND usename = current_user AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_LEAVING: Final = 2.0
"""Seconds that a session that has just been closed may take to be gone."""


def _is_used(alone: Connection) -> bool:
    until = time.monotonic() + _LEAVING
    while alone.execute(_OTHERS).scalar_one():
        if time.monotonic() > until:
            return True
        time.sleep(0.02)
        alone.rollback()  # the next look is at the present, not at this transaction's past
    alone.rollback()
    return False


def _put_postgresql(
    manifest: Manifest, settings: Settings, folder: Path, *, replace: bool, moment: datetime
) -> str | None:
    """A session that is at work would find its tables renamed under its hands and go on in the new
    ones, half a batch here and half there: with any other session nothing is done."""
    database = open_database(settings.database_url, settings.patience)
    try:
        with no_writer(database) as alone:
            if alone is None or _is_used(alone):
                raise _refuse_used()
            empty = _is_empty(alone)
            own, saved = postgres.own_schema(alone), manifest.namespace or postgres.PUBLIC
            if saved != own:
                raise BackupRefused(
                    f"Bản sao lưu có các bảng trong lược đồ “{saved}”, còn tài khoản này dùng lược "
                    f"đồ “{own}”. Hãy đặt search_path của tài khoản rồi chạy lại. Chưa có gì được "
                    "phục hồi."
                )
            aside = new_schema(alone, moment)
            alone.rollback()  # let go of its tables
            if not empty and not replace:
                raise _refuse_filled()
            _rename(database, own, aside, make=own)
            try:
                dumped = member(folder, DATABASE["postgresql"])
                postgres.load(settings.database_url, dumped, own, settings.patience)
            except BaseException:
                _drop(database, own)
                _rename(database, aside, own)
                raise
            if empty:
                _drop(database, aside)
    finally:
        database.dispose()
    return None if empty else aside


def _rename(database: Engine, old: str, new: str, make: str | None = None) -> None:
    with database.begin() as connection:
        connection.execute(text(f"ALTER SCHEMA {_quoted(old)} RENAME TO {_quoted(new)}"))
        if make is not None:
            connection.execute(text(f"CREATE SCHEMA {_quoted(make)}"))


def _drop(database: Engine, schema: str) -> None:
    with database.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {_quoted(schema)} CASCADE"))


def _quoted(name: str) -> str:
    """A schema's name in a statement."""
    doubled = name.replace('"', '""').replace(":", "\\:")
    return f'"{doubled}"'
