"""Closing a period (chốt số liệu): the figures of its forms, frozen; taken back with a reason.

The closing, its frozen figures and its line in the audit are one transaction: whole or not begun.
What the figures are is decided above (reports.closing); here they are kept as they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Unpack, cast

import polars as pl
from sqlalchemy import Connection, Engine, Row, Table, func, insert, select, update

from connectors import audit
from connectors.database.closing import CLOSED_FIGURE, CLOSED_UNIT, Closing
from connectors.database.models import ImportBatch, Unit
from connectors.database.session import read_transaction, write_transaction
from connectors.engine import Scope
from connectors.intake.aliases import Aliases
from connectors.intake.report import IntakeRefused
from connectors.said import Said
from connectors.settings import Settings

__all__ = [
    "CELL",
    "LISTED",
    "STOOD",
    "ClosingRefused",
    "Found",
    "Said",
    "ToClose",
    "close",
    "found",
    "in_force",
    "listed",
    "reopen",
]

_CLOSING: Final = cast(Table, Closing.__table__)
_UNIT: Final = cast(Table, Unit.__table__)
_BATCH: Final = cast(Table, ImportBatch.__table__)
_MOST: Final = 255
_MOST_REASON: Final = 1000

CELL: Final[dict[str, Any]] = {
    "unit_id": pl.Int32,
    "field_id": pl.Int32,
    "figure": pl.String,
    "part": pl.String,
    "count": pl.Int64,
}
"""A frozen figure: metrics.dossiers.form_cells.CELL."""
STOOD: Final[dict[str, Any]] = {
    "unit_id": pl.Int32,
    "parent_id": pl.Int32,
    "name": pl.String,
    "level": pl.String,
}
"""A unit of frozen figures as it stood and was called when they were frozen."""
LISTED: Final[dict[str, Any]] = {
    "closing_id": pl.Int64,
    "unit_id": pl.Int64,
    "unit": pl.String,
    "period": pl.String,
    "last_day": pl.Date,
    "as_of": pl.Datetime("ms"),
    "due": pl.String,
    "data_version": pl.String,
    "batch_id": pl.Int64,
    "at": pl.Datetime("ms"),
    "by": pl.String,
    "note": pl.String,
    "reopened_at": pl.Datetime("ms"),
    "reopened_by": pl.String,
    "reopen_reason": pl.String,
}
"""What :func:`listed` returns; moments are local. ``unit`` null: all units."""


class ClosingRefused(IntakeRefused):
    """A period that cannot be closed or reopened; nothing was written (Vietnamese)."""


@dataclass(frozen=True)
class ToClose:
    """What is closed: of whom (None: all units), which period, counted as of when from what.

    ``as_of`` is local; ``batch_id`` the last batch that is in the figures, ``newest`` the highest
    number among those in them.
    """

    unit_id: int | None
    period: str
    first_day: date
    last_day: date
    as_of: datetime
    due: str
    data_version: str
    batch_id: int
    newest: int
    label: str
    note: str = ""


@dataclass(frozen=True)
class Found:
    """A closing with its frozen figures (:data:`CELL`); moments are local.

    ``units``: :data:`STOOD`, and ``now_id``: the unit that it has become since (merged), else
    itself. Empty for closings of before units were kept.
    """

    closing_id: int
    unit_id: int | None
    period: str
    as_of: datetime
    due: str
    batch_id: int
    at: datetime
    by: str
    cells: pl.DataFrame
    units: pl.DataFrame


def close(
    database: Engine,
    settings: Settings,
    what: ToClose,
    cells: Sequence[tuple[Any, ...]],
    units: Sequence[tuple[Any, ...]] = (),
    **said: Unpack[Said],
) -> int:
    """Freeze the figures of a period; the closing's number.

    Args:
        cells: rows in the order of :data:`CELL`.
        units: the units of the cells, rows in the order of :data:`STOOD`.
        said: who, when (UTC), within which units.

    Raises:
        ClosingRefused: outside the scope; nothing to freeze; closed already; records have come in
            that are not in the figures.
    """
    _in_scope(what.unit_id, said["scope"])
    if not cells:
        raise ClosingRefused(f"{what.label}: không có số liệu nào để chốt.")
    with write_transaction(database) as connection:
        name = _name(connection, what.unit_id)
        standing = connection.execute(
            select(_CLOSING.c.at, _CLOSING.c.by).where(
                _CLOSING.c.period == what.period,
                _CLOSING.c.unit_id.is_not_distinct_from(what.unit_id),
                _CLOSING.c.reopened_at.is_(None),
            )
        ).first()
        if standing is not None:
            at = standing.at.astimezone(settings.zone)
            raise ClosingRefused(
                f"{what.label} của {name} đã được {standing.by} chốt lúc {at:%H:%M %d/%m/%Y}. Muốn "
                "chốt lại, hãy mở lại kỳ trước, có ghi lý do."
            )
        newest = connection.execute(select(func.max(_BATCH.c.id))).scalar_one()
        if newest != what.newest:
            raise ClosingRefused(
                "Cơ sở dữ liệu có lô nhập chưa vào số liệu. Hãy tổng hợp lại số liệu (Dữ liệu, mục "
                "Bản tổng hợp) rồi chốt."
            )
        values = {
            key: getattr(what, key)
            for key in ("unit_id", "period", "first_day", "last_day", "due", "batch_id")
        }
        values |= {
            "as_of": what.as_of.replace(tzinfo=settings.zone),
            "data_version": what.data_version[:128],
            "at": said["at"],
            "by": said["by"][:_MOST],
            "note": what.note.strip()[:_MOST_REASON] or None,
        }
        made = insert(_CLOSING).values(**values).returning(_CLOSING.c.id)
        number: int = connection.execute(made).scalar_one()
        rows = [
            {"closing_id": number, "line": line, **dict(zip(CELL, cell, strict=True))}
            for line, cell in enumerate(cells)
        ]
        connection.execute(insert(CLOSED_FIGURE), rows)
        if units:
            stood = [{"closing_id": number, **dict(zip(STOOD, unit, strict=True))}
                     for unit in units]  # fmt: skip
            connection.execute(insert(CLOSED_UNIT), stood)
        detail: dict[str, Any] = {"closing": number, "figures": len(rows), "batch": what.batch_id}
        detail |= {"as_of": f"{what.as_of:%H:%M %d/%m/%Y}", "version": values["data_version"]}
        _note(connection, settings, "close_period", what.unit_id, f"{what.label}; {name}", detail,
              said["actor"])  # fmt: skip
    return number


def reopen(
    database: Engine,
    settings: Settings,
    closing_id: int,
    reason: str,
    **said: Unpack[Said],
) -> None:
    """Take a closing back: figures of now hold again, and the closing is kept as history.

    Raises:
        ClosingRefused: no reason; no such closing in force; outside the scope.
    """
    reason = reason.strip()
    if not reason or len(reason) > _MOST_REASON:
        raise ClosingRefused(f"Hãy ghi lý do mở lại, từ 1 đến {_MOST_REASON} ký tự.")
    with write_transaction(database) as connection:
        row = connection.execute(
            select(_CLOSING).where(_CLOSING.c.id == closing_id, _CLOSING.c.reopened_at.is_(None))
        ).one_or_none()
        if row is None:
            raise ClosingRefused("Kỳ này không còn chốt; hãy tải lại trang.")
        _in_scope(row.unit_id, said["scope"])
        connection.execute(
            update(_CLOSING)
            .where(_CLOSING.c.id == closing_id)
            .values(reopened_at=said["at"], reopened_by=said["by"][:_MOST], reopen_reason=reason)
        )
        subject = f"{row.period}; {_name(connection, row.unit_id)}"
        detail = {"closing": closing_id, "reason": audit.plain(reason)}
        _note(connection, settings, "reopen_period", row.unit_id, subject, detail, said["actor"])


def listed(database: Engine, settings: Settings, scope: Scope) -> pl.DataFrame:
    """All closings of units in scope, newest first: :data:`LISTED`."""
    query = (
        select(_CLOSING, _UNIT.c.name.label("unit"))
        .join(_UNIT, _UNIT.c.id == _CLOSING.c.unit_id, isouter=True)
        .order_by(_CLOSING.c.at.desc(), _CLOSING.c.id.desc())
    )
    if scope.units is not None:
        query = query.where(_CLOSING.c.unit_id.in_(sorted(scope.units)))
    with read_transaction(database) as connection:
        rows = [_local(row, settings) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=LISTED)


def in_force(
    database: Engine, settings: Settings, period: str, units: Sequence[int | None]
) -> Found | None:
    """The closing of a period by the first of these units that has one; None: it is open.

    Args:
        units: the unit asked about, then those above it, None (all units) last.
    """
    with read_transaction(database) as connection:
        rows = connection.execute(
            select(_CLOSING).where(_CLOSING.c.period == period, _CLOSING.c.reopened_at.is_(None))
        ).all()
        own = {row.unit_id: row for row in rows}
        row = next((own[unit] for unit in units if unit in own), None)
        return None if row is None else _with_cells(connection, row, settings)


def found(database: Engine, settings: Settings, closing_id: int, scope: Scope) -> Found | None:
    """A closing with its figures, in force or not; None: none that may be seen."""
    with read_transaction(database) as connection:
        row = connection.execute(select(_CLOSING).where(_CLOSING.c.id == closing_id)).one_or_none()
        if row is None or (scope.units is not None and row.unit_id not in scope.units):
            return None
        return _with_cells(connection, row, settings)


def _with_cells(connection: Connection, row: Row[Any], settings: Settings) -> Found:
    columns = [CLOSED_FIGURE.c[name] for name in CELL]
    query = select(*columns).where(CLOSED_FIGURE.c.closing_id == row.id)
    cells = [tuple(cell) for cell in connection.execute(query.order_by(CLOSED_FIGURE.c.line))]
    local = _local(row, settings)
    return Found(
        closing_id=row.id,
        unit_id=row.unit_id,
        period=row.period,
        as_of=local["as_of"],
        due=row.due,
        batch_id=row.batch_id,
        at=local["at"],
        by=row.by,
        cells=pl.DataFrame(cells, schema=CELL, orient="row"),
        units=_stood(connection, row.id),
    )


def _stood(connection: Connection, closing_id: int) -> pl.DataFrame:
    columns = [CLOSED_UNIT.c[name] for name in STOOD]
    query = select(*columns).where(CLOSED_UNIT.c.closing_id == closing_id)
    rows = [tuple(unit) for unit in connection.execute(query.order_by(CLOSED_UNIT.c.unit_id))]
    become = Aliases.read(connection).merged if rows else {}
    found = pl.DataFrame(rows, schema=STOOD, orient="row")
    return found.with_columns(now_id=pl.col("unit_id").replace(become))


def _local(row: Row[Any], settings: Settings) -> dict[str, Any]:
    values = dict(row._mapping) | {"closing_id": row.id}
    for name in ("as_of", "at", "reopened_at"):
        if values[name] is not None:
            values[name] = values[name].astimezone(settings.zone).replace(tzinfo=None)
    return {name: values.get(name) for name in LISTED}


def _in_scope(unit: int | None, scope: Scope) -> None:
    if scope.units is not None and unit not in scope.units:
        raise ClosingRefused("Đơn vị ngoài phạm vi của tài khoản.")


def _name(connection: Connection, unit: int | None) -> str:
    if unit is None:
        return "tất cả đơn vị"
    name = connection.execute(select(_UNIT.c.name).where(_UNIT.c.id == unit)).scalar()
    if name is None:
        raise ClosingRefused("Đơn vị không có trong danh mục; hãy tải lại trang.")
    return str(name)


def _note(
    connection: Connection,
    settings: Settings,
    action: str,
    unit: int | None,
    subject: str,
    detail: dict[str, Any],
    actor: audit.Actor,
) -> None:
    try:
        audit.append(
            connection,
            action,
            actor=actor,
            subject=(audit.plain(subject) or "")[:_MOST],
            unit_id=unit,
            detail=detail,
            keys=settings.audit_keys,
        )
    except audit.AuditUnavailable as error:
        raise ClosingRefused(str(error)) from error
