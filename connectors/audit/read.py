"""Reading the audit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Engine, Select, func, or_, select

from connectors.audit.actions import ACTIONS
from connectors.audit.log import LINES
from connectors.database.session import read_transaction
from connectors.engine import Scope

LISTED: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "id": pl.Int64,
    "at": pl.Datetime("ms"),
    "actor": pl.String,
    "actor_id": pl.Int64,
    "action": pl.String,
    "label": pl.String,
    "subject": pl.String,
    "unit_id": pl.Int64,
    "detail": pl.String,
}
"""What :func:`read` returns; ``at`` is local, ``detail`` is JSON."""


@dataclass(frozen=True)
class Wanted:
    """Which lines are asked for; what is empty or None asks for nothing.

    ``actions``: any of these keys. ``actor``, ``subject``: a part of the text; ``text``: of the
    subject or the detail. ``since`` inclusive, ``until`` exclusive, local when naive.
    """

    actions: Collection[str] = ()
    actor: str | None = None
    actor_id: int | None = None
    subject: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def read(
    database: Engine,
    zone: ZoneInfo,
    scope: Scope,
    *,
    limit: int = 200,
    before: int | None = None,
    offset: int = 0,
    actions: Collection[str] = (),
    actor: str | None = None,
    actor_id: int | None = None,
    subject: str | None = None,
    text: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """The newest lines that fit, newest first: :data:`LISTED`.

    ``before``: only lines with a smaller number; ``offset``: so many of the newest are left out.
    The others: :class:`Wanted`. A limited scope sees only the lines of its units; those of no
    unit are for whoever sees everything.
    """
    query = select(LINES).order_by(LINES.c.id.desc()).limit(limit).offset(offset)
    if before is not None:
        query = query.where(LINES.c.id < before)
    wanted = Wanted(actions, actor, actor_id, subject, text, since, until)
    return _frame(database, _fitting(query, wanted, zone, scope), zone)


def tally(database: Engine, zone: ZoneInfo, scope: Scope, wanted: Wanted) -> dict[str, int]:
    """How many lines fit, by action; an action without any is not there."""
    query = _fitting(select(LINES.c.action, func.count()), wanted, zone, scope)
    with read_transaction(database) as connection:
        return {row[0]: row[1] for row in connection.execute(query.group_by(LINES.c.action))}


def _fitting(query: Select[Any], wanted: Wanted, zone: ZoneInfo, scope: Scope) -> Select[Any]:
    actions, since, until = wanted.actions, wanted.since, wanted.until
    if actions:
        query = query.where(LINES.c.action.in_(list(actions)))
    for column, part in ((LINES.c.actor, wanted.actor), (LINES.c.subject, wanted.subject)):
        if part:
            query = query.where(column.icontains(part, autoescape=True))
    if wanted.text:
        both = (LINES.c.subject, LINES.c.detail)
        found = (column.icontains(wanted.text, autoescape=True) for column in both)
        query = query.where(or_(*found))
    if wanted.actor_id is not None:
        query = query.where(LINES.c.actor_id == wanted.actor_id)
    if since is not None:
        query = query.where(LINES.c.at >= _aware(since, zone))
    if until is not None:
        query = query.where(LINES.c.at < _aware(until, zone))
    if scope.units is not None:
        query = query.where(LINES.c.unit_id.in_(scope.units))
    return query


def _frame(database: Engine, query: Select[Any], zone: ZoneInfo) -> pl.DataFrame:
    with read_transaction(database) as connection:
        rows = [
            {
                **{name: row[name] for name in LISTED if name not in ("label", "at")},
                "at": row["at"].astimezone(zone).replace(tzinfo=None),
                "label": ACTIONS.get(row["action"], row["action"]),
            }
            for row in connection.execute(query).mappings()
        ]
    return pl.DataFrame(rows, schema=LISTED)


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
