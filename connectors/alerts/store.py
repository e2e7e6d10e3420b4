"""Rules that people keep for themselves, how they are told, and what was found for them.

Everything here is of one account, which is named by its number: nobody reads or writes another's.
What a rule means is metrics/alerts'; whether it can be kept is asked above (reports/alerts).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, Row, Table, func, insert, select, update

from connectors import audit
from connectors.alerts.allowed import hook_problem, mail_problem
from connectors.alerts.bounds import bounds
from connectors.alerts.quiet import is_time
from connectors.database.alerts import Alert, AlertReader, AlertRule
from connectors.database.session import read_transaction, write_transaction
from connectors.intake.report import IntakeRefused
from connectors.settings import Settings

READER: Final = cast(Table, AlertReader.__table__)
RULE: Final = cast(Table, AlertRule.__table__)
ALERT: Final = cast(Table, Alert.__table__)
_MOST: Final = 200


class AlertRefused(IntakeRefused):
    """A rule, or a way to be told, that cannot be kept so; nothing was written (Vietnamese)."""


@dataclass(frozen=True)
class Given:
    """A rule as it is typed: the values of metrics.alerts.rules.Rule, and how it is told."""

    kind: str
    figure: str
    unit_id: int | None
    is_each: bool
    period: str
    is_whole: bool
    side: str
    value: float | None
    by_mail: bool
    by_hook: bool


@dataclass(frozen=True)
class KeptRule:
    """A rule that stands."""

    id: int
    account_id: int
    given: Given
    is_paused: bool
    made_at: datetime


@dataclass(frozen=True)
class Reader:
    """How an account is told; ``None``: not so. Times are local; moments UTC."""

    account_id: int
    mail: str | None = None
    hook: str | None = None
    quiet_from: str | None = None
    quiet_to: str | None = None
    digest: bool = False
    digest_since: datetime | None = None
    token: str = ""
    looked_at: datetime | None = None
    looked_with: str | None = None


@dataclass(frozen=True)
class Found:
    """An alert; moments UTC. ``params``: of the address of ``page``, beside the view's."""

    id: int
    rule_id: int
    subject: str
    text: str
    unit_id: int | None
    scope: str
    page: str
    params: str
    began_at: datetime
    ended_at: datetime | None
    read_at: datetime | None


_FOUND: Final = tuple(ALERT.c[each.name] for each in fields(Found))
_GIVEN: Final = tuple(each.name for each in fields(Given))
_READER: Final = tuple(READER.c[each.name] for each in fields(Reader))


def scope_key(unit_id: int | None, role: str) -> str:
    """Whose scope it is: what was found within another one is not shown and not sent."""
    return f"{role}:{'' if unit_id is None else unit_id}"


# -- reading ------------------------------------------------------------------------------


def rules(database: Engine, account: int | None = None) -> list[KeptRule]:
    """The rules that stand, paused ones too, the oldest first; of one account, or of all."""
    query = select(RULE).where(RULE.c.removed_at.is_(None)).order_by(RULE.c.id)
    if account is not None:
        query = query.where(RULE.c.account_id == account)
    with read_transaction(database) as connection:
        return [_kept(row) for row in connection.execute(query)]


def _kept(row: Row[Any]) -> KeptRule:
    given = Given(**{name: getattr(row, name) for name in _GIVEN})
    return KeptRule(row.id, row.account_id, given, row.is_paused, row.made_at)


def readers(database: Engine) -> dict[int, Reader]:
    """Account → how it is told."""
    with read_transaction(database) as connection:
        rows = connection.execute(select(*_READER))
        return {row.account_id: Reader(**row._mapping) for row in rows}


def reader(database: Engine, account: int) -> Reader:
    """How one account is told."""
    query = select(*_READER).where(READER.c.account_id == account)
    with read_transaction(database) as connection:
        row = connection.execute(query).one_or_none()
    return Reader(account) if row is None else Reader(**row._mapping)


def found(
    database: Engine, account: int, scope: str, units: Collection[int] | None, most: int = _MOST
) -> list[Found]:
    """What was found for an account within the scope it has now: open ones first, the newest first.

    Args:
        scope: :func:`scope_key`. units: what it may see (None: all).
    """
    query = (
        select(*_FOUND)
        .join(RULE, RULE.c.id == ALERT.c.rule_id)
        .where(RULE.c.account_id == account, ALERT.c.scope == scope)
        .order_by(ALERT.c.ended_at.isnot(None), ALERT.c.began_at.desc(), ALERT.c.id.desc())
        .limit(most)
    )
    with read_transaction(database) as connection:
        rows = [Found(**row._mapping) for row in connection.execute(query)]
    return [one for one in rows if units is None or one.unit_id is None or one.unit_id in units]


