"""Finding dossiers by their code: by the database's own index, however many there are.

A code is found whole, by its beginning, and with one sign wrong. The index of a source and a code
(``source_id``, ``code``) answers each; a scan of all codes would take seconds at ten millions.
"""

from __future__ import annotations

import string
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, select, text

from connectors.database.models import Dossier, Source
from connectors.database.session import read_transaction
from connectors.engine import Scope

_DOSSIER: Final = cast(Table, Dossier.__table__)
_SOURCE: Final = cast(Table, Source.__table__)
_SIGNS: Final = string.digits + string.ascii_uppercase + "-./"
_LEAST: Final = 4
"""A shorter beginning is that of too many."""
_LEAST_WRONG: Final = 8
MOST: Final = 64
"""A longer text is no code."""
_BLOCK: Final = 200
_BYTES: Final = frozenset({"C", "C.UTF-8", "C.utf8", "POSIX"})
"""Orders of texts in which what begins alike stands together."""


@dataclass(frozen=True)
class Code:
    """A dossier that was found. ``received_at`` is UTC."""

    dossier_id: int
    code: str
    unit_id: int
    received_at: datetime | None
    has_ended: bool


def find_codes(database: Engine, typed: str, scope: Scope, most: int = 20) -> list[Code]:
    """Dossiers whose code is what was typed, begins with it, or differs from it in one sign.

    Within the scope only, and none that was withdrawn; the whole code first, then beginnings by
    their order. One wrong sign is looked for where nothing else is found.
    """
    wanted = "".join(typed.split())
    if not _LEAST <= len(wanted) <= MOST or (scope.units is not None and not scope.units):
        return []
    with read_transaction(database) as connection:
        sources = list(connection.execute(select(_SOURCE.c.id)).scalars())
        spelt = list(dict.fromkeys((wanted, wanted.upper())))
        found = _among(connection, sources, spelt, scope, most)
        if len(found) < most and _stands_together(connection):
            for way in spelt:
                found += _beginning(connection, sources, way, scope, most - len(found))
        if not found and len(wanted) >= _LEAST_WRONG:
            found = _one_wrong(connection, sources, wanted.upper(), scope, most)
    return list(dict.fromkeys(found))[:most]


def _among(
    connection: Connection, sources: Iterable[int], codes: Collection[str], scope: Scope, most: int
) -> list[Code]:
    # Source by source: of pairs of both SQLite's index answers nothing.
    found: list[Code] = []
    for source in sources:
        here = and_(_DOSSIER.c.source_id == source, _DOSSIER.c.code.in_(codes))
        found += _rows(connection, here, scope, most - len(found))
    return found


def _beginning(
    connection: Connection, sources: Iterable[int], way: str, scope: Scope, most: int
) -> list[Code]:
    # The last sign there is: everything that begins alike stands before it.
    until = way + "\U0010ffff"
    found: list[Code] = []
    for source in sources:
        if len(found) < most:
            here = and_(
                _DOSSIER.c.source_id == source, _DOSSIER.c.code > way, _DOSSIER.c.code < until
            )
            found += _rows(connection, here, scope, most - len(found))
    return found


def _one_wrong(
    connection: Connection, sources: Collection[int], code: str, scope: Scope, most: int
) -> list[Code]:
    found: list[Code] = []
    block: list[str] = []
    for other in (*_others(code), ""):
        if other:
            block.append(other)
        if block and (not other or len(block) == _BLOCK):
            found += _among(connection, sources, block, scope, most - len(found))
            block = []
        if len(found) >= most:
            break
    return found


def _others(code: str) -> Iterator[str]:
    """Every text that differs in one sign: another one, one less, one more, two changed round."""
    told = {code}
    for at in range(len(code) + 1):
        head, tail = code[:at], code[at:]
        ways = [head + sign + tail for sign in _SIGNS]
        if tail:
            ways += [head + tail[1:], *(head + sign + tail[1:] for sign in _SIGNS)]
        if len(tail) > 1:
            ways.append(head + tail[1] + tail[0] + tail[2:])
        for way in ways:
            if way not in told:
                told.add(way)
                yield way


def _rows(connection: Connection, here: ColumnElement[bool], scope: Scope, most: int) -> list[Code]:
    columns = ("id", "code", "resolving_unit_id", "received_at", "ended_at")
    query = select(*(_DOSSIER.c[name] for name in columns)).where(
        here, _DOSSIER.c.withdrawn_at.is_(None)
    )
    if scope.units is not None:
        query = query.where(_DOSSIER.c.resolving_unit_id.in_(sorted(scope.units)))
    rows = connection.execute(query.order_by(_DOSSIER.c.code, _DOSSIER.c.id).limit(max(most, 0)))
    return [
        Code(number, code, unit, received, ended is not None)
        for number, code, unit, received, ended in rows
    ]


def _stands_together(connection: Connection) -> bool:
    """Whether the database orders texts by their signs, so that beginnings are a stretch of it."""
    if connection.dialect.name != "postgresql":
        return True
    order = text("SELECT datcollate FROM pg_database WHERE datname = current_database()")
    return connection.execute(order).scalar_one() in _BYTES
