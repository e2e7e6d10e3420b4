"""Taking single dossiers out of every figure, and bringing them back, as somebody decides.

What a source asks by itself: :mod:`connectors.intake.withdrawn`. Each decision is a batch of its
own, so that what was known before it can still be asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Unpack, cast

import polars as pl
from sqlalchemy import Connection, Engine, RowMapping, Table, insert, select

from connectors import audit
from connectors.database.models import Dossier, ImportBatch
from connectors.database.registers import WITHDRAWAL
from connectors.database.session import read_transaction, write_transaction
from connectors.database.withdrawn import DOSSIER
from connectors.engine import Scope
from connectors.intake.withdrawn import bring_back, put_aside
from connectors.registers import RegisterRefused
from connectors.registers.store import SnapshotNotRefreshed, reason_given
from connectors.said import Said
from connectors.settings import Settings
from metrics.core.contracts import MOMENT, WITHDRAWAL_BATCH
from metrics.registers.columns import Problem

_DOSSIER: Final = cast(Table, Dossier.__table__)
_BATCH: Final = cast(Table, ImportBatch.__table__)

LISTED: Final[dict[str, Any]] = {
    "dossier_id": pl.Int64,
    "code": pl.String,
    "at": MOMENT,
    "by": pl.String,
    "reason": pl.String,
}
"""What :func:`withdrawn` returns; moments are local."""


def withdraw(
    database: Engine,
    settings: Settings,
    dossier_id: int,
    reason: str,
    **said: Unpack[Said],
) -> None:
    """Take a dossier (entered twice, cancelled) out of every figure, of whatever period.

    It is kept with its history; figures as known before ``at`` still have it. ``said``:
    :class:`Said`.
    Raises RegisterRefused (Vietnamese; nothing is written): no reason, no such dossier within the
    scope, withdrawn already. SnapshotNotRefreshed: written, but the figures are not in step.
    """
    reason = reason_given(reason)
    with write_transaction(database) as connection:
        found = _one(connection, dossier_id, said["scope"])
        if found["withdrawn_at"] is not None:
            raise _refused("đã rút khỏi số liệu rồi.")
        at = said["at"]
        number = _batch(connection, found, at)
        put_aside(connection, [(dossier_id, reason)], number, at, said["by"])
        _note(
            connection, settings, "withdraw", found, said["actor"], {"reason": audit.plain(reason)}
        )
    _refresh(database, settings, dossier_id)


def restore(
    database: Engine,
    settings: Settings,
    dossier_id: int,
    **said: Unpack[Said],
) -> None:
    """Let a withdrawn dossier count again. Arguments and errors: :func:`withdraw`."""
    with write_transaction(database) as connection:
        found = _one(connection, dossier_id, said["scope"])
        if found["withdrawn_at"] is None:
            raise _refused("chưa bị rút nên không cần khôi phục.")
        bring_back(connection, dossier_id, _batch(connection, found, said["at"]))
        _note(connection, settings, "reinstate", found, said["actor"], {})
    _refresh(database, settings, dossier_id)


def withdrawn(
    database: Engine, settings: Settings, *, scope: Scope, dossier_id: int | None = None
) -> pl.DataFrame:
    """The withdrawn dossiers within the scope, newest first: :data:`LISTED`.

    ``dossier_id``: this one alone.
    """
    query = (
        select(_DOSSIER.c.id, _DOSSIER.c.code, WITHDRAWAL.c.at, WITHDRAWAL.c.by)
        .add_columns(WITHDRAWAL.c.reason)
        .join(WITHDRAWAL, WITHDRAWAL.c.row_id == _DOSSIER.c.id)
        .where(WITHDRAWAL.c.register == DOSSIER)
        .order_by(WITHDRAWAL.c.at.desc(), _DOSSIER.c.id)
    )
    if scope.units is not None:
        query = query.where(_DOSSIER.c.resolving_unit_id.in_(sorted(scope.units)))
    if dossier_id is not None:
        query = query.where(_DOSSIER.c.id == dossier_id)
    with read_transaction(database) as connection:
        rows = [
            (number, code, at.astimezone(settings.zone).replace(tzinfo=None), by, reason)
            for number, code, at, by, reason in connection.execute(query)
        ]
    return pl.DataFrame(rows, schema=LISTED, orient="row")


def _one(connection: Connection, dossier_id: int, scope: Scope) -> RowMapping:
    """One that units outside the scope resolve is, to the asker, no dossier."""
    query = select(_DOSSIER).where(_DOSSIER.c.id == dossier_id)
    found = connection.execute(query).mappings().one_or_none()
    if found is None or not (scope.units is None or found["resolving_unit_id"] in scope.units):
        raise _refused("không có trong dữ liệu; hãy tải lại trang.")
    return found


def _refused(what: str) -> RegisterRefused:
    return RegisterRefused.of([Problem("Hồ sơ", None, what)])


def _batch(connection: Connection, dossier: RowMapping, at: datetime) -> int:
    values = {"source_id": dossier["source_id"], "kind": WITHDRAWAL_BATCH, "rows_changed": 1}
    made = insert(_BATCH).values(started_at=at, finished_at=at, **values).returning(_BATCH.c.id)
    number: int = connection.execute(made).scalar_one()
    return number


def _note(
    connection: Connection,
    settings: Settings,
    action: str,
    dossier: RowMapping,
    actor: audit.Actor,
    detail: dict[str, Any],
) -> None:
    try:
        audit.append(
            connection,
            action,
            actor=actor,
            subject=f"Hồ sơ {dossier['code']}",
            unit_id=dossier["resolving_unit_id"],
            detail={"dossier": dossier["id"], **detail},
            keys=settings.audit_keys,
        )
    except audit.AuditUnavailable as error:
        raise RegisterRefused(str(error)) from error


def _refresh(database: Engine, settings: Settings, dossier_id: int) -> None:
    from connectors import snapshot

    try:
        snapshot.refresh(database, settings)
    except Exception as error:
        raise SnapshotNotRefreshed(dossier_id, error) from error
