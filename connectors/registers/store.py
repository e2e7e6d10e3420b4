"""Adding, mending, withdrawing and restoring rows of a register, each noted and audited with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NotRequired, Required, TypedDict, Unpack

from sqlalchemy import Connection, Engine, delete, func, insert, select

from connectors import audit
from connectors.database.models import Base
from connectors.database.registers import TABLES, WITHDRAWAL
from connectors.database.session import write_transaction
from connectors.database.withdrawn import gone
from connectors.engine import Scope
from connectors.refused import RegisterRefused
from connectors.registers import values as typed
from connectors.registers.fence import OutOfScope
from connectors.registers.writer import EVERYTHING, Writer, the_register
from connectors.settings import Settings
from metrics.registers.columns import Problem, Register, Row

BY_SAMPLE: Final = "Dữ liệu minh họa"
"""Who wrote the sample's rows of the registers, by which they are known when they have to go."""

WITHDRAWN: Final = "-"
RESTORED: Final = "+"
"""``change_log.column_name`` of a row's withdrawal and of its restoration."""

_MOST_REASON: Final = 1000


class SnapshotNotRefreshed(RuntimeError):
    """The row is written, but the figures do not show it yet; the message is Vietnamese."""

    def __init__(self, row_id: int, cause: Exception) -> None:
        super().__init__(
            f"Đã ghi, nhưng chưa làm mới được ảnh chụp số liệu: {cause}. "
            "Hãy chạy: .venv/bin/python -m connectors snapshot --rebuild."
        )
        self.row_id = row_id


@dataclass(frozen=True)
class Entry:
    """One row to be written: new (``key`` None), or the one that ``key`` names.

    ``values``: by column name or database column (``unit`` or ``unit_id``); typed values, ids, or
    texts as a file would have them. Of an existing row only what is given changes. ``key``: the
    natural key's columns, or ``{"id": …}``.
    """

    register: str
    values: Mapping[str, Any]
    key: Mapping[str, Any] | None = None


class Writing(TypedDict):
    """Who writes, when, and for which units.

    ``by``: the name that stands under the row; ``at``: when it is said (local when naive).
    ``actor``: who the audit names, in the same transaction (default: ``by``). ``scope``: the
    units that each row, before and after, must be of (default: any); the audit notes a refusal.
    ``refresh_snapshot``: whether the figures are brought in step at once (default: yes).
    """

    by: Required[str]
    at: Required[datetime]
    actor: NotRequired[audit.Actor | None]
    scope: NotRequired[Scope]
    refresh_snapshot: NotRequired[bool]


def add(
    database: Engine,
    settings: Settings,
    register: str,
    values: Mapping[str, Any],
    **how: Unpack[Writing],
) -> int:
    """Write a new row; its id. ``how``: :class:`Writing`.

    Raises as :func:`save_all`.
    """
    return save_all(database, settings, [Entry(register, values)], **how)[0]


def amend(
    database: Engine,
    settings: Settings,
    register: str,
    values: Mapping[str, Any],
    *,
    key: int | Mapping[str, Any],
    **how: Unpack[Writing],
) -> int:
    """Change what is given of the row with that id or natural key, any column of it; its id.

    ``how``: :class:`Writing`. Raises as :func:`save_all`; a row that was
    withdrawn has to be restored first.
    """
    named = {"id": key} if isinstance(key, int) else key
    return save_all(database, settings, [Entry(register, values, named)], **how)[0]


def save_all(
    database: Engine,
    settings: Settings,
    entries: Sequence[Entry],
    *,
    also: Callable[[Connection, Sequence[int]], None] | None = None,
    **how: Unpack[Writing],
) -> list[int]:
    """Write rows that belong together, all or none; their ids, in order.

    A later row may name an earlier one by its code: the result of a re-inspection names the visit
    that is written with it. ``also``: writes what belongs to them in the same transaction; gets
    their ids. ``how``: :class:`Writing`.
    Raises RegisterRefused with every problem (Vietnamese; nothing is written), and
    SnapshotNotRefreshed when the rows are written but the figures are not in step yet.
    """
    _check_name(how)

    def work(connection: Connection) -> list[int]:
        ids = [_written(connection, settings, entry, how) for entry in entries]
        if also is not None:
            also(connection, ids)
        return ids

    return _done(database, settings, work, {entry.register for entry in entries}, how)


