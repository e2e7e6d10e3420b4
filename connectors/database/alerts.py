"""Tables of alerts: what somebody wants to be told of, what was found, what was sent of it.

What was found and what is to be sent of it are written in one transaction (an outbox): whatever
process dies whenever, nothing that was found is forgotten.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Connection,
    Double,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    delete,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base, BigId, one_of
from connectors.database.types import UtcMoment

CHANNELS = ("mail", "hook")
"""How a message goes out; the app itself shows everything."""


class AlertReader(Base):
    """How an account is told: where to, when not (nhận cảnh báo). No row: nothing is sent."""

    __tablename__ = "alert_reader"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    # NULL: no e-mail, no web hook.
    mail: Mapped[str | None] = mapped_column(String(254))
    hook: Mapped[str | None] = mapped_column(String(500))
    # Local times (21:00); NULL both: no quiet hours. From evening to morning they pass midnight.
    quiet_from: Mapped[str | None] = mapped_column(String(5))
    quiet_to: Mapped[str | None] = mapped_column(String(5))
    # The digest of Monday morning; from when on it is wanted.
    digest: Mapped[bool]
    digest_since: Mapped[datetime | None] = mapped_column(UtcMoment)
    # Opens the page that ends the e-mails, whoever brings it.
    token: Mapped[str] = mapped_column(String(64), unique=True)
    # When the rules were judged last, on which facts, within which scope and role; NULL: not yet.
    looked_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    looked_with: Mapped[str | None] = mapped_column(String(255))
    changed_at: Mapped[datetime] = mapped_column(UtcMoment)


class AlertRule(Base):
    """What an account wants to be told of (metrics/alerts/rules.py); removed ones stay a while."""

    __tablename__ = "alert_rule"
    __table_args__ = (
        Index("ix_alert_rule_account_id", "account_id"),
        one_of("kind", ("threshold", "signal", "budget", "stale")),
        one_of("side", ("below", "above")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(16))
    # Key of a figure; "": of none.
    figure: Mapped[str] = mapped_column(String(64))
    # NULL: all that the account may see.
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    is_each: Mapped[bool]
    period: Mapped[str] = mapped_column(String(64))
    is_whole: Mapped[bool]
    side: Mapped[str] = mapped_column(String(8))
    value: Mapped[float | None] = mapped_column(Double)
    by_mail: Mapped[bool]
    by_hook: Mapped[bool]
    is_paused: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(UtcMoment)
    changed_at: Mapped[datetime] = mapped_column(UtcMoment)
    removed_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class Alert(Base):
    """A thing that a rule found to be so, from when to when (cảnh báo)."""

    __tablename__ = "alert"
    __table_args__ = (
        Index("ix_alert_rule_id", "rule_id", "thing"),
        Index(
            "ix_alert_open",
            "rule_id",
            "thing",
            unique=True,
            sqlite_where=sql("ended_at IS NULL"),
            postgresql_where=sql("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("alert_rule.id"))
    # What it is, the same while it lasts; of one thing one alert is open at most.
    thing: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(Text)
    # Of which unit it speaks (NULL: of all together); no reference: it is what was found then.
    unit_id: Mapped[int | None]
    # The unit of the account and its role as it was found: whose scope it was.
    scope: Mapped[str] = mapped_column(String(64))
    # The screen, and what stands in its address (a=b&c=d).
    page: Mapped[str] = mapped_column(String(32))
    params: Mapped[str] = mapped_column(String(500))
    began_at: Mapped[datetime] = mapped_column(UtcMoment)
    ended_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    read_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class AlertMessage(Base):
    """A message that is to go out, or went (thư, web hook): ``alerts``, or the ``digest``."""

    __tablename__ = "alert_message"
    __table_args__ = (
        UniqueConstraint("account_id", "kind", "channel", "due_at"),
        Index("ix_alert_message_state", "state", "next_at"),
        one_of("kind", ("alerts", "digest")),
        one_of("channel", CHANNELS),
        one_of("state", ("waiting", "sent", "failed", "dropped")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(8))
    due_at: Mapped[datetime] = mapped_column(UtcMoment)
    # Random; of it the Message-ID and the web hook's own number are made, the same at each try.
    mark: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    next_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    error: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UtcMoment)


class AlertTold(Base):
    """Which alerts a message tells of."""

    __tablename__ = "alert_told"

    message_id: Mapped[int] = mapped_column(ForeignKey("alert_message.id"), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), primary_key=True)


def forget_account(connection: Connection, account: int) -> None:
    """Deletes all of an account that is deleted itself."""
    rules = select(AlertRule.id).where(AlertRule.account_id == account)
    found = select(Alert.id).where(Alert.rule_id.in_(rules))
    sent = select(AlertMessage.id).where(AlertMessage.account_id == account)
    connection.execute(
        delete(AlertTold).where(AlertTold.alert_id.in_(found) | AlertTold.message_id.in_(sent))
    )
    connection.execute(delete(Alert).where(Alert.rule_id.in_(rules)))
    for table in (AlertMessage, AlertRule, AlertReader):
        connection.execute(delete(table).where(table.account_id == account))
