"""Accounts: who there is, in which role and scope; adding, changing, locking, deleting them.

Each change and its line in the audit are one transaction. The audit's lines stay as they were
written when the account that they name is gone, and no number of an account is given out twice.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from connectors import audit
from connectors.access import passphrase
from connectors.access.roles import table
from connectors.access.sessions import end_sessions
from connectors.database.access import Account, SignedIn
from connectors.database.alerts import forget_account
from connectors.database.models import Setting, Unit
from connectors.database.session import read_transaction, write_transaction

FIRST_NAME: Final = "quan-tri"
_LAST_NUMBER: Final = "account_last_number"
"""Key in table ``setting``: the highest number of an account that was deleted."""
_ALSO: Final = {"full_name": "họ tên", "external_id": "định danh ở hệ thống đăng nhập một lần"}
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


class AccountRefused(ValueError):
    """The account cannot be made or changed; the message says why in Vietnamese."""


@dataclass(frozen=True)
class AccountRecord:
    """An account as administrators see it; ``unit_id`` None: without bound (see the role)."""

    id: int
    name: str
    full_name: str
    role: str
    unit_id: int | None
    must_change: bool
    external_id: str | None
    created_at: datetime
    locked_at: datetime | None

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None


_COLUMNS: Final = tuple(getattr(Account, name) for name in AccountRecord.__dataclass_fields__)


def tidy_name(name: str) -> str:
    """A sign-in name as it is kept and looked up: NFC, lower case, without space around it."""
    return unicodedata.normalize("NFC", name).strip().lower()


def may_be_a_name(tidied: str) -> bool:
    """Whether an account can have that name at all; what cannot is not asked of the database,
    which on PostgreSQL takes no NUL."""
    return _NAME.fullmatch(tidied) is not None


def all_accounts(database: Engine) -> list[AccountRecord]:
    """All accounts, by name."""
    with read_transaction(database) as connection:
        rows = connection.execute(select(*_COLUMNS).order_by(Account.name))
        return [AccountRecord(*row) for row in rows]


def find_account(database: Engine, name: str) -> AccountRecord:
    """The account of that name. Raises AccountRefused where there is none."""
    with read_transaction(database) as connection:
        return _named(connection, name)


def add_account(
    database: Engine,
    name: str,
    full_name: str,
    role: str,
    *,
    unit_id: int | None = None,
    external_id: str | None = None,
    actor: audit.Actor,
) -> str:
    """Makes an account; its random one-time pass-phrase, which is shown once and kept nowhere.

    Raises AccountRefused for a name that is taken or unusable, an unknown role or unit, and for
    role ``unit`` without a unit (it would see nothing).
    """
    tidied = tidy_name(name)
    if not _NAME.fullmatch(tidied):
        raise AccountRefused(
            "Tên đăng nhập gồm 2–64 ký tự: chữ thường không dấu, số, dấu chấm, gạch."
        )
    if not full_name.strip():
        raise AccountRefused("Hãy ghi họ tên của người dùng tài khoản.")
    once = passphrase.one_time()
    hashed = passphrase.digest(once)
    with write_transaction(database) as connection:
        _check_place(connection, role, unit_id)
        if _find(connection, tidied) is not None:
            raise AccountRefused(f"Tên đăng nhập “{tidied}” đã có.")
        _check_external(connection, external_id, None)
        connection.execute(
            insert(Account).values(
                **_number(connection),
                name=tidied,
                full_name=full_name.strip(),
                role=role,
                unit_id=unit_id,
                external_id=_external(external_id),
                passphrase_hash=hashed,
                must_change=True,
                created_at=datetime.now(UTC),
            )
        )
        detail: dict[str, Any] = {"role": role, "unit_id": unit_id}
        if _external(external_id):
            detail["also"] = _ALSO["external_id"]
        audit.append(connection, "account_added", actor=actor, subject=tidied, detail=detail)
    return once


def first_account(database: Engine) -> tuple[str, str] | None:
    """The first administrator of an installation without accounts: name, one-time pass-phrase.

    None where there are accounts already. Two processes that start together make one.
    """
    once = passphrase.one_time()
    hashed = passphrase.digest(once)
    with write_transaction(database) as connection:
        if connection.execute(select(func.count()).select_from(Account)).scalar_one():
            return None
        connection.execute(
            insert(Account).values(
                **_number(connection),
                name=FIRST_NAME,
                full_name="Quản trị hệ thống",
                role="admin",
                passphrase_hash=hashed,
                must_change=True,
                created_at=datetime.now(UTC),
            )
        )
        audit.append(
            connection,
            "account_added",
            actor=audit.program_actor(),
            subject=FIRST_NAME,
            detail={"role": "admin"},
        )
    return FIRST_NAME, once


def change_account(
    database: Engine,
    name: str,
    *,
    full_name: str,
    role: str,
    unit_id: int | None,
    external_id: str | None,
    actor: audit.Actor,
) -> None:
    """Changes name of the person, role, unit, identity; in force at the person's next click.

    Raises AccountRefused as :func:`add_account` does, and where no administrator would be left.
    """
    if not full_name.strip():
        raise AccountRefused("Hãy ghi họ tên của người dùng tài khoản.")
    with write_transaction(database) as connection:
        found = _named(connection, name)
        _check_place(connection, role, unit_id)
        _check_external(connection, external_id, found.id)
        if found.role == "admin" and role != "admin":
            _keep_an_administrator(connection, found)
        new = {
            "full_name": full_name.strip(),
            "role": role,
            "unit_id": unit_id,
            "external_id": _external(external_id),
        }
        changed = {
            key: f"{getattr(found, key)} → {value}"
            for key, value in new.items()
            if key in ("role", "unit_id") and getattr(found, key) != value
        }
        # Whose identity opens the account is as much as its role; the values are personal data.
        also = [key for key in ("full_name", "external_id") if getattr(found, key) != new[key]]
        if also:
            changed["also"] = ", ".join(_ALSO[key] for key in also)
        connection.execute(update(Account).where(Account.id == found.id).values(**new))
        audit.append(connection, "account_changed", actor=actor, subject=found.name, detail=changed)


def lock_account(database: Engine, name: str, *, actor: audit.Actor) -> int:
    """Locks an account and ends its sessions, in force at its next click; how many were ended.

    Raises AccountRefused where no administrator would be left.
    """
    now = datetime.now(UTC)
    with write_transaction(database) as connection:
        found = _named(connection, name)
        if found.role == "admin":
            _keep_an_administrator(connection, found)
        connection.execute(update(Account).where(Account.id == found.id).values(locked_at=now))
        ended = end_sessions(connection, found.id, "locked", now)
        audit.append(
            connection, "account_locked", actor=actor, subject=found.name, detail={"ended": ended}
        )
    return ended


def unlock_account(database: Engine, name: str, *, actor: audit.Actor) -> None:
    """Opens a locked account again; its pass-phrase is as it was."""
    with write_transaction(database) as connection:
        found = _named(connection, name)
        connection.execute(update(Account).where(Account.id == found.id).values(locked_at=None))
        audit.append(connection, "account_unlocked", actor=actor, subject=found.name)


def delete_account(database: Engine, name: str, *, actor: audit.Actor) -> int:
    """Deletes an account with its sessions, in force at its next click; how many were alive.

    What was written under its name stays. Raises AccountRefused where no administrator would be
    left.
    """
    now = datetime.now(UTC)
    with write_transaction(database) as connection:
        found = _named(connection, name)
        if found.role == "admin":
            _keep_an_administrator(connection, found)
        ended = end_sessions(connection, found.id, "locked", now)
        connection.execute(delete(SignedIn).where(SignedIn.account_id == found.id))
        forget_account(connection, found.id)
        connection.execute(delete(Account).where(Account.id == found.id))
        _keep_number(connection, found.id)
        audit.append(
            connection,
            "account_deleted",
            actor=actor,
            subject=found.name,
            unit_id=found.unit_id,
            detail={"number": found.id, "role": found.role, "ended": ended},
        )
    return ended


def reset_passphrase(database: Engine, name: str, *, actor: audit.Actor) -> str:
    """A new random one-time pass-phrase; all sessions of the account end."""
    once = passphrase.one_time()
    hashed = passphrase.digest(once)
    now = datetime.now(UTC)
    with write_transaction(database) as connection:
        found = _named(connection, name)
        connection.execute(
            update(Account)
            .where(Account.id == found.id)
            .values(passphrase_hash=hashed, must_change=True)
        )
        end_sessions(connection, found.id, "changed", now)
        audit.append(connection, "account_reset", actor=actor, subject=found.name)
    return once


def change_passphrase(
    database: Engine, account_id: int, old: str, new: str, *, keep_session: int | None
) -> None:
    """A person's own change; other sessions of the account end.

    Raises AccountRefused for a wrong old one or an unchanged one, PassphraseRefused for a new one
    that cannot be taken.
    """
    with read_transaction(database) as connection:
        row = connection.execute(
            select(Account.name, Account.passphrase_hash).where(Account.id == account_id)
        ).one()
    if not passphrase.matches(old, row.passphrase_hash):
        raise AccountRefused("Mật khẩu hiện tại không đúng.")
    if passphrase.tidy(old) == passphrase.tidy(new):
        raise AccountRefused("Mật khẩu mới phải khác mật khẩu hiện tại.")
    passphrase.check(new, row.name)
    hashed = passphrase.digest(new)
    now = datetime.now(UTC)
    with write_transaction(database) as connection:
        connection.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(passphrase_hash=hashed, must_change=False)
        )
        end_sessions(connection, account_id, "changed", now, but=keep_session)
        audit.append(
            connection,
            "passphrase_changed",
            actor=audit.Actor(row.name, account_id),
            subject=row.name,
        )


def _find(connection: Connection, name: str) -> AccountRecord | None:
    row: Any = connection.execute(select(*_COLUMNS).where(Account.name == name)).one_or_none()
    return None if row is None else AccountRecord(*row)


def _named(connection: Connection, name: str) -> AccountRecord:
    found = _find(connection, tidy_name(name))
    if found is None:
        raise AccountRefused(f"Không có tài khoản “{tidy_name(name)}”.")
    return found


def _keep_number(connection: Connection, number: int) -> None:
    """Lines of the audit and open screens name accounts by number: it is nobody else's later."""
    kept = select(Setting.value).where(Setting.key == _LAST_NUMBER)
    before = connection.execute(kept).scalar()
    if before is None:
        connection.execute(insert(Setting).values(key=_LAST_NUMBER, value=str(number)))
    elif int(before) < number:
        own = update(Setting).where(Setting.key == _LAST_NUMBER)
        connection.execute(own.values(value=str(number)))


