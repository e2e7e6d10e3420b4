"""Checking who wants in: the same answer and the same work for names that exist and that do not.

Attempts are counted before they are checked (``attempts.py``). Nobody is locked out for good, and
nobody learns which names exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Engine, func, select

from connectors import audit
from connectors.access import passphrase
from connectors.access.accounts import may_be_a_name, tidy_name
from connectors.access.attempts import forgive
from connectors.access.moment import Moment
from connectors.access.policy import policy
from connectors.access.sessions import open_session
from connectors.access.visitor import Visitor
from connectors.database.access import Account, SignedIn
from connectors.database.session import read_transaction, write_transaction


@dataclass(frozen=True)
class Credential:
    """What a typed pass-phrase is checked against; ``account_id`` None: it lets nobody in."""

    name: str
    passphrase_hash: str
    account_id: int | None


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


def let_in(database: Engine, found: Credential, visitor: Visitor, now: Moment) -> str:
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
    with write_transaction(database, always=True) as connection:
        if connection.execute(as_checked).first() is None:
            raise ValueError(found.name)
        ticket = open_session(
            connection, found.account_id, now.at, visitor.address, visitor.browser
        )
        forgive(connection, found.name, visitor, now)
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
    with write_transaction(database, always=True) as connection:
        row = connection.execute(
            select(Account.id, Account.name).where(
                Account.external_id == external_id.strip().lower(), Account.locked_at.is_(None)
            )
        ).first()
        if row is None or not _is_fresh(vouched_at, now):
            return None
        ended = connection.execute(
            select(func.max(SignedIn.ended_at)).where(SignedIn.account_id == row.id)
        ).scalar()
        if ended is not None and not _is_after(vouched_at, ended, now):
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


def _is_fresh(vouched_at: datetime, now: datetime) -> bool:
    return now - policy().absolute < vouched_at <= now + policy().clock_tolerance


def _is_after(vouched_at: datetime, ended: datetime, now: datetime) -> bool:
    """Whether the provider's word is younger than the end of a session.

    An end that lies ahead was noted before the clock was set back: when it was, nobody knows. Then
    only a word of just now counts, or the person would stay out until the clock has come there.
    """
    if ended > now + policy().clock_tolerance:
        return vouched_at > now - policy().ticket
    return vouched_at > ended.replace(microsecond=0)  # the provider's word has whole seconds


def turn_away(database: Engine, name: str, visitor: Visitor) -> None:
    """After a wrong one, which ``begin`` has counted: noted in the audit.

    The audit names the account only where there is one: what people type into the box for the
    name may be their pass-phrase.
    """
    tidied = tidy_name(name)
    with write_transaction(database, always=True) as connection:
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


@cache
def _nobody() -> str:
    """A hash that no pass-phrase has, as dear to check as anybody's."""
    return passphrase.digest(passphrase.one_time())
