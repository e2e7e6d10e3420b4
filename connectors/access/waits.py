"""The waits in force, as administrators see them, and their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, select

from connectors import audit
from connectors.access.accounts import AccountRefused, may_be_a_name, tidy_name
from connectors.access.attempts import (
    AT_ADDRESS,
    IN_BROWSER,
    delay,
    from_address,
    name_hash,
    paused,
)
from connectors.access.moment import Moment
from connectors.access.policy import policy
from connectors.addresses import place_of
from connectors.database.access import Account, SignInAttempt
from connectors.database.session import read_transaction, write_transaction

_MOST: Final = 200
"""So many are listed: an address may try thousands of invented names."""


@dataclass(frozen=True)
class Wait:
    """A name that must wait, or (``name_hash`` None) an address where answers come later.

    ``account``: the account of that name, None where there is none: what was typed into the box is
    kept nowhere. ``place``: ``elsewhere``, ``address``, ``browser``. ``address``: where it was
    tried last. ``left``: what is left of the wait, or the pause before each answer.
    """

    name_hash: str | None
    counter: str
    account: str | None
    unit_id: int | None
    address: str
    failures: int
    left: timedelta

    @property
    def place(self) -> str:
        """Which kind of place the name must wait at."""
        return self.counter.split(" ", 1)[0]


def waits(database: Engine, now: Moment) -> list[Wait]:
    """The waits in force, the longest first, and the addresses that are slowed down."""
    with read_transaction(database) as connection:
        found = _of_names(connection, now) + _of_addresses(connection, now)
    return sorted(found, key=lambda one: one.left, reverse=True)[:_MOST]


def _of_names(connection: Connection, now: Moment) -> list[Wait]:
    accounts = {
        name_hash(row.name): row
        for row in connection.execute(select(Account.name, Account.unit_id))
    }
    groups = (
        select(func.count().label("n"), func.max(SignInAttempt.id).label("last"))
        .where(now.within(policy().window))
        .group_by(SignInAttempt.name_hash, SignInAttempt.counter)
        .having(func.count() >= policy().free_per_name)
        .subquery()
    )
    rows = connection.execute(
        select(SignInAttempt, groups.c.n).join(groups, groups.c.last == SignInAttempt.id)
    )
    found = []
    for row in rows:
        left = delay(row.n, policy().free_per_name) - now.since(row.at, row.boot, row.ticks)
        if left > timedelta():
            who = accounts.get(row.name_hash)
            name, unit = (None, None) if who is None else (who.name, who.unit_id)
            found.append(Wait(row.name_hash, row.counter, name, unit, row.address, row.n, left))
    return found


def _of_addresses(connection: Connection, now: Moment) -> list[Wait]:
    rows = connection.execute(
        select(SignInAttempt.address, func.count().label("n"))
        .where(now.within(policy().window), SignInAttempt.counter.not_like(IN_BROWSER + "%"))
        .group_by(SignInAttempt.address)
        .having(func.count() >= policy().free_per_address)
    )
    return [
        Wait(None, AT_ADDRESS + row.address, None, None, row.address, row.n, paused(row.n))
        for row in rows
    ]


def clear(database: Engine, chosen: Sequence[Wait], *, actor: audit.Actor) -> int:
    """Ends waits of the list; how many attempts are let go. Each leaves a line in the audit."""
    with write_transaction(database) as connection:
        return sum(
            _clear(connection, _attempts_of(one), one.account, one.address, actor) for one in chosen
        )


def clear_waits(
    database: Engine, *, name: str | None = None, address: str | None = None, actor: audit.Actor
) -> int:
    """Ends the waits of a name, of an address, of the name as tried from there, or all; how many
    attempts are let go. Raises AccountRefused for a name that no account has."""
    which: list[ColumnElement[bool]] = []
    tidied = None if name is None else tidy_name(name)
    place = None if address is None else place_of(address) or address.strip()
    if tidied is not None:
        which.append(SignInAttempt.name_hash == name_hash(tidied))
    if place is not None:
        which.append(SignInAttempt.address == place)
    with write_transaction(database) as connection:
        if tidied is not None and not _is_account(connection, tidied):
            raise AccountRefused(f"Không có tài khoản “{tidied}”.")
        return _clear(connection, and_(True, *which), tidied, place, actor)


def _is_account(connection: Connection, name: str) -> bool:
    found = select(Account.id).where(Account.name == name)
    return may_be_a_name(name) and connection.execute(found).first() is not None


def _attempts_of(one: Wait) -> ColumnElement[bool]:
    if one.name_hash is None:
        return from_address(one.address)
    return and_(SignInAttempt.name_hash == one.name_hash, SignInAttempt.counter == one.counter)


def _clear(
    connection: Connection,
    which: ColumnElement[bool],
    account: str | None,
    address: str | None,
    actor: audit.Actor,
) -> int:
    gone = int(connection.execute(delete(SignInAttempt).where(which)).rowcount)
    audit.append(
        connection,
        "waits_cleared",
        actor=actor,
        subject=account,
        detail={"ip": address, "attempts": gone},
    )
    return gone
