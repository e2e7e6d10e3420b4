"""Checking who wants in: the same answer and the same work for names that exist and that do not.

Failures are counted per name (known or not) and per address; past the free ones each doubles the
wait. Nobody is locked out for good, and nobody learns which names exist.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select

from connectors import audit
from connectors.access import passphrase
from connectors.access.accounts import tidy_name
from connectors.access.policy import policy
from connectors.access.sessions import open_session
from connectors.database.access import Account, SignedIn, SignInAttempt
from connectors.database.session import read_transaction, write_transaction

UNKNOWN_ADDRESS: Final = "-"


@dataclass(frozen=True)
class Credential:
    """What a typed pass-phrase is checked against; ``account_id`` None: it lets nobody in."""

    name: str
    passphrase_hash: str
    account_id: int | None


@dataclass(frozen=True)
class Visitor:
    """Where an attempt comes from."""

    address: str | None = None
    browser: str | None = None

    @property
    def counted_as(self) -> str:
        return self.address or UNKNOWN_ADDRESS


def wait(database: Engine, name: str, visitor: Visitor, now: datetime) -> timedelta:
    """How long this name from this address must still wait; zero: it may try."""
    since = now - policy().window
    with read_transaction(database) as connection:
        by_name = _failures(connection, SignInAttempt.name_hash == name_hash(name), since)
        by_address = _failures(connection, SignInAttempt.address == visitor.counted_as, since)
    return max(
        _left(by_name, policy().free_per_name, now),
        _left(by_address, policy().free_per_address, now),
    )


def credential(database: Engine, name: str) -> Credential:
    """What to check the pass-phrase against; for a name that may not sign in, a hash of nothing."""
    tidied = tidy_name(name)
    with read_transaction(database) as connection:
        row = connection.execute(
            select(Account.id, Account.passphrase_hash).where(
                Account.name == tidied, Account.locked_at.is_(None)
            )
        ).first()
    if row is None:
        return Credential(tidied, _nobody(), None)
    return Credential(tidied, row.passphrase_hash, row.id)


def let_in(database: Engine, found: Credential, visitor: Visitor, now: datetime) -> str:
    """After a right pass-phrase: a new session, noted in the audit; its ticket.

    Raises ValueError for a credential that lets nobody in, whatever was typed.
    """
    if found.account_id is None:
        raise ValueError(found.name)
    with write_transaction(database) as connection:
        ticket = open_session(connection, found.account_id, now, visitor.address, visitor.browser)
        _note(connection, found.name, visitor, now, succeeded=True)
        audit.append(
            connection,
            "sign_in",
            actor=audit.Actor(found.name, found.account_id),
            subject=found.name,
            detail={"ip": visitor.address},
        )
    return ticket


def let_in_vouched(
    database: Engine, external_id: str, vouched_at: datetime, visitor: Visitor, now: datetime
) -> str | None:
    """For somebody whom an identity provider vouches for: a new session's ticket.

    None where no open account has that external id, and where the word is older than the last
    session of the account that was ended on purpose (signed out, revoked, locked …) or than a
    session may last: the provider must say it anew, else ending a session would end nothing.
    """
    with write_transaction(database) as connection:
        row = connection.execute(
            select(Account.id, Account.name).where(
                Account.external_id == external_id.strip().lower(), Account.locked_at.is_(None)
            )
        ).first()
        if row is None or vouched_at <= now - policy().absolute:
            return None
        ended = connection.execute(
            select(func.max(SignedIn.ended_at)).where(SignedIn.account_id == row.id)
        ).scalar()
        # The provider's word has whole seconds.
        if ended is not None and vouched_at <= ended.replace(microsecond=0):
            return None
        ticket = open_session(connection, row.id, now, visitor.address, visitor.browser)
        audit.append(
            connection,
            "sign_in",
            actor=audit.Actor(row.name, row.id),
            subject=row.name,
            detail={"ip": visitor.address, "by": "oidc"},
        )
    return ticket


def turn_away(database: Engine, name: str, visitor: Visitor, now: datetime) -> None:
    """After a wrong one: counted, and noted in the audit.

    The audit names the account only where there is one: what people type into the box for the
    name may be their pass-phrase.
    """
    tidied = tidy_name(name)
    with write_transaction(database) as connection:
        _note(connection, tidied, visitor, now, succeeded=False)
        known = connection.execute(select(Account.id).where(Account.name == tidied)).scalar()
        audit.append(
            connection,
            "sign_in_refused",
            actor=audit.Actor("khách"),
            subject=tidied if known is not None else None,
            detail={"ip": visitor.address},
        )


def name_hash(name: str) -> str:
    """What attempts are counted under."""
    return hashlib.sha256(tidy_name(name).encode()).hexdigest()


def _note(
    connection: Connection, name: str, visitor: Visitor, now: datetime, *, succeeded: bool
) -> None:
    old = SignInAttempt.at < now - policy().window
    connection.execute(delete(SignInAttempt).where(old))
    connection.execute(
        insert(SignInAttempt).values(
            at=now, name_hash=name_hash(name), address=visitor.counted_as, succeeded=succeeded
        )
    )


def _failures(
    connection: Connection, which: ColumnElement[bool], since: datetime
) -> tuple[int, datetime | None]:
    """Failures since the last success (at the latest since ``since``), and when the last was."""
    success = connection.execute(
        select(func.max(SignInAttempt.at)).where(
            which, SignInAttempt.succeeded, SignInAttempt.at >= since
        )
    ).scalar()
    count, last = connection.execute(
        select(func.count(), func.max(SignInAttempt.at)).where(
            which, SignInAttempt.succeeded.is_(False), SignInAttempt.at >= (success or since)
        )
    ).one()
    return count, last


def _left(failures: tuple[int, datetime | None], free: int, now: datetime) -> timedelta:
    count, last = failures
    if count < free or last is None:
        return timedelta()
    rules = policy()
    # The exponent is bounded: beyond it the wait is the longest anyway.
    waits: timedelta = min(rules.first_wait * 2 ** min(count - free, 30), rules.longest_wait)
    return max(last + waits - now, timedelta())


@cache
def _nobody() -> str:
    """A hash that no pass-phrase has, as dear to check as anybody's."""
    return passphrase.digest(passphrase.one_time())
