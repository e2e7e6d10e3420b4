"""Signing in and staying signed in.

The cookie holds a random 256-bit value and the database its hash. A right pass-phrase gives a
ticket of one use, because the screen's script cannot set an HttpOnly cookie: the browser exchanges
it for the cookie with one request. Every run of the screen asks :func:`reader_of` anew, so what an
administrator changes is in force at the next click.

A session's life is measured by the calendar's clock. Set forward, it ends sessions early. Set back,
it lets one live longer by the jump, and never beyond ``absolute`` from then on: what was begun
further ahead than ``clock_tolerance`` is not believed.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, func, insert, select, update
from sqlalchemy.exc import OperationalError

from connectors import audit
from connectors.access.policy import policy
from connectors.access.roles import may
from connectors.addresses import place_of
from connectors.database.access import Account, SignedIn
from connectors.database.session import read_transaction, write_transaction

_SEEN_EVERY: Final = timedelta(minutes=2)
"""How often ``seen_at`` is written: not at each click."""
_BROWSER: Final = 255


@dataclass(frozen=True)
class Reader:
    """Who looks. ``unit_id`` None: no bound, except for role ``unit``, which then sees nothing."""

    account_id: int
    name: str
    full_name: str
    role: str
    unit_id: int | None
    must_change: bool
    session_id: int | None

    def may(self, action: str) -> bool:
        """Whether roles.toml lets this role do it."""
        return may(self.role, action)

    @property
    def actor(self) -> audit.Actor:
        """As the audit names the reader."""
        return audit.Actor(self.name, self.account_id)


@dataclass(frozen=True)
class SessionRecord:
    """A signed-in browser as administrators see it; moments in UTC."""

    id: int
    account_id: int
    unit_id: int | None
    account: str
    full_name: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str | None
    browser: str | None


def open_session(
    connection: Connection, account_id: int, now: datetime, address: str | None, browser: str | None
) -> str:
    """A new session of an account; the ticket that the browser exchanges for its cookie.

    A session is always new at sign-in, so that nobody can prepare one for somebody else.
    """
    ticket = secrets.token_urlsafe(32)
    connection.execute(
        insert(SignedIn).values(
            account_id=account_id,
            ticket_hash=hashed(ticket),
            created_at=now,
            seen_at=now,
            expires_at=now + policy().absolute,
            address=address,
            place=place_of(address),
            browser=(browser or "")[:_BROWSER] or None,
        )
    )
    return ticket


def redeem(database: Engine, ticket: str, now: datetime) -> str | None:
    """The cookie's value for a ticket; None for one that is unknown, used, or too old."""
    token = secrets.token_urlsafe(32)
    with database.begin() as connection:
        done = connection.execute(
            update(SignedIn)
            .where(
                SignedIn.ticket_hash == hashed(ticket),
                SignedIn.created_at > now - policy().ticket,
                SignedIn.created_at <= now + policy().clock_tolerance,
                SignedIn.ended_at.is_(None),
            )
            .values(ticket_hash=None, token_hash=hashed(token))
        )
    return token if done.rowcount == 1 else None


def reader_of(
    database: Engine, token: str, now: datetime, *, is_sign_of_life: bool = True
) -> Reader | None:
    """Who stands behind a cookie; None for one that is unknown, expired, ended or locked out.

    ``is_sign_of_life`` False: nobody did anything, so an idle session goes on ageing.
    """
    with read_transaction(database) as connection:
        row = connection.execute(_live(now).where(SignedIn.token_hash == hashed(token))).first()
    if row is None:
        return None
    if (
        is_sign_of_life and abs(now - row.seen_at) > _SEEN_EVERY
    ):  # ahead: the clock has been set back
        _seen(database, row.session_id, now)
    return _reader(row)


def live_sessions(
    database: Engine, now: datetime, account_id: int | None = None
) -> list[SessionRecord]:
    """The sessions that are alive, last seen first; of one account or of all."""
    query = _live(now).add_columns(
        SignedIn.created_at, SignedIn.expires_at, SignedIn.address, SignedIn.browser
    )
    if account_id is not None:
        query = query.where(Account.id == account_id)
    with read_transaction(database) as connection:
        return [
            SessionRecord(
                row.session_id,
                row.account_id,
                row.unit_id,
                row.name,
                row.full_name,
                row.created_at,
                row.seen_at,
                row.expires_at,
                row.address,
                row.browser,
            )
            for row in connection.execute(query.order_by(SignedIn.seen_at.desc()))
        ]


