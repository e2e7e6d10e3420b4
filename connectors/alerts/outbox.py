"""What was found becomes alerts, and what is to be told of them, in one transaction; then it goes.

A message is ``waiting`` until it has gone: whoever sends takes it for a while first, so that
nobody else does, and one whose process died meanwhile is sent again under the same mark (of which
its Message-ID, and the number of a web hook, are made). So nothing is lost, and only what was
killed between the sending and the note of it may come twice. ``dropped``: who was to be told may
not be any more, or does not want to.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast

from sqlalchemy import Connection, Engine, Row, Select, Table, delete, func, insert, select, update

from connectors import audit
from connectors.alerts.bounds import bounds
from connectors.alerts.store import ALERT, READER, RULE, Found
from connectors.database.alerts import AlertMessage, AlertTold
from connectors.database.session import read_transaction, write_transaction

Kind = Literal["alerts", "digest"]
Channel = Literal["mail", "hook"]
State = Literal["waiting", "sent", "failed", "dropped"]

STATES: Final[dict[State, str]] = {
    "waiting": "chờ gửi",
    "sent": "đã gửi",
    "failed": "không gửi được",
    "dropped": "không gửi nữa",
}
MESSAGE: Final = cast(Table, AlertMessage.__table__)
TOLD: Final = cast(Table, AlertTold.__table__)
_LONGEST: Final = 500


@dataclass(frozen=True)
class Thing:
    """What a rule watches, as it was judged (metrics.alerts.judging.Judged)."""

    thing: str
    holds: bool | None
    subject: str
    text: str
    unit_id: int | None
    page: str
    params: str


@dataclass(frozen=True)
class Looked:
    """What was judged for an account: rule → its things; within which scope, on which facts.

    ``send_at``: when messages of it go out at the earliest. ``settles``: what ended so shortly
    before and is so again goes on as it was.
    """

    account: int
    scope: str
    facts: str
    judged: Mapping[int, Sequence[Thing]]
    send_at: datetime
    settles: timedelta


@dataclass(frozen=True)
class Message:
    """A message that goes out, or went; moments UTC."""

    id: int
    account_id: int
    kind: Kind
    channel: Channel
    due_at: datetime
    mark: str
    state: State
    attempts: int
    next_at: datetime | None
    error: str | None
    changed_at: datetime


_MESSAGE: Final = tuple(MESSAGE.c[each.name] for each in fields(Message))


# -- what was found -------------------------------------------------------------------------


def note(database: Engine, looked: Looked, now: datetime) -> int:
    """Writes down what begins, lasts and has ended, and what is to be told of it; how many began.

    A rule that was paused or removed while it was judged is left alone.
    """
    with write_transaction(database, always=True) as connection:
        standing = (
            (RULE.c.account_id == looked.account)
            & RULE.c.removed_at.is_(None)
            & RULE.c.is_paused.is_(False)
        )
        rules = list(connection.execute(select(RULE).where(standing).order_by(RULE.c.id)))
        began: list[tuple[int, Row[Any]]] = []
        for rule in rules:
            if rule.id in looked.judged:
                new = _settled(connection, rule.id, looked, now)
                began += [(alert, rule) for alert in new]
        _to_be_told(connection, looked, began, now)
        connection.execute(
            update(READER)
            .where(READER.c.account_id == looked.account)
            .values(looked_at=now, looked_with=looked.facts)
        )
    return len(began)


def _settled(connection: Connection, rule: int, looked: Looked, now: datetime) -> list[int]:
    """One rule's alerts brought in step with what was judged; the numbers of those that began."""
    mine = ALERT.c.rule_id == rule
    open_ones = {
        row.thing: row
        for row in connection.execute(select(ALERT).where(mine, ALERT.c.ended_at.is_(None)))
    }
    things = {one.thing: one for one in looked.judged[rule]}
    for name, row in list(open_ones.items()):
        one = things.get(name)
        if row.scope != looked.scope or one is None or one.holds is False:
            _change(connection, row.id, ended_at=now)
            del open_ones[name]  # of another scope it is another thing
        elif one.holds:
            _change(connection, row.id, **_values(one, looked))
    began = []
    for name, one in things.items():
        if one.holds and name not in open_ones:
            again = _ended_lately(connection, rule, name, looked, now)
            if again is not None:
                _change(connection, again, ended_at=None, **_values(one, looked))
            else:
                values = {"rule_id": rule, "thing": name, "began_at": now, **_values(one, looked)}
                made = insert(ALERT).values(**values).returning(ALERT.c.id)
                began.append(int(connection.execute(made).scalar_one()))
    return began


