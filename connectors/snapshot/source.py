"""Reading the facts out of the dossier database, in bounded pieces and without personal data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Select,
    cast,
    extract,
    func,
    select,
    text,
)
from sqlalchemy import types as sqltypes
from sqlalchemy.orm import InstrumentedAttribute

from connectors.database.bulk import no_collection
from connectors.database.history import DossierHistory
from connectors.database.models import Apology, Dossier, Pause, Step
from connectors.database.registers import WITHDRAWAL
from connectors.database.types import UtcMoment
from connectors.database.withdrawn import DOSSIER

__all__ = ["CHUNK", "Raw", "Span", "changed_spans", "count_dossiers", "read", "spans"]

CHUNK: Final = 200_000
"""Dossiers read at once (a range of ids): bounds the memory."""

_FETCH: Final = 50_000
"""Rows turned into Python objects at once."""

# Everything the snapshot takes. The table of owners, officers' names and the signer and reason
# of an apology are not among it, and no column is ever taken by "all".
_DOSSIER: Final = (
    Dossier.id,
    Dossier.code,
    Dossier.source_id,
    Dossier.procedure_id,
    Dossier.receiving_unit_id,
    Dossier.resolving_unit_id,
    Dossier.applicant_unit_id,
    Dossier.channel,
    Dossier.channel_source,
    Dossier.officer_id,
    Dossier.submitted_at,
    Dossier.received_at,
    Dossier.due_original_at,
    Dossier.due_at,
    Dossier.due_changed_at,
    Dossier.ended_at,
    Dossier.end_kind,
    Dossier.collected_at,
    Dossier.recorded_at,
    Dossier.status,
    Dossier.late_cause,
    Dossier.online_payment,
    Dossier.digitised,
    Dossier.data_reused,
    Dossier.batch_id,
)
# What is withdrawn is in no figure: small, so that it can be asked of every child.
_WITHDRAWN: Final = select(WITHDRAWAL.c.row_id).where(WITHDRAWAL.c.register == DOSSIER)
_PAUSE: Final = (Pause.dossier_id, Pause.kind, Pause.from_at, Pause.to_at)
_STEP: Final = (
    Step.dossier_id,
    Step.sequence,
    Step.name,
    Step.unit_id,
    Step.officer_id,
    Step.from_at,
    Step.due_at,
    Step.to_at,
)
_APOLOGY: Final = (Apology.dossier_id, Apology.issued_at, Apology.new_due_at)

_OWN: Final = ("pauses", "steps", "apologies")
_HISTORY: Final = (
    DossierHistory.dossier_id,
    DossierHistory.replaced_by,
    *(getattr(DossierHistory, column.key) for column in _DOSSIER if column.key != "id"),
    *(getattr(DossierHistory, name) for name in _OWN),
)

Columns = tuple[InstrumentedAttribute[Any], ...]
Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Span:
    """Dossiers with ``first ≤ id ≤ last``; of a batch later than ``since`` if that is given."""

    first: int
    last: int
    since: int | None = None


@dataclass(frozen=True)
class Raw:
    """Rows as they stand in the database: moments are Int64, milliseconds since 1970 UTC.

    ``dossier``, ``pause``, ``step`` and ``apology`` have the columns listed in this module,
    under the database's names; so has ``history``, what the dossiers said before, whose
    ``pauses``, ``steps`` and ``apologies`` are JSON texts.
    """

    dossier: pl.DataFrame
    pause: pl.DataFrame
    step: pl.DataFrame
    apology: pl.DataFrame
    history: pl.DataFrame


def count_dossiers(connection: Connection) -> int:
    """The dossiers that nobody has withdrawn."""
    standing = select(func.count()).select_from(Dossier).where(Dossier.withdrawn_at.is_(None))
    return connection.execute(standing).scalar_one()


def spans(connection: Connection) -> Iterator[Span]:
    """All dossiers, in ranges of at most ``CHUNK`` ids; gaps in the ids are jumped over."""
    at = 0
    while True:
        query = select(func.min(Dossier.id)).where(Dossier.id >= at)
        first = connection.execute(query).scalar_one()
        if first is None:
            return
        at = first + CHUNK
        yield Span(first, at - 1)


def changed_spans(connection: Connection, since: int) -> tuple[pl.Series, int, list[Span]]:
    """The dossiers that a batch later than ``since`` wrote.

    Their ids (Int64, sorted), how many of them nobody has withdrawn, and spans.
    """
    query = select(Dossier.id).where(Dossier.batch_id > since)
    found = _frame(connection, query, (Dossier.id, Dossier.withdrawn_at))
    ids = found["id"].sort()
    pieces = [ids.slice(at, CHUNK) for at in range(0, len(ids), CHUNK)]
    spans = [Span(piece[0], piece[-1], since) for piece in pieces]
    return ids, found["withdrawn_at"].null_count(), spans


def read(connection: Connection, span: Span) -> Raw:
    """The facts of one span of dossiers: of those that nobody has withdrawn, and what was.

    What a dossier said while it was withdrawn is in no figure, either.
    """
    wanted: list[ColumnElement[bool]] = [Dossier.id.between(span.first, span.last)]
    if span.since is not None:
        wanted.append(Dossier.batch_id > span.since)

    def children(columns: Columns, kept: ColumnElement[bool] | None = None) -> pl.DataFrame:
        owner = columns[0]
        query = select(*columns).where(owner.between(span.first, span.last))
        if span.since is not None:
            query = query.where(owner.in_(select(Dossier.id).where(*wanted)))
        query = query.where(owner.not_in(_WITHDRAWN) if kept is None else kept)
        return _frame(connection, query, columns)

    standing = Dossier.withdrawn_at.is_(None)
    return Raw(
        dossier=_frame(connection, select(*_DOSSIER).where(*wanted, standing), _DOSSIER),
        pause=children(_PAUSE),
        step=children(_STEP),
        apology=children(_APOLOGY),
        history=children(_HISTORY, DossierHistory.__table__.c.withdrawn_at.is_(None)),
    )


def _frame(connection: Connection, query: Query, columns: Columns) -> pl.DataFrame:
    schema = {column.key: _dtype(column) for column in columns}
    plain = query.with_only_columns(*[_plain(connection, column) for column in columns])
    compiled = plain.compile(connection, compile_kwargs={"literal_binds": True})
    connection.execute(text("SELECT 1"))  # begins SQLAlchemy's transaction if none has
    if connection.dialect.name == "postgresql":
        return _copy(connection, str(compiled), schema)
    return _fetch(connection, str(compiled), schema)


def _dtype(column: InstrumentedAttribute[Any]) -> type[pl.DataType]:
    return pl.String if isinstance(column.type, sqltypes.String | sqltypes.JSON) else pl.Int64


def _plain(connection: Connection, column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """The column as a number or a text; SQLite stores nothing else."""
    if connection.dialect.name == "sqlite":
        return column.expression
    if isinstance(column.type, UtcMoment):
        return cast(func.floor(extract("epoch", column) * 1000), BigInteger).label(column.key)
    if isinstance(column.type, Boolean):
        return cast(column, Integer).label(column.key)
    return column.expression


def _fetch(
    connection: Connection, query: str, schema: dict[str, type[pl.DataType]]
) -> pl.DataFrame:
    cursor = connection.connection.cursor()
    pieces = [pl.DataFrame(schema=schema)]
    with no_collection():
        cursor.execute(query)
        while rows := cursor.fetchmany(_FETCH):
            pieces.append(pl.DataFrame(rows, schema=schema, orient="row"))
    cursor.close()
    return pl.concat(pieces)


def _copy(connection: Connection, query: str, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    driver: Any = connection.connection.cursor()
    with driver as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
        data = b"".join(bytes(block) for block in copy)
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(data, has_header=False, schema=schema)
