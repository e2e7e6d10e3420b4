"""Keeping what dossiers said before they are written over (docs/adr/0007)."""

from __future__ import annotations

from typing import Any, Final, cast

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ScalarSelect,
    Table,
    case,
    extract,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy import cast as sql_cast

from connectors.database.history import DossierHistory
from connectors.database.models import Apology, Dossier, Pause, Step
from connectors.database.types import UtcMoment

_DOSSIER: Final = cast(Table, Dossier.__table__)
_HISTORY: Final = DossierHistory.__table__
_CHILDREN: Final = {
    "pauses": (cast(Table, Pause.__table__), ("kind", "from_at", "to_at")),
    "steps": (
        cast(Table, Step.__table__),
        ("sequence", "name", "unit_id", "officer_id", "from_at", "due_at", "to_at"),
    ),
    "apologies": (cast(Table, Apology.__table__), ("issued_at", "new_due_at")),
}
"""List → its table and what of it is kept: what figures can see, and nobody's name."""


def keep_history(connection: Connection, dossiers: ColumnElement[Any], batch_id: int) -> None:
    """Add the dossiers and their children, as they stand now, to the history.

    ``dossiers``: column of the ids (of a staging table); ``batch_id``: of the batch that is
    about to write over them. What that batch itself wrote is no history.
    """
    kept = [column for column in _HISTORY.columns if column.name in _DOSSIER.columns]
    values: list[ColumnElement[Any]] = [_DOSSIER.c[column.name] for column in kept]
    lists = [_as_list(connection, *_CHILDREN[name]) for name in _CHILDREN]
    query = (
        select(_DOSSIER.c.id, literal(batch_id), *values, *lists)
        .where(_DOSSIER.c.id.in_(select(dossiers)))
        .where(_DOSSIER.c.batch_id != batch_id)
    )
    names = ["dossier_id", "replaced_by", *(column.name for column in kept), *_CHILDREN]
    connection.execute(insert(_HISTORY).from_select(names, query))


def _as_list(connection: Connection, table: Table, names: tuple[str, ...]) -> ScalarSelect[Any]:
    """A dossier's rows of a table as one JSON list; NULL where it has none."""
    sqlite = connection.dialect.name == "sqlite"
    pairs: list[Any] = []
    for name in names:
        pairs += [literal(name), _plain(table.c[name], sqlite)]
    row = func.json_object(*pairs) if sqlite else func.json_build_object(*pairs)
    rows = func.json_group_array(func.json(row)) if sqlite else func.json_agg(row)
    some = case((func.count() > 0, rows))
    return select(some).where(table.c.dossier_id == _DOSSIER.c.id).scalar_subquery()


def _plain(column: Column[Any], sqlite: bool) -> ColumnElement[Any]:
    if sqlite or not isinstance(column.type, UtcMoment):
        return column
    return sql_cast(func.floor(extract("epoch", column) * 1000), BigInteger)
