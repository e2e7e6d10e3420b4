"""What letters of apology of dossiers say; owners stand apart (connectors.privacy)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, func, select

from connectors.database.models import Apology, Dossier
from connectors.database.session import read_transaction
from connectors.engine import Scope
from connectors.settings import Settings

_BLOCK = 500


@dataclass(frozen=True)
class Issued:
    """The last apology of a dossier with what it is about; moments are local.

    ``due_at``: the due date before the letter. ``reason`` and ``signer`` are free text: for the
    letter alone, in no list and no figure.
    """

    dossier_id: int
    code: str
    unit_id: int
    procedure_id: int | None
    received_on: date | None
    due_at: datetime | None
    issued_on: date
    number: str | None
    reason: str | None
    signer: str | None
    new_due_at: datetime | None


def issued(
    database: Engine, settings: Settings, dossiers: Sequence[int], scope: Scope
) -> list[Issued]:
    """The last apology of each of these dossiers within the scope that has one, in their order."""
    found: dict[int, Issued] = {}
    with read_transaction(database) as connection:
        for at in range(0, len(dossiers), _BLOCK):
            block = dossiers[at : at + _BLOCK]
            last = (
                select(Apology.dossier_id, func.max(Apology.issued_at).label("issued_at"))
                .where(Apology.dossier_id.in_(block))
                .group_by(Apology.dossier_id)
                .subquery()
            )
            query = (
                select(
                    Dossier.id,
                    Dossier.code,
                    Dossier.resolving_unit_id,
                    Dossier.procedure_id,
                    Dossier.received_at,
                    Dossier.due_at,
                    Dossier.due_original_at,
                    *(
                        getattr(Apology, name)
                        for name in ("issued_at", "number", "reason", "signer", "new_due_at")
                    ),
                )
                .join(Apology, Apology.dossier_id == Dossier.id)
                .join(
                    last,
                    (last.c.dossier_id == Apology.dossier_id)
                    & (last.c.issued_at == Apology.issued_at),
                )
            )
            for row in connection.execute(query):
                if scope.units is None or row.resolving_unit_id in scope.units:
                    found[row.id] = _issued(row, settings)
    return [found[number] for number in dossiers if number in found]


def _issued(row: Any, settings: Settings) -> Issued:
    def local(at: datetime | None) -> datetime | None:
        return None if at is None else at.astimezone(settings.zone).replace(tzinfo=None)

    received, on = local(row.received_at), local(row.issued_at)
    assert on is not None
    is_moved = row.new_due_at is not None and row.new_due_at == row.due_at
    return Issued(
        dossier_id=row.id,
        code=row.code,
        unit_id=row.resolving_unit_id,
        procedure_id=row.procedure_id,
        received_on=None if received is None else received.date(),
        due_at=local(row.due_original_at if is_moved else row.due_at),
        issued_on=on.date(),
        number=row.number,
        reason=row.reason,
        signer=row.signer,
        new_due_at=local(row.new_due_at),
    )
