"""How long personal data is kept: dated rules, what is due by them, and the daily turn."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from connectors import audit
from connectors.database.access import SignedIn, SignInAttempt
from connectors.database.models import Dossier, ImportBatch, Owner, RejectedRow, Setting
from connectors.database.patience import unhurried
from connectors.database.registers import RegisterBatch, RegisterRejection
from connectors.database.session import read_transaction, write_transaction
from connectors.privacy.erased import erase_owners
from connectors.privacy.vault import FIELDS
from connectors.settings import Settings, SettingsError

_log = logging.getLogger(__name__)

_FILE: Final = Path(__file__).with_name("retention.toml")
_LAST: Final = "retention_last"
"""Key in table ``setting``: when the daily turn was taken last (UTC)."""
_EVERY: Final = timedelta(hours=23)
_KINDS: Final = ("rejected_rows", "dossier_owners", "sessions", "attempts", "backups")


@dataclass(frozen=True)
class Rule:
    """How many days a kind of data is kept from a day on (0: without a term), and who says so."""

    what: str
    label: str
    days: int
    valid_from: date
    source: str


@dataclass(frozen=True)
class Due:
    """How many rows of a kind are due by a rule."""

    rule: Rule
    count: int


@cache
def _read(path: Path) -> tuple[Rule, ...]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        rules = tuple(Rule(**entry) for entry in raw["keep"])
        for rule in rules:
            if rule.what not in _KINDS or rule.days < 0 or not rule.source.strip():
                raise ValueError(rule.what)
            rule.valid_from + timedelta(days=rule.days)  # a day, and whole days
    except (OSError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise SettingsError(
            f"RETENTION_FILE: không dùng được {path}. Mỗi bảng [[keep]] gồm what (một trong: "
            f"{', '.join(_KINDS)}), label, days (số ngày, 0: không thời hạn), valid_from "
            "(năm-tháng-ngày), source (văn bản làm căn cứ)."
        ) from error
    return rules


def rules_on(day: date, settings: Settings) -> dict[str, Rule]:
    """The rule in force on a day, by kind; the installation's own come before the shipped ones.

    Raises SettingsError for a file of one's own that cannot be used.
    """
    own = () if settings.retention_file is None else _read(settings.retention_file)
    found = dict[str, Rule]()
    for rules in (_read(_FILE), own):
        for rule in sorted(rules, key=lambda one: one.valid_from):
            if rule.valid_from <= day:
                found[rule.what] = rule
    return found


def days_of(what: str, day: date, settings: Settings) -> int | None:
    """How many days a kind is kept; None: without a term."""
    rule = rules_on(day, settings).get(what)
    return None if rule is None or not rule.days else rule.days


# -- what is due --------------------------------------------------------------------------------


def _table(model: type[Any]) -> Table:
    return cast(Table, model.__table__)


def _rejected(limit: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    kinds = ((RejectedRow, ImportBatch), (RegisterRejection, RegisterBatch))
    return [
        (
            _table(kind),
            _table(kind).c.batch_id.in_(select(batch.id).where(batch.finished_at < limit)),
        )
        for kind, batch in kinds
    ]


def _sessions(limit: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    """All but each account's last one, by which its places are known (access/attempts.py)."""
    table = _table(SignedIn)
    last = select(func.max(table.c.id)).group_by(table.c.account_id)
    return [(table, (table.c.created_at < limit) & table.c.id.not_in(last))]