def _ended_lately(
    connection: Connection, rule: int, thing: str, looked: Looked, now: datetime
) -> int | None:
    query = (
        select(ALERT.c.id)
        .where(ALERT.c.rule_id == rule, ALERT.c.thing == thing, ALERT.c.scope == looked.scope)
        .where(ALERT.c.ended_at > now - looked.settles)
        .order_by(ALERT.c.id.desc())
        .limit(1)
    )
    found: int | None = connection.execute(query).scalar()
    return found


def _values(one: Thing, looked: Looked) -> dict[str, Any]:
    return {
        "subject": one.subject[:_LONGEST],
        "text": one.text,
        "unit_id": one.unit_id,
        "scope": looked.scope,
        "page": one.page,
        "params": one.params[:_LONGEST],
    }


def _change(connection: Connection, alert: int, **values: Any) -> None:
    connection.execute(update(ALERT).where(ALERT.c.id == alert).values(**values))


def _to_be_told(
    connection: Connection, looked: Looked, began: Sequence[tuple[int, Row[Any]]], now: datetime
) -> None:
    """A message for each way that the rules are told by; one that still waits takes more in."""
    query = select(READER.c.mail, READER.c.hook).where(READER.c.account_id == looked.account)
    reader = connection.execute(query).one_or_none()
    ways: tuple[tuple[Channel, bool], ...] = (
        ("mail", bool(reader and reader.mail)),
        ("hook", bool(reader and reader.hook)),
    )
    for channel, is_there in ways:
        mine = [alert for alert, rule in began if getattr(rule, f"by_{channel}")]
        if is_there and mine:
            message = _held_back(connection, looked.account, channel, now)
            if message is None:
                message = _post(connection, looked.account, "alerts", channel, now, looked.send_at)
            connection.execute(
                insert(TOLD), [{"message_id": message, "alert_id": alert} for alert in mine]
            )


def _held_back(connection: Connection, account: int, channel: Channel, now: datetime) -> int | None:
    """A message of alerts that has not been tried yet and waits for the end of quiet hours."""
    query = (
        select(MESSAGE.c.id)
        .where(MESSAGE.c.account_id == account, MESSAGE.c.channel == channel)
        .where(MESSAGE.c.kind == "alerts", MESSAGE.c.state == "waiting")
        .where(MESSAGE.c.attempts == 0, MESSAGE.c.next_at > now)
        .limit(1)
    )
    found: int | None = connection.execute(query).scalar()
    return found


def _post(
    connection: Connection,
    account: int,
    kind: Kind,
    channel: Channel,
    due: datetime,
    send_at: datetime,
) -> int:
    values = {
        "account_id": account, "kind": kind, "channel": channel, "due_at": due,
        "mark": secrets.token_hex(16), "state": "waiting", "attempts": 0, "next_at": send_at,
        "changed_at": due,
    }  # fmt: skip
    made = insert(MESSAGE).values(**values).returning(MESSAGE.c.id)
    return int(connection.execute(made).scalar_one())


def is_expected(database: Engine, account: int, due: datetime) -> bool:
    """Whether the digest of a due moment stands there already."""
    with read_transaction(database) as connection:
        return connection.execute(_digest(account, due)).first() is not None


def _digest(account: int, due: datetime) -> Select[tuple[int]]:
    same = (MESSAGE.c.account_id == account) & (MESSAGE.c.kind == "digest")
    return select(MESSAGE.c.id).where(same, MESSAGE.c.due_at == due).limit(1)


def expect_digest(database: Engine, account: int, due: datetime, send_at: datetime) -> bool:
    """Writes down that a digest is to go out; False: it stands there already."""
    if is_expected(database, account, due):
        return False
    with write_transaction(database, always=True) as connection:
        if connection.execute(_digest(account, due)).first() is not None:
            return False
        _post(connection, account, "digest", "mail", due, send_at)
    return True


# -- what goes out --------------------------------------------------------------------------


def ready(database: Engine, now: datetime) -> list[Message]:
    """What waits and may be tried now, the oldest first."""
    which = (MESSAGE.c.state == "waiting") & (MESSAGE.c.next_at <= now)
    query = select(*_MESSAGE).where(which).order_by(MESSAGE.c.due_at, MESSAGE.c.id)
    with read_transaction(database) as connection:
        return [Message(**row._mapping) for row in connection.execute(query)]


def recent(database: Engine, account: int | None = None, most: int = 20) -> list[Message]:
    """The newest messages, of one account or of all."""
    query = select(*_MESSAGE).order_by(MESSAGE.c.due_at.desc(), MESSAGE.c.id.desc()).limit(most)
    if account is not None:
        query = query.where(MESSAGE.c.account_id == account)
    with read_transaction(database) as connection:
        return [Message(**row._mapping) for row in connection.execute(query)]