def last_sign_ins(database: Engine) -> dict[int, datetime]:
    """Account id → when it signed in last (UTC), for accounts that ever did with the form."""
    query = (
        select(SignedIn.account_id, func.max(SignedIn.created_at))
        .where(SignedIn.token_hash.is_not(None))
        .group_by(SignedIn.account_id)
    )
    with read_transaction(database) as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def sign_out(database: Engine, reader: Reader, now: datetime, *, everywhere: bool = False) -> int:
    """Ends the reader's session, or all of the account's; how many were ended."""
    with write_transaction(database, always=True) as connection:
        if everywhere:
            ended = end_sessions(connection, reader.account_id, "everywhere", now)
        else:
            ended = _end(connection, SignedIn.id == (reader.session_id or 0), "signed_out", now)
        audit.append(
            connection,
            "sign_out",
            actor=reader.actor,
            subject=reader.name,
            detail={"everywhere": everywhere, "ended": ended},
        )
    return ended


def revoke(database: Engine, session_id: int, now: datetime, *, actor: audit.Actor) -> int:
    """An administrator ends somebody's session; 0 where it had ended already."""
    return _revoke(database, SignedIn.id == session_id, now, actor)


def revoke_all(database: Engine, account_id: int, now: datetime, *, actor: audit.Actor) -> int:
    """An administrator ends all sessions of an account; how many were ended."""
    return _revoke(database, SignedIn.account_id == account_id, now, actor)


def _revoke(database: Engine, which: Any, now: datetime, actor: audit.Actor) -> int:
    with write_transaction(database, always=True) as connection:
        name = connection.execute(
            select(Account.name).join(SignedIn, SignedIn.account_id == Account.id).where(which)
        ).scalar()
        ended = _end(connection, which, "revoked", now)
        if ended:
            audit.append(
                connection, "session_revoked", actor=actor, subject=name, detail={"ended": ended}
            )
    return ended


def end_sessions(
    connection: Connection, account_id: int, reason: str, now: datetime, *, but: int | None = None
) -> int:
    """Ends an account's sessions (except ``but``) inside the caller's transaction; how many."""
    which = SignedIn.account_id == account_id
    return _end(connection, which if but is None else and_(which, SignedIn.id != but), reason, now)


def _end(connection: Connection, which: Any, reason: str, now: datetime) -> int:
    done = connection.execute(
        update(SignedIn)
        .where(which, SignedIn.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
    )
    return int(done.rowcount)


_WHO: Final = (
    Account.id.label("account_id"),
    Account.name,
    Account.full_name,
    Account.role,
    Account.unit_id,
    Account.must_change,
)


def _live(now: datetime) -> Any:
    return (
        select(*_WHO, SignedIn.id.label("session_id"), SignedIn.seen_at)
        .join(Account, Account.id == SignedIn.account_id)
        .where(
            SignedIn.token_hash.is_not(None),
            SignedIn.ended_at.is_(None),
            SignedIn.created_at <= now + policy().clock_tolerance,
            SignedIn.expires_at > now,
            SignedIn.seen_at > now - policy().idle,
            Account.locked_at.is_(None),
        )
    )


def _reader(row: Any) -> Reader:
    return Reader(
        row.account_id,
        row.name,
        row.full_name,
        row.role,
        row.unit_id,
        row.must_change,
        getattr(row, "session_id", None),
    )


def _seen(database: Engine, session_id: int, now: datetime) -> None:
    """Notes the sign of life, without waiting for a long import: the next click notes it, too."""
    with database.connect() as connection:
        busy = None
        if connection.dialect.name == "sqlite":
            busy = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
            connection.exec_driver_sql("PRAGMA busy_timeout = 100")
        try:
            connection.execute(
                update(SignedIn).where(SignedIn.id == session_id).values(seen_at=now)
            )
            connection.commit()
        except OperationalError:
            connection.rollback()
        finally:
            if busy is not None:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {busy}")


def hashed(secret: str) -> str:
    """What the database keeps of a cookie's or a ticket's value."""
    # The secret is 256 random bits: a plain hash cannot be turned back.
    return hashlib.sha256(secret.encode()).hexdigest()
