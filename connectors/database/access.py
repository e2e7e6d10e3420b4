"""Tables of who may come in: accounts, signed-in sessions, attempts.

No secret stands in them in a form that lets somebody in: pass-phrases as bcrypt hashes, session
ids and tickets as SHA-256 of random 256-bit values, attempted names as SHA-256 (people type their
pass-phrase into the wrong box).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base, BigId, one_of
from connectors.database.types import UtcMoment

ROLES = ("admin", "leader", "reform", "presenter", "unit")
"""Quản trị, lãnh đạo, cải cách, trình chiếu, đơn vị."""


class Account(Base):
    """A person's account (tài khoản); its number is nobody else's after it was deleted."""

    __tablename__ = "account"
    __table_args__ = (one_of("role", ROLES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # Lower case, NFC.
    name: Mapped[str] = mapped_column(String(64), unique=True)
    full_name: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    # The unit that it sees, with what is under it; NULL: everything – but nothing for role 'unit'.
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    passphrase_hash: Mapped[str] = mapped_column(String(128))
    # Set by somebody else: to be changed before anything is shown.
    must_change: Mapped[bool] = mapped_column(default=True)
    # The identity provider's name for the person (e-mail), where one is used.
    external_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcMoment)
    locked_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class SignedIn(Base):
    """A signed-in browser (phiên đăng nhập)."""

    __tablename__ = "signed_in"
    __table_args__ = (Index("ix_signed_in_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    # Of the cookie's value; NULL until the ticket has been exchanged for the cookie.
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    ticket_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcMoment)
    seen_at: Mapped[datetime] = mapped_column(UtcMoment)
    expires_at: Mapped[datetime] = mapped_column(UtcMoment)
    ended_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    # 'signed_out', 'everywhere', 'revoked', 'locked', 'changed'.
    end_reason: Mapped[str | None] = mapped_column(String(16))
    address: Mapped[str | None] = mapped_column(String(64))
    # The address as attempts are counted by it: of IPv6 the network.
    place: Mapped[str | None] = mapped_column(String(64))
    browser: Mapped[str | None] = mapped_column(String(255))


class SignInAttempt(Base):
    """A failed attempt to sign in, or one that is being checked; kept as long as it counts.

    Their order is that of the ids. How long ago one was is told by a clock that nobody sets
    (``boot``, ``ticks``), and only across restarts of the machine by ``at``.
    """

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_name_hash", "name_hash", "counter"),
        Index("ix_sign_in_attempt_address", "address"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcMoment)
    # Which run of that clock, and its seconds since then.
    boot: Mapped[str] = mapped_column(String(36))
    ticks: Mapped[float] = mapped_column(Double)
    name_hash: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    # Which of the name's counters: an address or a browser that knows it, or everywhere else.
    counter: Mapped[str] = mapped_column(String(80))