def withdraw(
    database: Engine,
    settings: Settings,
    register: str,
    row_id: int,
    reason: str,
    *,
    since: datetime | None = None,
    **how: Unpack[Writing],
) -> int:
    """Take a row out of every figure from ``since`` on, with what hangs on it; how many rows.

    The row, its history and the reason are kept, and :func:`restore` brings it back. ``since``:
    figures as of a later moment do without it (default: ``at``; :data:`BEGINNING`: it was never
    right, and no figure counts it). ``how``: :class:`Writing`.
    Raises RegisterRefused (Vietnamese; nothing is written): no reason, no such row, withdrawn
    already, a moment to come, or a procedure or field that something is recorded under. Raises
    SnapshotNotRefreshed as :func:`save_all`.
    """
    _check_name(how)
    reason = reason_given(reason)

    def work(connection: Connection) -> list[int]:
        at = typed.as_utc(how["at"], settings.zone)
        from_ = at if since is None else typed.as_utc(since, settings.zone)
        if from_ > at:
            raise RegisterRefused.of([Problem("Rút từ", None, "là lúc chưa đến; hãy chọn lại.")])
        writer = _writer(connection, settings, register, how)
        row = _own(writer, row_id, is_withdrawn=False)
        _refuse_in_use(connection, writer.register, row_id)
        before = _count(writer.gone)
        told = {"at": at, "since": from_, "by": how["by"].strip(), "reason": reason}
        connection.execute(insert(WITHDRAWAL).values(register=register, row_id=row_id, **told))
        writer.note(row_id, WITHDRAWN, None, reason)
        writer.finish()
        _audit(connection, settings, "withdraw", writer.register, row_id, row, how, reason)
        return [_count(gone(connection)) - before]

    return _done(database, settings, work, {register}, how)[0]


def restore(
    database: Engine, settings: Settings, register: str, row_id: int, **how: Unpack[Writing]
) -> None:
    """Bring back a withdrawn row, and with it what went out because of it alone.

    ``how``: :class:`Writing`. Raises RegisterRefused (Vietnamese) where the row
    has no withdrawal of its own, and SnapshotNotRefreshed as :func:`save_all`.
    """
    _check_name(how)

    def work(connection: Connection) -> list[int]:
        writer = _writer(connection, settings, register, how)
        row = _own(writer, row_id, is_withdrawn=True)
        found = (WITHDRAWAL.c.register == register) & (WITHDRAWAL.c.row_id == row_id)
        reason = connection.execute(select(WITHDRAWAL.c.reason).where(found)).scalar_one_or_none()
        if reason is None:
            what = "rút cùng dòng mà nó thuộc về; hãy khôi phục dòng đó."
            raise RegisterRefused.of([Problem(None, None, what)])
        connection.execute(delete(WITHDRAWAL).where(found))
        writer.note(row_id, RESTORED, reason, None)
        writer.finish()
        _audit(connection, settings, "reinstate", writer.register, row_id, row, how)
        return [row_id]

    _done(database, settings, work, {register}, how)


# -- one transaction, then the figures ---------------------------------------------------------


def _check_name(how: Writing) -> None:
    if not how["by"].strip():
        raise RegisterRefused.of([Problem("Người cập nhật", None, "hãy ghi tên người cập nhật.")])


def reason_given(reason: str) -> str:
    """The reason of a withdrawal, tidy. Raises RegisterRefused where there is none, or too much."""
    reason = reason.strip()
    if not reason:
        raise RegisterRefused.of([Problem("Lý do rút", None, "hãy ghi lý do.")])
    if len(reason) > _MOST_REASON:
        long = f"dài {len(reason)} ký tự, tối đa {_MOST_REASON}; hãy rút ngắn."
        raise RegisterRefused.of([Problem("Lý do rút", None, long)])
    return reason


def _who(how: Writing) -> audit.Actor:
    return how.get("actor") or audit.Actor(how["by"].strip())


def _done(
    database: Engine,
    settings: Settings,
    work: Callable[[Connection], list[int]],
    registers: Collection[str],
    how: Writing,
) -> list[int]:
    try:
        with write_transaction(database) as connection:
            ids = work(connection)
    except OutOfScope as refused:
        _note_refused(database, settings, refused.register, _who(how))
        raise
    except audit.AuditUnavailable as error:
        raise RegisterRefused(str(error)) from error
    if how.get("refresh_snapshot", True):
        from connectors import snapshot

        try:
            snapshot.refresh_registers(database, settings)
        except Exception as error:
            raise SnapshotNotRefreshed(ids[-1], error) from error
    return ids