def states(database: Engine, since: datetime) -> dict[State, int]:
    """State → how many messages changed to it since then: for who answers for the sending."""
    query = (
        select(MESSAGE.c.state, func.count())
        .where(MESSAGE.c.changed_at >= since)
        .group_by(MESSAGE.c.state)
    )
    with read_transaction(database) as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def told(database: Engine, message: int) -> list[Found]:
    """The alerts of a message, the oldest first.

    Those of rules that were removed, paused or are not told so any more are left out.
    """
    columns = tuple(ALERT.c[each.name] for each in fields(Found))
    way = select(MESSAGE.c.channel).where(MESSAGE.c.id == message).scalar_subquery()
    query = (
        select(*columns, RULE.c.by_mail, RULE.c.by_hook, way.label("way"))
        .join(TOLD, TOLD.c.alert_id == ALERT.c.id)
        .join(RULE, RULE.c.id == ALERT.c.rule_id)
        .where(TOLD.c.message_id == message, RULE.c.removed_at.is_(None))
        .where(RULE.c.is_paused.is_(False))
        .order_by(ALERT.c.began_at, ALERT.c.id)
    )
    names = [each.name for each in fields(Found)]
    with read_transaction(database) as connection:
        rows = connection.execute(query).all()
    return [
        Found(**{name: getattr(row, name) for name in names})
        for row in rows
        if getattr(row, f"by_{row.way}")
    ]


def hold_back(database: Engine, one: Message, until: datetime) -> None:
    """Not before then: quiet hours; no attempt was made."""
    _set(database, one, {"next_at": until})


def take(database: Engine, one: Message, now: datetime) -> bool:
    """Whether whoever asks may send it: for a while nobody else may."""
    which = (
        (MESSAGE.c.id == one.id)
        & (MESSAGE.c.state == "waiting")
        & (MESSAGE.c.attempts == one.attempts)
        & (MESSAGE.c.next_at <= now)
    )
    values = {"attempts": one.attempts + 1, "next_at": now + bounds().unfinished}
    with write_transaction(database, always=True) as connection:
        changed = update(MESSAGE).where(which).values(**values, changed_at=now)
        return bool(connection.execute(changed).rowcount)


def sent(database: Engine, one: Message, count: int, now: datetime, keys: Sequence[str]) -> None:
    """It went; the audit (signed with ``keys``) has it, without anybody's address."""
    values = {"state": "sent", "next_at": None, "error": None, "changed_at": now}
    with write_transaction(database, always=True) as connection:
        connection.execute(update(MESSAGE).where(MESSAGE.c.id == one.id).values(**values))
        detail = {"kind": one.kind, "channel": one.channel, "count": count}
        audit.append(
            connection,
            "alert_sent",
            actor=audit.program_actor(),
            subject=f"tài khoản số {one.account_id}",
            detail=detail,
            keys=keys,
        )


def failed(database: Engine, one: Message, why: str, now: datetime) -> None:
    """It did not go: tried again later, until it has been due for too long."""
    limits, attempts = bounds(), one.attempts + 1
    values: dict[str, Any] = {"error": why[:_LONGEST], "changed_at": now}
    if now - one.due_at > limits.give_up:
        values |= {"state": "failed", "next_at": None}
    else:
        values |= {"next_at": now + limits.wait(attempts)}
    _set(database, one, values)


def drop(database: Engine, one: Message, why: str, now: datetime) -> None:
    """It is not to go any more."""
    values = {"state": "dropped", "next_at": None, "error": why[:_LONGEST], "changed_at": now}
    _set(database, one, values)


def _set(database: Engine, one: Message, values: Mapping[str, Any]) -> None:
    with write_transaction(database, always=True) as connection:
        connection.execute(update(MESSAGE).where(MESSAGE.c.id == one.id).values(**values))


# -- what was kept long enough ----------------------------------------------------------------


def forget_old(database: Engine, before: datetime) -> int:
    """Deletes alerts that ended, and messages that nothing happens to any more, before a moment;
    then rules that were removed and have no alert left. How many alerts."""
    ended, done = ALERT.c.ended_at < before, MESSAGE.c.changed_at < before
    gone = done & (MESSAGE.c.state != "waiting")
    with read_transaction(database) as connection:
        if not any(
            connection.execute(query.limit(1)).first()
            for query in (select(ALERT.c.id).where(ended), select(MESSAGE.c.id).where(gone))
        ):
            return 0
    with write_transaction(database) as connection:
        old, posted = select(ALERT.c.id).where(ended), select(MESSAGE.c.id).where(gone)
        connection.execute(
            delete(TOLD).where(TOLD.c.alert_id.in_(old) | TOLD.c.message_id.in_(posted))
        )
        connection.execute(delete(MESSAGE).where(gone))
        count = connection.execute(delete(ALERT).where(ended)).rowcount
        having = select(ALERT.c.rule_id)
        connection.execute(delete(RULE).where(RULE.c.removed_at < before, RULE.c.id.not_in(having)))
    return count