def _number(connection: Connection) -> dict[str, int]:
    """A new account's number, where SQLite would give out a deleted one's again."""
    kept = connection.execute(select(Setting.value).where(Setting.key == _LAST_NUMBER)).scalar()
    if connection.dialect.name != "sqlite" or kept is None:
        return {}
    highest = connection.execute(select(func.max(Account.id))).scalar() or 0
    return {"id": max(highest, int(kept)) + 1}


def _check_place(connection: Connection, role: str, unit_id: int | None) -> None:
    if role not in table().roles:
        known = ", ".join(f"{key} ({label})" for key, label in table().roles.items())
        raise AccountRefused(f"Không có vai trò “{role}”. Các vai trò: {known}.")
    if unit_id is None:
        if role == "unit":
            raise AccountRefused(
                "Vai trò Đơn vị phải gắn với một đơn vị, nếu không sẽ không xem được gì."
            )
        return
    if connection.execute(select(Unit.id).where(Unit.id == unit_id)).first() is None:
        raise AccountRefused(f"Không có đơn vị số {unit_id}.")


def _external(external_id: str | None) -> str | None:
    return (external_id or "").strip().lower() or None


def _check_external(connection: Connection, external_id: str | None, own: int | None) -> None:
    wanted = _external(external_id)
    if wanted is None:
        return
    taken = connection.execute(select(Account.id).where(Account.external_id == wanted)).scalar()
    if taken is not None and taken != own:
        raise AccountRefused(f"Định danh “{wanted}” đã gắn với tài khoản khác.")


def _keep_an_administrator(connection: Connection, found: AccountRecord) -> None:
    others = connection.execute(
        select(func.count())
        .select_from(Account)
        .where(Account.role == "admin", Account.locked_at.is_(None), Account.id != found.id)
    ).scalar_one()
    if not others:
        raise AccountRefused(
            "Đây là tài khoản quản trị cuối cùng còn mở; hãy tạo một tài khoản quản trị khác trước."
        )