def _writer(connection: Connection, settings: Settings, register: str, how: Writing) -> Writer:
    declared = the_register(register)
    return Writer(
        connection,
        declared,
        settings.zone,
        how["by"].strip(),
        how["at"],
        how.get("scope", EVERYTHING),
    )


def _written(connection: Connection, settings: Settings, entry: Entry, how: Writing) -> int:
    writer = _writer(connection, settings, entry.register, how)
    row_id, outcome = _save_one(writer, entry.values, entry.key)
    writer.finish()
    if outcome != "unchanged":
        row = writer.rows[row_id]
        _audit(connection, settings, "edit", writer.register, row_id, row, how, outcome=outcome)
    return row_id


def _audit(
    connection: Connection,
    settings: Settings,
    action: str,
    register: Register,
    row_id: int,
    row: Row,
    how: Writing,
    reason: str | None = None,
    **more: Any,
) -> None:
    because = {} if reason is None else {"reason": audit.plain(reason)}
    audit.append(
        connection,
        action,
        actor=_who(how),
        subject=f"{register.label}, dòng {row_id}",
        unit_id=row.get("unit_id"),
        detail={"register": register.name, "row": row_id, **because, **more},
        keys=settings.audit_keys,
    )


def _note_refused(database: Engine, settings: Settings, register: str, actor: audit.Actor) -> None:
    with suppress(audit.AuditUnavailable):  # refused it is either way
        audit.record(
            database,
            "refused",
            actor=actor,
            subject=the_register(register).label,
            detail={"register": register, "why": "ngoài phạm vi"},
            keys=settings.audit_keys,
        )


def _save_one(
    writer: Writer, given: Mapping[str, Any], key: Mapping[str, Any] | None
) -> tuple[int, str]:
    if key is None:
        row = writer.typed(_with_by(writer.register, given, writer.by))
        found = writer.find(row)
        if found is not None:
            raise RegisterRefused.of([_taken(writer, found, row)])
        return writer.put(row)
    row_id = writer.row_named(key)
    old = writer.rows[row_id]
    row = writer.typed(given, old=old)
    found = writer.find(old | row)
    if found is not None and found != row_id:
        raise RegisterRefused.of([_taken(writer, found, old | row)])
    return writer.put(row, row_id)


def _with_by(register: Register, given: Mapping[str, Any], by: str) -> Mapping[str, Any]:
    if "by" in register.by_name and not given.get("by"):
        return {**given, "by": by}
    return given


def _taken(writer: Writer, found: int, row: Row) -> Problem:
    register, words = writer.register, writer.words_of(row)
    labels = [register.label_of(name) for name in register.key]
    shown = ", ".join(words.get(name) or "(trống)" for name in register.key)
    why = "đã có trong sổ; hãy sửa dòng đã có."
    if writer.is_withdrawn(found):
        why = "đã có trong sổ nhưng đã rút; hãy khôi phục dòng đó."
    return Problem(" + ".join(labels), shown, why)


# -- withdrawing -------------------------------------------------------------------------------


def _own(writer: Writer, row_id: int, *, is_withdrawn: bool) -> Row:
    """The row, if the writer may touch it and it is, or is not, withdrawn."""
    row = writer.rows[writer.row_named({"id": row_id})]
    writer.check(row, row)
    if writer.is_withdrawn(row_id) != is_withdrawn:
        why = "chưa bị rút nên không cần khôi phục." if is_withdrawn else "đã rút khỏi sổ rồi."
        raise RegisterRefused.of([Problem(None, None, why)])
    return row


def _count(found: Mapping[str, Collection[int]]) -> int:
    return sum(map(len, found.values()))


def _refuse_in_use(connection: Connection, register: Register, row_id: int) -> None:
    """Fields and procedures, which other records are kept under, end by their days instead."""
    if register.name not in ("field", "procedure"):
        return
    own = TABLES[register.name]
    for table in Base.metadata.tables.values():
        for column in table.c:
            if any(key.column.table is own for key in column.foreign_keys):
                named = select(func.count()).select_from(table).where(column == row_id)
                count = connection.execute(named).scalar_one()
                if count:
                    why = f"đang được {count} bản ghi dùng nên không rút được; hãy sửa cho đúng" + (
                        "." if register.name == "field" else ", hoặc ghi ngày hết hiệu lực."
                    )
                    raise RegisterRefused.of([Problem(None, None, why)])


def now_utc() -> datetime:
    """The wall clock, for the command line only."""
    return datetime.now(UTC)
