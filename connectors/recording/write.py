"""What people record of late dossiers: written apologies, new dates, causes of delay.

Each decision is a batch of its own (docs/adr/0007), so what was known before it can still be
asked; who said it and why it was mended or withdrawn stand in table dossier_record. The figures
follow for these dossiers alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Unpack, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Table, func, insert, select, update

from connectors import audit
from connectors.database.models import Dossier, ImportBatch
from connectors.database.recorded import APOLOGY, CAUSE, DossierRecord
from connectors.database.session import read_transaction, write_transaction
from connectors.engine import Scope
from connectors.intake.past import keep_history
from connectors.intake.recorded import Line, settle, standing, take_off
from connectors.recording.fit import (
    Letter,
    Unfit,
    check,
    columns_of,
    counted_on,
    day_of,
    reason_for,
    tidied,
)
from connectors.registers import RegisterRefused
from connectors.registers.store import SnapshotNotRefreshed
from connectors.said import Said
from connectors.settings import Settings
from metrics.core.contracts import RECORD_BATCH
from metrics.registers.columns import Problem

_RECORD: Final = cast(Table, DossierRecord.__table__)
_DOSSIER: Final = cast(Table, Dossier.__table__)
_BATCH: Final = cast(Table, ImportBatch.__table__)

MOST: Final = 5_000
"""Dossiers that one decision may be of."""
_BLOCK: Final = 500
_TOLD: Final = 5


@dataclass(frozen=True)
class Done:
    """What a decision came to: dossiers written, and those left out (their code: why)."""

    dossiers: tuple[int, ...]
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Recorded:
    """A record as it stands now, or was withdrawn; moments are local.

    ``by``, ``at``, ``why``: of the last word; ``is_mended``: there was an earlier one.
    """

    id: int
    kind: str
    is_withdrawn: bool
    is_mended: bool
    letter: Letter | None
    cause: str | None
    by: str
    at: datetime
    why: str | None


@dataclass(frozen=True)
class _Wanted:
    """One row to be written of a dossier."""

    dossier: Line
    kind: str
    values: dict[str, Any]
    of_id: int | None = None
    is_withdrawn: bool = False
    why: str | None = None


# -- recording ------------------------------------------------------------------------------------


def apologise(
    database: Engine,
    settings: Settings,
    dossiers: Sequence[int],
    letter: Letter,
    *,
    skips: bool = False,
    **said: Unpack[Said],
) -> Done:
    """Record a written apology of each dossier, with a new date where one is given.

    The dossier's current due date becomes the new one from the day of issue on; the original one
    stays. ``skips``: leave out dossiers of which it cannot be recorded, instead of refusing all.
    ``said``: who, when, for which units.
    Raises RegisterRefused (Vietnamese; nothing is written): no reason, an impossible day, a
    dossier outside the scope, one re-appointed as often as is allowed. SnapshotNotRefreshed:
    written, but the figures are not in step.
    """
    zone = settings.zone
    letter = tidied(letter, said["at"].astimezone(zone).date())
    numbers = counted_on(letter.number)

    def work(connection: Connection, found: Line) -> _Wanted:
        check(connection, found, letter, zone)
        values = columns_of(found, replace(letter, number=next(numbers)), zone)
        return _Wanted(found, APOLOGY, values)

    return _all(database, settings, dossiers, work, "recorded", skips, said)


def give_cause(
    database: Engine,
    settings: Settings,
    dossiers: Sequence[int],
    cause: str,
    *,
    skips: bool = False,
    **said: Unpack[Said],
) -> Done:
    """Record why each dossier is late, a code of the list of causes; the last word counts.

    Arguments and errors: :func:`apologise`.
    """

    def work(connection: Connection, found: Line) -> _Wanted:
        before = [row for row in _standing(connection, found.id) if row.kind == CAUSE]
        if before and before[-1].late_cause == cause:
            raise Unfit("đã ghi nguyên nhân này rồi.")
        first = before[-1].first_id if before else None
        return _Wanted(found, CAUSE, {"late_cause": cause}, of_id=first)

    return _all(database, settings, dossiers, work, "recorded", skips, said)


def mend(
    database: Engine,
    settings: Settings,
    record: int,
    content: Letter | str,
    why: str,
    **said: Unpack[Said],
) -> None:
    """Say anew what a record says: a letter, or the code of a cause. Errors: :func:`apologise`.

    The day of issue of a letter that gives a new date stays: the date counts from it.
    """
    zone, reason = settings.zone, reason_for(why)

    def work(connection: Connection, found: Line) -> _Wanted:
        row = _one(connection, record, found)
        if isinstance(content, str):
            values: dict[str, Any] = {"late_cause": content}
        else:
            letter = tidied(content, said["at"].astimezone(zone).date())
            is_moved = letter.issued_on != day_of(row.issued_at, zone)
            if is_moved and row.new_due_at is not None:
                raise Unfit("văn bản có hẹn lại nên không sửa ngày ban hành; hãy rút rồi ghi lại.")
            check(connection, found, letter, zone, but=row)
            values = columns_of(found, letter, zone)
        return _Wanted(found, row.kind, values, of_id=row.first_id, why=reason)

    _of_record(database, settings, record, work, "record_mended", said)


def withdraw(
    database: Engine, settings: Settings, record: int, why: str, **said: Unpack[Said]
) -> None:
    """Take a record back: the dossier is as its source says. Errors: :func:`apologise`."""
    reason = reason_for(why)

    def work(connection: Connection, found: Line) -> _Wanted:
        row = _one(connection, record, found)
        names = ("issued_at", "number", "reason", "new_due_at", "signer", "late_cause")
        values = {name: getattr(row, name) for name in names}
        return _Wanted(found, row.kind, values, row.first_id, is_withdrawn=True, why=reason)

    _of_record(database, settings, record, work, "record_withdrawn", said)


def records(
    database: Engine, settings: Settings, dossier_id: int, scope: Scope
) -> tuple[Recorded, ...]:
    """What people recorded of a dossier within the scope, the withdrawn too, oldest first."""
    query = (
        select(*_RECORD.columns, func.coalesce(_RECORD.c.of_id, _RECORD.c.id).label("first_id"))
        .join(_DOSSIER, _DOSSIER.c.id == _RECORD.c.dossier_id)
        .where(_RECORD.c.dossier_id == dossier_id)
        .order_by(_RECORD.c.id)
    )
    if scope.units is not None:
        query = query.where(_DOSSIER.c.resolving_unit_id.in_(sorted(scope.units)))
    with read_transaction(database) as connection:
        rows = connection.execute(query).all()
    last = {row.first_id: row for row in rows}
    times = Counter(row.first_id for row in rows)
    return tuple(_recorded(row, times[first], settings.zone) for first, row in last.items())


def _recorded(row: Line, times: int, zone: ZoneInfo) -> Recorded:
    letter = None
    if row.kind == APOLOGY:
        due = None if row.new_due_at is None else day_of(row.new_due_at, zone)
        issued = day_of(row.issued_at, zone)
        letter = Letter(issued, row.reason or "", row.number, row.signer, due)
    return Recorded(
        id=row.first_id,
        kind=row.kind,
        is_withdrawn=row.is_withdrawn,
        is_mended=times > 1 + row.is_withdrawn,
        letter=letter,
        cause=row.late_cause,
        by=row.by,
        at=row.at.astimezone(zone).replace(tzinfo=None),
        why=row.why,
    )


# -- writing --------------------------------------------------------------------------------------

_Work = Callable[[Connection, Line], _Wanted]


def _all(
    database: Engine,
    settings: Settings,
    dossiers: Sequence[int],
    work: _Work,
    action: str,
    skips: bool,
    said: Said,
) -> Done:
    numbers = list(dict.fromkeys(dossiers))
    if not numbers:
        raise _refused("chưa chọn hồ sơ nào.")
    if len(numbers) > MOST:
        raise _refused(f"mỗi lần ghi nhiều nhất {MOST} hồ sơ, đang chọn {len(numbers)}; hãy lọc.")
    wanted, unfit = list[_Wanted](), list[tuple[str, str]]()
    with write_transaction(database) as connection:
        known = _known(connection, numbers, said["scope"])
        for number in numbers:
            found = known.get(number)
            if found is None:
                unfit.append(("", "không có trong dữ liệu; hãy tải lại trang."))
                continue
            try:
                if found.withdrawn_at is not None:
                    raise Unfit("đã rút khỏi số liệu.")
                wanted.append(work(connection, found))
            except Unfit as problem:
                unfit.append((found.code, str(problem)))
        if unfit and not (skips and wanted):
            raise _not_all(unfit, len(numbers))
        _write(connection, settings, wanted, action, said)
    _refresh(database, settings, wanted[0].dossier.id)
    return Done(tuple(each.dossier.id for each in wanted), tuple(unfit))


def _of_record(
    database: Engine, settings: Settings, record: int, work: _Work, action: str, said: Said
) -> None:
    with database.connect() as connection:
        query = select(_RECORD.c.dossier_id).where(_RECORD.c.id == record)
        dossier = connection.execute(query).scalar_one_or_none()
    _all(database, settings, [-1 if dossier is None else dossier], work, action, False, said)


def _known(connection: Connection, numbers: list[int], scope: Scope) -> dict[int, Line]:
    """Of these dossiers those that units within the scope resolve: to the asker no others are."""
    found = {}
    for at in range(0, len(numbers), _BLOCK):
        query = select(_DOSSIER).where(_DOSSIER.c.id.in_(numbers[at : at + _BLOCK]))
        for row in connection.execute(query):
            if scope.units is None or row.resolving_unit_id in scope.units:
                found[row.id] = row
    return found


def _standing(connection: Connection, dossier: int) -> list[Line]:
    chosen = select(_DOSSIER.c.id).where(_DOSSIER.c.id == dossier)
    return standing(connection, chosen).get(dossier, [])


def _one(connection: Connection, record: int, found: Line) -> Line:
    for row in _standing(connection, found.id):
        if row.first_id == record:
            return row
    raise Unfit("lần ghi này đã rút hoặc không có; hãy tải lại trang.")


def _write(
    connection: Connection, settings: Settings, wanted: list[_Wanted], action: str, said: Said
) -> None:
    batches = {}
    for source, count in Counter(each.dossier.source_id for each in wanted).items():
        values = {"source_id": source, "kind": RECORD_BATCH, "rows_changed": count}
        made = insert(_BATCH).values(started_at=said["at"], finished_at=said["at"], **values)
        batches[source] = connection.execute(made.returning(_BATCH.c.id)).scalar_one()
        mine = [each for each in wanted if each.dossier.source_id == source]
        for at in range(0, count, _BLOCK):
            _block(connection, settings, mine[at : at + _BLOCK], batches[source], said)
    _note(connection, settings, wanted, action, said, batches)


def _block(
    connection: Connection, settings: Settings, wanted: list[_Wanted], batch: int, said: Said
) -> None:
    chosen = select(_DOSSIER.c.id).where(_DOSSIER.c.id.in_([each.dossier.id for each in wanted]))
    keep_history(connection, chosen.subquery().c.id, batch)
    take_off(connection, chosen)
    present = select(_DOSSIER.c.id, _DOSSIER.c.due_at, _DOSSIER.c.late_cause)
    sources = {row.id: row for row in connection.execute(present.where(_DOSSIER.c.id.in_(chosen)))}
    rows = [
        {
            "dossier_id": each.dossier.id,
            "batch_id": batch,
            "of_id": each.of_id,
            "kind": each.kind,
            "is_withdrawn": each.is_withdrawn,
            **dict.fromkeys(("issued_at", "number", "reason", "new_due_at", "signer")),
            "late_cause": None,
            **each.values,
            "source_due_at": sources[each.dossier.id].due_at,
            "source_cause": sources[each.dossier.id].late_cause,
            "by": said["by"][:255],
            "at": said["at"],
            "why": each.why,
        }
        for each in wanted
    ]
    connection.execute(insert(_RECORD), rows)
    settle(connection, chosen, settings.timezone)
    connection.execute(update(_DOSSIER).where(_DOSSIER.c.id.in_(chosen)).values(batch_id=batch))


def _note(
    connection: Connection,
    settings: Settings,
    wanted: list[_Wanted],
    action: str,
    said: Said,
    batches: dict[int, int],
) -> None:
    """A line for each unit whose dossiers they are; which ones: the batch's records."""
    of_unit: dict[int, list[_Wanted]] = {}
    for each in wanted:
        of_unit.setdefault(each.dossier.resolving_unit_id, []).append(each)
    try:
        for unit, own in of_unit.items():
            first = own[0].dossier
            one = len(own) == 1
            audit.append(
                connection,
                action,
                actor=said["actor"],
                subject=f"Hồ sơ {first.code}" if one else f"{len(own)} hồ sơ",
                unit_id=unit,
                detail={
                    "what": own[0].kind,
                    **({"dossier": first.id} if one else {"dossiers": len(own)}),
                    "batches": sorted({batches[each.dossier.source_id] for each in own}),
                    **({"reason": audit.plain(own[0].why)} if own[0].why else {}),
                },
                keys=settings.audit_keys,
            )
    except (audit.AuditUnavailable, audit.AuditRefused) as error:
        raise RegisterRefused(str(error)) from error


def _refused(what: str) -> RegisterRefused:
    return RegisterRefused.of([Problem("Hồ sơ", None, what)])


def _not_all(unfit: list[tuple[str, str]], whole: int) -> RegisterRefused:
    lines = [f"Hồ sơ {code}: {why}" if code else f"Hồ sơ {why}" for code, why in unfit[:_TOLD]]
    if whole > 1:
        lines.insert(0, f"{len(unfit)} trong {whole} hồ sơ không ghi được:")
    if len(unfit) > _TOLD:
        lines.append(f"… và {len(unfit) - _TOLD} hồ sơ khác.")
    return RegisterRefused("\n".join(lines))


def _refresh(database: Engine, settings: Settings, dossier_id: int) -> None:
    from connectors import snapshot

    try:
        snapshot.refresh(database, settings)
    except Exception as error:
        raise SnapshotNotRefreshed(dossier_id, error) from error
