"""What people recorded of dossiers, kept in force beside what sources say (docs/definitions.md).

A record holds until its source says something else of the same thing: a file that repeats the due
date of before, or says nothing of it, takes no re-appointment away. What a source says is compared
with what it said before, never with what a person recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from connectors.database.models import Apology, Dossier
from connectors.database.recorded import APOLOGY, CAUSE, DossierRecord
from connectors.intake.moments import MOMENT

RECORD: Final = cast(Table, DossierRecord.__table__)
_DOSSIER: Final = cast(Table, Dossier.__table__)
_APOLOGY: Final = cast(Table, Apology.__table__)
_LETTER: Final = ("issued_at", "number", "reason", "new_due_at", "signer")

Line = Any
"""A row of the database, with its columns by name."""
Records = dict[int, list[Line]]
"""Dossier → its records that stand, in the order in which they were first made."""


def standing(connection: Connection, dossiers: Select[Any]) -> Records:
    """The records that stand of some dossiers: mended as they are now, without the withdrawn.

    Each row has ``first_id``, by which it is mended and withdrawn. ``dossiers``: their ids.
    """
    first = func.coalesce(RECORD.c.of_id, RECORD.c.id)
    last = select(func.max(RECORD.c.id)).where(RECORD.c.dossier_id.in_(dossiers)).group_by(first)
    query = (
        select(*RECORD.columns, first.label("first_id"))
        .where(RECORD.c.id.in_(last), RECORD.c.is_withdrawn.is_(False))
        .order_by(RECORD.c.dossier_id, first)
    )
    found: Records = defaultdict(list)
    for row in connection.execute(query):
        found[row.dossier_id].append(row)
    return found


def is_any(connection: Connection) -> bool:
    """Whether anything was ever recorded."""
    return connection.execute(select(RECORD.c.id).limit(1)).first() is not None


# -- what sources say -----------------------------------------------------------------------------


def as_sources_say(
    connection: Connection, dossiers: pl.DataFrame, mine: ColumnElement[bool], codes: Table
) -> pl.DataFrame:
    """Dossiers (``code``, ``due_at``, ``late_cause``, …) without what people recorded of them.

    ``mine``: joins the staged ``codes`` to the dossiers.
    """
    ids = select(_DOSSIER.c.id).join(codes, mine)
    found = standing(connection, ids)
    if not found:
        return dossiers
    pairs = select(_DOSSIER.c.id, _DOSSIER.c.code).where(_DOSSIER.c.id.in_(ids))
    named = {row.id: row.code for row in connection.execute(pairs)}
    dues, causes = list[Any](), list[Any]()
    for number, rows in found.items():
        for row in rows:
            if row.kind == APOLOGY and row.new_due_at is not None:
                dues.append((named[number], row.new_due_at, row.source_due_at))
            if row.kind == CAUSE:
                causes.append((named[number], row.late_cause, row.source_cause))
    found_dues = pl.DataFrame(
        dues, {"code": pl.String, "due_at": MOMENT, "_said": MOMENT}, orient="row"
    )
    said_causes = dict.fromkeys(("code", "late_cause", "_said"), pl.String)
    return dossiers.pipe(_replaced, "due_at", found_dues).pipe(
        _replaced, "late_cause", pl.DataFrame(causes, said_causes, orient="row")
    )


def _replaced(dossiers: pl.DataFrame, name: str, said: pl.DataFrame) -> pl.DataFrame:
    said = said.unique("code", keep="last").rename({name: "_recorded"})
    is_recorded = pl.col(name) == pl.col("_recorded")
    return (
        dossiers.join(said, on="code", how="left", maintain_order="left")
        .with_columns(pl.when(is_recorded).then("_said").otherwise(name).alias(name))
        .drop("_recorded", "_said")
    )


# -- putting records in force ---------------------------------------------------------------------


def settle(
    connection: Connection, dossiers: Select[Any], zone: str, said: Collection[str] = ()
) -> None:
    """Put what is recorded of some dossiers in force, on top of what their source says.

    Args:
        dossiers: their ids.
        zone: whose days these are.
        said: of due_at and late_cause those that a source has just said.
    """
    found = standing(connection, dossiers)
    concerned = select(RECORD.c.dossier_id).where(RECORD.c.dossier_id.in_(dossiers))
    connection.execute(
        delete(_APOLOGY).where(
            _APOLOGY.c.dossier_id.in_(concerned), _APOLOGY.c.record_id.is_not(None)
        )
    )
    if not found:
        return
    _put_letters(connection, found, ZoneInfo(zone))
    present = select(_DOSSIER.c.id, _DOSSIER.c.due_at, _DOSSIER.c.late_cause)
    for row in connection.execute(present.where(_DOSSIER.c.id.in_(concerned))).all():
        _put_values(connection, row, found.get(row.id, ()), said)


def _put_letters(connection: Connection, found: Records, zone: tzinfo) -> None:
    """The letters as apologies, but for those that the source tells itself."""
    told: dict[int, list[Line]] = defaultdict(list)
    for numbers in _blocks(list(found)):
        query = select(_APOLOGY.c.dossier_id, _APOLOGY.c.issued_at, _APOLOGY.c.number)
        for row in connection.execute(query.where(_APOLOGY.c.dossier_id.in_(numbers))):
            told[row.dossier_id].append(row)
    rows = [
        {"dossier_id": number, "record_id": row.first_id}
        | {name: getattr(row, name) for name in _LETTER}
        for number, records in found.items()
        for row in records
        if row.kind == APOLOGY and not _is_told(row, told[number], zone)
    ]
    if rows:
        connection.execute(insert(_APOLOGY), rows)


def _is_told(letter: Line, told: Iterable[Line], zone: tzinfo) -> bool:
    """By its number, or as the apology of that day."""

    def day(moment: datetime) -> Any:
        return moment.astimezone(zone).date()

    return any(
        (each.number is not None and each.number == letter.number)
        or day(each.issued_at) == day(letter.issued_at)
        for each in told
    )


def _put_values(
    connection: Connection, dossier: Line, records: Sequence[Line], said: Collection[str]
) -> None:
    """The new due date and the cause, where the source has said nothing newer."""
    for row in records:
        if row.kind == APOLOGY and row.new_due_at is not None:
            name, source, now = "due_at", "source_due_at", row.new_due_at
        elif row.kind == CAUSE:
            name, source, now = "late_cause", "source_cause", row.late_cause
        else:
            continue
        present = getattr(dossier, name)
        if present == now:
            if name in said:  # the source says the same by now: it is its own word
                own = RECORD.c.id == row.id
                connection.execute(update(RECORD).where(own).values({source: present}))
        elif present == getattr(row, source) or (name == "late_cause" and present is None):
            mine = _DOSSIER.c.id == dossier.id
            connection.execute(update(_DOSSIER).where(mine).values({name: now}))


def take_off(connection: Connection, dossiers: Select[Any]) -> None:
    """Leave these dossiers with what their source says; :func:`settle` puts the rest on again."""
    for number, records in standing(connection, dossiers).items():
        for row in records:
            mine = _DOSSIER.c.id == number
            if row.kind == CAUSE:
                mine = mine & (_DOSSIER.c.late_cause == row.late_cause)
                was = {"late_cause": row.source_cause}
            elif row.new_due_at is not None:
                mine = mine & (_DOSSIER.c.due_at == row.new_due_at)
                was = {"due_at": row.source_due_at}
            else:
                continue
            connection.execute(update(_DOSSIER).where(mine).values(was))


_BLOCK: Final = 500
"""Ids that one statement names: SQLite takes only so many."""


def _blocks(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[at : at + _BLOCK] for at in range(0, len(numbers), _BLOCK))
