"""Signing in without the form: an account and a live session, straight into the database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, insert, select

from connectors.access.sessions import open_session, redeem
from connectors.database.access import Account
from connectors.database.session import write_transaction

NOBODYS = "$2b$04$" + "x" * 53
"""No pass-phrase has this hash."""


def signed_in(
    database: Engine,
    role: str = "admin",
    *,
    unit_id: int | None = None,
    name: str | None = None,
    at: datetime | None = None,
) -> str:
    """The cookie of somebody who has just signed in; the account is made if it is not there."""
    now = at or datetime.now(UTC)
    called = name or f"{role}-{unit_id or 'tat-ca'}"
    with write_transaction(database) as connection:
        found = connection.execute(select(Account.id).where(Account.name == called)).scalar()
        if found is None:
            found = connection.execute(
                insert(Account)
                .values(
                    name=called,
                    full_name=f"Người dùng {called}",
                    role=role,
                    unit_id=unit_id,
                    passphrase_hash=NOBODYS,
                    must_change=False,
                    created_at=now,
                )
                .returning(Account.id)
            ).scalar_one()
        ticket = open_session(connection, found, now, None, "test")
    token = redeem(database, ticket, now)
    assert token is not None
    return token