def _attempts(limit: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    table = _table(SignInAttempt)
    return [(table, table.c.at < limit)]


_DELETED: Final[dict[str, Callable[[datetime], list[tuple[Table, ColumnElement[bool]]]]]] = {
    "rejected_rows": _rejected,
    "sessions": _sessions,
    "attempts": _attempts,
}


def _owners(limit: datetime) -> Any:
    known = or_(*(getattr(Owner, name).is_not(None) for name in (*FIELDS, "sealed")))
    query = select(Dossier.id).join(Owner, Owner.dossier_id == Dossier.id)
    return query.where(Dossier.ended_at < limit, known)


def due(database: Engine, settings: Settings, now: datetime) -> list[Due]:
    """What would be deleted at ``now``, by rule, also where it is nothing."""
    with read_transaction(database) as connection:
        return _due(connection, settings, now)


def _due(connection: Connection, settings: Settings, now: datetime) -> list[Due]:
    found = []
    for what, rule in rules_on(now.astimezone(settings.zone).date(), settings).items():
        if not rule.days or what == "backups":
            continue
        limit = now - timedelta(days=rule.days)
        if what == "dossier_owners":
            queries = [select(func.count()).select_from(_owners(limit).subquery())]
        else:
            queries = [
                select(func.count()).select_from(table).where(old)
                for table, old in _DELETED[what](limit)
            ]
        found.append(Due(rule, sum(connection.scalar(query) or 0 for query in queries)))
    return found


@unhurried()
def run(database: Engine, settings: Settings, now: datetime, *, actor: audit.Actor) -> list[Due]:
    """Delete what is due; what was deleted. Dossiers, and every figure, stay.

    One transaction, with a line in the audit where anything was due.
    """
    with write_transaction(database) as connection:
        return _run(connection, settings, now, actor)


def _run(
    connection: Connection, settings: Settings, now: datetime, actor: audit.Actor
) -> list[Due]:
    found = [one for one in _due(connection, settings, now) if one.count]
    if not found:
        return []
    if connection.dialect.name == "sqlite":  # else the rows stay readable in the file's free pages
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    for one in found:
        limit = now - timedelta(days=one.rule.days)
        if one.rule.what == "dossier_owners":
            numbers = list(connection.scalars(_owners(limit)))
            erase_owners(connection, numbers, now, asked=False)
        for table, old in _DELETED[one.rule.what](limit) if one.rule.what in _DELETED else ():
            connection.execute(delete(table).where(old))
    _note(connection, settings, found, actor, now)
    return found


def _note(
    connection: Connection, settings: Settings, found: list[Due], actor: audit.Actor, now: datetime,
    **more: Any,
) -> None:  # fmt: skip
    told = {one.rule.what: one.count for one in found}
    audit.append(
        connection, "retention", actor=actor, detail={**told, **more}, at=now,
        keys=settings.audit_keys,
    )  # fmt: skip


# -- once a day ---------------------------------------------------------------------------------


def last_turn(database: Engine) -> datetime | None:
    """When the daily turn was taken last (UTC)."""
    with read_transaction(database) as connection:
        return _last_turn(connection)


def _last_turn(connection: Connection) -> datetime | None:
    found = connection.scalar(select(Setting.value).where(Setting.key == _LAST))
    return None if found is None else datetime.fromisoformat(found)


@unhurried()
def turn(database: Engine, settings: Settings, now: datetime) -> None:
    """Take the day's turn, unless it was taken: the app asks every ten minutes.

    An installation's first turn deletes nothing: it says in the audit what the next one will.
    Of several processes one does it.
    """
    if not _is_time(last_turn(database), now):
        return
    with write_transaction(database) as connection:
        last = _last_turn(connection)
        if not _is_time(last, now):
            return
        actor, value = audit.program_actor(), now.isoformat(timespec="seconds")
        if last is None:
            connection.execute(insert(Setting).values(key=_LAST, value=value))
            found = [one for one in _due(connection, settings, now) if one.count]
            if found:
                _note(connection, settings, found, actor, now, dry_run=True)
        else:
            connection.execute(update(Setting).where(Setting.key == _LAST).values(value=value))
            found = _run(connection, settings, now, actor)
    told = {one.rule.what: one.count for one in found}
    _log.info("retention", extra={"data": {"dry_run": last is None, **told}})


def _is_time(last: datetime | None, now: datetime) -> bool:
    return last is None or abs(now - last) >= _EVERY  # ahead: the clock has been set back