def unread(database: Engine, account: int, scope: str) -> int:
    """How many open alerts of an account it has not marked as read."""
    query = (
        select(func.count())
        .select_from(ALERT)
        .join(RULE, RULE.c.id == ALERT.c.rule_id)
        .where(RULE.c.account_id == account, ALERT.c.scope == scope)
        .where(ALERT.c.ended_at.is_(None), ALERT.c.read_at.is_(None))
    )
    with read_transaction(database) as connection:
        return int(connection.execute(query).scalar_one())


# -- writing: rules -----------------------------------------------------------------------


def keep(
    database: Engine, settings: Settings, given: Given, actor: audit.Actor, now: datetime
) -> int:
    """Keep a rule of the actor's own account; its number. Raises AlertRefused."""
    account = _own(actor)
    with write_transaction(database) as connection:
        standing = RULE.c.removed_at.is_(None) & (RULE.c.account_id == account)
        counted = select(func.count()).select_from(RULE).where(standing)
        if connection.execute(counted).scalar_one() >= bounds().rules:
            raise AlertRefused(
                f"Mỗi người giữ nhiều nhất {bounds().rules} quy tắc; hãy xóa bớt trước."
            )
        same = [RULE.c[name].is_not_distinct_from(value) for name, value in given.__dict__.items()
                if name not in ("by_mail", "by_hook")]  # fmt: skip
        if connection.execute(select(RULE.c.id).where(standing, *same)).first() is not None:
            raise AlertRefused("Quy tắc này đã có.")
        _need_reader(connection, account, given, now)
        values = {
            **given.__dict__, "account_id": account,
            "is_paused": False, "made_at": now, "changed_at": now,
        }  # fmt: skip
        number: int = connection.execute(
            insert(RULE).values(**values).returning(RULE.c.id)
        ).scalar_one()
        _look_again(connection, account)
        _witness(connection, settings, actor, number, "thêm")
    return number


def _need_reader(connection: Connection, account: int, given: Given, now: datetime) -> None:
    """A rule that is told by e-mail needs an address that it goes to."""
    query = select(READER.c.mail, READER.c.hook).where(READER.c.account_id == account)
    row = connection.execute(query).one_or_none()
    if row is None:
        connection.execute(insert(READER).values(**_fresh(account, now)))
    if given.by_mail and (row is None or row.mail is None):
        raise AlertRefused("Chưa có địa chỉ thư để nhận: hãy đặt ở mục Cách nhận trước.")
    if given.by_hook and (row is None or row.hook is None):
        raise AlertRefused("Chưa có địa chỉ web hook để nhận: hãy đặt ở mục Cách nhận trước.")


def _fresh(account: int, now: datetime) -> dict[str, Any]:
    return {
        "account_id": account,
        "digest": False,
        "token": secrets.token_urlsafe(24),
        "changed_at": now,
    }


def pause(
    database: Engine,
    settings: Settings,
    rule: int,
    *,
    is_paused: bool,
    actor: audit.Actor,
    now: datetime,
) -> None:
    """Let a rule of one's own rest, or take it up again. Raises AlertRefused."""
    done = "tạm dừng" if is_paused else "chạy tiếp"
    _set(database, settings, rule, actor, {"is_paused": is_paused}, done, now)


def tell_by(
    database: Engine,
    settings: Settings,
    rule: int,
    *,
    mail: bool,
    hook: bool,
    actor: audit.Actor,
    now: datetime,
) -> None:
    """How a rule of one's own is told from now on. Raises AlertRefused."""
    _set(database, settings, rule, actor, {"by_mail": mail, "by_hook": hook}, "cách nhận", now)


def remove(
    database: Engine, settings: Settings, rule: int, actor: audit.Actor, now: datetime
) -> None:
    """Be told nothing by a rule of one's own any more. Raises AlertRefused."""
    _set(database, settings, rule, actor, {"removed_at": now}, "xóa", now)


