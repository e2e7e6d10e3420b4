"""Checking who wants in: the same answer and the same work for names that exist and that do not.

Attempts are counted per name (known or not) and per address before they are checked; past the free
ones each doubles the wait. Nobody is locked out for good, and nobody learns which names exist.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    delete,
    exists,
    func,
    insert,
    not_,
    select,
)
from sqlalchemy.orm import aliased

from connectors import audit
from connectors.access import passphrase
from connectors.access.accounts import may_be_a_name, tidy_name
from connectors.access.policy import policy
from connectors.access.sessions import open_session
from connectors.access.visitor import Visitor
from connectors.database.access import Account, SignedIn, SignInAttempt
from connectors.database.session import read_transaction, write_transaction


@dataclass(frozen=True)
class Credential:
    """What a typed pass-phrase is checked against; ``account_id`` None: it lets nobody in."""

    name: str
    passphrase_hash: str
    account_id: int | None


def begin(database: Engine, name: str, visitor: Visitor, now: datetime) -> timedelta:
    """Asks to try; zero: this attempt may, and counts as failed until it succeeds.

    Otherwise how long this name from this address must still wait. Looking and counting are one
    transaction: of many attempts at the same moment each sees those before it.
    """
    if left := wait(database, name, visitor, now):
        return left  # whoever must wait anyway does not stand in the writers' line
    with write_transaction(database) as connection:
        left = _wait(connection, name, visitor, now)
        if not left:
            _note(connection, name, visitor, now, succeeded=False)
    return left


def wait(database: Engine, name: str, visitor: Visitor, now: datetime) -> timedelta:
    """How long this name from this address must still wait; zero: it may try. Counts nothing."""
    with read_transaction(database) as connection:
        return _wait(connection, name, visitor, now)


def proved(database: Engine, name: str, visitor: Visitor, now: datetime) -> None:
    """The attempt of that moment was right without a new session (a change of pass-phrase)."""
    with write_transaction(database) as connection:
        _note(connection, name, visitor, now, succeeded=True)


def credential(database: Engine, name: str) -> Credential:
    """What to check the pass-phrase against; for a name that may not sign in, a hash of nothing."""
    tidied = tidy_name(name)
    if not may_be_a_name(tidied):
        return Credential(tidied, _nobody(), None)
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

    Raises ValueError for a credential that lets nobody in, whatever was typed, and for one that
    an administrator has changed or locked while it was being checked.
    """
    if found.account_id is None:
        raise ValueError(found.name)
    as_checked = select(Account.id).where(
        Account.id == found.account_id,
        Account.passphrase_hash == found.passphrase_hash,
        Account.locked_at.is_(None),
    )
    with write_transaction(database) as connection:
        if connection.execute(as_checked).first() is None:
            raise ValueError(found.name)
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
    if not external_id.isascii():
        return None  # a letter that only looks like another, or becomes it in lower case
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
    """After a wrong one, which :func:`begin` has counted: noted in the audit.

    The audit names the account only where there is one: what people type into the box for the
    name may be their pass-phrase.
    """
    tidied = tidy_name(name)
    with write_transaction(database) as connection:
        known = None
        if may_be_a_name(tidied):
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


def _wait(connection: Connection, name: str, visitor: Visitor, now: datetime) -> timedelta:
    since = now - policy().window
    return max(
        _left(_of_name(connection, name, visitor, now, since), policy().free_per_name, now),
        _left(_of_address(connection, visitor, since), policy().free_per_address, now),
    )


def _of_name(
    connection: Connection, name: str, visitor: Visitor, now: datetime, since: datetime
) -> tuple[int, datetime | None]:
    """Failures of a name since its last success, and when the last was.

    Where the name has come in from this address lately, those from this address only: whoever
    types somebody's name elsewhere does not make them wait.
    """
    which = SignInAttempt.name_hash == name_hash(name)
    if _is_known_there(connection, name, visitor, now):
        which = and_(which, SignInAttempt.address == visitor.counted_as)
    success = connection.execute(
        select(func.max(SignInAttempt.at)).where(which, SignInAttempt.succeeded)
    ).scalar()
    # The attempt that succeeded was counted as failed when it began, at the same moment.
    after = SignInAttempt.at >= since if success is None else SignInAttempt.at > success
    return _failed(connection, and_(which, after, SignInAttempt.at >= since))


def _of_address(
    connection: Connection, visitor: Visitor, since: datetime
) -> tuple[int, datetime | None]:
    """Failures from an address, without those of names that came in from there afterwards.

    A success forgives its own name only: else one's own account would buy tries at others.
    """
    later = aliased(SignInAttempt)
    forgiven = exists().where(
        later.address == SignInAttempt.address,
        later.name_hash == SignInAttempt.name_hash,
        later.succeeded,
        later.at >= SignInAttempt.at,
    )
    return _failed(
        connection,
        and_(
            SignInAttempt.address == visitor.counted_as, SignInAttempt.at >= since, not_(forgiven)
        ),
    )


def _failed(connection: Connection, which: ColumnElement[bool]) -> tuple[int, datetime | None]:
    count, last = connection.execute(
        select(func.count(), func.max(SignInAttempt.at)).where(
            which, SignInAttempt.succeeded.is_(False)
        )
    ).one()
    return count, last


def _is_known_there(connection: Connection, name: str, visitor: Visitor, now: datetime) -> bool:
    tidied = tidy_name(name)
    if visitor.address is None or not may_be_a_name(tidied):
        return False
    query = select(SignedIn.id).join(Account, Account.id == SignedIn.account_id)
    found = connection.execute(
        query.where(
            Account.name == tidied,
            SignedIn.address == visitor.address,
            SignedIn.token_hash.is_not(None),
            SignedIn.created_at >= now - policy().known_address,
        ).limit(1)
    ).first()
    return found is not None


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
