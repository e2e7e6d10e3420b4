"""Giving out and erasing one person's data; both leave a line in the audit, which names nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Table, bindparam, delete, select, update

from connectors import audit, snapshot
from connectors.database.aside import put_aside
from connectors.database.models import Dossier
from connectors.database.patience import unhurried
from connectors.database.session import write_transaction
from connectors.engine import Scope
from connectors.personal.files import files_with
from connectors.personal.find import REJECTED, Found, find
from connectors.personal.notes import clear_notes
from connectors.personal.retention import days_of
from connectors.personal.wanted import PersonRefused, Wanted, is_told
from connectors.privacy.erased import (
    OWNER_ERASED,
    Tracer,
    emptied,
    erase_owners,
    keep_traces,
)
from connectors.privacy.owners import good_reason
from connectors.privacy.rotate import clear_remains
from connectors.privacy.vault import Vault
from connectors.settings import Settings

_TURNS: Final = 3
"""What an import brought in meanwhile is found at the next turn."""
_LOG: Final = "change_log"
_DOSSIER: Final = cast(Table, Dossier.__table__)


@dataclass(frozen=True)
class Copy:
    """A copy of the database from before, which still has everything: what it is called, when it
    was made and, as far as the program knows, when it goes (None: by somebody's hand)."""

    name: str
    made: datetime
    until: datetime | None


@dataclass(frozen=True)
class Erasure:
    """What was erased: counts; whether nothing of it is left in the database's files; copies from
    before, and files of watched folders that still have it."""

    counts: dict[str, int]
    cleared: bool
    copies: tuple[Copy, ...]
    files: tuple[Path, ...] = ()

    def sentences(self, zone: ZoneInfo) -> list[str]:
        """What is still to be done, and what still has the person's data (Vietnamese)."""
        said = list[str]()
        if not self.cleared:
            said.append(
                "Chưa dọn được dấu vết trong tệp vì cơ sở dữ liệu đang được dùng; hãy dừng ứng "
                "dụng rồi chạy: .venv/bin/python -m connectors owners clear-remains"
            )
        said += [f"Tệp còn giữ dữ liệu, hãy xóa hoặc sửa tay: {path}." for path in self.files]
        for copy in self.copies:
            until = (
                "còn đến khi xóa tay (aside drop)"
                if copy.until is None
                else f"hết hạn giữ {copy.until.astimezone(zone):%d/%m/%Y}"
            )
            at = f"{copy.made.astimezone(zone):%d/%m/%Y %H:%M}"
            said.append(f"Bản từ trước vẫn còn dữ liệu: {copy.name}, lúc {at}, {until}.")
        if self.copies:
            said.append(
                "Bản chép sang máy khác phải xóa ở đó. Phục hồi một bản từ trước thì phải xóa lại."
            )
        return said


def counted(counts: Mapping[str, int]) -> str:
    """How much, in words."""
    words = {"dossiers": "chủ hồ sơ", "rejected": "dòng bị từ chối", "notes": "ghi chú"}
    return ", ".join(f"{count} {words[name]}" for name, count in counts.items())


@unhurried()
def look(database: Engine, settings: Settings, asked: Wanted, *, actor: audit.Actor) -> Found:
    """What is held of somebody, after the audit has said that it was looked for.

    Raises as :func:`connectors.personal.find.find`, and audit.AuditUnavailable.
    """
    found = find(database, asked, settings.owner_keys)
    _note(database, settings, "person_found", actor, {"by": asked.by, **found.counts})
    return found


@unhurried()
def export(
    database: Engine, settings: Settings, asked: Wanted, reason: str, *, actor: audit.Actor
) -> dict[str, Any]:
    """Everything that is held of somebody, for them, after the audit has said that it is given.

    Raises PersonRefused where nothing is held, and as :func:`look`; ReasonRefused.
    """
    reason = good_reason(reason)
    found = find(database, asked, settings.owner_keys)
    _something(found, reason)
    told = {"by": asked.by, "reason": reason, **found.counts}
    _note(database, settings, "person_exported", actor, told)
    return {
        "hồ sơ": [
            {"mã hồ sơ": one.code, "loại chủ hồ sơ": one.kind, **_worded(one.owner), **one.moments}
            for one in found.dossiers
        ],
        "dòng bị từ chối": [
            {"bảng": one.table, "lô": one.batch, "dòng": one.line, "nội dung": one.content}
            for one in found.rejected
        ],
        "ghi chú": [
            {"bảng": one.table, "cột": one.column, "nội dung": one.text} for one in found.notes
        ],
    }


def _worded(owner: Any) -> dict[str, str | None]:
    words = {"name": "họ tên", "phone": "điện thoại", "address": "địa chỉ"}
    return {words.get(name, "số giấy tờ"): value for name, value in owner.items()}


@unhurried()
def erase(
    database: Engine,
    settings: Settings,
    asked: Wanted,
    reason: str,
    *,
    actor: audit.Actor,
    now: datetime | None = None,
) -> Erasure:
    """Erase everything that is held of somebody; dossiers and figures stay.

    Owners, contents of rejected rows and finds in notes go in one transaction with the audit's
    line; an import of the same dossiers does not bring them back (connectors/privacy/erased.py).
    Then the files are rewritten. Raises as :func:`export`.
    """
    moment, reason = now or datetime.now(UTC), good_reason(reason)
    counts = dict.fromkeys(("dossiers", "rejected", "notes"), 0)
    tables, files = set[str](), list[Path]()
    for turn in range(_TURNS):
        found = find(database, asked, settings.owner_keys)
        if turn == 0:
            _something(found, reason)
            files = files_with(settings, found.person.pattern())
        if found.nothing:
            break
        with write_transaction(database) as connection:
            _erase(connection, settings, found, actor, moment)
            told = {"by": asked.by, "reason": reason, **found.counts}
            audit.append(
                connection, "person_erased", actor=actor, detail=told, keys=settings.audit_keys,
                at=moment,
            )  # fmt: skip
        tables |= {note.table for note in found.notes}
        counts = {name: counts[name] + count for name, count in found.counts.items()}
    if tables:
        snapshot.refresh_registers(database, settings)
        snapshot.forget_former(settings)
    cleared = clear_remains(database, sorted(tables | {_LOG} if tables else ()))
    return Erasure(counts, cleared, copies_before(database, settings, moment), tuple(files))


def _something(found: Found, reason: str) -> None:
    if found.nothing:
        raise PersonRefused("Không có dữ liệu nào của người này. Chưa có gì thay đổi.")
    pattern = found.person.pattern()
    if pattern is not None and is_told(reason, pattern):
        raise PersonRefused(
            "Lý do không được ghi họ tên, số giấy tờ, điện thoại của người đó, vì nhật ký giữ lý "
            "do mãi. Hãy ghi số văn bản, ví dụ: “Theo đơn số 12/2026 ngày 03/11/2026”."
        )


def _erase(
    connection: Connection, settings: Settings, found: Found, actor: audit.Actor, at: datetime
) -> None:
    vault, person = Vault.for_writing(connection, settings.owner_keys), found.person
    erase_owners(connection, [one.dossier_id for one in found.dossiers], at, asked=True)
    for table in REJECTED:
        own = [{"at_id": one.id} for one in found.rejected if one.table == table.name]
        values = emptied(vault)
        values = {name: value for name, value in values.items() if name in table.c}
        if own:
            which = table.c.id == bindparam("at_id")
            connection.execute(update(table).where(which).values(**values), own)
    pattern = person.pattern()
    if pattern is not None:
        clear_notes(connection, found.notes, pattern, actor.name, at)
    tracer = Tracer.for_writing(connection, vault)
    keep_traces(connection, tracer.of(person.numbers, person.pairs, person.codes), at)


def allow(database: Engine, settings: Settings, code: str, *, actor: audit.Actor) -> int:
    """Let the next import bring the owner of the dossiers with this code back; how many.

    Raises PersonRefused where no such dossier's owner was erased.
    """
    with write_transaction(database) as connection:
        query = select(_DOSSIER.c.id).join(OWNER_ERASED, OWNER_ERASED.c.dossier_id == _DOSSIER.c.id)
        numbers = list(connection.scalars(query.where(_DOSSIER.c.code == code.strip())))
        if not numbers:
            raise PersonRefused(f"Không có hồ sơ nào mã “{code.strip()}” đã được xóa chủ hồ sơ.")
        connection.execute(delete(OWNER_ERASED).where(OWNER_ERASED.c.dossier_id.in_(numbers)))
        for number in numbers:
            audit.append(
                connection, "person_allowed", actor=actor, subject=f"hồ sơ {number}",
                keys=settings.audit_keys,
            )  # fmt: skip
    return len(numbers)


def copies_before(database: Engine, settings: Settings, now: datetime) -> tuple[Copy, ...]:
    """Copies of the database from before that are still there as far as the program knows."""
    days = days_of("backups", now.astimezone(settings.zone).date(), settings)
    since = None if days is None else now - timedelta(days=days)
    lines = audit.read(
        database, settings.zone, Scope(None), actions=("backup",), since=since, limit=1000
    )
    made = list[Copy]()
    for row in lines.iter_rows(named=True):
        at = row["at"].replace(tzinfo=settings.zone)
        made.append(Copy(row["subject"], at, None if days is None else at + timedelta(days=days)))
    return (*made, *(Copy(one.name, one.at, None) for one in put_aside(database)))


def _note(
    database: Engine, settings: Settings, action: str, actor: audit.Actor, told: dict[str, Any]
) -> None:
    audit.record(database, action, actor=actor, detail=told, keys=settings.audit_keys)