def _set(
    database: Engine,
    settings: Settings,
    rule: int,
    actor: audit.Actor,
    values: Mapping[str, Any],
    done: str,
    now: datetime,
) -> None:
    account = _own(actor)
    mine = (RULE.c.id == rule) & (RULE.c.account_id == account) & RULE.c.removed_at.is_(None)
    with write_transaction(database) as connection:
        row = connection.execute(select(RULE).where(mine)).one_or_none()
        if row is None:
            raise AlertRefused("Quy tắc này không còn; hãy tải lại trang.")
        given = _kept(row).given
        _need_reader(
            connection, account, Given(**{**given.__dict__, **_only_ways(values, given)}), now
        )
        connection.execute(update(RULE).where(mine).values(**values, changed_at=now))
        if values.get("is_paused") or "removed_at" in values:
            gone = (ALERT.c.rule_id == rule) & ALERT.c.ended_at.is_(None)
            connection.execute(update(ALERT).where(gone).values(ended_at=now))
        _look_again(connection, account)
        _witness(connection, settings, actor, rule, done)


def _only_ways(values: Mapping[str, Any], given: Given) -> dict[str, bool]:
    """What is looked at: only a way that is chosen now needs an address now."""
    return {
        name: bool(values.get(name, False)) and not getattr(given, name)
        for name in ("by_mail", "by_hook")
    }


def _look_again(connection: Connection, account: int) -> None:
    """The rules are judged at the next look, whatever the figures."""
    mine = READER.c.account_id == account
    connection.execute(update(READER).where(mine).values(looked_with=None))


def _witness(
    connection: Connection, settings: Settings, actor: audit.Actor, rule: int, done: str
) -> None:
    audit.append(
        connection, "alert_rule", actor=actor, subject=f"quy tắc {rule}",
        detail={"now": done}, keys=settings.audit_keys,
    )  # fmt: skip


def _own(actor: audit.Actor) -> int:
    if actor.account_id is None:
        raise AlertRefused("Chỉ người đăng nhập mới giữ được quy tắc của mình.")
    return actor.account_id


# -- writing: how somebody is told ----------------------------------------------------------


def set_reader(
    database: Engine, settings: Settings, given: Reader, actor: audit.Actor, now: datetime
) -> None:
    """How the actor's own account is told from now on. Raises AlertRefused.

    ``given``: of it the addresses, the quiet hours and the digest.
    """
    account = _own(actor)
    _check(settings, given)
    values: dict[str, Any] = {
        name: getattr(given, name) for name in ("mail", "hook", "quiet_from", "quiet_to", "digest")
    }
    with write_transaction(database) as connection:
        query = select(*_READER).where(READER.c.account_id == account)
        before = connection.execute(query).one_or_none()
        if given.digest and not (before and before.digest):
            values["digest_since"] = now
        if before is None:
            connection.execute(insert(READER).values(**(_fresh(account, now) | values)))
        else:
            mine = READER.c.account_id == account
            connection.execute(update(READER).where(mine).values(**values, changed_at=now))
        words = [
            word for name, word in _WORDS.items()
            if getattr(before, name, None) != values[name]
        ]  # fmt: skip
        audit.append(
            connection, "alert_reader", actor=actor, subject=actor.name,
            detail={"changed": ", ".join(words)}, keys=settings.audit_keys,
        )  # fmt: skip


_WORDS: Final = {
    "mail": "thư",
    "hook": "web hook",
    "quiet_from": "giờ yên lặng từ",
    "quiet_to": "giờ yên lặng đến",
    "digest": "bản tin",
}


def _check(settings: Settings, given: Reader) -> None:
    problems = [
        None if given.mail is None else mail_problem(settings, given.mail),
        None if given.hook is None else hook_problem(settings, given.hook),
    ]
    if given.digest and given.mail is None:
        problems.append("Bản tin gửi bằng thư: hãy ghi địa chỉ thư.")
    times = (given.quiet_from, given.quiet_to)
    if (times[0] is None) != (times[1] is None) or not all(is_time(each) for each in times if each):
        problems.append("Giờ yên lặng ghi như 21:00, cả giờ bắt đầu và giờ kết thúc.")
    if wrong := [problem for problem in problems if problem]:
        raise AlertRefused("\n".join(wrong))


def mark_read(database: Engine, account: int, alerts: Collection[int], now: datetime) -> None:
    """Marks alerts of an account as read; others' are left alone."""
    mine = select(RULE.c.id).where(RULE.c.account_id == account)
    which = ALERT.c.id.in_(list(alerts)) & ALERT.c.rule_id.in_(mine) & ALERT.c.read_at.is_(None)
    with write_transaction(database) as connection:
        connection.execute(update(ALERT).where(which).values(read_at=now))
